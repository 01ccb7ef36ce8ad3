/* notices.c - public notices and objections, for everybody and for those who decide. */
#include "api/api.h"
#include "base/seal.h"
#include "review/notice.h"
#include "review/objection.h"
#include "review/row.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DECIDERS (TD_ROLE_UNIT | TD_ROLE_OFFICE | TD_ROLE_BUREAU)

static int list_notices(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_notice_list(&review, td_call_query(call, "kind"), td_call_query(call, "cursor"),
                                &reply->value);
    if (result)
        return td_error_set(reterr, result, "listing notices");
    json_object_set_new(reply->value, "publishes", json_boolean(td_row_is(&review, TD_ROLE_UNIT)));
    json_object_set_new(reply->value, "decides",
                        json_boolean(td_row_is(&review, DECIDERS | TD_ROLE_SUPERVISOR)));
    return 0;
}

/* --- one notice ------------------------------------------------------------------------------- */

/* What everybody may call a dossier of a notice. Who judges one blindly knows its id: he must not
 * find that in a list of names. */
static void public_id(const struct td_call *call, const char *notice, const char *application,
                      char id[TD_ID_TEXT])
{
    char text[2 * TD_ID_TEXT + 16], hex[TD_SEAL_FINGERPRINT_TEXT];
    snprintf(text, sizeof(text), "notice %.26s %.26s", notice, application);
    td_seal_fingerprint(call->seal, text, hex);
    for (size_t i = 0; i < TD_ID_TEXT - 1; i++)
        id[i] = hex[i] >= 'a' ? (char)(hex[i] - 'a' + 'A') : hex[i];
    id[0] = (char)('0' + (id[0] & 7)); /* an id as any other */
    id[TD_ID_TEXT - 1] = 0;
}

/* The bureau confirms the dossiers themselves; nobody who scores them has more than the public. */
static bool runs_notices(const struct td_call *call)
{
    return call->who && (call->who->roles & TD_ROLE_BUREAU) && !(call->who->roles & TD_ROLE_EXPERT);
}

static void hide_ids(const struct td_call *call, const json_t *notice)
{
    size_t i;
    json_t *entry;
    char id[TD_ID_TEXT];
    json_array_foreach(json_object_get(notice, "entries"), i, entry) {
        public_id(call, td_row_text(notice, "id"), td_row_text(entry, "application_id"), id);
        json_object_set_new(entry, "id", json_string(id));
        if (!runs_notices(call))
            json_object_del(entry, "application_id");
    }
}

/* The dossier that a notice shows under this id, "" for none; arena memory. */
static int find_shown(struct td_call *call, struct td_review *review, const char *shown,
                      const char **ret_application, struct td_error *reterr)
{
    json_t *notice = NULL, *entry;
    size_t i;
    char id[TD_ID_TEXT];
    *ret_application = "";
    int result = td_notice_load(review, td_call_param(call, "notice"), &notice, reterr);
    json_array_foreach(json_object_get(notice, "entries"), i, entry) {
        public_id(call, td_row_text(notice, "id"), td_row_text(entry, "application_id"), id);
        if (!strcmp(id, shown))
            *ret_application = td_arena_strdup(call->arena, td_row_text(entry, "application_id"));
    }
    json_decref(notice);
    return result ? result : *ret_application ? 0 : TD_ENOMEM;
}

static int show_notice(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *notice = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_notice_load(&review, td_call_param(call, "notice"), &notice, reterr);
    if (result)
        return result;
    hide_ids(call, notice);
    reply->value = json_pack("{s:o}", "notice", notice);
    return 0;
}

static int show_candidates(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *rows = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_notice_candidates(&review, &rows);
    if (result)
        return td_error_set(reterr, result, "listing dossiers to publicise");
    reply->value = json_pack("{s:o, s:n}", "items", rows, "next");
    return 0;
}

/* The unit and the cycle of a notice are those of the first dossier; all others must have the same.
 */
static int publish(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *rows = NULL, *row, *first = NULL, *notice = NULL;
    const char *wanted = json_string_value(json_array_get(td_call_json(call, "applications"), 0));
    size_t i;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_notice_candidates(&review, &rows);
    json_array_foreach(rows, i, row)
        if (wanted && td_row_equals(row, "id", wanted))
            first = row;
    if (!result && !first)
        result = td_error_field(reterr, "applications", "choice",
                                "choose dossiers of your unit that are verified");
    if (!result)
        result = td_notice_publish(&review, "unit", td_row_text(first, "cycle_id"),
                                   td_row_text(first, "unit_id"),
                                   td_call_json(call, "applications"), &notice, reterr);
    if (!result) {
        reply->status = 201;
        reply->location = td_arena_printf(call->arena, "/notices/%s", td_row_text(notice, "id"));
        reply->value = notice;
    }
    json_decref(rows);
    return result;
}

static int object(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    struct td_objection_receipt receipt;
    char *sealed = td_seal(call->seal, td_call_text(call, "contact"));
    struct td_objection objection = {.notice_id = td_call_param(call, "notice"),
                                     .text = td_call_text(call, "text"),
                                     .contact_sealed = sealed,
                                     .language = call->language,
                                     .anonymous = td_call_bool(call, "anonymous")};
    int result = sealed ? td_api_review(call, &review) : TD_ENOMEM;
    if (!result)
        result = find_shown(call, &review, td_call_text(call, "application"),
                            &objection.application_id, reterr);
    if (!result)
        result = td_objection_file(&review, &objection, &receipt, reterr);
    free(sealed);
    if (result)
        return result;
    reply->status = 201;
    reply->value =
        td_receipt_json(&review, TD_RECEIPT_OBJECTION, &receipt.receipt, "", receipt.decide_by);
    return json_object_set_new(reply->value, "id", json_string(receipt.id)) ? TD_ENOMEM : 0;
}

