/* draws.c - draws of experts: the office commits and reveals, the supervisor witnesses, the invited
 * answer. */
#include "api/api.h"
#include "api/place.h"
#include "review/committee.h"
#include "review/cycle.h"
#include "review/draw.h"
#include "review/draw_file.h"
#include "review/row.h"

#include <stdlib.h>
#include <string.h>

static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    (void)reterr;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_draw_list(&review, td_call_query(call, "cursor"), &reply->value);
    if (rc == 0)
        json_object_set_new(reply->value, "can_write",
                            json_boolean(call->who && (call->who->roles & TD_ROLE_OFFICE)));
    return rc;
}

/* What may be asked for in a draw: the specialties of the series of this office. */
static json_t *specialty_options(const struct td_call *call)
{
    json_t *options = json_array(), *series, *one;
    const char *id;
    size_t i;
    json_object_foreach((json_t *)call->catalog, id, series)
        if (td_account_has(call->who, TD_ROLE_OFFICE, id))
            json_array_foreach(json_object_get(series, "specialties"), i, one)
                json_array_append_new(options, json_pack("{s:s, s:O, s:O, s:O?}", "series", id,
                                                         "id", json_object_get(one, "id"), "name",
                                                         json_object_get(one, "name"), "name_en",
                                                         json_object_get(one, "name_en")));
    return options;
}

/* The committees, cycles and specialties that this office draws for. */
static int new_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *committees = NULL, *cycles = NULL;
    (void)reterr;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_committee_list(&review, "", &committees);
    if (rc == 0)
        rc = td_cycle_list(&review, "", "", "", &cycles);
    if (rc == 0)
        reply->value = json_pack(
            "{s:O?, s:O?, s:o}", "committees", json_object_get(committees, "items"), "cycles",
            json_object_get(cycles, "items"), "specialty_options", specialty_options(call));
    json_decref(committees);
    json_decref(cycles);
    return rc;
}

static int view_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    return rc < 0 ? rc : td_draw_view(&review, td_call_param(call, "draw"), &reply->value, reterr);
}

static int public_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    (void)reterr;
    int rc = td_api_review(call, &review);
    return rc < 0 ? rc : td_draw_public(&review, td_call_param(call, "draw"), &reply->value);
}

/* The file as bytes: what is verified is what was sent. */
static int file_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *file = NULL;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_draw_export(&review, td_call_param(call, "draw"), &file, reterr);
    if (rc < 0)
        return rc;
    char *text = json_dumps(file, JSON_INDENT(1) | JSON_SORT_KEYS);
    json_decref(file);
    if (!text)
        return TD_ENOMEM;
    reply->length = strlen(text);
    reply->bytes = td_arena_strdup(call->arena, text);
    reply->type = "application/json";
    reply->filename = "draw.json";
    free(text);
    return reply->bytes ? 0 : TD_ENOMEM;
}

static int mine_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    (void)reterr;
    int rc = td_api_review(call, &review);
    return rc < 0 ? rc : td_draw_invitations(&review, &reply->value);
}

static int create_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    char id[TD_ID_TEXT];
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_draw_create(&review, call->body, id, reterr);
    return rc < 0 ? rc : td_place_created(call, reply, "draws", id);
}

static int witness_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "draw");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_draw_witness(&review, id, td_call_text(call, "number"), reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "draws", id);
}

static int reveal_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "draw");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_draw_reveal(&review, id, reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "draws", id);
}

static int close_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "draw");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_draw_close(&review, id, reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "draws", id);
}

static int cancel_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "draw");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_draw_cancel(&review, id, td_call_text(call, "reason"), reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "draws", id);
}

static int no_answer_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "draw");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_draw_no_answer(&review, id, td_call_text(call, "account_id"),
                               td_call_text(call, "reason"), reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "draws", id);
}

static int answer_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_draw_answer(&review, td_call_param(call, "draw"), td_call_text(call, "answer"),
                            td_call_text(call, "reason"), reterr);
    if (rc == 0)
        reply->location = "/invitations";
    return rc;
}

