/* quota.c - directed posts: what there is of them, what became of each, and the bureau's grants. */
#include "review/quota.h"

#include "api/api.h"
#include "review/row.h"
#include "review/unit.h"

#include <stdlib.h>
#include <string.h>

static void add_choices(struct td_call *call, struct td_review *review, json_t *value)
{
    static const char *const levels[] = {"intermediate", "senior", "full_senior"};
    json_t *series = json_array(), *options = json_array(), *descriptor;
    const char *id;
    json_object_foreach((json_t *)call->catalog, id, descriptor)
        json_array_append_new(series, json_pack("{s:s, s:s, s:s}", "series", id, "name",
                                                td_row_text(descriptor, "name"), "name_en",
                                                td_row_text(descriptor, "name_en")));
    for (size_t i = 0; i < 3; i++)
        json_array_append_new(options, json_pack("{s:s}", "level", levels[i]));
    json_object_set_new(value, "series_list", series);
    json_object_set_new(value, "level_options", options);
    json_object_set_new(value, "this_year", json_integer(strtol(review->today, NULL, 10)));
    json_object_set_new(value, "can_write",
                        json_boolean(call->who && (call->who->roles & TD_ROLE_BUREAU)));
}

static int add_divisions(struct td_review *review, json_t *value)
{
    json_t *divisions = NULL;
    int rc = td_unit_divisions(review->tx, &divisions);
    return rc < 0 ? rc : json_object_set_new(value, "divisions", divisions);
}

static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    (void)reterr;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_quota_list(&review, call->query, &reply->value);
    if (rc == 0)
        add_choices(call, &review, reply->value);
    return rc < 0 ? rc : add_divisions(&review, reply->value);
}

static int entries_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reterr;
    static const char *const members[] = {"year", "division", "series", "level", "pool"};
    struct td_review review;
    struct td_quota_pot pot = {atoll(td_call_query(call, "year")), td_call_query(call, "division"),
                               td_call_query(call, "series"), td_call_query(call, "level"),
                               td_call_query(call, "pool")};
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_quota_entries(&review, &pot, td_call_query(call, "cursor"), &reply->value);
    for (size_t i = 0; rc == 0 && i < sizeof(members) / sizeof(members[0]); i++)
        json_object_set_new(reply->value, members[i], json_string(td_call_query(call, members[i])));
    return rc;
}

static int grant_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int64_t sequence = 0;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_quota_grant(&review, call->body, &sequence, reterr);
    if (rc < 0)
        return rc;
    reply->status = 201;
    reply->value = json_pack("{s:I}", "sequence", (json_int_t)sequence);
    reply->location = "/quota";
    return reply->value ? 0 : TD_ENOMEM;
}

static const struct td_field grant_body[] = {
    {"kind", TD_FIELD_CHOICE, true, 0, 0, "grant|adjust", "adds posts, or adds or takes them"},
    {"year", TD_FIELD_INT, true, 2022, 2100, NULL, "year of the cycle"},
    {"division_code", TD_FIELD_TEXT, false, 0, 6, NULL, "district; empty = the city's total"},
    {"series", TD_FIELD_TEXT, true, 1, 40, NULL, "series id"},
    {"level", TD_FIELD_CHOICE, true, 0, 0, "intermediate|senior|full_senior", "level"},
    {"unit_id", TD_FIELD_TEXT, false, 0, 26, NULL, "unit that the posts are set aside for"},
    {"posts", TD_FIELD_INT, true, -100000, 100000, NULL, "posts to add, or to take (adjust)"},
    {"base_posts", TD_FIELD_INT, false, 0, 1000000, NULL, "posts that the ratio is of"},
    {"document", TD_FIELD_TEXT, true, 1, 80, NULL, "number of the document"},
    {"note", TD_FIELD_TEXT, false, 0, 300, NULL, "reason of an adjustment"},
    {0},
};

#define READERS                                                                                    \
    (TD_ROLE_UNIT | TD_ROLE_DISTRICT_INDUSTRY | TD_ROLE_DISTRICT_HR | TD_ROLE_OFFICE |             \
     TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR)

const struct td_route td_quota_routes[] = {
    {TD_GET, "/quota", READERS, "Directed posts by year, series, level, district and unit",
     .query = "year series level division", .read = list_read, .page = "quota"},
    {TD_GET, "/quota/entries", READERS, "What became of the posts of one pot, newest first",
     .query = "year division series level pool cursor", .read = entries_read,
     .page = "quota_entries"},
    {TD_POST, "/quota/entries", TD_ROLE_BUREAU, "Grant posts, or adjust what was granted",
     .write = grant_write, .body = grant_body, .flags = TD_ROUTE_STEP_UP},
    {0},
};
