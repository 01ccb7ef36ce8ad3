/* Which folders the store opens, which it refuses, and with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture.h"

#include "store/migrate.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char *folder;

static int set_up(void **state)
{
    (void)state;
    folder = fixture_folder();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_remove(folder);
    return 0;
}

static int open_here(bool read_only, struct td_store **ret_store, struct td_error *reterr)
{
    struct td_store_options options = {.folder = folder, .readers = 1, .read_only = read_only};
    return td_store_open(&options, ret_store, reterr);
}

struct asked {
    const char *sql;
    int64_t answer;
};

static int ask(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct asked *asked = arg;
    (void)reterr;
    return td_tx_int(tx, &asked->answer, asked->sql, "");
}

static void expect_refused(bool read_only, int code, const char *word)
{
    struct td_store *store = NULL;
    struct td_error err = TD_ERROR_INIT;
    assert_int_equal(open_here(read_only, &store, &err), code);
    assert_null(store);
    assert_int_equal(err.code, code);
    if (!strstr(err.detail, word))
        fail_msg("\"%s\" does not say \"%s\"", err.detail, word);
    td_error_done(&err);
}

static char *inside(const char *name)
{
    static char path[4200];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void run_sql(const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(inside("titled.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static int put(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    return td_tx_exec(tx, NULL, "insert into setting(name, value) values ($1, 'v')", "s", arg);
}

static int count(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    return td_tx_int(tx, arg, "select count(*) from setting", "");
}

static void test_keeps_what_was_written(void **state)
{
    (void)state;
    struct td_store *store = fixture_open(folder);
    assert_int_equal(td_store_write_wait(store, put, "a", NULL), 0);
    td_store_close(store);
    struct stat st;
    assert_int_equal(stat(inside("titled.db"), &st), 0);
    assert_int_equal(stat(inside("titled.db-wal"), &st), -1); /* a clean end leaves one file */
    store = fixture_open(folder);
    int64_t found = 0;
    assert_int_equal(td_store_read_wait(store, count, &found, NULL), 0);
    assert_int_equal(found, 1);
    td_store_close(store);
    td_store_close(NULL);
}

