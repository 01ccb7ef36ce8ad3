/* plugin.c - see plugin.h. Owns the table `plugin_used`. */
#include "review/plugin.h"

#include "review/row.h"
#include "review/workflow.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int mark(struct td_tx *tx, json_t *set, const char *sql)
{
    json_t *rows = NULL, *row;
    size_t i;
    int result = td_tx_rows(tx, &rows, sql, "");
    json_array_foreach(rows, i, row)
        json_object_set(set, td_row_text(row, "name"), json_object_get(row, "series"));
    json_decref(rows);
    return result;
}

int td_plugin_used(struct td_tx *tx, json_t **ret_used)
{
    json_t *hashes = json_object(), *series = json_object();
    int result = mark(tx, hashes, "select hash as name, series from plugin_used");
    if (!result)
        result = mark(tx, series,
                      "select series, series as name from cycle union "
                      "select series, series from committee union "
                      "select series, series from standard");
    if (!result)
        *ret_used = json_pack("{s:O, s:O}", "hashes", hashes, "series", series);
    json_decref(hashes);
    json_decref(series);
    return result;
}

int td_plugin_use(struct td_review *review, const char *series, const json_t *descriptor)
{
    return td_tx_exec(review->tx, NULL,
                      "insert into plugin_used (series, version, hash, first_at) "
                      "values ($1, $2, $3, $4) on conflict do nothing",
                      "ssss", series, td_row_text(descriptor, "plugin_version"),
                      td_row_text(descriptor, "plugin_hash"), review->now);
}

/* --- what is present -------------------------------------------------------------------------- */

#define SETTING "plugins"

/* {series: {"version", "hash"}} of the series that take new dossiers. */
static json_t *present_versions(const json_t *catalog)
{
    json_t *present = json_object(), *descriptor;
    const char *id;
    json_object_foreach((json_t *)catalog, id, descriptor)
        if (!td_row_bool(descriptor, "retired"))
            json_object_set_new(present, id,
                                json_pack("{s:s, s:s}", "version",
                                          td_row_text(descriptor, "plugin_version"), "hash",
                                          td_row_text(descriptor, "plugin_hash")));
    return present;
}

static int note(struct td_review *review, json_t *changes, const char *action, const char *series,
                const json_t *version)
{
    char name[32];
    snprintf(name, sizeof(name), "plugin.%s", action);
    json_array_append_new(changes, json_pack("{s:s, s:s, s:s, s:s}", "action", action, "series",
                                             series, "version", td_row_text(version, "version"),
                                             "hash", td_row_text(version, "hash")));
    return td_row_log(review, name, "plugin", series,
                      json_pack("{s:s, s:s, s:s}", "series", series, "version",
                                td_row_text(version, "version"), "hash",
                                td_row_text(version, "hash")));
}

static int note_all(struct td_review *review, const json_t *before, const json_t *after,
                    json_t *changes)
{
    const char *id;
    json_t *version, *old;
    int result = 0;
    json_object_foreach((json_t *)after, id, version) {
        old = json_object_get(before, id);
        if (!result && !json_equal(old, version))
            result = note(review, changes, old ? "replace" : "add", id, version);
    }
    json_object_foreach((json_t *)before, id, version)
        if (!result && !json_object_get(after, id))
            result = note(review, changes, "retire", id, version);
    return result;
}

static int remember(struct td_review *review, const json_t *present)
{
    char *text = json_dumps(present, JSON_COMPACT | JSON_SORT_KEYS);
    int result = text ? td_tx_exec(review->tx, NULL,
                                   "insert into setting (name, value) values ($1, $2) "
                                   "on conflict (name) do update set value = excluded.value",
                                   "ss", SETTING, text)
                      : TD_ENOMEM;
    free(text);
    return result;
}

int td_plugin_present(struct td_review *review, json_t **ret_changes)
{
    json_t *row = NULL, *changes = json_array(), *after = present_versions(review->catalog);
    int result =
        td_tx_row(review->tx, &row, "select value from setting where name = $1", "s", SETTING);
    json_t *before = row ? json_loads(td_row_text(row, "value"), 0, NULL) : NULL;
    if (result == TD_ENOTFOUND)
        result = 0;
    if (!result && before)
        result = note_all(review, before, after, changes);
    if (!result && !json_equal(before, after))
        result = remember(review, after);
    if (!result && json_array_size(changes))
        result = td_row_live(review->tx, "plugins", "all");
    json_decref(row);
    json_decref(before);
    json_decref(after);
    if (result)
        json_decref(changes);
    else
        *ret_changes = changes;
    return result;
}

