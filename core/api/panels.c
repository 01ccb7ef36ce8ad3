/* panels.c - panels of experts: created, filled with dossiers and closed by the office. */
#include "api/api.h"
#include "api/place.h"
#include "review/committee.h"
#include "review/cycle.h"
#include "review/panel.h"
#include "review/row.h"

#include <string.h>

static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    (void)reterr;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_panel_list(&review, td_call_query(call, "cursor"), &reply->value);
    if (rc == 0)
        json_object_set_new(reply->value, "can_write",
                            json_boolean(call->who && (call->who->roles & TD_ROLE_OFFICE)));
    return rc;
}

/* For ?committee=: the committee, its members and the series' experts; else the committees to
 * choose from. */
static int new_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_query(call, "committee");
    json_t *committee = NULL, *cycles = NULL;
    int rc = td_api_review(call, &review);
    if (rc == 0 && !*id)
        return td_committee_list(&review, "", &reply->value);
    if (rc == 0)
        rc = td_committee_view(&review, id, &committee, reterr);
    if (rc == 0)
        rc = td_cycle_list(&review, td_row_text(committee, "series"), "", "", &cycles);
    if (rc < 0) {
        json_decref(committee);
        return rc;
    }
    reply->value =
        json_pack("{s:o, s:O}", "committee", committee, "cycles", json_object_get(cycles, "items"));
    json_decref(cycles);
    return reply->value ? 0 : TD_ENOMEM;
}

static int view_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_panel_view(&review, td_call_param(call, "panel"), &reply->value, reterr);
    if (rc < 0)
        return rc;
    size_t i, ready = 0;
    json_t *dossier = NULL;
    json_array_foreach(json_object_get(reply->value, "dossiers"), i, dossier)
        ready += td_row_bool(dossier, "ready");
    if (ready)
        json_object_set_new(reply->value, "ready_dossiers", json_integer((json_int_t)ready));
    json_object_set_new(reply->value, "can_write",
                        json_boolean(td_account_has(call->who, TD_ROLE_OFFICE,
                                                    td_row_text(reply->value, "series"))));
    return 0;
}

static int create_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    char id[TD_ID_TEXT];
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_panel_create(&review, call->body, id, reterr);
    return rc < 0 ? rc : td_place_created(call, reply, "panels", id);
}

static int seat_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "panel");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_panel_add(&review, id, td_call_text(call, "account_id"),
                          td_row_bool(call->body, "lead"), reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "panels", id);
}

static int assign_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "panel");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_panel_assign(&review, id, td_call_json(call, "applications"),
                             td_call_text(call, "specialty"), td_call_int(call, "reviews"),
                             &reply->value, reterr);
    if (rc < 0)
        return rc;
    const char *run = td_row_text(reply->value, "run");
    if (*run && json_array_size(json_object_get(reply->value, "left_out")) > 0) {
        reply->location = td_arena_printf(call->arena, "/panels/%s/assignments/%s", id, run);
        return reply->location ? 0 : TD_ENOMEM;
    }
    return td_place_at(call, reply, "panels", id);
}

static int runs_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    return rc < 0 ? rc
                  : td_panel_runs(&review, td_call_param(call, "panel"), &reply->value, reterr);
}

static int run_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    return rc < 0 ? rc
                  : td_panel_run(&review, td_call_param(call, "panel"), td_call_param(call, "run"),
                                 &reply->value, reterr);
}

static int close_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "panel");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_panel_close(&review, id, td_call_text(call, "application_id"), &reply->value,
                            reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "panels", id);
}

static const struct td_field create_body[] = {
    {"committee_id", TD_FIELD_ID, true, 0, 0, NULL, "Committee that the panel works for"},
    {"cycle_id", TD_FIELD_ID, true, 0, 0, NULL, "Cycle"},
    {"name", TD_FIELD_TEXT, true, 1, 80, NULL, "Name"},
    {"members", TD_FIELD_ARRAY, true, 0, 0, NULL, "Account ids of at least panel_minimum experts"},
    {"lead", TD_FIELD_TEXT, true, 1, 26, NULL, "Which of them leads"},
    {0},
};

static const struct td_field seat_body[] = {
    {"account_id", TD_FIELD_TEXT, true, 1, 26, NULL, "An expert of the series"},
    {"lead", TD_FIELD_BOOL, false, 0, 0, NULL, "Leads the panel from now on; may be on it already"},
    {0},
};

static const struct td_field assign_body[] = {
    {"applications", TD_FIELD_ARRAY, false, 0, 0, NULL,
     "Ids of accepted dossiers; all when absent"},
    {"specialty", TD_FIELD_TEXT, false, 0, 40, NULL, "Only dossiers of this specialty"},
    {"reviews", TD_FIELD_INT, false, 0, 15, NULL,
     "So many members read a dossier, at least panel_minimum; all of the panel when 0 or absent"},
    {0},
};

static const struct td_field close_body[] = {
    {"application_id", TD_FIELD_TEXT, false, 0, 26, NULL,
     "One dossier; all that are ready when absent"},
    {0},
};

#define READERS (TD_ROLE_OFFICE | TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR)

const struct td_route td_panels_routes[] = {
    {TD_GET, "/panels", READERS, "Panels of the caller's scope", .query = "cursor",
     .read = list_read, .page = "panels"},
    {TD_GET, "/panels/new", TD_ROLE_OFFICE, "What a new panel needs", .query = "committee",
     .read = new_read, .page = "panel_new"},
    {TD_POST, "/panels", TD_ROLE_OFFICE, "Create a panel", .write = create_write,
     .body = create_body},
    {TD_GET, "/panels/{panel}", READERS, "One panel with its dossiers and their progress",
     .read = view_read, .page = "panel"},
    {TD_POST, "/panels/{panel}/members", TD_ROLE_OFFICE, "Add an expert, or give the lead to one",
     .write = seat_write, .body = seat_body},
    {TD_POST, "/panels/{panel}/assignments", TD_ROLE_OFFICE, "Assign accepted dossiers",
     .write = assign_write, .body = assign_body},
    {TD_GET, "/panels/{panel}/assignments", READERS, "Computed assignments of the panel",
     .read = runs_read, .page = "assignments"},
    {TD_GET, "/panels/{panel}/assignments/{run}", READERS,
     "One computed assignment: seed, inputs and plan, computed again", .read = run_read,
     .page = "assignment"},
    {TD_POST, "/panels/{panel}/close", TD_ROLE_OFFICE,
     "Send dossiers with all sheets to the committee", .write = close_write, .body = close_body},
    {0},
};
