/* trial_run.c - see trial_run.h. Owns the table `trial_dossier`. */
#include "review/trial_run.h"

#include "base/json.h"
#include "review/golden.h"
#include "review/row.h"
#include "review/standard.h"
#include "review/standard_case.h"
#include "review/trial.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

enum { SWEEP = 2000 };

/* Those of a cycle that are under review or were: with a snapshot and not given up. */
#define TRIED                                                                                      \
    "a.cycle_id = $1 and a.level = $2 and a.snapshot_id is not null and a.state not in"            \
    " ('withdrawn', 'abandoned', 'rejected')"

/* --- the plan --------------------------------------------------------------------------------- */

static json_t *standard_part(const json_t *trial, const char *hash, const char *source)
{
    return td_standard_job_part(td_row_text(trial, "series"), td_row_text(trial, "level"),
                                json_object_get(trial, hash), json_object_get(trial, source));
}

/* A batch's frame as far as its dossiers. */
static json_t *make_head(const json_t *trial)
{
    json_t *head =
        json_pack("{s:s, s:O, s:o}", "op", "trial", "trial", json_object_get(trial, "id"),
                  "standard", standard_part(trial, "hash", "source"));
    if (*td_row_text(trial, "base_hash"))
        json_object_set_new(head, "base", standard_part(trial, "base_hash", "base_source"));
    char *text = json_dumps(head, JSON_COMPACT);
    json_decref(head);
    if (!text)
        return NULL;
    text[strlen(text) - 1] = 0; /* the closing brace */
    json_t *begun = json_sprintf("%s,\"dossiers\":[", text);
    free(text);
    return begun;
}

static int make_plan(struct td_tx *tx, const struct td_config *config, const json_t *trial,
                     json_t **ret_plan, struct td_error *reterr)
{
    json_t *cases = NULL;
    *ret_plan =
        json_pack("{s:O, s:O, s:O, s:O}", "id", json_object_get(trial, "id"), "cycle_id",
                  json_object_get(trial, "cycle_id"), "series", json_object_get(trial, "series"),
                  "level", json_object_get(trial, "level"));
    int rc = td_golden_cases(config, td_row_text(trial, "series"), td_row_text(trial, "level"),
                             &cases, reterr);
    if (rc == 0)
        rc = td_standard_case_overlay(tx, td_row_text(trial, "standard_id"), cases);
    if (rc < 0) {
        json_decref(cases);
        return rc;
    }
    json_t *head = make_head(trial);
    json_t *job =
        json_pack("{s:s, s:O, s:O, s:o, s:o}", "op", "golden", "trial",
                  json_object_get(trial, "id"), "series", json_object_get(trial, "series"),
                  "standard", standard_part(trial, "hash", "source"), "cases", cases);
    json_object_set_new(*ret_plan, "head", head);
    json_object_set_new(*ret_plan, "golden_job", job);
    return head && job ? 0 : TD_ENOMEM;
}

int td_trial_plan(struct td_tx *tx, const struct td_config *config, json_t **ret_plan,
                  struct td_error *reterr)
{
    json_t *trial = NULL;
    int rc = td_tx_row(
        tx, &trial,
        "select t.id, t.cycle_id, t.standard_id, t.standard_hash, s.series, s.level, s.source,"
        " s.hash, b.source as base_source, b.hash as base_hash from trial t"
        " join standard s on s.id = t.standard_id left join standard b on"
        " b.id = t.base_standard_id where t.state = 'running' order by t.id limit 1",
        "");
    if (rc < 0)
        return rc;
    rc = make_plan(tx, config, trial, ret_plan, reterr);
    if (rc == 0 && !td_row_equals(trial, "hash", td_row_text(trial, "standard_hash")))
        rc = td_error_set(reterr, TD_EINVALID, "the standard was changed before its trial began");
    json_decref(trial);
    return rc;
}

static int runs(struct td_tx *tx, const json_t *plan, bool *ret_runs)
{
    int64_t count = 0;
    int rc = td_tx_int(tx, &count, "select count(*) from trial where id = $1 and state = 'running'",
                       "s", td_row_text(plan, "id"));
    *ret_runs = count > 0;
    return rc;
}

int td_trial_begin(struct td_tx *tx, const json_t *plan, const json_t *golden, int64_t *ret_total,
                   bool *ret_over)
{
    int64_t all = 0, changed = 0;
    const char *cycle = td_row_text(plan, "cycle_id"), *level = td_row_text(plan, "level");
    int rc =
        td_tx_int(tx, &all, "select count(*) from application a where " TRIED, "ss", cycle, level);
    if (rc == 0)
        rc = td_tx_int(tx, ret_total,
                       "select count(*) from application a where " TRIED
                       " and exists (select 1 from fact_set f where f.application_id = a.id)",
                       "ss", cycle, level);
    if (rc == 0)
        rc = td_tx_exec(tx, &changed,
                        "update trial set golden = $2, total = $3, skipped = $4, done = 0"
                        " where id = $1 and state = 'running'",
                        "sjii", td_row_text(plan, "id"), golden, *ret_total, all - *ret_total);
    *ret_over = rc == 0 && changed == 0;
    return rc;
}

