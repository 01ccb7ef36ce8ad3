/* panel_assign.c - which members of a panel read which dossiers. Writes `panel_assignment`,
 * `panel_reader` and `assignment_run`; who is chosen is computed by assignment.c. */
#include "review/panel.h"

#include "base/id.h"
#include "base/json.h"
#include "review/assignment.h"
#include "review/committee.h"
#include "review/integrity.h"
#include "review/message.h"
#include "review/recusal.h"
#include "review/row.h"
#include "review/workflow.h"
#include "store/ledger.h"
#include "store/store.h"

#include <string.h>

enum { DOSSIERS_MAX = 5000, REMINDED = 200 };

/* What one call works on. */
struct assigning {
    struct td_review *review;
    const json_t *panel;
    json_t *members;
    json_t *rows;     /* dossiers to assign: {"id", "number", "specialty", "account_id", "state"} */
    json_t *left_out; /* [{"application_id", "number", "because", "eligible"}] */
    int64_t reviews;  /* of a dossier; 0 = all of the panel */
    int64_t least;    /* panel_minimum */
    int64_t last;     /* sequence on the panel's agenda */
    int64_t assigned, added;
    char run_id[TD_ID_TEXT]; /* "" when nothing was computed */
};

static void leave_out(struct assigning *at, const json_t *row, const char *because,
                      int64_t eligible)
{
    json_array_append_new(at->left_out,
                          json_pack("{s:s, s:s, s:s, s:I}", "application_id",
                                    td_row_text(row, "id"), "number", td_row_text(row, "number"),
                                    "because", because, "eligible", eligible));
}

/* Accepted dossiers of the panel's cycle, level and specialties, and when so many readers are
 * wanted those that lie with the panel: some may lack readers. The caller's own is left out and
 * named. */
static int find_dossiers(struct assigning *at, const json_t *applications, const char *specialty)
{
    json_t *rows = NULL, *row;
    const json_t *panel = at->panel;
    size_t i;
    int rc = td_tx_rows(
        at->review->tx, &rows,
        "select a.id, a.number, a.specialty, a.account_id, a.state, coalesce(s.reviews, $6) as "
        "reviews"
        " from application a left join panel_assignment s on s.application_id = a.id"
        " where a.cycle_id = $1 and a.series = $2 and a.level = $3"
        " and ($4 = '' or a.specialty = $4) and " TD_COMMITTEE_TAKES_SQL(
            "$5", "a.specialty") " and (a.state = 'accepted' or (a.state = 'panel_review'"
                                 " and s.panel_id = $7 and s.reviews = $6 and $6 > 0))"
                                 " order by a.specialty, a.number limit $8",
        "sssssisi", td_row_text(panel, "cycle_id"), td_row_text(panel, "series"),
        td_row_text(panel, "level"), specialty, td_row_text(panel, "committee_id"), at->reviews,
        td_row_text(panel, "id"), (int64_t)DOSSIERS_MAX);
    at->rows = json_array();
    json_array_foreach(rows, i, row) {
        if (applications && !td_json_lists(applications, td_row_text(row, "id")))
            continue;
        if (td_row_equals(row, "account_id", at->review->who->id))
            leave_out(at, row, "own_dossier", 0);
        else
            json_array_append(at->rows, row);
    }
    json_decref(rows);
    return rc;
}

static int find_recusals(struct assigning *at)
{
    json_t *ids = json_array(), *row;
    size_t i;
    json_array_foreach(at->rows, i, row)
        if (td_row_equals(row, "state", "accepted"))
            json_array_append(ids, json_object_get(row, "id"));
    int rc = td_recusal_record(at->review, ids, at->members);
    json_decref(ids);
    return rc;
}

/* --- inputs ----------------------------------------------------------------------------------- */

struct grouping {
    json_t *by_dossier; /* {application id: [account ids]} */
};

static int group(json_t *row, void *arg)
{
    struct grouping *grouping = arg;
    json_t *list = json_object_get(grouping->by_dossier, td_row_text(row, "application_id"));
    return list ? json_array_append(list, json_object_get(row, "account_id")) : 0;
}

/* {dossier: [account ids]} with every dossier of the call, filled from a query over
 * (application_id, account_id) that asks for panel, cycle and, with "sss", today. */
