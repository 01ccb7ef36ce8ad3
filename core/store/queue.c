/* queue.c - see queue.h. */
#include "store/queue.h"

#include "base/memory.h"

#include <stdlib.h>

void td_job_queue_init(struct td_job_queue *queue, int limit)
{
    *queue = (struct td_job_queue){.limit = limit};
    queue->tail = &queue->head;
    pthread_mutex_init(&queue->mutex, NULL);
    pthread_cond_init(&queue->filled, NULL);
}

void td_job_queue_done(struct td_job_queue *queue)
{
    pthread_cond_destroy(&queue->filled);
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
        pthread_cond_signal(&queue->filled);
    }
    pthread_mutex_unlock(&queue->mutex);
    if (accepted)
        return 0; /* cppcheck-suppress memleak ; the list has the job */
    free(job);
    return TD_EBUSY;
}

struct td_job *td_job_queue_take(struct td_job_queue *queue, int limit, int *ret_count)
{
    pthread_mutex_lock(&queue->mutex);
    while (!queue->head && !queue->closing)
        pthread_cond_wait(&queue->filled, &queue->mutex);
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
    pthread_mutex_unlock(&queue->mutex);
    *ret_count = count;
    return first;
}

int td_job_run(const struct td_job *job, struct td_tx *tx, struct td_error *reterr)
{
    (void)td_memory_was_short(); /* what came before is not this job's */
    int result = job->run(tx, job->arg, reterr);
    return td_memory_was_short() && result >= 0 ? TD_ENOMEM : result;
}

void td_job_queue_close(struct td_job_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->closing = true;
    pthread_cond_broadcast(&queue->filled);
    pthread_mutex_unlock(&queue->mutex);
}
