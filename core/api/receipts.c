/* receipts.c - how an objection or a complaint stands, for who holds its receipt. */
#include "review/receipt.h"

#include "api/api.h"

static int show_form(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)call;
    (void)reterr;
    reply->value = json_pack("{s:b}", "searched", 0);
    return reply->value ? 0 : TD_ENOMEM;
}

/* Asked with POST: the code belongs in no address and no log. */
static int look_up(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *status = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_receipt_open(&review, td_call_text(call, "receipt_number"),
                                 td_call_text(call, "receipt_code"), &status, reterr);
    if (result)
        return result;
    reply->value = json_pack("{s:b, s:o}", "searched", 1, "receipt", status);
    return reply->value ? 0 : TD_ENOMEM;
}

static const struct td_field look_up_body[] = {
    {"receipt_number", TD_FIELD_TEXT, true, 1, 60, NULL, "Number of the receipt"},
    {"receipt_code", TD_FIELD_TEXT, true, 1, 60, NULL, "Code of the receipt"},
    {0},
};

const struct td_route td_receipts_routes[] = {
    {TD_GET, "/receipts", TD_ROLE_PUBLIC, "The form for looking up an objection or a complaint",
     .read = show_form, .page = "receipt_status"},
    {TD_POST, "/receipts", TD_ROLE_PUBLIC,
     "How an objection or a complaint stands and what it is answered, by its receipt",
     .read = look_up, .body = look_up_body, .page = "receipt_status", .limit = TD_LIMIT_GUESS,
     .flags = TD_ROUTE_SECRET},
    {0},
};
