/* form_test.c - typed values of what is sent, checks, completeness and the template model, on a
 * small descriptor; and the real form.json of every series must be one the core accepts. */
#include "review/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char descriptor_text[] =
    "{'series': 'sample', 'name': '样例', 'version': '1.0.0',"
    " 'levels': [{'id': 'junior', 'name': '初级', 'title': '助理'}],"
    " 'specialties': [{'id': 'one', 'name': '一', 'exam_based': false}],"
    " 'sections': ["
    "  {'id': 'jobs', 'name': '经历', 'name_en': 'Jobs', 'hint': '按时间', 'by': 'applicant', "
    "'repeat': true,"
    "   'min': 1, 'max': 3, 'evidence': 'required', 'fields': ["
    "    {'id': 'unit', 'name': '单位', 'name_en': 'Unit', 'type': 'text', 'required': true, "
    "'max_length': 4},"
    "    {'id': 'kind', 'name': '类别', 'name_en': 'Kind', 'type': 'choice', 'required': true,"
    "     'options': [{'value': 'a', 'name': '甲', 'name_en': 'A'}, {'value': 'b', 'name': '乙', "
    "'name_en': 'B'}]},"
    "    {'id': 'start', 'name': '开始', 'type': 'date', 'required': true},"
    "    {'id': 'hours', 'name': '学时', 'type': 'decimal', 'min': 0, 'max': 100},"
    "    {'id': 'away', 'name': '借调', 'type': 'yesno'}]},"
    "  {'id': 'summary', 'name': '总结', 'by': 'applicant', 'min': 1, 'fields': ["
    "    {'id': 'text', 'name': '正文', 'type': 'longtext', 'required': true, 'min_length': 3, "
    "'max_length': 5}]},"
    "  {'id': 'extra', 'name': '其他', 'by': 'applicant', 'min': 0, 'evidence': 'required', "
    "'fields': ["
    "    {'id': 'note', 'name': '说明', 'type': 'text', 'required': true},"
    "    {'id': 'count', 'name': '次数', 'type': 'integer'}]},"
    "  {'id': 'grade', 'name': '鉴定', 'by': 'unit', 'fields': ["
    "    {'id': 'passed', 'name': '合格', 'type': 'yesno', 'required': true}]}]}";

/* JSON with single quotes, to be readable in C. */
static json_t *parse(const char *text)
{
    char *copy = strdup(text);
    for (char *p = copy; *p; p++) {
        if (*p == '\'')
            *p = '"';
    }
    json_error_t error;
    json_t *value = json_loads(copy, JSON_DECODE_ANY, &error);
    if (!value)
        fail_msg("%s at %d", error.text, error.position);
    free(copy);
    return value;
}

static int make_descriptor(void **state)
{
    *state = parse(descriptor_text);
    return 0;
}

static int free_descriptor(void **state)
{
    json_decref(*state);
    return 0;
}

static json_t *coerced(const json_t *descriptor, const char *section, const char *sent_text)
{
    json_t *sent = parse(sent_text);
    json_t *value = td_form_coerce(td_form_section(descriptor, section), sent);
    json_decref(sent);
    return value;
}

static void assert_json(json_t *actual, const char *expected_text)
{
    json_t *expected = parse(expected_text);
    if (!json_equal(actual, expected)) {
        char *text = json_dumps(actual, JSON_ENCODE_ANY);
        fail_msg("got %s, expected %s", text, expected_text);
    }
    json_decref(expected);
    json_decref(actual);
}

/* The faults as "field=code ...", in the order found. */
static void assert_faults(const json_t *descriptor, const char *section, const char *value_text,
                          bool complete, const char *expected)
{
    json_t *value = parse(value_text);
    struct td_error err = TD_ERROR_INIT;
    int result =
        td_form_check(td_form_section(descriptor, section), value, "content", complete, &err);
    char found[1000] = "";
    size_t index;
    json_t *entry;
    json_array_foreach(err.fields, index, entry) {
        size_t length = strlen(found);
        snprintf(found + length, sizeof(found) - length, "%s%s=%s", length ? " " : "",
                 json_string_value(json_object_get(entry, "field")),
                 json_string_value(json_object_get(entry, "code")));
    }
    assert_string_equal(found, expected);
    assert_int_equal(result, *expected ? TD_EFIELDS : 0);
    td_error_done(&err);
    json_decref(value);
}

