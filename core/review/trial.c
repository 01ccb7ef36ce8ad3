/* trial.c - see trial.h. Owns the table `trial`: beginning, ending by a person, and what people
 * see. trial_run.c does the running and owns `trial_dossier`. */
#include "review/trial.h"

#include "review/application.h"
#include "review/cycle.h"
#include "review/golden.h"
#include "review/row.h"
#include "review/standard.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int load_standard(struct td_tx *tx, const char *id, json_t **ret_standard)
{
    return td_tx_row(tx, ret_standard,
                     "select id, series, level, state, hash, fault from standard where id = $1",
                     "s", id);
}

/* --- beginning and ending --------------------------------------------------------------------- */

/* The cycle's id, "" for none, in the arena. */
static int choose_cycle(struct td_review *review, const json_t *standard, const char **cycle_id,
                        struct td_error *reterr)
{
    json_t *cycle = NULL;
    const char *series = td_row_text(standard, "series");
    bool named = **cycle_id != 0;
    int rc = named ? td_tx_row(review->tx, &cycle, "select id, series from cycle where id = $1",
                               "s", *cycle_id)
                   : td_tx_row(review->tx, &cycle,
                               "select id, series from cycle where series = $1"
                               " order by year desc, id desc limit 1",
                               "s", series);
    if (rc == TD_ENOTFOUND && !named)
        return 0;
    if (rc == TD_ENOTFOUND)
        return td_error_field(reterr, "cycle", "unknown", "there is no such cycle");
    if (rc == 0 && strcmp(td_row_text(cycle, "series"), series) != 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "trial_elsewhere", NULL);
    if (rc == 0)
        *cycle_id = td_arena_strdup(review->arena, td_row_text(cycle, "id"));
    json_decref(cycle);
    return rc == 0 && !*cycle_id ? TD_ENOMEM : rc;
}

static const char *or_null(const char *id)
{
    return *id ? id : NULL;
}

static int insert(struct td_review *review, const json_t *standard, const char *cycle_id,
                  char id[TD_ID_TEXT])
{
    const char *standard_id = td_row_text(standard, "id");
    td_id_new(id);
    int rc =
        td_tx_exec(review->tx, NULL,
                   "update trial set state = 'replaced', finished_at = coalesce(finished_at, $3)"
                   " where standard_id = $1 and coalesce(cycle_id, '') = $2"
                   " and state <> 'replaced'",
                   "sss", standard_id, cycle_id, review->now);
    if (rc == 0)
        rc = td_tx_exec(
            review->tx, NULL,
            "insert into trial (id, standard_id, standard_hash, base_standard_id, cycle_id, state,"
            " created_by, created_at, cases_revision) values ($1, $2, $3, (select id from standard"
            " where series = $4 and level = $5 and state = 'active' and id <> $2), $6, 'running',"
            " $7, $8, (select cases_revision from standard where id = $2))",
            "ssssssss", id, standard_id, td_row_text(standard, "hash"),
            td_row_text(standard, "series"), td_row_text(standard, "level"), or_null(cycle_id),
            review->who->id, review->now);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update standard set state = 'trial' where id = $1 and state = 'draft'",
                        "s", standard_id);
    return rc;
}

/* What was thrown away is not tried, nor what does not load. */
static int check_standard(const json_t *standard, struct td_error *reterr)
{
    if (td_row_equals(standard, "state", "discarded"))
        return td_error_key(reterr, TD_ECONFLICT, "standard_state",
                            json_pack("{s:s}", "standard_state", "discarded"));
    return json_is_null(json_object_get(standard, "fault"))
               ? 0
               : td_error_key(reterr, TD_ECONFLICT, "standard_faulty", NULL);
}

/* Wakes the engine after commit. */
static int wake(struct td_review *review, const char *trial_id)
{
    json_t *payload = json_pack("{s:s}", "trial", trial_id);
    int rc = payload ? td_tx_outbox(review->tx, "trial", payload) : TD_ENOMEM;
    json_decref(payload);
    return rc;
}

