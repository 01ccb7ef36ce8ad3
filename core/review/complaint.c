/* complaint.c - see complaint.h. Owns the tables `complaint`, `complaint_concern` and
 * `complaint_step`; who handles a case does so in complaint_work.c. */
#include "review/complaint.h"

#include "config.h"
#include "review/calendar.h"
#include "review/complaint_rows.h"
#include "review/row.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- whom it concerns ------------------------------------------------------------------------- */

/* Officials, experts and supervisors whose names the words contain: shorter names than two
 * characters are none. Names are looked for only among those few, because anybody may complain and
 * a search among all applicants would hold up every other write. */
static int concern_named(struct td_review *review, const char *id, const struct td_complaint *one)
{
    return td_tx_exec(review->tx, NULL,
                      "insert into complaint_concern (complaint_id, account_id) select $1, a.id "
                      "from account a where a.id in (select account_id from account_grant where "
                      "role <> 'applicant') and length(a.name) >= 2 and (replace($2, a.name, '') "
                      "<> $2 or replace($3, a.name, '') <> $3) on conflict do nothing",
                      "sss", id, one->whom, one->text);
}

static int concern_dossier(struct td_review *review, const char *id, const char *application_id)
{
    return td_tx_exec(review->tx, NULL,
                      "insert into complaint_concern (complaint_id, account_id) select $1, "
                      "account_id from application where id = $2 on conflict do nothing",
                      "ss", id, application_id);
}

/* The members of the committees that the words name. */
static int concern_committee(struct td_review *review, const char *id,
                             const struct td_complaint *one)
{
    return td_tx_exec(review->tx, NULL,
                      "insert into complaint_concern (complaint_id, account_id) select distinct "
                      "$1, m.account_id from committee c join committee_member m on "
                      "m.committee_id = c.id where replace($2, c.name, '') <> $2 or "
                      "replace($3, c.name, '') <> $3 on conflict do nothing",
                      "sss", id, one->whom, one->text);
}

/* How many of a role it does not concern. */
static int count_free(struct td_review *review, const char *id, const char *role, int64_t *ret_free)
{
    return td_tx_int(review->tx, ret_free,
                     "select count(*) from account_grant g join account a on a.id = "
                     "g.account_id where g.role = $2 and not a.disabled and not "
                     "exists (select 1 from complaint_concern c where c.complaint_id = $1 "
                     "and c.account_id = g.account_id)",
                     "ss", id, role);
}

/* Words that name everybody who could look into a case must not hide it from all of them: then the
 * supervisors do. */
static int free_supervisors(struct td_review *review, const char *id)
{
    return td_tx_exec(review->tx, NULL,
                      "delete from complaint_concern where complaint_id = $1 and account_id in "
                      "(select account_id from account_grant where role = 'supervisor')",
                      "s", id);
}

/* The supervisor's, unless it concerns every supervisor that there is. */
static int choose_handler(struct td_review *review, const char *id, const char *about,
                          const char **ret_handler)
{
    int64_t supervisors = 0, bureau = 0;
    bool watch = !strcmp(about, "official") || !strcmp(about, "committee");
    int result = count_free(review, id, "supervisor", &supervisors);
    if (!result)
        result = count_free(review, id, "bureau", &bureau);
    if (!result && !supervisors && !bureau)
        result = free_supervisors(review, id);
    if (!result && !watch) { /* an official is named all the same */
        int64_t named = 0;
        result = td_tx_int(review->tx, &named,
                           "select count(*) from complaint_concern c join account_grant g on "
                           "g.account_id = c.account_id where c.complaint_id = $1 and g.role in "
                           "('bureau', 'office', 'expert')",
                           "s", id);
        watch = named > 0;
    }
    *ret_handler = !bureau || (watch && supervisors) ? "supervisor" : "bureau";
    return result;
}

/* --- filing ----------------------------------------------------------------------------------- */

/* So many days from a day on; a last day that is no working day gives way to the next one (Civil
 * Code, article 203). */
static int add_days(struct td_review *review, td_date from, int64_t days, char end[TD_DATE_TEXT],
                    struct td_error *reterr)
{
    td_date last;
    int result =
        td_calendar_add(review->calendar, from + (td_date)days - 1, 1, &last, NULL, reterr);
    if (!result)
        td_date_format(last, end);
    return result;
}

static int set_deadlines(struct td_review *review, struct td_complaint_receipt *receipt,
                         struct td_error *reterr)
{
    td_date today;
    int64_t accept_days = review->config ? review->config->complaint_accept_days : 15;
    int64_t answer_days = review->config ? review->config->complaint_answer_days : 60;
    int result = td_date_parse(review->today, &today);
    if (!result)
        result = add_days(review, today, accept_days, receipt->accept_by, reterr);
    return result ? result : add_days(review, today, answer_days, receipt->answer_by, reterr);
}

