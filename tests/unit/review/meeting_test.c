/* meeting_test.c - quorum and majority against the table of the law and its definition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "review/meeting.h"

/* Size, quorum, yes needed at quorum, yes needed if all attend (人社部令第40号, articles 19 and
 * 20). */
static const struct {
    int64_t size, quorum, yes_at_quorum, yes_of_all;
} table[] = {{7, 5, 4, 5}, {11, 8, 6, 8}, {13, 9, 6, 9}, {15, 10, 7, 10}, {25, 17, 12, 17}};

static void the_laws_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        assert_true(td_meeting_quorum(table[i].size, table[i].quorum));
        assert_false(td_meeting_quorum(table[i].size, table[i].quorum - 1));
        assert_true(td_meeting_passes(table[i].quorum, table[i].yes_at_quorum));
        assert_false(td_meeting_passes(table[i].quorum, table[i].yes_at_quorum - 1));
        assert_true(td_meeting_passes(table[i].size, table[i].yes_of_all));
        assert_false(td_meeting_passes(table[i].size, table[i].yes_of_all - 1));
    }
}

static void two_thirds_and_not_less(void **state)
{
    (void)state;
    for (int64_t whole = 1; whole <= 60; whole++)
        for (int64_t part = 0; part <= whole; part++) {
            bool enough = part * 3 >= whole * 2;
            assert_int_equal(td_meeting_quorum(whole, part), enough);
            assert_int_equal(td_meeting_passes(whole, part), enough);
        }
}

static void nobody_is_no_majority(void **state)
{
    (void)state;
    assert_false(td_meeting_quorum(0, 0));
    assert_false(td_meeting_passes(0, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_laws_table),
        cmocka_unit_test(two_thirds_and_not_less),
        cmocka_unit_test(nobody_is_no_majority),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
