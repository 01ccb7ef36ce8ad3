/* Buckets of requests: how many pass, how long one waits, who is forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/rate.h"

#include <sodium.h>
#include <stdio.h>

static struct td_rates *make(int64_t address, int64_t account)
{
    struct td_rates *rates = td_rates_new(
        (const int64_t[TD_RATE_COUNT]){[TD_RATE_ADDRESS] = address, [TD_RATE_ACCOUNT] = account});
    assert_non_null(rates);
    return rates;
}

static int pass(struct td_rates *rates, const char *subject, int64_t now_ms, int tries)
{
    int passed = 0;
    for (int i = 0; i < tries; i++)
        passed += td_rate_take(rates, TD_RATE_ACCOUNT, subject, now_ms) == 0;
    return passed;
}

static void a_minutes_worth(void **state)
{
    (void)state;
    struct td_rates *rates = make(0, 60);
    assert_int_equal(pass(rates, "a", 1000, 100), 60);
    assert_int_equal(td_rate_take(rates, TD_RATE_ACCOUNT, "a", 1000), 1);
    assert_int_equal(pass(rates, "b", 1000, 100), 60); /* others are not concerned */
    assert_int_equal(pass(rates, "a", 1999, 100), 0);
    assert_int_equal(pass(rates, "a", 2000, 100), 1);
    assert_int_equal(pass(rates, "a", 12000, 100), 10);
    assert_int_equal(pass(rates, "a", 10000000, 100), 60); /* no more than a minute is saved up */
    td_rates_free(rates);
}

/* Who is refused does not wait longer for having asked. */
static void refusals_cost_nothing(void **state)
{
    (void)state;
    struct td_rates *rates = make(0, 1);
    assert_int_equal(pass(rates, "a", 1000, 1000), 1);
    assert_int_equal(td_rate_take(rates, TD_RATE_ACCOUNT, "a", 1000), 60);
    assert_int_equal(td_rate_take(rates, TD_RATE_ACCOUNT, "a", 31000), 30);
    assert_int_equal(td_rate_take(rates, TD_RATE_ACCOUNT, "a", 61000), 0);
    td_rates_free(rates);
}

static void kinds_count_apart(void **state)
{
    (void)state;
    struct td_rates *rates = make(1, 1);
    assert_int_equal(td_rate_take(rates, TD_RATE_ACCOUNT, "a", 1000), 0);
    assert_int_equal(td_rate_take(rates, TD_RATE_ADDRESS, "a", 1000), 0);
    assert_int_not_equal(td_rate_take(rates, TD_RATE_ADDRESS, "a", 1000), 0);
    for (int i = 0; i < 1000; i++) /* 0 = not counted */
        assert_int_equal(td_rate_take(rates, TD_RATE_SHOWN, "a", 1000), 0);
    td_rates_free(rates);
}

/* A million addresses that ask once do not make the server forget who asks without end. */
static void a_flood_forgets_the_quiet_first(void **state)
{
    (void)state;
    struct td_rates *rates = make(0, 60);
    assert_int_equal(pass(rates, "greedy", 1000, 100), 60);
    for (int i = 0; i < 1000000; i++) {
        char subject[32];
        snprintf(subject, sizeof(subject), "2001:db8:%x:%x::", i >> 16, i & 0xffff);
        assert_int_equal(td_rate_take(rates, TD_RATE_ACCOUNT, subject, 1000), 0);
    }
    assert_int_equal(pass(rates, "greedy", 1000, 100), 0);
    td_rates_free(rates);
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_minutes_worth), cmocka_unit_test(refusals_cost_nothing),
        cmocka_unit_test(kinds_count_apart), cmocka_unit_test(a_flood_forgets_the_quiet_first)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
