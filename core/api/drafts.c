/* drafts.c - the sections of a dossier that its applicant fills in: a page each, saved whole or by
 * item, and the check of what is still missing. */
#include "api/api.h"
#include "api/dossier.h"
#include "review/application.h"
#include "review/draft.h"
#include "review/evidence.h"
#include "review/form.h"
#include "review/row.h"
#include "review/verification.h"
#include "review/workflow.h"

#include <stdio.h>
#include <string.h>

#define READERS                                                                                    \
    (TD_ROLE_APPLICANT | TD_ROLE_UNIT | TD_ROLE_DISTRICT_INDUSTRY | TD_ROLE_DISTRICT_HR |          \
     TD_ROLE_OFFICE | TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR)

/* The applicant's sections before and after this one. */
static void add_neighbours(json_t *value, const json_t *descriptor, const char *section_id)
{
    const json_t *last = NULL;
    bool passed = false;
    size_t i;
    json_t *section;
    json_array_foreach(json_object_get(descriptor, "sections"), i, section) {
        if (strcmp(td_form_section_by(section), "applicant"))
            continue;
        json_t *place = json_pack("{s:O, s:O, s:O?}", "id", json_object_get(section, "id"), "name",
                                  json_object_get(section, "name"), "name_en",
                                  json_object_get(section, "name_en"));
        bool here = td_row_equals(section, "id", section_id);
        if (here && last)
            json_object_set_new(value, "before",
                                json_pack("{s:O, s:O, s:O?}", "id", json_object_get(last, "id"),
                                          "name", json_object_get(last, "name"), "name_en",
                                          json_object_get(last, "name_en")));
        if (passed && !here && !json_object_get(value, "after"))
            json_object_set(value, "after", place);
        passed |= here;
        last = section;
        json_decref(place);
    }
}

/* Reasons of the open return that name this section, for the top of its page. */
static int add_reasons(struct td_review *review, const json_t *application, const char *section,
                       json_t *value)
{
    json_t *orders = NULL, *order, *reason, *list = json_array();
    size_t i, j;
    int result = td_verification_orders(review, application, &orders);
    json_array_foreach(orders, i, order)
        json_array_foreach(json_object_get(order, "reasons"), j, reason)
            if (td_row_bool(order, "open") && td_row_equals(reason, "section", section))
                json_array_append(list, reason);
    json_decref(orders);
    json_object_set_new(value, "reasons", list);
    return result;
}

static void add_problem(json_t *section, const json_t *problem)
{
    size_t i, j;
    json_t *item, *field;
    json_array_foreach(json_object_get(section, "items"), i, item)
        json_array_foreach(json_object_get(item, "fields"), j, field)
            if (td_row_equals(field, "path", td_row_text(problem, "field")))
                json_object_set(field, "problem", (json_t *)problem);
}

/* What the form calls the fields that were not taken. */
static void name_problems(const json_t *section, json_t *problems)
{
    size_t i;
    json_t *problem;
    json_array_foreach(problems, i, problem) {
        const char *dot = strrchr(td_row_text(problem, "field"), '.');
        const json_t *field = dot ? td_form_field(section, dot + 1) : NULL;
        const json_t *named = field ? field : section;
        json_object_set(problem, "name", json_object_get(named, "name"));
        json_object_set(problem, "name_en", json_object_get(named, "name_en"));
    }
}

