/* fees.c - the fee of an accepted dossier. The cycle's figure is recorded with the receipt of the
 * treasury's own channel; money never passes through here. */
#include "api/api.h"
#include "review/fee.h"

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

static const struct td_field fee_body[] = {
    {"receipt", TD_FIELD_TEXT, true, 1, 60, NULL, "number of the treasury's receipt"},
    {"paid_on", TD_FIELD_DATE, true, 0, 0, NULL, "day of payment"},
    {0},
};

const struct td_route td_fees_routes[] = {
    {.method = TD_POST,
     .path = "/applications/{application}/fee",
     .roles = TD_ROLE_OFFICE,
     .summary = "Record that the fee was paid",
     .write = record,
     .body = fee_body},
    {0},
};
