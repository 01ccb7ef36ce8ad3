/* reexamination.c - see reexamination.h. Owns the table `reexamination`. */
#include "review/reexamination.h"

#include "review/application.h"
#include "review/calendar.h"
#include "review/cycle.h"
#include "review/message.h"
#include "review/row.h"
#include "review/workflow.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the window ------------------------------------------------------------------------------- */

static int add_days(struct td_review *review, const json_t *application, const char *parameter,
                    td_date from, char day[TD_DATE_TEXT], struct td_error *reterr)
{
    json_t *cycle = NULL;
    td_date end = from;
    int result = td_cycle_load(review->tx, td_row_text(application, "cycle_id"), &cycle);
    if (!result)
        result = td_calendar_add(review->calendar, from,
                                 (int)td_cycle_parameter(cycle, parameter, 10), &end, NULL, reterr);
    json_decref(cycle);
    if (!result)
        td_date_format(end, day);
    return result;
}

int td_reexamination_window(struct td_review *review, const json_t *application,
                            json_t **ret_window, struct td_error *reterr)
{
    char until[TD_DATE_TEXT] = "";
    int64_t requested = 0;
    td_date told;
    *ret_window = NULL;
    if (!td_row_equals(application, "state", "failed"))
        return 0;
    int result = td_time_day(td_row_text(application, "state_at"), &told);
    if (!result)
        result = add_days(review, application, "recheck_days", told, until, reterr);
    if (!result)
        result =
            td_tx_int(review->tx, &requested,
                      "select count(*) from reexamination where application_id = $1 and "
                      "requested_at >= $2",
                      "ss", td_row_text(application, "id"), td_row_text(application, "state_at"));
    if (result)
        return result;
    bool open = !requested && strcmp(review->today, until) <= 0;
    *ret_window =
        json_pack("{s:s, s:b, s:b}", "until", until, "open", (int)open, "requested", requested > 0);
    return *ret_window ? 0 : TD_ENOMEM;
}

static int check_window(struct td_review *review, const json_t *application,
                        struct td_error *reterr)
{
    json_t *window = NULL;
    int result = td_reexamination_window(review, application, &window, reterr);
    if (!result && !window)
        return td_error_key(reterr, TD_ECONFLICT, "not_failed", NULL);
    if (!result && td_row_bool(window, "requested"))
        result = td_error_key(reterr, TD_ECONFLICT, "recheck_requested", NULL);
    else if (!result && !td_row_bool(window, "open"))
        result = td_error_key(reterr, TD_ECONFLICT, "recheck_late",
                              json_pack("{s:s}", "until", td_row_text(window, "until")));
    json_decref(window);
    return result;
}

/* --- asking ----------------------------------------------------------------------------------- */

int td_reexamination_request(struct td_review *review, const char *application_id,
                             const char *reason, char ret_id[TD_ID_TEXT], struct td_error *reterr)
{
    json_t *application = NULL;
    td_date today;
    char due_on[TD_DATE_TEXT];
    int result = td_application_load(review, application_id, &application, reterr);
    if (!result && !td_row_equals(application, "account_id", review->who->id))
        result = td_error_key(reterr, TD_ENOTFOUND, "nothing_here", NULL);
    if (!result)
        result = check_window(review, application, reterr);
    if (!result)
        result = td_date_parse(review->today, &today);
    if (!result)
        result = add_days(review, application, "recheck_decision_days", today, due_on, reterr);
    json_decref(application);
    if (result)
        return result;
    td_id_new(ret_id);
    result = td_tx_exec(review->tx, NULL,
                        "insert into reexamination (id, application_id, reason, requested_at, "
                        "due_on) values ($1, $2, $3, $4, $5)",
                        "sssss", ret_id, application_id, reason, review->now, due_on);
    if (!result)
        result =
            td_row_log(review, "recheck.request", "reexamination", ret_id,
                       json_pack("{s:s, s:s}", "application", application_id, "due_on", due_on));
    return result ? result : td_row_live(review->tx, "application", application_id);
}

/* --- reading ---------------------------------------------------------------------------------- */

#define REQUEST_SQL                                                                                \
    "select x.id, x.application_id, x.reason, x.requested_at, x.due_on, x.outcome as "             \
    "recheck_outcome, x.finding, x.decided_at, a.number, a.account_id, a.series, a.level, "        \
    "a.specialty, a.state, p.name as applicant_name, u.name as unit_name, d.name as "              \
    "decided_by_name from reexamination x join application a on a.id = x.application_id "          \
    "join account p on p.id = a.account_id join unit u on u.id = a.unit_id "                       \
    "left join account d on d.id = x.decided_by "

static void add_overdue(const struct td_review *review, json_t *row)
{
    bool decided = *td_row_text(row, "decided_at") != 0;
    json_object_set_new(row, "decided", json_boolean(decided));
    json_object_set_new(
        row, "overdue",
        json_boolean(!decided && strcmp(td_row_text(row, "due_on"), review->today) < 0));
}

int td_reexamination_list(struct td_review *review, bool open, const char *cursor,
                          json_t **ret_page)
{
    json_t *rows = NULL, *row;
    size_t i;
    int result =
        td_tx_rows(review->tx, &rows,
                   REQUEST_SQL "where ($1 = 0 or x.decided_at is null) and ($2 = '' or "
                               "x.id > $2) and a.account_id <> $3 order by x.id limit $4",
                   "issi", (int64_t)open, cursor, review->who->id, (int64_t)TD_ROW_PAGE + 1);
    json_array_foreach(rows, i, row) {
        add_overdue(review, row);
        td_application_name(review, row);
        json_object_del(row, "account_id");
    }
    if (!result)
        *ret_page = td_row_page(rows, "id");
    return result;
}