static void texts_become_typed_values(void **state)
{
    assert_json(
        coerced(
            *state, "jobs",
            "[{'id': 'k1', 'unit': '  一小 ', 'kind': 'a', 'start': '2020/9/1', 'hours': '12.5',"
            "  'away': 'no'}]"),
        "[{'id': 'k1', 'unit': '一小', 'kind': 'a', 'start': '2020-09-01', 'hours': 12.5,"
        "  'away': false}]");
    assert_json(coerced(*state, "extra", "{'note': '', 'count': '-3'}"), "{'count': -3}");
    assert_json(coerced(*state, "jobs", "null"), "[]");
    assert_json(coerced(*state, "extra", "null"), "{}");
}

static void what_does_not_fit_stays_for_the_check(void **state)
{
    assert_json(coerced(*state, "extra", "{'count': '0x10'}"), "{'count': '0x10'}");
    assert_json(coerced(*state, "extra", "{'count': '1.5'}"), "{'count': '1.5'}");
    assert_json(coerced(*state, "jobs",
                        "[{'id': 'k', 'hours': '1e3', 'start': '2021-02-29', 'away': 'maybe'}]"),
                "[{'id': 'k', 'hours': '1e3', 'start': '2021-02-29', 'away': 'maybe'}]");
    assert_json(coerced(*state, "jobs", "{'0': {}}"), "{'0': {}}");
}

static void empty_and_removed_items_go(void **state)
{
    assert_json(
        coerced(*state, "jobs",
                "[{'id': 'k1', 'unit': ''}, {'id': 'k2', 'unit': '二小', '_remove': 'on'}, null,"
                " {'id': 'k3', 'unit': '三小', '_remove': ''}, {'kind': ' '}]"),
        "[{'id': 'k3', 'unit': '三小'}]");
}

static void new_items_get_distinct_ids(void **state)
{
    json_t *value = coerced(*state, "jobs", "[{'unit': '一'}, {'unit': '二'}]");
    const char *first = json_string_value(json_object_get(json_array_get(value, 0), "id"));
    const char *second = json_string_value(json_object_get(json_array_get(value, 1), "id"));
    assert_int_equal(strlen(first), TD_FORM_ITEM_ID_LENGTH);
    assert_int_equal(strspn(first, "0123456789abcdefghijklmnopqrstuvwxyz"), TD_FORM_ITEM_ID_LENGTH);
    assert_string_not_equal(first, second);
    json_decref(value);
}

static void each_fault_has_its_code(void **state)
{
    assert_faults(
        *state, "jobs",
        "[{'id': 'k', 'unit': '一二三四五', 'kind': 'c', 'start': '明天', 'hours': 101, 'away': "
        "'x'}]",
        false,
        "content.jobs.0.unit=too_long content.jobs.0.kind=choice content.jobs.0.start=date "
        "content.jobs.0.hours=too_large content.jobs.0.away=type");
    assert_faults(
        *state, "jobs", "[{'id': 'k', 'hours': -1, 'nonsense': 1, '坏': 1}]", false,
        "content.jobs.0.hours=too_small content.jobs.0.nonsense=unknown content.jobs.0=unknown");
    assert_faults(*state, "jobs", "[{'id': 'k'}, {'id': 'k'}, {'id': '../x'}]", false,
                  "content.jobs.1.id=item_id content.jobs.2.id=item_id");
    assert_faults(*state, "jobs", "[{}, {}, {}, {}]", false, "content.jobs=too_many");
    assert_faults(*state, "jobs", "{}", false, "content.jobs=type");
    assert_faults(*state, "jobs", "['x']", false, "content.jobs.0=type");
    assert_faults(*state, "extra", "{'id': 'k'}", false, "content.extra.id=unknown");
}

static void drafts_may_be_incomplete(void **state)
{
    assert_faults(*state, "jobs", "[]", false, "");
    assert_faults(*state, "jobs", "[]", true, "content.jobs=too_few");
    assert_faults(*state, "jobs", "[{'id': 'k', 'unit': '一二三四'}]", false, "");
    assert_faults(*state, "jobs", "[{'id': 'k', 'unit': '一二三四'}]", true,
                  "content.jobs.0.kind=required content.jobs.0.start=required");
    assert_faults(*state, "summary", "{'text': '二字'}", false, "");
    assert_faults(*state, "summary", "{'text': '二字'}", true, "content.summary.text=too_short");
    assert_faults(*state, "summary", "{}", true, "content.summary.text=required");
    assert_faults(*state, "extra", "{}", true, "");
    assert_faults(*state, "extra", "{'count': 1}", true, "content.extra.note=required");
    assert_faults(*state, "grade", "{}", true, "content.grade.passed=required");
}