static int list_objections(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    bool all = !strcmp(td_call_query(call, "show"), "all");
    int result = td_api_review(call, &review);
    if (!result)
        result = td_objection_list(&review, !all, td_call_query(call, "cursor"), &reply->value);
    if (result)
        return td_error_set(reterr, result, "listing objections");
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(reply->value, "items"), i, row) {
        json_object_del(row, "contact_sealed");
        json_object_del(row, "account_id");
    }
    json_object_set_new(reply->value, "all", json_boolean(all));
    return 0;
}

/* How to reach whoever objected: for those who look into it, in words only here. */
static void open_contact(const struct td_call *call, json_t *objection, bool reads)
{
    char *contact = reads ? td_unseal(call->seal, td_row_text(objection, "contact_sealed")) : NULL;
    json_object_set_new(objection, "contact", json_string(contact ? contact : ""));
    json_object_del(objection, "contact_sealed");
    free(contact);
}

static int show_objection(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *objection = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_objection_load(&review, td_call_param(call, "objection"), &objection, reterr);
    if (result)
        return result;
    bool official = td_row_is(&review, DECIDERS);
    bool decides = !td_row_bool(objection, "decided") && !td_row_bool(objection, "own") && official;
    open_contact(call, objection, official);
    json_object_del(objection, "account_id");
    reply->value = json_pack("{s:o, s:b}", "objection", objection, "decides", (int)decides);
    return 0;
}

static int decide(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "objection");
    bool upheld = !strcmp(td_call_text(call, "outcome"), "upheld");
    int result = td_api_review(call, &review);
    if (!result)
        result = td_objection_decide(&review, id, upheld, td_call_text(call, "finding"),
                                     td_call_text(call, "answer"), reterr);
    if (result)
        return result;
    reply->value = json_pack("{s:s, s:b}", "id", id, "upheld", (int)upheld);
    reply->location = td_arena_printf(call->arena, "/objections/%s", id);
    return 0;
}

static const struct td_field publish_body[] = {
    {"applications", TD_FIELD_ARRAY, true, 0, 200, NULL,
     "ids of verified dossiers of one unit and cycle"},
    {0},
};

static const struct td_field object_body[] = {
    {"application", TD_FIELD_ID, true, 0, 0, NULL, "which dossier: \"id\" of the notice's entry"},
    {"text", TD_FIELD_TEXT, true, 10, 2000, NULL, "what is wrong, with facts that can be checked"},
    {"contact", TD_FIELD_TEXT, false, 0, 100, NULL,
     "how to reach you; kept encrypted; a mobile number or e-mail address is told of the answer"},
    {"anonymous", TD_FIELD_BOOL, false, 0, 0, NULL, "do not keep my account, tell me nothing here"},
    {0},
};

static const struct td_field decide_body[] = {
    {"outcome", TD_FIELD_CHOICE, true, 0, 0, "upheld|dismissed", "the decision"},
    {"finding", TD_FIELD_TEXT, true, 5, 2000, NULL, "what was found, for those inside"},
    {"answer", TD_FIELD_TEXT, false, 0, 2000, NULL, "for who objected; empty = the outcome"},
    {0},
};

const struct td_route td_notices_routes[] = {
    {.method = TD_GET,
     .path = "/notices",
     .roles = TD_ROLE_PUBLIC,
     .summary = "Public notices; kind, cursor",
     .query = "kind cursor",
     .read = list_notices,
     .page = "notices"},
    {.method = TD_GET,
     .path = "/notices/new",
     .roles = TD_ROLE_UNIT,
     .summary = "Dossiers of the unit that wait to be publicised",
     .read = show_candidates,
     .page = "notice_new"},
    {.method = TD_POST,
     .path = "/notices",
     .roles = TD_ROLE_UNIT,
     .summary = "Publish a notice inside the unit",
     .write = publish,
     .body = publish_body,
     .flags = TD_ROUTE_STEP_UP},
    {.method = TD_GET,
     .path = "/notices/{notice}",
     .roles = TD_ROLE_PUBLIC,
     .summary = "One notice",
     .read = show_notice,
     .page = "notice"},
    {.method = TD_POST,
     .path = "/notices/{notice}/objections",
     .roles = TD_ROLE_PUBLIC,
     .summary = "Object to a dossier of an open notice",
     .write = object,
     .page = "receipt",
     .body = object_body,
     .flags = TD_ROUTE_ONCE},
    {.method = TD_GET,
     .path = "/objections",
     .roles = DECIDERS | TD_ROLE_SUPERVISOR,
     .summary = "Objections to decide; show=all, cursor",
     .query = "show cursor",
     .read = list_objections,
     .page = "objections"},
    {.method = TD_GET,
     .path = "/objections/{objection}",
     .roles = DECIDERS | TD_ROLE_SUPERVISOR,
     .summary = "One objection",
     .read = show_objection,
     .page = "objection"},
    {.method = TD_POST,
     .path = "/objections/{objection}",
     .roles = DECIDERS,
     .summary = "Decide an objection",
     .write = decide,
     .body = decide_body},
    {0},
};
