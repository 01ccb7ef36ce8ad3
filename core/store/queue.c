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

int td_job_queue_put(struct td_job_queue *queue, const struct td_job *given)
{
    struct td_job *job = malloc(sizeof(*job));
    if (!job)
        return TD_ENOMEM;
    *job = *given;
    job->next = NULL;
    pthread_mutex_lock(&queue->mutex);
    bool accepted = !queue->closing && queue->count < queue->limit &&
                    (!job->is_long || queue->long_waiting * 2 < queue->limit);
    if (accepted) {
        queue->long_waiting += job->is_long;
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

/* Whether a long job may begin; once closing there is nobody to be kept waiting by it. */
static bool may_begin(const struct td_job_queue *queue, const struct td_job *job)
{
    return !job->is_long || queue->closing || queue->long_running < queue->long_limit;
}

/* Takes up to `limit` jobs that may begin, the oldest first; the mutex is held. */
static struct td_job *detach(struct td_job_queue *queue, int limit, int *ret_count)
{
    struct td_job *first = NULL, **last = &first, **at = &queue->head;
    int count = 0;
    while (*at && count < limit) {
        struct td_job *job = *at;
        if (!may_begin(queue, job)) {
            at = &job->next;
            continue;
        }
        *at = job->next;
        job->next = NULL;
        *last = job;
        last = &job->next;
        queue->long_waiting -= job->is_long;
        queue->long_running += job->is_long;
        count++;
    }
    if (!*at) /* the last one may have gone */
        queue->tail = at;
    queue->count -= count;
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

void td_job_queue_finish(struct td_job_queue *queue, const struct td_job *job)
{
    if (!job->is_long)
        return;
    pthread_mutex_lock(&queue->mutex);
    queue->long_running--;
    bool waits = queue->long_waiting > 0;
    pthread_mutex_unlock(&queue->mutex);
    if (waits) /* whoever looked for it before looked in vain */
        sem_post(&queue->filled);
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
