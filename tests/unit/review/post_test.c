/* post_test.c - the thirteen grades of posts, each with its level. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "review/post.h"

static void each_grade_is_of_one_level(void **state)
{
    (void)state;
    static const struct {
        const char *level;
        int first, last;
    } rows[] = {
        {"full_senior", 1, 4}, {"senior", 5, 7}, {"intermediate", 8, 10}, {"junior", 11, 13}};
    int next = 1;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int first, last;
        td_post_grades(rows[i].level, &first, &last);
        assert_int_equal(first, rows[i].first);
        assert_int_equal(last, rows[i].last);
        assert_int_equal(first, next); /* none between, none twice */
        next = last + 1;
    }
    assert_int_equal(next, 14);
    int first, last;
    td_post_grades("assistant", &first, &last);
    assert_int_equal(first, 0);
    assert_int_equal(last, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_grade_is_of_one_level)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
