/* spool.c - see spool.h. A CPU pool of one thread and a mailbox for what it has done. When the
 * thread has gone, what `done` still submits is done at once. */
#include "http/spool.h"

#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct td_spool {
    struct td_cpu *thread; /* NULL: it has gone */
    struct td_mailbox *mailbox;
    size_t open;
};

struct removal {
    struct td_spool_job job;
    char path[];
};

static void on_done(struct td_letter *letter)
{
    struct td_spool_job *job =
        (struct td_spool_job *)((char *)letter - offsetof(struct td_spool_job, letter));
    job->spool->open--;
    job->done(job);
}

static void run(struct td_cpu_job *work)
{
    struct td_spool_job *job =
        (struct td_spool_job *)((char *)work - offsetof(struct td_spool_job, work));
    job->run(job);
    td_mailbox_post(job->spool->mailbox, &job->letter);
}

void td_spool_submit(struct td_spool *spool, struct td_spool_job *job)
{
    job->spool = spool;
    job->work.run = run;
    job->letter.open = on_done;
    spool->open++;
    if (!spool->thread || td_cpu_submit(spool->thread, &job->work) < 0) {
        job->run(job);
        on_done(&job->letter);
    }
}

static void remove_file(const char *path)
{
    if (unlink(path) < 0 && errno != ENOENT)
        TD_LOG(TD_LOG_WARNING, "upload.left", TD_S("reason", strerror(errno)));
}

static void run_removal(struct td_spool_job *job)
{
    remove_file(((struct removal *)job)->path);
}

static void free_removal(struct td_spool_job *job)
{
    free(job);
}

void td_spool_remove(struct td_spool *spool, const char *path)
{
    if (!path)
        return;
    size_t size = strlen(path) + 1;
    struct removal *removal = malloc(sizeof(*removal) + size);
    if (!removal) { /* after a crash, or so, the store finds it when it is opened */
        TD_LOG(TD_LOG_WARNING, "upload.left", TD_S("reason", "no memory"));
        return;
    }
    *removal = (struct removal){.job = {.run = run_removal, .done = free_removal}};
    memcpy(removal->path, path, size);
    td_spool_submit(spool, &removal->job);
}

bool td_spool_busy(const struct td_spool *spool)
{
    return spool->open > 0;
}

int td_spool_new(struct event_base *base, struct td_spool **ret_spool, struct td_error *reterr)
{
    struct td_spool *spool = calloc(1, sizeof(*spool));
    if (!spool)
        return td_error_set(reterr, TD_ENOMEM, "no memory for the spool");
    spool->mailbox = td_mailbox_new(base);
    int r = spool->mailbox ? td_cpu_new(1, INT_MAX, &spool->thread, reterr)
                           : td_error_set(reterr, TD_ENOMEM, "no memory for the spool");
    if (r < 0) {
        td_spool_free(spool);
        return r;
    }
    *ret_spool = spool;
    return 0;
}

void td_spool_free(struct td_spool *spool)
{
    if (!spool)
        return;
    td_cpu_free(spool->thread);
    spool->thread = NULL;
    td_mailbox_free(spool->mailbox);
    free(spool);
}
