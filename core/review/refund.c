/* refund.c - see refund.h. Owns the table `refund`, and the end of an order that was given back. */
#include "review/refund.h"

#include "review/application.h"
#include "review/committee.h"
#include "review/delivery.h"
#include "review/message.h"
#include "review/payment.h"
#include "review/row.h"
#include "review/workflow.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS                                                                                    \
    "r.*, p.application_id, p.order_number, p.channel, p.reference, p.standing from refund r "     \
    "join payment p on p.id = r.payment_id"

/* 0 when the caller gives money back for this dossier: its office or the bureau, never for himself.
 */
static int may(struct td_review *review, const char *application_id, struct td_error *reterr)
{
    json_t *application = NULL;
    int result = td_application_load(review, application_id, &application, reterr);
    if (!result && !td_workflow_role(review, TD_ROLE_OFFICE | TD_ROLE_BUREAU, application, reterr))
        result = TD_EFORBIDDEN;
    json_decref(application);
    return result;
}

static int check_due(struct td_review *review, const json_t *payment, struct td_error *reterr)
{
    int64_t withdrawn = 0;
    if (!td_row_equals(payment, "standing", "applied"))
        return 0;
    int result = td_tx_int(review->tx, &withdrawn,
                           "select count(*) from application where id = $1 and state = "
                           "'withdrawn'",
                           "s", td_row_text(payment, "application_id"));
    if (result || withdrawn)
        return result;
    return td_error_key(reterr, TD_ECONFLICT, "refund_not_due", NULL);
}

int td_refund_ask(struct td_review *review, const char *payment_id, const char *note,
                  char ret_id[TD_ID_TEXT], struct td_error *reterr)
{
    json_t *payment = NULL;
    int64_t there = 0;
    int result = td_tx_row(review->tx, &payment,
                           "select * from payment where id = $1 and application_id is not null",
                           "s", payment_id);
    if (!result)
        result = may(review, td_row_text(payment, "application_id"), reterr);
    if (!result)
        result = check_due(review, payment, reterr);
    if (!result)
        result = td_tx_int(review->tx, &there,
                           "select count(*) from refund where payment_id = $1 and state <> "
                           "'refused'",
                           "s", payment_id);
    if (!result && there)
        result = td_error_key(reterr, TD_ECONFLICT, "refund_exists", NULL);
    bool applied = td_row_equals(payment, "standing", "applied");
    const char *cause = applied ? "withdrawn" : td_row_text(payment, "standing");
    td_id_new(ret_id);
    if (!result)
        result = td_tx_exec(
            review->tx, NULL,
            "insert into refund (id, payment_id, amount_cents, cause, note, state, asked_by, "
            "asked_at) values ($1, $2, $3, $4, $5, 'asked', $6, $7)",
            "ssissss", ret_id, payment_id, td_row_int(payment, "amount_cents"), cause, note,
            review->who->id, review->now);
    if (!result)
        result = td_row_log(
            review, "refund.ask", "refund", ret_id,
            json_pack("{s:s, s:s, s:s}", "payment", payment_id, "cause", cause, "note", note));
    json_decref(payment);
    return result;
}

static int load_in(struct td_review *review, const char *id, const char *state,
                   const char *or_state, json_t **ret_refund, struct td_error *reterr)
{
    json_t *refund = NULL;
    int result = td_tx_row(review->tx, &refund, "select " COLUMNS " where r.id = $1", "s", id);
    if (!result)
        result = may(review, td_row_text(refund, "application_id"), reterr);
    if (!result && !td_row_equals(refund, "state", state) &&
        !td_row_equals(refund, "state", or_state))
        result = td_error_key(reterr, TD_ECONFLICT, "refund_state",
                              json_pack("{s:O}", "refund_state", json_object_get(refund, "state")));
    if (result)
        json_decref(refund);
    else
        *ret_refund = refund;
    return result;
}

