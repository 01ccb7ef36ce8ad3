/* jobs_test.c - the order of jobs, what is refused, and that each is told its end exactly once and
 * never from inside. */
#include "scoring/jobs.c"

#include "scoring/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
/* after the four above */
#include <cmocka.h>

struct told {
    int times, code;
    bool answered;
    char key[48], detail[512];
    struct td_jobs *again; /* submits once more from the callback */
    struct told *other;    /* with this */
};

static struct event_base *base;
static struct td_jobs *jobs;
static json_t *message;

static void on_done(void *arg, int result, json_t *answer, struct td_error *error)
{
    struct told *told = arg;
    told->times++;
    told->code = result;
    told->answered = answer != NULL;
    snprintf(told->key, sizeof(told->key), "%s", error->key);
    snprintf(told->detail, sizeof(told->detail), "%s", error->detail);
    if (told->again)
        td_jobs_add(told->again, message, on_done, told->other);
}

static int set_up(void **state)
{
    (void)state;
    base = event_base_new();
    jobs = td_jobs_new(base, 3);
    message = json_pack("{s:s}", "op", "score");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    td_jobs_free(jobs);
    event_base_free(base);
    json_decref(message);
    return 0;
}

static void add(struct told *told)
{
    td_jobs_add(jobs, message, on_done, told);
}

static void add_background(struct told *told)
{
    size_t length;
    unsigned char *frame = td_protocol_encode(message, &length);
    td_jobs_add_background(jobs, frame, length, on_done, told);
}

static void expect(const struct told *told, int code, const char *detail)
{
    assert_int_equal(told->times, 1);
    assert_int_equal(told->code, code);
    assert_string_equal(told->detail, detail);
    assert_false(told->answered);
}

/* Takes the next job, which must be this one's, and ends it well. */
static void expect_next(struct told *told)
{
    struct td_job *job = td_jobs_next(jobs);
    json_t *answer = json_object();
    assert_non_null(job);
    assert_ptr_equal(job->arg, told);
    assert_int_equal(td_protocol_length(job->frame), job->length - TD_PROTOCOL_HEADER);
    td_job_answered(job, answer);
    assert_int_equal(told->times, 1);
    assert_int_equal(told->code, 0);
    assert_true(told->answered);
    json_decref(answer);
}

static void first_come_first_served_and_background_last(void **state)
{
    (void)state;
    struct told low[2] = {0}, high[3] = {0};
    add_background(&low[0]);
    add(&high[0]);
    add_background(&low[1]);
    add(&high[1]);
    assert_int_equal(td_jobs_waiting(jobs), 2);
    expect_next(&high[0]);
    expect_next(&high[1]);
    expect_next(&low[0]);
    add(&high[2]);
    expect_next(&high[2]);
    expect_next(&low[1]);
    assert_null(td_jobs_next(jobs));
    assert_int_equal(td_jobs_waiting(jobs), 0);
}

static void what_is_too_much_is_refused_later(void **state)
{
    (void)state;
    struct told told[4] = {0}, huge = {0}, none = {0};
    char *text = malloc(TD_PROTOCOL_FRAME_MAX + 1);
    memset(text, 'x', TD_PROTOCOL_FRAME_MAX);
    text[TD_PROTOCOL_FRAME_MAX] = 0;
    json_t *large = json_pack("{s:s, s:s}", "op", "facts", "text", text);
    free(text);
    td_jobs_add(jobs, large, on_done, &huge);
    json_decref(large);
    for (int i = 0; i < 4; i++)
        add(&told[i]);
    td_jobs_refuse(jobs, TD_EBUSY, "nobody is here", on_done, &none);
    assert_int_equal(td_jobs_waiting(jobs), 3);
    assert_int_equal(huge.times + told[3].times + none.times, 0); /* never from inside */
    event_base_loop(base, EVLOOP_NONBLOCK);
    expect(&huge, TD_ETOOLARGE, "the job is too large for a scorer worker");
    expect(&told[3], TD_EBUSY, "no scorer worker is free and too many jobs wait");
    expect(&none, TD_EBUSY, "nobody is here");
    for (int i = 0; i < 3; i++)
        expect_next(&told[i]);
}

/* The background has no limit here: who submits it bounds it. */
static void background_is_not_counted(void **state)
{
    (void)state;
    struct told low[5] = {0}, high = {0};
    for (int i = 0; i < 5; i++)
        add_background(&low[i]);
    assert_int_equal(td_jobs_waiting(jobs), 0);
    add(&high);
    expect_next(&high);
    for (int i = 0; i < 5; i++)
        expect_next(&low[i]);
}

static void all_that_wait_fail_and_no_others(void **state)
{
    (void)state;
    struct told after = {0}, refused = {0}, low = {0},
                high[2] = {{.again = jobs, .other = &after}, {0}};
    add_background(&low);
    add(&high[0]);
    add(&high[1]);
    td_jobs_refuse(jobs, TD_EBUSY, "before", on_done, &refused);
    td_jobs_fail(jobs, "the workers are gone");
    expect(&high[0], TD_EBUSY, "the workers are gone");
    expect(&high[1], TD_EBUSY, "the workers are gone");
    expect(&low, TD_EBUSY, "the workers are gone");
    assert_int_equal(refused.times + after.times, 0);
    assert_int_equal(td_jobs_waiting(jobs), 1);
    expect_next(&after);
    event_base_loop(base, EVLOOP_NONBLOCK);
    expect(&refused, TD_EBUSY, "before");
}

static void the_end_tells_everyone(void **state)
{
    (void)state;
    struct told low = {0}, high = {0}, refused = {0};
    add_background(&low);
    add(&high);
    td_jobs_refuse(jobs, TD_EBUSY, "before", on_done, &refused);
    td_jobs_free(jobs);
    jobs = NULL;
    expect(&high, TD_EBUSY, "the server is ending");
    expect(&low, TD_EBUSY, "the server is ending");
    expect(&refused, TD_EBUSY, "before");
}

/* A worker's death is the plugin's when one took part, else the script's. */
static void deaths_are_blamed(void **state)
{
    (void)state;
    const struct td_process_end end = {.reason = "ended by signal 11"};
    static const struct {
        const char *op, *key;
        int code;
    } rows[] = {{"score", "script_failed", TD_ESCRIPT},
                {"check", "script_failed", TD_ESCRIPT},
                {"evaluate", "plugin_failed", TD_EPLUGIN},
                {"facts", "plugin_failed", TD_EPLUGIN}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct told told = {0};
        json_t *job = json_pack("{s:s}", "op", rows[i].op);
        td_jobs_add(jobs, job, on_done, &told);
        json_decref(job);
        td_job_died(td_jobs_next(jobs), &end);
        expect(&told, rows[i].code, "the scorer worker ended by signal 11");
        assert_string_equal(told.key, rows[i].key);
    }
    struct told low = {0};
    add_background(&low);
    td_job_died(td_jobs_next(jobs), &end);
    assert_string_equal(low.key, "script_failed");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(first_come_first_served_and_background_last),
        TEST(what_is_too_much_is_refused_later),
        TEST(background_is_not_counted),
        TEST(all_that_wait_fail_and_no_others),
        TEST(the_end_tells_everyone),
        TEST(deaths_are_blamed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
