/* verification.c - see verification.h. Owns the tables `verification` and `assessment`; return
 * orders are in send_back.c. */
#include "review/verification.h"

#include "base/json.h"
#include "review/application.h"
#include "review/evaluation.h"
#include "review/form.h"
#include "review/row.h"
#include "review/window.h"
#include "review/workflow.h"
#include "store/ledger.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *state, *stage;
    enum td_role role;
} stages[] = {
    {"unit_review", "unit", TD_ROLE_UNIT},
    {"unit_notice", "unit", TD_ROLE_UNIT},
    {"district_industry_review", "district_industry", TD_ROLE_DISTRICT_INDUSTRY},
    {"district_hr_review", "district_hr", TD_ROLE_DISTRICT_HR},
    {"office_review", "office", TD_ROLE_OFFICE},
};

const char *td_verification_stage(const char *state)
{
    for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
        if (!strcmp(stages[i].state, state))
            return stages[i].stage;
    return "";
}

static enum td_role stage_role(const char *stage)
{
    for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
        if (!strcmp(stages[i].stage, stage))
            return stages[i].role;
    return TD_ROLE_PUBLIC;
}

/* The dossier, when the caller verifies it at its present stage. */
static int load_at_stage(struct td_review *review, const char *id, json_t **ret_application,
                         const char **ret_stage, struct td_error *reterr)
{
    json_t *application = NULL;
    int result = td_application_load(review, id, &application, reterr);
    if (result)
        return result;
    const char *stage = td_verification_stage(td_row_text(application, "state"));
    if (!*stage)
        result = td_error_key(reterr, TD_ECONFLICT, "not_verifying",
                              json_pack("{s:s}", "state", td_row_text(application, "state")));
    else if (!td_workflow_role(review, stage_role(stage), application, reterr))
        result = TD_EFORBIDDEN;
    else
        result = td_window_check(review, application, reterr);
    if (result) {
        json_decref(application);
        return result;
    }
    *ret_application = application;
    *ret_stage = stage;
    return 0;
}

static bool verifies(const json_t *section, const char *stage)
{
    return td_json_lists(json_object_get(section, "verifier"), stage);
}

/* A few words that tell an item from its neighbours: its first answered fields. */
static json_t *item_label(const json_t *section, const json_t *item)
{
    char label[160] = "";
    size_t used = 0, i, found = 0;
    json_t *field, *option;
    json_array_foreach(json_object_get(section, "fields"), i, field) {
        size_t j;
        const json_t *value = json_object_get(item, td_row_text(field, "id"));
        const char *text = json_string_value(value);
        if (!text || td_row_equals(field, "type", "longtext") || found == 3)
            continue;
        json_array_foreach(json_object_get(field, "options"), j, option)
            if (td_row_equals(option, "value", text))
                text = td_row_text(option, "name");
        int n = snprintf(label + used, sizeof(label) - used, "%s%s", found++ ? " · " : "", text);
        if (n < 0 || (size_t)n >= sizeof(label) - used) {
            label[used] = 0; /* never cut inside a character */
            break;
        }
        used += (size_t)n;
    }
    return json_string(label);
}

static void append_item(json_t *items, const json_t *section, const char *item_id,
                        const json_t *value)
{
    json_t *entry = json_pack("{s:O, s:s, s:O, s:o}", "section", json_object_get(section, "id"),
                              "item", item_id, "name", json_object_get(section, "name"), "label",
                              item_label(section, value));
    json_object_set(entry, "name_en", json_object_get(section, "name_en"));
    json_array_append_new(items, entry);
}

/* The stage's items: of the applicant's sections, and of those that officials before it have filled
 * in. */
static int items_to_check(struct td_review *review, const json_t *application, const char *stage,
                          json_t **ret_items)
{
    const json_t *descriptor = td_application_form(review, application);
    json_t *given = NULL, *content = NULL, *items = json_array(), *section, *item;
    size_t i, j;
    int result = td_assessment_load(review, td_row_text(application, "id"), &given);
    if (!result)
        result = td_application_content(review, application, &content);
    json_array_foreach(json_object_get(descriptor, "sections"), i, section) {
        bool own = !strcmp(td_form_section_by(section), "applicant");
        const json_t *value = json_object_get(own ? content : given, td_row_text(section, "id"));
        if (!verifies(section, stage))
            continue;
        if (json_is_array(value))
            json_array_foreach((json_t *)value, j, item)
                append_item(items, section, td_row_text(item, "id"), item);
        else if (json_object_size(value))
            append_item(items, section, "", value);
    }
    json_decref(given);
    json_decref(content);
    if (result)
        json_decref(items);
    else
        *ret_items = items;
    return result;
}

