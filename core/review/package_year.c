/* package_year.c - the packages of plan and report. Writes nothing. */
#include "review/package.h"

#include "review/row.h"
#include "review/window.h"
#include "store/store.h"

#include <stdio.h>

/* --- the plan --------------------------------------------------------------------------------- */

static int standards(struct td_tx *tx, const json_t *cycle, json_t **ret_rows)
{
    return td_tx_rows(tx, ret_rows,
                      "select level, version, hash from standard where series = $1"
                      " and state = 'active' order by level",
                      "s", td_row_text(cycle, "series"));
}

static int committees(struct td_tx *tx, const json_t *cycle, json_t **ret_rows)
{
    return td_tx_rows(tx, ret_rows,
                      "select k.name, k.founding_unit, k.level, k.state as committee_state,"
                      " k.reference, k.valid_until, (select count(*) from committee_member m"
                      " where m.committee_id = k.id) as members from committee k"
                      " where k.series = $1 and k.state <> 'withdrawn' order by k.level, k.id",
                      "s", td_row_text(cycle, "series"));
}

int td_package_plan(struct td_review *review, const json_t *cycle, const char *due_on,
                    json_t **ret_package)
{
    json_t *parts[2] = {NULL, NULL};
    int rc = standards(review->tx, cycle, &parts[0]);
    if (rc == 0)
        rc = committees(review->tx, cycle, &parts[1]);
    json_t *package = rc == 0 ? json_pack("{s:s, s:o, s:s, s:s, s:s, s:s, s:o, s:O, s:O}", "format",
                                          "titled.plan.1", "cycle", td_package_cycle(cycle),
                                          "prepared_on", review->today, "due_on", due_on,
                                          "opens_on", td_row_text(cycle, "opens_on"), "closes_on",
                                          td_row_text(cycle, "closes_on"), "windows",
                                          td_window_list(review, cycle, ""), "standards", parts[0],
                                          "committees", parts[1])
                              : NULL;
    json_decref(parts[0]);
    json_decref(parts[1]);
    if (!package)
        return rc < 0 ? rc : TD_ENOMEM;
    *ret_package = package;
    return 0;
}

/* --- the report ------------------------------------------------------------------------------- */

#define REACHED(states)                                                                            \
    "sum(case when exists (select 1 from transition t where t.application_id = a.id and"           \
    " t.to_state in (" states ")) then 1 else 0 end)"

#define ACCEPTED  REACHED("'accepted'")
#define VOTED     REACHED("'passed', 'failed'")
#define PASSED    REACHED("'passed'")
#define CONFIRMED REACHED("'confirmed'")

/* Counts of a cycle, grouped by `columns`. */
#define COUNTS                                                                                     \
    " count(*) as declared, " ACCEPTED " as accepted, " VOTED " as voted, " PASSED                 \
    " as passed, " CONFIRMED " as confirmed from application a "
#define TOTALS(columns, joins)                                                                     \
    "select " columns COUNTS joins " where a.cycle_id = $1 and a.submitted_at is not null"

/* "83.33" of passed and voted; "" when nobody was voted on. */
static void add_rate(json_t *row)
{
    char rate[24] = "";
    int64_t voted = td_row_int(row, "voted"), passed = td_row_int(row, "passed");
    if (voted > 0) {
        int64_t hundredths = (passed * 10000 + voted / 2) / voted;
        snprintf(rate, sizeof(rate), "%d.%02d", (int)(hundredths / 100), (int)(hundredths % 100));
    }
    json_object_set_new(row, "pass_percent", json_string(rate));
}

#define DISTRICTS                                                                                  \
    TOTALS("a.division_code, d.name as division_name, a.level,",                                   \
           "join division d on d.code = a.division_code")                                          \
    " group by a.division_code, d.name, a.level order by a.division_code, a.level"

static int totals(struct td_tx *tx, const char *cycle_id, json_t **ret_totals, json_t **ret_rows)
{
    json_t *row;
    size_t i;
    int rc = td_tx_row(tx, ret_totals, TOTALS("", ""), "s", cycle_id);
    if (rc == 0)
        rc = td_tx_rows(tx, ret_rows, DISTRICTS, "s", cycle_id);
    if (rc < 0)
        return rc;
    add_rate(*ret_totals);
    json_array_foreach(*ret_rows, i, row)
        add_rate(row);
    return 0;
}

static int meetings(struct td_tx *tx, const char *cycle_id, json_t **ret_rows)
{
    return td_tx_rows(tx, ret_rows,
                      "select k.name as committee_name, k.level, k.reference, m.name, m.held_on,"
                      " m.members, m.present from meeting m join committee k"
                      " on k.id = m.committee_id where m.cycle_id = $1 and m.state = 'closed'"
                      " order by m.held_on, m.id",
                      "s", cycle_id);
}

static int objections(struct td_tx *tx, const char *cycle_id, json_t **ret_row)
{
    return td_tx_row(tx, ret_row,
                     "select count(*) as objections, count(o.decided_at) as decided,"
                     " count(case when o.upheld then 1 end) as upheld"
                     " from objection o join application a on a.id = o.application_id"
                     " where a.cycle_id = $1",
                     "s", cycle_id);
}

static int results(struct td_tx *tx, const char *cycle_id, json_t **ret_rows)
{
    return td_tx_rows(
        tx, ret_rows,
        "select f.id, f.state as filing_state, f.package_hash, f.receipt, f.reference,"
        " f.approved_on, (select count(*) from filing_entry e where e.filing_id ="
        " f.id) as people from filing f where f.cycle_id = $1 and f.kind = 'results'"
        " and f.state <> 'refused' order by f.id",
        "s", cycle_id);
}

int td_package_report(struct td_review *review, const json_t *cycle, const char *due_on,
                      json_t **ret_package)
{
    const char *id = td_row_text(cycle, "id");
    json_t *all = NULL, *rows = NULL, *held = NULL, *objected = NULL, *filed = NULL;
    int rc = totals(review->tx, id, &all, &rows);
    if (rc == 0)
        rc = meetings(review->tx, id, &held);
    if (rc == 0)
        rc = objections(review->tx, id, &objected);
    if (rc == 0)
        rc = results(review->tx, id, &filed);
    json_t *package =
        rc == 0 ? json_pack("{s:s, s:o, s:s, s:s, s:O, s:O, s:O, s:O, s:O}", "format",
                            "titled.report.1", "cycle", td_package_cycle(cycle), "prepared_on",
                            review->today, "due_on", due_on, "totals", all, "districts", rows,
                            "meetings", held, "objections", objected, "results", filed)
                : NULL;
    json_decref(all);
    json_decref(rows);
    json_decref(held);
    json_decref(objected);
    json_decref(filed);
    if (!package)
        return rc < 0 ? rc : TD_ENOMEM;
    *ret_package = package;
    return 0;
}