static void test_makes_folders(void **state)
{
    (void)state;
    char deep[4200];
    snprintf(deep, sizeof(deep), "%s/a/b", folder);
    struct td_store *store;
    assert_int_equal(td_store_open(&(struct td_store_options){.folder = deep}, &store, NULL), 0);
    td_store_close(store);
    struct stat st;
    assert_int_equal(stat(deep, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(stat(inside("a/b/files/incoming"), &st), 0);
    assert_int_equal(stat(inside("a/b/titled.db"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);

    snprintf(deep, sizeof(deep), "%s/c//", folder);
    assert_int_equal(td_store_open(&(struct td_store_options){.folder = deep}, &store, NULL), 0);
    td_store_close(store);
    assert_int_equal(stat(inside("c"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(td_store_open(&(struct td_store_options){.folder = ""}, &store, NULL),
                     TD_EINVALID);
}

/* The second one is refused and told who the first is; afterwards the lock is free. */
static void test_one_process_only(void **state)
{
    (void)state;
    struct td_store *store = fixture_open(folder);
    char pid[32];
    snprintf(pid, sizeof(pid), "(%ld)", (long)getpid());
    expect_refused(false, TD_ECONFLICT, pid);
    td_store_close(store);
    store = fixture_open(folder);
    td_store_close(store);
}

static void test_newer_schema(void **state)
{
    (void)state;
    td_store_close(fixture_open(folder));
    run_sql("insert into schema_version values (999, '999_future.sql', 't')");
    expect_refused(false, TD_ECONFLICT, "newer version");
    expect_refused(true, TD_ECONFLICT, "newer version");
}

static void test_not_a_database(void **state)
{
    (void)state;
    int fd = open(inside("titled.db"), O_WRONLY | O_CREAT, 0600);
    for (int i = 0; i < 300; i++)
        assert_int_equal(write(fd, "this is a letter to the bureau. ", 32), 32);
    close(fd);
    expect_refused(false, TD_EIO, "not a database");
    expect_refused(true, TD_EIO, "not a database");
}

static void test_another_programs_database(void **state)
{
    (void)state;
    run_sql("create table music (title text)");
    expect_refused(false, TD_ECONFLICT, "not one of titled");
}

static void test_damaged_schema_page(void **state)
{
    (void)state;
    td_store_close(fixture_open(folder));
    int fd = open(inside("titled.db"), O_WRONLY);
    char junk[1024];
    memset(junk, 0xa5, sizeof(junk));
    assert_int_equal(pwrite(fd, junk, sizeof(junk), 100), sizeof(junk)); /* after the file header */
    close(fd);
    expect_refused(false, TD_EIO, "malformed");
}

static void test_folder_that_cannot_be(void **state)
{
    (void)state;
    struct td_store *store = NULL;
    struct td_error err = TD_ERROR_INIT;
    assert_int_equal(
        td_store_open(&(struct td_store_options){.folder = "/dev/null/x"}, &store, &err), TD_EIO);
    assert_non_null(strstr(err.detail, "/dev/null"));
    td_error_done(&err);
}

/* titlectl beside a running server: sees what is committed, writes nothing, disturbs nobody. */
static void test_read_only_guest(void **state)
{
    (void)state;
    expect_refused(true, TD_EIO, "titled.db"); /* makes nothing */
    struct td_store *store = fixture_open(folder), *guest = NULL;
    assert_int_equal(td_store_write_wait(store, put, "a", NULL), 0);
    assert_int_equal(open_here(true, &guest, NULL), 0);
    int64_t found = 0;
    assert_int_equal(td_store_read_wait(guest, count, &found, NULL), 0);
    assert_int_equal(found, 1);
    assert_int_equal(td_store_write_wait(store, put, "b", NULL), 0);
    assert_int_equal(td_store_read_wait(guest, count, &found, NULL), 0);
    assert_int_equal(found, 2);
    assert_int_equal(td_store_write_wait(guest, put, "c", NULL), TD_EIO);
    td_store_close(store);
    td_store_close(guest);
    assert_int_equal(open_here(true, &guest, NULL), 0); /* and with no server at all */
    assert_int_equal(td_store_read_wait(guest, count, &found, NULL), 0);
    assert_int_equal(found, 2);
    td_store_close(guest);
}

static void test_schemas_are_in_order(void **state)
{
    (void)state;
    assert_true(td_schema_count >= 1);
    for (int i = 0; i < td_schema_count; i++) {
        assert_int_equal(td_schemas[i].number, i + 1);
        assert_int_equal(atoi(td_schemas[i].name), i + 1);
        assert_non_null(strchr(td_schemas[i].sql, ';'));
    }
}

static int64_t ask_sql(const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(inside("titled.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t answer = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return answer;
}

#define VERSIONS                                                                                   \
    "create table schema_version (version integer primary key, name text not null,"                \
    " applied_at text not null);"

/* A migration that fails half-way leaves nothing of itself. */
static void test_migration_is_whole(void **state)
{
    (void)state;
    run_sql(VERSIONS "create table outbox (id text)"); /* in the way of 001 */
    expect_refused(false, TD_EINTERNAL, "outbox");
    assert_int_equal(ask_sql("select count(*) from sqlite_schema where name = 'setting'"), 0);

    remove(inside("titled.db"));
    run_sql(td_schemas[0].sql);
    run_sql(VERSIONS "insert into schema_version values (1, '001_init.sql', 't');"
                     "create table second_factor (id text)"); /* in the way of 005 */
    expect_refused(false, TD_EINTERNAL, "schema 005_accounts.sql");
    assert_int_equal(ask_sql("select max(version) from schema_version"), 1);
    assert_int_equal(ask_sql("select count(*) from sqlite_schema where name = 'ledger_node'"), 0);
}

/* New records are as those that went through every file, to the last column and row. */
static void test_new_is_as_upgraded(void **state)
{
    (void)state;
    run_sql(td_schemas[0].sql);
    run_sql(VERSIONS "insert into schema_version values (1, '001_init.sql', 't')");
    td_store_close(fixture_open(folder));
    char upgraded[4200];
    snprintf(upgraded, sizeof(upgraded), "%s/upgraded.db", folder);
    assert_int_equal(rename(inside("titled.db"), upgraded), 0);
    td_store_close(fixture_open(folder));
    sqlite3 *db;
    assert_int_equal(sqlite3_open(inside("titled.db"), &db), SQLITE_OK);
    char *attach = sqlite3_mprintf("attach %Q as upgraded", upgraded);
    assert_int_equal(sqlite3_exec(db, attach, NULL, NULL, NULL), SQLITE_OK);
    static const char *const same[] = {
        "type || ' ' || name || ' ' || sql from %s.sqlite_schema where name <> 'schema_version'",
        "code || ' ' || name from %s.division",
        "version || ' ' || name from %s.schema_version",
    };
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        for (int turned = 0; turned < 2; turned++) {
            const char *here = turned ? "upgraded" : "main", *there = turned ? "main" : "upgraded";
            char *one = sqlite3_mprintf(same[i], here), *other = sqlite3_mprintf(same[i], there);
            char *sql = sqlite3_mprintf("select %s except select %s", one, other);
            sqlite3_stmt *statement;
            assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
            if (sqlite3_step(statement) != SQLITE_DONE)
                fail_msg("only in %s: %s", here, sqlite3_column_text(statement, 0));
            sqlite3_finalize(statement);
            sqlite3_free(sql), sqlite3_free(one), sqlite3_free(other);
        }
    sqlite3_free(attach);
    sqlite3_close(db);
}

/* What was written under the first schema is all there under the present one, with what later ones
 * derive from it. */
static void test_old_records_go_on(void **state)
{
    (void)state;
    run_sql(td_schemas[0].sql);
    run_sql(VERSIONS
            "insert into schema_version values (1, '001_init.sql', 't');"
            "insert into unit (id, name, division_code, kind, grassroots)"
            " values ('u', 'school', '650102', 'school', 'none');"
            "insert into account (id, login, name, password_hash, unit_id, created_at)"
            " values ('p', 'lin', 'Lin', '', 'u', '2026-01-02T00:00:00.000Z');"
            "insert into cycle (id, series, year, name, notice_number, notice_text, notice_date,"
            " cutoff_date, opens_on, closes_on, created_by, created_at)"
            " values ('c', 'teacher', 2026, '', '', '', '', '', '', '', 'p', 't');"
            "insert into application (id, cycle_id, account_id, unit_id, division_code, series,"
            " level, specialty, year, state, created_at, updated_at, state_at)"
            " values ('a', 'c', 'p', 'u', '650102', 'teacher', 'senior', '', 2026, 'unit_review',"
            " 't', 't', 't'),"
            " ('b', 'c', 'p', 'u', '650102', 'teacher', 'senior', '', 2027, 'unit_review',"
            " 't', 't', 't');"
            "insert into ledger (sequence, at, actor, action, subject, payload_hash, previous_hash,"
            " hash) values (1, 't', 'p', 'x', 'y', '', '', '')");
    static const struct {
        const char *sql;
        int64_t wanted;
    } cases[] = {
        {"select count from application_count where state = 'unit_review'", 2},
        {"select count(*) from account where password_at = '2026-01-02T00:00:00.000Z'", 1},
        {"select count(*) from account where login_at = '' and login_failures = 0", 1},
        {"select count(*) from ledger where leaf <> '' and nonce <> ''", 1},
    };
    for (int opened = 0; opened < 2; opened++) { /* the second time there is nothing to do */
        struct td_store *store = fixture_open(folder);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            struct asked asked = {cases[i].sql, -1};
            assert_int_equal(td_store_read_wait(store, ask, &asked, NULL), 0);
            assert_int_equal(asked.answer, cases[i].wanted);
        }
        td_store_close(store);
    }
}

/* The records of another store, changed by somebody who can write to the file. */
static void expect_noticed(const char *sql, const char *word)
{
    remove(inside("titled.db"));
    td_store_close(fixture_open(folder));
    run_sql(sql);
    expect_refused(false, TD_ECONFLICT, word);
}

static void test_changed_schema(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *word;
    } cases[] = {
        {"create trigger evil after insert on ledger begin update title set state = 'x'; end",
         "the records have the trigger evil, which titled did not make"},
        {"create view evil as select * from account", "have the view evil"},
        {"create table evil (a text)", "have the table evil"},
        {"create index evil on account(name)", "have the index evil"},
        {"drop table delivery", "the records lack the table delivery"},
        {"drop index ledger_subject", "lack the index ledger_subject"},
        {"drop trigger application_moved", "lack the trigger application_moved"},
        {"drop table recovery_code; create view recovery_code as select 1",
         "have the view recovery_code"},
        {"drop trigger application_uncounted; create trigger application_uncounted after delete on"
         " application begin delete from title; end",
         "the trigger application_uncounted of the records is not as titled made it"},
        {"drop index application_once; create index application_once on application(account_id, "
         "year)",
         "the index application_once of the records is not as titled made it"},
        {"pragma writable_schema = on; insert into sqlite_schema values ('trigger', 'sqlite_stat9',"
         " 'ledger', 0, 'create trigger sqlite_stat9 after insert on ledger begin select 1; end')",
         "have the trigger sqlite_stat9"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_noticed(cases[i].sql, cases[i].word);
    expect_noticed("drop table delivery; create table evil (a text)", "titlectl ledger verify");
}

/* `analyze` and `vacuum` are an operator's right. */
static void test_kept_schema(void **state)
{
    (void)state;
    td_store_close(fixture_open(folder));
    run_sql("analyze; vacuum");
    td_store_close(fixture_open(folder));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_keeps_what_was_written),
        TEST(test_makes_folders),
        TEST(test_one_process_only),
        TEST(test_newer_schema),
        TEST(test_not_a_database),
        TEST(test_another_programs_database),
        TEST(test_damaged_schema_page),
        TEST(test_folder_that_cannot_be),
        TEST(test_read_only_guest),
        TEST(test_schemas_are_in_order),
        TEST(test_migration_is_whole),
        TEST(test_new_is_as_upgraded),
        TEST(test_old_records_go_on),
        TEST(test_changed_schema),
        TEST(test_kept_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
