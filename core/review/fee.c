/* fee.c - see fee.h. Owns the table `fee_order`. */
#include "review/fee.h"

#include "config.h"
#include "review/application.h"
#include "review/committee.h"
#include "review/cycle.h"
#include "review/delivery.h"
#include "review/payment.h"
#include "review/row.h"
#include "review/window.h"
#include "review/workflow.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS                                                                                    \
    "application_id, number, cycle_id, level, amount_cents, state as order_state, pay_url, "       \
    "created_at, settled_at"

static int load(struct td_tx *tx, const char *application_id, json_t **ret_order)
{
    return td_tx_row(tx, ret_order, "select " COLUMNS " from fee_order where application_id = $1",
                     "s", application_id);
}

/* Tells the platform; it answers where its payer goes (td_payment_ordered). */
static int announce(struct td_review *review, const json_t *application, const char *number,
                    int64_t cents)
{
    char subject[64], notify[512], id[TD_ID_TEXT];
    if (!td_payment_has_platform())
        return 0;
    snprintf(subject, sizeof(subject), "fee/%s", td_row_text(application, "id"));
    snprintf(notify, sizeof(notify), "%s/api/v1/payments/notifications",
             review->config ? review->config->public_url : "");
    json_t *body = json_pack(
        "{s:s, s:I, s:o, s:s}", "order", number, "amount_cents", (json_int_t)cents, "title",
        json_sprintf("职称评审费 %s", td_row_text(application, "number")), "notify", notify);
    int result = td_delivery_post(review, "payment_order", subject, "", body, id);
    json_decref(body);
    return result;
}

static int make(struct td_review *review, const json_t *application)
{
    json_t *cycle = NULL;
    char number[80];
    const char *id = td_row_text(application, "id"), *own = td_row_text(application, "number");
    int result = td_cycle_load(review->tx, td_row_text(application, "cycle_id"), &cycle);
    if (result)
        return result;
    int64_t cents = td_cycle_fee_cents(cycle, td_row_text(application, "level"));
    json_decref(cycle);
    snprintf(number, sizeof(number), "PAY-%.60s", *own ? own : id);
    result = td_tx_exec(
        review->tx, NULL,
        "insert into fee_order (application_id, number, cycle_id, series, level, amount_cents, "
        "state, created_at) values ($1, $2, $3, $4, $5, $6, 'due', $7)",
        "sssssis", id, number, td_row_text(application, "cycle_id"),
        td_row_text(application, "series"), td_row_text(application, "level"), cents, review->now);
    if (!result)
        result = td_row_log(
            review, "fee.order", "application", id,
            json_pack("{s:s, s:I}", "number", number, "amount_cents", (json_int_t)cents));
    return result ? result : announce(review, application, number, cents);
}

int td_fee_order(struct td_review *review, const json_t *application, json_t **ret_order)
{
    const char *id = td_row_text(application, "id");
    int result = load(review->tx, id, ret_order);
    if (result != TD_ENOTFOUND)
        return result;
    result = make(review, application);
    return result ? result : load(review->tx, id, ret_order);
}

int td_fee_cancel(struct td_review *review, const json_t *application)
{
    json_t *order = NULL;
    char subject[64], delivery[TD_ID_TEXT];
    const char *id = td_row_text(application, "id");
    int result = load(review->tx, id, &order);
    if (result)
        return result == TD_ENOTFOUND ? 0 : result;
    bool due = td_row_equals(order, "order_state", "due");
    if (due)
        result = td_tx_exec(review->tx, NULL,
                            "update fee_order set state = 'cancelled', settled_at = $2 where "
                            "application_id = $1",
                            "ss", id, review->now);
    if (!result && due)
        result = td_row_log(review, "fee.cancel", "application", id, NULL);
    if (!result && due && td_payment_has_platform()) {
        json_t *body = json_pack("{s:O}", "order", json_object_get(order, "number"));
        snprintf(subject, sizeof(subject), "fee/%s", id);
        result = td_delivery_post(review, "payment_cancel", subject, "", body, delivery);
        json_decref(body);
    }
    json_decref(order);
    return result;
}