/* Who moved the dossier, or decided on an objection to it, does not examine how that was done. */
static int took_part(struct td_review *review, const char *application_id, bool *ret_part)
{
    int64_t count = 0;
    int result = td_tx_int(
        review->tx, &count,
        "select (select count(*) from transition where application_id = $1 and actor = $2) + "
        "(select count(*) from objection where application_id = $1 and decided_by = $2) + "
        "(select count(*) from sheet where application_id = $1 and account_id = $2) + "
        "(select count(*) from motion o join attendance t on t.meeting_id = o.meeting_id "
        "where o.application_id = $1 and t.account_id = $2)",
        "ss", application_id, review->who->id);
    *ret_part = count > 0;
    return result;
}

int td_reexamination_load(struct td_review *review, const char *id, json_t **ret_request,
                          struct td_error *reterr)
{
    json_t *request = NULL, *procedure = NULL;
    bool part = false;
    int result =
        td_tx_row(review->tx, &request, REQUEST_SQL "where x.id = $1 and a.account_id <> $2", "ss",
                  id, review->who->id);
    if (result == TD_ENOTFOUND)
        return td_error_key(reterr, TD_ENOTFOUND, "recheck_unknown", NULL);
    const char *application = td_row_text(request, "application_id");
    if (!result)
        result = td_reexamination_procedure(review, application, &procedure);
    if (!result)
        result = took_part(review, application, &part);
    if (result) {
        json_decref(request);
        json_decref(procedure);
        return result;
    }
    add_overdue(review, request);
    td_application_name(review, request);
    bool bureau = td_row_is(review, TD_ROLE_BUREAU);
    json_object_set_new(request, "procedure", procedure);
    json_object_set_new(request, "took_part", json_boolean(bureau && part));
    json_object_set_new(request, "may_decide",
                        json_boolean(bureau && !part && !td_row_bool(request, "decided")));
    *ret_request = request;
    return 0;
}

int td_reexamination_of(struct td_review *review, const char *application_id, json_t **ret_rows)
{
    json_t *rows = NULL, *row;
    size_t i;
    int result = td_tx_rows(review->tx, &rows,
                            "select id, reason, requested_at, due_on, outcome as recheck_outcome, "
                            "finding, decided_at from reexamination where application_id = $1 "
                            "order by id",
                            "s", application_id);
    json_array_foreach(rows, i, row)
        add_overdue(review, row);
    if (!result)
        *ret_rows = rows;
    return result;
}

/* --- deciding --------------------------------------------------------------------------------- */

static int tell(struct td_review *review, const json_t *request, bool revote)
{
    if (revote)
        return 0; /* the workflow does */
    json_t *words = json_pack("{s:O}", "number", json_object_get(request, "number"));
    int result = td_message_send(review, td_row_text(request, "account_id"),
                                 td_row_text(request, "application_id"), "recheck_kept", words);
    json_decref(words);
    return result;
}

int td_reexamination_decide(struct td_review *review, const char *id, bool revote,
                            const char *finding, struct td_error *reterr)
{
    json_t *request = NULL;
    int result = td_row_is(review, TD_ROLE_BUREAU)
                     ? td_reexamination_load(review, id, &request, reterr)
                     : td_error_key(reterr, TD_EFORBIDDEN, "role_missing", NULL);
    if (!result && td_row_bool(request, "decided"))
        result = td_error_key(reterr, TD_ECONFLICT, "recheck_decided", NULL);
    if (!result && td_row_bool(request, "took_part"))
        result = td_error_key(reterr, TD_EFORBIDDEN, "recheck_took_part", NULL);
    if (!result)
        result = td_tx_exec(review->tx, NULL,
                            "update reexamination set outcome = $2, finding = $3, decided_by = $4, "
                            "decided_at = $5 where id = $1",
                            "sssss", id, revote ? "revote" : "kept", finding, review->who->id,
                            review->now);
    if (!result)
        result = td_row_log(review, "recheck.decide", "reexamination", id,
                            json_pack("{s:s, s:s}", "application",
                                      td_row_text(request, "application_id"), "outcome",
                                      revote ? "revote" : "kept"));
    if (!result && revote)
        result = td_workflow_apply(review, td_row_text(request, "application_id"), "order_revote",
                                   finding, NULL, reterr);
    if (!result)
        result = tell(review, request, revote);
    if (!result)
        result = td_row_live(review->tx, "application", td_row_text(request, "application_id"));
    json_decref(request);
    return result;
}

int td_reexamination_check_ordered(struct td_review *review, const json_t *application,
                                   struct td_error *reterr)
{
    int64_t ordered = 0;
    int result =
        td_tx_int(review->tx, &ordered,
                  "select count(*) from reexamination where application_id = $1 and "
                  "outcome = 'revote' and requested_at >= $2",
                  "ss", td_row_text(application, "id"), td_row_text(application, "state_at"));
    if (result || ordered)
        return result;
    return td_error_key(reterr, TD_ECONFLICT, "revote_not_ordered", NULL);
}