/* --- batches ---------------------------------------------------------------------------------- */

struct reading {
    struct td_strbuf *frame;
    json_t *dossiers;
    size_t bytes;
    bool full;
};

/* Facts and gates go on as the text that they are stored as: nothing is parsed here. */
static int add_dossier(json_t *row, void *arg)
{
    struct reading *reading = arg;
    struct td_strbuf *frame = reading->frame;
    const char *facts = td_row_text(row, "facts"), *gates = td_row_text(row, "gates");
    size_t count = json_array_size(reading->dossiers);
    reading->full |= count > 0 && frame->length + strlen(facts) + strlen(gates) > reading->bytes;
    if (reading->full)
        return 0;
    td_strbuf_adds(frame, count ? ",{\"id\":\"" : "{\"id\":\"");
    td_strbuf_adds(frame, td_row_text(row, "id"));
    td_strbuf_adds(frame, "\",\"facts\":");
    td_strbuf_adds(frame, facts);
    td_strbuf_adds(frame, ",\"gates\":");
    td_strbuf_adds(frame, gates);
    td_strbuf_adds(frame, ",\"expert\":");
    td_strbuf_adds(frame, td_row_text(row, "expert"));
    td_strbuf_addc(frame, '}');
    json_object_del(row, "facts");
    json_object_del(row, "gates");
    json_object_del(row, "expert");
    return json_array_append(reading->dossiers, row) ? TD_ENOMEM : 0;
}

int td_trial_read(struct td_tx *tx, const json_t *plan, const struct td_trial_range *range,
                  struct td_strbuf *frame, json_t **ret_dossiers)
{
    struct reading reading = {frame, json_array(), range->bytes, false};
    int rc = td_tx_each(
        tx, add_dossier, &reading,
        "select a.id, a.division_code, f.id as fact_set_id, cast(f.facts as text) as facts,"
        " cast(f.gates as text) as gates, coalesce(cast(s.expert as text), '{}') as expert"
        " from application a"
        " join fact_set f on f.id = (select max(g.id) from fact_set g where"
        " g.application_id = a.id) left join score s on s.id = a.score_id"
        " where " TRIED " and a.id > $3 and ($4 = '' or a.id <= $4) order by a.id limit $5",
        "ssssi", td_row_text(plan, "cycle_id"), td_row_text(plan, "level"), range->after,
        range->last, range->most);
    if (rc == 0 && frame->failed)
        rc = TD_ENOMEM;
    if (rc < 0)
        json_decref(reading.dossiers);
    else
        *ret_dossiers = reading.dossiers;
    return rc;
}

static bool above(const json_t *outcome)
{
    const json_t *line = json_object_get(outcome, "line");
    return !td_row_bool(outcome, "vetoed") &&
           (!json_is_integer(line) || td_row_int(outcome, "total") >= json_integer_value(line));
}

static int64_t missing(const json_t *from, const json_t *in)
{
    size_t i, k;
    json_t *one, *other;
    int64_t count = 0;
    json_array_foreach((json_t *)from, i, one) {
        bool found = false;
        json_array_foreach((json_t *)in, k, other)
            found |= json_equal(one, other) != 0;
        count += !found;
    }
    return count;
}

/* NULL when none failed: most have none. */
static const json_t *failed(const json_t *outcome)
{
    const json_t *list = json_object_get(outcome, "failed");
    return json_array_size(list) ? list : NULL;
}