/* The page of one section over `content`; `problems` (may be NULL) are put beside their fields. */
static int section_page(struct td_review *review, const json_t *application, const char *section_id,
                        const json_t *value, const json_t *problems, json_t **ret_page,
                        struct td_error *reterr)
{
    const json_t *descriptor = td_application_form(review, application);
    const json_t *section = td_form_section(descriptor, section_id);
    if (!section || strcmp(td_form_section_by(section), "applicant"))
        return td_error_key(reterr, TD_ENOTFOUND, "section_unknown",
                            json_pack("{s:s}", "section", section_id));
    enum td_state state = TD_STATE_DRAFT;
    td_state_parse(td_row_text(application, "state"), &state);
    bool own = review->who && td_row_equals(application, "account_id", review->who->id);
    bool editable = own && td_state_editable(state);
    json_t *counts = NULL, *files = NULL, *problem, *item;
    size_t i;
    int result = td_draft_evidence_counts(review, td_row_text(application, "id"), &counts);
    if (!result)
        result = td_evidence_list(review, td_row_text(application, "id"), section_id, &files);
    if (result) {
        json_decref(counts);
        return result;
    }
    json_t *model = td_form_model(section, value, counts, "content", editable);
    json_array_foreach((json_t *)problems, i, problem)
        add_problem(model, problem);
    json_array_foreach(json_object_get(model, "items"), i, item) {
        size_t j;
        json_t *file, *here = json_array();
        json_array_foreach(files, j, file)
            if (td_row_equals(file, "item", td_row_text(item, "id")))
                json_array_append(here, file);
        json_object_set_new(item, "files", here);
        json_object_set_new(item, "attachable",
                            json_boolean(editable && td_row_bool(model, "takes_evidence") &&
                                         !td_row_bool(item, "is_new")));
    }
    json_t *page =
        json_pack("{s:o, s:o, s:b, s:b}", "application", td_dossier_head(review, application),
                  "section", model, "editable", (int)editable, "own", (int)own);
    json_object_set_new(page, "problems",
                        problems ? json_incref((json_t *)problems) : json_array());
    add_neighbours(page, descriptor, section_id);
    result = add_reasons(review, application, section_id, page);
    json_decref(counts);
    json_decref(files);
    *ret_page = page;
    return result;
}

static int show_section(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *application = NULL, *content = NULL;
    const char *section = td_call_param(call, "section");
    int result = td_api_review(call, &review);
    if (!result)
        result =
            td_application_load(&review, td_call_param(call, "application"), &application, reterr);
    if (!result)
        result = td_dossier_content(&review, application, &content);
    if (!result)
        result = section_page(&review, application, section, json_object_get(content, section),
                              NULL, &reply->value, reterr);
    if (!result && call->face == TD_FACE_JSON)
        json_object_set(reply->value, "value", json_object_get(content, section));
    if (!result)
        reply->version = td_dossier_version(&review, application);
    json_decref(application);
    json_decref(content);
    return result;
}

/* Where the browser goes after a save: on, or back to add or attach something. */
static const char *next_page(struct td_call *call, const char *id, const char *section)
{
    if (td_call_bool(call, "stay"))
        return td_arena_printf(call->arena, "/applications/%s/sections/%s", id, section);
    return td_arena_printf(call->arena, "/applications/%s", id);
}

static int save_section(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    struct td_draft_saved saved = {0};
    json_t *application = NULL;
    const char *id = td_call_param(call, "application"), *section = td_call_param(call, "section");
    json_t *sent = json_object_get(td_call_json(call, "content"), section);
    int result = td_api_review(call, &review);
    if (!result)
        result = td_application_load_editable(&review, id, &application, reterr);
    if (!result)
        result = td_call_check_version(call, td_row_int(application, "version"), reterr);
    if (!result)
        result = td_draft_settle(&review, application);
    if (!result)
        result = td_draft_save(&review, application, section, sent, &saved, reterr);
    if (!result) {
        const json_t *form = td_application_form(&review, application);
        name_problems(td_form_section(form, section), saved.problems);
        json_object_set_new(application, "version", json_integer(saved.version));
    }
    if (!result && call->face == TD_FACE_PAGE && json_array_size(saved.problems))
        result = section_page(&review, application, section, saved.typed, saved.problems,
                              &reply->value, reterr);
    else if (!result)
        reply->value =
            json_pack("{s:I, s:s, s:O, s:O}", "version", (json_int_t)saved.version, "saved_at",
                      review.now, "problems", saved.problems, "value", saved.value);
    if (!result && (call->face == TD_FACE_JSON || !json_array_size(saved.problems)))
        reply->location = next_page(call, id, section);
    reply->version = saved.version;
    td_draft_saved_done(&saved);
    json_decref(application);
    return result;
}