static int pairs(struct assigning *at, const char *sql, const char *types, json_t **ret_pairs)
{
    struct grouping grouping = {json_object()};
    json_t *row;
    size_t i;
    json_array_foreach(at->rows, i, row)
        json_object_set_new(grouping.by_dossier, td_row_text(row, "id"), json_array());
    int rc = td_tx_each(at->review->tx, group, &grouping, sql, types, td_row_text(at->panel, "id"),
                        td_row_text(at->panel, "cycle_id"), at->review->today);
    if (rc < 0)
        json_decref(grouping.by_dossier);
    else
        *ret_pairs = grouping.by_dossier;
    return rc;
}

/* In the order of ids: the inputs are the same however they were found. Who may not judge any more
 * is kept from what he has not finished. */
#define BARRED_SQL                                                                                 \
    "select a.id as application_id, m.account_id from application a join panel_member m on "       \
    "m.panel_id = $1"                                                                              \
    " where a.cycle_id = $2 and a.state in ('accepted', 'panel_review') and (" TD_RECUSAL_SQL(     \
        "m.account_id") " or (" TD_INTEGRITY_BARRED_SQL("m.account_id",                            \
                                                        "$3") " and not exists (select 1 from "    \
                                                              "panel_reader r where"               \
                                                              " r.application_id = a.id and "      \
                                                              "r.account_id = m.account_id)))"     \
                                                              " order by a.id, m.account_id"
#define READING_SQL                                                                                \
    "select m.application_id, m.account_id from panel_reader m join application a on a.id = "      \
    "m.application_id"                                                                             \
    " where m.panel_id = $1 and a.cycle_id = $2 order by m.application_id, m.account_id"

/* The specialties of somebody in the pools of a series: [{"specialty"}]. */
static int specialties_of(struct td_tx *tx, const char *account_id, const char *series,
                          json_t **ret_rows)
{
    return td_tx_rows(tx, ret_rows,
                      "select distinct s.specialty from pool_expert e"
                      " join expert_pool p on p.id = e.pool_id"
                      " join pool_expert_specialty s on s.expert_id = e.id"
                      " where e.account_id = $1 and p.series = $2 and e.state = 'active'"
                      " order by s.specialty",
                      "ss", account_id, series);
}

static int describe_expert(struct assigning *at, const char *account_id, json_t *experts)
{
    json_t *rows = NULL, *row, *specialties = json_array();
    int64_t load = 0;
    size_t i;
    int rc = td_tx_int(
        at->review->tx, &load,
        "select count(*) from panel_reader m join application a on a.id = m.application_id"
        " where m.account_id = $1 and a.cycle_id = $2",
        "ss", account_id, td_row_text(at->panel, "cycle_id"));
    if (rc == 0)
        rc = specialties_of(at->review->tx, account_id, td_row_text(at->panel, "series"), &rows);
    json_array_foreach(rows, i, row)
        json_array_append(specialties, json_object_get(row, "specialty"));
    json_decref(rows);
    json_array_append_new(experts, json_pack("{s:s, s:o, s:I}", "id", account_id, "specialties",
                                             specialties, "load", load));
    return rc;
}

static int gather(struct assigning *at, int64_t reviews, json_t **ret_inputs)
{
    json_t *barred = NULL, *reading = NULL, *experts = json_array(), *dossiers = json_array(), *row;
    size_t i;
    int rc = pairs(at, BARRED_SQL, "sss", &barred);
    if (rc == 0)
        rc = pairs(at, READING_SQL, "ss", &reading);
    json_array_foreach(at->members, i, row)
        if (rc == 0)
            rc = describe_expert(at, td_row_text(row, "account_id"), experts);
    json_array_foreach(at->rows, i, row)
        json_array_append_new(dossiers,
                              json_pack("{s:s, s:s, s:O?}", "id", td_row_text(row, "id"),
                                        "specialty", td_row_text(row, "specialty"), "readers",
                                        json_object_get(reading, td_row_text(row, "id"))));
    json_decref(reading);
    *ret_inputs = json_pack("{s:I, s:o, s:o, s:o?}", "reviews", (json_int_t)reviews, "dossiers",
                            dossiers, "experts", experts, "barred", barred);
    return rc;
}

/* --- writing ---------------------------------------------------------------------------------- */

