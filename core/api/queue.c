/* queue.c - work lists of offices: what waits, taking the next one. */
#include "api/api.h"
#include "review/application.h"
#include "review/queue.h"
#include "review/row.h"
#include "review/workflow.h"

#include <string.h>

#define OFFICIALS                                                                                  \
    (TD_ROLE_UNIT | TD_ROLE_DISTRICT_INDUSTRY | TD_ROLE_DISTRICT_HR | TD_ROLE_OFFICE |             \
     TD_ROLE_BUREAU)

/* The state asked for, or the first in which something waits. */
static const char *chosen_state(const struct td_call *call, json_t *counts)
{
    const char *state = td_call_query(call, "state");
    size_t i;
    json_t *count;
    json_array_foreach(counts, i, count)
        if (!*state && td_row_int(count, "count"))
            state = td_row_text(count, "state");
    if (!*state)
        state = td_row_text(json_array_get(counts, 0), "state");
    json_array_foreach(counts, i, count)
        if (td_row_equals(count, "state", state))
            json_object_set_new(count, "chosen", json_true());
    return state;
}

static int show_queue(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *counts = NULL, *page = NULL, *row;
    size_t i;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_queue_counts(&review, &counts);
    const char *state = result ? "" : chosen_state(call, counts);
    if (!result)
        result = td_queue_list(&review, state, td_call_query(call, "q"),
                               td_call_query(call, "cursor"), &page);
    if (result) {
        json_decref(counts);
        return td_error_set(reterr, result, "listing what waits");
    }
    json_t *ids = json_array();
    json_array_foreach(json_object_get(page, "items"), i, row)
        json_array_append(ids, json_object_get(row, "id"));
    call->job = td_arena_json(call->arena, ids);
    json_object_set_new(page, "state", json_string(state));
    json_object_set_new(page, "counts", counts);
    reply->value = page;
    return 0;
}

/* Marks what is on somebody's desk. */
static int mark_leases(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reterr;
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(reply->value, "items"), i, row) {
        const char *holder = td_row_text(call->result, td_row_text(row, "id"));
        json_object_set_new(row, "mine", json_boolean(*holder && !strcmp(holder, call->who->id)));
        json_object_set_new(row, "taken", json_boolean(*holder && strcmp(holder, call->who->id)));
    }
    return 0;
}

static int candidates(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reply;
    struct td_review review;
    json_t *ids = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_queue_candidates(&review, td_call_text(call, "state"), &ids);
    if (result)
        return td_error_set(reterr, result, "looking for the next dossier");
    call->job = td_arena_json(call->arena, ids);
    return 0;
}

/* What the loop leased is opened; a dossier that just came to the unit is thereby begun. */
static int open_taken(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *application = NULL;
    const char *id = td_row_text(call->result, "id");
    reply->location = "/queue?empty=1";
    reply->value = json_pack("{s:n}", "id");
    if (!*id)
        return 0;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_application_load(&review, id, &application, reterr);
    if (!result && td_row_equals(application, "state", "submitted"))
        result = td_workflow_apply(&review, id, "begin", NULL, NULL, reterr);
    json_decref(application);
    json_object_set_new(reply->value, "id", json_string(id));
    reply->location = td_arena_printf(call->arena, "/applications/%s", id);
    return result;
}

static const struct td_field take_body[] = {
    {"state", TD_FIELD_TEXT, false, 0, 40, NULL, "only of this state"},
    {0},
};

const struct td_route td_queue_routes[] = {
    {.method = TD_GET,
     .path = "/queue",
     .roles = OFFICIALS,
     .summary = "What waits for the caller; state, q, cursor",
     .query = "state q cursor",
     .read = show_queue,
     .work = TD_WORK_HOLDERS,
     .work_fn = mark_leases,
     .page = "queue"},
    {.method = TD_POST,
     .path = "/queue/take",
     .roles = OFFICIALS,
     .summary = "Take the most urgent dossier that nobody else holds",
     .read = candidates,
     .work = TD_WORK_TAKE,
     .write = open_taken,
     .body = take_body},
    {0},
};
