/* api.c - the list of resources, and the way from a call to the field's functions. */
#include "api/api.h"

const struct td_route *const td_api_resources[] = {
#define X(resource) td_##resource##_routes,
    TD_RESOURCES(X)
#undef X
        NULL,
};

int td_api_review(struct td_call *call, struct td_review *ret_review)
{
    *ret_review = (struct td_review){.tx = call->tx,
                                     .arena = call->arena,
                                     .who = call->who,
                                     .catalog = call->catalog,
                                     .config = call->config,
                                     .calendar = call->calendar,
                                     .seal = call->seal};
    td_review_now(ret_review);
    return 0;
}
