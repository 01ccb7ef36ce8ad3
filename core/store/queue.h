/* queue.h - jobs that wait for a store thread: bounded, first in first out. Internal to store/.
 *
 * Long ones share the queue with the others but never all of its threads: no more than `long_limit` of them are under
 * way at once, and no more than half of the places are theirs to wait in. Those behind a long one that waits go first. */
#ifndef TD_STORE_QUEUE_H
#define TD_STORE_QUEUE_H

#include "store/store.h"

#include <pthread.h>
#include <semaphore.h>

struct td_job {
    struct td_job *next;
    td_store_fn run;
    td_store_done_fn done;
    void *arg;
    bool is_long;
};

struct td_job_queue {
    pthread_mutex_t mutex;
    sem_t filled; /* once per job: see queue.c */
    struct td_job *head;
    struct td_job **tail;
    int count;
    int limit;
    int long_limit; /* set before the first long one */
    int long_waiting, long_running;
    bool closing;
};

void td_job_queue_init(struct td_job_queue *queue, int limit);
void td_job_queue_done(struct td_job_queue *queue); /* must be empty */

/* A copy of `job`, whose `next` does not count. TD_EBUSY when full or closing, TD_ENOMEM. */
int td_job_queue_put(struct td_job_queue *queue, const struct td_job *job);

/* Waits, then takes up to `limit` jobs as a list the caller frees; NULL once closing and empty. */
struct td_job *td_job_queue_take(struct td_job_queue *queue, int limit, int *ret_count);

/* A taken job has run: another long one may begin. */
void td_job_queue_finish(struct td_job_queue *queue, const struct td_job *job);

/* Runs the job inside `tx`; TD_ENOMEM, too, when it went on although memory was short (base/memory.h). */
int td_job_run(const struct td_job *job, struct td_tx *tx, struct td_error *reterr);

/* Refuses new jobs; those that wait are still handed out. */
void td_job_queue_close(struct td_job_queue *queue);

#endif
