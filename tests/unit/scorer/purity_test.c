/* purity_test.c - what the reader of scripts takes for a clock, chance or a memory, and how results
 * of one dossier differ. */
#include "scorer/purity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static json_t *read_all(const char *source)
{
    json_t *findings = json_array();
    td_purity_read(source, strlen(source), findings);
    return findings;
}

static void assert_found(const char *source, const char *kind, const char *word, int line)
{
    json_t *findings = read_all(source), *first = json_array_get(findings, 0);
    assert_int_equal(json_array_size(findings), 1);
    assert_string_equal(json_string_value(json_object_get(first, "kind")), kind);
    assert_string_equal(json_string_value(json_object_get(first, "word")), word);
    assert_int_equal(json_integer_value(json_object_get(first, "line")), line);
    json_decref(findings);
}

static void words_that_give_it_away(void **state)
{
    (void)state;
    assert_found("x = 1\n# y\nTime.now\n", "clock", "Time", 3);
    assert_found("p = rand(6)", "random", "rand", 1);
    assert_found("list.shuffle", "random", "shuffle", 1);
    assert_found("\n$n = 1", "state", "$n", 2);
    assert_found("@@n = 1", "state", "@@n", 1);
    assert_found("name \"今天 #{Time.now}\"", "clock", "Time", 1);
    assert_found("x 'a\nb', Random", "random", "Random", 2);
}

static void words_that_do_not(void **state)
{
    static const char *const sources[] = {
        "# Time.now, $n and rand",
        "name 'Time $n rand'",
        "name \"Time $n\"",
        "table rand: 1",
        "sample = 3",
        "of: :rand",
        "Timer = 1",
        "brand = 2",
        "@n = 1",
        "x = \"a\\\"$n\"",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        json_t *findings = read_all(sources[i]);
        assert_int_equal(json_array_size(findings), 0);
        json_decref(findings);
    }
}

static json_t *score(int points, const char *because, int met)
{
    return json_pack("{s:i, s:b, s:[{s:s, s:b, s:s}], s:[], s:[{s:[{s:s, s:i, s:s}]}]}", "total",
                     points, "vetoed", 0, "conditions", "id", "tenure", "met", met, "because", "",
                     "vetoes", "sections", "items", "id", "A1", "points", points, "because",
                     because);
}

static void differences_are_named(void **state)
{
    (void)state;
    json_t *one = score(100, "1 年", 1), *other = score(200, "2 年", 0), *findings = json_array();
    td_purity_compare("D", one, one, "", 10, findings);
    assert_int_equal(json_array_size(findings), 0);
    td_purity_compare("D", one, other, "x\ntier \"A1\"\ncondition 'tenure'", 10, findings);
    assert_int_equal(json_array_size(findings), 3); /* points, sentence, condition */
    const json_t *first = json_array_get(findings, 0), *last = json_array_get(findings, 2);
    assert_string_equal(json_string_value(json_object_get(first, "id")), "A1");
    assert_int_equal(json_integer_value(json_object_get(first, "forward")), 100);
    assert_int_equal(json_integer_value(json_object_get(first, "reverse")), 200);
    assert_int_equal(json_integer_value(json_object_get(first, "line")), 2);
    assert_string_equal(json_string_value(json_object_get(last, "what")), "condition");
    assert_int_equal(json_integer_value(json_object_get(last, "line")), 3);
    json_array_clear(findings);
    td_purity_compare("D", one, other, "", 1, findings);
    assert_int_equal(json_array_size(findings), 1);
    json_decref(findings);
    json_decref(one);
    json_decref(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_that_give_it_away),
        cmocka_unit_test(words_that_do_not),
        cmocka_unit_test(differences_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
