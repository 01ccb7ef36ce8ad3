/* session_test.c - what a session knows, when it ends, and what Redis may learn. */
#include "private_redis.h"

#include "base/error.h"
#include "base/log.h"
#include "redis/reply.h"
#include "redis/session.h"

static struct private_redis server;
static struct event_base *base;
static struct td_redis *client;
static struct td_sessions *sessions;

struct outcome {
    int done, result;
    struct td_session session;
    char token[TD_SESSION_TOKEN_TEXT];
    int64_t number;
    char text[256];
};

static void on_session(void *arg, int result, const struct td_session *session, const char *token)
{
    struct outcome *outcome = arg;
    outcome->done = 1;
    outcome->result = result;
    if (session)
        outcome->session = *session;
    snprintf(outcome->token, sizeof(outcome->token), "%s", token ? token : "");
}

static void on_ended(void *arg, int result, int64_t ended)
{
    struct outcome *outcome = arg;
    outcome->done = 1;
    outcome->result = result;
    outcome->number = ended;
}

static void on_reply(void *arg, int result, const struct redisReply *reply)
{
    struct outcome *outcome = arg;
    outcome->done = 1;
    outcome->result = result;
    outcome->number = td_reply_int(reply);
    snprintf(outcome->text, sizeof(outcome->text), "%s",
             td_reply_text(reply) ? td_reply_text(reply) : "");
}

static struct outcome start(const char *account)
{
    struct outcome outcome = {0};
    assert_int_equal(
        td_session_start(sessions, account, NULL, "10.1.2.3", "Browser", on_session, &outcome), 0);
    spin_until(base, &outcome.done);
    assert_int_equal(outcome.result, 0);
    return outcome;
}

static struct outcome find(const char *token)
{
    struct outcome outcome = {0};
    outcome.result =
        td_session_find(sessions, token, "2001:db8:1:2::9", "Browser", on_session, &outcome);
    if (outcome.result == 0)
        spin_until(base, &outcome.done);
    return outcome;
}

static int setup(void **state)
{
    (void)state;
    td_log_set_level(TD_LOG_ERROR + 1);
    base = event_base_new();
    private_redis_start(&server);
    client = private_redis_client(&server, base);
    sessions = td_sessions_new(client, 3600, 36000);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    td_sessions_free(sessions);
    td_redis_free(client);
    private_redis_stop(&server);
    event_base_free(base);
    return 0;
}

static void starts_and_finds(void **state)
{
    (void)state;
    struct outcome one = start("A1"), two = start("A1");
    assert_string_not_equal(one.token, two.token);
    assert_string_not_equal(one.session.csrf, two.session.csrf);
    assert_string_not_equal(one.token, one.session.csrf);
    struct outcome found = find(one.token);
    assert_int_equal(found.result, 0);
    assert_string_equal(found.session.id, one.session.id);
    assert_string_equal(found.session.account_id, "A1");
    assert_string_equal(found.session.csrf, one.session.csrf);
    assert_string_equal(found.session.address, "10.1.2.0/24"); /* where it was when last seen */
    assert_string_equal(find(one.token).session.address, "2001:db8:1::/48");
    assert_true(found.session.created_ms > 1600000000000);
    assert_string_equal(found.token, "");
}

static int64_t look(const char *token)
{
    struct outcome outcome = {0};
    assert_int_equal(td_session_look(sessions, token, "192.0.2.9", "other", on_session, &outcome),
                     0);
    spin_until(base, &outcome.done);
    assert_int_equal(outcome.result, 0);
    return outcome.session.seen_ms;
}

/* Looking is no use of a session, finding is. */
static void looks_without_using(void **state)
{
    (void)state;
    struct outcome one = start("looked at");
    int64_t seen = look(one.token);
    for (int i = 0; i < 100; i++)
        assert_int_equal(look(one.token), seen);
    assert_string_equal(find(one.token).session.address, one.session.address);
    while (look(one.token) == seen) /* within the same millisecond */
        assert_int_equal(find(one.token).result, 0);
}

