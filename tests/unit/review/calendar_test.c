/* Working days against the vectors known for Xinjiang, and against broken calendar files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "review/calendar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct td_calendar *calendar;

static int load(void **state)
{
    (void)state;
    return td_calendar_load(TD_SOURCE_FOLDER "/ops/calendar.json", &calendar, NULL);
}

static int unload(void **state)
{
    (void)state;
    td_calendar_free(calendar);
    return 0;
}

static td_date day(const char *text)
{
    td_date date = TD_DATE_NONE;
    assert_int_equal(td_date_parse(text, &date), 0);
    return date;
}

static void expect_add(const char *start, int n, const char *end, bool confirmed)
{
    td_date got = TD_DATE_NONE;
    bool sure = !confirmed;
    char text[TD_DATE_TEXT];
    assert_int_equal(td_calendar_add(calendar, day(start), n, &got, &sure, NULL), 0);
    td_date_format(got, text);
    assert_string_equal(text, end);
    assert_int_equal(sure, confirmed);
}

static void test_vectors(void **state)
{
    (void)state;
    expect_add("2025-06-04", 5, "2025-06-16", true); /* Corban: 6 to 10 June */
    expect_add("2025-03-27", 5, "2025-04-07", true); /* Rouzi: 29 to 31 March, and Qingming */
    expect_add("2022-07-07", 5, "2022-07-19", true);
    expect_add("2023-06-21", 5, "2023-07-04", true);
    expect_add("2025-09-26", 5, "2025-10-10", true);
    expect_add("2024-09-12", 5, "2024-09-20", false);
    expect_add("2025-12-26", 5, "2026-01-05", false); /* walks into a year that is not confirmed */
    expect_add("2026-02-12", 5, "2026-02-26", false);
    expect_add("2026-11-30", 15, "2026-12-21", false);
    expect_add("2025-10-20", -15, "2025-09-23", true);
    expect_add("2022-11-01", -15, "2022-10-11", true);
    expect_add("2025-06-07", 0, "2025-06-07", true);
}

static int working_days(int year)
{
    int days = -1;
    td_date start = td_date_from(year, 1, 1), end = td_date_from(year, 12, 31);
    bool first;
    assert_int_equal(td_calendar_working(calendar, start, &first, NULL), 0);
    assert_int_equal(td_calendar_between(calendar, start, end, &days, NULL), 0);
    return days + first;
}

static void test_days_per_year(void **state)
{
    (void)state;
    assert_int_equal(working_days(2022), 245);
    assert_int_equal(working_days(2023), 245);
    assert_int_equal(working_days(2025), 244);
    assert_int_equal(working_days(2024), 251); /* national days alone */
    assert_int_equal(working_days(2026), 248);
}

/* The vectors of the nation: the same file without its regional days. */
static void test_national(void **state)
{
    (void)state;
    json_t *root = json_load_file(TD_SOURCE_FOLDER "/ops/calendar.json", 0, NULL), *year;
    const char *name;
    json_object_foreach(json_object_get(root, "years"), name, year) {
        json_array_clear(json_object_get(year, "regional_off"));
    }
    char path[] = "/tmp/calendar-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(json_dump_file(root, path, 0), 0);
    json_decref(root);
    struct td_calendar *regional = calendar;
    assert_int_equal(td_calendar_load(path, &calendar, NULL), 0);
    unlink(path);
    expect_add("2025-06-04", 5, "2025-06-11", true);
    expect_add("2025-03-27", 5, "2025-04-03", true);
    expect_add("2022-07-07", 5, "2022-07-14", true);
    expect_add("2023-06-21", 5, "2023-06-29", true);
    assert_int_equal(working_days(2022), 249);
    assert_int_equal(working_days(2023), 249);
    assert_int_equal(working_days(2025), 248);
    td_calendar_free(calendar);
    calendar = regional;
}

static void test_single_days(void **state)
{
    (void)state;
    static const struct {
        const char *date;
        bool working;
    } days[] = {
        {"2025-06-05", true},  {"2025-06-06", false}, /* a Friday, regional */
        {"2025-09-28", true},                         /* a Sunday worked */
        {"2025-10-01", false}, {"2025-10-11", true},  /* a Saturday worked */
        {"2022-12-31", false},                        /* named by the notice of the year after */
        {"2026-11-21", false}, {"2026-11-23", true},
    };
    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        bool working = !days[i].working;
        assert_int_equal(td_calendar_working(calendar, day(days[i].date), &working, NULL), 0);
        assert_int_equal(working, days[i].working);
    }
}

