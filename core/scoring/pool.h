/* pool.h - the core's side of the scorer: supervised worker processes.
 *
 * The pool lives on the event loop. It execs `workers` titled-scorer processes, each on one end of
 * a socketpair; they load every plugin of the folder, describe them, enter their sandbox and answer
 * jobs (protocol.h). One job at a time goes to a worker. A worker that misses its deadline or dies
 * is killed and replaced, after a delay that grows while that goes on; its job is not retried. A
 * plugin that takes a worker down while loading is left out and listed as refused.
 *
 * A failed job answers, with the locale key in brackets:
 *   TD_ESCRIPT    [script_failed], [script_limit] the standard is wrong or used too much; detail is
 *                 "teacher/intermediate.rb:12: message, in rule A1"
 *   TD_EPLUGIN    [plugin_failed] the plugin failed or took the worker down
 *   TD_ETIMEOUT   the worker missed the job's deadline
 *   TD_EBUSY      the queue is full, no worker can be started, or the pool is being freed
 *   TD_ETOOLARGE  the job does not fit a frame
 * The keys have the parameters file, line (0 when unknown), rule, message, item and killed (answer.h).
 *
 * td_pool_reload starts a new generation (new or changed plugins); the old one serves until the new
 * one is ready, finishes what it has and goes. A worker that comes back with other plugins than its
 * generation has starts one too. Catalogs are immutable JSON values: each generation has its own,
 * references are counted. */
#ifndef TD_SCORING_POOL_H
#define TD_SCORING_POOL_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct td_pool;

struct td_pool_options {
    struct event_base *base;
    const char *executable; /* path of titled-scorer */
    const char *plugin_folder;
    const char *shelf_folder; /* where every version is kept that is still of use, scoring/shelf.h;
                                 NULL: workers load the plugin folder itself, one version of each */
    bool rebuilt;       /* one of the plugin folder takes the place of a kept one with the same version,
                           which else refuses it */
    const json_t *used; /* of td_pool_use, for the first generation; copied; may be NULL */
    int workers;        /* 0 = number of cores */
    int queue_limit; /* waiting jobs; 0 = 10000 */
    int job_ms;      /* processor time a plugin or a script may use for one job; 0 = 500 */
    int deadline_ms; /* for the whole job, by the clock; 0 = 10 * job_ms: on a busy machine the
                        worker still gets to say what took so long */
    int start_ms;    /* deadline for loading the plugins; 0 = 10000 */
};

struct td_pool_stats {
    int workers;     /* ready, of the serving generation */
    int busy;        /* of these */
    int generation;  /* 1, 2 ... */
    int64_t waiting; /* jobs in the queue */
    int64_t served;  /* jobs answered by workers, failed ones too */
    int64_t lost;    /* workers that died or were killed */
};

/* Starts the first generation. `ready(arg, 0)` is called on the loop once a worker has described
 * its plugins, or with a negative code when none could start. It may not free the pool. */
int td_pool_new(const struct td_pool_options *options, void (*ready)(void *arg, int result),
                void *arg, struct td_pool **ret_pool, struct td_error *reterr);
void td_pool_free(struct td_pool *pool); /* ends the workers; open jobs answer TD_EBUSY */

/* {series id: descriptor}: form.json of each series' present version with "plugin_version" and "plugin_hash"
 * (SHA-256 of the object) added; "kept": {version: descriptor} of older ones that dossiers name; "retired":
 * true when the plugin folder has no plugin of the series any more. A new reference. */
json_t *td_pool_catalog(struct td_pool *pool);

/* Why plugins of the folder were refused: [{"file": "x.so", "message": "..."}]. A new reference. */
json_t *td_pool_refusals(struct td_pool *pool);

struct td_pool_stats td_pool_stats(const struct td_pool *pool);

typedef void (*td_pool_done_fn)(void *arg, int result, json_t *answer, struct td_error *error);

/* Sends `job` (borrowed) to a worker; `done` is called on the loop exactly once, never from inside
 * this function; `answer` is borrowed and NULL on failure. It may submit, but not free the pool. */
void td_pool_submit(struct td_pool *pool, const json_t *job, td_pool_done_fn done, void *arg);

/* The same for a frame made already (protocol.h; malloc'd, taken over), of a job in which no plugin takes
 * part and which can wait: a worker gets it only when no other job waits. The caller bounds how many there
 * are. */
void td_pool_submit_background(struct td_pool *pool, unsigned char *frame, size_t length,
                               td_pool_done_fn done, void *arg);

/* A new generation; `ready` as above, or NULL. When one is starting already, the new one takes its
 * place and its `ready`. */
void td_pool_reload(struct td_pool *pool, void (*ready)(void *arg, int result), void *arg);

/* The same unless the plugin folder holds what the present generation has found there: then `ready` hears 0
 * and nothing changes. */
void td_pool_look(struct td_pool *pool, void (*ready)(void *arg, int result), void *arg);

/* What the next generation keeps besides the present versions: `used` of td_shelf_look, stolen. */
void td_pool_use(struct td_pool *pool, json_t *used);

#endif
