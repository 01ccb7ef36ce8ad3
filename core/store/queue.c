/* queue.c - see queue.h. Threads wait on a semaphore, not on a condition: signalling a condition
 * waits in turn for threads that an earlier signal woke and the machine has not let run yet, and
 * whoever puts is the event loop. */
#include "store/queue.h"

#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>

void td_job_queue_init(struct td_job_queue *queue, int limit)
{
    *queue = (struct td_job_queue){.limit = limit};
    queue->tail = &queue->head;
    pthread_mutex_init(&queue->mutex, NULL);
    sem_init(&queue->filled, 0, 0);
}

void td_job_queue_done(struct td_job_queue *queue)
{
    sem_destroy(&queue->filled);
    pthread_mutex_destroy(&queue->mutex);
}

int td_job_queue_put(struct td_job_queue *queue, td_store_fn run, td_store_done_fn done, void *arg)
{
    struct td_job *job = malloc(sizeof(*job));
    if (!job)
        return TD_ENOMEM;
    *job = (struct td_job){.run = run, .done = done, .arg = arg};
    pthread_mutex_lock(&queue->mutex);
    bool accepted = !queue->closing && queue->count < queue->limit;
    if (accepted) {
        *queue->tail = job;
        queue->tail = &job->next;
        queue->count++;
    }
    pthread_mutex_unlock(&queue->mutex);
    if (accepted) {
        sem_post(&queue->filled);
        return 0; /* cppcheck-suppress memleak ; the list has the job */
    }
    free(job);
    return TD_EBUSY;
}

static void wait_for(sem_t *filled)
{
    while (sem_wait(filled) < 0 && errno == EINTR)
        ;
}

/* Takes up to `limit` jobs off the front; the mutex is held. */
static struct td_job *detach(struct td_job_queue *queue, int limit, int *ret_count)
{
    struct td_job *first = queue->head;
    struct td_job **end = &queue->head;
    int count = 0;
    while (*end && count < limit) {
        end = &(*end)->next;
        count++;
    }
    if (first) {
        struct td_job *rest = *end;
        *end = NULL;
        queue->head = rest;
        queue->count -= count;
        if (!rest)
            queue->tail = &queue->head;
    }
    *ret_count = count;
    return first;
}

struct td_job *td_job_queue_take(struct td_job_queue *queue, int limit, int *ret_count)
{
    struct td_job *first = NULL;
    bool closing = false;
    while (!first && !closing) {
        wait_for(&queue->filled);
        pthread_mutex_lock(&queue->mutex);
        first = detach(queue, limit, ret_count);
        closing = queue->closing;
        pthread_mutex_unlock(&queue->mutex);
    }
    /* One wait was for one job. What could not be taken back now only lets a thread look in vain.
     */
    for (int i = 1; i < *ret_count; i++)
        sem_trywait(&queue->filled);
    if (closing)
        sem_post(&queue->filled); /* so that every thread comes to the end */
    return first;
}

int td_job_run(const struct td_job *job, struct td_tx *tx, struct td_error *reterr)
{
    (void)td_memory_was_short(); /* what came before is not this job's */
    int result = job->run(tx, job->arg, reterr);
    bool lacked = td_memory_was_short() && result != TD_EIO && result != TD_EFULL;
    return lacked ? td_memory_error(reterr) : result;
}

void td_job_queue_close(struct td_job_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->closing = true;
    pthread_mutex_unlock(&queue->mutex);
    sem_post(&queue->filled);
}
