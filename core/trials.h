/* trials.h - runs trials of standards in the background: one at a time, all cores.
 *
 * The records say which trials run (review/trial_run.h); nothing about one is kept elsewhere, so a start of
 * the server, a lost Redis or a lost worker only means that a trial begins again or a batch is read again.
 * Dossiers are read in batches on a reader thread, scored by the pool when no other job waits, and stored on
 * the writer thread, a batch at a time. At most two batches for each worker are under way: more would only
 * fill memory. Progress is told to "trial/<id>" as {"event": "progress", "done", "total"}, a few times a
 * second. */
#ifndef TD_TRIALS_H
#define TD_TRIALS_H

#include "base/error.h"

#include <stdint.h>

struct event_base;
struct td_config;
struct td_live;
struct td_pool;
struct td_store;
struct td_trials;

struct td_trials_options {
    struct event_base *base;
    struct td_store *store; /* all borrowed, all outlive the trials */
    struct td_pool *pool;
    struct td_live *live;
    const struct td_config *config;
    int64_t batch;    /* dossiers; 0 = 128 */
    int sweep_ms;     /* looks for trials by itself; 0 = 5000 */
};

int td_trials_new(const struct td_trials_options *options, struct td_trials **ret_trials,
                  struct td_error *reterr);

/* Call it after td_pool_free and then td_store_close. What runs is taken up at the next start. NULL is
 * fine. */
void td_trials_free(struct td_trials *trials);

/* There may be a trial to run, or one to stop. On the loop; `trials` as void *, for callbacks. */
void td_trials_wake(void *trials);

#endif
