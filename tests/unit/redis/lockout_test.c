/* lockout_test.c - how long one waits after how many failures, who waits, and who does not. */
#include "private_redis.h"

#include "base/error.h"
#include "base/log.h"
#include "redis/lockout.h"
#include "redis/reply.h"

static struct private_redis server;
static struct event_base *base;
static struct td_redis *client;

struct outcome {
    int done, result, wait, failures;
};

static void on_taken(void *arg, int result, int wait_seconds, int failures)
{
    *(struct outcome *)arg = (struct outcome){1, result, wait_seconds, failures};
}

static struct outcome take(const char *login, const char *address)
{
    struct outcome outcome = {0};
    char subject[TD_LOCKOUT_SUBJECT_TEXT];
    td_lockout_subject(login, subject);
    assert_int_equal(td_lockout_take(client, subject, address, on_taken, &outcome), 0);
    spin_until(base, &outcome.done);
    return outcome;
}

static void on_reply(void *arg, int result, const struct redisReply *reply)
{
    (void)reply;
    assert_int_equal(result, 0);
    *(int *)arg = 1;
}

static int answered;

static void run(const char *login, const char *script)
{
    char subject[TD_LOCKOUT_SUBJECT_TEXT], key[96];
    td_lockout_subject(login, subject);
    snprintf(key, sizeof(key), "titled:lockout:%s", subject);
    answered = 0;
    td_redis_eval(client, on_reply, &answered, script, 1, (const char *[]){key, NULL});
    spin_until(base, &answered);
}

/* As if every wait of this login were over. */
static void pass_time(const char *login)
{
    run(login, "for _, n in ipairs(redis.call('HKEYS', KEYS[1])) do\n"
               "  if string.sub(n, 1, 2) == 'u:' then redis.call('HDEL', KEYS[1], n) end\n"
               "end\n"
               "return 1\n");
}

static void forgive(const char *login, const char *address)
{
    char subject[TD_LOCKOUT_SUBJECT_TEXT];
    td_lockout_subject(login, subject);
    td_lockout_forgive(client, subject, address);
}

static void clear(const char *login, const char *address)
{
    char subject[TD_LOCKOUT_SUBJECT_TEXT];
    td_lockout_subject(login, subject);
    td_lockout_clear(client, subject, address);
}

static int setup(void **state)
{
    (void)state;
    td_log_set_level(TD_LOG_ERROR + 1);
    base = event_base_new();
    private_redis_start(&server);
    client = private_redis_client(&server, base);
    td_lockout_set(3, 1, 900);
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

static void each_failure_doubles_the_wait(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(take("wang", "10.0.0.1").result, 0);
    for (int seconds = 1, i = 2; i < 40; i++, seconds *= 2) {
        if (seconds > 900)
            seconds = 900;
        struct outcome tried = take("wang", "10.0.0.1"), held;
        assert_int_equal(tried.result, 0);
        assert_int_equal(tried.failures, i);
        held = take("wang", "10.0.0.1");
        assert_int_equal(held.result, TD_ETHROTTLED);
        assert_in_range(held.wait, seconds > 1 ? seconds / 2 : 1, seconds);
        pass_time("wang");
    }
    assert_int_equal(take("zhao", "10.0.0.1").result, 0); /* another login does not wait */
}

static void right_ends_it(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(take("li", "10.0.1.1").result, 0);
    clear("li", "10.0.1.1");
    struct outcome again = take("li", "10.0.1.1");
    assert_int_equal(again.result, 0);
    assert_int_equal(again.failures, 0);
}

static void half_a_login_does_not_count(void **state)
{
    (void)state;
    take("ma", "10.0.2.1");
    for (int i = 0; i < 10; i++) {
        assert_int_equal(take("ma", "10.0.2.1").failures, 1);
        forgive("ma", "10.0.2.1");
    }
    assert_int_equal(take("ma", "10.0.2.1").result, 0);
    assert_int_equal(take("ma", "10.0.2.1").failures, 2);
}

static void strangers_do_not_lock_out_who_is_known(void **state)
{
    (void)state;
    take("gu", "10.0.3.7");
    clear("gu", "10.0.3.7"); /* he works there */
    for (int i = 0; i < 3; i++)
        assert_int_equal(take("gu", "203.0.113.5").result, 0);
    assert_int_equal(take("gu", "203.0.113.5").result, TD_ETHROTTLED);
    assert_int_equal(take("gu", "198.51.100.9").result, TD_ETHROTTLED); /* nor by changing places */
    struct outcome home = take("gu", "10.0.3.200");                     /* the same /24 */
    assert_int_equal(home.result, 0);
    assert_int_equal(home.failures, 3); /* and he learns of them */
    for (int i = 0; i < 2; i++)
        assert_int_equal(take("gu", "10.0.3.7").result, 0);
    assert_int_equal(take("gu", "10.0.3.7").result, TD_ETHROTTLED);
}

static void many_at_once_are_not_free(void **state)
{
    (void)state;
    enum { AT_ONCE = 50 };
    struct outcome outcomes[AT_ONCE] = {0};
    char subject[TD_LOCKOUT_SUBJECT_TEXT];
    int allowed = 0;
    td_lockout_subject("sun", subject);
    for (int i = 0; i < AT_ONCE; i++)
        td_lockout_take(client, subject, "10.0.4.1", on_taken, &outcomes[i]);
    spin_until(base, &outcomes[AT_ONCE - 1].done);
    for (int i = 0; i < AT_ONCE; i++)
        allowed += outcomes[i].result == 0;
    assert_int_equal(allowed, 3);
}

static void is_unlocked(void **state)
{
    (void)state;
    char subject[TD_LOCKOUT_SUBJECT_TEXT];
    td_lockout_subject("he", subject);
    for (int i = 0; i < 4; i++)
        take("he", "10.0.5.1");
    assert_int_equal(take("he", "10.0.5.1").result, TD_ETHROTTLED);
    td_lockout_unlock(client, subject);
    struct outcome freed = take("he", "10.0.5.1");
    assert_int_equal(freed.result, 0);
    assert_int_equal(freed.failures, 3); /* still told to the person */
}

static void redis_learns_hashes_only(void **state)
{
    (void)state;
    take("secretlogin", "192.0.2.77");
    clear("secretlogin", "192.0.2.77");
    run("secretlogin", "for _, w in ipairs(redis.call('HGETALL', KEYS[1])) do\n"
                       "  if string.find(w .. KEYS[1], 'secretlogin') or\n"
                       "     string.find(w, '192.0.2', 1, true) then error('plain') end\n"
                       "end\n"
                       "assert(redis.call('PTTL', KEYS[1]) > 0)\n"
                       "return 1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failure_doubles_the_wait),
        cmocka_unit_test(right_ends_it),
        cmocka_unit_test(half_a_login_does_not_count),
        cmocka_unit_test(strangers_do_not_lock_out_who_is_known),
        cmocka_unit_test(many_at_once_are_not_free),
        cmocka_unit_test(is_unlocked),
        cmocka_unit_test(redis_learns_hashes_only),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
