/* starter.h - the pool's second thread: it executes workers and looks at the plugin folder, which may take
 * longer than the loop can wait. Internal to scoring/.
 *
 * Functions are called on the loop, and so are their callbacks: exactly once for what was accepted, at the
 * latest from td_starter_free. The thread lives as long as the starter, as its processes need it
 * (process.h). */
#ifndef TD_SCORING_STARTER_H
#define TD_SCORING_STARTER_H

#include "base/error.h"
#include "scoring/pool.h"

#include <jansson.h>

struct td_look;
struct td_process;
struct td_starter;

/* Of the options: base, executable, the folders, rebuilt and job_ms. */
int td_starter_new(const struct td_pool_options *options, struct td_starter **ret_starter,
                   struct td_error *reterr);
/* Finishes what was accepted; the processes die with the thread. NULL is fine. */
void td_starter_free(struct td_starter *starter);

typedef void (*td_started_fn)(void *arg, int result, const struct td_error *error);

/* Executes a worker as `process`, which stays the caller's and must live until `done`: then it runs and is
 * watched, or `result` says why not. It loads `files` of the shelf but those in `left_out` ([{"file"}]);
 * without `files` all of the plugin folder but those. Both are borrowed. TD_EBUSY: not accepted. */
int td_starter_exec(struct td_starter *starter, struct td_process *process, const json_t *files,
                    const json_t *left_out, td_started_fn done, void *arg);

typedef void (*td_looked_fn)(void *arg, int result, json_t *found, const struct td_error *error);

/* td_shelf_look with a copy of `used`; `found` is borrowed. NULL: there is no shelf, or not accepted. */
struct td_look *td_starter_look(struct td_starter *starter, const json_t *used, td_looked_fn done, void *arg);
/* Its `done` is not called any more. NULL is fine. */
void td_look_forget(struct td_look *look);

/* td_shelf_served of `files`, stolen. */
void td_starter_served(struct td_starter *starter, json_t *files);

#endif
