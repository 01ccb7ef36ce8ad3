/* committees.c - committees and their members, for the office that runs them; bureau and supervisor
 * read. */
#include "api/api.h"
#include "api/place.h"
#include "review/committee.h"
#include "review/row.h"

#include <string.h>

static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    (void)reterr;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_committee_list(&review, td_call_query(call, "cursor"), &reply->value);
    if (rc == 0)
        json_object_set_new(reply->value, "can_write",
                            json_boolean(call->who && (call->who->roles & TD_ROLE_OFFICE)));
    return rc;
}

/* The series of this office, with their levels, to choose from. */
static int new_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    json_t *series = json_array(), *descriptor;
    const char *id;
    (void)reterr;
    json_object_foreach((json_t *)call->catalog, id, descriptor) {
        if (td_account_has(call->who, TD_ROLE_OFFICE, id))
            json_array_append_new(series, json_pack("{s:s, s:s, s:s, s:O?}", "id", id, "name",
                                                    td_row_text(descriptor, "name"), "name_en",
                                                    td_row_text(descriptor, "name_en"), "levels",
                                                    json_object_get(descriptor, "levels")));
    }
    static const char *const levels[] = {"junior", "intermediate", "senior", "full_senior"};
    json_t *options = json_array();
    for (size_t i = 0; i < 4; i++)
        json_array_append_new(options, json_pack("{s:s}", "level", levels[i]));
    reply->value = json_pack("{s:o, s:o}", "series_list", series, "level_options", options);
    return reply->value ? 0 : TD_ENOMEM;
}

static int view_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_committee_view(&review, td_call_param(call, "committee"), &reply->value, reterr);
    if (rc == 0)
        json_object_set_new(reply->value, "can_write",
                            json_boolean(td_account_has(call->who, TD_ROLE_OFFICE,
                                                        td_row_text(reply->value, "series"))));
    return rc;
}

static int create_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    char id[TD_ID_TEXT];
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_committee_create(&review, call->body, id, reterr);
    return rc < 0 ? rc : td_place_created(call, reply, "committees", id);
}

static int seat_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "committee");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_committee_seat(&review, id, td_call_text(call, "account_id"),
                               td_call_text(call, "position"), reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "committees", id);
}

static int unseat_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "committee");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_committee_unseat(&review, id, td_call_param(call, "account"), reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "committees", id);
}

static const struct td_field create_body[] = {
    {"series", TD_FIELD_TEXT, true, 1, 32, NULL, "Series id"},
    {"level", TD_FIELD_TEXT, true, 1, 32, NULL, "Level that the committee reviews"},
    {"name", TD_FIELD_TEXT, true, 1, 120, NULL, "Name"},
    {"founding_unit", TD_FIELD_TEXT, true, 1, 120, NULL, "Authority that set it up"},
    {"members", TD_FIELD_ARRAY, false, 0, 0, NULL,
     "[{\"account_id\", \"position\": chair|deputy|member}]"},
    {0},
};

static const struct td_field seat_body[] = {
    {"account_id", TD_FIELD_TEXT, true, 1, 26, NULL, "An expert of the series"},
    {"position", TD_FIELD_CHOICE, true, 0, 0, "chair|deputy|member", "Position"},
    {0},
};

#define READERS (TD_ROLE_OFFICE | TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR)

const struct td_route td_committees_routes[] = {
    {TD_GET, "/committees", READERS, "Committees of the caller's scope", .query = "cursor",
     .read = list_read, .page = "committees"},
    {TD_GET, "/committees/new", TD_ROLE_OFFICE, "What a new committee needs", .read = new_read,
     .page = "committee_new"},
    {TD_POST, "/committees", TD_ROLE_OFFICE, "Register a committee", .write = create_write,
     .body = create_body},
    {TD_GET, "/committees/{committee}", READERS, "One committee with members and warnings",
     .read = view_read, .page = "committee"},
    {TD_POST, "/committees/{committee}/members", TD_ROLE_OFFICE,
     "Seat an expert or change the position", .write = seat_write, .body = seat_body},
    {TD_DELETE, "/committees/{committee}/members/{account}", TD_ROLE_OFFICE, "Take a member off",
     .write = unseat_write},
    {0},
};