static int add_item(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *application = NULL;
    char item[TD_DRAFT_ITEM_TEXT];
    int64_t version = 0;
    const char *id = td_call_param(call, "application"), *section = td_call_param(call, "section");
    int result = td_api_review(call, &review);
    if (!result)
        result = td_application_load_editable(&review, id, &application, reterr);
    if (!result)
        result = td_draft_settle(&review, application);
    if (!result)
        result = td_draft_add(&review, application, section, td_call_json(call, "content"), item,
                              &version, reterr);
    json_decref(application);
    if (result)
        return result;
    reply->status = 201;
    reply->version = version;
    reply->value = json_pack("{s:s, s:I}", "item", item, "version", (json_int_t)version);
    reply->location = td_arena_printf(call->arena, "/applications/%s/sections/%s", id, section);
    return 0;
}

static int remove_item(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *application = NULL;
    int64_t version = 0;
    const char *id = td_call_param(call, "application"), *section = td_call_param(call, "section");
    int result = td_api_review(call, &review);
    if (!result)
        result = td_application_load_editable(&review, id, &application, reterr);
    if (!result)
        result = td_draft_settle(&review, application);
    if (!result)
        result = td_draft_remove(&review, application, section, td_call_param(call, "item"),
                                 &version, reterr);
    json_decref(application);
    if (result)
        return result;
    reply->version = version;
    reply->value = json_pack("{s:I}", "version", (json_int_t)version);
    reply->location = td_arena_printf(call->arena, "/applications/%s/sections/%s", id, section);
    return 0;
}

static int check(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *application = NULL, *completeness = NULL, *content = NULL;
    json_t *sections = NULL, *assessments = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result =
            td_application_load(&review, td_call_param(call, "application"), &application, reterr);
    if (!result)
        result = td_dossier_content(&review, application, &content);
    if (!result) {
        json_object_set(application, "content", content); /* of what the caller may see */
        result = td_draft_completeness(&review, application, &completeness);
    }
    if (!result)
        result = td_dossier_views(&review, application, content, "", &sections, &assessments);
    if (!result)
        reply->value =
            json_pack("{s:o, s:O, s:O}", "application", td_dossier_head(&review, application),
                      "check", completeness, "sections", sections);
    json_decref(application);
    json_decref(content);
    json_decref(completeness);
    json_decref(sections);
    json_decref(assessments);
    return result;
}

static const struct td_field section_body[] = {
    {"content", TD_FIELD_OBJECT, false, 0, 0, NULL, "{section: value}; the whole section"},
    {"stay", TD_FIELD_BOOL, false, 0, 0, NULL, "pages: come back to this section"},
    {0},
};

static const struct td_field item_body[] = {
    {"content", TD_FIELD_OBJECT, true, 0, 0, NULL, "the item's fields"},
    {0},
};

const struct td_route td_drafts_routes[] = {
    {.method = TD_GET,
     .path = "/applications/{application}/sections/{section}",
     .roles = READERS,
     .summary = "One section with its values and files",
     .read = show_section,
     .page = "application_section"},
    {.method = TD_PUT,
     .path = "/applications/{application}/sections/{section}",
     .roles = TD_ROLE_APPLICANT,
     .summary = "Save a section; what fits is kept, the rest is named",
     .write = save_section,
     .page = "application_section",
     .body = section_body,
     .flags = TD_ROUTE_IF_MATCH},
    {.method = TD_POST,
     .path = "/applications/{application}/sections/{section}/items",
     .roles = TD_ROLE_APPLICANT,
     .summary = "Add an item to a repeated section",
     .write = add_item,
     .body = item_body},
    {.method = TD_DELETE,
     .path = "/applications/{application}/sections/{section}/items/{item}",
     .roles = TD_ROLE_APPLICANT,
     .summary = "Remove an item and its files",
     .write = remove_item},
    {.method = TD_GET,
     .path = "/applications/{application}/check",
     .roles = READERS,
     .summary = "All answers, and what is still missing",
     .read = check,
     .page = "application_check"},
    {0},
};