/* What came through the platform goes back through it. */
static int send(struct td_review *review, const json_t *refund)
{
    char subject[64], delivery[TD_ID_TEXT];
    if (!td_payment_has_platform() || !td_row_equals(refund, "channel", "platform"))
        return 0;
    snprintf(subject, sizeof(subject), "refund/%s", td_row_text(refund, "id"));
    json_t *body = json_pack("{s:O, s:O, s:O, s:O, s:O}", "refund", json_object_get(refund, "id"),
                             "order", json_object_get(refund, "order_number"), "payment",
                             json_object_get(refund, "reference"), "amount_cents",
                             json_object_get(refund, "amount_cents"), "cause",
                             json_object_get(refund, "cause"));
    int result = td_delivery_post(review, "payment_refund", subject, "", body, delivery);
    json_decref(body);
    return result;
}

int td_refund_decide(struct td_review *review, const char *refund_id, bool approve,
                     const char *note, struct td_error *reterr)
{
    json_t *refund = NULL;
    int result = load_in(review, refund_id, "asked", "asked", &refund, reterr);
    if (!result && td_row_equals(refund, "asked_by", review->who->id))
        result = td_error_key(reterr, TD_ECONFLICT, "second_person_pays", NULL);
    if (!result && !approve && !*note)
        result = td_error_field(reterr, "note", "required", "a refusal says why");
    if (!result)
        result = td_tx_exec(review->tx, NULL,
                            "update refund set state = $2, decided_by = $3, decided_at = $4, "
                            "reason = $5 where id = $1",
                            "sssss", refund_id, approve ? "approved" : "refused", review->who->id,
                            review->now, note);
    if (!result)
        result = td_row_log(review, approve ? "refund.approve" : "refund.refuse", "refund",
                            refund_id, json_pack("{s:s}", "note", note));
    if (!result && approve)
        result = send(review, refund);
    json_decref(refund);
    return result;
}

/* The money is back: the order of an applied payment ends, and the payer is told. */
static int finish(struct td_review *review, const json_t *refund, const char *receipt)
{
    const char *id = td_row_text(refund, "id"), *dossier = td_row_text(refund, "application_id");
    json_t *person = NULL;
    int result = td_tx_exec(review->tx, NULL,
                            "update refund set state = 'done', receipt = $2, done_at = $3 where "
                            "id = $1",
                            "sss", id, receipt, review->now);
    if (!result && td_row_equals(refund, "standing", "applied"))
        result = td_tx_exec(review->tx, NULL,
                            "update fee_order set state = 'refunded', settled_at = $2 where "
                            "application_id = $1",
                            "ss", dossier, review->now);
    if (!result)
        result =
            td_row_log(review, "refund.done", "refund", id, json_pack("{s:s}", "receipt", receipt));
    if (!result)
        result =
            td_tx_row(review->tx, &person,
                      "select account_id, number from application where id = $1", "s", dossier);
    if (!result) {
        json_t *parameters = json_pack(
            "{s:O?, s:o}", "number", json_object_get(person, "number"), "amount",
            json_sprintf("%lld.%02lld", (long long)td_row_int(refund, "amount_cents") / 100,
                         (long long)td_row_int(refund, "amount_cents") % 100));
        result = td_message_send(review, td_row_text(person, "account_id"), dossier, "refunded",
                                 parameters);
        json_decref(parameters);
    }
    json_decref(person);
    return result;
}

int td_refund_record(struct td_review *review, const char *refund_id, const char *receipt,
                     struct td_error *reterr)
{
    json_t *refund = NULL;
    int result = load_in(review, refund_id, "approved", "failed", &refund, reterr);
    /* What is on its way through the platform is not paid a second time by hand. */
    bool under_way = td_row_equals(refund, "state", "approved") && td_payment_has_platform() &&
                     td_row_equals(refund, "channel", "platform");
    if (!result && under_way)
        result = td_error_key(reterr, TD_ECONFLICT, "refund_under_way", NULL);
    if (!result)
        result = finish(review, refund, receipt);
    json_decref(refund);
    return result;
}

/* Its refund, while the money is not back. */
static int of_delivery(struct td_review *review, const json_t *delivery, json_t **ret_refund)
{
    const char *subject = td_row_text(delivery, "subject");
    if (strncmp(subject, "refund/", 7) != 0)
        return TD_ENOTFOUND;
    return td_tx_row(review->tx, ret_refund,
                     "select " COLUMNS " where r.id = $1 and r.state in ('approved', 'failed')",
                     "s", subject + 7);
}

