/* fees.c - what a dossier costs: its order, the payer's way to the platform, the receipt of the
 * treasury's own counter. Money never passes through here. What both sides say about it is
 * payments.c. */
#include "api/api.h"
#include "review/fee.h"
#include "review/payment.h"
#include "review/row.h"

#define READERS                                                                                    \
    (TD_ROLE_APPLICANT | TD_ROLE_UNIT | TD_ROLE_DISTRICT_INDUSTRY | TD_ROLE_DISTRICT_HR |          \
     TD_ROLE_OFFICE | TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR)

static int show(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_fee_view(&review, td_call_param(call, "application"), &reply->value, reterr);
    return result;
}

static int record(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "application");
    int64_t cents = 0;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_fee_record(&review, id, td_call_text(call, "receipt"),
                               td_call_text(call, "paid_on"), &cents, reterr);
    if (result)
        return result;
    reply->status = 201;
    reply->value = json_pack("{s:s, s:I}", "id", id, "amount_cents", (json_int_t)cents);
    reply->location = "/queue?state=fee_due";
    return 0;
}

static int ask(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "application");
    int result = td_api_review(call, &review);
    if (!result)
        result = td_payment_ask(&review, id, reterr);
    reply->status = 202;
    reply->location = td_arena_printf(call->arena, "/applications/%s/fee", id);
    return result;
}

static int list(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    static const char *const states[] = {"due", "paid", "cancelled", "refunded"};
    struct td_review review;
    const char *state = td_call_query(call, "state");
    (void)reterr;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_fee_list(&review, td_call_query(call, "cycle"), state,
                             td_call_query(call, "cursor"), &reply->value);
    if (result)
        return result;
    json_t *options = json_array();
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        json_array_append_new(options, json_pack("{s:s}", "order_state", states[i]));
    json_object_set_new(reply->value, "states", options);
    return 0;
}

static const struct td_field fee_body[] = {
    {"receipt", TD_FIELD_TEXT, true, 1, 60, NULL, "number of the treasury's receipt"},
    {"paid_on", TD_FIELD_DATE, true, 0, 0, NULL, "day of payment"},
    {0},
};

const struct td_route td_fees_routes[] = {
    {.method = TD_GET,
     .path = "/applications/{application}/fee",
     .roles = READERS,
     .summary = "The dossier's fee: order, payments, refunds, where to pay",
     .read = show,
     .page = "fee"},
    {.method = TD_POST,
     .path = "/applications/{application}/fee",
     .roles = TD_ROLE_OFFICE,
     .summary = "Record that the fee was paid",
     .write = record,
     .body = fee_body},
    {.method = TD_POST,
     .path = "/applications/{application}/fee/query",
     .roles = TD_ROLE_APPLICANT | TD_ROLE_OFFICE | TD_ROLE_BUREAU,
     .summary = "Ask the payment platform whether the fee was paid",
     .write = ask},
    {.method = TD_GET,
     .path = "/fees",
     .roles = TD_ROLE_OFFICE | TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR,
     .summary = "Fee orders: cycle, state, cursor",
     .query = "cycle state cursor",
     .read = list,
     .page = "fees"},
    {0},
};
