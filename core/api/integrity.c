/* integrity.c - integrity records: the bureau writes them in two steps, the supervisor reads, the
 * person sees and answers his own. */
#include "api/api.h"
#include "api/place.h"
#include "review/integrity.h"
#include "review/row.h"

#define KINDS                                                                                      \
    "false_material|plagiarism|improper_means|expert_violation|staff_violation|unit_failure"

static int list_records(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    (void)reterr;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_integrity_list(&review, td_call_query(call, "state"),
                                   td_call_query(call, "cursor"), &reply->value);
    if (!result)
        json_object_set_new(reply->value, "can_write",
                            json_boolean(td_row_is(&review, TD_ROLE_BUREAU)));
    return result;
}

static int list_own(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *rows = NULL;
    (void)reterr;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_integrity_mine(&review, &rows);
    if (result)
        return result;
    reply->value = json_pack("{s:o, s:n, s:b}", "items", rows, "next", "own", 1);
    return reply->value ? 0 : TD_ENOMEM;
}

static int show_form(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    size_t count;
    const struct td_integrity_kind *kinds = td_integrity_kinds(&count);
    json_t *options = json_array();
    (void)reterr;
    for (size_t i = 0; i < count; i++)
        json_array_append_new(options, json_pack("{s:s, s:s}", "integrity_kind", kinds[i].name,
                                                 "integrity_role", kinds[i].role));
    reply->value =
        json_pack("{s:o, s:s}", "kinds", options, "person", td_call_query(call, "person"));
    return reply->value ? 0 : TD_ENOMEM;
}

static int show_record(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *record = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_integrity_load(&review, td_call_param(call, "record"), &record, reterr);
    if (result)
        return result;
    reply->value = json_pack("{s:o}", "record", record);
    return reply->value ? 0 : TD_ENOMEM;
}

static int propose(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    char id[TD_ID_TEXT];
    struct td_integrity_decision decision = {
        .account_id = "",
        .unit_id = "",
        .application_id = "",
        .kind = td_call_text(call, "kind"),
        .decision_number = td_call_text(call, "decision_number"),
        .decided_on = td_call_text(call, "decided_on"),
        .finding = td_call_text(call, "finding"),
    };
    const char *person = td_call_text(call, "person"), *unit = td_call_text(call, "unit");
    int result = td_api_review(call, &review);
    if (!result && *person)
        result = td_integrity_person(&review, "person", person, &decision.account_id, reterr);
    if (!result && *unit)
        result = td_integrity_unit(&review, "unit", unit, &decision.unit_id, reterr);
    if (!result)
        result = td_integrity_propose(&review, &decision, id, reterr);
    return result ? result : td_place_created(call, reply, "integrity", id);
}

static int confirm(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "record");
    int result = td_api_review(call, &review);
    if (!result)
        result = td_integrity_confirm(&review, id, reterr);
    return result ? result : td_place_at(call, reply, "integrity", id);
}

static int withdraw(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "record");
    int result = td_api_review(call, &review);
    if (!result)
        result = td_integrity_withdraw(&review, id, td_call_text(call, "reason"), reterr);
    return result ? result : td_place_at(call, reply, "integrity", id);
}

static int answer(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "record");
    int result = td_api_review(call, &review);
    if (!result)
        result = td_integrity_answer(&review, id, td_call_text(call, "text"), reterr);
    return result ? result : td_place_at(call, reply, "integrity", id);
}

static const struct td_field propose_body[] = {
    {"kind", TD_FIELD_CHOICE, true, 0, 0, KINDS, "What was found"},
    {"person", TD_FIELD_TEXT, false, 0, 64, NULL, "Login or id of the person"},
    {"unit", TD_FIELD_TEXT, false, 0, 120, NULL, "Name, code or id of the unit, for unit_failure"},
    {"decision_number", TD_FIELD_TEXT, true, 1, 80, NULL, "Number of the decision"},
    {"decided_on", TD_FIELD_DATE, true, 0, 0, NULL, "Its day, from which the bar counts"},
    {"finding", TD_FIELD_TEXT, true, 10, 4000, NULL, "What was found, in words"},
    {0},
};

static const struct td_field withdraw_body[] = {
    {"reason", TD_FIELD_TEXT, true, 5, 2000, NULL, "Why"},
    {0},
};

static const struct td_field answer_body[] = {
    {"text", TD_FIELD_TEXT, true, 2, 4000, NULL, "What the person says"},
    {0},
};

const struct td_route td_integrity_routes[] = {
    {TD_GET, "/integrity", TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR, "Integrity records; state, cursor",
     .query = "state cursor", .read = list_records, .page = "integrity_records"},
    {TD_GET, "/integrity/new", TD_ROLE_BUREAU, "What a new record needs", .query = "person",
     .read = show_form, .page = "integrity_new"},
    {TD_POST, "/integrity", TD_ROLE_BUREAU, "Propose a record", .write = propose,
     .body = propose_body, .flags = TD_ROUTE_STEP_UP},
    {TD_GET, "/account/integrity", TD_ROLE_ANY, "The caller's own records", .read = list_own,
     .page = "integrity_records"},
    {TD_GET, "/integrity/{record}", TD_ROLE_ANY,
     "One record: for bureau, supervisor and whom it is about", .read = show_record,
     .page = "integrity"},
    {TD_POST, "/integrity/{record}/confirm", TD_ROLE_BUREAU,
     "Bring a record into force, as another official than its author", .write = confirm,
     .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/integrity/{record}/withdraw", TD_ROLE_BUREAU, "Withdraw a record, with the reason",
     .write = withdraw, .body = withdraw_body, .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/integrity/{record}/answer", TD_ROLE_ANY, "Answer a record about oneself",
     .write = answer, .body = answer_body},
    {0},
};
