#include "http/range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void one_range(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t size;
        enum td_range_kind kind;
        size_t start, length;
    } cases[] = {
        {"bytes=0-99", 1000, TD_RANGE_PART, 0, 100},
        {"Bytes=0-0", 1000, TD_RANGE_PART, 0, 1},
        {"bytes=999-", 1000, TD_RANGE_PART, 999, 1},
        {"bytes=500-5000", 1000, TD_RANGE_PART, 500, 500},
        {"bytes=-100", 1000, TD_RANGE_PART, 900, 100},
        {"bytes=-5000", 1000, TD_RANGE_PART, 0, 1000},
        {"bytes=1000-", 1000, TD_RANGE_OUTSIDE, 0, 0},
        {"bytes=-0", 1000, TD_RANGE_OUTSIDE, 0, 0},
        {"bytes=0-", 0, TD_RANGE_OUTSIDE, 0, 0},
        {"bytes=5-4", 1000, TD_RANGE_NONE, 0, 0},
        {"bytes=0-1,5-6", 1000, TD_RANGE_NONE, 0, 0},
        {"bytes=", 1000, TD_RANGE_NONE, 0, 0},
        {"bytes=-", 1000, TD_RANGE_NONE, 0, 0},
        {"bytes= 0-1", 1000, TD_RANGE_NONE, 0, 0},
        {"bytes=+0-1", 1000, TD_RANGE_NONE, 0, 0},
        {"bytes=0-99999999999999999999", 1000, TD_RANGE_NONE, 0, 0},
        {"pages=0-1", 1000, TD_RANGE_NONE, 0, 0},
        {"", 1000, TD_RANGE_NONE, 0, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct td_range range = {0};
        assert_int_equal(td_range_parse(cases[i].header, cases[i].size, &range), cases[i].kind);
        assert_int_equal(range.start, cases[i].start);
        assert_int_equal(range.length, cases[i].length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_range)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
