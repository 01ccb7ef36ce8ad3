/* jobs.h - the jobs of a pool that wait for a worker, and what each is told in the end. On the loop.
 * Internal to scoring/: pool.c has the workers. */
#ifndef TD_SCORING_JOBS_H
#define TD_SCORING_JOBS_H

#include "base/error.h"
#include "scoring/pool.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct event_base;
struct td_jobs;
struct td_process_end;

struct td_job {
    TAILQ_ENTRY(td_job) entry;
    unsigned char *frame; /* for td_process_send, which takes it over: then NULL it */
    size_t length;
    bool scores;     /* no plugin takes part */
    int refused;     /* a TD_E* code: never goes to a worker */
    const char *why; /* it was refused */
    td_pool_done_fn done;
    void *arg;
};

/* `limit`: so many may wait, besides those of the background. NULL when memory is short. */
struct td_jobs *td_jobs_new(struct event_base *base, int limit);
/* Open jobs answer TD_EBUSY. NULL is fine. */
void td_jobs_free(struct td_jobs *jobs);

/* As td_pool_submit and td_pool_submit_background have it. A job that is one too many or too large is refused. */
void td_jobs_add(struct td_jobs *jobs, const json_t *message, td_pool_done_fn done, void *arg);
void td_jobs_add_background(struct td_jobs *jobs, unsigned char *frame, size_t length, td_pool_done_fn done,
                            void *arg);

/* A job that no worker will get: `done` is called with `code` and `why` (a literal), not from inside. */
void td_jobs_refuse(struct td_jobs *jobs, int code, const char *why, td_pool_done_fn done, void *arg);

/* The job whose turn it is, or NULL; the caller ends it with one of the three below. */
struct td_job *td_jobs_next(struct td_jobs *jobs);

/* Every job that waits now answers TD_EBUSY; what their callbacks submit waits again. */
void td_jobs_fail(struct td_jobs *jobs, const char *why);

int64_t td_jobs_waiting(const struct td_jobs *jobs); /* without the background */

/* The end of a job: calls `done`, frees it. */
void td_job_answered(struct td_job *job, json_t *answer); /* `answer` is borrowed */
void td_job_died(struct td_job *job, const struct td_process_end *end);
void td_job_failed(struct td_job *job, int code, const char *why);

#endif