int td_trial_start(struct td_review *review, const char *standard_id, const char *cycle_id,
                   char ret_id[TD_ID_TEXT], struct td_error *reterr)
{
    json_t *standard = NULL;
    if (!td_row_is(review, TD_ROLE_BUREAU | TD_ROLE_ADMIN))
        return td_error_set(reterr, TD_EFORBIDDEN, "only administrator and bureau try standards");
    int rc = load_standard(review->tx, standard_id, &standard);
    if (rc == 0)
        rc = check_standard(standard, reterr);
    if (rc == 0)
        rc = choose_cycle(review, standard, &cycle_id, reterr);
    if (rc == 0)
        rc = insert(review, standard, cycle_id, ret_id);
    if (rc == 0)
        rc = td_row_log(review, "standard.trial", "standard", standard_id,
                        json_pack("{s:s, s:s, s:s}", "trial", ret_id, "cycle", cycle_id, "hash",
                                  td_row_text(standard, "hash")));
    if (rc == 0)
        rc = td_row_live(review->tx, "standard", standard_id);
    if (rc == 0)
        rc = wake(review, ret_id);
    json_decref(standard);
    return rc;
}

/* The trial with series and level of its standard, for who may see it. */
static int load_row(struct td_review *review, const char *trial_id, json_t **ret_trial,
                    struct td_error *reterr)
{
    json_t *trial = NULL;
    int rc = td_tx_row(review->tx, &trial,
                       "select t.*, s.series, s.level, s.version, s.hash, s.state as"
                       " standard_state, c.name as cycle_name from trial t join standard s on"
                       " s.id = t.standard_id left join cycle c on c.id = t.cycle_id"
                       " where t.id = $1 and t.state <> 'replaced'",
                       "s", trial_id);
    if (rc == 0 && !td_cycle_insider(review->who, td_row_text(trial, "series"))) {
        json_decref(trial);
        rc = TD_ENOTFOUND;
    }
    if (rc < 0)
        return rc == TD_ENOTFOUND ? td_error_set(reterr, rc, "there is no such trial") : rc;
    *ret_trial = trial;
    return 0;
}

int td_trial_cancel(struct td_review *review, const char *trial_id, struct td_error *reterr)
{
    json_t *trial = NULL;
    if (!td_row_is(review, TD_ROLE_BUREAU | TD_ROLE_ADMIN))
        return td_error_set(reterr, TD_EFORBIDDEN, "only administrator and bureau end trials");
    int rc = load_row(review, trial_id, &trial, reterr);
    if (rc < 0)
        return rc;
    if (strcmp(td_row_text(trial, "state"), "running") != 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "trial_over", NULL);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update trial set state = 'cancelled', finished_at = $2 where id = $1",
                        "ss", trial_id, review->now);
    if (rc == 0)
        rc = td_row_log(review, "standard.trial_cancel", "standard",
                        td_row_text(trial, "standard_id"), json_pack("{s:s}", "trial", trial_id));
    if (rc == 0)
        rc = td_row_live(review->tx, "trial", trial_id);
    json_decref(trial);
    return rc;
}

/* --- what it says ----------------------------------------------------------------------------- */

static json_t *failed_case(json_t *result, const json_t *cases)
{
    const json_t *file = td_golden_find(cases, td_row_text(result, "file"));
    json_t *failed = json_copy(result);
    json_object_set_new(failed, "hash", json_string(td_row_text(file, "hash")));
    return failed;
}

json_t *td_trial_golden(const json_t *answer, const json_t *cases)
{
    json_t *results = json_object_get(answer, "cases"), *failed = json_array(), *one;
    json_int_t amended = 0;
    size_t i;
    json_array_foreach((json_t *)cases, i, one)
        amended += td_row_bool(one, "amended");
    json_array_foreach(results, i, one)
        if (!td_row_bool(one, "passed"))
            json_array_append_new(failed, failed_case(one, cases));
    return json_pack("{s:I, s:I, s:o}", "cases", (json_int_t)json_array_size(results), "amended",
                     amended, "failed", failed);
}

static json_t *as_text(const json_t *value)
{
    char *text = value ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
    json_t *shown = json_string(text ? text : "-");
    free(text);
    return shown;
}

