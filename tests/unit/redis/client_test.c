/* client_test.c - deadlines, reconnection, refusals, rights, and what a subscriber hears. */
#include "private_redis.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "redis/reply.h"

struct answer {
    int done, result, type;
    char text[64];
};

static struct private_redis server;
static struct event_base *base;

static void keep(void *arg, int result, const struct redisReply *reply)
{
    struct answer *answer = arg;
    answer->done++;
    answer->result = result;
    answer->type = reply ? reply->type : 0;
    snprintf(answer->text, sizeof(answer->text), "%s",
             td_reply_text(reply) ? td_reply_text(reply) : "");
}

static int setup(void **state)
{
    (void)state;
    td_log_set_level(TD_LOG_ERROR + 1);
    base = event_base_new();
    private_redis_start(&server);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    private_redis_stop(&server);
    event_base_free(base);
    return 0;
}

static void answers_commands(void **state)
{
    (void)state;
    struct td_redis *client = private_redis_client(&server, base);
    struct answer set = {0}, get = {0};
    assert_int_equal(
        td_redis_command(client, keep, &set, (const char *[]){"SET", "titled:x", "a b\r\nc", NULL}),
        0);
    assert_int_equal(set.done, 0); /* never from inside */
    td_redis_command(client, keep, &get, (const char *[]){"GET", "titled:x", NULL});
    spin_until(base, &get.done);
    assert_int_equal(set.result, 0);
    assert_string_equal(get.text, "a b\r\nc");
    td_redis_free(client);
}

static void keeps_to_its_rights(void **state)
{
    (void)state;
    struct td_redis *client = private_redis_client(&server, base);
    struct answer key = {0}, command = {0}, script = {0};
    td_redis_command(client, keep, &key, (const char *[]){"GET", "other", NULL});
    td_redis_command(client, keep, &command, (const char *[]){"FLUSHALL", NULL});
    td_redis_eval(client, keep, &script, "return redis.call('KEYS', '*')", 0,
                  (const char *[]){NULL});
    spin_until(base, &script.done);
    assert_int_equal(key.result, TD_EREDIS);
    assert_int_equal(command.result, TD_EREDIS);
    assert_int_equal(script.result, TD_EREDIS);
    assert_true(td_redis_available(client)); /* a refusal is not an outage */
    td_redis_free(client);
}

static void refuses_a_wrong_password(void **state)
{
    (void)state;
    struct td_redis_options options = private_redis_options(&server, base);
    int changed = 0;
    struct answer answer = {0};
    struct td_redis *good = private_redis_client(&server, base);
    options.password = "wrong";
    struct td_redis *client = td_redis_new(&options);
    td_redis_watch(client, note_change, &changed);
    for (int i = 0; i < 20;
         i++) { /* as many round trips of another client: time enough to be let in */
        answer.done = 0;
        td_redis_command(good, keep, &answer, (const char *[]){"PING", NULL});
        spin_until(base, &answer.done);
    }
    assert_int_equal(changed, 0);
    assert_int_equal(td_redis_command(client, keep, &answer, (const char *[]){"PING", NULL}),
                     TD_EREDIS);
    td_redis_free(client);
    td_redis_free(good);
}

static void survives_a_killed_redis(void **state)
{
    (void)state;
    struct td_redis *client = private_redis_client(&server, base);
    int changed = 0;
    struct answer open = {0};
    td_redis_watch(client, note_change, &changed);
    kill(server.pid, SIGSTOP); /* it will not answer */
    assert_int_equal(td_redis_command(client, keep, &open, (const char *[]){"PING", NULL}), 0);
    private_redis_kill(&server);
    spin_until(base, &changed);
    assert_int_equal(changed, -1);
    assert_int_equal(open.done, 1);
    assert_int_equal(open.result, TD_EREDIS);
    assert_int_equal(td_redis_command(client, keep, &open, (const char *[]){"PING", NULL}),
                     TD_EREDIS);
    assert_int_equal(open.done, 1);
    changed = 0;
    private_redis_launch(&server);
    spin_until(base, &changed);
    assert_int_equal(changed, 1);
    open.done = 0;
    assert_int_equal(td_redis_command(client, keep, &open, (const char *[]){"PING", NULL}), 0);
    spin_until(base, &open.done);
    assert_int_equal(open.result, 0);
    td_redis_free(client);
}

static void drops_a_silent_redis(void **state)
{
    (void)state;
    struct td_redis_options options = private_redis_options(&server, base);
    int changed = 0;
    struct answer first = {0}, second = {0};
    options.command_ms = 100;
    struct td_redis *client = td_redis_new(&options);
    td_redis_watch(client, note_change, &changed);
    spin_until(base, &changed);
    kill(server.pid, SIGSTOP);
    int64_t since = td_clock_mono_ms();
    td_redis_command(client, keep, &first, (const char *[]){"PING", NULL});
    td_redis_command(client, keep, &second, (const char *[]){"PING", NULL});
    spin_until(base, &second.done);
    assert_int_equal(first.result, TD_EREDIS);
    assert_int_equal(second.result, TD_EREDIS);
    assert_true(td_clock_mono_ms() - since >= 100);
    assert_false(td_redis_available(client));
    changed = 0;
    kill(server.pid, SIGCONT);
    spin_until(base, &changed);
    assert_int_equal(changed, 1);
    td_redis_free(client);
}

