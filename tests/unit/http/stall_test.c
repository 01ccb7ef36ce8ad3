/* What holds the loop up is a stall; a wait for a processor is not. */
#include "http/stall.h"

#include "base/clock.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

enum { HELD_MS = 120 };

struct scene {
    struct event_base *base;
    struct td_stall *stall;
    struct event *deed, *end;
};

static void sleep_on_loop(evutil_socket_t fd, short what, void *arg)
{
    struct scene *scene = arg;
    (void)fd, (void)what;
    nanosleep(&(struct timespec){.tv_nsec = HELD_MS * 1000000L}, NULL);
    event_add(scene->end, &(struct timeval){.tv_usec = 2 * TD_STALL_TICK_MS * 1000});
}

static void work_on_loop(evutil_socket_t fd, short what, void *arg)
{
    struct scene *scene = arg;
    (void)fd, (void)what;
    struct timespec spent;
    do
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    while (spent.tv_sec * 1000 + spent.tv_nsec / 1000000 < HELD_MS);
    event_add(scene->end, &(struct timeval){.tv_usec = 2 * TD_STALL_TICK_MS * 1000});
}

static void end(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    event_base_loopexit(((struct scene *)arg)->base, NULL);
}

static json_t *play(void (*deed)(evutil_socket_t, short, void *), int64_t warn_ms)
{
    struct scene scene = {.base = event_base_new()};
    scene.stall = td_stall_new(scene.base, warn_ms);
    scene.deed = evtimer_new(scene.base, deed, &scene);
    scene.end = evtimer_new(scene.base, end, &scene);
    /* After the first ticks, so that they have something to compare with. */
    event_add(scene.deed, &(struct timeval){.tv_usec = 3 * TD_STALL_TICK_MS * 1000});
    event_base_dispatch(scene.base);
    json_t *status = td_stall_status(scene.stall);
    event_free(scene.deed);
    event_free(scene.end);
    td_stall_free(scene.stall);
    event_base_free(scene.base);
    return status;
}

static json_int_t number(const json_t *status, const char *name)
{
    return json_integer_value(json_object_get(status, name));
}

static void test_sleep_is_a_stall(void **state)
{
    (void)state;
    json_t *status = play(sleep_on_loop, 50);
    assert_true(number(status, "longest_ms") >= HELD_MS - 2 * TD_STALL_TICK_MS);
    assert_true(number(status, "late_ms") >= number(status, "longest_ms"));
    assert_true(number(status, "count") >= 1);
    json_decref(status);
}

static void test_work_is_a_stall(void **state)
{
    (void)state;
    json_t *status = play(work_on_loop, 50);
    assert_true(number(status, "longest_ms") >= HELD_MS / 2);
    json_decref(status);
}

static void test_below_the_mark_is_not_counted(void **state)
{
    (void)state;
    json_t *status = play(sleep_on_loop, 60000);
    assert_int_equal(number(status, "count"), 0);
    json_decref(status);
}

static void test_waiting_for_a_processor_is_none(void **state)
{
    (void)state;
    const int64_t ms = 1000000;
    assert_int_equal(td_stall_of(TD_STALL_TICK_MS * ms, 0), 0);
    assert_int_equal(td_stall_of(90 * ms, 0), 80 * ms);
    assert_int_equal(td_stall_of(90 * ms, 75 * ms), 5 * ms);
    assert_int_equal(td_stall_of(90 * ms, 85 * ms), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sleep_is_a_stall),
        cmocka_unit_test(test_work_is_a_stall),
        cmocka_unit_test(test_below_the_mark_is_not_counted),
        cmocka_unit_test(test_waiting_for_a_processor_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