/* The dossier that a complaint names by its number; "" when there is none of it. */
static int find_dossier(struct td_review *review, const struct td_complaint *one,
                        char application_id[TD_ID_TEXT])
{
    json_t *row = NULL;
    application_id[0] = 0;
    if (strcmp(one->about, "dossier") != 0)
        return 0;
    int result =
        td_tx_row(review->tx, &row, "select id from application where number = $1", "s", one->whom);
    if (!result)
        snprintf(application_id, TD_ID_TEXT, "%s", td_row_text(row, "id"));
    json_decref(row);
    return result == TD_ENOTFOUND ? 0 : result;
}

static int insert(struct td_review *review, const char *id, const struct td_complaint *one,
                  const struct td_complaint_receipt *receipt)
{
    char application[TD_ID_TEXT];
    int result = find_dossier(review, one, application);
    if (!result)
        result = td_tx_exec(
            review->tx, NULL,
            "insert into complaint (id, number, code_key, about, whom, text, contact_sealed, "
            "application_id, handler, received_at, accept_by, answer_by, language) "
            "values ($1, $2, $3, $4, $5, $6, $7, $8, 'bureau', $9, $10, $11, $12)",
            "ssssssssssss", id, receipt->receipt.number, receipt->receipt.key, one->about,
            one->whom, one->text, one->contact_sealed, *application ? application : NULL,
            review->now, receipt->accept_by, receipt->answer_by, one->language);
    if (!result && *application)
        result = concern_dossier(review, id, application);
    return result;
}

int td_complaint_file(struct td_review *caller, const struct td_complaint *complaint,
                      struct td_complaint_receipt *ret_receipt, struct td_error *reterr)
{
    struct td_review nobody = *caller, *review = &nobody;
    struct td_complaint_receipt receipt;
    char id[TD_ID_TEXT];
    const char *handler = "bureau";
    review->who = NULL; /* who complains is kept nowhere, logged in or not */
    td_id_new(id);
    int result = set_deadlines(review, &receipt, reterr);
    if (!result)
        result = td_receipt_issue(review, TD_RECEIPT_COMPLAINT, &receipt.receipt);
    if (!result)
        result = insert(review, id, complaint, &receipt);
    if (!result)
        result = concern_named(review, id, complaint);
    if (!result && !strcmp(complaint->about, "committee"))
        result = concern_committee(review, id, complaint);
    if (!result)
        result = choose_handler(review, id, complaint->about, &handler);
    if (!result)
        result = td_tx_exec(review->tx, NULL, "update complaint set handler = $2 where id = $1",
                            "ss", id, handler);
    if (!result)
        result = td_complaint_step(review, id, "file", "");
    if (!result)
        *ret_receipt = receipt;
    return result;
}

/* That it was looked into is for those inside. */
int td_complaint_status(struct td_review *review, const char *number, json_t **ret_status)
{
    return td_tx_row(
        review->tx, ret_status,
        "select number as receipt_number, 'complaint' as receipt_kind, '' as subject, case "
        "complaint_state when "
        "'investigated' then 'accepted' else complaint_state end as receipt_state, received_at, "
        "accept_by, answer_by, accepted_at, answered_at, closed_at, case when answered_at is null "
        "and closed_at is null then 'complaint' else '' end as receipt_turn, case when answered_at "
        "is null then '' else coalesce(complaint_outcome, '') end as receipt_outcome, answer from "
        "complaint where number = $1",
        "s", number);
}

int td_complaint_step(struct td_review *review, const char *id, const char *step, const char *note)
{
    int64_t count = 0;
    char action[48];
    int result = td_tx_int(review->tx, &count,
                           "select count(*) from complaint_step where complaint_id = $1", "s", id);
    if (!result)
        result = td_tx_exec(review->tx, NULL,
                            "insert into complaint_step (complaint_id, sequence, step, account_id, "
                            "note, done_at) values ($1, $2, $3, $4, $5, $6)",
                            "sissss", id, count + 1, step, review->who ? review->who->id : NULL,
                            note, review->now);
    snprintf(action, sizeof(action), "complaint.%s", step);
    return result ? result : td_row_log(review, action, "complaint", id, NULL);
}

int td_complaint_count_holds(struct td_review *review, const char *application_id,
                             int64_t *ret_open, int64_t *ret_founded)
{
    json_t *row = NULL;
    int result = td_tx_row(
        review->tx, &row,
        "select coalesce(sum(case when answered_at is null then 1 else 0 end), 0) as open, "
        "coalesce(sum(case when answered_at is not null and complaint_outcome <> 'unfounded' then "
        "1 else 0 end), 0) as founded from complaint where application_id = $1 and holds",
        "s", application_id);
    if (result)
        return result;
    *ret_open = td_row_int(row, "open");
    *ret_founded = td_row_int(row, "founded");
    json_decref(row);
    return 0;
}
