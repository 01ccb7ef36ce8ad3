/* discussions.c - panels talk about dossiers whose sheets are in; the lead records what they say.
 */
#include "api/api.h"
#include "api/place.h"
#include "review/discussion.h"
#include "review/row.h"

static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    (void)reterr;
    int rc = td_api_review(call, &review);
    return rc < 0 ? rc : td_discussion_list(&review, &reply->value);
}

static int view_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "application");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_discussion_view(&review, id, &reply->value, reterr);
    if (rc == 0)
        reply->version = td_row_int(reply->value, "version");
    return rc;
}

static int record_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "application");
    int64_t version = 0;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_discussion_version(&review, id, &version, reterr);
    if (rc == 0)
        rc = td_call_check_version(call, version, reterr);
    if (rc == 0)
        rc = td_discussion_record(&review, id, td_call_text(call, "opinion"),
                                  td_call_text(call, "text"), &reply->version, reterr);
    if (rc < 0)
        return rc;
    reply->value = json_pack("{s:s, s:I}", "id", id, "version", (json_int_t)reply->version);
    return td_place_at(call, reply, "discussions", id);
}

static const struct td_field opinion_body[] = {
    {"opinion", TD_FIELD_CHOICE, true, 0, 0, "recommend|reserve|against", "The panel's opinion"},
    {"text", TD_FIELD_TEXT, true, 1, 2000, NULL, "In words, for the meeting"},
    {0},
};

const struct td_route td_discussions_routes[] = {
    {TD_GET, "/discussions", TD_ROLE_EXPERT,
     "Dossiers of the caller's panels whose sheets are all in", .read = list_read,
     .page = "discussions"},
    {TD_GET, "/discussions/{application}", TD_ROLE_EXPERT,
     "The sheets side by side, with what they differ in", .read = view_read, .page = "discussion"},
    {TD_PUT, "/discussions/{application}/opinion", TD_ROLE_EXPERT, "Record the panel's opinion",
     .write = record_write, .body = opinion_body, .flags = TD_ROUTE_IF_MATCH},
    {0},
};
