/* recheck.c - see recheck.h. Reads only. */
#include "review/recheck.h"

#include "review/row.h"
#include "review/standard.h"
#include "store/ledger.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* "junior.01J... .01J...": level, dossier, score. */
struct place {
    char level[48], application[32], score[32];
};

static bool read_place(const char *cursor, struct place *place)
{
    *place = (struct place){"", "", ""};
    return !*cursor || sscanf(cursor, "%47[^.].%31[^.].%31[^.]", place->level, place->application,
                              place->score) == 3;
}

static void differ(json_t *page, const json_t *row, const char *what, json_t *stored,
                   json_t *recomputed)
{
    json_array_append_new(json_object_get(page, "items"),
                          json_pack("{s:O, s:O?, s:O, s:s, s:s, s:o?, s:o?}", "application",
                                    json_object_get(row, "application_id"), "number",
                                    json_object_get(row, "number"), "score",
                                    json_object_get(row, "id"), "what", what, "id", "", "stored",
                                    stored, "recomputed", recomputed));
}

static int check_snapshot(json_t *page, const json_t *row)
{
    char hash[65];
    const json_t *dossier = json_object_get(row, "dossier");
    if (!json_is_object(dossier)) {
        differ(page, row, "snapshot", json_incref(json_object_get(row, "snapshot_hash")), NULL);
        return 0;
    }
    int rc = td_ledger_hash_json(dossier, hash);
    if (rc == 0 && !td_row_equals(row, "snapshot_hash", hash))
        differ(page, row, "snapshot", json_incref(json_object_get(row, "snapshot_hash")),
               json_string(hash));
    return rc;
}

static int check_standard(json_t *page, const json_t *row)
{
    char hash[65];
    const char *source = td_row_text(row, "source");
    int rc = td_ledger_sm3(source, strlen(source), hash);
    if (rc == 0 && !td_row_equals(row, "standard_hash", hash))
        differ(page, row, "standard", json_incref(json_object_get(row, "standard_hash")),
               json_string(hash));
    return rc;
}

static void check_columns(json_t *page, const json_t *row)
{
    static const char *const members[] = {"total", "vetoed"};
    const json_t *breakdown = json_object_get(row, "breakdown");
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        json_t *stored = json_object_get(row, members[i]);
        json_t *within = json_object_get(breakdown, members[i]);
        if (!json_equal(stored, within))
            differ(page, row, members[i], json_incref(stored), json_incref(within));
    }
}

/* The dossier as the plugin had it, or NULL when its facts cannot be derived again. */
static json_t *dossier_of(const struct td_review *review, const json_t *row)
{
    const json_t *descriptor = json_object_get(review->catalog, td_row_text(row, "series"));
    const char *version = td_row_text(row, "facts_version");
    bool loaded = td_row_equals(descriptor, "plugin_version", version) ||
                  json_object_get(json_object_get(descriptor, "kept"), version);
    json_t *assessments = json_object_get(row, "assessments");
    if (!json_is_object(json_object_get(row, "dossier")) || !json_is_object(assessments) || !loaded)
        return NULL;
    json_t *dossier = json_copy(json_object_get(row, "dossier"));
    json_object_set(dossier, "assessments", assessments);
    return dossier;
}

static void add_to_job(const struct td_review *review, json_t *page, json_t *job, const json_t *row)
{
    json_t *standards = json_object_get(job, "standards"), *dossier = dossier_of(review, row);
    const char *hash = td_row_text(row, "standard_hash"), *id = td_row_text(row, "id");
    if (!json_object_get(standards, hash))
        json_object_set_new(standards, hash,
                            td_standard_job_part(td_row_text(row, "series"),
                                                 td_row_text(row, "level"), NULL,
                                                 json_object_get(row, "source")));
    if (!dossier)
        json_object_set_new(page, "facts_kept", json_integer(td_row_int(page, "facts_kept") + 1));
    json_object_set(job, "series", json_object_get(row, "series"));
    json_array_append_new(
        json_object_get(job, "scores"),
        json_pack("{s:s, s:s, s:O, s:o?, s:O, s:O, s:O, s:O}", "id", id, "standard", hash,
                  "plugin_version", json_object_get(row, "facts_version"), "dossier", dossier,
                  "facts", json_object_get(row, "facts"), "gates", json_object_get(row, "gates"),
                  "expert", json_object_get(row, "expert"), "breakdown",
                  json_object_get(row, "breakdown")));
    json_object_set_new(json_object_get(page, "named"), id,
                        json_pack("{s:O, s:O?}", "application",
                                  json_object_get(row, "application_id"), "number",
                                  json_object_get(row, "number")));
}