static void expect_missing(int result, struct td_error *err, int year)
{
    assert_int_equal(result, TD_EINVALID);
    assert_string_equal(err->key, "calendar_missing_year");
    assert_int_equal(json_integer_value(json_object_get(err->parameters, "year")), year);
    td_error_done(err);
}

static void test_missing_year(void **state)
{
    (void)state;
    struct td_error err = TD_ERROR_INIT;
    td_date end = 7;
    bool working, confirmed;
    int days;
    expect_missing(td_calendar_add(calendar, day("2019-01-02"), -5, &end, &confirmed, &err), &err,
                   2018);
    assert_int_equal(end, 7);
    expect_missing(td_calendar_working(calendar, day("2018-12-30"), &working, &err), &err, 2018);
    expect_missing(td_calendar_working(calendar, day("1901-01-01"), &working, &err), &err, 1901);
    expect_missing(td_calendar_between(calendar, day("2018-12-01"), day("2019-02-01"), &days, &err),
                   &err, 2018);
    expect_missing(td_calendar_working(NULL, day("2025-01-02"), &working, &err), &err, 2025);
    assert_int_equal(td_calendar_add(calendar, day("2025-01-02"), 2001, &end, NULL, NULL),
                     TD_EINVALID);
}

static void test_year_ahead(void **state)
{
    (void)state;
    td_date end;
    bool working, confirmed = true;
    int days;
    assert_int_equal(td_calendar_add(calendar, day("2026-12-30"), 5, &end, &confirmed, NULL), 0);
    assert_int_equal(end, day("2027-01-07")); /* 31 December, 4 to 7 January */
    assert_false(confirmed);
    assert_int_equal(td_calendar_add(calendar, day("2027-01-05"), -3, &end, NULL, NULL), 0);
    assert_int_equal(end, day("2026-12-30"));
    assert_int_equal(td_calendar_working(calendar, day("2027-01-01"), &working, NULL), 0);
    assert_false(working);
    assert_int_equal(
        td_calendar_between(calendar, day("2026-12-30"), day("2027-01-07"), &days, NULL), 0);
    assert_int_equal(days, 5);
}

static void expect_refused(const char *json, const char *word)
{
    char path[] = "/tmp/calendar-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, json, strlen(json)), strlen(json));
    close(fd);
    struct td_error err = TD_ERROR_INIT;
    struct td_calendar *none = NULL;
    assert_int_equal(td_calendar_load(path, &none, &err), TD_EINVALID);
    unlink(path);
    assert_null(none);
    if (!strstr(err.detail, word))
        fail_msg("\"%s\" does not say \"%s\"", err.detail, word);
    td_error_done(&err);
}

#define LISTS "\"national_work\":[],\"regional_off\":[],\"regional_work\":[],"

static void test_bad_files(void **state)
{
    (void)state;
    expect_refused("{", "line 1");
    expect_refused("{}", "years");
    expect_refused("{\"years\":{}}", "years");
    expect_refused("{\"years\":{\"20x5\":{}}}", "20x5");
    expect_refused("{\"years\":{\"9999\":{}}}", "9999");
    expect_refused("{\"years\":{\"2025\":{}}}", "national_off");
    expect_refused("{\"years\":{\"2025\":{\"national_off\":[\"2025-02-30\"]," LISTS
                   "\"regional_confirmed\":true}}}",
                   "2025-02-30");
    expect_refused("{\"years\":{\"2025\":{\"national_off\":[\"2031-01-01\"]," LISTS
                   "\"regional_confirmed\":true}}}",
                   "2031-01-01");
    expect_refused(
        "{\"years\":{\"2025\":{\"national_off\":[5]," LISTS "\"regional_confirmed\":true}}}", "?");
    expect_refused("{\"years\":{\"2025\":{\"national_off\":[]," LISTS "\"regional_confirmed\":1}}}",
                   "confirmed");
    struct td_error err = TD_ERROR_INIT;
    struct td_calendar *none = NULL;
    assert_int_equal(td_calendar_load("/nonexistent/calendar.json", &none, &err), TD_EINVALID);
    td_error_done(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),      cmocka_unit_test(test_days_per_year),
        cmocka_unit_test(test_national),     cmocka_unit_test(test_single_days),
        cmocka_unit_test(test_missing_year), cmocka_unit_test(test_year_ahead),
        cmocka_unit_test(test_bad_files),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
