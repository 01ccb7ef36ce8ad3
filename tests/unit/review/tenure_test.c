/* tenure_test.c - years of appointment over both ladders, against a count day by day: thousands of
 * careers with overlaps, gaps, periods that end before they begin and some that go on past the day.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "review/tenure.h"

enum { CAREERS = 3000, PERIODS = 12, DAYS = 12000 };

static uint32_t random_state = 20260901;

static uint32_t below(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % limit;
}

static void agrees_with_a_count_of_days(void **state)
{
    static unsigned char held[DAYS];
    (void)state;
    for (int career = 0; career < CAREERS; career++) {
        struct td_tenure_period periods[PERIODS];
        size_t count = below(PERIODS + 1);
        td_date first = td_date_from(1995, 1, 1), on = first + (td_date)below(DAYS);
        memset(held, 0, sizeof(held));
        for (size_t i = 0; i < count; i++) {
            td_date from = (td_date)below(DAYS - 3000), until = from + (td_date)below(3000) - 20;
            periods[i] = (struct td_tenure_period){first + from, first + until};
            for (td_date day = from; day <= until; day++)
                held[day] |= first + day <= on;
        }
        int64_t days = 0;
        for (int day = 0; day < DAYS; day++)
            days += held[day];
        struct td_tenure tenure = td_tenure_count(periods, count, on);
        assert_int_equal(tenure.days, days);
        assert_true(tenure.months < 12 && tenure.rest < 31);
        /* A month has 28 to 31 days; a run loses less than one to `rest`, which is counted as 31.
         */
        int64_t months = tenure.years * 12 + tenure.months;
        assert_true(months * 28 <= days && (months + 1) * 31 + (int64_t)count * 31 >= days);
    }
}

static struct td_tenure of(const char *from, const char *until, const char *on)
{
    struct td_tenure_period period;
    td_date day;
    assert_int_equal(td_date_parse(from, &period.from), 0);
    assert_int_equal(td_date_parse(until, &period.until), 0);
    assert_int_equal(td_date_parse(on, &day), 0);
    return td_tenure_count(&period, 1, day);
}

static void years_are_whole_at_their_anniversary(void **state)
{
    (void)state;
    assert_int_equal(of("2021-09-01", "2026-08-31", "2030-01-01").years, 5);
    struct td_tenure short_by_one = of("2021-09-01", "2026-08-30", "2030-01-01");
    assert_int_equal(short_by_one.years, 4);
    assert_int_equal(short_by_one.months, 11);
}

static void ladders_add_up_and_overlap_counts_once(void **state)
{
    (void)state;
    struct td_tenure_period periods[] = {
        {td_date_from(2018, 9, 1), td_date_from(2021, 8, 31)},  /* directed, three years */
        {td_date_from(2021, 9, 1), td_date_from(2023, 8, 31)}}; /* general, two */
    assert_int_equal(td_tenure_count(periods, 2, td_date_from(2026, 1, 1)).years, 5);
    periods[1].from = td_date_from(2020, 9, 1);
    assert_int_equal(td_tenure_count(periods, 2, td_date_from(2026, 1, 1)).years, 5);
    assert_int_equal(td_tenure_count(periods, 0, td_date_from(2026, 1, 1)).days, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_a_count_of_days),
        cmocka_unit_test(years_are_whole_at_their_anniversary),
        cmocka_unit_test(ladders_add_up_and_overlap_counts_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
