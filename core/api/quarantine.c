/* quarantine.c - ending the quarantine of a standard. */
#include "api/api.h"
#include "api/place.h"
#include "review/quarantine.h"

static int lift_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "standard");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_quarantine_lift(&review, id, td_call_text(call, "reason"), reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "standards", id);
}

static const struct td_field reason_body[] = {
    {"reason", TD_FIELD_TEXT, true, 2, 500, NULL, "Why; kept on the ledger"},
    {0},
};

const struct td_route td_quarantine_routes[] = {
    {.method = TD_POST,
     .path = "/standards/{standard}/quarantine/lift",
     .roles = TD_ROLE_ADMIN,
     .summary = "Let a standard that took workers down be put in force again",
     .write = lift_write,
     .body = reason_body,
     .flags = TD_ROUTE_STEP_UP},
    {0},
};
