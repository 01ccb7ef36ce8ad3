/* revocations.c - titles revoked for fraud: proposed by one official of the bureau, decided by
 * another. */
#include "api/api.h"
#include "api/place.h"
#include "review/revocation.h"
#include "review/row.h"
#include "review/title.h"

static int show_form(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    static const char *const kinds[] = {"false_material", "plagiarism", "improper_means"};
    struct td_review review;
    json_t *title = NULL, *options = json_array();
    int result = td_api_review(call, &review);
    if (!result)
        result = td_title_view(&review, td_call_param(call, "title"), &title, reterr);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        json_array_append_new(options, json_pack("{s:s}", "integrity_kind", kinds[i]));
    if (!result)
        reply->value = json_pack("{s:O, s:O}", "title", title, "kinds", options);
    json_decref(title);
    json_decref(options);
    return result;
}

static int propose(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    char id[TD_ID_TEXT];
    const struct td_revocation revocation = {
        td_call_param(call, "title"), td_call_text(call, "kind"),
        td_call_text(call, "decision_number"), td_call_text(call, "decided_on"),
        td_call_text(call, "finding")};
    int result = td_api_review(call, &review);
    if (!result)
        result = td_revocation_propose(&review, &revocation, id, reterr);
    return result ? result : td_place_created(call, reply, "revocations", id);
}

static int list(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    (void)reterr;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_revocation_list(&review, td_call_query(call, "cursor"), &reply->value);
    return result;
}

static int show(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *one = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_revocation_load(&review, td_call_param(call, "revocation"), &one, reterr);
    if (result)
        return result;
    reply->value = json_pack("{s:o}", "revocation", one);
    return reply->value ? 0 : TD_ENOMEM;
}

static int decide(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "revocation");
    int result = td_api_review(call, &review);
    if (!result)
        result = td_revocation_decide(&review, id, reterr);
    return result ? result : td_place_at(call, reply, "revocations", id);
}

static int drop(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "revocation");
    int result = td_api_review(call, &review);
    if (!result)
        result = td_revocation_drop(&review, id, td_call_text(call, "reason"), reterr);
    return result ? result : td_place_at(call, reply, "revocations", id);
}

static const struct td_field propose_body[] = {
    {"kind", TD_FIELD_CHOICE, true, 0, 0, "false_material|plagiarism|improper_means",
     "How the title was won"},
    {"decision_number", TD_FIELD_TEXT, true, 1, 80, NULL, "Number of the decision"},
    {"decided_on", TD_FIELD_DATE, true, 0, 0, NULL, "Its day, from which the bar counts"},
    {"finding", TD_FIELD_TEXT, true, 10, 4000, NULL, "What was found, in words"},
    {0},
};

static const struct td_field drop_body[] = {
    {"reason", TD_FIELD_TEXT, true, 5, 2000, NULL, "Why"},
    {0},
};

const struct td_route td_revocations_routes[] = {
    {TD_GET, "/titles/{title}/revocation", TD_ROLE_BUREAU, "What a revocation needs",
     .read = show_form, .page = "revocation_new"},
    {TD_POST, "/titles/{title}/revocation", TD_ROLE_BUREAU, "Propose that a title be revoked",
     .write = propose, .body = propose_body, .flags = TD_ROUTE_STEP_UP},
    {TD_GET, "/revocations", TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR, "Revocations; cursor",
     .query = "cursor", .read = list, .page = "revocations"},
    {TD_GET, "/revocations/{revocation}", TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR, "One revocation",
     .read = show, .page = "revocation"},
    {TD_POST, "/revocations/{revocation}/decide", TD_ROLE_BUREAU,
     "Revoke the title, as another official than who proposed it", .write = decide,
     .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/revocations/{revocation}/drop", TD_ROLE_BUREAU, "Drop a proposal, with the reason",
     .write = drop, .body = drop_body},
    {0},
};