static int store_run(struct assigning *at, const char *seed, const json_t *inputs,
                     const json_t *plan)
{
    char inputs_hash[TD_ASSIGNMENT_HASH_TEXT], plan_hash[TD_ASSIGNMENT_HASH_TEXT];
    int rc = td_ledger_hash_json(inputs, inputs_hash);
    if (rc == 0)
        rc = td_ledger_hash_json(plan, plan_hash);
    td_id_new(at->run_id);
    if (rc == 0)
        rc = td_tx_exec(at->review->tx, NULL,
                        "insert into assignment_run (id, panel_id, reviews, seed, inputs, "
                        "inputs_hash, plan, plan_hash,"
                        " assigned, created_by, created_at) values ($1, $2, $3, $4, $5, $6, $7, "
                        "$8, $9, $10, $11)",
                        "ssisjsjsiss", at->run_id, td_row_text(at->panel, "id"), at->reviews, seed,
                        inputs, inputs_hash, plan, plan_hash,
                        (int64_t)json_object_size(json_object_get(plan, "readers")),
                        at->review->who->id, at->review->now);
    if (rc == 0)
        rc = td_row_log(at->review, "panel.assign", "panel", td_row_text(at->panel, "id"),
                        json_pack("{s:s, s:s, s:s, s:s}", "run", at->run_id, "seed", seed,
                                  "inputs_hash", inputs_hash, "plan_hash", plan_hash));
    return rc;
}

static int add_reader(struct assigning *at, const char *application_id, const char *account_id)
{
    return td_tx_exec(at->review->tx, NULL,
                      "insert into panel_reader (panel_id, application_id, account_id, run_id, at)"
                      " values ($1, $2, $3, $4, $5) on conflict do nothing",
                      "sssss", td_row_text(at->panel, "id"), application_id, account_id,
                      *at->run_id ? at->run_id : NULL, at->review->now);
}

/* Puts an accepted dossier on the panel's agenda. */
static int enter(struct assigning *at, const char *application_id, struct td_error *reterr)
{
    int rc = td_tx_exec(
        at->review->tx, NULL,
        "insert into panel_assignment (panel_id, application_id, sequence, assigned_at, reviews)"
        " values ($1, $2, $3, $4, $5)",
        "ssisi", td_row_text(at->panel, "id"), application_id, ++at->last, at->review->now,
        at->reviews);
    at->assigned++;
    return rc < 0 ? rc
                  : td_workflow_apply(at->review, application_id, "assign", NULL, NULL, reterr);
}

/* `joins` = account ids, or NULL for all of the panel, those who keep out among them: a recusal may
 * be lifted. */
static int give(struct assigning *at, const json_t *row, const json_t *joins,
                struct td_error *reterr)
{
    const char *id = td_row_text(row, "id");
    bool fresh = td_row_equals(row, "state", "accepted");
    const json_t *all = joins ? joins : at->members;
    json_t *one;
    size_t i;
    int rc = 0;
    json_array_foreach((json_t *)all, i, one)
        if (rc == 0 && !td_row_bool(one, "barred"))
            rc =
                add_reader(at, id, joins ? json_string_value(one) : td_row_text(one, "account_id"));
    if (rc == 0 && fresh)
        return enter(at, id, reterr);
    at->added += (int64_t)json_array_size(all);
    return rc;
}

static int64_t eligible_of(const json_t *inputs, const json_t *row, size_t members)
{
    return (int64_t)members - (int64_t)json_array_size(json_object_get(
                                  json_object_get(inputs, "barred"), td_row_text(row, "id")));
}

/* All of the panel read every dossier that enough of them may read. */
static int give_to_all(struct assigning *at, const json_t *inputs, struct td_error *reterr)
{
    json_t *row;
    size_t i;
    int rc = 0;
    json_array_foreach(at->rows, i, row) {
        int64_t eligible = eligible_of(inputs, row, json_array_size(at->members));
        if (eligible < at->least)
            leave_out(at, row, "too_few_experts", eligible);
        else if (rc == 0)
            rc = give(at, row, NULL, reterr);
    }
    return rc;
}

static int give_by_plan(struct assigning *at, const json_t *inputs, struct td_error *reterr)
{
    char seed[TD_ASSIGNMENT_SEED_TEXT];
    json_t *plan = NULL, *row;
    size_t i;
    td_assignment_seed(seed);
    int rc = td_assignment_plan(inputs, seed, &plan, reterr);
    if (rc == 0)
        rc = store_run(at, seed, inputs, plan);
    json_array_foreach(at->rows, i, row) {
        const json_t *joins =
            json_object_get(json_object_get(plan, "readers"), td_row_text(row, "id"));
        if (!joins)
            leave_out(at, row, "too_few_experts",
                      eligible_of(inputs, row, json_array_size(at->members)));
        else if (rc == 0)
            rc = give(at, row, joins, reterr);
    }
    json_decref(plan);
    return rc;
}

