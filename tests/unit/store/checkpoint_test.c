/* Checkpoints and their witness: signatures that hold for nothing else, and records that are older
 * or others than what was signed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture.h"

#include "base/json.h"
#include "base/strbuf.h"
#include "store/checkpoint.h"
#include "store/ledger_verify.h"
#include "store/signer.h"
#include "store/witness.h"

#include <stdlib.h>
#include <sys/stat.h>

static char *folder, *outside;
static char key[4096], file[4096];
static struct td_store *store;
static struct td_witness *witness;

static int open_witness(bool accept, struct td_error *reterr)
{
    struct td_witness_options options = {.key_file = key,
                                         .file = file,
                                         .beside = "",
                                         .origin = "test/ledger",
                                         .accept_rollback = accept};
    return td_witness_open(store, &options, &witness, reterr);
}

static int set_up(void **state)
{
    (void)state;
    folder = fixture_folder();
    outside = fixture_folder();
    snprintf(key, sizeof(key), "%s/key", outside);
    snprintf(file, sizeof(file), "%s/checkpoints", outside);
    store = fixture_open(folder);
    assert_int_equal(open_witness(false, NULL), 0);
    return 0;
}

static void shut(void)
{
    td_store_close(store);
    td_witness_close(witness);
    store = NULL;
    witness = NULL;
}

static int tear_down(void **state)
{
    (void)state;
    shut();
    fixture_remove(folder);
    fixture_remove(outside);
    return 0;
}

/* --- signatures --------------------------------------------------------------------------------
 */

static struct td_signer *load(const char *name)
{
    struct td_signer *signer = NULL;
    assert_int_equal(td_signer_load(key, name, &signer, NULL), 0);
    return signer;
}

