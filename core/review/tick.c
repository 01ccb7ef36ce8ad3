/* tick.c - see tick.h. Run by the server every minute and after the demo clock moved. */
#include "review/tick.h"

#include "config.h"
#include "review/filing.h"
#include "review/message.h"
#include "review/panel.h"
#include "review/payment.h"
#include "review/post.h"
#include "review/reminder.h"
#include "review/row.h"
#include "review/telling.h"
#include "review/workflow.h"
#include "store/store.h"

static int end_notices(struct td_review *review, int64_t *changed)
{
    json_t *rows = NULL, *row;
    size_t i;
    int result =
        td_tx_rows(review->tx, &rows,
                   "select id from public_notice where state = 'open' and ends_on < $1 order by id "
                   "limit $2",
                   "si", review->today, (int64_t)TD_TICK_BATCH);
    json_array_foreach(rows, i, row) {
        const char *id = td_row_text(row, "id");
        if (!result)
            result = td_tx_exec(review->tx, NULL,
                                "update public_notice set state = 'ended' where id = $1", "s", id);
        if (!result)
            result = td_row_log(review, "notice.end", "notice", id, NULL);
        *changed += !result;
    }
    json_decref(rows);
    return result;
}

static int abandon_overdue(struct td_review *review, int64_t *changed, struct td_error *reterr)
{
    json_t *rows = NULL, *row;
    size_t i;
    int result = td_tx_rows(review->tx, &rows,
                            "select id from application where state in ('returned', 'supplement') "
                            "and due_at < $1 order by id limit $2",
                            "si", review->now, (int64_t)TD_TICK_BATCH);
    json_array_foreach(rows, i, row) {
        if (!result)
            result =
                td_workflow_apply(review, td_row_text(row, "id"), "abandon", NULL, NULL, reterr);
        *changed += !result;
    }
    json_decref(rows);
    return result;
}

static int remind_applicants(struct td_review *review, const char *soon, int64_t *changed)
{
    json_t *rows = NULL, *row;
    size_t i;
    int result =
        td_tx_rows(review->tx, &rows,
                   "select a.id, a.account_id, a.number, a.due_at, a.state from application a "
                   "where a.state in ('returned', 'supplement', 'fee_due') and a.due_at >= $1 and "
                   "a.due_at <= $2 "
                   "and not exists (select 1 from message m where m.account_id = a.account_id and "
                   "m.application_id = a.id and m.kind = 'reminder' and m.at >= a.state_at) "
                   "order by a.id limit $3",
                   "ssi", review->now, soon, (int64_t)TD_TICK_BATCH);
    json_array_foreach(rows, i, row) {
        json_t *parameters =
            json_pack("{s:O, s:O?, s:O}", "due_at", json_object_get(row, "due_at"), "number",
                      json_object_get(row, "number"), "state", json_object_get(row, "state"));
        if (!result)
            result = td_message_send(review, td_row_text(row, "account_id"), td_row_text(row, "id"),
                                     "reminder", parameters);
        json_decref(parameters);
        *changed += !result;
    }
    json_decref(rows);
    return result;
}

/* Whoever was told of a deadline one reminder ago is not told again the day after. */
static int remind(struct td_review *review, int64_t *changed)
{
    char soon[TD_TIME_TEXT], since[TD_TIME_TEXT], day[TD_DATE_TEXT];
    td_date today, ahead = review->config ? (td_date)review->config->reminder_days : 1;
    int result = td_date_parse(review->today, &today);
    if (result)
        return result;
    td_time_format(td_clock_day_end_ms(today + ahead), soon);
    td_time_format(td_clock_day_end_ms(today - ahead - 1), since);
    td_date_format(today + ahead, day);
    result = remind_applicants(review, soon, changed);
    if (!result)
        result = td_panel_remind(review, since, soon, changed);
    return result ? result : td_reminder_run(review, day, changed);
}

int td_tick_run(struct td_review *review, int64_t *ret_changed, struct td_error *reterr)
{
    int64_t changed = 0;
    int result = end_notices(review, &changed);
    if (!result)
        result = abandon_overdue(review, &changed, reterr);
    if (!result)
        result = remind(review, &changed);
    if (!result)
        result = td_telling_run(review, &changed);
    if (!result)
        result = td_payment_run(review, &changed);
    if (!result)
        result = td_post_remind(review, &changed);
    if (!result)
        result = td_filing_ask_due(review, &changed);
    if (!result)
        *ret_changed = changed;
    return result;
}
