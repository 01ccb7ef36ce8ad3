/* recheck.c - stored scores of a cycle computed again, a page at a time. */
#include "api/api.h"
#include "review/recheck.h"

static int recheck_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *job = NULL;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_recheck_page(&review, td_call_param(call, "cycle"), td_call_query(call, "after"),
                             &reply->value, &job, reterr);
    if (rc < 0)
        return rc;
    call->job = td_arena_json(call->arena, job);
    return call->job ? 0 : TD_ENOMEM;
}

static int recheck_work(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reterr;
    td_recheck_add(reply->value, call->result);
    return 0;
}

const struct td_route td_recheck_routes[] = {
    {.method = TD_GET,
     .path = "/cycles/{cycle}/recheck",
     .roles = TD_ROLE_ADMIN | TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR,
     .summary = "Stored scores of a cycle computed again, and what differs; after the \"next\" of "
                "the page before",
     .query = "after",
     .read = recheck_read,
     .work = TD_WORK_SCORER,
     .work_fn = recheck_work},
    {0},
};