/* --- the list --------------------------------------------------------------------------------- */

static json_t *find(json_t *versions, const char *version)
{
    size_t i;
    json_t *entry;
    json_array_foreach(versions, i, entry)
        if (td_row_equals(entry, "version", version))
            return entry;
    return NULL;
}

static void add(json_t *versions, const json_t *descriptor, bool present)
{
    json_array_append_new(versions, json_pack("{s:s, s:s, s:b, s:b, s:i}", "version",
                                              td_row_text(descriptor, "plugin_version"), "hash",
                                              td_row_text(descriptor, "plugin_hash"), "present",
                                              (int)present, "loaded", 1, "dossiers", 0));
}

/* Versions that dossiers name, whether a worker has them or not. */
static int add_used(struct td_review *review, const char *series, json_t *versions)
{
    json_t *rows = NULL, *row, *entry;
    size_t i;
    int result = td_tx_rows(review->tx, &rows,
                            "select u.version, u.hash, (select count(*) from application a where "
                            "a.series = u.series and a.plugin_version = u.version and "
                            "a.plugin_version <> '') as dossiers "
                            "from plugin_used u where u.series = $1 order by u.first_at desc",
                            "s", series);
    json_array_foreach(rows, i, row) {
        if ((entry = find(versions, td_row_text(row, "version")))) {
            json_object_set(entry, "dossiers", json_object_get(row, "dossiers"));
            continue;
        }
        json_object_set_new(row, "present", json_false());
        json_object_set_new(row, "loaded", json_false());
        json_array_append(versions, row);
    }
    json_decref(rows);
    return result;
}

static int count_drafts(struct td_review *review, const char *series, int64_t *ret_count)
{
    return td_tx_int(review->tx, ret_count,
                     "select sum(count) from application_count where state = 'draft' and "
                     "series = $1",
                     "s", series);
}

static int list_one(struct td_review *review, const char *id, const json_t *descriptor,
                    json_t *series)
{
    json_t *versions = json_array(), *kept;
    const char *version;
    int64_t drafts = 0;
    add(versions, descriptor, !td_row_bool(descriptor, "retired"));
    json_object_foreach(json_object_get(descriptor, "kept"), version, kept)
        add(versions, kept, false);
    int result = add_used(review, id, versions);
    if (!result)
        result = count_drafts(review, id, &drafts);
    json_array_append_new(series, json_pack("{s:s, s:O?, s:O?, s:b, s:I, s:o}", "id", id, "name",
                                            json_object_get(descriptor, "name"), "name_en",
                                            json_object_get(descriptor, "name_en"), "retired",
                                            (int)td_row_bool(descriptor, "retired"), "drafts",
                                            (json_int_t)drafts, "versions", versions));
    return result;
}

int td_plugin_list(struct td_review *review, json_t **ret_series)
{
    json_t *series = json_array(), *descriptor;
    const char *id;
    int result = 0;
    json_object_foreach((json_t *)review->catalog, id, descriptor)
        if (!result)
            result = list_one(review, id, descriptor, series);
    if (result)
        json_decref(series);
    else
        *ret_series = series;
    return result;
}

/* --- retiring --------------------------------------------------------------------------------- */

int td_plugin_needs(struct td_review *review, const char *series, json_t **ret_needs)
{
    json_t *rows = NULL, *row;
    int64_t drafts = 0, under_review = 0, cycles = 0;
    size_t i;
    int result = td_tx_rows(review->tx, &rows,
                            "select state, sum(count) as count from application_count "
                            "where series = $1 group by state",
                            "s", series);
    json_array_foreach(rows, i, row) {
        enum td_state state = TD_STATE_DRAFT;
        td_state_parse(td_row_text(row, "state"), &state);
        if (state == TD_STATE_DRAFT)
            drafts += td_row_int(row, "count");
        else if (*td_state_holder(state))
            under_review += td_row_int(row, "count");
    }
    json_decref(rows);
    if (!result)
        result = td_tx_int(review->tx, &cycles,
                           "select count(*) from cycle where series = $1 and state in "
                           "('planned', 'open')",
                           "s", series);
    if (!result)
        *ret_needs = json_pack("{s:I, s:I, s:I}", "drafts", (json_int_t)drafts, "under_review",
                               (json_int_t)under_review, "cycles", (json_int_t)cycles);
    return result;
}