int td_verification_items(struct td_review *review, const json_t *application, const char *stage,
                          json_t **ret_items)
{
    json_t *verdicts = NULL, *items = NULL, *item, *verdict;
    size_t i, j;
    int result = items_to_check(review, application, stage, &items);
    if (!result)
        result = td_tx_rows(review->tx, &verdicts,
                            "select section, item, verdict, code, note from verification "
                            "where application_id = $1 and stage = $2",
                            "ss", td_row_text(application, "id"), stage);
    json_array_foreach(items, i, item)
        json_array_foreach(verdicts, j, verdict)
            if (td_row_equals(verdict, "section", td_row_text(item, "section")) &&
                td_row_equals(verdict, "item", td_row_text(item, "item")))
                json_object_update_missing(item, verdict);
    json_decref(verdicts);
    if (result)
        json_decref(items);
    else
        *ret_items = items;
    return result;
}

/* The first section that the stage itself fills in and has not; NULL when all are there. */
static const json_t *missing_assessment(const struct td_review *review, const json_t *application,
                                        const char *stage, const json_t *assessments)
{
    const json_t *descriptor = td_application_form(review, application);
    size_t i;
    json_t *section;
    json_array_foreach(json_object_get(descriptor, "sections"), i, section) {
        if (strcmp(td_form_section_by(section), stage))
            continue;
        const json_t *value = json_object_get(assessments, td_row_text(section, "id"));
        if (td_form_check(section, value, "content", true, NULL))
            return section;
    }
    return NULL;
}

int td_verification_check(struct td_review *review, const json_t *application, const char *stage,
                          struct td_error *reterr)
{
    json_t *items = NULL, *assessments = NULL, *item;
    json_int_t missing = 0, problems = 0;
    size_t i;
    int result = td_verification_items(review, application, stage, &items);
    if (!result)
        result = td_assessment_load(review, td_row_text(application, "id"), &assessments);
    json_array_foreach(items, i, item) {
        missing += !*td_row_text(item, "verdict");
        problems += td_row_equals(item, "verdict", "problem");
    }
    const json_t *section =
        result ? NULL : missing_assessment(review, application, stage, assessments);
    if (!result && missing)
        result = td_error_key(reterr, TD_ECONFLICT, "verification_missing",
                              json_pack("{s:I}", "count", missing));
    else if (!result && problems)
        result = td_error_key(reterr, TD_ECONFLICT, "verification_problem",
                              json_pack("{s:I}", "count", problems));
    else if (!result && section)
        result = td_error_key(reterr, TD_ECONFLICT, "assessment_missing",
                              json_pack("{s:O, s:O?}", "section", json_object_get(section, "name"),
                                        "section_en", json_object_get(section, "name_en")));
    json_decref(items);
    json_decref(assessments);
    return result;
}

static bool has_item(const json_t *items, const json_t *verdict)
{
    size_t i;
    json_t *item;
    json_array_foreach((json_t *)items, i, item)
        if (td_row_equals(item, "section", td_row_text(verdict, "section")) &&
            td_row_equals(item, "item", td_row_text(verdict, "item")))
            return true;
    return false;
}

static int check_verdict(const json_t *items, const json_t *verdict, size_t index,
                         struct td_error *reterr)
{
    char field[48];
    const char *word = td_row_text(verdict, "verdict");
    snprintf(field, sizeof(field), "verdicts.%zu", index);
    if (!has_item(items, verdict))
        return td_error_field(reterr, field, "choice", "this stage does not check such an item");
    snprintf(field, sizeof(field), "verdicts.%zu.verdict", index);
    if (strcmp(word, "ok") && strcmp(word, "problem"))
        return td_error_field(reterr, field, "choice", "a verdict is ok or problem");
    snprintf(field, sizeof(field), "verdicts.%zu.code", index);
    const char *code = td_row_text(verdict, "code");
    if (!strcmp(word, "problem") &&
        (*code ? !td_verification_knows_code(code) : !*td_row_text(verdict, "note")))
        return td_error_field(reterr, field, "required", "a problem needs a code or a note");
    snprintf(field, sizeof(field), "verdicts.%zu.note", index);
    if (strlen(td_row_text(verdict, "note")) > 2000)
        return td_error_field(reterr, field, "too_long", "a note has at most 2000 bytes");
    return 0;
}