static void accept_returns_a_value_only_when_good(void **state)
{
    const json_t *section = td_form_section(*state, "extra");
    json_t *sent = parse("{'note': ' 好 ', 'count': '2'}"), *value = NULL;
    struct td_error err = TD_ERROR_INIT;
    assert_int_equal(td_form_accept(section, sent, "content", true, &value, &err), 0);
    assert_json(value, "{'note': '好', 'count': 2}");
    value = NULL;
    json_object_set_new(sent, "count", json_string("two"));
    assert_int_equal(td_form_accept(section, sent, "content", true, &value, &err), TD_EFIELDS);
    assert_null(value);
    td_error_done(&err);
    json_decref(sent);
}

static void assert_progress(const json_t *descriptor, const char *content_text,
                            const char *evidence_text, const char *states, size_t missing_first,
                            bool complete)
{
    json_t *content = parse(content_text), *evidence = parse(evidence_text);
    json_t *progress = td_form_completeness(descriptor, "applicant", content, evidence);
    assert_int_equal(json_is_true(json_object_get(progress, "complete")), complete);
    char found[100] = "";
    size_t index;
    json_t *section;
    json_array_foreach(json_object_get(progress, "sections"), index, section) {
        strcat(found, json_string_value(json_object_get(section, "state")));
        strcat(found, " ");
        if (index == 0)
            assert_int_equal(json_array_size(json_object_get(section, "missing")), missing_first);
    }
    assert_string_equal(found, states);
    json_decref(progress);
    json_decref(content);
    json_decref(evidence);
}

static void completeness_counts_fields_and_evidence(void **state)
{
    static const char job[] =
        "{'jobs': [{'id': 'k1', 'unit': '一小', 'kind': 'a', 'start': '2020-09-01'}],"
        " 'summary': {'text': '三个字'}}";
    assert_progress(*state, "{}", "{}", "empty empty empty ", 1, false);
    assert_progress(*state, job, "{}", "partial complete empty ", 1, false);
    assert_progress(*state, job, "{'jobs': 3}", "partial complete empty ", 1, false);
    assert_progress(*state, job, "{'jobs/k1': 1}", "complete complete empty ", 0, true);
    assert_progress(*state,
                    "{'jobs': [{'id': 'k1', 'unit': '一小', 'kind': 'a', 'start': '2020-09-01'}],"
                    " 'summary': {'text': '三个字'}, 'extra': {'note': '有'}}",
                    "{'jobs/k1': 1}", "complete complete partial ", 0, false);
}

static void missing_names_field_and_item(void **state)
{
    json_t *content = parse("{'jobs': [{'id': 'k1', 'unit': '一小', 'start': '2020-09-01'}]}");
    json_t *progress = td_form_completeness(*state, "applicant", content, NULL);
    json_t *section = json_array_get(json_object_get(progress, "sections"), 0);
    json_t *missing = json_incref(json_object_get(section, "missing"));
    assert_json(missing, "[{'field': 'content.jobs.0.kind', 'code': 'required', 'name': '类别', "
                         "'name_en': 'Kind', 'item': 'k1'},"
                         " {'field': 'evidence.jobs.0', 'code': 'evidence', 'name': '经历', "
                         "'name_en': 'Jobs', 'item': 'k1'}]");
    json_decref(progress);
    json_decref(content);
}

static const json_t *model_field(const json_t *model, size_t item, size_t field)
{
    const json_t *entry = json_array_get(json_object_get(model, "items"), item);
    return json_array_get(json_object_get(entry, "fields"), field);
}

static void the_model_has_all_a_template_needs(void **state)
{
    json_t *value =
        parse("[{'id': 'k1', 'unit': '一小', 'kind': 'b', 'hours': 12.5, 'away': true}]");
    json_t *evidence = parse("{'jobs/k1': 2}");
    json_t *model =
        td_form_model(td_form_section(*state, "jobs"), value, evidence, "content", true);
    assert_int_equal(json_array_size(json_object_get(model, "items")), 2);
    const json_t *item = json_array_get(json_object_get(model, "items"), 0);
    assert_int_equal(json_integer_value(json_object_get(item, "evidence_count")), 2);
    assert_string_equal(json_string_value(json_object_get(item, "evidence_key")), "jobs/k1");
    const json_t *kind = model_field(model, 0, 1);
    assert_string_equal(json_string_value(json_object_get(kind, "path")), "content.jobs.0.kind");
    assert_true(json_is_true(json_object_get(kind, "is_choice")));
    assert_true(json_is_true(
        json_object_get(json_array_get(json_object_get(kind, "options"), 1), "selected")));
    assert_string_equal(json_string_value(json_object_get(json_object_get(kind, "shown"), "name")),
                        "乙");
    assert_true(json_is_null(json_object_get(kind, "hint")));
    assert_string_equal(json_string_value(json_object_get(model_field(model, 0, 3), "text")),
                        "12.5");
    const json_t *away = model_field(model, 0, 4);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(away, "shown"), "name_en")), "Yes");
    assert_true(json_is_false(json_object_get(model, "blind")));
    const json_t *blank = json_array_get(json_object_get(model, "items"), 1);
    assert_true(json_is_true(json_object_get(blank, "is_new")));
    assert_string_equal(json_string_value(json_object_get(blank, "path")), "content.jobs.1");
    assert_false(json_is_true(json_object_get(model_field(model, 1, 0), "answered")));
    json_decref(model);
    json_decref(evidence);
    json_decref(value);
}

