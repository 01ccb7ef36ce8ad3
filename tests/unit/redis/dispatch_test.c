/* dispatch_test.c - every outbox row is done, once in effect: with failing jobs, a killed and a
 * wiped Redis, a new dispatcher on old rows. A real store and a real Redis; the scorer is played by
 * this file. */
#include "private_redis.h"

#include "../../../core/dispatch.c"
#include "../../../core/http/mailbox.c"
#include "../../../core/lane.c"
#include "../../../core/review/review.c"

/* dispatch_kinds.c would bring the field with it. */
const struct td_dispatch_kind td_dispatch_kinds[] = {{0}};

/* --- the scorer ------------------------------------------------------------------------------- */

struct order {
    td_pool_done_fn done;
    void *arg;
    json_t *job;
};

static struct order held[64];
static int held_count, submitted;
static bool holding; /* keep orders until let_go */

static void answer(evutil_socket_t fd, short events, void *arg)
{
    struct order *order = arg;
    (void)fd, (void)events;
    json_t *sum = json_pack("{s:O}", "echo", json_object_get(order->job, "value"));
    order->done(order->arg, 0, sum, NULL);
    json_decref(sum);
    json_decref(order->job);
    free(order);
}

static struct event_base *base;

static void answer_soon(struct order order)
{
    struct order *copy = malloc(sizeof(*copy));
    *copy = order;
    event_base_once(base, -1, EV_TIMEOUT, answer, copy, &(struct timeval){0});
}

void td_pool_submit(struct td_pool *pool, const json_t *job, td_pool_done_fn done, void *arg)
{
    (void)pool;
    struct order order = {done, arg, json_deep_copy(job)};
    submitted++;
    if (holding)
        held[held_count++] = order;
    else
        answer_soon(order);
}

static void let_go(void)
{
    holding = false;
    while (held_count)
        answer_soon(held[--held_count]);
}

json_t *td_pool_catalog(struct td_pool *pool)
{
    (void)pool;
    return json_object();
}

/* --- kinds ------------------------------------------------------------------------------------ */

static int echo_read(struct td_review *review, const json_t *payload, json_t **ret_job,
                     struct td_error *reterr)
{
    (void)reterr;
    assert_null(review->who);
    if (json_object_get(payload, "nothing"))
        return 0;
    *ret_job = json_pack("{s:O}", "value", json_object_get(payload, "value"));
    return 0;
}

/* Adds to a row of `setting`, so that running twice in effect would show. */
static int echo_write(struct td_review *review, const json_t *payload, const json_t *job,
                      const json_t *result, struct td_error *reterr)
{
    char text[32];
    int64_t value = json_integer_value(json_object_get(result, "echo"));
    (void)payload, (void)reterr;
    assert_non_null(json_object_get(job, "value"));
    snprintf(text, sizeof(text), "value.%lld", (long long)value);
    return td_tx_exec(review->tx, NULL, "insert into setting (name, value) values ($1, '1')", "s",
                      text);
}

static int broken_write(struct td_review *review, const json_t *payload, const json_t *job,
                        const json_t *result, struct td_error *reterr)
{
    (void)payload, (void)job, (void)result;
    int done = td_tx_exec(review->tx, NULL,
                          "insert into setting (name, value) values ('broken', '1')", "");
    assert_int_equal(done, 0);
    return td_error_set(reterr, TD_ECONFLICT, "this never works");
}

static const struct td_dispatch_kind kinds[] = {
    {"echo", echo_read, TD_DISPATCH_SCORER, echo_write, NULL},
    {"broken", NULL, TD_DISPATCH_NONE, broken_write, NULL},
    {"session", NULL, TD_DISPATCH_SESSIONS, NULL, NULL},
    {0},
};

/* --- a server around it ----------------------------------------------------------------------- */

static struct private_redis server;
static struct td_redis *commands;
static struct td_live *live;
static struct td_sessions *sessions;
static struct td_store *store;
static struct td_dispatch *dispatch;
static char folder[64];

static void open_dispatch(void)
{
    struct td_redis_options redis = private_redis_options(&server, base);
    struct td_error error = TD_ERROR_INIT;
    struct td_dispatch_options options = {.base = base,
                                          .store = store,
                                          .pool = (struct td_pool *)&server,
                                          .commands = commands,
                                          .redis = &redis,
                                          .live = live,
                                          .sessions = sessions,
                                          .node = "test",
                                          .kinds = kinds,
                                          .sweep_ms = 300,
                                          .retry_ms = 1};
    assert_int_equal(td_dispatch_new(&options, &dispatch, &error), 0);
}

