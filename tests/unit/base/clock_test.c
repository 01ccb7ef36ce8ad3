/* Dates and clocks: every day of three centuries, the borders of a Shanghai day, strict parsing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static bool leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Counts the days one by one, as a person would, and compares. */
static void test_every_day(void **state)
{
    (void)state;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    td_date date = td_date_from(1900, 1, 1);
    assert_int_equal(date, -25567);
    int weekday = 1; /* a Monday */
    for (int year = 1900; year < 2200; year++)
        for (int month = 1; month <= 12; month++)
            for (int day = 1; day <= lengths[month - 1] + (month == 2 && leap(year));
                 day++, date++) {
                int y, m, d;
                char text[TD_DATE_TEXT], expected[32];
                td_date parsed;
                assert_int_equal(td_date_from(year, month, day), date);
                td_date_split(date, &y, &m, &d);
                assert_true(y == year && m == month && d == day);
                assert_int_equal(td_date_weekday(date), weekday);
                weekday = weekday % 7 + 1;
                td_date_format(date, text);
                snprintf(expected, sizeof(expected), "%04d-%02d-%02d", year, month, day);
                assert_string_equal(text, expected);
                assert_int_equal(td_date_parse(text, &parsed), 0);
                assert_int_equal(parsed, date);
            }
}

static void test_strict_parsing(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",           "2026",       "2026-1-1",       "2026-01-1",     "2026-01-011",
        "2026/01/01", "2026-13-01", "2026-00-10",     "2026-01-00",    "2026-01-32",
        "2026-02-29", "2100-02-29", "1900-02-29",     "2026-04-31",    "1899-12-31",
        "2200-01-01", "-026-01-01", "+026-01-01",     " 2026-01-01",   "2026-01-01 ",
        "2026- 1-01", "2026-01- 1", "２０２６-01-01", "2026-01-01T00", "0000-00-00",
        "2026-0x-01",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        td_date date = 12345;
        if (td_date_parse(bad[i], &date) != TD_EINVALID)
            fail_msg("\"%s\" was taken for a date", bad[i]);
        assert_int_equal(date, 12345); /* written only on success */
    }
    td_date date;
    assert_int_equal(td_date_parse(NULL, &date), TD_EINVALID);
    assert_int_equal(td_date_parse("2000-02-29", &date), 0);
    assert_int_equal(td_date_parse("2024-02-29", &date), 0);
}

static void test_time_format(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } times[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {1767225599999, "2025-12-31T23:59:59.999Z"},
        {1795393445678, "2026-11-23T00:24:05.678Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
    };
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        char text[TD_TIME_TEXT];
        td_time_format(times[i].ms, text);
        assert_string_equal(text, times[i].text);
        int64_t ms = 0;
        if (times[i].ms >= 0 && strcmp(text, "2200") < 0) { /* the years that dates may have */
            assert_int_equal(td_time_parse(text, &ms), 0);
            assert_int_equal(ms, times[i].ms);
        }
    }
    static const char *const bad[] = {"",
                                      "2026-01-01",
                                      "2026-01-01T00:00:00Z",
                                      "2026-01-01T24:00:00.000Z",
                                      "2026-02-30T00:00:00.000Z",
                                      "2026-01-01T00:00:00.000Z "};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t ms;
        assert_int_equal(td_time_parse(bad[i], &ms), TD_EINVALID);
    }
}

/* The Shanghai day of a time begins at 16:00 UTC. */
static void test_time_day(void **state)
{
    (void)state;
    static const struct {
        const char *time, *day;
    } days[] = {{"2026-11-23T15:59:59.999Z", "2026-11-23"},
                {"2026-11-23T16:00:00.000Z", "2026-11-24"},
                {"2026-12-31T16:00:00.000Z", "2027-01-01"}};
    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        td_date day;
        char text[TD_DATE_TEXT];
        assert_int_equal(td_time_day(days[i].time, &day), 0);
        td_date_format(day, text);
        assert_string_equal(text, days[i].day);
    }
    td_date day = 7;
    assert_int_equal(td_time_day("2026-11-23", &day), TD_EINVALID);
    assert_int_equal(day, 7);
}

/* Sets the clock to `ms`, as far as the real one lets it. */
static void set_clock(int64_t ms)
{
    td_clock_shift_ms(0);
    td_clock_shift_ms(ms - td_clock_now_ms());
}

/* The Shanghai day begins at 16:00 UTC of the day before. */
static void test_shanghai_day(void **state)
{
    (void)state;
    td_date date = td_date_from(2026, 11, 23);
    char text[TD_TIME_TEXT];
    td_time_format(td_clock_day_end_ms(date), text);
    assert_string_equal(text, "2026-11-23T16:00:00.000Z");
    set_clock(td_clock_day_end_ms(date) - 60000);
    assert_int_equal(td_clock_today(), date);
    set_clock(td_clock_day_end_ms(date));
    assert_int_equal(td_clock_today(), date + 1);
    set_clock(td_clock_day_end_ms(date - 1));
    assert_int_equal(td_clock_today(), date);
    td_clock_shift_ms(0);
}

static void test_shift_sets(void **state)
{
    (void)state;
    int64_t mono = td_clock_mono_ms();
    struct timespec real;
    td_clock_shift_ms(86400000);
    td_clock_shift_ms(3600000); /* sets, does not add */
    clock_gettime(CLOCK_REALTIME, &real);
    int64_t ahead = td_clock_now_ms() - ((int64_t)real.tv_sec * 1000 + real.tv_nsec / 1000000);
    assert_true(ahead >= 3600000 && ahead < 3600000 + 60000);
    int64_t passed = td_clock_mono_ms() - mono; /* deadlines do not feel it */
    assert_true(passed >= 0 && passed < 60000);
    td_clock_shift_ms(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_day),   cmocka_unit_test(test_strict_parsing),
        cmocka_unit_test(test_time_format),
        cmocka_unit_test(test_time_day), cmocka_unit_test(test_shanghai_day),
        cmocka_unit_test(test_shift_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
