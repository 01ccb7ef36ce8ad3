/* group_test.c - elements, exponents and their spelling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ballot/group.h"

static struct td_group *group;

static int start(void **state)
{
    (void)state;
    group = td_group_new();
    assert_non_null(group);
    td_group_start(group);
    return 0;
}

static int end(void **state)
{
    (void)state;
    td_group_end(group);
    td_group_free(group);
    return 0;
}

static bool reads(const char *text)
{
    json_t *value = json_string(text);
    bool read = td_group_read(group, td_group_number(group), value);
    json_decref(value);
    return read;
}

static void constants_are_a_group(void **state)
{
    (void)state;
    assert_int_equal(BN_num_bits(group->p), 2048);
    assert_int_equal(BN_num_bits(group->q), 256);
    assert_int_equal(BN_check_prime(group->q, group->numbers, NULL), 1);
    assert_int_equal(BN_check_prime(group->p, group->numbers, NULL), 1);
    assert_true(td_group_has(group, group->g));
    assert_false(BN_is_one(group->g));
}

static void outsiders_are_refused(void **state)
{
    (void)state;
    BIGNUM *minus_one = td_group_number(group), *two = td_group_number(group);
    BIGNUM *beyond = td_group_number(group);
    assert_true(BN_copy(minus_one, group->p) && BN_sub_word(minus_one, 1));
    assert_true(BN_set_word(two, 2));
    assert_true(BN_add(beyond, group->p, group->g)); /* the generator's second name */
    assert_false(td_group_has(group, minus_one));    /* of order 2 */
    assert_false(td_group_has(group, two));
    assert_false(td_group_has(group, beyond));
    assert_false(td_group_has(group, group->p));
    assert_true(reads("1"));
    assert_false(reads("0"));
    assert_false(reads("01"));
    assert_false(reads("+1"));
    assert_false(reads("-1"));
    assert_false(reads(" 1"));
    assert_false(reads("1 "));
    assert_false(reads("0x1"));
    assert_false(reads(""));
    assert_false(reads("2"));
    assert_false(td_group_read(group, two, NULL));
    assert_false(group->failed);
}

static void exponents_end_below_the_order(void **state)
{
    (void)state;
    BIGNUM *number = td_group_number(group);
    json_t *order = td_group_json(group, group->q);
    assert_false(td_group_read_exponent(group, number, order));
    json_decref(order);
    assert_true(BN_copy(number, group->q) && BN_sub_word(number, 1));
    json_t *last = td_group_json(group, number);
    assert_true(td_group_read_exponent(group, number, last));
    json_decref(last);
}

static void secret_powers_are_the_same_powers(void **state)
{
    (void)state;
    BIGNUM *secret = td_group_number(group), *one = td_group_number(group);
    BIGNUM *other = td_group_number(group);
    for (int i = 0; i < 20; i++) {
        if (i < 3)
            assert_true(BN_set_word(secret, (BN_ULONG)i));
        else
            td_group_random(group, secret);
        td_group_power(group, one, group->g, secret);
        td_group_power_secret(group, other, group->g, secret);
        assert_true(td_group_same(group, one, other));
        assert_true(td_group_has(group, other));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(constants_are_a_group, start, end),
        cmocka_unit_test_setup_teardown(outsiders_are_refused, start, end),
        cmocka_unit_test_setup_teardown(exponents_end_below_the_order, start, end),
        cmocka_unit_test_setup_teardown(secret_powers_are_the_same_powers, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