static int store_one(struct td_tx *tx, const char *trial_id, const json_t *dossier,
                     const json_t *result)
{
    const json_t *before = json_object_get(result, "before"),
                 *after = json_object_get(result, "after");
    const json_t *was = failed(before), *is = failed(after);
    int64_t total = td_row_int(after, "total");
    bool known = json_is_object(before);
    int64_t change = known ? total - td_row_int(before, "total") : 0;
    int64_t crosses = known ? (int64_t)above(after) - (int64_t)above(before) : 0;
    return td_tx_exec(
        tx, NULL,
        "insert into trial_dossier (trial_id, application_id, division_code, fact_set_id,"
        " before_total, after_total, before_vetoed, after_vetoed, before_above, after_above,"
        " before_failed, after_failed, change, crosses, fails, passes) values ($1, $2, $3, $4,"
        " case when $5 then $6 end, $7, case when $5 then $8 end, $9, case when $5 then $10 end, "
        "$11,"
        " $12, $13, $14, $15, $16, $17) on conflict (trial_id, application_id) do update set"
        " fact_set_id = excluded.fact_set_id, before_total = excluded.before_total,"
        " after_total = excluded.after_total, before_vetoed = excluded.before_vetoed,"
        " after_vetoed = excluded.after_vetoed, before_above = excluded.before_above,"
        " after_above = excluded.after_above, before_failed = excluded.before_failed,"
        " after_failed = excluded.after_failed, change = excluded.change,"
        " crosses = excluded.crosses, fails = excluded.fails, passes = excluded.passes",
        "ssssbiibbbbjjiiii", trial_id, td_row_text(dossier, "id"),
        td_row_text(dossier, "division_code"), td_row_text(dossier, "fact_set_id"), (int)known,
        td_row_int(before, "total"), total, (int)td_row_bool(before, "vetoed"),
        (int)td_row_bool(after, "vetoed"), (int)above(before), (int)above(after), was, is, change,
        crosses, known ? missing(is, was) : (int64_t)0, known ? missing(was, is) : (int64_t)0);
}

int td_trial_store(struct td_tx *tx, const json_t *plan, const json_t *dossiers,
                   const json_t *results, int64_t *ret_done, bool *ret_over)
{
    const char *id = td_row_text(plan, "id");
    size_t i;
    json_t *dossier;
    bool going = false;
    int rc = runs(tx, plan, &going);
    *ret_over = rc == 0 && !going;
    if (rc < 0 || !going)
        return rc;
    json_array_foreach((json_t *)dossiers, i, dossier) {
        const json_t *result = json_array_get(results, i);
        if (!td_row_equals(result, "id", td_row_text(dossier, "id")))
            return TD_EINTERNAL;
        rc = store_one(tx, id, dossier, result);
        if (rc < 0)
            return rc;
    }
    json_t *row = NULL;
    rc = td_tx_row(tx, &row, "update trial set done = done + $2 where id = $1 returning done", "si",
                   id, (int64_t)json_array_size(dossiers));
    *ret_done = td_row_int(row, "done");
    json_decref(row);
    return rc;
}

/* --- the end ---------------------------------------------------------------------------------- */

int td_trial_end(struct td_review *review, const char *trial_id, const char *state,
                 const json_t *summary, const json_t *refusal)
{
    json_t *row = NULL;
    int rc = td_tx_row(review->tx, &row,
                       "update trial set state = $2, summary = $3, refusal = $4, finished_at = $5"
                       " where id = $1 and state = 'running' returning standard_id, standard_hash",
                       "ssjjs", trial_id, state, summary, refusal, review->now);
    if (rc == TD_ENOTFOUND)
        return 0;
    const char *standard_id = td_row_text(row, "standard_id");
    if (rc == 0)
        rc = td_row_log(review, "standard.tried", "standard", standard_id,
                        json_pack("{s:s, s:s, s:O}", "trial", trial_id, "result", state, "hash",
                                  json_object_get(row, "standard_hash")));
    if (rc == 0)
        rc = td_row_live(review->tx, "trial", trial_id);
    json_t *verdict = NULL;
    if (rc == 0)
        rc = td_trial_verdict(review->tx, standard_id, &verdict);
    if (rc == 0)
        rc = td_standard_tried(review, standard_id, td_row_text(row, "standard_hash"),
                               td_row_bool(verdict, "passed"));
    json_decref(verdict);
    json_decref(row);
    return rc;
}

int td_trial_left(struct td_tx *tx, bool *ret_some)
{
    int64_t count = 0;
    int rc = td_tx_int(tx, &count, "select count(*) from trial where state = 'replaced'", "");
    *ret_some = count > 0;
    return rc;
}

int td_trial_sweep(struct td_tx *tx, bool *ret_more)
{
    json_t *row = NULL;
    int64_t gone = 0;
    *ret_more = false;
    int rc = td_tx_row(tx, &row,
                       "select id from trial where state = 'replaced' order by id limit 1", "");
    if (rc < 0)
        return rc == TD_ENOTFOUND ? 0 : rc;
    const char *id = td_row_text(row, "id");
    rc = td_tx_exec(tx, &gone,
                    "delete from trial_dossier where trial_id = $1 and application_id in (select"
                    " application_id from trial_dossier where trial_id = $1 order by"
                    " application_id limit $2)",
                    "si", id, (int64_t)SWEEP);
    if (rc == 0 && gone < SWEEP)
        rc = td_tx_exec(tx, NULL, "delete from trial where id = $1", "s", id);
    *ret_more = rc == 0;
    json_decref(row);
    return rc;
}
