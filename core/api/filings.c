/* filings.c - confirmation after the result notice, filing with the region, certificates. */
#include "api/api.h"
#include "api/place.h"
#include "review/cycle.h"
#include "review/filing.h"
#include "review/row.h"

#include <string.h>

static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *cycles = NULL;
    (void)reterr;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_filing_list(&review, td_call_query(call, "cursor"), &reply->value);
    if (rc == 0)
        rc = td_cycle_list(&review, "", "", "", &cycles);
    if (rc < 0)
        return rc;
    json_object_set(reply->value, "cycles", json_object_get(cycles, "items"));
    json_object_set_new(reply->value, "can_write",
                        json_boolean(call->who && (call->who->roles & TD_ROLE_BUREAU)));
    json_decref(cycles);
    return 0;
}

static int view_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_filing_view(&review, td_call_param(call, "filing"), &reply->value, reterr);
    if (rc == 0)
        json_object_set_new(reply->value, "today", json_string(review.today));
    return rc;
}

/* The roll of a filing: what the region's platform takes as a table. */
static int people_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *filing = NULL;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_filing_view(&review, td_call_param(call, "filing"), &filing, reterr);
    if (rc < 0)
        return rc;
    json_t *people = json_object_get(json_object_get(filing, "package"), "people");
    reply->value = json_pack("{s:O?, s:n}", "items", people, "next");
    json_decref(filing);
    return reply->value ? 0 : TD_ENOMEM;
}

static int confirm_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int64_t confirmed = 0, kept_back = 0;
    const char *id = td_call_param(call, "notice");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_filing_confirm(&review, id, &confirmed, &kept_back, reterr);
    if (rc < 0)
        return rc;
    reply->value = json_pack("{s:s, s:I, s:I}", "id", id, "confirmed", (json_int_t)confirmed,
                             "kept_back", (json_int_t)kept_back);
    return td_place_at(call, reply, "notices", id);
}

static int prepare_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    char id[TD_ID_TEXT];
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_filing_prepare(&review, td_call_text(call, "cycle_id"), id, reterr);
    return rc < 0 ? rc : td_place_created(call, reply, "filings", id);
}

static int send_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "filing");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_filing_send(&review, id, reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "filings", id);
}

static int approve_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "filing");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_filing_approve(&review, id, td_call_text(call, "reference"),
                               td_call_text(call, "approved_on"), reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "filings", id);
}

static int refuse_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "filing");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_filing_refuse(&review, id, td_call_text(call, "reason"), reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "filings", id);
}

static int certify_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int64_t issued = 0;
    const char *id = td_call_param(call, "filing");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_filing_certify(&review, id, &issued, reterr);
    if (rc < 0)
        return rc;
    reply->value = json_pack("{s:s, s:I}", "id", id, "issued", (json_int_t)issued);
    return td_place_at(call, reply, "filings", id);
}

static const struct td_field prepare_body[] = {
    {"cycle_id", TD_FIELD_ID, true, 0, 0, NULL, "Cycle whose confirmed dossiers are packed"},
    {0},
};

static const struct td_field approve_body[] = {
    {"reference", TD_FIELD_TEXT, true, 1, 80, NULL, "Document number of the approval"},
    {"approved_on", TD_FIELD_DATE, true, 0, 0, NULL, "Day of the approval"},
    {0},
};

static const struct td_field refuse_body[] = {
    {"reason", TD_FIELD_TEXT, true, 1, 500, NULL, "Why it was refused"},
    {0},
};

#define READERS (TD_ROLE_BUREAU | TD_ROLE_OFFICE | TD_ROLE_SUPERVISOR)

const struct td_route td_filings_routes[] = {
    {TD_POST, "/notices/{notice}/confirm", TD_ROLE_BUREAU,
     "Confirm the dossiers of a result notice that is over", .write = confirm_write},
    {TD_GET, "/filings", READERS, "Filings, newest first", .query = "cursor", .read = list_read,
     .page = "filings"},
    {TD_POST, "/filings", TD_ROLE_BUREAU, "Pack the confirmed dossiers of a cycle",
     .write = prepare_write, .body = prepare_body},
    {TD_GET, "/filings/{filing}", READERS, "One filing with its package", .read = view_read,
     .page = "filing"},
    {TD_GET, "/filings/{filing}/people", READERS, "Its people with national codes; ?format=csv",
     .read = people_read},
    {TD_POST, "/filings/{filing}/send", TD_ROLE_BUREAU, "Mark as sent to the region",
     .write = send_write},
    {TD_POST, "/filings/{filing}/approve", TD_ROLE_BUREAU, "Record the region's approval",
     .write = approve_write, .body = approve_body},
    {TD_POST, "/filings/{filing}/refuse", TD_ROLE_BUREAU, "Record a refusal", .write = refuse_write,
     .body = refuse_body},
    {TD_POST, "/filings/{filing}/certify", TD_ROLE_BUREAU, "Issue the titles of an approved filing",
     .write = certify_write},
    {0},
};
