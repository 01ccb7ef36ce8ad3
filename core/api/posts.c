/* posts.c - titles in use: who is to be appointed and paid, and what the unit and the bureau record
 * of it. */
#include "review/post.h"

#include "api/api.h"
#include "api/place.h"
#include "review/row.h"

static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    (void)reterr;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_post_list(&review, td_call_query(call, "late"), td_call_query(call, "cursor"),
                          &reply->value);
    if (rc == 0)
        json_object_set_new(reply->value, "only_late", json_boolean(*td_call_query(call, "late")));
    return rc;
}

static int appoint_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "title");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_post_appoint(&review, id, call->body, reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "titles", id);
}

static int pay_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "title");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_post_pay(&review, id, td_call_text(call, "honoured_on"), reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "titles", id);
}

static int transfer_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "title"), *effect = "";
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_post_transfer(&review, id, call->body, &effect, reterr);
    if (rc < 0)
        return rc;
    reply->value = json_pack("{s:s, s:s}", "id", id, "effect", effect);
    return td_place_at(call, reply, "titles", id);
}

static int retire_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "title");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_post_retire(&review, id, td_call_text(call, "retired_on"), reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "titles", id);
}

static const struct td_field appoint_body[] = {
    {"grade", TD_FIELD_INT, true, 1, 13, NULL, "post grade"},
    {"pre_directed_grade", TD_FIELD_INT, true, 0, 13, NULL,
     "post grade held before the directed evaluation; 0 = none"},
    {"appointed_on", TD_FIELD_DATE, true, 0, 0, NULL, "first day in the post"},
    {"pay_effective_on", TD_FIELD_DATE, true, 0, 0, NULL, "day from which the pay is due"},
    {"document", TD_FIELD_TEXT, true, 1, 80, NULL, "number of the appointment"},
    {0},
};

static const struct td_field pay_body[] = {
    {"honoured_on", TD_FIELD_DATE, true, 0, 0, NULL, "day on which the pay was honoured"},
    {0},
};

static const struct td_field transfer_body[] = {
    {"to_unit", TD_FIELD_TEXT, false, 0, 120, NULL, "id, code or name of a registered unit"},
    {"to_name", TD_FIELD_TEXT, false, 0, 120, NULL,
     "name of another one; counts as non-grassroots"},
    {"moved_on", TD_FIELD_DATE, true, 0, 0, NULL, "first day there"},
    {"document", TD_FIELD_TEXT, true, 1, 80, NULL, "number of the transfer"},
    {0},
};

static const struct td_field retire_body[] = {
    {"retired_on", TD_FIELD_DATE, true, 0, 0, NULL, "day of retirement"},
    {0},
};

#define READERS                                                                                    \
    (TD_ROLE_UNIT | TD_ROLE_DISTRICT_INDUSTRY | TD_ROLE_DISTRICT_HR | TD_ROLE_BUREAU |             \
     TD_ROLE_SUPERVISOR)

const struct td_route td_posts_routes[] = {
    {TD_GET, "/posts", READERS, "Titles in use in the caller's scope; late=any for overdue ones",
     .query = "late cursor", .read = list_read, .page = "posts"},
    {TD_POST, "/titles/{title}/appointment", TD_ROLE_UNIT | TD_ROLE_BUREAU,
     "Appoint the holder; uses the reserved post", .write = appoint_write, .body = appoint_body,
     .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/titles/{title}/pay", TD_ROLE_UNIT | TD_ROLE_BUREAU,
     "Record that the pay is honoured", .write = pay_write, .body = pay_body},
    {TD_POST, "/titles/{title}/transfer", TD_ROLE_BUREAU,
     "Record a transfer: suspends, reinstates or keeps the title", .write = transfer_write,
     .body = transfer_body, .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/titles/{title}/retirement", TD_ROLE_BUREAU, "Record the holder's retirement",
     .write = retire_write, .body = retire_body, .flags = TD_ROUTE_STEP_UP},
    {0},
};
