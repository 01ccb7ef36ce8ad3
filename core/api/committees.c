/* committees.c - committees, their members and their approval: the office of the series runs them,
 * the bureau approves, the supervisor reads. */
#include "api/api.h"
#include "api/place.h"
#include "config.h"
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

/* The names that the setting allows, as [{"name"}]. */
static json_t *founding_units(const struct td_call *call)
{
    json_t *list = json_array();
    for (const char *at = call->config->founding_units; *at;) {
        size_t length = strcspn(at, "|");
        json_array_append_new(list, json_pack("{s:s%}", "name", at, length));
        at += length + (at[length] == '|');
    }
    return list;
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
    reply->value = json_pack("{s:o, s:o, s:o}", "series_list", series, "level_options", options,
                             "founding_units", founding_units(call));
    return reply->value ? 0 : TD_ENOMEM;
}

static int view_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_committee_view(&review, td_call_param(call, "committee"), &reply->value, reterr);
    if (rc == 0)
        json_object_set_new(reply->value, "today", json_string(review.today));
    return rc;
}

static int edit_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *one = NULL;
    size_t i;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_committee_view(&review, td_call_param(call, "committee"), &reply->value, reterr);
    if (rc < 0)
        return rc;
    const json_t *series = json_object_get(call->catalog, td_row_text(reply->value, "series"));
    json_t *options = json_array(), *known = NULL;
    json_array_foreach(json_object_get(series, "specialties"), i, known) {
        size_t n;
        bool is_chosen = false;
        json_array_foreach(json_object_get(reply->value, "specialties"), n, one)
            is_chosen |= td_row_equals(one, "specialty", td_row_text(known, "id"));
        if (!td_row_bool(known, "exam_based"))
            json_array_append_new(
                options, json_pack("{s:s, s:s, s:s, s:b}", "id", td_row_text(known, "id"), "name",
                                   td_row_text(known, "name"), "name_en",
                                   td_row_text(known, "name_en"), "chosen", (int)is_chosen));
    }
    json_object_set_new(reply->value, "specialty_options", options);
    json_object_set_new(reply->value, "founding_units", founding_units(call));
    return 0;
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

static int update_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "committee");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_committee_update(&review, id, call->body, reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "committees", id);
}

static int submit_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "committee");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_committee_submit(&review, id, reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "committees", id);
}

static int approve_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "committee");
    const struct td_committee_approval approval = {.approver = td_call_text(call, "approver"),
                                                   .reference = td_call_text(call, "reference"),
                                                   .approved_on =
                                                       td_call_text(call, "approved_on")};
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_committee_approve(&review, id, &approval, reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "committees", id);
}

static int refuse_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "committee");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_committee_refuse(&review, id, td_call_text(call, "reason"), reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "committees", id);
}

static int withdraw_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "committee");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_committee_withdraw(&review, id, td_call_text(call, "reason"), reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "committees", id);
}

static int drop_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "committee");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_committee_drop_changes(&review, id, reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "committees", id);
}

static int seat_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "committee");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_committee_seat(&review, id, td_call_text(call, "account_id"),
                               td_call_text(call, "position"), td_call_text(call, "outside_reason"),
                               reterr);
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

#define REGISTRATION                                                                                \
    {"founding_unit", TD_FIELD_TEXT, true, 1, 120, NULL, "One of the setting founding_units"},      \
        {"kind", TD_FIELD_CHOICE, false, 0, 0, "series|specialty", "Of the series, or some of it"}, \
        {"specialties", TD_FIELD_ARRAY, false, 0, 0, NULL, "Of a committee by specialty: ids"},     \
        {"term_years", TD_FIELD_INT, false, 1, TD_COMMITTEE_TERM_YEARS, NULL, "At most three"},     \
        {"adjusted_minimum",                                                                        \
         TD_FIELD_INT,                                                                              \
         false,                                                                                     \
         0,                                                                                         \
         999,                                                                                       \
         NULL,                                                                                      \
         "Fewest members that the region consented to; 0 = the rule's"},                            \
    {                                                                                               \
        "adjustment_reference", TD_FIELD_TEXT, false, 0, 80, NULL, "Number of that consent"         \
    }

static const struct td_field create_body[] = {
    {"series", TD_FIELD_TEXT, true, 1, 32, NULL, "Series id"},
    {"level", TD_FIELD_TEXT, true, 1, 32, NULL, "Level that the committee reviews"},
    {"name", TD_FIELD_TEXT, true, 1, 120, NULL, "Name"},
    REGISTRATION,
    {"members", TD_FIELD_ARRAY, false, 0, 0, NULL,
     "[{\"account_id\", \"position\": chair|deputy|member, \"outside_reason\"}]"},
    {0},
};

static const struct td_field update_body[] = {
    {"name", TD_FIELD_TEXT, true, 1, 120, NULL, "Name"},
    REGISTRATION,
    {0},
};

static const struct td_field approve_body[] = {
    {"approver", TD_FIELD_CHOICE, false, 0, 0, "region|city",
     "Whose approval it is; refused when the other decides"},
    {"reference", TD_FIELD_TEXT, true, 1, 80, NULL, "Document number of the approval"},
    {"approved_on", TD_FIELD_DATE, true, 0, 0, NULL, "Day of the approval"},
    {0},
};

static const struct td_field reason_body[] = {
    {"reason", TD_FIELD_TEXT, true, 1, 500, NULL, "Why"},
    {0},
};

static const struct td_field seat_body[] = {
    {"account_id", TD_FIELD_TEXT, true, 1, 26, NULL, "An expert of the series"},
    {"position", TD_FIELD_CHOICE, true, 0, 0, "chair|deputy|member", "Position"},
    {"outside_reason", TD_FIELD_TEXT, false, 0, TD_COMMITTEE_REASON, NULL,
     "Why, of who is in no approved expert pool"},
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
    {TD_GET, "/committees/{committee}/edit", READERS, "The same, to change a drafted one",
     .read = edit_read, .page = "committee_edit"},
    {TD_PUT, "/committees/{committee}", TD_ROLE_OFFICE, "Change a drafted committee",
     .write = update_write, .body = update_body},
    {TD_POST, "/committees/{committee}/submit", TD_ROLE_OFFICE,
     "Hand a committee, or changes of an approved one, to its approver", .write = submit_write},
    {TD_POST, "/committees/{committee}/approve", TD_ROLE_BUREAU,
     "Approve, or record the region's approval of a senior one", .write = approve_write,
     .body = approve_body, .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/committees/{committee}/refuse", TD_ROLE_BUREAU, "Send it back to the office",
     .write = refuse_write, .body = reason_body, .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/committees/{committee}/withdraw", TD_ROLE_OFFICE | TD_ROLE_BUREAU,
     "End a committee for good", .write = withdraw_write, .body = reason_body,
     .flags = TD_ROUTE_STEP_UP},
    {TD_DELETE, "/committees/{committee}/changes", TD_ROLE_OFFICE, "Give up the changes that wait",
     .write = drop_write},
    {TD_POST, "/committees/{committee}/members", TD_ROLE_OFFICE,
     "Seat an expert or change the position", .write = seat_write, .body = seat_body},
    {TD_DELETE, "/committees/{committee}/members/{account}", TD_ROLE_OFFICE, "Take a member off",
     .write = unseat_write},
    {0},
};
