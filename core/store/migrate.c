/* migrate.c - see migrate.h. Table schema_version has a row per applied file. */
#include "store/migrate.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/sqlite.h"

/* The first integer that `sql` answers, or a failure in words. */
static int ask(struct td_sqlite *db, const char *sql, int64_t *ret_value, struct td_error *reterr)
{
    struct td_sqlite_statement *statement;
    int result = td_sqlite_prepare(db, sql, &statement);
    if (result == 0) {
        result = td_sqlite_step(statement);
        if (result > 0)
            *ret_value = td_sqlite_first_int(statement);
        td_sqlite_release(statement);
    }
    if (result < 0)
        return td_error_set(reterr, result, "the schema cannot be read: %s", td_sqlite_failure(db));
    return 0;
}

/* 0 for an empty database. */
static int version(struct td_sqlite *db, int64_t *ret_version, struct td_error *reterr)
{
    int64_t tables = 0, known = 0;
    int result =
        ask(db, "select count(*) from sqlite_schema where type = 'table'", &tables, reterr);
    if (result == 0)
        result = ask(db, "select count(*) from sqlite_schema where name = 'schema_version'", &known,
                     reterr);
    if (result < 0)
        return result;
    *ret_version = 0;
    if (tables > 0 && !known)
        return td_error_set(reterr, TD_ECONFLICT, "the file is a database, but not one of titled");
    return known ? ask(db, "select coalesce(max(version), 0) from schema_version", ret_version,
                       reterr)
                 : 0;
}

static int newest(void)
{
    return td_schema_count > 0 ? td_schemas[td_schema_count - 1].number : 0;
}

static int record(struct td_sqlite *db, const struct td_schema *schema)
{
    char now[TD_TIME_TEXT];
    td_time_format(td_clock_now_ms(), now);
    struct td_sqlite_statement *statement;
    int result = td_sqlite_prepare(
        db, "insert into schema_version(version, name, applied_at) values ($1, $2, $3)",
        &statement);
    if (result < 0)
        return result;
    result = td_sqlite_bind_int(statement, 1, schema->number);
    if (result == 0)
        result = td_sqlite_bind_text(statement, 2, schema->name);
    if (result == 0)
        result = td_sqlite_bind_text(statement, 3, now);
    if (result == 0)
        result = td_sqlite_step(statement);
    td_sqlite_release(statement);
    return result;
}

static int apply(struct td_sqlite *db, const struct td_schema *schema, struct td_error *reterr)
{
    int result = td_sqlite_script(db, schema->sql);
    if (result == 0)
        result = record(db, schema);
    return result == 0
               ? 0
               : td_error_set(reterr, result, "schema %s: %s", schema->name, td_sqlite_failure(db));
}

static int apply_whole(struct td_sqlite *db)
{
    int result = td_sqlite_script(db, td_schema_whole);
    for (int i = 0; result == 0 && i < td_schema_count; i++)
        result = record(db, &td_schemas[i]);
    return result;
}

/* Those after `present`: one transaction, so one sync for all, and an upgrade is whole or not
 * there. */
static int apply_after(struct td_sqlite *db, int64_t present, struct td_error *reterr)
{
    if (present == newest())
        return 0;
    int result = td_sqlite_script(db, "begin immediate;"
                                      "create table if not exists schema_version ("
                                      "version integer primary key, name text not null,"
                                      "applied_at text not null)");
    if (result == 0 && present == 0)
        result = apply_whole(db);
    else
        for (int i = 0; result == 0 && i < td_schema_count; i++)
            if (td_schemas[i].number > present)
                result = apply(db, &td_schemas[i], reterr);
    if (result == 0)
        result = td_sqlite_script(db, "commit");
    if (result == 0)
        return 0;
    if (!reterr || reterr->code == 0)
        td_error_set(reterr, result, "the schema: %s", td_sqlite_failure(db));
    if (td_sqlite_in_transaction(db))
        td_sqlite_script(db, "rollback");
    return result;
}

static int newer(int64_t present, struct td_error *reterr)
{
    return td_error_set(
        reterr, TD_ECONFLICT,
        "the database has schema %lld, this program knows %d: it was written by a newer version",
        (long long)present, newest());
}

int td_migrate(struct td_sqlite *db, struct td_error *reterr)
{
    int64_t present;
    int result = version(db, &present, reterr);
    if (result == 0 && present > newest())
        result = newer(present, reterr);
    else if (result == 0)
        result = apply_after(db, present, reterr);
    for (int i = 0; result == 0 && i < td_schema_count; i++)
        if (td_schemas[i].number > present)
            TD_LOG(TD_LOG_INFO, "store.migrated", TD_S("schema", td_schemas[i].name));
    return result;
}

int td_migrate_empty(struct td_sqlite *db, struct td_error *reterr)
{
    return apply_after(db, 0, reterr);
}

int td_migrate_check(struct td_sqlite *db, struct td_error *reterr)
{
    int64_t present;
    int result = version(db, &present, reterr);
    if (result == 0 && present > newest())
        result = newer(present, reterr);
    else if (result == 0 && present < newest())
        result = td_error_set(
            reterr, TD_ECONFLICT,
            "the database has schema %lld, this program needs %d: start the server once",
            (long long)present, newest());
    return result;
}
