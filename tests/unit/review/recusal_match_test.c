/* Names of people and units on both sides of a recusal. */
#include "review/recusal_match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static json_t *parse(const char *text)
{
    char buffer[2000];
    size_t length = strlen(text);
    assert_true(length < sizeof(buffer));
    for (size_t i = 0; i <= length; i++)
        buffer[i] = text[i] == '\'' ? '"' : text[i];
    json_t *value = json_loads(buffer, 0, NULL);
    assert_non_null(value);
    return value;
}

static void test_lists_of_names(void **state)
{
    (void)state;
    json_t *people = json_object();
    td_recusal_add_people(people, "张三、李四；王五, 赵六（通讯作者）", "named");
    td_recusal_add_people(people, "John Smith", "kin");
    td_recusal_add_people(people, "阿不都拉·买买提 古丽娜", "kin");
    td_recusal_add_people(people, "张三", "kin");
    const char *expected[] = {"张三",  "李四", "王五", "赵六", "John Smith", "阿不都拉·买买提",
                              "古丽娜"};
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        assert_non_null(json_object_get(people, expected[i]));
    assert_string_equal(json_string_value(json_object_get(people, "张三")), "named");
    assert_null(json_object_get(people, ""));
    json_decref(people);
}

static void test_what_a_form_marks(void **state)
{
    (void)state;
    json_t *form = parse("{'sections': [{'id': 'work', 'fields': [{'id': 'unit_name', 'names': "
                         "'unit'}, {'id': 'post'}]},"
                         " {'id': 'papers', 'fields': [{'id': 'with', 'names': 'people'}]}]}");
    json_t *content = parse("{'work': [{'unit_name': '甲校', 'post': '李四', 'end': '2023-08-30'},"
                            " {'unit_name': '乙校', 'end': '2023-08-31'}, {'unit_name': '丙校'}],"
                            " 'papers': {'with': '张三'}}");
    json_t *people = json_object(), *units = json_object();
    td_recusal_read(form, content, "2023-08-31", people, units);
    assert_null(json_object_get(units, "甲校")); /* left a day too early */
    assert_non_null(json_object_get(units, "乙校"));
    assert_non_null(json_object_get(units, "丙校"));
    assert_int_equal(json_object_size(people), 1);
    assert_string_equal(json_string_value(json_object_get(people, "张三")), "named");
    json_decref(units);
    json_decref(people);
    json_decref(content);
    json_decref(form);
}

static void test_since(void **state)
{
    (void)state;
    char since[TD_DATE_TEXT];
    td_recusal_since("2026-08-31", 3, since);
    assert_string_equal(since, "2023-08-31");
    td_recusal_since("2026-08-31", 0, since);
    assert_string_equal(since, "2026-08-31");
}

static void test_every_ground_of_a_pair(void **state)
{
    (void)state;
    json_t *person = parse("{'name': '张三', 'people': {'李四': 'kin'}, 'units': {'甲校': true}}");
    json_t *dossier =
        parse("{'name': '李四', 'people': {'张三': 'named'}, 'challenged': {'张三': 'challenged'},"
              " 'units': {'乙校': true, '甲校': true}}");
    json_t *stranger = parse("{'name': '王五', 'people': {}, 'units': {'丁校': true}}");
    const char *expected[] = {"named", "kin", "challenged", "former_unit"}, *ground, *word;
    for (int i = 0; i < 4; i++) {
        assert_true(td_recusal_match(person, dossier, i, &ground, &word));
        assert_string_equal(ground, expected[i]);
    }
    assert_string_equal(word, "甲校");
    assert_false(td_recusal_match(person, dossier, 4, &ground, &word));
    assert_false(td_recusal_match(stranger, dossier, 0, &ground, &word));
    json_decref(stranger);
    json_decref(dossier);
    json_decref(person);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists_of_names),
        cmocka_unit_test(test_what_a_form_marks),
        cmocka_unit_test(test_since),
        cmocka_unit_test(test_every_ground_of_a_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