static void test_key_file(void **state)
{
    (void)state;
    struct stat st;
    struct td_signer *signer = load("test/ledger"), *other = NULL;
    json_t *keys = td_signer_public(signer);
    assert_int_equal(stat(key, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(td_signer_load(key, "two words", &other, NULL), TD_EINVALID);
    assert_int_equal(td_signer_load(key, "a+b", &other, NULL), TD_EINVALID);
    assert_int_equal(td_signer_load(key, "", &other, NULL), TD_EINVALID);
    assert_int_equal(chmod(key, 0640), 0);
    assert_int_equal(td_signer_load(key, "test", &other, NULL), TD_EINVALID);
    assert_int_equal(chmod(key, 0600), 0);
    assert_int_equal(truncate(key, 100), 0);
    assert_int_equal(td_signer_load(key, "test", &other, NULL), TD_EINVALID);
    assert_int_equal(td_signer_from_public(keys, &other), 0);
    td_signer_free(other);
    json_object_del(json_object_get(keys, "sm2"), "public_key");
    assert_int_equal(td_signer_from_public(keys, &other), TD_EINVALID);
    json_decref(keys);
    td_signer_free(signer);
}

static void test_signatures(void **state)
{
    (void)state;
    struct td_signer *signer = load("test/ledger"), *public = NULL;
    json_t *keys = td_signer_public(signer);
    char *note = td_signer_sign(signer, "test/ledger\n1\nx\n");
    assert_non_null(note);
    assert_int_equal(td_signer_from_public(keys, &public), 0);
    assert_true(td_signer_check(signer, note));
    assert_true(td_signer_check(public, note));
    size_t length = strlen(note), gap = (size_t)(strstr(note, "\n\n") - note);
    for (size_t i = 0; i < length;
         i++) { /* no byte of it may change, but the last line's newline */
        char byte = note[i];
        note[i] = byte == 'A' ? 'B' : 'A';
        if (td_signer_check(public, note) && i < length - 1)
            fail_msg("byte %zu of %zu (text to %zu) may be changed", i, length, gap);
        note[i] = byte;
    }
    *strstr(note + gap + 2, "\n") = 0; /* one signature is not enough */
    assert_false(td_signer_check(public, note));
    free(note);
    json_decref(keys);
    td_signer_free(public);
    td_signer_free(signer);
}

static void test_other_keys(void **state)
{
    (void)state;
    struct td_signer *signer = load("test/ledger"), *other = NULL;
    char path[4200];
    snprintf(path, sizeof(path), "%s.other", key);
    assert_int_equal(td_signer_load(path, "test/ledger", &other, NULL), 0);
    char *note = td_signer_sign(other, "test/ledger\n1\nx\n");
    assert_true(td_signer_check(other, note));
    assert_false(td_signer_check(signer, note));
    free(note);
    td_signer_free(signer);
    td_signer_free(other);
}

static void test_parsing(void **state)
{
    (void)state;
    struct td_checkpoint checkpoint;
#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
#define TIME "time 2026-10-01T02:03:04.567Z\n"
    assert_int_equal(td_checkpoint_parse("o\n12\n" ROOT TIME "\n", &checkpoint), 0);
    assert_int_equal(checkpoint.size, 12);
    assert_string_equal(checkpoint.at, "2026-10-01T02:03:04.567Z");
    static const char *const bad[] = {"",
                                      "o\n12\n" ROOT TIME,
                                      "\n12\n" ROOT TIME "\n",
                                      "o\n012\n" ROOT TIME "\n",
                                      "o\n-1\n" ROOT TIME "\n",
                                      "o\n+1\n" ROOT TIME "\n",
                                      "o\n99999999999999999999\n" ROOT TIME "\n",
                                      "o\n12\nAAAA\n" TIME "\n",
                                      "o\n12\n" ROOT "time yesterday\n\n",
                                      "o\n12\n" ROOT "\n",
                                      "o\n12\n" ROOT TIME "more\n\n"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (td_checkpoint_parse(bad[i], &checkpoint) != TD_EINVALID)
            fail_msg("%zu: \"%s\" is taken for a checkpoint", i, bad[i]);
}

/* --- records and witness -------------------------------------------------------------------------
 */

static int append(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    json_t *made = NULL;
    int r = 0;
    for (int i = 0; r == 0 && i < *(int *)arg; i++)
        r = td_ledger_append(tx, "A", "application.submit", "application/1", NULL);
    if (r == 0)
        r = td_checkpoint_make(tx, "grown", &made);
    json_decref(made);
    return r;
}

static int append_and_fail(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    int r = append(tx, arg, reterr);
    return r < 0 ? r : TD_ECONFLICT;
}

static void grow(int entries)
{
    assert_int_equal(td_store_write_wait(store, append_and_fail, &entries, NULL), TD_ECONFLICT);
    assert_int_equal(td_store_write_wait(store, append, &entries, NULL), 0);
}

static int verify(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct td_ledger_claim claim = {.signer = td_witness_signer(witness), .witness = file};
    return td_ledger_verify(tx, &claim, arg, reterr);
}

static struct td_ledger_report check(int expected, const char *word)
{
    struct td_ledger_report report;
    struct td_error err = TD_ERROR_INIT;
    assert_int_equal(td_store_read_wait(store, verify, &report, &err), expected);
    if (word && !strstr(err.detail, word))
        fail_msg("\"%s\" does not say \"%s\"", err.detail, word);
    json_decref(report.findings);
    report.findings = NULL;
    td_error_done(&err);
    return report;
}

/* A checkpoint of a job that failed is neither in the records nor in the file. */
static void test_witnessed(void **state)
{
    (void)state;
    for (int i = 1; i <= 5; i++)
        grow(i);
    td_store_close(store); /* what the writer's thread still had to append is there */
    store = fixture_open(folder);
    struct td_ledger_report report = check(0, NULL);
    assert_int_equal(report.entries, 16); /* the keys' entry came first */
    assert_int_equal(report.checkpoints, 6);
    assert_int_equal(report.witnessed, 6);
    assert_int_equal(report.covered, 16);
}

static void copy_records(const char *from, const char *to)
{
    char command[9000];
    snprintf(command, sizeof(command), "rm -rf '%s' && cp -r '%s' '%s'", to, from, to);
    assert_int_equal(system(command), 0); /* NOLINT: paths of our own making */
}

static void reopen(void)
{
    shut();
    store = fixture_open(folder);
}

/* Runs 12 entries, goes back to the backup of 6. */
static void go_back(void)
{
    char backup[4200];
    grow(5);
    shut();
    snprintf(backup, sizeof(backup), "%s/backup", outside);
    copy_records(folder, backup);
    store = fixture_open(folder);
    assert_int_equal(open_witness(false, NULL), 0);
    grow(6);
    shut();
    copy_records(backup, folder);
    store = fixture_open(folder);
}

static void test_older_records(void **state)
{
    (void)state;
    struct td_error err = TD_ERROR_INIT;
    go_back();
    check(TD_ECONFLICT, "rolled back: they end at entry 6");
    assert_int_equal(open_witness(false, &err), TD_ECONFLICT);
    assert_non_null(strstr(err.detail, "they end at entry 6"));
    assert_non_null(strstr(err.detail, "has 12"));
    assert_non_null(strstr(err.detail, "titlectl ledger accept-rollback"));
    td_error_done(&err);
    assert_int_equal(open_witness(true, NULL), 0);
    struct td_ledger_report report = check(0, NULL);
    assert_int_equal(report.entries, 7);
    assert_int_equal(report.accepted, 1);
    grow(20);
    reopen();
    assert_int_equal(open_witness(true, &err), TD_ECONFLICT); /* once is enough */
    td_error_done(&err);
    assert_int_equal(open_witness(false, NULL), 0);
    assert_int_equal(check(0, NULL).entries, 27);
}

/* The older records went on under a program that did not look. */
static void test_other_records(void **state)
{
    (void)state;
    struct td_error err = TD_ERROR_INIT;
    int twenty = 20;
    go_back();
    assert_int_equal(td_store_write_wait(store, append, &twenty, NULL), 0);
    check(TD_ECONFLICT, "rewritten between entry 7 and entry 12");
    assert_int_equal(open_witness(false, &err), TD_ECONFLICT);
    assert_non_null(strstr(err.detail, "are not those of their checkpoints"));
    td_error_done(&err);
}

static void append_text(const char *text)
{
    FILE *to = fopen(file, "a");
    assert_non_null(to);
    fputs(text, to);
    fclose(to);
}

/* A crash in the middle of a line: the torn end is written over. */
static void test_torn_file(void **state)
{
    (void)state;
    grow(3);
    reopen();
    append_text("test/ledger\n5\nAAAA");
    assert_int_equal(open_witness(false, NULL), 0);
    grow(3);
    reopen();
    assert_int_equal(check(0, NULL).witnessed, 3);
}

/* The file came to be missing: it is written again from the records. */
static void test_missing_file(void **state)
{
    (void)state;
    grow(3);
    shut();
    assert_int_equal(remove(file), 0);
    store = fixture_open(folder);
    assert_int_equal(check(TD_ECONFLICT, "is missing, empty or unreadable").witnessed, -1);
    assert_int_equal(open_witness(false, NULL), 0);
    reopen();
    assert_int_equal(check(0, NULL).witnessed, 2);
    for (int i = 0; i < 2; i++) {
        FILE *to = fopen(file, "w");
        assert_non_null(to);
        fputs(i ? "no checkpoint\n\nat all" : "", to);
        fclose(to);
        assert_int_equal(check(TD_ECONFLICT, "is missing, empty or unreadable").witnessed, 0);
        assert_int_equal(open_witness(false, NULL), 0);
        reopen();
        assert_int_equal(check(0, NULL).witnessed, 2);
    }
}

/* New keys: the ledger names both, and what the old ones signed holds. */
static void test_new_keys(void **state)
{
    (void)state;
    grow(3);
    shut();
    assert_int_equal(remove(key), 0);
    store = fixture_open(folder);
    assert_int_equal(open_witness(false, NULL), 0);
    grow(3);
    struct td_ledger_report report = check(0, NULL);
    assert_int_equal(report.entries, 8);
    assert_int_equal(report.checkpoints, 4);
}

/* A note in the file by keys that the ledger never named. */
static void test_foreign_note(void **state)
{
    (void)state;
    struct td_signer *other = NULL;
    struct td_error err = TD_ERROR_INIT;
    char path[4200];
    grow(3);
    reopen();
    snprintf(path, sizeof(path), "%s.other", key);
    assert_int_equal(td_signer_load(path, "test/ledger", &other, NULL), 0);
    char *note = td_signer_sign(other, "test/ledger\n2\n" ROOT TIME);
    append_text(note);
    append_text("\n");
    check(TD_ECONFLICT, "forged");
    assert_int_equal(open_witness(false, &err), TD_ECONFLICT);
    td_error_done(&err);
    free(note);
    td_signer_free(other);
}

static int run_sql(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    return td_tx_exec(tx, NULL, arg, "");
}

static void test_tampered_checkpoints(void **state)
{
    (void)state;
    grow(3);
    grow(3);
    assert_int_equal(
        td_store_write_wait(store, run_sql,
                            "update ledger_checkpoint set at = '2020-01-01T00:00:00.000Z'"
                            " where size = 4",
                            NULL),
        0);
    check(TD_ECONFLICT, "it is not the one of its row");
    assert_int_equal(
        td_store_write_wait(store, run_sql,
                            "update ledger_checkpoint set at = substr(note, instr(note,"
                            " 'time ') + 5, 24), note = replace(note, 'time 2', 'time 1')"
                            " where size = 4",
                            NULL),
        0);
    check(TD_ECONFLICT, "forged");
}

static void tamper(const char *sql)
{
    assert_int_equal(td_store_write_wait(store, run_sql, (void *)sql, NULL), 0);
}

/* Rows that stand for nothing: over no entries, over more than there are, hashes of no entries. */
static void test_rows_of_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *word;
    } cases[] = {
        {"insert into ledger_checkpoint select 0, at, reason, note from ledger_checkpoint"
         " where size = 4",
         "a checkpoint over 0 entries in the records is forged"},
        {"insert into ledger_checkpoint select -5, at, reason, note from ledger_checkpoint"
         " where size = 4",
         "a checkpoint over -5 entries in the records is forged"},
        {"insert into ledger_checkpoint select 999, at, reason, note from ledger_checkpoint"
         " where size = 4",
         "it is not the one of its row"},
        {"insert into ledger_node values (4, 1, 'x')", "1 hashes that belong to no entries"},
        {"insert into ledger_node values (4, -1, 'x')", "1 hashes that belong to no entries"},
        {"insert into ledger_node values (5, 0, 'x')", "1 hashes that belong to no entries"},
        {"insert into ledger_node values (64, 0, 'x'), ('a', 'b', 'x')",
         "2 hashes that belong to no entries"},
    };
    grow(3);
    grow(15); /* 19 entries: a node */
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check(0, NULL);
        tamper(cases[i].sql);
        check(TD_ECONFLICT, cases[i].word);
        tamper("delete from ledger_checkpoint where size < 1 or size = 999");
        tamper("delete from ledger_node where level <> 4 or position <> 0");
    }
}

