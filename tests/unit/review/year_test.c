/* year_test.c - the days that the seed notice fixes, on the regional calendar, and how something
 * stands at its boundary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "review/year.h"

#include <string.h>

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

/* begins, ends -> plan and report (RULES 5.2: 2025-10-20 -15, 2022-11-01 -15, 2026-11-30 +15). */
static void days_of_the_year(void **state)
{
    (void)state;
    static const struct {
        int year;
        const char *begins, *ends, *plan, *report;
        bool plan_sure, report_sure;
    } cases[] = {
        {2025, "2025-10-20", "2025-11-28", "2025-09-23", "2025-12-19", true, true},
        {2022, "2022-11-01", "2022-11-30", "2022-10-11", "2022-12-21", true, true},
        {2026, "", "2026-11-30", "", "2026-12-21", true, false},
        {2026, "", "", "", "2026-12-21", true,
         false}, /* by the last day that the review may take */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct td_year_days days;
        assert_int_equal(
            td_year_days(calendar, cases[i].year, cases[i].begins, cases[i].ends, &days, NULL), 0);
        char notice[TD_DATE_TEXT], review[TD_DATE_TEXT];
        td_date_format(td_date_from(cases[i].year, 8, 31), notice);
        td_date_format(td_date_from(cases[i].year, 11, 30), review);
        assert_string_equal(days.notice.day, notice);
        assert_string_equal(days.review.day, review);
        assert_string_equal(days.plan.day, cases[i].plan);
        assert_string_equal(days.report.day, cases[i].report);
        assert_int_equal(days.plan.confirmed, cases[i].plan_sure);
        assert_int_equal(days.report.confirmed, cases[i].report_sure);
    }
}

static void stands_at_the_boundary(void **state)
{
    (void)state;
    static const struct {
        const char *today, *due, *done, *progress;
    } cases[] = {
        {"2026-08-31", "2026-08-31", "2026-08-31", "done"},
        {"2026-09-01", "2026-08-31", "2026-09-01", "done_late"},
        {"2026-08-31", "2026-08-31", "", "due"},
        {"2026-09-01", "2026-08-31", "", "late"},
        {"2026-12-14", "2026-12-21", "", "due"},
        {"2026-12-13", "2026-12-21", "", "open"},
        {"2026-12-13", "", "", "open"},
        {"2026-12-13", "", "2026-12-01", "done"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(td_year_progress(cases[i].today, cases[i].due, cases[i].done),
                            cases[i].progress);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_of_the_year),
        cmocka_unit_test(stands_at_the_boundary),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
