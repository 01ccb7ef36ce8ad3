/* queue_test.c - two clerks never hold one record, and the order is the caller's. */
#include "private_redis.h"

#include "base/error.h"
#include "base/log.h"
#include "redis/queue.h"

static struct private_redis server;
static struct event_base *base;
static struct td_redis *client;
static struct td_queue *queue;

struct outcome {
    int done, result;
    char id[32], holder[32];
    json_t *holders;
};

static void on_done(void *arg, int result, const char *id, const char *holder)
{
    struct outcome *outcome = arg;
    outcome->done++;
    outcome->result = result;
    snprintf(outcome->id, sizeof(outcome->id), "%s", id ? id : "-");
    snprintf(outcome->holder, sizeof(outcome->holder), "%s", holder ? holder : "-");
}

static void on_holders(void *arg, int result, const json_t *holders)
{
    struct outcome *outcome = arg;
    outcome->done = 1;
    outcome->result = result;
    outcome->holders = json_deep_copy(holders);
}

static struct outcome take(struct td_queue *from, const char *account, const char *candidates)
{
    struct outcome outcome = {0};
    json_t *list = json_loads(candidates, 0, NULL);
    assert_int_equal(td_queue_take(from, account, list, on_done, &outcome), 0);
    json_decref(list); /* the caller's array need not outlive the call */
    spin_until(base, &outcome.done);
    return outcome;
}

static struct outcome lease(const char *account, const char *id)
{
    struct outcome outcome = {0};
    assert_int_equal(td_queue_lease(queue, account, id, on_done, &outcome), 0);
    spin_until(base, &outcome.done);
    return outcome;
}

static void release(const char *account, const char *id)
{
    struct outcome outcome = {0};
    assert_int_equal(td_queue_release(queue, account, id, on_done, &outcome), 0);
    spin_until(base, &outcome.done);
    assert_int_equal(outcome.result, 0);
}

static int setup(void **state)
{
    (void)state;
    td_log_set_level(TD_LOG_ERROR + 1);
    base = event_base_new();
    private_redis_start(&server);
    client = private_redis_client(&server, base);
    queue = td_queue_new(client, 600);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    td_queue_free(queue);
    td_redis_free(client);
    private_redis_stop(&server);
    event_base_free(base);
    return 0;
}

static void takes_in_order(void **state)
{
    (void)state;
    const char *candidates = "[\"a1\", \"a2\", \"a3\"]";
    assert_string_equal(take(queue, "ann", candidates).id, "a1");
    assert_string_equal(take(queue, "bob", candidates).id, "a2");
    assert_string_equal(take(queue, "ann", candidates).id, "a1"); /* goes on with what she has */
    assert_string_equal(take(queue, "cat", candidates).id, "a3");
    struct outcome none = take(queue, "dan", candidates);
    assert_int_equal(none.result, 0);
    assert_string_equal(none.id, "-");
    release("bob", "a2");
    assert_string_equal(take(queue, "dan", candidates).id, "a2");
    assert_string_equal(take(queue, "eve", "[]").id, "-");
}

static void leases_one(void **state)
{
    (void)state;
    assert_string_equal(lease("ann", "b1").holder, "-"); /* new */
    struct outcome renewed = lease("ann", "b1");
    assert_int_equal(renewed.result, 0);
    assert_string_equal(renewed.holder, "ann");
    struct outcome taken = lease("bob", "b1");
    assert_int_equal(taken.result, TD_ELEASED);
    assert_string_equal(taken.holder, "ann");
    release("bob", "b1"); /* not his to give back */
    assert_int_equal(lease("bob", "b1").result, TD_ELEASED);
    release("ann", "b1");
    assert_int_equal(lease("bob", "b1").result, 0);
}

static void never_gives_one_record_twice(void **state)
{
    (void)state;
    struct outcome outcomes[50] = {0};
    json_t *list = json_array();
    char name[16];
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof(name), "c%d", i);
        json_array_append_new(list, json_string(name));
    }
    for (int i = 0; i < 50; i++) { /* all on their way at once */
        snprintf(name, sizeof(name), "clerk%d", i);
        assert_int_equal(td_queue_take(queue, name, list, on_done, &outcomes[i]), 0);
    }
    json_decref(list);
    spin_until(base, &outcomes[49].done);
    json_t *seen = json_object();
    for (int i = 0; i < 40; i++) {
        assert_null(json_object_get(seen, outcomes[i].id));
        json_object_set_new(seen, outcomes[i].id, json_true());
    }
    for (int i = 40; i < 50; i++)
        assert_string_equal(outcomes[i].id, "-");
    json_decref(seen);
}

static void a_lease_runs_out(void **state)
{
    (void)state;
    struct td_queue *brief = td_queue_new(client, 1);
    assert_string_equal(take(brief, "ann", "[\"d1\"]").id, "d1");
    struct outcome other = take(brief, "bob", "[\"d1\"]");
    assert_string_equal(other.id, "-");
    int late = 0;
    struct event *timer = event_new(base, -1, 0, note_late, &late);
    event_add(timer, &(struct timeval){.tv_sec = 1, .tv_usec = 50000});
    spin_until(base, &late);
    event_free(timer);
    assert_string_equal(take(brief, "bob", "[\"d1\"]").id, "d1");
    td_queue_free(brief);
}

static void says_who_holds(void **state)
{
    (void)state;
    struct outcome outcome = {0};
    lease("ann", "e1");
    lease("bob", "e3");
    json_t *ids = json_pack("[s, s, s]", "e1", "e2", "e3");
    assert_int_equal(td_queue_holders(queue, ids, on_holders, &outcome), 0);
    json_decref(ids);
    spin_until(base, &outcome.done);
    assert_int_equal(json_object_size(outcome.holders), 2);
    assert_string_equal(json_string_value(json_object_get(outcome.holders, "e1")), "ann");
    assert_string_equal(json_string_value(json_object_get(outcome.holders, "e3")), "bob");
    json_decref(outcome.holders);
    outcome = (struct outcome){0};
    ids = json_array();
    assert_int_equal(td_queue_holders(queue, ids, on_holders, &outcome), 0);
    json_decref(ids);
    spin_until(base, &outcome.done);
    assert_int_equal(json_object_size(outcome.holders), 0);
    json_decref(outcome.holders);
}

static void looks_at_no_more_than_it_says(void **state)
{
    (void)state;
    json_t *list = json_array();
    char name[16];
    for (int i = 0; i < TD_QUEUE_CANDIDATES_MAX + 5; i++) {
        snprintf(name, sizeof(name), "f%d", i);
        json_array_append_new(list, json_string(name));
    }
    struct outcome outcome = {0};
    for (int i = 0; i < TD_QUEUE_CANDIDATES_MAX; i++) {
        snprintf(name, sizeof(name), "f%d", i);
        td_queue_lease(queue, "ann", name, on_done, &outcome);
    }
    while (outcome.done < TD_QUEUE_CANDIDATES_MAX)
        event_base_loop(base, EVLOOP_ONCE);
    outcome = (struct outcome){0};
    td_queue_take(queue, "bob", list, on_done, &outcome);
    json_decref(list);
    spin_until(base, &outcome.done);
    assert_string_equal(outcome.id, "-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_in_order),
        cmocka_unit_test(leases_one),
        cmocka_unit_test(never_gives_one_record_twice),
        cmocka_unit_test(a_lease_runs_out),
        cmocka_unit_test(says_who_holds),
        cmocka_unit_test(looks_at_no_more_than_it_says),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
