/* evaluation.c - see evaluation.h. Owns the tables `fact_set` and `score` and application.score_id.
 */
#include "review/evaluation.h"

#include "base/id.h"
#include "review/application.h"
#include "review/cycle.h"
#include "review/draft.h"
#include "review/panel.h"
#include "review/quarantine.h"
#include "review/row.h"
#include "review/sheet.h"
#include "review/standard.h"
#include "review/verification.h"
#include "store/store.h"

#include <stdio.h>

int td_evaluation_queue(struct td_review *review, const char *application_id)
{
    json_t *payload = json_pack("{s:s}", "application", application_id);
    int result = payload ? td_tx_outbox(review->tx, "score", payload) : TD_ENOMEM;
    json_decref(payload);
    return result;
}

/* The active standard of the dossier's series and level, or NULL in *ret_standard. */
static int active_standard(struct td_review *review, const json_t *application,
                           json_t **ret_standard)
{
    *ret_standard = NULL;
    int result =
        td_tx_row(review->tx, ret_standard,
                  "select id, version, source, hash from standard where series = $1 and level = $2 "
                  "and state = 'active' order by version desc limit 1",
                  "ss", td_row_text(application, "series"), td_row_text(application, "level"));
    return result == TD_ENOTFOUND ? 0 : result;
}

/* The job over `dossier` (stolen), which gets the assessments given so far and, for what counts,
 * the points of the experts. */
static int build_job(struct td_review *review, const json_t *application, json_t *dossier,
                     bool experts, json_t **ret_job)
{
    json_t *assessments = NULL, *standard = NULL, *expert = NULL;
    const char *id = td_row_text(application, "id");
    int result = td_assessment_load(review, id, &assessments);
    if (!result)
        json_object_set_new(dossier, "assessments", assessments);
    if (!result)
        result = active_standard(review, application, &standard);
    if (!result && experts)
        result = td_sheet_points(review->tx, id, &expert);
    else if (!result)
        expert = json_object();
    if (!result) {
        json_t *job = json_pack("{s:s, s:s, s:s, s:s, s:O}", "op", standard ? "evaluate" : "facts",
                                "series", td_row_text(application, "series"), "plugin",
                                td_row_text(application, "plugin_version"), "level",
                                td_row_text(application, "level"), "dossier", dossier);
        if (standard) {
            json_t *part = td_standard_job_part(
                td_row_text(application, "series"), td_row_text(application, "level"),
                json_object_get(standard, "hash"), json_object_get(standard, "source"));
            json_object_set(part, "id", json_object_get(standard, "id"));
            json_object_set(part, "version", json_object_get(standard, "version"));
            json_object_set(job, "expert", expert);
            json_object_set_new(job, "standard", part);
        }
        *ret_job = job;
        result = job ? 0 : TD_ENOMEM;
    }
    json_decref(dossier);
    json_decref(standard);
    json_decref(expert);
    return result;
}

static int load_snapshot(struct td_review *review, const json_t *application, json_t **ret_snapshot)
{
    return td_tx_row(review->tx, ret_snapshot,
                     "select id, dossier, hash from snapshot where id = $1", "s",
                     td_row_text(application, "snapshot_id"));
}

int td_evaluation_prepare(struct td_review *review, const json_t *payload, json_t **ret_job,
                          struct td_error *reterr)
{
    json_t *application = NULL, *snapshot = NULL;
    *ret_job = NULL;
    int result =
        td_application_row(review, td_row_text(payload, "application"), &application, reterr);
    if (!result)
        result = load_snapshot(review, application, &snapshot);
    if (!result)
        result = build_job(review, application,
                           json_deep_copy(json_object_get(snapshot, "dossier")), true, ret_job);
    json_decref(application);
    json_decref(snapshot);
    return result == TD_ENOTFOUND ? 0 : result; /* gone or never submitted: nothing to do */
}

int td_evaluation_preview(struct td_review *review, const json_t *application, json_t **ret_job,
                          struct td_error *reterr)
{
    (void)reterr;
    json_t *dossier = NULL;
    int result = td_draft_dossier(review, application, &dossier);
    return result ? result : build_job(review, application, dossier, false, ret_job);
}

static const char *plugin_hash(const struct td_review *review, const json_t *application)
{
    const char *own = td_row_text(application, "plugin_hash");
    return *own ? own : td_row_text(td_application_form(review, application), "plugin_hash");
}

