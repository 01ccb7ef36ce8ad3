/* payments.c - the payment platform's notification, differences between both sides, refunds. */
#include "api/api.h"
#include "api/place.h"
#include "review/payment.h"
#include "review/refund.h"
#include "review/row.h"

#include <string.h>

static int notify(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *standing = "";
    const struct td_payment payment = {.order = td_call_text(call, "order"),
                                       .reference = td_call_text(call, "payment"),
                                       .paid_on = td_call_text(call, "paid_on"),
                                       .amount_cents = td_call_int(call, "amount_cents")};
    int result = td_api_review(call, &review);
    if (!result)
        result = td_payment_check(&payment, td_call_text(call, "signature"), reterr);
    review.who = NULL; /* the signature says who speaks, whatever session came along */
    if (!result)
        result = td_payment_take(&review, &payment, "notified", &standing, reterr);
    if (!result)
        reply->value = json_pack("{s:b}", "received", 1);
    return result;
}

static int differences(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    bool all = !strcmp(td_call_query(call, "show"), "all");
    (void)reterr;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_payment_differences(&review, all, td_call_query(call, "cursor"), &reply->value);
    if (result)
        return result;
    bool acts = td_row_is(&review, TD_ROLE_OFFICE | TD_ROLE_BUREAU);
    json_object_set_new(reply->value, "all", json_boolean(all));
    json_object_set_new(reply->value, "acts", json_boolean(acts));
    json_object_set_new(reply->value, "has_platform", json_boolean(td_payment_has_platform()));
    return 0;
}

static int ask_day(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_payment_ask_day(&review, td_call_text(call, "day"), reterr);
    reply->status = 202;
    reply->location = "/payments/differences";
    return result;
}

static int settle(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_payment_settle(&review, td_call_param(call, "payment"),
                                   td_call_text(call, "note"), reterr);
    reply->status = 204;
    reply->location = "/payments/differences";
    return result;
}

static int ask_refund(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    char id[TD_ID_TEXT];
    int result = td_api_review(call, &review);
    if (!result)
        result = td_refund_ask(&review, td_call_param(call, "payment"), td_call_text(call, "note"),
                               id, reterr);
    if (result)
        return result;
    reply->status = 201;
    reply->value = json_pack("{s:s}", "id", id);
    reply->location = "/refunds";
    return 0;
}

static int refunds(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    bool all = !strcmp(td_call_query(call, "show"), "all");
    (void)reterr;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_refund_list(&review, all, td_call_query(call, "cursor"), &reply->value);
    if (!result)
        json_object_set_new(reply->value, "all", json_boolean(all));
    return result;
}

static int decide(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    bool approve = !strcmp(td_call_text(call, "outcome"), "approve");
    int result = td_api_review(call, &review);
    if (!result)
        result = td_refund_decide(&review, td_call_param(call, "refund"), approve,
                                  td_call_text(call, "note"), reterr);
    reply->status = 204;
    reply->location = "/refunds";
    return result;
}

static int record(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_refund_record(&review, td_call_param(call, "refund"),
                                  td_call_text(call, "receipt"), reterr);
    reply->status = 204;
    reply->location = "/refunds";
    return result;
}

static const struct td_field notify_body[] = {
    {"order", TD_FIELD_TEXT, true, 1, 80, NULL, "Number of our order"},
    {"payment", TD_FIELD_TEXT, true, 1, 64, NULL, "The platform's number for the payment"},
    {"amount_cents", TD_FIELD_INT, true, 1, 100000000, NULL, "Amount in cents"},
    {"paid_on", TD_FIELD_DATE, true, 0, 0, NULL, "Day of payment"},
    {"signature", TD_FIELD_TEXT, true, 1, 64, NULL,
     "HMAC-SM3 of order, payment, amount_cents and paid_on with line ends between them, hex"},
    {0},
};

static const struct td_field day_body[] = {
    {"day", TD_FIELD_DATE, true, 0, 0, NULL, "A day that is over"},
    {0},
};

static const struct td_field note_body[] = {
    {"note", TD_FIELD_TEXT, true, 1, 500, NULL, "Why"},
    {0},
};

static const struct td_field decide_body[] = {
    {"outcome", TD_FIELD_CHOICE, true, 0, 0, "approve|refuse", "The decision"},
    {"note", TD_FIELD_TEXT, false, 0, 500, NULL, "Why; a refusal needs it"},
    {0},
};

static const struct td_field receipt_body[] = {
    {"receipt", TD_FIELD_TEXT, true, 1, 60, NULL, "Number of the transfer"},
    {0},
};

#define PAYS (TD_ROLE_OFFICE | TD_ROLE_BUREAU)

const struct td_route td_payments_routes[] = {
    {TD_POST, "/payments/notifications", TD_ROLE_PUBLIC | TD_ROLE_ANY,
     "The payment platform says that an order was paid; signed", .write = notify,
     .body = notify_body},
    {TD_GET, "/payments/differences", PAYS | TD_ROLE_SUPERVISOR,
     "What the payment platform and we say differently; show=all, cursor", .query = "show cursor",
     .read = differences, .page = "differences"},
    {TD_POST, "/payments/statements", TD_ROLE_BUREAU,
     "Ask the payment platform for the statement of a day", .write = ask_day, .body = day_body},
    {TD_POST, "/payments/{payment}/settle", TD_ROLE_BUREAU,
     "Note why a difference is none any more", .write = settle, .body = note_body,
     .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/payments/{payment}/refund", PAYS, "Ask to give a payment back", .write = ask_refund,
     .body = note_body, .flags = TD_ROUTE_STEP_UP},
    {TD_GET, "/refunds", PAYS | TD_ROLE_SUPERVISOR, "Refunds that have not ended; show=all, cursor",
     .query = "show cursor", .read = refunds, .page = "refunds"},
    {TD_POST, "/refunds/{refund}/decide", PAYS, "Approve or refuse a refund, as a second person",
     .write = decide, .body = decide_body, .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/refunds/{refund}/receipt", PAYS, "Record that it was paid back by hand",
     .write = record, .body = receipt_body, .flags = TD_ROUTE_STEP_UP},
    {0},
};
