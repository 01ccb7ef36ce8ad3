/* second_factor.c - the own second factor: set it up, replace it, recovery codes, remove it.
 *
 * The secret is shown as a QR code and in letters until a code of it has come back; recovery codes
 * are shown once. */
#include "api/api.h"

#include "base/strbuf.h"
#include "review/qr.h"
#include "review/row.h"
#include "review/second_factor.h"

#include <string.h>

static int prepare(struct td_call *call, struct td_review *review, struct td_error *reterr)
{
    if (!strcmp(call->who->id, td_account_console()->id))
        return td_error_set(reterr, TD_ENOTFOUND, "the console has no account of its own");
    return td_api_review(call, review);
}

static int view(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *factor = NULL;
    int result = prepare(call, &review, reterr);
    if (result == 0)
        result = td_second_factor_view(&review, &factor);
    if (result < 0)
        return result;
    bool off = td_row_equals(factor, "policy", "off");
    reply->value =
        json_pack("{s:o, s:b, s:b, s:b, s:b}", "second_factor", factor, "off", off, "may_remove",
                  td_row_bool(factor, "may_remove"), "must_enrol", call->who->must_enrol,
                  "may_start", !off && !*td_row_text(factor, "uri"));
    return reply->value ? 0 : TD_ENOMEM;
}

static int qr_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    struct td_strbuf svg;
    json_t *factor = NULL;
    int result = prepare(call, &review, reterr);
    if (result == 0)
        result = td_second_factor_view(&review, &factor);
    if (result < 0)
        return result;
    td_strbuf_init(&svg);
    const char *uri = td_row_text(factor, "uri");
    result = *uri ? td_qr_svg(uri, &svg)
                  : td_error_key(reterr, TD_ECONFLICT, "second_factor_not_offered", NULL);
    if (result == 0) {
        reply->bytes = td_arena_strndup(call->arena, svg.bytes, svg.length);
        reply->length = svg.length;
        reply->type = "image/svg+xml";
        result = reply->bytes ? 0 : TD_ENOMEM;
    }
    td_strbuf_done(&svg);
    json_decref(factor);
    return result;
}

static int offer_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int result = prepare(call, &review, reterr);
    if (result == 0)
        result = td_second_factor_offer(&review, reterr);
    reply->location = "/account/second-factor";
    return result == 0 ? view(call, reply, reterr) : result;
}

static int show_codes(struct td_reply *reply, json_t *codes)
{
    reply->value = json_pack("{s:o}", "recovery_codes", codes);
    return reply->value ? 0 : TD_ENOMEM;
}

static int confirm_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *codes = NULL;
    int result = prepare(call, &review, reterr);
    if (result == 0)
        result = td_second_factor_confirm(&review, td_call_text(call, "one_time_code"),
                                          call->session_id, &codes, reterr);
    return result == 0 ? show_codes(reply, codes) : result;
}

static int renew_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *codes = NULL;
    int result = prepare(call, &review, reterr);
    if (result == 0)
        result = td_second_factor_renew(&review, &codes, reterr);
    return result == 0 ? show_codes(reply, codes) : result;
}

static int remove_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int result = prepare(call, &review, reterr);
    if (result == 0)
        result = td_second_factor_remove(&review, reterr);
    reply->status = 204;
    reply->location = "/account/second-factor";
    return result;
}

static const struct td_field confirm_body[] = {
    {"one_time_code", TD_FIELD_TEXT, true, 1, 40, NULL, "Six digits that the authenticator shows"},
    {0},
};

const struct td_route td_second_factor_routes[] = {
    {.method = TD_GET,
     .path = "/account/second-factor",
     .roles = TD_ROLE_ANY,
     .summary = "The own second factor, and its secret while it is being set up",
     .read = view,
     .page = "account_second_factor",
     .flags = TD_ROUTE_ENROL},
    {.method = TD_GET,
     .path = "/account/second-factor/qr",
     .roles = TD_ROLE_ANY,
     .summary = "The secret that is being set up, as a QR code",
     .read = qr_read,
     .flags = TD_ROUTE_ENROL},
    {.method = TD_POST,
     .path = "/account/second-factor",
     .roles = TD_ROLE_ANY,
     .summary = "Make a new secret, which counts once it is confirmed",
     .write = offer_write,
     .flags = TD_ROUTE_ENROL | TD_ROUTE_STEP_UP | TD_ROUTE_SECRET},
    {.method = TD_POST,
     .path = "/account/second-factor/confirm",
     .roles = TD_ROLE_ANY,
     .summary = "Confirm the new secret with a code of it; answers recovery codes, once",
     .write = confirm_write,
     .page = "account_recovery_codes",
     .body = confirm_body,
     .flags = TD_ROUTE_ENROL | TD_ROUTE_STEP_UP | TD_ROUTE_SECRET},
    {.method = TD_POST,
     .path = "/account/second-factor/recovery-codes",
     .roles = TD_ROLE_ANY,
     .summary = "New recovery codes instead of the former ones",
     .write = renew_write,
     .page = "account_recovery_codes",
     .flags = TD_ROUTE_STEP_UP | TD_ROUTE_SECRET},
    {.method = TD_DELETE,
     .path = "/account/second-factor",
     .roles = TD_ROLE_ANY,
     .summary = "Remove the own second factor, where it is not required",
     .write = remove_write,
     .flags = TD_ROUTE_STEP_UP},
    {0},
};