/* The code to store: none when all is in order. */
static const char *verdict_code(const json_t *verdict)
{
    if (!td_row_equals(verdict, "verdict", "problem"))
        return "";
    return *td_row_text(verdict, "code") ? td_row_text(verdict, "code") : "other";
}

static int store_verdict(struct td_review *review, const char *application_id, const char *stage,
                         const json_t *verdict)
{
    int result = td_tx_exec(review->tx, NULL,
                            "delete from verification where application_id = $1 and stage = $2 "
                            "and section = $3 and item = $4",
                            "ssss", application_id, stage, td_row_text(verdict, "section"),
                            td_row_text(verdict, "item"));
    return result ? result
                  : td_tx_exec(
                        review->tx, NULL,
                        "insert into verification (application_id, stage, section, item, verdict, "
                        "code, note, account_id, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                        "sssssssss", application_id, stage, td_row_text(verdict, "section"),
                        td_row_text(verdict, "item"), td_row_text(verdict, "verdict"),
                        verdict_code(verdict), td_row_text(verdict, "note"), review->who->id,
                        review->now);
}

int td_verification_save(struct td_review *review, const char *application_id,
                         const json_t *verdicts, struct td_error *reterr)
{
    json_t *application = NULL, *verdict;
    const char *stage = NULL;
    size_t i;
    int result = load_at_stage(review, application_id, &application, &stage, reterr);
    if (result)
        return result;
    json_t *items = NULL;
    char hash[65];
    result = items_to_check(review, application, stage, &items);
    json_array_foreach((json_t *)verdicts, i, verdict) {
        if (!*td_row_text(verdict, "verdict"))
            continue; /* a page sends every item; what is not judged yet stays open */
        int faulty = check_verdict(items, verdict, i, reterr);
        result = faulty ? faulty : result;
    }
    json_array_foreach((json_t *)verdicts, i, verdict)
        if (!result && *td_row_text(verdict, "verdict"))
            result = store_verdict(review, application_id, stage, verdict);
    if (!result)
        result = td_ledger_hash_json(verdicts, hash);
    if (!result)
        result = td_row_log(review, "application.verify", "application", application_id,
                            json_pack("{s:s, s:s}", "stage", stage, "hash", hash));
    json_decref(items);
    json_decref(application);
    return result;
}

int td_verification_list(struct td_review *review, const char *application_id, json_t **ret_rows)
{
    json_t *rows = NULL, *row;
    size_t i;
    int result = td_tx_rows(
        review->tx, &rows,
        "select v.stage, v.section, v.item, v.verdict, v.code, v.note, v.at as given_at, "
        "p.name as account_name from verification v join account p on p.id = v.account_id "
        "where v.application_id = $1 order by v.at, v.stage, v.section, v.item",
        "s", application_id);
    json_array_foreach(rows, i, row)
        td_verification_name_code(row);
    if (!result)
        *ret_rows = rows;
    return result;
}

/* The item (or the plain section) in a dossier's content. */
static const json_t *find_item(const json_t *dossier, const char *section, const char *item)
{
    const json_t *value = json_object_get(json_object_get(dossier, "content"), section);
    size_t i;
    json_t *entry;
    if (!*item)
        return value;
    json_array_foreach((json_t *)value, i, entry)
        if (td_row_equals(entry, "id", item))
            return entry;
    return NULL;
}

static const json_t *find_files(const json_t *dossier, const char *section, const char *item)
{
    char key[128];
    snprintf(key, sizeof(key), "%s%s%s", section, *item ? "/" : "", item);
    return json_object_get(json_object_get(dossier, "files"), key);
}

static bool same(const json_t *a, const json_t *b)
{
    return a == b || json_equal(a, b);
}

