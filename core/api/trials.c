/* trials.c - trials of scoring standards: beginning, progress, results, and both breakdowns of one
 * dossier.
 */
#include "api/api.h"
#include "api/place.h"
#include "api/trial_view.h"
#include "review/application.h"
#include "review/cycle.h"
#include "review/row.h"
#include "review/standard.h"
#include "review/standard_case.h"
#include "review/trial.h"

#include <string.h>

static int start_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    char id[TD_ID_TEXT];
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_trial_start(&review, td_call_param(call, "standard"), td_call_text(call, "cycle"),
                            id, reterr);
    return rc < 0 ? rc : td_place_created(call, reply, "trials", id);
}

/* {"passed", "reason"} of what approval asks; *ret_counts (may be NULL): the trial `value` is what
 * it rests on. */
static int add_verdict(struct td_call *call, const char *standard_id, json_t *value,
                       bool *ret_counts)
{
    json_t *verdict = NULL;
    int rc = td_trial_verdict(call->tx, standard_id, &verdict);
    if (rc == 0)
        json_object_set_new(value, "verdict",
                            json_pack("{s:O, s:O}", "passed", json_object_get(verdict, "passed"),
                                      "reason", json_object_get(verdict, "reason")));
    if (rc == 0 && ret_counts)
        *ret_counts =
            td_row_equals(json_object_get(verdict, "trial"), "id", td_row_text(value, "id"));
    json_decref(verdict);
    return rc;
}

/* The standard, and the cycles whose dossiers it may be tried on. */
static int add_choice(struct td_call *call, struct td_review *review, json_t *value)
{
    const char *id = td_call_param(call, "standard");
    json_t *standard = NULL, *cycles = NULL;
    int rc = td_standard_load(call->tx, id, &standard);
    if (rc == 0)
        rc = td_cycle_list(review, td_row_text(standard, "series"), "", "", &cycles);
    if (rc == 0)
        rc = add_verdict(call, id, value, NULL);
    if (rc == 0) {
        td_application_name(review, standard);
        static const char *const kept[] = {"id",    "series", "series_name", "series_name_en",
                                           "level", "version"};
        json_t *shown = json_pack("{s:O}", "standard_state", json_object_get(standard, "state"));
        for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
            json_object_set(shown, kept[i], json_object_get(standard, kept[i]));
        json_object_set_new(value, "standard", shown);
        json_object_set(value, "cycles", json_object_get(cycles, "items"));
        json_object_set_new(value, "can",
                            json_pack("{s:b}", "start", (int)td_standard_writer(review)));
    }
    json_decref(cycles);
    json_decref(standard);
    return rc;
}

static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_trial_list(&review, td_call_param(call, "standard"), td_call_query(call, "cursor"),
                           &reply->value, reterr);
    return rc < 0 ? rc : add_choice(call, &review, reply->value);
}

/* --- one trial -------------------------------------------------------------------------------- */

/* Which failed cases may be amended, and which are. */
static int add_cases(struct td_call *call, const struct td_review *review, json_t *trial)
{
    const json_t *standard = json_object_get(trial, "standard");
    json_t *failed = json_object_get(json_object_get(trial, "golden"), "failed");
    bool counts = false;
    int rc = add_verdict(call, td_row_text(standard, "id"), trial, &counts);
    if (rc == 0 && json_array_size(failed) > 0)
        rc = td_standard_case_mark(call->tx, td_row_text(standard, "id"), failed);
    bool open = td_row_equals(standard, "standard_state", "draft") ||
                td_row_equals(standard, "standard_state", "trial");
    bool edits = td_standard_writer(review) && open;
    json_t *can = json_object_get(trial, "can");
    json_object_set_new(can, "edit", json_boolean(edits));
    json_object_set_new(can, "amend",
                        json_boolean(edits && counts && td_row_equals(trial, "state", "done")));
    return rc;
}

static int view_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_trial_load(&review, td_call_param(call, "trial"), &reply->value, reterr);
    if (rc < 0)
        return rc;
    json_t *summary = json_object_get(reply->value, "summary");
    bool running = td_row_equals(reply->value, "state", "running");
    bool writer = td_standard_writer(&review);
    if (json_is_object(summary)) {
        td_trial_view_groups(summary);
        json_object_set_new(reply->value, "chart",
                            td_trial_view_chart(json_object_get(summary, "histogram")));
    }
    json_object_set_new(reply->value, "running", json_boolean(running));
    json_object_set_new(reply->value, "can",
                        json_pack("{s:b, s:b}", "cancel", (int)(writer && running), "try_again",
                                  (int)(writer && !running)));
    return add_cases(call, &review, reply->value);
}