int td_refund_again(struct td_review *review, const json_t *delivery, struct td_error *reterr)
{
    json_t *refund = NULL;
    int result = of_delivery(review, delivery, &refund);
    if (result == TD_ENOTFOUND)
        return td_error_key(reterr, TD_ECONFLICT, "refund_state",
                            json_pack("{s:s}", "refund_state", "done"));
    if (!result)
        result = td_tx_exec(review->tx, NULL,
                            "update refund set state = 'approved', reason = '' where id = $1", "s",
                            td_row_text(refund, "id"));
    if (!result)
        result = td_row_log(review, "refund.again", "refund", td_row_text(refund, "id"), NULL);
    json_decref(refund);
    return result;
}

int td_refund_delivered(struct td_review *review, const json_t *delivery, const json_t *answer,
                        struct td_error *reterr)
{
    json_t *refund = NULL;
    const char *subject = td_row_text(delivery, "subject"),
               *receipt = td_row_text(answer, "receipt");
    (void)reterr;
    int result = of_delivery(review, delivery, &refund);
    if (!result)
        result = finish(review, refund, receipt);
    else if (result == TD_ENOTFOUND && !strncmp(subject, "refund/", 7)) /* paid by hand meanwhile */
        result = td_row_log(review, "refund.receipt", "refund", subject + 7,
                            json_pack("{s:s}", "receipt", receipt));
    json_decref(refund);
    return result == TD_ENOTFOUND ? 0 : result;
}

int td_refund_rejected(struct td_review *review, const json_t *delivery, const char *reason,
                       struct td_error *reterr)
{
    json_t *refund = NULL;
    (void)reterr;
    int result = of_delivery(review, delivery, &refund);
    if (!result)
        result = td_tx_exec(review->tx, NULL,
                            "update refund set state = 'failed', reason = $2 where id = $1", "ss",
                            td_row_text(refund, "id"), reason);
    if (!result)
        result = td_row_log(review, "refund.fail", "refund", td_row_text(refund, "id"),
                            json_pack("{s:s}", "reason", reason));
    json_decref(refund);
    return result == TD_ENOTFOUND ? 0 : result;
}

int td_refund_list(struct td_review *review, bool all, const char *cursor, json_t **ret_page)
{
    json_t *rows = NULL, *row;
    size_t i;
    bool every = td_row_is(review, TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR);
    bool acts = td_row_is(review, TD_ROLE_BUREAU | TD_ROLE_OFFICE);
    int result = td_tx_rows(
        review->tx, &rows,
        "select r.id, r.payment_id, p.order_number, a.number, h.name as applicant_name, "
        "r.amount_cents, r.cause, r.note, r.state as refund_state, r.asked_at, r.asked_by, "
        "r.reason, r.receipt, p.channel from refund r join payment p on p.id = r.payment_id "
        "join application a on a.id = p.application_id join account h on h.id = a.account_id "
        "where ($1 or r.state not in ('refused', 'done')) and " TD_COMMITTEE_SCOPE_SQL(
            "$2", "a.series") " and ($3 = '' or r.id < $3) order by r.id desc limit $4",
        "bssi", (int)all, every ? "*" : review->who->id, cursor, (int64_t)TD_ROW_PAGE + 1);
    if (result)
        return result;
    json_array_foreach(rows, i, row) {
        bool platform = td_payment_has_platform() && td_row_equals(row, "channel", "platform");
        bool approved = td_row_equals(row, "refund_state", "approved");
        bool mine = td_row_equals(row, "asked_by", review->who->id);
        json_object_set_new(
            row, "can_decide",
            json_boolean(acts && !mine && td_row_equals(row, "refund_state", "asked")));
        json_object_set_new(row, "can_record",
                            json_boolean(acts && ((approved && !platform) ||
                                                  td_row_equals(row, "refund_state", "failed"))));
        json_object_del(row, "asked_by");
    }
    *ret_page = td_row_page(rows, "id");
    return *ret_page ? 0 : TD_ENOMEM;
}
