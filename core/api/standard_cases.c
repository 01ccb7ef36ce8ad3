/* standard_cases.c - golden cases amended for a standard: review/standard_case.h. */
#include "api/api.h"
#include "api/place.h"
#include "review/cycle.h"
#include "review/golden.h"
#include "review/row.h"
#include "review/standard.h"
#include "review/standard_case.h"

static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *standard = NULL, *items = NULL;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_standard_load_seen(&review, td_call_param(call, "standard"), &standard, reterr);
    if (rc == 0 && !td_cycle_insider(review.who, td_row_text(standard, "series")))
        rc = td_error_set(reterr, TD_ENOTFOUND, "not public");
    if (rc == 0)
        rc = td_standard_case_list(&review, standard, true, &items);
    if (rc == 0)
        reply->value = json_pack("{s:o, s:n}", "items", items, "next");
    json_decref(standard);
    return rc;
}

/* Reads the level's files, for the writer waits for none. A change since shows by their hashes. */
static int amend_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *standard = NULL, *cases = NULL;
    (void)reply;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_standard_load_to_write(&review, td_call_param(call, "standard"), "draft trial",
                                       &standard, reterr);
    if (rc == 0)
        rc = td_golden_cases(call->config, td_row_text(standard, "series"),
                             td_row_text(standard, "level"), &cases, reterr);
    json_decref(standard);
    if (rc < 0)
        return rc;
    call->kept = td_arena_json(call->arena, cases);
    return call->kept ? 0 : TD_ENOMEM;
}

static int amend_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *changes = NULL;
    const char *id = td_call_param(call, "standard"), *trial = td_call_text(call, "trial");
    const struct td_standard_amendment amendment = {.file = td_call_text(call, "file"),
                                                    .arithmetic = td_call_text(call, "arithmetic"),
                                                    .cases = call->kept,
                                                    .trial = trial};
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_standard_case_amend(&review, id, &amendment, &changes, reterr);
    if (rc < 0)
        return rc;
    reply->value = json_pack("{s:s, s:o}", "file", amendment.file, "changes", changes);
    return *trial ? td_place_at(call, reply, "trials", trial)
                  : td_place_at(call, reply, "standards", id);
}

static const struct td_field amend_body[] = {
    {"file", TD_FIELD_TEXT, true, 1, 255, NULL, "Of the case, as the trial names it"},
    {"arithmetic", TD_FIELD_TEXT, true, 4, 2000, NULL,
     "How the new values are worked out, for who checks them"},
    {"trial", TD_FIELD_ID, false, 0, 0, NULL,
     "Whose differences were read: 412 when another one counts now"},
    {0},
};

const struct td_route td_standard_cases_routes[] = {
    {.method = TD_GET,
     .path = "/standards/{standard}/cases",
     .roles = TD_STANDARD_READERS,
     .summary = "Golden cases amended for this standard, each with the file as it should be",
     .read = list_read},
    {.method = TD_POST,
     .path = "/standards/{standard}/cases",
     .roles = TD_STANDARD_WRITERS,
     .summary = "Amend one golden case for a draft: it expects what the trial found from now on",
     .read = amend_read,
     .write = amend_write,
     .body = amend_body},
    {0},
};