/* Stores facts and gates unless the latest ones of this snapshot are the same. */
static int store_facts(struct td_review *review, const json_t *application, const json_t *snapshot,
                       const json_t *job, const json_t *answer, char id[TD_ID_TEXT])
{
    const json_t *dossier = json_object_get(job, "dossier");
    const json_t *facts = json_object_get(answer, "facts"),
                 *gates = json_object_get(answer, "gates");
    const char *application_id = td_row_text(application, "id");
    const char *hash = td_row_text(snapshot, "hash"),
               *version = td_application_plugin_version(review, application);
    json_t *latest = NULL;
    int result = td_tx_row(review->tx, &latest,
                           "select id, facts, gates from fact_set where application_id = $1 and "
                           "snapshot_hash = $2 and plugin_version = $3 order by id desc limit 1",
                           "sss", application_id, hash, version);
    if (!result && json_equal(json_object_get(latest, "facts"), facts) &&
        json_equal(json_object_get(latest, "gates"), gates)) {
        snprintf(id, TD_ID_TEXT, "%s", td_row_text(latest, "id"));
        json_decref(latest);
        return 0;
    }
    json_decref(latest);
    if (result && result != TD_ENOTFOUND)
        return result;
    td_id_new(id);
    return td_tx_exec(
        review->tx, NULL,
        "insert into fact_set (id, application_id, snapshot_hash, plugin_version, cutoff_date, "
        "facts, gates, assessments, at, plugin_hash) "
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        "sssssjjjss", id, application_id, hash, version,
        td_row_text(json_object_get(snapshot, "dossier"), "cutoff_date"), facts, gates,
        json_object_get(dossier, "assessments"), review->now, plugin_hash(review, application));
}

/* The official score; NULL in *ret_present before the first. */
static int load_present(struct td_review *review, const json_t *application, json_t **ret_present)
{
    *ret_present = NULL;
    int result =
        td_tx_row(review->tx, ret_present,
                  "select fact_set_id, standard_hash, expert, breakdown from score where id = $1",
                  "s", td_row_text(application, "score_id"));
    return result == TD_ENOTFOUND ? 0 : result;
}

/* True when the official score already is this one. */
static bool same_score(const json_t *present, const char *facts_id, const json_t *standard,
                       const json_t *expert, const json_t *score)
{
    return present && td_row_equals(present, "fact_set_id", facts_id) &&
           td_row_equals(present, "standard_hash", td_row_text(standard, "hash")) &&
           json_equal(json_object_get(present, "expert"), expert) &&
           json_equal(json_object_get(present, "breakdown"), score);
}

static int insert_score(struct td_review *review, const json_t *application, const json_t *snapshot,
                        const char *facts_id, const json_t *standard, const json_t *expert,
                        const json_t *score)
{
    char id[TD_ID_TEXT];
    td_id_new(id);
    const char *application_id = td_row_text(application, "id");
    int result = td_tx_exec(
        review->tx, NULL,
        "insert into score (id, application_id, fact_set_id, standard_id, standard_hash, "
        "plugin_version, snapshot_hash, expert, total, vetoed, breakdown, at, plugin_hash) "
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        "sssssssjibjss", id, application_id, facts_id, td_row_text(standard, "id"),
        td_row_text(standard, "hash"), td_application_plugin_version(review, application),
        td_row_text(snapshot, "hash"), expert, td_row_int(score, "total"),
        (int)td_row_bool(score, "vetoed"), score, review->now, plugin_hash(review, application));
    if (!result)
        result = td_tx_exec(review->tx, NULL, "update application set score_id = $2 where id = $1",
                            "ss", application_id, id);
    if (!result)
        result = td_row_log(review, "application.score", "application", application_id,
                            json_pack("{s:s, s:I, s:s, s:s}", "score", id, "total",
                                      (json_int_t)td_row_int(score, "total"), "standard",
                                      td_row_text(standard, "hash"), "snapshot",
                                      td_row_text(snapshot, "hash")));
    return result;
}

/* Stores the score unless the official one is the same. Whoever follows the dossier, its applicant
 * too, must not learn when an expert has scored; that a standard came into force is no secret. */
static int store_score(struct td_review *review, const json_t *application, const json_t *snapshot,
                       const char *facts_id, const json_t *standard, const json_t *expert,
                       const json_t *score)
{
    json_t *present = NULL;
    int result = load_present(review, application, &present);
    if (result || same_score(present, facts_id, standard, expert, score)) {
        json_decref(present);
        return result;
    }
    bool other = present && !td_row_equals(present, "standard_hash", td_row_text(standard, "hash"));
    json_decref(present);
    result = insert_score(review, application, snapshot, facts_id, standard, expert, score);
    return result || (json_object_size(expert) && !other)
               ? result
               : td_row_live(review->tx, "application", td_row_text(application, "id"));
}

static int store_answer(struct td_review *review, const json_t *application, const json_t *job,
                        const json_t *answer)
{
    json_t *snapshot = NULL, *standard = NULL, *expert = NULL;
    const json_t *score = json_object_get(answer, "score");
    char facts_id[TD_ID_TEXT];
    int result = load_snapshot(review, application, &snapshot);
    if (!result)
        result = store_facts(review, application, snapshot, job, answer, facts_id);
    if (!result)
        result = active_standard(review, application, &standard);
    if (!result)
        result = td_sheet_points(review->tx, td_row_text(application, "id"), &expert);
    if (!result && standard && score)
        result = store_score(review, application, snapshot, facts_id, standard, expert, score);
    json_decref(snapshot);
    json_decref(standard);
    json_decref(expert);
    return result;
}

