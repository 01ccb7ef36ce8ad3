/* filing_prepare.c - a filing's package is made from the data. Writes `filing` and `filing_entry`.
 */
#include "review/filing.h"

#include "review/committee.h"
#include "review/cycle.h"
#include "review/expert.h"
#include "review/filing_row.h"
#include "review/package.h"
#include "review/row.h"
#include "review/window.h"
#include "review/year.h"
#include "store/ledger.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

/* What is being prepared. */
struct draft {
    const struct td_filing_order *order;
    json_t *cycle, *committee, *pool, *package, *rows; /* rows: dossiers of results */
    const char *approver;
    char level[64], due_on[TD_DATE_TEXT];
};

static int add_entries(struct td_review *review, const char *filing_id, const json_t *rows)
{
    size_t i;
    json_t *row = NULL;
    json_array_foreach((json_t *)rows, i, row) {
        int rc = td_tx_exec(review->tx, NULL,
                            "insert into filing_entry (filing_id, application_id) values ($1, $2)",
                            "ss", filing_id, td_row_text(row, "id"));
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int nothing(struct td_error *reterr)
{
    return td_error_key(reterr, TD_ECONFLICT, "nothing_to_file", NULL);
}

static int confirmed(struct td_tx *tx, const char *cycle_id, json_t **ret_rows)
{
    return td_tx_rows(
        tx, ret_rows,
        "select a.id, a.number, a.series, a.level, a.specialty, a.plugin_version, a.division_code,"
        " p.name as applicant_name, p.person, u.uscc,"
        " u.name as unit_name, d.name as division_name, (select f.facts -> 'education' ->> 'value'"
        " from fact_set f where f.application_id = a.id order by f.id desc limit 1) as education"
        " from application a"
        " join account p on p.id = a.account_id join unit u on u.id = a.unit_id"
        " join division d on d.code = a.division_code"
        " where a.cycle_id = $1 and a.state = 'confirmed' and not exists (select 1 from "
        "filing_entry e join filing f on f.id = e.filing_id"
        " where e.application_id = a.id and f.state <> 'refused') order by a.level, a.number",
        "s", cycle_id);
}

static int draft_results(struct td_review *review, struct draft *draft, struct td_error *reterr)
{
    int rc = confirmed(review->tx, draft->order->cycle_id, &draft->rows);
    if (rc == 0 && json_array_size(draft->rows) == 0)
        rc = nothing(reterr);
    draft->approver = "region";
    return rc < 0 ? rc : td_package_make(review, draft->cycle, draft->rows, &draft->package);
}

/* --- plan and report: filed by a day that the notice fixes ------------------------------------ */

/* First and last day of the review: held meetings first, then the window. "" when not known. */
static int review_days(struct td_review *review, struct draft *draft, char begins[TD_DATE_TEXT],
                       char ends[TD_DATE_TEXT])
{
    json_t *row = NULL;
    struct td_window window;
    int rc = td_tx_row(review->tx, &row,
                       "select min(held_on) as begins, max(held_on) as ends from meeting"
                       " where cycle_id = $1 and state <> 'planned'",
                       "s", draft->order->cycle_id);
    if (rc < 0)
        return rc;
    td_window_of(draft->cycle, "review", "", &window);
    const char *first = td_row_text(row, "begins"), *last = td_row_text(row, "ends");
    snprintf(begins, TD_DATE_TEXT, "%s", *first ? first : window.opens);
    snprintf(ends, TD_DATE_TEXT, "%s", *last ? last : window.closes);
    json_decref(row);
    return 0;
}

static int draft_of_year(struct td_review *review, struct draft *draft, bool plan,
                         struct td_error *reterr)
{
    char begins[TD_DATE_TEXT], ends[TD_DATE_TEXT];
    struct td_year_days days;
    int rc = review_days(review, draft, begins, ends);
    if (rc == 0)
        rc = td_year_days(review->calendar, (int)td_row_int(draft->cycle, "year"), begins, ends,
                          &days, reterr);
    if (rc < 0)
        return rc;
    snprintf(draft->due_on, sizeof(draft->due_on), "%s", plan ? days.plan.day : days.report.day);
    draft->approver = "";
    return 0;
}

static int draft_plan(struct td_review *review, struct draft *draft, struct td_error *reterr)
{
    int rc = draft_of_year(review, draft, true, reterr);
    return rc < 0 ? rc : td_package_plan(review, draft->cycle, draft->due_on, &draft->package);
}

static int draft_report(struct td_review *review, struct draft *draft, struct td_error *reterr)
{
    int64_t decided = 0;
    int rc = td_tx_int(review->tx, &decided,
                       "select count(*) from application a where a.cycle_id = $1 and exists"
                       " (select 1 from transition t where t.application_id = a.id"
                       " and t.to_state in ('passed', 'failed'))",
                       "s", draft->order->cycle_id);
    if (rc == 0 && decided == 0)
        rc = nothing(reterr);
    if (rc == 0)
        rc = draft_of_year(review, draft, false, reterr);
    return rc < 0 ? rc : td_package_report(review, draft->cycle, draft->due_on, &draft->package);
}

/* --- committee and pool: decided by level ----------------------------------------------------- */

static int draft_committee(struct td_review *review, struct draft *draft, struct td_error *reterr)
{
    int rc = td_tx_row(review->tx, &draft->committee,
                       "select k.* from committee k join cycle y on y.series = k.series"
                       " where k.id = $1 and y.id = $2",
                       "ss", draft->order->committee_id, draft->order->cycle_id);
    if (rc < 0)
        return rc == TD_ENOTFOUND
                   ? td_error_field(reterr, "committee_id", "choice", "no committee of this series")
                   : rc;
    /* The office has handed it in: a new one, one that lapsed, or changes of an approved one. */
    if (!*td_row_text(draft->committee, "submitted_at"))
        return td_error_key(reterr, TD_ECONFLICT, "committee_state",
                            json_pack("{s:s}", "committee_state",
                                      td_committee_state(draft->committee, review->today)));
    snprintf(draft->level, sizeof(draft->level), "%s", td_row_text(draft->committee, "level"));
    draft->approver = td_committee_approver(draft->committee);
    return td_package_committee(review, draft->cycle, draft->committee, &draft->package);
}

static int draft_pool(struct td_review *review, struct draft *draft, struct td_error *reterr)
{
    int rc = td_tx_row(review->tx, &draft->pool,
                       "select l.* from expert_pool l join cycle y on y.series = l.series"
                       " where l.id = $1 and y.id = $2",
                       "ss", draft->order->pool_id, draft->order->cycle_id);
    if (rc < 0)
        return rc == TD_ENOTFOUND
                   ? td_error_field(reterr, "pool_id", "choice", "no pool of this series")
                   : rc;
    if (!*td_row_text(draft->pool, "submitted_at"))
        return td_error_key(reterr, TD_ECONFLICT, "pool_not_submitted", NULL);
    draft->approver = td_expert_pool_approver(draft->pool);
    return td_package_pool(review, draft->cycle, draft->pool, &draft->package);
}

/* --- the row ---------------------------------------------------------------------------------- */

static const struct {
    const char *kind;
    int (*make)(struct td_review *review, struct draft *draft, struct td_error *reterr);
} kinds[] = {
    {"plan", draft_plan},       {"committee", draft_committee}, {"pool", draft_pool},
    {"results", draft_results}, {"report", draft_report},
};

static int make(struct td_review *review, struct draft *draft, struct td_error *reterr)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (!strcmp(kinds[i].kind, draft->order->kind))
            return kinds[i].make(review, draft, reterr);
    return td_error_field(reterr, "kind", "choice", "no kind of filing");
}

/* Several filings of results may be under way, each of other people; of the rest one at a time. */
static int check_alone(struct td_review *review, const struct td_filing_order *order,
                       struct td_error *reterr)
{
    int64_t open = 0;
    if (!strcmp(order->kind, "results"))
        return 0;
    int rc =
        td_tx_int(review->tx, &open,
                  "select count(*) from filing where cycle_id = $1 and kind = $2"
                  " and coalesce(committee_id, '') = $3 and coalesce(pool_id, '') = $4 and"
                  " (state in ('prepared', 'sent') or (state = 'received' and approver <> ''))",
                  "ssss", order->cycle_id, order->kind, order->committee_id, order->pool_id);
    return rc == 0 && open > 0 ? td_error_key(reterr, TD_ECONFLICT, "filing_open", NULL) : rc;
}

static int insert(struct td_review *review, const struct draft *draft, char ret_id[TD_ID_TEXT])
{
    char hash[65];
    const struct td_filing_order *order = draft->order;
    const char *committee = td_row_text(draft->committee, "id");
    const char *pool = td_row_text(draft->pool, "id");
    int rc = td_ledger_hash_json(draft->package, hash);
    if (rc < 0)
        return rc;
    td_id_new(ret_id);
    rc = td_tx_exec(review->tx, NULL,
                    "insert into filing (id, cycle_id, kind, package, package_hash, approver,"
                    " created_by, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
                    "sssjssss", ret_id, order->cycle_id, order->kind, draft->package, hash,
                    draft->approver, td_row_actor(review), review->now);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update filing set committee_id = $2, pool_id = $3, level = $4, due_on = $5"
                        " where id = $1",
                        "sssss", ret_id, *committee ? committee : NULL, *pool ? pool : NULL,
                        draft->level, *draft->due_on ? draft->due_on : NULL);
    if (rc == 0)
        rc = add_entries(review, ret_id, draft->rows);
    if (rc < 0)
        return rc;
    return td_row_log(review, "filing.prepare", "filing", ret_id,
                      json_pack("{s:s, s:s, s:s, s:I}", "cycle", order->cycle_id, "kind",
                                order->kind, "package_hash", hash, "dossiers",
                                (json_int_t)json_array_size(draft->rows)));
}

int td_filing_prepare(struct td_review *review, const struct td_filing_order *order,
                      char ret_id[TD_ID_TEXT], struct td_error *reterr)
{
    struct draft draft = {.order = order, .approver = ""};
    int rc = td_filing_may(review, reterr);
    if (rc == 0)
        rc = td_cycle_load(review->tx, order->cycle_id, &draft.cycle);
    if (rc == 0)
        rc = check_alone(review, order, reterr);
    if (rc == 0)
        rc = make(review, &draft, reterr);
    if (rc == 0)
        rc = insert(review, &draft, ret_id);
    json_decref(draft.package);
    json_decref(draft.rows);
    json_decref(draft.committee);
    json_decref(draft.pool);
    json_decref(draft.cycle);
    return rc;
}
