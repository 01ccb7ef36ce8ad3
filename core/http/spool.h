/* spool.h - files on their way in: one thread for what a disk may take its time with.
 *
 * A disk that is busy, or almost full, or far away, makes open, write, unlink and close sleep; on the loop
 * that would keep everybody waiting. Jobs run one after the other in the order of submission, so a file is
 * never removed before it was made. Everything but `run` is called on the loop. */
#ifndef TD_HTTP_SPOOL_H
#define TD_HTTP_SPOOL_H

#include "http/cpu.h"
#include "http/mailbox.h"

#include <stdbool.h>

struct event_base;
struct td_spool;

/* Embedded in what is submitted, which nobody touches between td_spool_submit and `done`. */
struct td_spool_job {
    void (*run)(struct td_spool_job *job);  /* on the thread */
    void (*done)(struct td_spool_job *job); /* on the loop; may submit again or free the job */
    struct td_spool *spool;
    struct td_cpu_job work;
    struct td_letter letter;
};

int td_spool_new(struct event_base *base, struct td_spool **ret_spool, struct td_error *reterr);
/* Does what was submitted, also by the `done` of it, then goes. NULL is fine. */
void td_spool_free(struct td_spool *spool);

/* Never fails: who submits bounds how much there is. */
void td_spool_submit(struct td_spool *spool, struct td_spool_job *job);

/* Unlinks `path` (copied); NULL, or a file that is not there, is fine. */
void td_spool_remove(struct td_spool *spool, const char *path);

/* True while a job is under way. */
bool td_spool_busy(const struct td_spool *spool);

#endif