static void refuses_what_is_no_token(void **state)
{
    (void)state;
    char wrong[TD_SESSION_TOKEN_TEXT];
    struct outcome one = start("A2");
    assert_int_equal(find(NULL).result, TD_ELOGIN);
    assert_int_equal(find("").result, TD_ELOGIN);
    assert_int_equal(find("x").result, TD_ELOGIN);
    assert_int_equal(find("AAAAAAAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAA").result, TD_ELOGIN);
    assert_int_equal(find(one.session.id).result, TD_ELOGIN); /* the id is no key */
    snprintf(wrong, sizeof(wrong), "%s", one.token);
    wrong[0] = wrong[0] == 'A' ? 'B' : 'A';
    assert_int_equal(find(wrong).result, TD_ELOGIN);
}

static void keeps_the_token_out_of_redis(void **state)
{
    (void)state;
    struct outcome one = start("A3"), probe = {0};
    char key[128];
    snprintf(key, sizeof(key), "titled:session:%s", one.token);
    td_redis_command(client, on_reply, &probe, (const char *[]){"EXISTS", key, NULL});
    spin_until(base, &probe.done);
    assert_int_equal(probe.number, 0);
    snprintf(key, sizeof(key), "titled:session:%s", one.session.id);
    probe = (struct outcome){0};
    td_redis_eval(client, on_reply, &probe,
                  "return table.concat(redis.call('HMGET', KEYS[1], 'account', 'csrf', 'address', "
                  "'agent', 'seen'), ' ')",
                  1, (const char *[]){key, NULL});
    spin_until(base, &probe.done);
    assert_int_equal(probe.result, 0);
    assert_non_null(strstr(probe.text, "A3"));
    assert_null(strstr(probe.text, one.token));
    assert_null(strstr(probe.text, "Browser"));
    assert_null(strstr(probe.text, "10.1.2.3"));
}

static int64_t left_ms(const char *id)
{
    struct outcome probe = {0};
    char key[128];
    snprintf(key, sizeof(key), "titled:session:%s", id);
    td_redis_command(client, on_reply, &probe, (const char *[]){"PTTL", key, NULL});
    spin_until(base, &probe.done);
    return probe.number;
}

/* Makes a session look `ms` older than it is. */
static void age(const char *id, const char *ms)
{
    struct outcome probe = {0};
    char key[128];
    snprintf(key, sizeof(key), "titled:session:%s", id);
    td_redis_eval(client, on_reply, &probe,
                  "redis.call('HSET', KEYS[1], 'ends', string.format('%.0f', "
                  "redis.call('HMGET', KEYS[1], 'ends')[1] - ARGV[1]))\n"
                  "redis.call('PEXPIRE', KEYS[1], 60000)\nreturn 1",
                  1, (const char *[]){key, ms, NULL});
    spin_until(base, &probe.done);
    assert_int_equal(probe.result, 0);
}

static void ends_by_itself(void **state)
{
    (void)state;
    struct outcome one = start("A4");
    assert_in_range(left_ms(one.session.id), 3590000, 3600000);
    age(one.session.id, "35000000"); /* 1000 s of 36000 are left, and 60 s of idling */
    assert_int_equal(find(one.token).result, 0);
    assert_in_range(left_ms(one.session.id), 990000, 1000000); /* not the whole idle time again */
    age(one.session.id, "1000000");
    assert_int_equal(find(one.token).result, TD_ELOGIN);
    assert_int_equal(left_ms(one.session.id), -2);
}

static void ends_one_of_its_own(void **state)
{
    (void)state;
    struct outcome mine = start("A5"), theirs = start("A6"), end = {0};
    td_session_end(sessions, "A5", theirs.session.id, on_ended, &end);
    spin_until(base, &end.done);
    assert_int_equal(end.number, 0);
    assert_int_equal(find(theirs.token).result, 0);
    end = (struct outcome){0};
    td_session_end(sessions, "A5", mine.session.id, on_ended, &end);
    spin_until(base, &end.done);
    assert_int_equal(end.number, 1);
    assert_int_equal(find(mine.token).result, TD_ELOGIN);
}

