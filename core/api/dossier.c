/* dossier.c - see dossier.h. */
#include "api/dossier.h"

#include "review/application.h"
#include "review/evidence.h"
#include "review/form.h"
#include "review/row.h"
#include "review/verification.h"
#include "review/workflow.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

/* Is the applicant changing it, unseen by the caller? */
static bool in_other_hands(const struct td_review *review, const json_t *application)
{
    enum td_state state = TD_STATE_DRAFT;
    td_state_parse(td_row_text(application, "state"), &state);
    bool own = review->who && td_row_equals(application, "account_id", review->who->id);
    return !own && td_state_editable(state);
}

bool td_dossier_offers(const char *action)
{
    static const char *const offered[] = {"begin",  "recommend",      "forward",    "accept",
                                          "return", "return_to_unit", "supplement", "reject",
                                          "hold",   "release",        "annul",      "confirm"};
    for (size_t i = 0; i < sizeof(offered) / sizeof(offered[0]); i++)
        if (!strcmp(offered[i], action))
            return true;
    return false;
}

int64_t td_dossier_version(const struct td_review *review, const json_t *application)
{
    return in_other_hands(review, application) ? 0 : td_row_int(application, "version");
}

json_t *td_dossier_head(const struct td_review *review, const json_t *application)
{
    json_t *head = json_copy((json_t *)application);
    enum td_state state = TD_STATE_DRAFT;
    if (!head)
        return NULL;
    td_state_parse(td_row_text(application, "state"), &state);
    json_object_del(head, "content");
    json_object_del(head, "revision");
    json_object_del(head, "account_id");
    json_object_del(head, "score_id"); /* it changes with every expert's sheet */
    json_object_del(head, "set_aside");
    json_object_del(head, "form_version");
    if (in_other_hands(review, application)) {
        json_object_del(head, "version");
        json_object_del(head, "updated_at");
    }
    json_object_set_new(head, "holder", json_string(td_state_holder(state)));
    json_object_set_new(head, "editable", json_boolean(td_state_editable(state)));
    json_object_set_new(head, "is_draft", json_boolean(state == TD_STATE_DRAFT));
    json_object_set_new(head, "is_general",
                        json_boolean(td_row_equals(application, "track", "general")));
    td_application_name(review, head);
    return head;
}

int td_dossier_content(struct td_review *review, const json_t *application, json_t **ret_content)
{
    if (!in_other_hands(review, application)) {
        *ret_content = json_incref(json_object_get(application, "content"));
        return 0;
    }
    json_t *snapshot = NULL;
    int result = td_tx_row(review->tx, &snapshot, "select dossier from snapshot where id = $1", "s",
                           td_row_text(application, "snapshot_id"));
    if (!result)
        *ret_content =
            json_incref(json_object_get(json_object_get(snapshot, "dossier"), "content"));
    json_decref(snapshot);
    return result;
}

static bool at_place(const json_t *row, const char *section, const char *item)
{
    return td_row_equals(row, "section", section) && td_row_equals(row, "item", item);
}

static json_t *rows_at(const json_t *rows, const char *section, const char *item)
{
    json_t *here = json_array(), *row;
    size_t i;
    json_array_foreach((json_t *)rows, i, row)
        if (at_place(row, section, item))
            json_array_append(here, row);
    return here;
}

static json_t *code_options(const char *chosen)
{
    json_t *codes = td_verification_codes(), *code;
    size_t i;
    json_array_foreach(codes, i, code)
        json_object_set_new(code, "selected", json_boolean(td_row_equals(code, "value", chosen)));
    return codes;
}