int td_verification_reset(struct td_review *review, const json_t *application,
                          const json_t *dossier)
{
    json_t *last = NULL, *rows = NULL, *row;
    const char *id = td_row_text(application, "id");
    size_t i;
    int result = td_tx_row(review->tx, &last, "select dossier from snapshot where id = $1", "s",
                           td_row_text(application, "snapshot_id"));
    if (result)
        return result == TD_ENOTFOUND ? 0 : result;
    const json_t *before = json_object_get(last, "dossier");
    result = td_tx_rows(
        review->tx, &rows,
        "select stage, section, item, verdict from verification where application_id = $1", "s",
        id);
    json_array_foreach(rows, i, row) {
        const char *section = td_row_text(row, "section"), *item = td_row_text(row, "item");
        if (td_row_equals(row, "verdict", "ok") &&
            same(find_item(before, section, item), find_item(dossier, section, item)) &&
            same(find_files(before, section, item), find_files(dossier, section, item)))
            continue;
        if (!result)
            result = td_tx_exec(review->tx, NULL,
                                "delete from verification where application_id = $1 and stage = $2 "
                                "and section = $3 and item = $4",
                                "ssss", id, td_row_text(row, "stage"), section, item);
    }
    json_decref(last);
    json_decref(rows);
    return result;
}

/* Whether the section says something else now; what others have found about it is then forgotten:
 * a verdict is about what was there to be seen. */
static int replaces(struct td_review *review, const char *application_id, const char *section,
                    const json_t *value, bool *ret_replaces)
{
    json_t *row = NULL;
    int result = td_tx_row(review->tx, &row,
                           "select content from assessment where application_id = $1 "
                           "and section = $2",
                           "ss", application_id, section);
    bool same_again = !result && json_equal(json_object_get(row, "content"), value);
    json_decref(row);
    *ret_replaces = !same_again;
    if (result && result != TD_ENOTFOUND)
        return result;
    return same_again
               ? 0
               : td_tx_exec(review->tx, NULL,
                            "delete from verification where application_id = $1 and section = $2",
                            "ss", application_id, section);
}

static int store_assessment(struct td_review *review, const char *application_id,
                            const char *section, const json_t *value)
{
    char hash[65];
    bool is_new;
    int result = replaces(review, application_id, section, value, &is_new);
    if (result || !is_new)
        return result;
    result = td_tx_exec(
        review->tx, NULL,
        "insert into assessment (application_id, section, content, account_id, at) "
        "values ($1, $2, $3, $4, $5) on conflict (application_id, section) do update set "
        "content = excluded.content, account_id = excluded.account_id, at = excluded.at",
        "ssjss", application_id, section, value, review->who->id, review->now);
    if (!result)
        result = td_ledger_hash_json(value, hash);
    if (!result)
        result = td_row_log(review, "application.assess", "application", application_id,
                            json_pack("{s:s, s:s}", "section", section, "hash", hash));
    return result ? result : td_evaluation_queue(review, application_id);
}

int td_assessment_save(struct td_review *review, const char *application_id, const char *section_id,
                       const json_t *sent, struct td_error *reterr)
{
    json_t *application = NULL, *value = NULL;
    const char *stage = NULL;
    int result = load_at_stage(review, application_id, &application, &stage, reterr);
    if (result)
        return result;
    const json_t *section = td_form_section(td_application_form(review, application), section_id);
    if (!section || strcmp(td_form_section_by(section), stage))
        result = td_error_key(reterr, TD_ENOTFOUND, "section_unknown",
                              json_pack("{s:s}", "section", section_id));
    if (!result)
        result = td_form_accept(section, sent, "content", true, &value, reterr);
    if (!result)
        result = store_assessment(review, application_id, section_id, value);
    json_decref(value);
    json_decref(application);
    return result;
}

static int add_assessment(json_t *row, void *arg)
{
    json_object_set(arg, td_row_text(row, "section"), json_object_get(row, "content"));
    return 0;
}

int td_assessment_load(struct td_review *review, const char *application_id,
                       json_t **ret_assessments)
{
    json_t *assessments = json_object();
    int result = td_tx_each(
        review->tx, add_assessment, assessments,
        "select section, content from assessment where application_id = $1 order by section", "s",
        application_id);
    if (result)
        json_decref(assessments);
    else
        *ret_assessments = assessments;
    return result;
}