static int load_rows(struct td_review *review, const char *cycle_id, const struct place *place,
                     json_t **ret_rows)
{
    return td_tx_rows(
        review->tx, ret_rows,
        "select s.id, s.application_id, a.number, a.series, a.level, s.standard_hash, s.expert,"
        " s.total, s.vetoed, s.breakdown, s.snapshot_hash, f.facts, f.gates, f.assessments,"
        " f.plugin_version as facts_version, n.dossier, t.source from application a"
        " join score s on s.application_id = a.id join fact_set f on f.id = s.fact_set_id"
        " join standard t on t.id = s.standard_id left join snapshot n on"
        " n.application_id = a.id and n.hash = s.snapshot_hash where a.cycle_id = $1"
        " and (a.level, a.id) >= ($2, $3) and ((a.level, a.id) > ($2, $3) or s.id > $4)"
        " order by a.level, a.id, s.id limit $5",
        "ssssi", cycle_id, place->level, place->application, place->score,
        (int64_t)TD_RECHECK_PAGE);
}

static int check_rows(struct td_review *review, json_t *rows, json_t *page, json_t *job)
{
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) {
        int rc = check_snapshot(page, row);
        if (rc == 0)
            rc = check_standard(page, row);
        if (rc < 0)
            return rc;
        check_columns(page, row);
        add_to_job(review, page, job, row);
    }
    size_t count = json_array_size(rows);
    const json_t *last = json_array_get(rows, count - 1);
    json_object_set_new(page, "checked", json_integer((json_int_t)count));
    if (count == TD_RECHECK_PAGE)
        json_object_set_new(page, "next",
                            json_sprintf("%s.%s.%s", td_row_text(last, "level"),
                                         td_row_text(last, "application_id"),
                                         td_row_text(last, "id")));
    return 0;
}

int td_recheck_page(struct td_review *review, const char *cycle_id, const char *cursor,
                    json_t **ret_page, json_t **ret_job, struct td_error *reterr)
{
    struct place place;
    json_t *cycle = NULL, *rows = NULL;
    if (!read_place(cursor, &place))
        return td_error_set(reterr, TD_EINVALID, "no such cursor");
    int rc = td_tx_row(review->tx, &cycle, "select id from cycle where id = $1", "s", cycle_id);
    json_decref(cycle);
    if (rc == 0)
        rc = load_rows(review, cycle_id, &place, &rows);
    if (rc < 0)
        return rc;
    json_t *page = json_pack("{s:i, s:i, s:[], s:n, s:{}}", "checked", 0, "facts_kept", 0, "items",
                             "next", "named");
    json_t *job =
        json_pack("{s:s, s:s, s:{}, s:[]}", "op", "recheck", "series", "", "standards", "scores");
    rc = page && job ? check_rows(review, rows, page, job) : TD_ENOMEM;
    json_decref(rows);
    if (rc < 0) {
        json_decref(page);
        json_decref(job);
        return rc;
    }
    *ret_page = page;
    *ret_job = job;
    return 0;
}

void td_recheck_add(json_t *page, const json_t *answer)
{
    size_t i;
    json_t *difference;
    json_array_foreach(json_object_get(answer, "differences"), i, difference) {
        const json_t *named =
            json_object_get(json_object_get(page, "named"), td_row_text(difference, "score"));
        json_t *shown = json_copy(difference);
        json_object_update(shown, (json_t *)named);
        json_array_append_new(json_object_get(page, "items"), shown);
    }
    json_object_del(page, "named");
}
