/* ladders.c - a person's titles on both ladders, and those from elsewhere as unit and bureau record
 * them. */
#include "review/ladder.h"

#include "api/api.h"
#include "base/arena.h"
#include "review/row.h"

static int view_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *series = json_array(), *levels = json_array(), *descriptor;
    const char *id;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_ladder_view(&review, td_call_param(call, "account"), &reply->value, reterr);
    json_object_foreach((json_t *)call->catalog, id, descriptor)
        json_array_append_new(series, json_pack("{s:s, s:s, s:s}", "series", id, "name",
                                                td_row_text(descriptor, "name"), "name_en",
                                                td_row_text(descriptor, "name_en")));
    for (size_t i = 0; td_ladder_levels[i]; i++)
        json_array_append_new(levels, json_pack("{s:s}", "level", td_ladder_levels[i]));
    if (rc == 0) {
        json_object_set(reply->value, "series_list", series);
        json_object_set(reply->value, "level_options", levels);
    }
    json_decref(series);
    json_decref(levels);
    return rc;
}

static int back(struct td_call *call, struct td_reply *reply, const char *id)
{
    reply->value = json_pack("{s:s}", "id", id);
    reply->location = td_arena_printf(call->arena, "/ladders/%s", td_call_param(call, "account"));
    return reply->value && reply->location ? 0 : TD_ENOMEM;
}

static int record_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    char id[TD_ID_TEXT];
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_ladder_record(&review, td_call_param(call, "account"), call->body, id, reterr);
    if (rc < 0)
        return rc;
    reply->status = 201;
    return back(call, reply, id);
}

static int confirm_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "held");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_ladder_confirm(&review, id, reterr);
    return rc < 0 ? rc : back(call, reply, id);
}

static int withdraw_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "held");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_ladder_withdraw(&review, id, td_call_text(call, "note"), reterr);
    return rc < 0 ? rc : back(call, reply, id);
}

static const struct td_field record_body[] = {
    {"series", TD_FIELD_TEXT, true, 1, 40, NULL, "series id"},
    {"level", TD_FIELD_CHOICE, true, 0, 0, "junior|intermediate|senior|full_senior", "level"},
    {"track", TD_FIELD_CHOICE, true, 0, 0, "general|directed", "ladder"},
    {"name", TD_FIELD_TEXT, true, 1, 80, NULL, "name of the title"},
    {"certificate_number", TD_FIELD_TEXT, true, 1, 80, NULL, "number of the certificate"},
    {"issuer", TD_FIELD_TEXT, true, 1, 120, NULL, "authority that issued it"},
    {"obtained_on", TD_FIELD_DATE, true, 0, 0, NULL, "day it was obtained"},
    {"appointed_on", TD_FIELD_DATE, false, 0, 0, NULL, "first day appointed"},
    {"ended_on", TD_FIELD_DATE, false, 0, 0, NULL, "last day appointed; none = it goes on"},
    {0},
};

static const struct td_field withdraw_body[] = {
    {"note", TD_FIELD_TEXT, true, 1, 300, NULL, "what is wrong with it"},
    {0},
};

const struct td_route td_ladders_routes[] = {
    {TD_GET, "/ladders/{account}",
     TD_ROLE_APPLICANT | TD_ROLE_UNIT | TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR,
     "A person's titles on both ladders and the years of appointment", .read = view_read,
     .page = "ladder"},
    {TD_POST, "/ladders/{account}/titles", TD_ROLE_UNIT | TD_ROLE_BUREAU,
     "Record a title from elsewhere", .write = record_write, .body = record_body,
     .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/ladders/{account}/titles/{held}/confirm", TD_ROLE_BUREAU,
     "Confirm a title that a unit recorded", .write = confirm_write, .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/ladders/{account}/titles/{held}/withdraw", TD_ROLE_BUREAU,
     "Withdraw a title that was recorded wrongly", .write = withdraw_write, .body = withdraw_body,
     .flags = TD_ROUTE_STEP_UP},
    {0},
};
