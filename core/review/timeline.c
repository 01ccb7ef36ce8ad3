/* timeline.c - see timeline.h. Reads `transition`; writes nothing. */
#include "review/timeline.h"

#include "review/reexamination.h"
#include "review/row.h"
#include "review/verification.h"
#include "review/workflow.h"
#include "store/store.h"

#include <string.h>

/* The way of a dossier, one stage per step that people speak of. */
static const enum td_state way[] = {
    TD_STATE_DRAFT,
    TD_STATE_SUBMITTED,
    TD_STATE_UNIT_REVIEW,
    TD_STATE_UNIT_NOTICE,
    TD_STATE_DISTRICT_INDUSTRY_REVIEW,
    TD_STATE_DISTRICT_HR_REVIEW,
    TD_STATE_OFFICE_REVIEW,
    TD_STATE_FEE_DUE,
    TD_STATE_ACCEPTED,
    TD_STATE_PANEL_REVIEW,
    TD_STATE_COMMITTEE_VOTE,
    TD_STATE_PASSED,
    TD_STATE_RESULT_NOTICE,
    TD_STATE_CONFIRMED,
    TD_STATE_FILED,
    TD_STATE_CERTIFIED,
    TD_STATE_APPOINTED,
};

#define WAY_LENGTH ((int)(sizeof(way) / sizeof(way[0])))

static int place_of(const char *state)
{
    for (int i = 0; i < WAY_LENGTH; i++)
        if (!strcmp(td_state_name(way[i]), state))
            return i;
    return -1;
}

/* Where on the way the dossier stands; side states stand at the stage they left. WAY_LENGTH when
 * the whole way is behind it; *ret_ended when it will go no further. */
static int present_place(const json_t *application, const json_t *history, bool *ret_ended)
{
    const char *state = td_row_text(application, "state");
    int place = place_of(state);
    *ret_ended = false;
    if (place >= 0)
        return place;
    if (!strcmp(state, "returned"))
        return place_of(td_row_text(application, "returned_to"));
    if (!strcmp(state, "supplement"))
        return place_of("office_review");
    if (!strcmp(state, "objection_hold"))
        return place_of("result_notice");
    *ret_ended = true;
    for (size_t i = json_array_size(history); i > 0 && place < 0; i--)
        place = place_of(td_row_text(json_array_get(history, i - 1), "from_state"));
    return place < 0 ? 0 : place;
}

static const json_t *entered_at(const json_t *application, const json_t *history, const char *state)
{
    const json_t *at = !strcmp(state, "draft") ? json_object_get(application, "created_at") : NULL;
    size_t i;
    json_t *step;
    json_array_foreach((json_t *)history, i, step)
        if (td_row_equals(step, "to_state", state))
            at = json_object_get(step, "done_at");
    return at;
}

static json_t *stage(const json_t *application, const json_t *history, int index, int place,
                     bool ended)
{
    const char *name = td_state_name(way[index]);
    bool done = index < place, current = index == place && !ended;
    json_t *entry = json_pack("{s:s, s:s, s:b, s:b, s:s}", "state", name, "status",
                              done      ? "done"
                              : current ? "current"
                                        : "coming",
                              "is_done", (int)done, "is_current", (int)current, "holder",
                              td_state_holder(way[index]));
    const json_t *at = index <= place ? entered_at(application, history, name) : NULL;
    if (at)
        json_object_set(entry, "entered_at", (json_t *)at);
    if (current)
        json_object_set(entry, "due_at", json_object_get(application, "due_at"));
    return entry;
}

/* What he asked and what was found is the applicant's to read, not that of everybody who sees the
 * dossier. */
static int add_rechecks(struct td_review *review, const json_t *application, json_t *timeline)
{
    json_t *rows = NULL, *window = NULL;
    if (!review->who || !td_row_equals(application, "account_id", review->who->id))
        return 0;
    int result = td_reexamination_of(review, td_row_text(application, "id"), &rows);
    if (!result)
        result = td_reexamination_window(review, application, &window, NULL);
    json_object_set_new(timeline, "rechecks", rows);
    json_object_set_new(timeline, "recheck_window", window ? window : json_null());
    return result;
}

int td_timeline(struct td_review *review, const json_t *application, json_t **ret_timeline)
{
    json_t *history = NULL, *orders = NULL, *stages = json_array();
    int result =
        td_tx_rows(review->tx, &history,
                   "select action, from_state, to_state, role, note, at as done_at from transition "
                   "where application_id = $1 order by at, id",
                   "s", td_row_text(application, "id"));
    if (!result)
        result = td_verification_orders(review, application, &orders);
    if (result) {
        json_decref(history);
        json_decref(stages);
        return result;
    }
    bool ended = false;
    int place = present_place(application, history, &ended);
    for (int i = 0; i < WAY_LENGTH; i++) {
        bool skipped = way[i] == TD_STATE_FEE_DUE && !entered_at(application, history, "fee_due") &&
                       i != place;
        if (!skipped)
            json_array_append_new(stages, stage(application, history, i, place, ended));
    }
    enum td_state state = TD_STATE_DRAFT;
    td_state_parse(td_row_text(application, "state"), &state);
    *ret_timeline = json_pack(
        "{s:o, s:b, s:O, s:s, s:O?, s:o, s:o}", "stages", stages, "ended", (int)ended, "state",
        json_object_get(application, "state"), "holder", td_state_holder(state), "due_at",
        json_object_get(application, "due_at"), "history", history, "orders", orders);
    return *ret_timeline ? add_rechecks(review, application, *ret_timeline) : TD_ENOMEM;
}
