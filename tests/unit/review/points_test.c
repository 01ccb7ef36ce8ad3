/* points_test.c - amounts as people type them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "review/points.h"

static void check(const char *text, bool good, int64_t expected)
{
    json_t *value = json_string(text);
    int64_t got = -1;
    assert_int_equal(td_points_parse(value, &got), good);
    assert_int_equal(got, good ? expected : -1);
    json_decref(value);
}

static void decimals(void **state)
{
    (void)state;
    check("0", true, 0);
    check("6", true, 600);
    check("6.5", true, 650);
    check("6.05", true, 605);
    check("007.10", true, 710);
    check("999999999.99", true, 99999999999);
}

static void refusals(void **state)
{
    (void)state;
    static const char *const texts[] = {"",    " 6",  "6 ",  "-1",    "+1",    ".5",         "6.",
                                        "6,5", "1e3", "0x1", "6.555", "6.5.5", "1234567890", "六"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        check(texts[i], false, 0);
}

static void other_values(void **state)
{
    (void)state;
    int64_t got = -1;
    json_t *whole = json_integer(650), *real = json_real(6.5);
    assert_true(td_points_parse(whole, &got));
    assert_int_equal(got, 650);
    assert_false(td_points_parse(real, &got));
    assert_false(td_points_parse(json_true(), &got));
    assert_false(td_points_parse(NULL, &got));
    json_decref(whole);
    json_decref(real);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals),
        cmocka_unit_test(refusals),
        cmocka_unit_test(other_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