int td_trial_check_golden(const json_t *answer, struct td_error *reterr)
{
    const json_t *finding = json_array_get(json_object_get(answer, "findings"), 0);
    if (finding)
        return td_error_key(reterr, TD_ESCRIPT, "script_impure",
                            json_pack("{s:s, s:s, s:I}", "kind", td_row_text(finding, "kind"),
                                      "word", td_row_text(finding, "word"), "line",
                                      (json_int_t)td_row_int(finding, "line")));
    json_t *golden = td_trial_golden(answer, NULL);
    const json_t *failed = json_array_get(json_object_get(golden, "failed"), 0);
    const json_t *difference = json_array_get(json_object_get(failed, "differences"), 0);
    int rc = 0;
    if (failed)
        rc = td_error_key(
            reterr, TD_ESCRIPT, "golden_failed",
            json_pack("{s:s, s:s, s:s, s:o, s:o}", "file", td_row_text(failed, "file"), "what",
                      td_row_text(difference, "what"), "id", td_row_text(difference, "id"),
                      "expected", as_text(json_object_get(difference, "expected")), "got",
                      as_text(json_object_get(difference, "got"))));
    json_decref(golden);
    return rc;
}

static const char *verdict_of(const json_t *standard, const json_t *trial)
{
    const char *state = td_row_text(trial, "state");
    if (!trial)
        return "no_trial";
    if (strcmp(state, "done") != 0)
        return !strcmp(state, "refused")  ? "refused"
               : !strcmp(state, "failed") ? "failed"
                                          : "running";
    if (td_row_int(standard, "cases_revision") != td_row_int(trial, "cases_revision"))
        return "amended";
    bool golden = json_array_size(json_object_get(json_object_get(trial, "golden"), "failed")) == 0;
    return golden ? "passed" : "golden";
}

int td_trial_verdict(struct td_tx *tx, const char *standard_id, json_t **ret_verdict)
{
    json_t *standard = NULL, *trial = NULL;
    int rc = td_tx_row(tx, &standard, "select hash, cases_revision from standard where id = $1",
                       "s", standard_id);
    if (rc == 0)
        rc = td_tx_row(
            tx, &trial,
            "select id, state, cycle_id, total, done, created_by, finished_at, golden,"
            " refusal, cases_revision from trial where standard_id = $1 and standard_hash = $2"
            " and state in ('running', 'done', 'refused', 'failed')"
            " order by state <> 'refused', state = 'running', id desc limit 1",
            "ss", standard_id, td_row_text(standard, "hash"));
    if (rc < 0 && !(rc == TD_ENOTFOUND && standard)) {
        json_decref(standard);
        return rc;
    }
    const char *reason = verdict_of(standard, trial);
    json_decref(standard);
    json_t *golden = json_object_get(trial, "golden"), *refusal = json_object_get(trial, "refusal");
    *ret_verdict =
        json_pack("{s:b, s:s, s:O?, s:O?, s:O?}", "passed", !strcmp(reason, "passed"), "reason",
                  reason, "trial", trial, "golden", golden, "refusal", refusal);
    json_object_del(json_object_get(*ret_verdict, "trial"), "golden");
    json_object_del(json_object_get(*ret_verdict, "trial"), "refusal");
    json_object_del(json_object_get(*ret_verdict, "trial"), "cases_revision");
    json_decref(trial);
    return *ret_verdict ? 0 : TD_ENOMEM;
}

int td_trial_list(struct td_review *review, const char *standard_id, const char *cursor,
                  json_t **ret_page, struct td_error *reterr)
{
    json_t *standard = NULL, *rows = NULL;
    int rc = load_standard(review->tx, standard_id, &standard);
    bool insider = rc == 0 && td_cycle_insider(review->who, td_row_text(standard, "series"));
    json_decref(standard);
    if (rc == 0 && !insider)
        rc = td_error_set(reterr, TD_ENOTFOUND, "there is no such standard");
    if (rc == 0)
        rc = td_tx_rows(review->tx, &rows,
                        "select t.id, t.state as trial_state, t.total as dossiers, t.done, "
                        "t.cycle_id, c.name as"
                        " cycle_name, t.standard_hash, t.created_by, t.created_at, t.finished_at"
                        " from trial t left join cycle c on c.id = t.cycle_id"
                        " where t.standard_id = $1 and t.state <> 'replaced'"
                        " and ($2 = '' or t.id < $2) order by t.id desc limit $3",
                        "ssi", standard_id, cursor, (int64_t)TD_ROW_PAGE + 1);
    if (rc < 0)
        return rc;
    *ret_page = td_row_page(rows, "id");
    return *ret_page ? 0 : TD_ENOMEM;
}

