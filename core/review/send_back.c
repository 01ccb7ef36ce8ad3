/* send_back.c - returns, the office's one supplement request, and refusals, each with coded
 * reasons.
 *
 * Owns the tables `return_order` and `return_reason`. Codes: the five causes of nine returns in
 * ten, then the other grounds that regulations name. */
#include "review/verification.h"

#include "base/id.h"
#include "review/application.h"
#include "review/form.h"
#include "review/row.h"
#include "review/workflow.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *value, *name, *name_en;
} codes[] = {
    {"social_insurance", "社保与履历不符", "Social insurance does not match the career"},
    {"achievement", "业绩材料问题", "Achievements need another look"},
    {"continuing_education", "继续教育问题", "Continuing education"},
    {"format", "格式或填写不规范", "Format or way of filling in"},
    {"paper", "论文论著问题", "Papers and publications"},
    {"unclear", "证件、扫描件不清晰", "Document cannot be read"},
    {"missing", "材料缺失", "Material is missing"},
    {"mismatch", "填写内容与佐证不一致", "Entry and evidence differ"},
    {"seal", "缺签字或盖章", "Signature or seal is missing"},
    {"education", "学历学位未核验", "Education could not be verified"},
    {"employment", "任职或工作年限不符", "Years of service do not match"},
    {"assessment", "年度考核材料问题", "Yearly assessments"},
    {"condition", "不符合申报条件", "Conditions are not met"},
    {"procedure", "程序或公示不符合规定", "Procedure or public notice was not followed"},
    {"false_material", "涉嫌弄虚作假", "Suspected false material"},
    {"other", "其他", "Other"},
};

json_t *td_verification_codes(void)
{
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "value", codes[i].value, "name",
                                              codes[i].name, "name_en", codes[i].name_en));
    return list;
}

void td_verification_name_code(json_t *row)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (!td_row_equals(row, "code", codes[i].value))
            continue;
        json_object_set_new(row, "code_name", json_string(codes[i].name));
        json_object_set_new(row, "code_name_en", json_string(codes[i].name_en));
    }
}

bool td_verification_knows_code(const char *code)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (!strcmp(codes[i].value, code))
            return true;
    return false;
}

static int check_reason(const json_t *descriptor, const json_t *reason, size_t index,
                        struct td_error *reterr)
{
    char field[48];
    const char *section = td_row_text(reason, "section");
    snprintf(field, sizeof(field), "reasons.%zu.code", index);
    if (!td_verification_knows_code(td_row_text(reason, "code")))
        return td_error_field(reterr, field, "required", "choose the code of the reason");
    snprintf(field, sizeof(field), "reasons.%zu.section", index);
    const json_t *found = *section ? td_form_section(descriptor, section) : NULL;
    if (*section && !found)
        return td_error_field(reterr, field, "choice", "the form has no such section");
    snprintf(field, sizeof(field), "reasons.%zu.field", index);
    if (*td_row_text(reason, "field") && !td_form_field(found, td_row_text(reason, "field")))
        return td_error_field(reterr, field, "choice", "the section has no such field");
    snprintf(field, sizeof(field), "reasons.%zu.text", index);
    if (strlen(td_row_text(reason, "text")) > 2000)
        return td_error_field(reterr, field, "too_long", "at most 2000 bytes");
    return 0;
}

/* A form names the place in one choice: "section" or "section/field". */
static void split_place(json_t *reason)
{
    const char *place = td_row_text(reason, "place");
    size_t length = strcspn(place, "/");
    if (!*place)
        return;
    json_object_set_new(reason, "section", json_stringn(place, length));
    json_object_set_new(reason, "field", json_string(place[length] ? place + length + 1 : ""));
}

/* Reasons without a code are empty rows of a form: dropped. */
static json_t *given_reasons(const json_t *reasons)
{
    json_t *given = json_array(), *reason;
    size_t i;
    json_array_foreach((json_t *)reasons, i, reason) {
        if (!*td_row_text(reason, "code") && !*td_row_text(reason, "text"))
            continue;
        json_t *own = json_copy(reason);
        split_place(own);
        json_array_append_new(given, own);
    }
    return given;
}

static int check_reasons(struct td_review *review, const json_t *application, const json_t *reasons,
                         struct td_error *reterr)
{
    const json_t *descriptor = td_application_form(review, application);
    int result = 0;
    size_t i;
    json_t *reason;
    if (!json_array_size(reasons))
        return td_error_field(reterr, "reasons.0.code", "required",
                              "give at least one reason with its code");
    json_array_foreach((json_t *)reasons, i, reason) {
        int faulty = check_reason(descriptor, reason, i, reterr);
        result = faulty ? faulty : result;
    }
    return result;
}

