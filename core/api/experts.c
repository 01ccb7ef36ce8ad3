/* experts.c - expert pools and their entries: the office of the series keeps them, the bureau
 * approves, the person confirms his own. */
#include "api/api.h"
#include "api/place.h"
#include "review/committee.h"
#include "review/expert.h"
#include "review/row.h"

static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *series = json_array(), *descriptor = NULL;
    const char *id = NULL;
    (void)reterr;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_expert_pool_list(&review, &reply->value);
    json_object_foreach((json_t *)call->catalog, id, descriptor)
        if (td_account_has(call->who, TD_ROLE_OFFICE, id))
            json_array_append_new(series, json_pack("{s:s, s:s, s:s}", "id", id, "name",
                                                    td_row_text(descriptor, "name"), "name_en",
                                                    td_row_text(descriptor, "name_en")));
    if (rc < 0)
        json_decref(series);
    else
        json_object_set_new(reply->value, "series_list", series);
    return rc;
}

static int view_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const struct td_expert_filter filter = {.specialty = td_call_query(call, "specialty"),
                                            .level = td_call_query(call, "level"),
                                            .state = td_call_query(call, "state"),
                                            .query = td_call_query(call, "q"),
                                            .cursor = td_call_query(call, "cursor")};
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_expert_pool_view(&review, td_call_param(call, "pool"), &filter, &reply->value,
                                 reterr);
    if (rc < 0)
        return rc;
    const json_t *series = json_object_get(call->catalog, td_row_text(reply->value, "series"));
    json_object_set(reply->value, "specialty_options", json_object_get(series, "specialties"));
    json_object_set_new(reply->value, "today", json_string(review.today));
    return 0;
}

static int mine_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    (void)reterr;
    int rc = td_api_review(call, &review);
    return rc < 0 ? rc : td_expert_mine(&review, &reply->value);
}

static int create_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    char id[TD_ID_TEXT];
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_expert_pool_create(&review, td_call_text(call, "series"),
                                   td_call_text(call, "tier"), id, reterr);
    return rc < 0 ? rc : td_place_created(call, reply, "pools", id);
}

static int put_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "pool");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_expert_put(&review, id, call->body, "", reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "pools", id);
}

static int import_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int64_t count = 0;
    const char *id = td_call_param(call, "pool");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_expert_import(&review, id, td_call_text(call, "table"), &count, reterr);
    if (rc < 0)
        return rc;
    reply->value = json_pack("{s:s, s:I}", "id", id, "count", (json_int_t)count);
    return td_place_at(call, reply, "pools", id);
}

static int submit_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "pool");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_expert_pool_submit(&review, id, reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "pools", id);
}

static int approve_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "pool");
    const struct td_committee_approval approval = {.approver = td_call_text(call, "approver"),
                                                   .reference = td_call_text(call, "reference"),
                                                   .approved_on =
                                                       td_call_text(call, "approved_on")};
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_expert_pool_approve(&review, id, &approval, reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "pools", id);
}

static int refuse_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "pool");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_expert_pool_refuse(&review, id, td_call_text(call, "reason"), reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "pools", id);
}

static int suspend_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_expert_suspend(&review, td_call_param(call, "expert"), td_call_text(call, "reason"),
                               reterr);
    if (rc == 0)
        reply->location = "/pools";
    return rc;
}

static int resume_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_expert_resume(&review, td_call_param(call, "expert"), reterr);
    if (rc == 0)
        reply->location = "/pools";
    return rc;
}

static int confirm_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_expert_confirm(&review, td_call_param(call, "expert"), reterr);
    if (rc == 0)
        reply->location = "/experts/mine";
    return rc;
}

static const struct td_field create_body[] = {
    {"series", TD_FIELD_TEXT, true, 1, 32, NULL, "Series id"},
    {"tier", TD_FIELD_CHOICE, true, 0, 0, "senior|general", "Approved by the region, or the city"},
    {0},
};

static const struct td_field put_body[] = {
    {"login", TD_FIELD_TEXT, true, 1, 64, NULL, "Of an expert of the series"},
    {"title_level", TD_FIELD_CHOICE, true, 0, 0, "junior|intermediate|senior|full_senior",
     "Level of the title held"},
    {"specialties", TD_FIELD_ARRAY, true, 0, 0, NULL, "Ids of specialties of the series"},
    {"term_from", TD_FIELD_DATE, true, 0, 0, NULL, "First day"},
    {"term_until", TD_FIELD_DATE, true, 0, 0, NULL, "Last day, at most three years on"},
    {"employer", TD_FIELD_TEXT, false, 0, 120, NULL, "Of who works in no unit here"},
    {"outside", TD_FIELD_BOOL, false, 0, 0, NULL, "From outside the founding authority's field"},
    {0},
};

static const struct td_field import_body[] = {
    {"table", TD_FIELD_TEXT, true, 1, 400000, NULL,
     "CSV, or cells copied from a spreadsheet: login, title_level, specialties (with ;), "
     "term_from, term_until, employer, outside"},
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

#define READERS (TD_ROLE_OFFICE | TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR)

const struct td_route td_experts_routes[] = {
    {TD_GET, "/pools", READERS, "Expert pools of the caller's scope", .read = list_read,
     .page = "pools"},
    {TD_POST, "/pools", TD_ROLE_OFFICE, "Begin a pool", .write = create_write, .body = create_body},
    {TD_GET, "/pools/{pool}", READERS, "One pool and its entries; ?format=csv",
     .query = "specialty level state q cursor", .read = view_read, .page = "pool"},
    {TD_POST, "/pools/{pool}/experts", TD_ROLE_OFFICE, "Propose an entry, or a change of it",
     .write = put_write, .body = put_body},
    {TD_POST, "/pools/{pool}/import", TD_ROLE_OFFICE, "Propose the entries of a table",
     .write = import_write, .body = import_body},
    {TD_POST, "/pools/{pool}/submit", TD_ROLE_OFFICE, "Hand the pool, or what is proposed, in",
     .write = submit_write},
    {TD_POST, "/pools/{pool}/approve", TD_ROLE_BUREAU,
     "Approve, or record the region's approval of a senior pool", .write = approve_write,
     .body = approve_body, .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/pools/{pool}/refuse", TD_ROLE_BUREAU, "Send it back to the office",
     .write = refuse_write, .body = reason_body, .flags = TD_ROUTE_STEP_UP},
    {TD_GET, "/experts/mine", TD_ROLE_EXPERT, "The caller's own entries", .read = mine_read,
     .page = "experts_mine"},
    {TD_POST, "/experts/{expert}/confirm", TD_ROLE_EXPERT, "One's own entry is right",
     .write = confirm_write},
    {TD_POST, "/experts/{expert}/suspend", TD_ROLE_OFFICE, "Take an entry out for a while",
     .write = suspend_write, .body = reason_body},
    {TD_POST, "/experts/{expert}/resume", TD_ROLE_OFFICE, "Take it in again",
     .write = resume_write},
    {0},
};