int td_evaluation_finish(struct td_review *review, const json_t *payload, const json_t *job,
                         const json_t *answer, struct td_error *reterr)
{
    json_t *application = NULL, *now = NULL;
    const char *id = td_row_text(payload, "application");
    int result = td_application_row(review, id, &application, reterr);
    if (!result)
        result = td_evaluation_prepare(review, payload, &now, reterr);
    if (!result && json_equal((json_t *)job, now))
        result = store_answer(review, application, job, answer);
    else if (!result)
        result = td_evaluation_queue(review, id);
    if (!result)
        result = td_quarantine_passed(review, payload, job);
    json_decref(application);
    json_decref(now);
    return result;
}

json_t *td_evaluation_fact_list(const json_t *facts)
{
    json_t *list = json_array(), *fact;
    const char *id;
    json_object_foreach((json_t *)facts, id, fact) {
        json_t *entry = json_copy(fact);
        const json_t *value = json_object_get(fact, "value");
        json_object_set_new(entry, "id", json_string(id));
        char shown[64] = "";
        if (json_is_boolean(value))
            snprintf(shown, sizeof(shown), "%s", json_is_true(value) ? "✓" : "✗");
        else if (json_is_integer(value))
            snprintf(shown, sizeof(shown), "%lld", (long long)json_integer_value(value));
        else if (json_is_real(value))
            snprintf(shown, sizeof(shown), "%.2f", json_real_value(value));
        else if (json_is_array(value))
            snprintf(shown, sizeof(shown), "%zu", json_array_size(value));
        json_object_set_new(entry, "shown",
                            json_is_string(value) ? json_copy((json_t *)value)
                                                  : json_string(shown));
        json_array_append_new(list, entry);
    }
    return list;
}

static int has_submitted(struct td_review *review, const char *application_id, bool *ret_has)
{
    int64_t count = 0;
    int result = td_tx_int(review->tx, &count,
                           "select count(*) from sheet where application_id = $1 and "
                           "account_id = $2 and submitted_at is not null",
                           "ss", application_id, review->who->id);
    if (!result)
        *ret_has = count > 0;
    return result;
}

int td_evaluation_knows(struct td_review *review, const json_t *application, bool *ret_knows)
{
    const char *id = td_row_text(application, "id");
    bool voting = td_row_equals(application, "state", "committee_vote");
    *ret_knows = !review->who || (!voting && !td_row_equals(application, "state", "panel_review"));
    if (*ret_knows || td_row_equals(application, "account_id", review->who->id))
        return 0;
    *ret_knows = td_row_is(review, TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR) ||
                 td_account_has(review->who, TD_ROLE_OFFICE, td_row_text(application, "series"));
    if (*ret_knows || !td_row_is(review, TD_ROLE_EXPERT))
        return 0;
    return voting ? td_panel_sees(review, id, ret_knows) : has_submitted(review, id, ret_knows);
}

/* The official score, or for who may not know the experts' points the last one without them. */
static int load_score(struct td_review *review, const json_t *application, bool knows,
                      json_t **ret_score)
{
    return td_tx_row(review->tx, ret_score,
                     "select s.breakdown, s.standard_id, s.standard_hash, t.version from score s "
                     "join standard t on t.id = s.standard_id where s.application_id = $1 and "
                     "case when $3 then s.id = $2 else cast(s.expert as text) = '{}' end "
                     "order by s.id desc limit 1",
                     "ssb", td_row_text(application, "id"), td_row_text(application, "score_id"),
                     (int)knows);
}

int td_evaluation_load(struct td_review *review, const json_t *application, json_t **ret_evaluation)
{
    bool knows = false;
    int result = td_evaluation_knows(review, application, &knows);
    return result ? result : td_evaluation_load_as(review, application, knows, ret_evaluation);
}

int td_evaluation_load_as(struct td_review *review, const json_t *application, bool knows,
                          json_t **ret_evaluation)
{
    json_t *row = NULL;
    int result = td_tx_row(review->tx, &row,
                           "select f.facts, f.gates, f.snapshot_hash, f.plugin_version, f.at "
                           "from fact_set f where f.application_id = $1 order by f.id desc limit 1",
                           "s", td_row_text(application, "id"));
    if (result == TD_ENOTFOUND)
        row = json_pack("{s:{}, s:[]}", "facts", "gates");
    else if (result)
        return result;
    json_object_set_new(row, "facts", td_evaluation_fact_list(json_object_get(row, "facts")));
    json_t *score = NULL;
    result = load_score(review, application, knows, &score);
    if (!result) {
        json_object_set(row, "score", json_object_get(score, "breakdown"));
        json_object_set_new(row, "standard",
                            json_pack("{s:O, s:O, s:O}", "id",
                                      json_object_get(score, "standard_id"), "version",
                                      json_object_get(score, "version"), "hash",
                                      json_object_get(score, "standard_hash")));
    }
    json_decref(score);
    if (result && result != TD_ENOTFOUND) {
        json_decref(row);
        return result;
    }
    *ret_evaluation = row;
    return 0;
}