static int store_reason(struct td_review *review, const char *order, size_t sequence,
                        const json_t *reason)
{
    return td_tx_exec(
        review->tx, NULL,
        "insert into return_reason (return_id, sequence, code, section, item, field, text) "
        "values ($1, $2, $3, $4, $5, $6, $7)",
        "sisssss", order, (int64_t)sequence, td_row_text(reason, "code"),
        td_row_text(reason, "section"), td_row_text(reason, "item"), td_row_text(reason, "field"),
        td_row_text(reason, "text"));
}

static int store_order(struct td_review *review, const json_t *application, const char *stage,
                       const char *action, const char *note, const json_t *reasons)
{
    char order[TD_ID_TEXT];
    const char *due = td_row_text(application, "due_at");
    size_t i;
    json_t *reason;
    td_id_new(order);
    int result =
        td_tx_exec(review->tx, NULL,
                   "insert into return_order (id, application_id, stage, kind, note, due_at, "
                   "account_id, at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
                   "ssssssss", order, td_row_text(application, "id"), stage, action, note,
                   *due ? due : NULL, review->who->id, review->now);
    json_t *listed = json_array();
    json_array_foreach((json_t *)reasons, i, reason) {
        if (!result)
            result = store_reason(review, order, i, reason);
        json_array_append(listed, json_object_get(reason, "code"));
    }
    json_t *payload = json_pack("{s:s, s:s, s:o}", "order", order, "kind", action, "codes", listed);
    if (!result)
        return td_row_log(review, "application.reasons", "application",
                          td_row_text(application, "id"), payload);
    json_decref(payload);
    return result;
}

int td_verification_send_back(struct td_review *review, const char *application_id,
                              const char *action, const char *note, const json_t *reasons,
                              const char *due_on, struct td_error *reterr)
{
    json_t *before = NULL, *after = NULL, *given = given_reasons(reasons);
    int result = td_application_load(review, application_id, &before, reterr);
    if (!result)
        result =
            td_workflow_apply_until(review, application_id, action, note, due_on, &after, reterr);
    if (!result)
        result = check_reasons(review, before, given, reterr);
    if (!result)
        result = store_order(review, after, td_verification_stage(td_row_text(before, "state")),
                             action, note, given);
    json_decref(before);
    json_decref(after);
    json_decref(given);
    return result;
}

/* The words of a reason: code, section and field as people know them. */
static void name_reason(const json_t *descriptor, json_t *reason)
{
    const json_t *section = td_form_section(descriptor, td_row_text(reason, "section"));
    const json_t *field = td_form_field(section, td_row_text(reason, "field"));
    td_verification_name_code(reason);
    if (section)
        json_object_set_new(reason, "place",
                            json_pack("{s:O, s:O?}", "name", json_object_get(section, "name"),
                                      "name_en", json_object_get(section, "name_en")));
    if (field)
        json_object_set_new(reason, "place_field",
                            json_pack("{s:O, s:O?}", "name", json_object_get(field, "name"),
                                      "name_en", json_object_get(field, "name_en")));
}

int td_verification_orders(struct td_review *review, const json_t *application, json_t **ret_orders)
{
    json_t *orders = NULL, *order, *reason;
    size_t i, j;
    int result = td_tx_rows(
        review->tx, &orders,
        "select id, stage, kind, note, due_at, at as ordered_at, answered_at from return_order "
        "where application_id = $1 order by id desc",
        "s", td_row_text(application, "id"));
    json_array_foreach(orders, i, order) {
        json_t *reasons = NULL;
        if (!result)
            result = td_tx_rows(
                review->tx, &reasons,
                "select code, section, item, field, text from return_reason where return_id = $1 "
                "order by sequence",
                "s", td_row_text(order, "id"));
        json_array_foreach(reasons, j, reason)
            name_reason(td_application_form(review, application), reason);
        bool asks =
            td_row_equals(order, "kind", "return") || td_row_equals(order, "kind", "supplement");
        json_object_set_new(order, "open",
                            json_boolean(asks && !*td_row_text(order, "answered_at")));
        json_object_set_new(order, "reasons", reasons ? reasons : json_array());
    }
    if (result)
        json_decref(orders);
    else
        *ret_orders = orders;
    return result;
}