int td_trial_load(struct td_review *review, const char *trial_id, json_t **ret_trial,
                  struct td_error *reterr)
{
    json_t *trial = NULL, *base = NULL;
    int rc = load_row(review, trial_id, &trial, reterr);
    if (rc < 0)
        return rc;
    if (*td_row_text(trial, "base_standard_id"))
        rc = td_tx_row(review->tx, &base, "select id, version, hash from standard where id = $1",
                       "s", td_row_text(trial, "base_standard_id"));
    if (rc < 0) {
        json_decref(trial);
        return rc;
    }
    json_object_set_new(trial, "standard",
                        json_pack("{s:O, s:O, s:O, s:O}", "id",
                                  json_object_get(trial, "standard_id"), "version",
                                  json_object_get(trial, "version"), "hash",
                                  json_object_get(trial, "standard_hash"), "standard_state",
                                  json_object_get(trial, "standard_state")));
    json_object_set_new(
        trial, "current",
        json_boolean(td_row_equals(trial, "hash", td_row_text(trial, "standard_hash"))));
    json_object_set_new(trial, "base", base ? base : json_null());
    static const char *const inner[] = {"standard_id",   "base_standard_id", "version",
                                        "hash",          "standard_hash",    "standard_state",
                                        "cases_revision"};
    for (size_t i = 0; i < sizeof(inner) / sizeof(inner[0]); i++)
        json_object_del(trial, inner[i]);
    json_object_set(trial, "trial_state", json_object_get(trial, "state"));
    td_application_name(review, trial);
    *ret_trial = trial;
    return 0;
}

/* --- its dossiers ----------------------------------------------------------------------------- */

/* What a filter's word means; NULL for none such. Members of trial_dossier d. */
static const char *condition_of(const char *change)
{
    static const struct {
        const char *word, *sql;
    } changes[] = {{"", "1 = 1"},
                   {"gain", "d.change > 0"},
                   {"loss", "d.change < 0"},
                   {"same", "d.change = 0"},
                   {"crosses_up", "d.crosses > 0"},
                   {"crosses_down", "d.crosses < 0"},
                   {"fails", "d.fails > 0"},
                   {"passes", "d.passes > 0"},
                   {"vetoed", "d.after_vetoed and not coalesce(d.before_vetoed, false)"}};
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
        if (!strcmp(changes[i].word, change))
            return changes[i].sql;
    return NULL;
}

/* "-150.01J..." of the last row of a page. */
static bool read_cursor(const char *cursor, int64_t *ret_change, const char **ret_id)
{
    char *end;
    *ret_change = strtoll(cursor, &end, 10);
    *ret_id = *end == '.' ? end + 1 : "";
    return end != cursor && td_id_valid(*ret_id);
}

static bool falls(const char *change)
{
    return !strcmp(change, "gain") || !strcmp(change, "crosses_up") || !strcmp(change, "passes");
}

#define DOSSIER                                                                                    \
    "select d.application_id as application, a.number, p.name as applicant_name, u.name as"        \
    " unit_name, d.division_code, v.name as division_name, d.before_total, d.after_total,"         \
    " d.change, d.before_above, d.after_above, d.before_vetoed, d.after_vetoed, d.before_failed,"  \
    " d.after_failed, d.fact_set_id from trial_dossier d join application a on"                    \
    " a.id = d.application_id join account p on p.id = a.account_id join unit u on"                \
    " u.id = a.unit_id join division v on v.code = d.division_code where d.trial_id = $1"          \
    " and a.account_id <> $2 "

int td_trial_dossiers(struct td_review *review, const char *trial_id, const json_t *filter,
                      json_t **ret_page, struct td_error *reterr)
{
    const char *change = td_row_text(filter, "change"), *cursor = td_row_text(filter, "cursor");
    const char *where = condition_of(change), *after = "", *sql;
    int64_t from = 0;
    json_t *trial = NULL, *rows = NULL, *row;
    size_t i;
    if (!where || (*cursor && !read_cursor(cursor, &from, &after)))
        return td_error_set(reterr, TD_EINVALID, "no such change or cursor");
    int rc = load_row(review, trial_id, &trial, reterr);
    json_decref(trial);
    if (rc < 0)
        return rc;
    sql = td_arena_printf(review->arena,
                          DOSSIER "and %s and ($3 = '' or d.division_code = $3)"
                                  " and ($4 = '' or (d.change, d.application_id) %s ($5, $4))"
                                  " order by d.change %s, d.application_id %s limit %d",
                          where, falls(change) ? "<" : ">", falls(change) ? "desc" : "",
                          falls(change) ? "desc" : "", TD_ROW_PAGE + 1);
    if (!sql)
        return TD_ENOMEM;
    rc = td_tx_rows(review->tx, &rows, sql, "ssssi", trial_id, review->who->id,
                    td_row_text(filter, "division"), after, from);
    if (rc < 0)
        return rc;
    json_array_foreach(rows, i, row) {
        json_object_del(row, "fact_set_id");
        json_object_set_new(row, "id",
                            json_sprintf("%lld.%s", (long long)td_row_int(row, "change"),
                                         td_row_text(row, "application")));
    }
    *ret_page = td_row_page(rows, "id");
    json_array_foreach(json_object_get(*ret_page, "items"), i, row)
        json_object_del(row, "id");
    return *ret_page ? 0 : TD_ENOMEM;
}

