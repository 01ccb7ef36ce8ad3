/* live_test.c - who hears what, on two nodes, with subscriptions that end while they hear, and
 * after a gap. */
#include "private_redis.h"

#include "../../../core/redis/live.c" /* to know when a node listens */

static struct private_redis server;
static struct event_base *base;
static struct td_redis *client;

struct ear {
    int count;
    char event[32];
    struct td_live_subscription *ends; /* unsubscribed when this one hears */
};

static void hear(void *arg, const json_t *message, const char *id)
{
    (void)id;
    struct ear *ear = arg;
    ear->count++;
    snprintf(ear->event, sizeof(ear->event), "%s",
             json_string_value(json_object_get(message, "event")));
    td_live_unsubscribe(ear->ends);
    ear->ends = NULL;
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

static struct td_live *node(void)
{
    struct td_redis_options options = private_redis_options(&server, base);
    struct td_live *live = td_live_new(client, &options);
    assert_non_null(live);
    while (!td_redis_available(live->listener))
        event_base_loop(base, EVLOOP_ONCE);
    return live;
}

static void publish(struct td_live *live, const char *topic, const char *event)
{
    json_t *message = json_pack("{s:s, s:s}", "topic", topic, "event", event);
    assert_int_equal(td_live_publish(live, message), 0);
    json_decref(message);
}

static void reaches_all_nodes(void **state)
{
    (void)state;
    struct td_live *here = node(), *there = node();
    struct ear one = {0}, two = {0}, other = {0};
    struct td_live_subscription *a = td_live_subscribe(here, "application/1", hear, &one);
    struct td_live_subscription *b = td_live_subscribe(there, "application/1", hear, &two);
    struct td_live_subscription *c = td_live_subscribe(there, "application/2", hear, &other);
    publish(here, "application/1", "changed");
    spin_until(base, &one.count);
    spin_until(base, &two.count);
    assert_string_equal(one.event, "changed");
    assert_string_equal(two.event, "changed");
    publish(here, "application/2", "scored");
    spin_until(base, &other.count);
    assert_string_equal(other.event, "scored");
    assert_int_equal(one.count, 1);
    assert_int_equal(two.count, 1);
    td_live_unsubscribe(a);
    td_live_unsubscribe(b);
    td_live_unsubscribe(c);
    td_live_free(here);
    td_live_free(there);
}

static void may_end_while_it_hears(void **state)
{
    (void)state;
    struct td_live *live = node();
    struct ear ears[3] = {0};
    struct td_live_subscription *subscriptions[3];
    for (int i = 0; i < 3; i++)
        subscriptions[i] = td_live_subscribe(live, "t", hear, &ears[i]);
    ears[0].ends = subscriptions[1]; /* whichever is first ends the other: one of them hears */
    ears[1].ends = subscriptions[0];
    ears[2].ends = subscriptions[2]; /* itself */
    publish(live, "t", "x");
    spin_until(base, &ears[2].count);
    assert_int_equal(ears[2].count, 1);
    assert_int_equal(ears[0].count + ears[1].count, 1);
    td_live_free(live); /* forgets the last one */
}

static void asks_to_look_again_after_a_gap(void **state)
{
    (void)state;
    struct td_live *live = node();
    struct ear ear = {0};
    struct td_live_subscription *subscription = td_live_subscribe(live, "t", hear, &ear);
    publish(live, "t", "x");
    spin_until(base, &ear.count);
    private_redis_kill(&server);
    while (td_redis_available(client))
        event_base_loop(base, EVLOOP_ONCE);
    json_t *message = json_pack("{s:s}", "topic", "t");
    assert_int_equal(td_live_publish(live, message), TD_EREDIS);
    json_decref(message);
    while (!live->gap)
        event_base_loop(base, EVLOOP_ONCE);
    ear.count = 0;
    private_redis_launch(&server);
    spin_until(base, &ear.count);
    assert_string_equal(ear.event, "resync");
    while (!td_redis_available(client))
        event_base_loop(base, EVLOOP_ONCE);
    td_live_unsubscribe(subscription);
    td_live_free(live);
}

static void note(void *arg, const json_t *message, const char *id)
{
    char *texts = arg;
    strcat(strcat(texts, json_string_value(json_object_get(message, "event"))), id ? "+ " : "- ");
}

/* What one node heard is known on another one under the same id, as long as nothing was missed. */
static void knows_what_was_missed_on_any_node(void **state)
{
    (void)state;
    struct td_live *here = node(), *there = node();
    char first[TD_LIVE_ID_TEXT], last[TD_LIVE_ID_TEXT], same[TD_LIVE_ID_TEXT], texts[64] = "";
    struct ear ear = {0}, elsewhere = {0};
    struct td_live_subscription *a = td_live_subscribe(here, "c", hear, &ear);
    struct td_live_subscription *b = td_live_subscribe(there, "c", hear, &elsewhere);
    publish(here, "a", "one");
    publish(here, "c", "x");
    spin_until(base, &ear.count);
    spin_until(base, &elsewhere.count);
    assert_true(td_live_position(here, first));
    assert_true(td_live_position(there, same));
    assert_string_not_equal(first, same); /* nobody can tell that nothing happened between them */
    ear.count = elsewhere.count = 0;
    publish(here, "a", "two");
    publish(there, "b", "other");
    publish(there, "a", "three");
    publish(there, "c", "x");
    spin_until(base, &ear.count);
    spin_until(base, &elsewhere.count);
    assert_true(td_live_replay(there, first, "a", note, texts));
    assert_true(td_live_replay(here, same, "a", note, texts));
    assert_string_equal(texts, "two+ three+ two+ three+ ");
    assert_true(td_live_position(there, last));
    texts[0] = 0;
    assert_true(td_live_replay(there, last, "a", note, texts));
    assert_string_equal(texts, "");
    char place[64]; /* as Redis has it */
    snprintf(place, sizeof(place), "%s-%lld", there->run, (long long)there->last);
    char changed[TD_LIVE_ID_TEXT];
    snprintf(changed, sizeof(changed), "%.*s%c", TD_LIVE_ID_TEXT - 2, last,
             last[TD_LIVE_ID_TEXT - 2] == '0' ? '1' : '0');
    const char *const strange[] = {"", "x", "-", place, changed};
    for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++)
        assert_false(td_live_replay(there, strange[i], "a", note, texts));
    there->last--; /* as if a message had not come */
    elsewhere.count = 0;
    publish(here, "c", "x");
    spin_until(base, &elsewhere.count);
    assert_string_equal(elsewhere.event, "resync");
    assert_false(td_live_replay(there, first, "a", note, texts));
    td_live_unsubscribe(a);
    td_live_unsubscribe(b);
    td_live_free(here);
    td_live_free(there);
}

static void refuses_what_is_no_topic(void **state)
{
    (void)state;
    struct td_live *live = node();
    char longest[TD_LIVE_TOPIC_MAX + 2];
    memset(longest, 'x', sizeof(longest));
    longest[sizeof(longest) - 1] = 0;
    assert_null(td_live_subscribe(live, "", hear, NULL));
    assert_null(td_live_subscribe(live, longest, hear, NULL));
    json_t *message = json_object();
    assert_int_equal(td_live_publish(live, message), TD_EINVALID);
    json_decref(message);
    td_live_free(live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reaches_all_nodes),
        cmocka_unit_test(knows_what_was_missed_on_any_node),
        cmocka_unit_test(may_end_while_it_hears),
        cmocka_unit_test(asks_to_look_again_after_a_gap),
        cmocka_unit_test(refuses_what_is_no_topic),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
