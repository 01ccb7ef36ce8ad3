/* sheet_test.c - what the sheets of a dossier say together, and what a sheet may hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../core/review/sheet.c"

static void every_sheet_is_heard(void **state)
{
    (void)state;
    json_t *sheets = json_loads("[{\"points\": {\"A\": 300}},"
                                " {\"points\": {\"A\": 100, \"B\": 50}},"
                                " {\"points\": {\"B\": 70}}, {\"points\": {\"A\": 300}}]",
                                0, NULL);
    json_t *points = td_sheet_collect(sheets);
    json_t *expected = json_pack("{s:[i, i, i], s:[i, i]}", "A", 100, 300, 300, "B", 50, 70);
    assert_true(json_equal(points, expected));
    json_decref(expected);
    json_decref(points);
    json_decref(sheets);
}

static void a_full_sheet_fits_the_standard_of_the_day(void **state)
{
    (void)state;
    static const struct {
        const char *sheet;
        int result;
    } cases[] = {
        {"{\"points\": {\"D1\": 500}, \"opinion\": \"recommend\"}", 0},
        {"{\"points\": {\"D1\": 501}, \"opinion\": \"recommend\"}", TD_EFIELDS},
        {"{\"points\": {}, \"opinion\": \"recommend\"}", TD_EFIELDS},
        {"{\"points\": {\"D1\": 500}, \"opinion\": \"\"}", TD_EFIELDS},
    };
    json_t *indicators = json_pack("[{s:s, s:i, s:i}]", "id", "D1", "min", 0, "max", 500);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct td_error err = TD_ERROR_INIT;
        json_t *sheet = json_loads(cases[i].sheet, 0, NULL);
        assert_int_equal(check_full(sheet, indicators, &err), cases[i].result);
        json_decref(sheet);
        td_error_done(&err);
    }
    json_decref(indicators);
}

static void texts_and_numbers(void **state)
{
    (void)state;
    json_t *indicator = json_pack("{s:s, s:i, s:i}", "id", "D2", "min", 0, "max", 800),
           *points = json_object();
    static const struct {
        const char *json;
        int result;
        int64_t points;
    } cases[] = {
        {"\"6.5\"", 0, 650},      {"800", 0, 800},         {"\"8.01\"", TD_EFIELDS, 800},
        {"801", TD_EFIELDS, 800}, {"-1", TD_EFIELDS, 800}, {"6.5", TD_EFIELDS, 800},
        {"\"\"", 0, -1},          {"\"0\"", 0, 0},         {"null", 0, -1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct td_error err = TD_ERROR_INIT;
        json_t *value = json_loads(cases[i].json, JSON_DECODE_ANY, NULL);
        assert_int_equal(set_point(points, indicator, "D2", value, &err), cases[i].result);
        const json_t *kept = json_object_get(points, "D2");
        assert_int_equal(kept ? json_integer_value(kept) : -1, cases[i].points);
        json_decref(value);
        td_error_done(&err);
    }
    struct td_error err = TD_ERROR_INIT;
    assert_int_equal(set_point(points, NULL, "Z9", NULL, &err), TD_EFIELDS);
    td_error_done(&err);
    json_decref(points);
    json_decref(indicator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sheet_is_heard),
        cmocka_unit_test(a_full_sheet_fits_the_standard_of_the_day),
        cmocka_unit_test(texts_and_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