static int assign(struct assigning *at, const json_t *applications, const char *specialty,
                  struct td_error *reterr)
{
    json_t *inputs = NULL;
    struct td_tx *tx = at->review->tx;
    int rc = td_panel_members(at->review, td_row_text(at->panel, "id"), &at->members);
    if (rc == 0)
        rc = find_dossiers(at, applications, specialty);
    if (rc == 0)
        rc = find_recusals(at);
    if (rc == 0)
        rc = gather(at, at->reviews, &inputs);
    if (rc == 0)
        rc = td_tx_int(tx, &at->last,
                       "select max(sequence) from panel_assignment where panel_id = $1", "s",
                       td_row_text(at->panel, "id"));
    if (rc == 0)
        rc = at->reviews ? give_by_plan(at, inputs, reterr) : give_to_all(at, inputs, reterr);
    json_decref(inputs);
    if (rc == 0 && !at->assigned && !at->added && json_array_size(at->left_out) == 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "nothing_to_assign", NULL);
    return rc;
}

int td_panel_tell_readers(struct td_review *review, const json_t *panel)
{
    json_t *readers = NULL;
    json_t *words = json_pack("{s:O, s:O}", "panel", json_object_get(panel, "name"), "cycle",
                              json_object_get(panel, "cycle_name"));
    int rc = td_tx_rows(review->tx, &readers,
                        "select distinct m.account_id from panel_reader m join application a on"
                        " a.id = m.application_id where m.panel_id = $1 and m.at = $2"
                        " and a.state = 'panel_review' and not " TD_RECUSAL_SQL(
                            "m.account_id") " and not exists (select 1 from message g where"
                                            " g.account_id = m.account_id and"
                                            " g.kind = 'panel_work' and g.read_at is null)"
                                            " order by m.account_id",
                        "ss", td_row_text(panel, "id"), review->now);
    if (rc == 0)
        rc = td_message_send_each(review, readers, NULL, "panel_work", words);
    json_decref(readers);
    json_decref(words);
    return rc;
}

int td_panel_remind(struct td_review *review, const char *since, const char *until,
                    int64_t *changed)
{
    json_t *readers = NULL, *reader;
    size_t i;
    int rc = td_tx_rows(
        review->tx, &readers,
        "select m.account_id, count(*) as count, min(a.due_at) as due_at from panel_reader m"
        " join application a on a.id = m.application_id join account c on c.id = m.account_id"
        " where a.state = 'panel_review' and a.due_at >= $1 and a.due_at <= $2"
        " and not c.disabled and not exists (select 1 from sheet h where h.application_id = a.id"
        " and h.account_id = m.account_id and h.submitted_at is not null)"
        " and not " TD_RECUSAL_SQL("m.account_id") " and not exists (select 1 from message g where"
                                                   " g.account_id = m.account_id and"
                                                   " g.kind = 'panel_due' and g.at >= $3)"
                                                   " group by m.account_id order by m.account_id"
                                                   " limit $4",
        "sssi", review->now, until, since, (int64_t)REMINDED);
    json_array_foreach(readers, i, reader) {
        json_t *words = json_pack("{s:O, s:O}", "count", json_object_get(reader, "count"), "due_at",
                                  json_object_get(reader, "due_at"));
        if (rc == 0)
            rc = td_message_send(review, td_row_text(reader, "account_id"), NULL, "panel_due",
                                 words);
        json_decref(words);
        *changed += rc == 0;
    }
    json_decref(readers);
    return rc;
}

