/* The CPU pool and the mailbox together: work goes out to threads and its results come back to the
 * loop. */
#include "http/cpu.h"
#include "http/mailbox.h"

#include <event2/event.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { JOBS = 2000 };

struct errand {
    struct td_cpu_job job;
    struct td_letter letter;
    struct td_mailbox *mailbox;
    struct event_base *base;
    int *left;
    pthread_t loop;
    bool elsewhere;
};

static void come_back(struct td_letter *letter)
{
    struct errand *errand = (struct errand *)((char *)letter - offsetof(struct errand, letter));
    assert_true(pthread_equal(pthread_self(), errand->loop));
    assert_true(errand->elsewhere);
    if (--*errand->left == 0)
        event_base_loopexit(errand->base, NULL);
}

static void go(struct td_cpu_job *job)
{
    struct errand *errand = (struct errand *)job;
    errand->elsewhere = !pthread_equal(pthread_self(), errand->loop);
    errand->letter.open = come_back;
    td_mailbox_post(errand->mailbox, &errand->letter);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct event_base *base = event_base_new();
    struct td_mailbox *mailbox = td_mailbox_new(base);
    struct td_cpu *cpu = NULL;
    struct errand *errands = calloc(JOBS, sizeof(*errands));
    int left = JOBS;
    assert_int_equal(td_cpu_new(4, JOBS, &cpu, NULL), 0);
    for (int i = 0; i < JOBS; i++) {
        errands[i] = (struct errand){
            .mailbox = mailbox, .base = base, .left = &left, .loop = pthread_self()};
        errands[i].job.run = go;
        assert_int_equal(td_cpu_submit(cpu, &errands[i].job), 0);
    }
    event_base_dispatch(base);
    assert_int_equal(left, 0);
    td_cpu_free(cpu);
    td_mailbox_free(mailbox);
    event_base_free(base);
    free(errands);
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static int ran;

static void wait_at_gate(struct td_cpu_job *job)
{
    (void)job;
    pthread_mutex_lock(&gate);
    ran++;
    pthread_mutex_unlock(&gate);
}

static void test_full_and_finished(void **state)
{
    (void)state;
    struct td_cpu *cpu = NULL;
    struct td_cpu_job jobs[4] = {
        {.run = wait_at_gate}, {.run = wait_at_gate}, {.run = wait_at_gate}, {.run = wait_at_gate}};
    assert_int_equal(td_cpu_new(1, 2, &cpu, NULL), 0);
    pthread_mutex_lock(&gate);
    int taken = 0;
    for (int i = 0; i < 4; i++)
        taken += td_cpu_submit(cpu, &jobs[i]) == 0;
    assert_in_range(taken, 2, 3); /* two wait; the thread may have fetched one more */
    pthread_mutex_unlock(&gate);
    td_cpu_free(cpu); /* what was accepted is done */
    assert_int_equal(ran, taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trip),
                                       cmocka_unit_test(test_full_and_finished)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