/* What the stage's clerk needs to judge this item; `number` names the form's members. */
static void add_judging(json_t *item, const json_t *check, size_t number)
{
    char path[32];
    snprintf(path, sizeof(path), "verdicts.%zu", number);
    json_object_set_new(item, "checks", json_true());
    json_object_set_new(item, "verdict_path", json_string(path));
    json_object_set(item, "check_section", json_object_get(check, "section"));
    json_object_set_new(item, "is_ok", json_boolean(td_row_equals(check, "verdict", "ok")));
    json_object_set_new(item, "is_problem",
                        json_boolean(td_row_equals(check, "verdict", "problem")));
    json_object_set_new(item, "codes", code_options(td_row_text(check, "code")));
    json_object_set_new(item, "note", json_string(td_row_text(check, "note")));
}

struct beside {
    json_t *files, *verdicts, *checks;
};

static void dress_item(const struct beside *beside, const char *section, json_t *item)
{
    const char *id = td_row_text(item, "id");
    size_t i;
    json_t *check;
    json_object_set_new(item, "section_id", json_string(section));
    json_object_set_new(item, "files", rows_at(beside->files, section, id));
    json_object_set_new(item, "verdicts", rows_at(beside->verdicts, section, id));
    json_object_set_new(item, "checks", json_false());
    json_array_foreach(beside->checks, i, check)
        if (at_place(check, section, id))
            add_judging(item, check, i);
}

static int load_beside(struct td_review *review, const json_t *application, const char *stage,
                       struct beside *beside)
{
    const char *id = td_row_text(application, "id");
    int result = td_evidence_list(review, id, "", &beside->files);
    if (!result)
        result = td_verification_list(review, id, &beside->verdicts);
    if (!result && *stage)
        result = td_verification_items(review, application, stage, &beside->checks);
    return result;
}

static void done_beside(struct beside *beside)
{
    json_decref(beside->files);
    json_decref(beside->verdicts);
    json_decref(beside->checks);
}

static void dress(const struct beside *beside, json_t *view)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(view, "items"), i, item)
        dress_item(beside, td_row_text(view, "id"), item);
}

static json_t *view_section(const struct beside *beside, const json_t *section,
                            const json_t *answers)
{
    const json_t *value = json_object_get(answers, td_row_text(section, "id"));
    json_t *view = td_form_view(section, value);
    json_object_set_new(view, "given", json_boolean(value != NULL));
    dress(beside, view);
    return view;
}

int td_dossier_views(struct td_review *review, const json_t *application, const json_t *content,
                     const char *stage, json_t **ret_sections, json_t **ret_assessments)
{
    const json_t *descriptor = td_application_form(review, application);
    struct beside beside = {0};
    json_t *given = NULL, *sections = json_array(), *assessments = json_array(), *section;
    size_t i;
    int result = load_beside(review, application, stage, &beside);
    if (!result)
        result = td_assessment_load(review, td_row_text(application, "id"), &given);
    json_array_foreach(json_object_get(descriptor, "sections"), i, section) {
        bool own = !strcmp(td_form_section_by(section), "applicant");
        if (!result)
            json_array_append_new(own ? sections : assessments,
                                  view_section(&beside, section, own ? content : given));
    }
    json_decref(given);
    done_beside(&beside);
    if (result) {
        json_decref(sections);
        json_decref(assessments);
        return result;
    }
    *ret_sections = sections;
    *ret_assessments = assessments;
    return 0;
}

int td_dossier_forms(struct td_review *review, const json_t *application, const char *by,
                     json_t **ret_forms)
{
    const json_t *descriptor = td_application_form(review, application);
    json_t *given = NULL, *list = json_array(), *section;
    size_t i;
    int result = td_assessment_load(review, td_row_text(application, "id"), &given);
    json_array_foreach(json_object_get(descriptor, "sections"), i, section) {
        if (result || strcmp(by, td_form_section_by(section)) != 0)
            continue;
        const json_t *value = json_object_get(given, td_row_text(section, "id"));
        json_t *model = td_form_model(section, value, NULL, "content", false);
        json_object_set_new(model, "given", json_boolean(value != NULL));
        json_array_append_new(list, model);
    }
    json_decref(given);
    if (result)
        json_decref(list);
    else
        *ret_forms = list;
    return result;
}