static void ends_all_but_one(void **state)
{
    (void)state;
    struct outcome a = start("A7"), b = start("A7"), c = start("A7"), other = start("A8"),
                   end = {0};
    td_session_end_account(sessions, "A7", b.session.id, on_ended, &end);
    spin_until(base, &end.done);
    assert_int_equal(end.number, 2);
    assert_int_equal(find(a.token).result, TD_ELOGIN);
    assert_int_equal(find(b.token).result, 0);
    assert_int_equal(find(c.token).result, TD_ELOGIN);
    assert_int_equal(find(other.token).result, 0);
    end = (struct outcome){0};
    td_session_end_account(sessions, "A7", NULL, on_ended, &end);
    spin_until(base, &end.done);
    assert_int_equal(end.number, 1);
    assert_int_equal(find(b.token).result, TD_ELOGIN);
}

struct listed {
    int done, result;
    json_t *items;
};

static void on_listed(void *arg, int result, const struct td_session *list, size_t count)
{
    struct listed *listed = arg;
    listed->done = 1;
    listed->result = result;
    listed->items = td_session_list_json(list, count, count ? list[0].id : NULL);
}

static void lists_the_live_ones(void **state)
{
    (void)state;
    struct outcome one = start("A9"), two = start("A9"), gone = start("A9"), end = {0};
    struct listed listed = {0};
    char key[128];
    snprintf(key, sizeof(key), "titled:session:%s", gone.session.id);
    td_redis_command(client, on_reply, &end,
                     (const char *[]){"DEL", key, NULL}); /* as if it had expired */
    td_session_list(sessions, "A9", on_listed, &listed);
    spin_until(base, &listed.done);
    assert_int_equal(listed.result, 0);
    assert_int_equal(json_array_size(listed.items), 2);
    json_t *first = json_array_get(listed.items, 0);
    assert_true(json_is_true(json_object_get(first, "current")));
    assert_true(json_is_false(json_object_get(json_array_get(listed.items, 1), "current")));
    const char *id = json_string_value(json_object_get(first, "id"));
    assert_true(!strcmp(id, one.session.id) || !strcmp(id, two.session.id));
    char *text = json_dumps(listed.items, 0);
    assert_null(strstr(text, one.session.csrf)); /* nothing secret is listed */
    free(text);
    json_decref(listed.items);
}

static void ends_the_oldest_of_too_many(void **state)
{
    (void)state;
    struct outcome first = start("B2"), second = start("B2"), last = second;
    for (int i = 2; i <= TD_SESSION_MOST; i++)
        last = start("B2");
    assert_int_equal(find(first.token).result, TD_ELOGIN);
    assert_int_equal(find(second.token).result, 0);
    assert_int_equal(find(last.token).result, 0);
    struct listed listed = {0};
    td_session_list(sessions, "B2", on_listed, &listed);
    spin_until(base, &listed.done);
    assert_int_equal(json_array_size(listed.items), TD_SESSION_MOST);
    json_decref(listed.items);
}

static void a_pending_one_is_short_and_in_no_list(void **state)
{
    (void)state;
    struct outcome half = {0}, found, end = {0};
    struct listed listed = {0};
    td_session_start(sessions, "B3", "subject", "10.1.2.3", "Browser", on_session, &half);
    spin_until(base, &half.done);
    assert_true(half.session.pending);
    found = find(half.token);
    assert_int_equal(found.result, 0);
    assert_true(found.session.pending);
    assert_string_equal(found.session.subject, "subject");
    assert_in_range(left_ms(half.session.id), 1, TD_SESSION_PENDING_SECONDS * 1000);
    assert_false(find(start("B3").token).session.pending);
    td_session_list(sessions, "B3", on_listed, &listed);
    spin_until(base, &listed.done);
    assert_int_equal(json_array_size(listed.items), 1);
    json_decref(listed.items);
    td_session_end_account(sessions, "B3", NULL, on_ended, &end);
    spin_until(base, &end.done);
    assert_int_equal(end.number, 2); /* a new password ends it like all others */
    assert_int_equal(find(half.token).result, TD_ELOGIN);
}

