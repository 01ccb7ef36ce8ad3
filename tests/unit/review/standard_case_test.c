/* standard_case_test.c - what a golden case expects once it is amended, and what is other then. */
#include "review/standard_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static json_t *parse(const char *text)
{
    json_t *value = json_loads(text, 0, NULL);
    assert_non_null(value);
    return value;
}

/* Applying what was found gives that, leaves the rest, and the changes lead from one to the other.
 */
static void lays_over(void **state)
{
    (void)state;
    json_t *before =
        parse("{\"total\": 300, \"eligible\": true, \"items\": {\"A1\": 100, \"A2\": 200},"
              " \"gates\": {\"unit\": true}}");
    json_t *differences = parse(
        "[{\"what\": \"total\", \"id\": \"\", \"expected\": 300, \"got\": 450},"
        " {\"what\": \"item\", \"id\": \"A1\", \"expected\": 100, \"got\": 250},"
        " {\"what\": \"item\", \"id\": \"A2\", \"expected\": 200, \"got\": null},"
        " {\"what\": \"item\", \"id\": \"A3\", \"expected\": null, \"got\": 200},"
        " {\"what\": \"condition\", \"id\": \"tenure\", \"expected\": null, \"got\": false}]");
    json_t *wanted =
        parse("{\"total\": 450, \"eligible\": true, \"items\": {\"A1\": 250, \"A3\": 200},"
              " \"gates\": {\"unit\": true}, \"conditions\": {\"tenure\": false}}");
    json_t *after = td_standard_case_apply(before, differences);
    assert_true(json_equal(after, wanted));
    assert_int_equal(json_integer_value(json_object_get(before, "total")), 300);
    json_t *changes = td_standard_case_changes(before, after);
    assert_true(json_equal(changes, differences));
    json_t *again = td_standard_case_apply(after, changes);
    assert_true(json_equal(again, after));
    json_t *none = td_standard_case_changes(after, again);
    assert_int_equal(json_array_size(none), 0);
    json_decref(before);
    json_decref(differences);
    json_decref(wanted);
    json_decref(after);
    json_decref(changes);
    json_decref(again);
    json_decref(none);
}

static void takes_no_failure(void **state)
{
    (void)state;
    json_t *before = parse("{\"total\": 300}");
    json_t *differences = parse("[{\"what\": \"failed\", \"id\": \"x.rb:3\", \"got\": null}]");
    assert_null(td_standard_case_apply(before, differences));
    json_decref(before);
    json_decref(differences);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lays_over),
                                       cmocka_unit_test(takes_no_failure)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
