/* codes.c - the national codes, for who exchanges data with this system. */
#include "api/api.h"

#include "review/code.h"

static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *lists = NULL;
    (void)reterr;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_code_lists(&review, &lists);
    if (rc < 0)
        return rc;
    reply->value = json_pack("{s:o, s:n}", "items", lists, "next");
    return reply->value ? 0 : TD_ENOMEM;
}

const struct td_route td_codes_routes[] = {
    {TD_GET, "/codes", TD_ROLE_PUBLIC | TD_ROLE_ANY,
     "National codes (GB/T) of districts, sex, ethnicity, politics, education, degrees and titles",
     .read = list_read},
    {0},
};