static void answers_open_commands_when_freed(void **state)
{
    (void)state;
    struct td_redis *client = private_redis_client(&server, base);
    struct answer open = {0};
    td_redis_command(client, keep, &open, (const char *[]){"PING", NULL});
    td_redis_free(client);
    assert_int_equal(open.done, 1);
    assert_int_equal(open.result, TD_EREDIS);
}

struct chain {
    struct td_redis *client;
    int refused, done;
};

static void send_again(void *arg, int result, const struct redisReply *reply)
{
    struct chain *chain = arg;
    (void)reply;
    chain->done = 1;
    if (result < 0)
        chain->refused = td_redis_command(chain->client, NULL, NULL,
                                          (const char *[]){"PING", NULL}) == TD_EREDIS;
}

static void refuses_sends_from_a_dying_connection(void **state)
{
    (void)state;
    struct td_redis *client = private_redis_client(&server, base);
    struct chain chain = {.client = client};
    kill(server.pid, SIGSTOP);
    td_redis_command(client, send_again, &chain, (const char *[]){"PING", NULL});
    private_redis_kill(&server);
    spin_until(base, &chain.done);
    assert_true(chain.refused);
    private_redis_launch(&server);
    td_redis_free(client);
}

static void bounds_open_commands(void **state)
{
    (void)state;
    struct td_redis *client = private_redis_client(&server, base);
    struct answer last = {0};
    for (int i = 0; i < TD_REDIS_IN_FLIGHT_MAX; i++)
        assert_int_equal(td_redis_command(client, keep, &last, (const char *[]){"PING", NULL}), 0);
    assert_int_equal(td_redis_command(client, keep, &last, (const char *[]){"PING", NULL}),
                     TD_EBUSY);
    while (last.done < TD_REDIS_IN_FLIGHT_MAX)
        event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(last.result, 0);
    td_redis_free(client);
}

struct heard {
    int count;
    char text[32];
};

static void hear(void *arg, const char *text, size_t length)
{
    struct heard *heard = arg;
    heard->count++;
    snprintf(heard->text, sizeof(heard->text), "%.*s", (int)length, text);
}

static void hears_again_after_a_restart(void **state)
{
    (void)state;
    struct td_redis_options options = private_redis_options(&server, base);
    struct heard heard = {0};
    int changed = 0;
    struct td_redis *listener = td_redis_new(&options);
    assert_int_equal(td_redis_listen(listener, "titled:test", hear, &heard), 0);
    td_redis_watch(listener, note_change, &changed);
    spin_until(base, &changed);
    struct td_redis *client = private_redis_client(&server, base);
    td_redis_command(client, NULL, NULL, (const char *[]){"PUBLISH", "titled:test", "one", NULL});
    spin_until(base, &heard.count);
    assert_string_equal(heard.text, "one");
    td_redis_free(client);
    private_redis_kill(&server);
    changed = 0;
    spin_until(base, &changed);
    changed = heard.count = 0;
    private_redis_launch(&server);
    spin_until(base, &changed);
    client = private_redis_client(&server, base);
    td_redis_command(client, NULL, NULL, (const char *[]){"PUBLISH", "titled:test", "two", NULL});
    spin_until(base, &heard.count);
    assert_string_equal(heard.text, "two");
    td_redis_free(client);
    td_redis_free(listener);
}

static void may_not_hear_other_channels(void **state)
{
    (void)state;
    struct td_redis_options options = private_redis_options(&server, base);
    struct heard heard = {0};
    struct answer answer = {0};
    int changed = 0;
    struct td_redis *listener = td_redis_new(&options);
    td_redis_listen(listener, "elsewhere", hear, &heard);
    td_redis_watch(listener, note_change, &changed);
    struct td_redis *client = private_redis_client(&server, base);
    for (int i = 0; i < 20; i++) {
        answer.done = 0;
        td_redis_command(client, keep, &answer, (const char *[]){"PING", NULL});
        spin_until(base, &answer.done);
    }
    assert_int_equal(changed, 0);
    td_redis_free(client);
    td_redis_free(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_commands),
        cmocka_unit_test(keeps_to_its_rights),
        cmocka_unit_test(refuses_a_wrong_password),
        cmocka_unit_test(survives_a_killed_redis),
        cmocka_unit_test(drops_a_silent_redis),
        cmocka_unit_test(answers_open_commands_when_freed),
        cmocka_unit_test(refuses_sends_from_a_dying_connection),
        cmocka_unit_test(bounds_open_commands),
        cmocka_unit_test(hears_again_after_a_restart),
        cmocka_unit_test(may_not_hear_other_channels),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
