/* batch.c - the writer's work: begin, each job in its own savepoint, commit, then the answers.
 *
 * A job that fails is rolled back alone. When the engine gives the whole transaction up, or the
 * commit fails, nothing of the batch remains and every job of it is told so. After a failure that
 * leaves the disk in doubt (td_sqlite_broken) no further write is tried: the process has to start
 * again and read what really is there. */
#include "store/batch.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/sqlite.h"
#include "store/tx.h"

#include <stdlib.h>

enum { SLOW_MS = 200 };

struct outcome {
    int result;
    struct td_error error;
};

struct td_batch {
    struct td_store *store;
    struct td_sqlite *db;
    atomic_bool *stopped;
    int limit;
    unsigned left;          /* by the running batch: TD_BATCH_* */
    _Atomic int64_t *sizes; /* commits by their number of writes, up to limit; other threads read */
    struct outcome outcomes[];
};

struct td_batch *td_batch_new(struct td_store *store, struct td_sqlite *db, int limit,
                              atomic_bool *stopped)
{
    struct td_batch *batch = calloc(1, sizeof(*batch) + (size_t)limit * sizeof(batch->outcomes[0]));
    if (!batch)
        return NULL;
    batch->store = store;
    batch->db = db;
    batch->stopped = stopped;
    batch->limit = limit;
    batch->sizes = calloc((size_t)limit + 1, sizeof(*batch->sizes));
    if (!batch->sizes) {
        free(batch);
        return NULL;
    }
    return batch;
}

int64_t td_batch_commits(const struct td_batch *batch, int size)
{
    return size > 0 && size <= batch->limit ? atomic_load(&batch->sizes[size]) : 0;
}

void td_batch_free(struct td_batch *batch)
{
    if (batch)
        free(batch->sizes);
    free(batch);
}

static void set_outcome(struct outcome *outcome, int result)
{
    outcome->result = result;
    if (result == 0)
        td_error_done(&outcome->error);
    else if (outcome->error.code == 0)
        td_error_set(&outcome->error, result, "%s", td_error_text(result));
    if (result != 0)
        outcome->error.code = result;
}

static void warn_when_slow(const char *event, int64_t started, int jobs)
{
    int64_t spent = td_clock_mono_ms() - started;
    if (spent > SLOW_MS)
        TD_LOG(TD_LOG_WARNING, event, TD_I("ms", spent), TD_I("jobs", jobs));
}

/* 0 when the transaction stands, whatever became of the job; negative when all of it is lost. */
static int run_job(struct td_batch *batch, struct td_job *job, struct outcome *outcome)
{
    struct td_tx tx = {.store = batch->store, .db = batch->db, .writable = true};
    int64_t started = td_clock_mono_ms();
    int lost = td_sqlite_command(batch->db, "savepoint job");
    if (lost < 0)
        return lost;
    int result = td_job_run(job, &tx, &outcome->error);
    warn_when_slow("store.slow_write", started, 1);
    if (td_sqlite_broken(batch->db))
        return TD_EIO;
    if (!td_sqlite_in_transaction(
            batch->db)) /* memory or disk ran out in the middle of a statement */
        return result == TD_EFULL || result == TD_ENOMEM ? result : TD_EIO;
    lost = result < 0 ? td_sqlite_command(batch->db, "rollback to job") : 0;
    if (lost == 0)
        lost = td_sqlite_command(batch->db, "release job");
    if (lost < 0)
        return lost;
    set_outcome(outcome, result < 0 ? result : 0);
    if (result >= 0)
        batch->left |=
            (tx.outbox ? TD_BATCH_OUTBOX : 0u) | (tx.checkpoint ? TD_BATCH_CHECKPOINT : 0u);
    return 0;
}

static int run_all(struct td_batch *batch, struct td_job *jobs)
{
    if (td_sqlite_broken(batch->db))
        return TD_EIO;
    int result = td_sqlite_command(batch->db, "begin immediate");
    struct outcome *outcome = batch->outcomes;
    for (struct td_job *job = jobs; result == 0 && job; job = job->next)
        result = run_job(batch, job, outcome++);
    if (result == 0)
        result = td_sqlite_command(batch->db, "commit");
    return result;
}

/* Those that failed by themselves keep their own reason. */
static void lose_all(struct td_batch *batch, int count, int code)
{
    TD_LOG(TD_LOG_ERROR, "store.batch_lost", TD_S("code", td_error_name(code)), TD_I("jobs", count),
           TD_S("failure", td_sqlite_failure(batch->db)),
           TD_I("stopped", td_sqlite_broken(batch->db)));
    if (td_sqlite_in_transaction(batch->db))
        td_sqlite_command(batch->db, "rollback");
    atomic_store(batch->stopped, td_sqlite_broken(batch->db));
    batch->left = 0;
    for (int i = 0; i < count; i++)
        if (batch->outcomes[i].result == 0) {
            td_error_done(&batch->outcomes[i].error);
            set_outcome(&batch->outcomes[i], code);
        }
}

unsigned td_batch_run(struct td_batch *batch, struct td_job *jobs, int count)
{
    int64_t started = td_clock_mono_ms();
    batch->left = 0;
    for (int i = 0; i < count; i++)
        batch->outcomes[i] = (struct outcome){.error = TD_ERROR_INIT};
    int result = run_all(batch, jobs);
    if (result < 0)
        lose_all(batch, count, result);
    else
        atomic_fetch_add(&batch->sizes[count], 1);
    warn_when_slow("store.slow_commit", started, count);
    for (int i = 0; i < count; i++) {
        struct td_job *job = jobs;
        jobs = job->next;
        job->done(job->arg, batch->outcomes[i].result, &batch->outcomes[i].error);
        td_error_done(&batch->outcomes[i].error);
        free(job);
    }
    return batch->left;
}