static void set_ago(const char *id, const char *name)
{
    struct outcome outcome = {0};
    char key[128];
    snprintf(key, sizeof(key), "titled:session:%s", id);
    td_redis_command(client, on_reply, &outcome, (const char *[]){"HSET", key, name, "1000", NULL});
    spin_until(base, &outcome.done);
}

static void prove(const char *id, bool use, int64_t count)
{
    struct outcome outcome = {0};
    td_session_prove(sessions, id, use, on_ended, &outcome);
    spin_until(base, &outcome.done);
    assert_int_equal(outcome.number, count);
}

static void knows_when_it_was_proven(void **state)
{
    (void)state;
    struct outcome one = start("B4");
    assert_in_range(find(one.token).session.proven_ago_ms, 0, 60000);
    set_ago(one.session.id, "proven");
    set_ago(one.session.id, "used");
    assert_true(find(one.token).session.proven_ago_ms > 1600000000000);
    assert_true(find(one.token).session.used_ago_ms > 1600000000000);
    prove(one.session.id, true, 1);
    assert_true(find(one.token).session.proven_ago_ms > 1600000000000);
    assert_in_range(find(one.token).session.used_ago_ms, 0, 60000);
    prove(one.session.id, false, 1);
    assert_in_range(find(one.token).session.proven_ago_ms, 0, 60000);
    prove("gone", false, 0); /* and nothing is made of it */
    assert_int_equal(left_ms("gone"), -2);
}

static void checks_csrf(void **state)
{
    (void)state;
    struct td_session session = {.csrf = "abc"}, empty = {.csrf = ""};
    assert_int_equal(td_session_check_csrf(&session, "abc"), 0);
    assert_int_equal(td_session_check_csrf(&session, "abd"), TD_EFORBIDDEN);
    assert_int_equal(td_session_check_csrf(&session, "ab"), TD_EFORBIDDEN);
    assert_int_equal(td_session_check_csrf(&session, "abcd"), TD_EFORBIDDEN);
    assert_int_equal(td_session_check_csrf(&session, ""), TD_EFORBIDDEN);
    assert_int_equal(td_session_check_csrf(&session, NULL), TD_EFORBIDDEN);
    assert_int_equal(td_session_check_csrf(&empty, ""), TD_EFORBIDDEN);
}

static void says_when_redis_is_away(void **state)
{
    (void)state;
    struct outcome one = start("B1"), open = {0};
    td_session_find(sessions, one.token, "", NULL, on_session, &open);
    private_redis_kill(&server);
    spin_until(base, &open.done);
    if (open.result) /* it may have answered before it died */
        assert_int_equal(open.result, TD_EREDIS);
    while (td_redis_available(client))
        event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(td_session_find(sessions, one.token, "", NULL, on_session, &open), TD_EREDIS);
    assert_int_equal(td_session_start(sessions, "B1", NULL, "", NULL, on_session, &open),
                     TD_EREDIS);
    private_redis_launch(&server);
    while (!td_redis_available(client))
        event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(find(one.token).result, TD_ELOGIN); /* log in again, at worst */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_and_finds),
        cmocka_unit_test(looks_without_using),
        cmocka_unit_test(refuses_what_is_no_token),
        cmocka_unit_test(keeps_the_token_out_of_redis),
        cmocka_unit_test(ends_by_itself),
        cmocka_unit_test(ends_one_of_its_own),
        cmocka_unit_test(ends_all_but_one),
        cmocka_unit_test(lists_the_live_ones),
        cmocka_unit_test(a_pending_one_is_short_and_in_no_list),
        cmocka_unit_test(knows_when_it_was_proven),
        cmocka_unit_test(checks_csrf),
        cmocka_unit_test(ends_the_oldest_of_too_many),
        cmocka_unit_test(says_when_redis_is_away),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
