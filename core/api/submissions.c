/* submissions.c - the two rows that need a scorer worker: the preview of points, and submission. */
#include "api/api.h"
#include "api/dossier.h"
#include "review/application.h"
#include "review/draft.h"
#include "review/evaluation.h"
#include "review/row.h"
#include "review/submission.h"

#include <string.h>

static int prepare_points(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *application = NULL, *job = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result =
            td_application_load(&review, td_call_param(call, "application"), &application, reterr);
    if (!result && !td_row_equals(application, "account_id", call->who->id))
        result = td_error_key(reterr, TD_EFORBIDDEN, "not_own_dossier", NULL);
    if (!result)
        result = td_evaluation_preview(&review, application, &job, reterr);
    if (!result) {
        call->job = td_arena_json(call->arena, job);
        reply->value = json_pack("{s:o}", "application", td_dossier_head(&review, application));
    }
    json_decref(application);
    return result;
}

static int show_points(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reterr;
    json_t *answer = call->result;
    json_object_set_new(reply->value, "facts",
                        td_evaluation_fact_list(json_object_get(answer, "facts")));
    json_object_set(reply->value, "gates", json_object_get(answer, "gates"));
    json_object_set(reply->value, "problems", json_object_get(answer, "problems"));
    json_t *score = json_object_get(answer, "score");
    json_object_set(reply->value, "score", score ? score : json_null());
    const json_t *standard = json_object_get(call->job, "standard");
    if (score && standard)
        json_object_set_new(reply->value, "standard",
                            json_pack("{s:O, s:O, s:O}", "id", json_object_get(standard, "id"),
                                      "version", json_object_get(standard, "version"), "hash",
                                      json_object_get(standard, "hash")));
    return 0;
}

static int show_pledge(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *application = NULL, *completeness = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_application_load_editable(&review, td_call_param(call, "application"),
                                              &application, reterr);
    if (!result)
        result = td_draft_completeness(&review, application, &completeness);
    if (!result)
        reply->value = json_pack("{s:o, s:O}", "application", td_dossier_head(&review, application),
                                 "check", completeness);
    json_decref(application);
    json_decref(completeness);
    return result;
}

static int prepare_submission(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reply;
    struct td_review review;
    json_t *job = NULL, *mark = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result =
            td_submission_prepare(&review, td_call_param(call, "application"), &job, &mark, reterr);
    if (result) {
        json_decref(mark);
        return result;
    }
    call->job = td_arena_json(call->arena, job);
    call->kept = td_arena_json(call->arena, mark);
    return 0;
}

static int submit(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *application = NULL;
    const char *id = td_call_param(call, "application");
    struct td_pledge pledge = {td_call_bool(call, "pledge"), td_call_bool(call, "consequences")};
    int result = td_api_review(call, &review);
    if (!result)
        result = td_submission_finish(&review, id, call->kept, call->result, &pledge, &application,
                                      reterr);
    if (result)
        return result;
    reply->value = json_pack("{s:s, s:O, s:O, s:O}", "id", id, "number",
                             json_object_get(application, "number"), "state",
                             json_object_get(application, "state"), "submitted_at",
                             json_object_get(application, "submitted_at"));
    reply->version = td_row_int(application, "version");
    reply->location = td_arena_printf(call->arena, "/applications/%s/receipt", id);
    json_decref(application);
    return 0;
}

static const struct td_field submit_body[] = {
    {"pledge", TD_FIELD_BOOL, false, 0, 0, NULL, "the material is true"},
    {"consequences", TD_FIELD_BOOL, false, 0, 0, NULL,
     "what the directed track means is understood"},
    {0},
};

const struct td_route td_submissions_routes[] = {
    {.method = TD_GET,
     .path = "/applications/{application}/points",
     .roles = TD_ROLE_APPLICANT,
     .summary = "Facts, gates and points the dossier would get now",
     .read = prepare_points,
     .work = TD_WORK_SCORER,
     .work_fn = show_points,
     .page = "application_points"},
    {.method = TD_GET,
     .path = "/applications/{application}/submit",
     .roles = TD_ROLE_APPLICANT,
     .summary = "The pledge, and what is still missing",
     .read = show_pledge,
     .page = "application_submit"},
    {.method = TD_POST,
     .path = "/applications/{application}/submit",
     .roles = TD_ROLE_APPLICANT,
     .summary = "Submit, or submit again after a return",
     .read = prepare_submission,
     .work = TD_WORK_SCORER,
     .write = submit,
     .page = "application_submit",
     .body = submit_body},
    {0},
};
