/* reexaminations.c - why a dossier did not pass, and the recheck of how that came about. */
#include "api/api.h"
#include "api/dossier.h"
#include "api/place.h"
#include "review/application.h"
#include "review/letter.h"
#include "review/reexamination.h"
#include "review/row.h"

#include <string.h>

/* For the applicant, and for those who run or watch the review; not for unit and district, who see
 * the dossier. */
static int load_letter(struct td_call *call, json_t **ret_value, struct td_error *reterr)
{
    struct td_review review;
    json_t *application = NULL, *letter = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result =
            td_application_load(&review, td_call_param(call, "application"), &application, reterr);
    bool own = td_row_equals(application, "account_id", call->who->id);
    const char *series = td_row_text(application, "series");
    if (!result && !own && !td_row_is(&review, TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR) &&
        !td_account_has(call->who, TD_ROLE_OFFICE, series))
        result = td_error_key(reterr, TD_EFORBIDDEN, "role_missing", NULL);
    if (!result)
        result = td_letter_load(&review, application, &letter, reterr);
    if (!result)
        *ret_value =
            json_pack("{s:o, s:o, s:b}", "application", td_dossier_head(&review, application),
                      "letter", letter, "own", (int)own);
    json_decref(application);
    return result;
}

static int show_letter(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    return load_letter(call, &reply->value, reterr);
}

static int request(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    char id[TD_ID_TEXT];
    const char *application = td_call_param(call, "application");
    int result = td_api_review(call, &review);
    if (!result)
        result = td_reexamination_request(&review, application, td_call_text(call, "reason"), id,
                                          reterr);
    if (result)
        return result;
    reply->status = 201;
    reply->value = json_pack("{s:s, s:s}", "id", id, "requested_at", review.now);
    reply->location = td_arena_printf(call->arena, "/applications/%s/timeline", application);
    return 0;
}

static int list(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    bool all = !strcmp(td_call_query(call, "show"), "all");
    (void)reterr;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_reexamination_list(&review, !all, td_call_query(call, "cursor"), &reply->value);
    if (!result)
        json_object_set_new(reply->value, "all", json_boolean(all));
    return result;
}

static int show(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *one = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_reexamination_load(&review, td_call_param(call, "reexamination"), &one, reterr);
    if (result)
        return result;
    json_object_del(one, "account_id");
    reply->value = json_pack("{s:o}", "reexamination", one);
    return reply->value ? 0 : TD_ENOMEM;
}

static int decide(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "reexamination");
    bool revote = !strcmp(td_call_text(call, "outcome"), "revote");
    int result = td_api_review(call, &review);
    if (!result)
        result =
            td_reexamination_decide(&review, id, revote, td_call_text(call, "finding"), reterr);
    return result ? result : td_place_at(call, reply, "reexaminations", id);
}

static const struct td_field request_body[] = {
    {"reason", TD_FIELD_TEXT, true, 10, 4000, NULL, "What is doubted in how it was decided"},
    {0},
};

static const struct td_field decide_body[] = {
    {"outcome", TD_FIELD_CHOICE, true, 0, 0, "revote|kept", "A new vote, or the result stays"},
    {"finding", TD_FIELD_TEXT, true, 10, 4000, NULL, "What was found"},
    {0},
};

#define READERS (TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR)

const struct td_route td_reexaminations_routes[] = {
    {TD_GET, "/applications/{application}/letter", TD_ROLE_APPLICANT | TD_ROLE_OFFICE | READERS,
     "Why the dossier did not pass", .read = show_letter, .page = "application_letter"},
    {TD_POST, "/applications/{application}/recheck", TD_ROLE_APPLICANT,
     "Ask for a recheck of the result", .write = request, .body = request_body},
    {TD_GET, "/reexaminations", READERS, "Rechecks that wait; show=all, cursor",
     .query = "show cursor", .read = list, .page = "reexaminations"},
    {TD_GET, "/reexaminations/{reexamination}", READERS, "One recheck with what the records say",
     .read = show, .page = "reexamination"},
    {TD_POST, "/reexaminations/{reexamination}", TD_ROLE_BUREAU,
     "Decide a recheck, as somebody who had no part in the dossier", .write = decide,
     .body = decide_body, .flags = TD_ROUTE_STEP_UP},
    {0},
};