int td_fee_record(struct td_review *review, const char *application_id, const char *receipt,
                  const char *paid_on, int64_t *ret_cents, struct td_error *reterr)
{
    json_t *application = NULL, *order = NULL;
    char id[TD_ID_TEXT];
    int result = td_application_load(review, application_id, &application, reterr);
    if (!result && strcmp(paid_on, review->today) > 0)
        result =
            td_error_field(reterr, "paid_on", "too_large", "the day of payment lies in the future");
    if (!result && !td_row_equals(application, "state", "fee_due"))
        result = td_error_key(reterr, TD_ECONFLICT, "state_wrong",
                              json_pack("{s:s, s:O}", "action", "record_fee", "state",
                                        json_object_get(application, "state")));
    if (!result)
        result = td_fee_order(review, application, &order);
    int64_t cents = td_row_int(order, "amount_cents");
    td_id_new(id);
    if (!result)
        result = td_tx_exec(
            review->tx, NULL,
            "insert into payment (id, application_id, order_number, channel, reference, "
            "amount_cents, paid_on, via, standing, account_id, at) values ($1, $2, $3, 'manual', "
            "$4, $5, $6, 'recorded', 'applied', $7, $8)",
            "ssssisss", id, application_id, td_row_text(order, "number"), receipt, cents, paid_on,
            review->who->id, review->now);
    if (!result)
        result = td_tx_exec(review->tx, NULL,
                            "update fee_order set state = 'paid', settled_at = $2 where "
                            "application_id = $1",
                            "ss", application_id, review->now);
    if (!result)
        result = td_workflow_apply(review, application_id, "record_fee", receipt, NULL, reterr);
    if (!result)
        *ret_cents = cents;
    json_decref(application);
    json_decref(order);
    return result;
}

/* Whether its payer is sent to the platform now, and why not. */
static void add_way(struct td_review *review, const json_t *application, const json_t *order,
                    json_t *view)
{
    struct td_error because = TD_ERROR_INIT;
    bool due = td_row_equals(order, "order_state", "due");
    bool own = review->who && td_row_equals(application, "account_id", review->who->id);
    int result = due ? td_window_check(review, application, &because) : TD_ECONFLICT;
    bool can = !result && own && *td_row_text(order, "pay_url");
    json_object_set_new(view, "can_pay", json_boolean(can));
    json_object_set_new(view, "by_hand", json_boolean(due && !td_payment_has_platform()));
    json_object_set_new(
        view, "can_ask",
        json_boolean(due && td_payment_has_platform() && !td_row_is(review, TD_ROLE_SUPERVISOR)));
    if (due && result && because.key[0]) {
        json_object_set_new(view, "say", json_string(because.key));
        json_object_set(view, "parameters", because.parameters);
    }
    if (!own)
        json_object_del((json_t *)order, "pay_url");
    td_error_done(&because);
}

int td_fee_view(struct td_review *review, const char *application_id, json_t **ret_view,
                struct td_error *reterr)
{
    json_t *application = NULL, *order = NULL, *payments = NULL, *refunds = NULL;
    int result = td_application_load(review, application_id, &application, reterr);
    if (!result)
        result = load(review->tx, application_id, &order);
    if (result == TD_ENOTFOUND && application)
        result = 0;
    if (!result)
        result = td_tx_rows(review->tx, &payments,
                            "select id, channel, reference, amount_cents, paid_on, standing from "
                            "payment where application_id = $1 order by id limit 100",
                            "s", application_id);
    if (!result)
        result = td_tx_rows(review->tx, &refunds,
                            "select r.id, r.amount_cents, r.cause, r.state as refund_state, "
                            "r.asked_at, r.receipt, r.done_at from refund r join payment p on "
                            "p.id = r.payment_id where p.application_id = $1 order by r.id "
                            "limit 100",
                            "s", application_id);
    if (!result) {
        json_t *view = json_pack("{s:{s:O, s:O?, s:O, s:O?}, s:O?, s:O, s:O}", "application", "id",
                                 json_object_get(application, "id"), "number",
                                 json_object_get(application, "number"), "state",
                                 json_object_get(application, "state"), "due_at",
                                 json_object_get(application, "due_at"), "order", order, "payments",
                                 payments, "refunds", refunds);
        add_way(review, application, order, view);
        *ret_view = view;
    }
    json_decref(application);
    json_decref(order);
    json_decref(payments);
    json_decref(refunds);
    return result;
}

int td_fee_list(struct td_review *review, const char *cycle_id, const char *state,
                const char *cursor, json_t **ret_page)
{
    json_t *rows = NULL;
    bool all = td_row_is(review, TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR);
    int result = td_tx_rows(
        review->tx, &rows,
        "select o.application_id as id, o.number as order_number, a.number, p.name as "
        "applicant_name, u.name as unit_name, o.level, o.amount_cents, o.state as order_state, "
        "a.due_at, o.settled_at from fee_order o join application a on a.id = o.application_id "
        "join account p on p.id = a.account_id join unit u on u.id = a.unit_id where "
        "($1 = '' or o.cycle_id = $1) and ($2 = '' or o.state = $2) and " TD_COMMITTEE_SCOPE_SQL(
            "$3", "o.series") " and ($4 = '' or o.application_id < $4) order by o.application_id "
                              "desc limit $5",
        "ssssi", cycle_id, state, all ? "*" : review->who->id, cursor, (int64_t)TD_ROW_PAGE + 1);
    if (result)
        return result;
    *ret_page = td_row_page(rows, "id");
    return *ret_page ? 0 : TD_ENOMEM;
}