/* A reader sees what the form holds, and nothing that only a form needs. */
static void a_view_shows_what_the_form_holds(void **state)
{
    json_t *value = parse("[{'id': 'k1', 'unit': '一小', 'kind': 'b', 'hours': 12.5, 'away': true},"
                          " {'id': 'k2', 'away': false, 'kind': 'unknown'}]");
    const json_t *section = td_form_section(*state, "jobs");
    json_t *model = td_form_model(section, value, NULL, "content", false);
    json_t *view = td_form_view(section, value);
    for (size_t item = 0; item < 2; item++)
        for (size_t i = 0; i < json_array_size(json_object_get(section, "fields")); i++) {
            const json_t *field = model_field(model, item, i), *seen = model_field(view, item, i);
            const json_t *answered = json_object_get(field, "answered");
            assert_true(json_equal(json_object_get(seen, "answered"), answered));
            assert_true(
                json_equal(json_object_get(seen, "shown"),
                           json_is_true(answered) ? json_object_get(field, "shown") : json_null()));
            assert_null(json_object_get(seen, "options"));
        }
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(json_object_get(view, "items"), 1), "id")),
        "k2");
    json_decref(view);
    json_decref(model);
    view = td_form_view(td_form_section(*state, "jobs"), NULL);
    assert_int_equal(json_array_size(json_object_get(view, "items")), 0);
    json_decref(view);
    json_decref(value);
}

static void a_blind_section_says_so(void **state)
{
    json_t *section = json_deep_copy(td_form_section(*state, "jobs"));
    json_object_set_new(section, "blind", json_true());
    json_t *model = td_form_model(section, NULL, NULL, "content", false);
    assert_true(json_is_true(json_object_get(model, "blind")));
    json_decref(model);
    json_decref(section);
}

static void a_full_section_offers_no_blank(void **state)
{
    json_t *value = parse("[{'id': 'a'}, {'id': 'b'}, {'id': 'c'}]");
    json_t *model = td_form_model(td_form_section(*state, "jobs"), value, NULL, "content", true);
    assert_int_equal(json_array_size(json_object_get(model, "items")), 3);
    json_decref(model);
    json_decref(value);
}

/* Item ids are compared with each other: without a limit a body full of items would take minutes.
 */
static void a_section_without_max_is_limited_too(void **state)
{
    (void)state;
    json_t *section = parse("{'id': 'many', 'by': 'applicant', 'repeat': true, 'fields': []}");
    json_t *items = json_array();
    for (int i = 0; i < TD_FORM_ITEMS_MAX; i++)
        json_array_append_new(items, json_pack("{s:o}", "id", json_sprintf("i%d", i)));
    struct td_error err = TD_ERROR_INIT;
    assert_int_equal(td_form_check(section, items, "content", true, &err), 0);
    json_t *model = td_form_model(section, items, NULL, "content", true);
    assert_int_equal(json_array_size(json_object_get(model, "items")), TD_FORM_ITEMS_MAX);
    json_decref(model);
    json_array_append_new(items, parse("{'id': 'last'}"));
    assert_int_equal(td_form_check(section, items, "content", true, &err), TD_EFIELDS);
    assert_int_equal(json_array_size(err.fields), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(err.fields, 0), "code")),
                        "too_many");
    td_error_done(&err);
    json_decref(items);
    json_decref(section);
}