static int cancel_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "trial");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_trial_cancel(&review, id, reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "trials", id);
}

/* What the list is filtered by, and what else it could be. */
static void add_filter(struct td_call *call, json_t *value)
{
    static const char *const changes[] = {"loss",  "gain",   "crosses_down", "crosses_up",
                                          "fails", "passes", "vetoed",       "same"};
    const char *chosen = td_call_query(call, "change");
    json_t *choices = json_array();
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
        json_array_append_new(choices, json_pack("{s:s, s:b}", "trial_change", changes[i],
                                                 "selected", !strcmp(changes[i], chosen)));
    json_object_set_new(value, "changes", choices);
    json_object_set_new(value, "trial_change", json_string(chosen));
    json_object_set_new(value, "division", json_string(td_call_query(call, "division")));
    json_object_set_new(value, "trial", json_string(td_call_param(call, "trial")));
}

static int dossiers_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    json_t *filter =
        json_pack("{s:s, s:s, s:s}", "change", td_call_query(call, "change"), "division",
                  td_call_query(call, "division"), "cursor", td_call_query(call, "cursor"));
    if (rc == 0)
        rc =
            td_trial_dossiers(&review, td_call_param(call, "trial"), filter, &reply->value, reterr);
    json_decref(filter);
    if (rc == 0)
        add_filter(call, reply->value);
    return rc;
}

static int dossier_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *dossier = NULL, *job = NULL;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_trial_dossier(&review, td_call_param(call, "trial"), td_call_param(call, "dossier"),
                              &dossier, &job, reterr);
    if (rc < 0)
        return rc;
    call->job = td_arena_json(call->arena, job);
    reply->value = dossier;
    return call->job ? 0 : TD_ENOMEM;
}

static int dossier_work(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reterr;
    json_object_set(reply->value, "before", json_object_get(call->result, "before"));
    json_object_set(reply->value, "after", json_object_get(call->result, "after"));
    return td_trial_view_sides(reply->value);
}

static int follow_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *trial = NULL;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_trial_load(&review, td_call_param(call, "trial"), &trial, reterr);
    if (rc < 0)
        return rc;
    json_decref(trial);
    reply->value =
        json_pack("{s:[o]}", "topics", json_sprintf("trial/%s", td_call_param(call, "trial")));
    return reply->value ? 0 : TD_ENOMEM;
}

static const struct td_field start_body[] = {
    {"cycle", TD_FIELD_ID, false, 0, 0, NULL,
     "whose dossiers to try; absent = the newest cycle of the series, or golden cases only"},
    {0},
};

const struct td_route td_trials_routes[] = {
    {.method = TD_GET,
     .path = "/standards/{standard}/trials",
     .roles = TD_STANDARD_READERS,
     .summary = "Trials of a standard, newest first",
     .query = "cursor",
     .read = list_read,
     .page = "trials"},
    {.method = TD_POST,
     .path = "/standards/{standard}/trials",
     .roles = TD_STANDARD_WRITERS,
     .summary = "Try a standard on every dossier of a cycle",
     .write = start_write,
     .body = start_body},
    {.method = TD_GET,
     .path = "/trials/{trial}",
     .roles = TD_STANDARD_READERS,
     .summary = "One trial: progress, golden cases, who gains and who loses",
     .read = view_read,
     .page = "trial"},
    {.method = TD_POST,
     .path = "/trials/{trial}/cancel",
     .roles = TD_STANDARD_WRITERS,
     .summary = "Stop a trial",
     .write = cancel_write},
    {.method = TD_GET,
     .path = "/trials/{trial}/dossiers",
     .roles = TD_STANDARD_READERS,
     .summary = "Dossiers by change; filters change (gain, loss, same, crosses_up, crosses_down,"
                " fails, passes, vetoed) and division; cursor; format=csv",
     .query = "change division cursor",
     .read = dossiers_read,
     .page = "trial_dossiers"},
    {.method = TD_GET,
     .path = "/trials/{trial}/dossiers/{dossier}",
     .roles = TD_STANDARD_READERS,
     .summary = "One dossier under both standards, side by side",
     .read = dossier_read,
     .work = TD_WORK_SCORER,
     .work_fn = dossier_work,
     .page = "trial_dossier"},
    {.method = TD_GET,
     .path = "/trials/{trial}/live",
     .roles = TD_STANDARD_READERS,
     .summary = "Progress events {\"done\", \"total\"}, and one when it has ended",
     .read = follow_read,
     .flags = TD_ROUTE_STREAM},
    {0},
};