static const struct td_field create_body[] = {
    {"committee_id", TD_FIELD_TEXT, true, 1, 26, NULL, "Committee to draw for"},
    {"kind", TD_FIELD_CHOICE, true, 0, 0, "committee|panel", "What the seats are of"},
    {"cycle_id", TD_FIELD_TEXT, false, 0, 26, NULL, "Whose applicants are left out; of a panel"},
    {"name", TD_FIELD_TEXT, false, 0, 120, NULL, "Of the panel"},
    {"size", TD_FIELD_INT, true, 1, TD_DRAW_SIZE, NULL, "Seats"},
    {"reserves", TD_FIELD_INT, false, 0, TD_DRAW_SIZE, NULL, "How many must stand by"},
    {"specialties", TD_FIELD_ARRAY, false, 0, 0, NULL, "One of them is needed; none = any"},
    {"max_per_unit", TD_FIELD_INT, false, 0, TD_DRAW_SIZE, NULL, "Of one unit; 0 = any number"},
    {"outside_percent", TD_FIELD_INT, false, 0, 100, NULL, "At least from outside"},
    {"new_percent", TD_FIELD_INT, false, 0, 100, NULL, "At least new on such committees"},
    {"exclude_units", TD_FIELD_ARRAY, false, 0, 0, NULL, "Units whose people are left out"},
    {"exclude_applicant_units", TD_FIELD_BOOL, false, 0, 0, NULL,
     "Leave out who works where somebody applies in the cycle"},
    {"seed", TD_FIELD_TEXT, false, 0, 64, NULL, "64 hexadecimal digits; none = one is made"},
    {0},
};

static const struct td_field witness_body[] = {
    {"number", TD_FIELD_TEXT, true, 1, 40, NULL, "The supervisor's own number, 1 to 40 digits"},
    {0},
};

static const struct td_field answer_body[] = {
    {"answer", TD_FIELD_CHOICE, true, 0, 0, "confirmed|declined", "Comes, or does not"},
    {"reason", TD_FIELD_TEXT, false, 0, 500, NULL, "Why not"},
    {0},
};

static const struct td_field no_answer_body[] = {
    {"account_id", TD_FIELD_TEXT, true, 1, 26, NULL, "Who does not answer"},
    {"reason", TD_FIELD_TEXT, true, 1, 500, NULL, "What was tried"},
    {0},
};

static const struct td_field reason_body[] = {
    {"reason", TD_FIELD_TEXT, true, 1, 500, NULL, "Why"},
    {0},
};

#define READERS (TD_ROLE_OFFICE | TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR)

const struct td_route td_draws_routes[] = {
    {TD_GET, "/draws", READERS, "Draws of the caller's scope, newest first", .query = "cursor",
     .read = list_read, .page = "draws"},
    {TD_GET, "/draws/new", TD_ROLE_OFFICE, "What a new draw needs", .read = new_read,
     .page = "draw_new"},
    {TD_POST, "/draws", TD_ROLE_OFFICE, "Commit to criteria, candidates and a seed",
     .write = create_write, .body = create_body, .flags = TD_ROUTE_STEP_UP},
    {TD_GET, "/draws/{draw}", READERS, "One draw", .read = view_read, .page = "draw"},
    {TD_GET, "/draws/{draw}/commitment", TD_ROLE_PUBLIC, "What was committed to, for everybody",
     .read = public_read},
    {TD_GET, "/draws/{draw}/file", READERS, "The file for titlectl draw verify", .read = file_read},
    {TD_POST, "/draws/{draw}/witness", TD_ROLE_SUPERVISOR, "Witness, and add a number",
     .write = witness_write, .body = witness_body, .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/draws/{draw}/reveal", TD_ROLE_OFFICE, "Open the seed: order and seats follow",
     .write = reveal_write, .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/draws/{draw}/no-answer", TD_ROLE_OFFICE, "Somebody does not answer: the next",
     .write = no_answer_write, .body = no_answer_body},
    {TD_POST, "/draws/{draw}/close", TD_ROLE_OFFICE, "Seat who confirmed", .write = close_write,
     .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/draws/{draw}/cancel", TD_ROLE_OFFICE, "Give a draw up; it stays on record",
     .write = cancel_write, .body = reason_body, .flags = TD_ROUTE_STEP_UP},
    {TD_GET, "/invitations", TD_ROLE_EXPERT, "The caller's invitations", .read = mine_read,
     .page = "invitations"},
    {TD_POST, "/draws/{draw}/answer", TD_ROLE_EXPERT, "Answer one's own invitation",
     .write = answer_write, .body = answer_body},
    {0},
};