static void open_store(void)
{
    struct td_error error = TD_ERROR_INIT;
    struct td_store_options options = {.folder = folder, .readers = 2};
    assert_int_equal(td_store_open(&options, &store, &error), 0);
}

static int setup(void **state)
{
    (void)state;
    td_log_set_level(TD_LOG_ERROR + 1);
    base = event_base_new();
    private_redis_start(&server);
    snprintf(folder, sizeof(folder), "/tmp/titled-store-XXXXXX");
    assert_non_null(mkdtemp(folder));
    open_store();
    commands = private_redis_client(&server, base);
    struct td_redis_options options = private_redis_options(&server, base);
    live = td_live_new(commands, &options);
    sessions = td_sessions_new(commands, 600, 6000);
    open_dispatch();
    return 0;
}

static int teardown(void **state)
{
    char command[96];
    (void)state;
    td_store_close(store);
    td_dispatch_free(dispatch);
    td_live_free(live);
    td_sessions_free(sessions);
    td_redis_free(commands);
    event_base_free(base);
    private_redis_stop(&server);
    snprintf(command, sizeof(command), "rm -r '%s'", folder);
    return system(command);
}

struct rows {
    const char *kind;
    int first, count;
    json_t *payload; /* instead of {"value": n} */
};

static int put_rows(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct rows *rows = arg;
    (void)reterr;
    int result = 0;
    for (int i = 0; i < rows->count && result == 0; i++) {
        json_t *payload = rows->payload ? json_incref(rows->payload)
                                        : json_pack("{s:i}", "value", rows->first + i);
        result = td_tx_outbox(tx, rows->kind, payload);
        json_decref(payload);
    }
    return result;
}

static void put(const char *kind, int first, int count, json_t *payload)
{
    struct rows rows = {kind, first, count, payload};
    struct td_error error = TD_ERROR_INIT;
    assert_int_equal(td_store_write_wait(store, put_rows, &rows, &error), 0);
    json_decref(payload);
}

struct question {
    const char *sql;
    int64_t number;
};

static int ask(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct question *question = arg;
    (void)reterr;
    return td_tx_int(tx, &question->number, question->sql, "");
}

static int64_t number_of(const char *sql)
{
    struct question question = {sql, -1};
    struct td_error error = TD_ERROR_INIT;
    assert_int_equal(td_store_read_wait(store, ask, &question, &error), 0);
    return question.number;
}

/* Runs the loop until the query answers `wanted`; the sweep keeps the loop turning. */
static void spin_until_number(const char *sql, int64_t wanted)
{
    int64_t limit = td_clock_mono_ms() + 20000;
    while (number_of(sql) != wanted) {
        assert_true(td_clock_mono_ms() < limit);
        event_base_loop(base, EVLOOP_ONCE);
    }
}

#define OPEN   "select count(*) from outbox where done_at is null"
#define VALUES "select count(*) from setting where name like 'value.%'"

static void does_every_row_once(void **state)
{
    (void)state;
    put("echo", 0, 40, NULL);
    spin_until_number(OPEN, 0);
    assert_int_equal(number_of(VALUES), 40);
    assert_int_equal(number_of("select count(*) from outbox where attempts > 0"), 0);
    put("echo", 100, 1, json_pack("{s:b}", "nothing", 1)); /* nothing left to do is done */
    spin_until_number(OPEN, 0);
    assert_int_equal(number_of(VALUES), 40);
}

static void gets_through_more_than_a_page(void **state)
{
    (void)state;
    put("echo", 1000, PAGE + 150, NULL);
    spin_until_number(OPEN, 0);
    assert_int_equal(number_of("select count(*) from setting where name like 'value.1___'"),
                     PAGE + 150);
}

struct ear {
    int count;
};

static void hear(void *arg, const json_t *message, const char *id)
{
    (void)id;
    assert_string_equal(json_string_value(json_object_get(message, "event")), "changed");
    ((struct ear *)arg)->count++;
}

static void publishes_live_rows(void **state)
{
    (void)state;
    struct ear ear = {0};
    struct td_live_subscription *subscription =
        td_live_subscribe(live, "application/1", hear, &ear);
    put("live", 0, 1, json_pack("{s:s, s:s}", "topic", "application/1", "event", "changed"));
    spin_until(base, &ear.count);
    spin_until_number(OPEN, 0);
    put("live", 0, 1,
        json_pack("{s:s}", "event", "without a topic")); /* nobody can hear it: done */
    spin_until_number(OPEN, 0);
    assert_int_equal(ear.count, 1);
    td_live_unsubscribe(subscription);
}

