/* standards.c - scoring standards: public tables, import from the script folder, approval,
 * activation. */
#include "api/api.h"
#include "api/place.h"
#include "review/cycle.h"
#include "review/row.h"
#include "review/standard.h"

#include <stdlib.h>
#include <string.h>

static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    (void)reterr;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_standard_list(&review, td_call_query(call, "series"), td_call_query(call, "level"),
                              td_call_query(call, "cursor"), &reply->value);
    if (rc < 0)
        return rc;
    json_t *series = json_array(), *descriptor;
    const char *id;
    json_object_foreach((json_t *)call->catalog, id, descriptor)
        json_array_append_new(series, json_pack("{s:s, s:s, s:s, s:O?}", "series", id, "name",
                                                td_row_text(descriptor, "name"), "name_en",
                                                td_row_text(descriptor, "name_en"), "levels",
                                                json_object_get(descriptor, "levels")));
    json_object_set_new(reply->value, "series_list", series);
    json_object_set_new(
        reply->value, "can_import",
        json_boolean(call->who && (call->who->roles & (TD_ROLE_ADMIN | TD_ROLE_BUREAU))));
    return 0;
}

static int view_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_standard_view(&review, td_call_param(call, "standard"), &reply->value, reterr);
    if (rc < 0)
        return rc;
    const char *state = td_row_text(reply->value, "state");
    bool writer = call->who && (call->who->roles & (TD_ROLE_ADMIN | TD_ROLE_BUREAU));
    bool author = writer && !strcmp(td_row_text(reply->value, "author"), call->who->id);
    bool draft = !strcmp(state, "draft") || !strcmp(state, "trial");
    json_object_set_new(
        reply->value, "can",
        json_pack("{s:b, s:b}", "approve", writer && draft && !author, "activate",
                  writer && (!strcmp(state, "approved") || !strcmp(state, "retired"))));
    return 0;
}

/* --- import: read the script, have the scorer check it, store it
 * ---------------------------------- */

static int import_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    const char *series = td_call_text(call, "series"), *level = td_call_text(call, "level");
    char *source;
    (void)reply;
    int rc = td_standard_read_script(call->config, series, level, &source, reterr);
    if (rc < 0)
        return rc;
    call->job = td_arena_json(call->arena, td_standard_check_job(series, level, source));
    call->kept = td_arena_json(call->arena, json_pack("{s:s}", "source", source));
    free(source);
    return call->job && call->kept ? 0 : TD_ENOMEM;
}

/* What the scorer found wrong with a script, with the line. */
static int script_fault(const json_t *fault, struct td_error *reterr)
{
    return td_error_key(reterr, TD_ESCRIPT, "script_fault",
                        json_pack("{s:s, s:I, s:s}", "file", td_row_text(fault, "file"), "line",
                                  td_row_int(fault, "line"), "message",
                                  td_row_text(fault, "message")));
}

static int import_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    char id[TD_ID_TEXT];
    const json_t *fault = json_object_get(call->result, "error");
    if (fault)
        return script_fault(fault, reterr);
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_standard_import(&review, td_call_text(call, "series"), td_call_text(call, "level"),
                                td_row_text(call->kept, "source"),
                                json_object_get(call->result, "table"),
                                td_call_bool(call, "bootstrap"), id, reterr);
    return rc < 0 ? rc : td_place_created(call, reply, "standards", id);
}

static int approve_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "standard");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_standard_approve(&review, id, reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "standards", id);
}

static int activate_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "standard");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_standard_activate(&review, id, reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "standards", id);
}

static const struct td_field import_body[] = {
    {"series", TD_FIELD_TEXT, true, 1, 32, NULL, "Series id"},
    {"level", TD_FIELD_TEXT, true, 1, 32, NULL, "Level id"},
    {"bootstrap", TD_FIELD_BOOL, false, 0, 0, NULL,
     "First installation only, from the console: put it in force in one step"},
    {0},
};

#define WRITERS (TD_ROLE_ADMIN | TD_ROLE_BUREAU)

const struct td_route td_standards_routes[] = {
    {TD_GET, "/standards", TD_ROLE_PUBLIC | TD_ROLE_ANY,
     "Scoring standards; the public sees those in force and before", .query = "series level cursor",
     .read = list_read, .page = "standards"},
    {TD_POST, "/standards", WRITERS, "Import a series' script as the next version",
     .read = import_read, .write = import_write, .work = TD_WORK_SCORER, .body = import_body},
    {TD_GET, "/standards/{standard}", TD_ROLE_PUBLIC | TD_ROLE_ANY, "One standard as a table",
     .read = view_read, .page = "standard"},
    {TD_POST, "/standards/{standard}/approve", WRITERS, "Approve as a second person",
     .write = approve_write, .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/standards/{standard}/activate", WRITERS, "Put an approved standard in force",
     .write = activate_write, .flags = TD_ROUTE_STEP_UP},
    {0},
};
