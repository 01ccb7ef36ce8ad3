/* ULIDs: their shape, their order, and that two are never the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/id.h"

#include <stdlib.h>
#include <string.h>

static int64_t time_of(const char *id)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    int64_t ms = 0;
    for (int i = 0; i < 10; i++)
        ms = ms * 32 + (strchr(alphabet, id[i]) - alphabet);
    return ms;
}

static void test_carries_its_time(void **state)
{
    (void)state;
    char id[TD_ID_TEXT];
    int64_t before = td_clock_now_ms();
    td_id_new(id);
    int64_t after = td_clock_now_ms();
    assert_true(td_id_valid(id));
    assert_true(time_of(id) >= before && time_of(id) <= after);
}

static void test_order_of_creation(void **state)
{
    (void)state;
    char early[TD_ID_TEXT], late[TD_ID_TEXT];
    td_id_new(early);
    td_clock_shift_ms(60000);
    td_id_new(late);
    td_clock_shift_ms(0);
    assert_true(strcmp(early, late) < 0);
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void test_unique(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    char(*ids)[TD_ID_TEXT] = malloc(COUNT * sizeof(*ids));
    for (int i = 0; i < COUNT; i++)
        td_id_new(ids[i]);
    for (int i = 1; i < COUNT; i++)
        assert_true(strcmp(ids[i - 1], ids[i]) < 0); /* also within one millisecond */
    qsort(ids, COUNT, sizeof(*ids), compare);
    for (int i = 1; i < COUNT; i++)
        assert_string_not_equal(ids[i - 1], ids[i]);
    free(ids);
}

/* Each of the 80 random bits takes both values, from one millisecond to another. */
static void test_random_part(void **state)
{
    (void)state;
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    unsigned ones[16] = {0}, zeros[16] = {0};
    for (int i = 0; i < 200; i++) {
        char id[TD_ID_TEXT];
        td_clock_shift_ms((i + 1) * 100000);
        td_id_new(id);
        for (int k = 0; k < 16; k++) {
            unsigned digit = (unsigned)(strchr(alphabet, id[10 + k]) - alphabet);
            ones[k] |= digit;
            zeros[k] |= ~digit & 31u;
        }
    }
    for (int k = 0; k < 16; k++)
        assert_true(ones[k] == 31 && zeros[k] == 31);
    td_clock_shift_ms(0);
}

static void test_valid(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "01ARZ3NDEKTSV4RRFFQ69G5FA",
        "01ARZ3NDEKTSV4RRFFQ69G5FAVX",
        "01arz3ndektsv4rrffq69g5fav",
        "81ARZ3NDEKTSV4RRFFQ69G5FAV" /* past the year 10889 */,
        "01ARZ3NDEKTSV4RRFFQ69G5FAI",
        "01ARZ3NDEKTSV4RRFFQ69G5FAL",
        "01ARZ3NDEKTSV4RRFFQ69G5FAO",
        "01ARZ3NDEKTSV4RRFFQ69G5FAU",
        "01ARZ3NDEKTSV4RRFFQ69G5FA/",
        "01ARZ3NDEKTSV4RRFFQ69G5FA'",
        "01ARZ3NDEKTSV4RRFFQ69G5FA ",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (td_id_valid(bad[i]))
            fail_msg("\"%s\" was taken for an id", bad[i]);
    assert_false(td_id_valid(NULL));
    assert_true(td_id_valid("01ARZ3NDEKTSV4RRFFQ69G5FAV"));
    assert_true(td_id_valid("7ZZZZZZZZZZZZZZZZZZZZZZZZZ"));
}

static void test_hex(void **state)
{
    (void)state;
    char one[65], two[65], none[1] = {'x'};
    td_id_random_hex(one, 32);
    td_id_random_hex(two, 32);
    assert_int_equal(strlen(one), 64);
    assert_int_equal(strspn(one, "0123456789abcdef"), 64);
    assert_string_not_equal(one, two);
    td_id_random_hex(none, 0);
    assert_string_equal(none, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_carries_its_time),
        cmocka_unit_test(test_order_of_creation),
        cmocka_unit_test(test_unique),
        cmocka_unit_test(test_random_part),
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_hex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