static void gives_up_a_broken_job_and_goes_on(void **state)
{
    (void)state;
    put("broken", 0, 1, NULL);
    put("unheard_of", 0, 1, NULL);
    put("echo", 2000, 20, NULL);
    spin_until_number("select count(*) from setting where name like 'value.20__'", 20);
    spin_until_number("select count(*) from outbox where done_at is null and attempts = 5", 2);
    assert_int_equal(number_of("select count(*) from outbox where failure = 'this never works'"),
                     1);
    assert_int_equal(number_of("select count(*) from setting where name = 'broken'"),
                     0); /* rolled back */
    while (dispatch->in_flight)
        event_base_loop(base, EVLOOP_ONCE);
    json_t *status = td_dispatch_status(dispatch);
    assert_int_equal(json_integer_value(json_object_get(status, "given_up")), 2);
    assert_int_equal(json_integer_value(json_object_get(status, "failed")), 10);
    json_decref(status);
}

/* Somebody mended what was broken and asks for another try. */
static int retry_abandoned(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)arg, (void)reterr;
    return td_tx_exec(tx, NULL,
                      "update outbox set attempts = 0, kind = 'echo', payload = '{\"nothing\": 1}'"
                      " where done_at is null",
                      "");
}

static void tries_again_when_asked(void **state)
{
    (void)state;
    struct td_error error = TD_ERROR_INIT;
    assert_int_equal(number_of(OPEN), 2);
    assert_int_equal(td_store_write_wait(store, retry_abandoned, NULL, &error), 0);
    spin_until_number(OPEN, 0); /* by the sweep */
}

static void on_session(void *arg, int result, const struct td_session *session, const char *token)
{
    (void)result, (void)session, (void)token;
    *(int *)arg = 1;
}

static void on_count(void *arg, int result, const struct td_session *list, size_t count)
{
    (void)result, (void)list;
    *(int *)arg = 1 + (int)count;
}

static void ends_sessions(void **state)
{
    (void)state;
    int started = 0, counted = 0;
    td_session_start(sessions, "ann", NULL, "", "", on_session, &started);
    spin_until(base, &started);
    put("session", 0, 1, json_pack("{s:s}", "account", "ann"));
    spin_until_number(OPEN, 0);
    td_session_list(sessions, "ann", on_count, &counted);
    spin_until(base, &counted);
    assert_int_equal(counted, 1);
}

static void waits_for_redis(void **state)
{
    (void)state;
    private_redis_kill(&server);
    while (td_redis_available(commands))
        event_base_loop(base, EVLOOP_ONCE);
    put("echo", 3000, 10, NULL);
    put("live", 0, 1, json_pack("{s:s, s:s}", "topic", "x", "event", "changed"));
    assert_int_equal(number_of(OPEN), 11);
    private_redis_launch(&server);
    spin_until_number(OPEN, 0);
    assert_int_equal(number_of("select count(*) from setting where name like 'value.30__'"), 10);
}

/* Redis dies with all it knew while jobs are with the scorer: they end once, and the others are
 * dealt out anew. */
static void survives_a_wiped_redis(void **state)
{
    (void)state;
    holding = true;
    submitted = 0;
    put("echo", 4000, 40, NULL);
    while (held_count < TD_DISPATCH_IN_FLIGHT)
        event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(held_count, TD_DISPATCH_IN_FLIGHT); /* the bound holds */
    private_redis_kill(&server);
    while (td_redis_available(commands))
        event_base_loop(base, EVLOOP_ONCE);
    private_redis_launch(&server);
    while (!td_redis_available(commands))
        event_base_loop(base, EVLOOP_ONCE);
    let_go();
    spin_until_number(OPEN, 0);
    assert_int_equal(number_of("select count(*) from setting where name like 'value.40__'"), 40);
}

/* A process that ends with entries of its own: the next one is given them again. */
static void goes_on_after_a_restart(void **state)
{
    (void)state;
    holding = true;
    put("echo", 5000, 5, NULL);
    while (held_count < 5)
        event_base_loop(base, EVLOOP_ONCE);
    td_store_close(store);
    td_dispatch_free(dispatch);
    while (held_count)
        json_decref(held[--held_count].job);
    holding = false;
    open_store();
    assert_int_equal(number_of(OPEN), 5);
    open_dispatch();
    spin_until_number(OPEN, 0);
    assert_int_equal(number_of("select count(*) from setting where name like 'value.50__'"), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(does_every_row_once),
        cmocka_unit_test(gets_through_more_than_a_page),
        cmocka_unit_test(publishes_live_rows),
        cmocka_unit_test(gives_up_a_broken_job_and_goes_on),
        cmocka_unit_test(tries_again_when_asked),
        cmocka_unit_test(ends_sessions),
        cmocka_unit_test(waits_for_redis),
        cmocka_unit_test(survives_a_wiped_redis),
        cmocka_unit_test(goes_on_after_a_restart),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
