/* throttle_test.c - counters fill, hold, empty, and do not mix. */
#include "private_redis.h"

#include "base/error.h"
#include "base/log.h"
#include "redis/throttle.h"

static struct private_redis server;
static struct event_base *base;
static struct td_redis *client;

struct outcome {
    int done, result, wait;
};

static void on_taken(void *arg, int result, int wait_seconds)
{
    *(struct outcome *)arg = (struct outcome){1, result, wait_seconds};
}

static struct outcome take(const struct td_throttle_use *uses, size_t count)
{
    struct outcome outcome = {0};
    assert_int_equal(td_throttle_take(client, uses, count, on_taken, &outcome), 0);
    spin_until(base, &outcome.done);
    return outcome;
}

static struct outcome take_login(const char *address)
{
    struct td_throttle_use use = {TD_THROTTLE_LOGIN_ADDRESS, address};
    return take(&use, 1);
}

static int setup(void **state)
{
    (void)state;
    td_log_set_level(TD_LOG_ERROR + 1);
    base = event_base_new();
    private_redis_start(&server);
    client = private_redis_client(&server, base);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    td_redis_free(client);
    private_redis_stop(&server);
    event_base_free(base);
    return 0;
}

static void holds_a_guesser_of_many_logins(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        assert_int_equal(take_login("10.0.1.1").result, 0);
    assert_int_equal(take_login("10.0.1.1").result, TD_ETHROTTLED);
}

static void a_held_request_counts_nowhere(void **state)
{
    (void)state;
    struct td_throttle_use tight = {TD_THROTTLE_PUBLIC, "10.0.2.1"},
                           both[2] = {tight, {TD_THROTTLE_WRITE, "acc"}};
    for (int i = 0; i < 20; i++)
        assert_int_equal(take(&tight, 1).result, 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(take(both, 2).result, TD_ETHROTTLED);
    for (int i = 0; i < 600; i++)
        assert_int_equal(take(&both[1], 1).result, 0);
    assert_int_equal(take(&both[1], 1).result, TD_ETHROTTLED);
}

static void gives_back(void **state)
{
    (void)state;
    struct td_throttle_use uses[] = {{TD_THROTTLE_PUBLIC, "10.0.3.1"}, {TD_THROTTLE_WRITE, "chen"}};
    for (int i = 0; i < 60; i++) { /* thrice the limit, always right */
        assert_int_equal(take(uses, 2).result, 0);
        td_throttle_give_back(client, uses, 2);
    }
    for (int i = 0; i < 20; i++)
        assert_int_equal(take(uses, 2).result, 0);
    assert_int_equal(take(uses, 2).result, TD_ETHROTTLED);
}

static void keeps_to_the_limit_that_was_set(void **state)
{
    (void)state;
    struct td_throttle_use use = {TD_THROTTLE_UPLOAD, "set"};
    td_throttle_set_limit(TD_THROTTLE_UPLOAD, 2);
    assert_int_equal(take(&use, 1).result, 0);
    assert_int_equal(take(&use, 1).result, 0);
    assert_int_equal(take(&use, 1).result, TD_ETHROTTLED);
}

static void says_when_redis_is_away(void **state)
{
    (void)state;
    struct td_throttle_use use = {TD_THROTTLE_WRITE, "x"};
    struct outcome outcome = {0};
    private_redis_kill(&server);
    while (td_redis_available(client))
        event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(td_throttle_take(client, &use, 1, on_taken, &outcome), TD_EREDIS);
    private_redis_launch(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_a_guesser_of_many_logins),
        cmocka_unit_test(a_held_request_counts_nowhere),
        cmocka_unit_test(gives_back),
        cmocka_unit_test(keeps_to_the_limit_that_was_set),
        cmocka_unit_test(says_when_redis_is_away),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