int td_panel_assign(struct td_review *review, const char *panel_id, const json_t *applications,
                    const char *specialty, int64_t reviews, json_t **ret_result,
                    struct td_error *reterr)
{
    json_t *panel = NULL;
    struct assigning at = {.review = review, .reviews = reviews};
    int rc = td_panel_load_own(review, panel_id, &panel);
    if (rc < 0)
        return rc;
    at.panel = panel;
    at.left_out = json_array();
    rc = td_panel_minimum(review->tx, td_row_text(panel, "cycle_id"), &at.least);
    if (rc == 0 && reviews && reviews < at.least)
        rc = td_error_field(reterr, "reviews", "too_small", "at least %lld experts read a dossier",
                            (long long)at.least);
    if (rc == 0)
        rc = assign(&at, applications, specialty, reterr);
    if (rc == 0)
        rc = td_panel_tell_readers(review, panel);
    if (rc == 0)
        *ret_result = json_pack("{s:I, s:I, s:O, s:s?}", "assigned", at.assigned, "added", at.added,
                                "left_out", at.left_out, "run", *at.run_id ? at.run_id : NULL);
    json_decref(at.members);
    json_decref(at.rows);
    json_decref(at.left_out);
    json_decref(panel);
    return rc;
}

/* --- reading and computing again -------------------------------------------------------------- */

static int check_reads(struct td_review *review, const char *panel_id, struct td_error *reterr)
{
    json_t *panel = NULL;
    int rc = td_tx_row(
        review->tx, &panel,
        "select k.series from panel p join committee k on k.id = p.committee_id where p.id = $1",
        "s", panel_id);
    if (rc == 0)
        rc = td_committee_may_read(review, td_row_text(panel, "series"), reterr);
    json_decref(panel);
    return rc;
}

int td_panel_runs(struct td_review *review, const char *panel_id, json_t **ret_page,
                  struct td_error *reterr)
{
    json_t *rows = NULL;
    int rc = check_reads(review, panel_id, reterr);
    if (rc == 0)
        rc = td_tx_rows(review->tx, &rows,
                        "select id, reviews, assigned, seed, inputs_hash, plan_hash, created_at "
                        "from assignment_run"
                        " where panel_id = $1 order by id desc limit 200",
                        "s", panel_id);
    if (rc < 0)
        return rc;
    *ret_page = json_pack("{s:s, s:o, s:n}", "panel_id", panel_id, "items", rows, "next");
    return *ret_page ? 0 : TD_ENOMEM;
}

/* How many dossiers each expert got, and who is named as short, for readers of the page. */
static int summarise(struct td_tx *tx, json_t *run)
{
    json_t *row, *loads = NULL, *few = json_array();
    size_t i;
    int rc = td_tx_rows(tx, &loads,
                        "select c.name, count(*) as dossiers from panel_reader m join account c on "
                        "c.id = m.account_id"
                        " where m.run_id = $1 group by c.id, c.name order by c.name, c.id",
                        "s", td_row_text(run, "id"));
    json_array_foreach(json_object_get(json_object_get(run, "plan"), "short"), i, row) {
        json_t *dossier = NULL;
        if (rc == 0)
            rc = td_tx_row(tx, &dossier, "select id, number from application where id = $1", "s",
                           td_row_text(row, "id"));
        if (dossier)
            json_object_set(dossier, "eligible", json_object_get(row, "eligible"));
        json_array_append_new(few, dossier ? dossier : json_null());
    }
    json_object_set_new(run, "short", few);
    json_object_set_new(run, "loads", loads ? loads : json_array());
    return rc;
}

int td_panel_run(struct td_review *review, const char *panel_id, const char *run_id,
                 json_t **ret_run, struct td_error *reterr)
{
    json_t *run = NULL;
    int rc = check_reads(review, panel_id, reterr);
    if (rc == 0)
        rc = td_tx_row(review->tx, &run,
                       "select * from assignment_run where id = $1 and panel_id = $2", "ss", run_id,
                       panel_id);
    if (rc < 0)
        return rc;
    struct td_error difference = TD_ERROR_INIT;
    json_object_set_new(run, "verified", json_boolean(td_assignment_verify(run, &difference) == 0));
    td_error_done(&difference);
    rc = summarise(review->tx, run);
    if (rc < 0)
        json_decref(run);
    else
        *ret_run = run;
    return rc;
}

struct verifying {
    int64_t count;
    struct td_error *reterr;
};

static int verify_one(json_t *row, void *arg)
{
    struct verifying *verifying = arg;
    verifying->count++;
    return td_assignment_verify(row, verifying->reterr);
}

int td_panel_verify_runs(struct td_tx *tx, int64_t *ret_count, struct td_error *reterr)
{
    struct verifying verifying = {0, reterr};
    int rc = td_tx_each(
        tx, verify_one, &verifying,
        "select id, seed, inputs, inputs_hash, plan_hash from assignment_run order by id", "");
    *ret_count = verifying.count;
    return rc;
}