/* {"name", "hash", "source"} as jobs have it. */
static int standard_part(struct td_tx *tx, const json_t *trial, const char *member,
                         json_t **ret_part)
{
    json_t *row = NULL;
    int rc = td_tx_row(tx, &row, "select hash, source from standard where id = $1", "s",
                       td_row_text(trial, member));
    if (rc < 0)
        return rc;
    *ret_part = td_standard_job_part(td_row_text(trial, "series"), td_row_text(trial, "level"),
                                     json_object_get(row, "hash"), json_object_get(row, "source"));
    json_decref(row);
    return *ret_part ? 0 : TD_ENOMEM;
}

static int compare_job(struct td_review *review, const json_t *trial, const json_t *dossier,
                       json_t **ret_job)
{
    json_t *standard = NULL, *base = NULL, *facts = NULL, *score = NULL;
    int rc = standard_part(review->tx, trial, "standard_id", &standard);
    if (rc == 0 && *td_row_text(trial, "base_standard_id"))
        rc = standard_part(review->tx, trial, "base_standard_id", &base);
    if (rc == 0)
        rc = td_tx_row(review->tx, &facts, "select facts, gates from fact_set where id = $1", "s",
                       td_row_text(dossier, "fact_set_id"));
    if (rc == 0)
        rc = td_tx_row(review->tx, &score,
                       "select s.expert from application a join score s on s.id = a.score_id"
                       " where a.id = $1",
                       "s", td_row_text(dossier, "application"));
    if (rc == TD_ENOTFOUND && facts) {
        score = json_pack("{s:{}}", "expert");
        rc = 0;
    }
    if (rc == 0)
        *ret_job = json_pack(
            "{s:s, s:O, s:O?, s:{s:O, s:O, s:O, s:O}}", "op", "compare", "standard", standard,
            "base", base, "dossier", "id", json_object_get(dossier, "application"), "facts",
            json_object_get(facts, "facts"), "gates", json_object_get(facts, "gates"), "expert",
            json_object_get(score, "expert"));
    json_decref(standard);
    json_decref(base);
    json_decref(facts);
    json_decref(score);
    return rc == 0 && !*ret_job ? TD_ENOMEM : rc;
}

int td_trial_dossier(struct td_review *review, const char *trial_id, const char *application_id,
                     json_t **ret_dossier, json_t **ret_job, struct td_error *reterr)
{
    json_t *trial = NULL, *dossier = NULL, *job = NULL;
    int rc = load_row(review, trial_id, &trial, reterr);
    if (rc == 0 && !td_row_equals(trial, "hash", td_row_text(trial, "standard_hash")))
        rc = td_error_key(reterr, TD_ECONFLICT, "trial_stale", NULL);
    if (rc == 0)
        rc = td_tx_row(review->tx, &dossier, DOSSIER "and d.application_id = $3", "sss", trial_id,
                       review->who->id, application_id);
    if (rc == 0)
        rc = compare_job(review, trial, dossier, &job);
    if (rc == 0) {
        json_object_del(dossier, "fact_set_id");
        json_object_set_new(dossier, "trial",
                            json_pack("{s:s, s:O, s:O, s:O}", "id", trial_id, "standard_id",
                                      json_object_get(trial, "standard_id"), "version",
                                      json_object_get(trial, "version"), "cycle_name",
                                      json_object_get(trial, "cycle_name")));
        *ret_dossier = dossier;
        *ret_job = job;
        dossier = NULL;
    }
    json_decref(trial);
    json_decref(dossier);
    return rc;
}