/* What a later entry of the chain would not show, and a table whose absence fails every read. */
static void test_changed_schema(void **state)
{
    (void)state;
    grow(3);
    tamper("create trigger evil after insert on ledger begin update title set state = 'x'; end");
    check(TD_ECONFLICT, "the records have the trigger evil, which titled did not make");
    tamper("drop trigger evil");
    check(0, NULL);
    tamper("drop table ledger_checkpoint");
    check(TD_ECONFLICT, "the records lack the table ledger_checkpoint");
}

static int tick(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    return td_checkpoint_tick(tx, *(int *)arg);
}

static int entry(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)arg, (void)reterr;
    return td_ledger_append(tx, "A", "application.submit", "application/1", NULL);
}

/* Only when the ledger grew, and not too often. */
static void test_tick(void **state)
{
    (void)state;
    int soon = 3600, now = 0;
    td_store_write_wait(store, entry, NULL, NULL);
    assert_int_equal(td_store_write_wait(store, tick, &soon, NULL), 0);
    assert_int_equal(check(0, NULL).checkpoints, 1);
    assert_int_equal(td_store_write_wait(store, tick, &now, NULL), 0);
    assert_int_equal(check(0, NULL).checkpoints, 2);
    assert_int_equal(td_store_write_wait(store, tick, &now, NULL), 0);
    assert_int_equal(check(0, NULL).checkpoints, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_key_file),      TEST(test_signatures),      TEST(test_other_keys),
        TEST(test_parsing),       TEST(test_witnessed),       TEST(test_older_records),
        TEST(test_other_records), TEST(test_torn_file),       TEST(test_missing_file),
        TEST(test_new_keys),      TEST(test_foreign_note),    TEST(test_tampered_checkpoints),
        TEST(test_tick),          TEST(test_rows_of_nothing), TEST(test_changed_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