static void assert_refused(const char *from, const char *to, const char *said)
{
    char text[sizeof(descriptor_text) + 100];
    const char *at = strstr(descriptor_text, from);
    assert_non_null(at);
    snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - descriptor_text), descriptor_text, to,
             at + strlen(from));
    json_t *descriptor = parse(text);
    struct td_error err = TD_ERROR_INIT;
    assert_int_equal(td_form_check_descriptor(descriptor, &err), TD_EPLUGIN);
    if (!strstr(err.detail, said))
        fail_msg("\"%s\" does not say \"%s\"", err.detail, said);
    td_error_done(&err);
    json_decref(descriptor);
}

static void mistakes_in_a_descriptor_are_named(void **state)
{
    assert_int_equal(td_form_check_descriptor(*state, NULL), 0);
    assert_refused("'version': '1.0.0'", "'version': ''", "version");
    assert_refused("'id': 'junior'", "'id': 'expert'", "levels.expert");
    assert_refused("'max': 3", "'max': -1", "sections.jobs");
    assert_refused("'max': 3", "'max': 2.5", "whole numbers");
    assert_refused("'max_length': 4", "'max_length': -4", "fields.unit");
    assert_refused("'exam_based': false", "'exam_based': 0", "specialties.one");
    assert_refused("'title': '助理'", "'title': '助理', 'exam_based': 1", "levels.junior");
    assert_refused("'title': '助理'", "'title': '助理', 'exam_based': true", "exam_reason");
    assert_refused("'max': 3", "'max': -1", "sections.jobs");
    assert_refused("'max': 3", "'max': 2.5", "whole numbers");
    assert_refused("'max_length': 4", "'max_length': -4", "fields.unit");
    assert_refused("'exam_based': false", "'exam_based': false, 'branch': 'x'",
                   "specialties.one: there is no branch");
    assert_refused("'version': '1.0.0'", "'version': '1', 'branches': [{'id': 'x', 'name': 'X'}]",
                   "branches.x: needs \"titles\"");
    assert_refused("'version': '1.0.0'",
                   "'version': '1', 'branches': [{'id': 'x', 'name': 'X', 'titles': [{'level': "
                   "'junior'}]}]",
                   "branches.x: title 0");
    assert_refused("'by': 'unit'", "'by': 'unit', 'blind': 'yes'", "sections.grade");
    assert_refused("'by': 'unit'", "'by': 'nobody'", "sections.grade");
    assert_refused("'id': 'extra'", "'id': 'jobs'", "sections.jobs: is there twice");
    assert_refused("'id': 'extra'", "'id': 'Extra'", "a-z");
    assert_refused("'type': 'decimal'", "'type': 'float'",
                   "sections.jobs.fields.hours: unknown type \"float\"");
    assert_refused("'min': 0, 'max': 100", "'min': 200, 'max': 100", "sections.jobs.fields.hours");
    assert_refused("'version': '1.0.0'",
                   "'version': '1', 'facts': [{'id': 'a', 'name': 'A'}, {'id': 'a', 'name': 'A'}]",
                   "facts.a: is there twice");
    assert_refused("{'value': 'b'", "{'value': 'a'",
                   "sections.jobs.fields.kind.options.a: is there twice");
}

static void the_teacher_descriptor_is_good(void **state)
{
    (void)state;
    json_error_t error;
    json_t *descriptor = json_load_file(TD_SOURCE_FOLDER "/plugins/teacher/form.json",
                                        JSON_REJECT_DUPLICATES, &error);
    assert_non_null(descriptor);
    struct td_error err = TD_ERROR_INIT;
    if (td_form_check_descriptor(descriptor, &err) != 0)
        fail_msg("%s", err.detail);
    assert_string_equal(
        json_string_value(json_object_get(td_form_level(descriptor, "senior"), "title")),
        "高级教师");
    assert_non_null(td_form_specialty(descriptor, "preschool"));
    json_decref(descriptor);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, make_descriptor, free_descriptor)
    const struct CMUnitTest tests[] = {
        TEST(texts_become_typed_values),
        TEST(what_does_not_fit_stays_for_the_check),
        TEST(empty_and_removed_items_go),
        TEST(new_items_get_distinct_ids),
        TEST(each_fault_has_its_code),
        TEST(drafts_may_be_incomplete),
        TEST(accept_returns_a_value_only_when_good),
        TEST(completeness_counts_fields_and_evidence),
        TEST(missing_names_field_and_item),
        TEST(the_model_has_all_a_template_needs),
        TEST(a_view_shows_what_the_form_holds),
        TEST(a_blind_section_says_so),
        TEST(a_full_section_offers_no_blank),
        TEST(a_section_without_max_is_limited_too),
        TEST(mistakes_in_a_descriptor_are_named),
        TEST(the_teacher_descriptor_is_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
