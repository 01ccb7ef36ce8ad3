/* trials.c - trials of scoring standards: beginning, progress, results, and both breakdowns of one
 * dossier.
 */
#include "api/api.h"
#include "api/place.h"
#include "review/row.h"
#include "review/trial.h"

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

static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_trial_list(&review, td_call_param(call, "standard"), td_call_query(call, "cursor"),
                           &reply->value, reterr);
    return rc;
}

static int view_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *verdict = NULL;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_trial_load(&review, td_call_param(call, "trial"), &reply->value, reterr);
    if (rc < 0)
        return rc;
    const json_t *standard = json_object_get(reply->value, "standard");
    rc = td_trial_verdict(call->tx, td_row_text(standard, "id"), &verdict);
    if (rc < 0)
        return rc;
    bool running = td_row_equals(reply->value, "state", "running");
    bool writer = (call->who->roles & (TD_ROLE_ADMIN | TD_ROLE_BUREAU)) != 0;
    json_object_set_new(reply->value, "verdict",
                        json_pack("{s:O, s:O}", "passed", json_object_get(verdict, "passed"),
                                  "reason", json_object_get(verdict, "reason")));
    json_object_set_new(reply->value, "running", json_boolean(running));
    json_object_set_new(
        reply->value, "can",
        json_pack("{s:b, s:b}", "cancel", writer && running, "try_again", writer && !running));
    json_decref(verdict);
    return 0;
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
    return 0;
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

#define WRITERS (TD_ROLE_ADMIN | TD_ROLE_BUREAU)
#define READERS (WRITERS | TD_ROLE_SUPERVISOR | TD_ROLE_OFFICE)

const struct td_route td_trials_routes[] = {
    {.method = TD_GET,
     .path = "/standards/{standard}/trials",
     .roles = READERS,
     .summary = "Trials of a standard, newest first",
     .query = "cursor",
     .read = list_read},
    {.method = TD_POST,
     .path = "/standards/{standard}/trials",
     .roles = WRITERS,
     .summary = "Try a standard on every dossier of a cycle",
     .write = start_write,
     .body = start_body},
    {.method = TD_GET,
     .path = "/trials/{trial}",
     .roles = READERS,
     .summary = "One trial: progress, golden cases, who gains and who loses",
     .read = view_read},
    {.method = TD_POST,
     .path = "/trials/{trial}/cancel",
     .roles = WRITERS,
     .summary = "Stop a trial",
     .write = cancel_write},
    {.method = TD_GET,
     .path = "/trials/{trial}/dossiers",
     .roles = READERS,
     .summary = "Dossiers by change; filters change (gain, loss, same, crosses_up, crosses_down,"
                " fails, passes, vetoed) and division; cursor; format=csv",
     .query = "change division cursor",
     .read = dossiers_read},
    {.method = TD_GET,
     .path = "/trials/{trial}/dossiers/{dossier}",
     .roles = READERS,
     .summary = "One dossier under both standards, side by side",
     .read = dossier_read,
     .work = TD_WORK_SCORER,
     .work_fn = dossier_work},
    {.method = TD_GET,
     .path = "/trials/{trial}/live",
     .roles = READERS,
     .summary = "Progress events {\"done\", \"total\"}, and one when it has ended",
     .read = follow_read,
     .flags = TD_ROUTE_STREAM},
    {0},
};
