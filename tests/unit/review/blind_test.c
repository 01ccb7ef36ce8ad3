/* blind_test.c - what tells who somebody is, in texts and names of files for blind review. */
#include "review/blind.h"

#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void numbers_of_persons_are_found(void **state)
{
    static const char *const found[] = {
        "13800000000",          "电话13800000000。",      "证件号11010519491231002X",
        "(440524188001010014)", "病案号 202600012345678", "电话138 0000 0000",
        "138-0000-0000。",      "１３８００００００００"};
    static const char *const fine[] = {
        "",           "血压 165/100 mmHg", "2026-03-01 至 2026-08-31", "0991123456",     "X",
        "1101051949", "120-0000-00",       "2026-0301-0302",           "138 0000 00000", "５ mg"};
    (void)state;
    for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++)
        assert_true(td_blind_has_number(found[i]));
    for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
        assert_false(td_blind_has_number(fine[i]));
}

static json_t *application(const char *name, const char *content)
{
    json_t *value = json_loads(content, 0, NULL);
    assert_non_null(value);
    return json_pack("{s:s, s:s, s:s, s:o}", "series", "health", "applicant_name", name,
                     "unit_name", "水西沟镇卫生院", "content", value);
}

/* The fields and codes that a check finds, as "field=code ...". */
static void found_is(const char *name, const char *content, const char *expected)
{
    json_t *catalog = json_loads(
        "{\"health\": {\"sections\": [{\"id\": \"open\", \"fields\": []},"
        " {\"id\": \"cases\", \"blind\": true, \"repeat\": true, \"fields\":"
        " [{\"id\": \"title\", \"type\": \"text\"}, {\"id\": \"kind\", \"type\": \"choice\"},"
        "  {\"id\": \"summary\", \"type\": \"longtext\"}]}]}}",
        0, NULL);
    struct td_review review = {.catalog = catalog};
    struct td_error err = TD_ERROR_INIT;
    json_t *one = application(name, content), *field;
    char text[400] = "";
    size_t i;
    int rc = td_blind_check(&review, one, &err);
    json_array_foreach(err.fields, i, field)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s=%s", i ? " " : "",
                 json_string_value(json_object_get(field, "field")),
                 json_string_value(json_object_get(field, "code")));
    assert_string_equal(text, expected);
    assert_int_equal(rc, *expected ? TD_EFIELDS : 0);
    td_error_done(&err);
    json_decref(one);
    json_decref(catalog);
}

static void names_are_found_where_the_form_is_blind(void **state)
{
    (void)state;
    found_is("王秀兰", "{}", "");
    found_is("王秀兰", "{\"open\": {\"text\": \"王秀兰\"}}", "");
    found_is("王秀兰",
             "{\"cases\": [{\"title\": \"糖尿病\", \"kind\": \"王秀兰\"},"
             " {\"title\": \"王秀兰医师\", \"summary\": \"在水西沟镇卫生院，电话 13800000000\"}]}",
             "content.cases.1.title=blind_name content.cases.1.summary=blind_unit"
             " content.cases.1.summary=blind_number");
    /* one character is in too many words */
    found_is("王", "{\"cases\": [{\"title\": \"王某\"}]}", "");
    found_is("阿依古丽·买买提", "{\"cases\": [{\"title\": \"阿依古丽·买买提\"}]}",
             "content.cases.0.title=blind_name");
}

static void names_of_files_are_looked_at_too(void **state)
{
    struct td_error err = TD_ERROR_INIT;
    json_t *one = application("王秀兰", "{}");
    (void)state;
    assert_int_equal(td_blind_check_file(one, "case 1.pdf", &err), 0);
    assert_int_equal(td_blind_check_file(one, "王秀兰病案.pdf", &err), TD_EFIELDS);
    td_error_done(&err);
    json_decref(one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_persons_are_found),
        cmocka_unit_test(names_are_found_where_the_form_is_blind),
        cmocka_unit_test(names_of_files_are_looked_at_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
