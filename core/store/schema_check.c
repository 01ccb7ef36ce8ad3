/* schema_check.c - see schema_check.h. What should be there is made anew in memory by the
 * migrations. */
#include "store/schema_check.h"

#include "base/json.h"
#include "base/strbuf.h"
#include "store/migrate.h"
#include "store/sqlite.h"

#include <string.h>

struct comparison {
    td_schema_difference_fn each;
    void *arg;
};

/* {"trigger application_moved": its text, "table title": "", ...}: a new reference. The text of a
 * table depends on which SQLite added a column to it; the other kinds stand as the migrations wrote
 * them. */
static int read_schema(struct td_sqlite *db, json_t **ret_objects)
{
    struct td_sqlite_statement *statement;
    json_t *objects = json_object();
    int result = objects ? td_sqlite_prepare(db,
                                             "select type || ' ' || name as object,"
                                             " case when type = 'table' then '' else"
                                             " coalesce(sql, '') end as text from sqlite_schema"
                                             " where not (type = 'table'"
                                             " and name like 'sqlite~_stat%' escape '~')",
                                             &statement)
                         : TD_ENOMEM;
    if (result == 0) {
        while ((result = td_sqlite_step(statement)) > 0) {
            json_t *row = td_sqlite_row(statement);
            if (!row || json_object_set_new(objects, td_json_text(row, "object"),
                                            json_string(td_json_text(row, "text"))) < 0)
                result = TD_ENOMEM;
            json_decref(row);
            if (result < 0)
                break;
        }
        td_sqlite_release(statement);
    }
    if (result < 0)
        json_decref(objects);
    else
        *ret_objects = objects;
    return result;
}

static int read_wanted(json_t **ret_objects, struct td_error *reterr)
{
    struct td_sqlite *db = NULL;
    int result = td_sqlite_open(":memory:", TD_SQLITE_WRITER, &db, reterr);
    if (result == 0)
        result = td_migrate_empty(db, reterr);
    if (result == 0 && (result = read_schema(db, ret_objects)) < 0)
        td_error_set(reterr, result, "the schema cannot be made: %s", td_sqlite_failure(db));
    td_sqlite_close(db, true);
    return result;
}

/* Two sentences never say the same object: a changed one is told as changed only. */
static void tell(const struct comparison *comparison, const char *before, const char *object,
                 const char *after)
{
    struct td_strbuf words;
    td_strbuf_init(&words);
    td_strbuf_addf(&words, "%s%s%s", before, object, after);
    comparison->each(comparison->arg, words.failed ? after : words.bytes);
    td_strbuf_done(&words);
}

static void compare(const struct comparison *comparison, json_t *present, json_t *wanted)
{
    const char *object;
    json_t *text;
    json_object_foreach(present, object, text) {
        const json_t *other = json_object_get(wanted, object);
        if (!other)
            tell(comparison, "the records have the ", object, ", which titled did not make");
        else if (!json_equal(text, other))
            tell(comparison, "the ", object, " of the records is not as titled made it");
    }
    json_object_foreach(wanted, object, text)
        if (!json_object_get(present, object))
            tell(comparison, "the records lack the ", object, "");
}

int td_schema_compare(struct td_sqlite *db, td_schema_difference_fn each, void *arg,
                      struct td_error *reterr)
{
    struct comparison comparison = {each, arg};
    json_t *present = NULL, *wanted = NULL;
    int result = read_wanted(&wanted, reterr);
    if (result == 0 && (result = read_schema(db, &present)) < 0)
        td_error_set(reterr, result, "the schema cannot be read: %s", td_sqlite_failure(db));
    if (result == 0)
        compare(&comparison, present, wanted);
    json_decref(present);
    json_decref(wanted);
    return result;
}

static void join(void *arg, const char *words)
{
    struct td_strbuf *all = arg;
    td_strbuf_addf(all, "%s; ", words);
}

int td_schema_check(struct td_sqlite *db, struct td_error *reterr)
{
    struct td_strbuf all;
    td_strbuf_init(&all);
    int result = td_schema_compare(db, join, &all, reterr);
    if (result == 0 && (all.length > 0 || all.failed))
        result = td_error_set(reterr, TD_ECONFLICT,
                              "%.300sthe database was changed by another program: find out by whom,"
                              " put a backup back or undo it; titlectl ledger verify lists all",
                              all.failed ? "" : all.bytes);
    td_strbuf_done(&all);
    return result;
}
