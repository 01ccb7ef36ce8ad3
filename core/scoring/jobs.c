/* jobs.c - see jobs.h. Three lists: what waits, what waits behind it, and what was refused and is
 * told so on the loop's next turn. */
#include "scoring/jobs.h"

#include "base/json.h"
#include "base/memory.h"
#include "scoring/answer.h"
#include "scoring/protocol.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

TAILQ_HEAD(list, td_job);

struct td_jobs {
    struct list queue;
    struct list background; /* taken when `queue` is empty */
    struct list refused;
    struct event *later; /* answers `refused` */
    int64_t waiting;     /* in `queue` */
    int limit;
};

/* --- the end of a job ------------------------------------------------------------------------- */

static void finish(struct td_job *job, int result, json_t *answer, struct td_error *error)
{
    job->done(job->arg, result, answer, error);
    td_error_done(error);
    free(job->frame);
    free(job);
}

void td_job_answered(struct td_job *job, json_t *answer)
{
    struct td_error error = TD_ERROR_INIT;
    int result = td_answer_read(answer, &error);
    finish(job, result, result < 0 ? NULL : answer, &error);
}

void td_job_died(struct td_job *job, const struct td_process_end *end)
{
    struct td_error error = TD_ERROR_INIT;
    int result = td_answer_of_death(end, job->scores, &error);
    finish(job, result, NULL, &error);
}

void td_job_failed(struct td_job *job, int code, const char *why)
{
    struct td_error error = TD_ERROR_INIT;
    td_error_set(&error, code, "%s", why);
    finish(job, code, NULL, &error);
}

/* Only those of now: their callbacks may submit again. `why` is for those that were not refused. */
static void fail(struct list *list, const char *why)
{
    struct list failed = TAILQ_HEAD_INITIALIZER(failed);
    struct td_job *job;
    TAILQ_CONCAT(&failed, list, entry);
    while ((job = TAILQ_FIRST(&failed))) {
        TAILQ_REMOVE(&failed, job, entry);
        td_job_failed(job, job->refused ? job->refused : TD_EBUSY, job->refused ? job->why : why);
    }
}

void td_jobs_fail(struct td_jobs *jobs, const char *why)
{
    struct list open = TAILQ_HEAD_INITIALIZER(open);
    TAILQ_CONCAT(&open, &jobs->queue, entry);
    TAILQ_CONCAT(&open, &jobs->background, entry);
    jobs->waiting = 0;
    fail(&open, why);
}

/* --- in and out ------------------------------------------------------------------------------- */

static void answer_refused(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct td_jobs *jobs = arg;
    fail(&jobs->refused, NULL);
}

static struct td_job *new_job(td_pool_done_fn done, void *arg)
{
    struct td_job *job = td_memory_record(sizeof(*job));
    job->done = done;
    job->arg = arg;
    return job;
}

static void refuse(struct td_jobs *jobs, struct td_job *job, int code, const char *why)
{
    job->refused = code;
    job->why = why;
    TAILQ_INSERT_TAIL(&jobs->refused, job, entry);
    event_active(jobs->later, EV_TIMEOUT, 0);
}

void td_jobs_refuse(struct td_jobs *jobs, int code, const char *why, td_pool_done_fn done,
                    void *arg)
{
    refuse(jobs, new_job(done, arg), code, why);
}

void td_jobs_add(struct td_jobs *jobs, const json_t *message, td_pool_done_fn done, void *arg)
{
    struct td_job *job = new_job(done, arg);
    const char *op = td_json_text(message, "op");
    job->scores = !strcmp(op, "score") || !strcmp(op, "check");
    if (jobs->waiting >= jobs->limit) {
        refuse(jobs, job, TD_EBUSY, "no scorer worker is free and too many jobs wait");
    } else if (!(job->frame = td_protocol_encode(message, &job->length))) {
        refuse(jobs, job, TD_ETOOLARGE, "the job is too large for a scorer worker");
    } else {
        TAILQ_INSERT_TAIL(&jobs->queue, job, entry);
        jobs->waiting++;
    }
}

void td_jobs_add_background(struct td_jobs *jobs, unsigned char *frame, size_t length,
                            td_pool_done_fn done, void *arg)
{
    struct td_job *job = new_job(done, arg);
    job->frame = frame;
    job->length = length;
    job->scores = true;
    TAILQ_INSERT_TAIL(&jobs->background, job, entry);
}

struct td_job *td_jobs_next(struct td_jobs *jobs)
{
    struct td_job *job = TAILQ_FIRST(&jobs->queue);
    if (job) {
        TAILQ_REMOVE(&jobs->queue, job, entry);
        jobs->waiting--;
        return job;
    }
    job = TAILQ_FIRST(&jobs->background);
    if (job)
        TAILQ_REMOVE(&jobs->background, job, entry);
    return job;
}

int64_t td_jobs_waiting(const struct td_jobs *jobs)
{
    return jobs->waiting;
}

/* --- life ------------------------------------------------------------------------------------- */

struct td_jobs *td_jobs_new(struct event_base *base, int limit)
{
    struct td_jobs *jobs = td_memory_record(sizeof(*jobs));
    jobs->limit = limit;
    TAILQ_INIT(&jobs->queue);
    TAILQ_INIT(&jobs->background);
    TAILQ_INIT(&jobs->refused);
    jobs->later = event_new(base, -1, 0, answer_refused, jobs);
    if (!jobs->later) {
        free(jobs);
        return NULL;
    }
    return jobs;
}

void td_jobs_free(struct td_jobs *jobs)
{
    if (!jobs)
        return;
    td_jobs_fail(jobs, "the server is ending");
    fail(&jobs->refused, "the server is ending");
    event_free(jobs->later);
    free(jobs);
}
