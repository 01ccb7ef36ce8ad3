/* verification.c - what officials do to a dossier: verdicts, their own sections, actions. Writes
 * need the lease on the dossier, so two clerks never work on the same one. */
#include "api/api.h"
#include "api/dossier.h"
#include "review/application.h"
#include "review/row.h"
#include "review/verification.h"
#include "review/workflow.h"

#include <string.h>

#define VERIFIERS (TD_ROLE_UNIT | TD_ROLE_DISTRICT_INDUSTRY | TD_ROLE_DISTRICT_HR | TD_ROLE_OFFICE)
#define OFFICIALS (VERIFIERS | TD_ROLE_BUREAU)

static const char *page_of(struct td_call *call, const char *anchor)
{
    return td_arena_printf(call->arena, "/applications/%s%s", td_call_param(call, "application"),
                           anchor);
}

static int show_items(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *application = NULL, *items = NULL, *all = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result =
            td_application_load(&review, td_call_param(call, "application"), &application, reterr);
    const char *stage = td_verification_stage(td_row_text(application, "state"));
    if (!result)
        result = td_verification_items(&review, application, stage, &items);
    if (!result)
        result = td_verification_list(&review, td_call_param(call, "application"), &all);
    if (!result)
        reply->value = json_pack("{s:s, s:O, s:O, s:o}", "stage", stage, "items", items, "verdicts",
                                 all, "codes", td_verification_codes());
    json_decref(application);
    json_decref(items);
    json_decref(all);
    return result;
}

static int save_verdicts(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int result = td_api_review(call, &review);
    size_t i;
    json_t *verdict;
    json_array_foreach(td_call_json(call, "verdicts"), i, verdict)
        if (*td_call_text(call, "rest") && json_is_object(verdict) &&
            !*td_row_text(verdict, "verdict"))
            json_object_set_new(verdict, "verdict", json_string(td_call_text(call, "rest")));
    if (!result)
        result = td_verification_save(&review, td_call_param(call, "application"),
                                      td_call_json(call, "verdicts"), reterr);
    if (result)
        return result;
    reply->value = json_pack("{s:s}", "saved_at", review.now);
    reply->location = page_of(call, "#actions");
    return 0;
}

static int save_assessment(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *section = td_call_param(call, "section");
    json_t *content = td_call_json(call, "content");
    /* Pages name members content.<section>.<field>; API clients may send the fields alone. */
    json_t *inside = json_object_get(content, section);
    int result = td_api_review(call, &review);
    if (!result)
        result = td_assessment_save(&review, td_call_param(call, "application"), section,
                                    inside && !json_is_string(inside) ? inside : content, reterr);
    if (result)
        return result;
    reply->value = json_pack("{s:s, s:s}", "section", section, "saved_at", review.now);
    reply->location = page_of(call, "#actions");
    return 0;
}

static int perform(struct td_review *review, struct td_call *call, json_t **ret_application,
                   struct td_error *reterr)
{
    const char *id = td_call_param(call, "application"), *action = td_call_param(call, "action");
    const char *note = td_call_text(call, "note");
    if (!td_dossier_offers(action))
        return td_error_key(reterr, TD_EINVALID, "action_unknown",
                            json_pack("{s:s}", "action", action));
    if (!td_workflow_has_reasons(action))
        return td_workflow_apply(review, id, action, note, ret_application, reterr);
    int result = td_verification_send_back(review, id, action, note, td_call_json(call, "reasons"),
                                           td_call_text(call, "due_on"), reterr);
    return result ? result : td_application_row(review, id, ret_application, reterr);
}

static int act(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *application = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result = perform(&review, call, &application, reterr);
    if (result)
        return result;
    bool stays = !strcmp(td_call_param(call, "action"), "begin");
    reply->value = json_pack("{s:O, s:O, s:O, s:O?}", "id", json_object_get(application, "id"),
                             "state", json_object_get(application, "state"), "version",
                             json_object_get(application, "version"), "due_at",
                             json_object_get(application, "due_at"));
    reply->version = td_row_int(application, "version");
    reply->location = stays ? page_of(call, "") : "/queue";
    json_decref(application);
    return 0;
}

/* The lease is given back by the loop; what remains is to say so. */
static int name_lease(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *application = NULL;
    (void)reply;
    int result = td_api_review(call, &review);
    if (!result)
        result =
            td_application_load(&review, td_call_param(call, "application"), &application, reterr);
    json_decref(application);
    if (result)
        return result;
    call->job = td_arena_json(call->arena, json_string(td_call_param(call, "application")));
    return call->job ? 0 : TD_ENOMEM;
}

static int released(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reterr;
    reply->value = json_pack("{s:s}", "id", td_call_param(call, "application"));
    reply->location = "/queue";
    return 0;
}

static int list_codes(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)call;
    (void)reterr;
    reply->value = json_pack("{s:o, s:n}", "items", td_verification_codes(), "next");
    return 0;
}

static const struct td_field verdicts_body[] = {
    {"verdicts", TD_FIELD_ARRAY, true, 0, 1000, NULL,
     "[{section, item, verdict: ok|problem, code, note}]"},
    {"rest", TD_FIELD_CHOICE, false, 0, 0, "ok",
     "verdict on the entries of the array that have none"},
    {0},
};

static const struct td_field assessment_body[] = {
    {"content", TD_FIELD_OBJECT, true, 0, 0, NULL, "the section's fields"},
    {0},
};

static const struct td_field action_body[] = {
    {"note", TD_FIELD_TEXT, false, 0, 2000, NULL, "goes to the timeline"},
    {"reasons", TD_FIELD_ARRAY, false, 0, 50, NULL,
     "[{code, section, item, field, text}] for return, supplement, reject"},
    {"due_on", TD_FIELD_DATE, false, 0, 0, NULL, "a later deadline than the default"},
    {0},
};

const struct td_route td_verification_routes[] = {
    {.method = TD_GET,
     .path = "/verification-codes",
     .roles = TD_ROLE_PUBLIC,
     .summary = "Codes of reasons for returns",
     .read = list_codes},
    {.method = TD_GET,
     .path = "/applications/{application}/verifications",
     .roles = OFFICIALS | TD_ROLE_SUPERVISOR,
     .summary = "What the present stage has to check, and all verdicts",
     .read = show_items},
    {.method = TD_PUT,
     .path = "/applications/{application}/verifications",
     .roles = VERIFIERS,
     .summary = "Save verdicts of the present stage",
     .write = save_verdicts,
     .body = verdicts_body,
     .flags = TD_ROUTE_LEASE},
    {.method = TD_PUT,
     .path = "/applications/{application}/assessments/{section}",
     .roles = VERIFIERS,
     .summary = "Fill in a section that is the official's",
     .write = save_assessment,
     .body = assessment_body,
     .flags = TD_ROUTE_LEASE},
    {.method = TD_POST,
     .path = "/applications/{application}/actions/{action}",
     .roles = OFFICIALS,
     .summary = "begin, recommend, forward, accept, return, return_to_unit, supplement, reject, "
                "hold, release, annul, confirm",
     .write = act,
     .body = action_body,
     .flags = TD_ROUTE_LEASE},
    {.method = TD_POST,
     .path = "/applications/{application}/release",
     .roles = OFFICIALS,
     .summary = "Put a dossier back for others to take",
     .read = name_lease,
     .work = TD_WORK_RELEASE,
     .work_fn = released},
    {0},
};
