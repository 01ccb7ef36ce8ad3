/* dispatch.h - what happens after commit: outbox rows become jobs.
 *
 * A transaction leaves rows in the outbox. After its commit they are put on a Redis stream, a
 * consumer group hands each to one node, and that node runs the kind's steps: read (a reader
 * transaction that prepares), work (a scorer job, or something on the loop), write (a transaction
 * that stores the result and marks the row done). At least once: every step may be repeated,
 * `done_at` is checked first in the write. The outbox is the truth and the stream only deals rows
 * out: a lost stream is refilled from open rows at start, after each reconnect and every half
 * minute.
 *
 * A job that fails is tried again after a growing delay; after TD_DISPATCH_ATTEMPTS it is left
 * alone, logged and counted in td_dispatch_status. It never holds up others.
 *
 * Without Redis jobs wait and are done when it is back: nobody can be logged in meanwhile, and one
 * way of dealing out is easier to trust than two. */
#ifndef TD_DISPATCH_H
#define TD_DISPATCH_H

#include "base/error.h"
#include "review/review.h"

#include <jansson.h>

struct event_base;
struct td_calendar;
struct td_config;
struct td_dispatch;
struct td_live;
struct td_pool;
struct td_redis;
struct td_redis_options;
struct td_seal_key;
struct td_sessions;
struct td_store;

enum { TD_DISPATCH_ATTEMPTS = 5, TD_DISPATCH_IN_FLIGHT = 16 };

/* What the work step does with the job. */
enum td_dispatch_work {
    TD_DISPATCH_NONE,    /* straight to write */
    TD_DISPATCH_SCORER,  /* the job that `read` built goes to a scorer worker */
    TD_DISPATCH_SESSIONS, /* {"account", "keep"?}: ends that account's sessions */
    TD_DISPATCH_TRIALS,   /* wakes who runs trials (trials.h) */
    TD_DISPATCH_OUTGOING  /* wakes who sends deliveries, once the row is done: the next call may come */
};

/* One kind of outbox row. `read` answers a job as a new reference, or NULL when nothing is left to
 * do (the row is then done). `write` gets that job and the scorer's answer; NULL without one. */
struct td_dispatch_kind {
    const char *kind;
    int (*read)(struct td_review *review, const json_t *payload, json_t **ret_job,
                struct td_error *reterr);
    enum td_dispatch_work work;
    int (*write)(struct td_review *review, const json_t *payload, const json_t *job,
                 const json_t *answer, struct td_error *reterr);
    /* The scorer failed: `blame` = the parameters of its error (scoring/pool.h). May be NULL. In the
     * transaction that notes the failed attempt. */
    int (*failed)(struct td_review *review, const json_t *payload, const json_t *job,
                  const json_t *blame, struct td_error *reterr);
};

/* The rows of the real server ("score", "session", "trial", "rescore", "deliver"), ended by a NULL kind. "live" rows are not jobs:
 * they are published and marked done in batches. */
extern const struct td_dispatch_kind td_dispatch_kinds[];

struct td_dispatch_options {
    struct event_base *base;
    struct td_store *store; /* all borrowed, all outlive the dispatcher */
    struct td_pool *pool;   /* may be NULL while no kind needs it */
    struct td_redis *commands;
    const struct td_redis_options *redis; /* for its own blocking connection; copied */
    struct td_live *live;
    struct td_sessions *sessions;
    void (*wake)(void *arg); /* TD_DISPATCH_TRIALS: on the loop; NULL = nobody waits */
    void *wake_arg;
    void (*wake_outgoing)(void *arg); /* TD_DISPATCH_OUTGOING: on the loop; NULL = nobody waits */
    void *wake_outgoing_arg;
    const struct td_config *config;
    const struct td_calendar *calendar;
    const struct td_seal_key *seal;
    const char *node; /* this node's name in the consumer group; NULL = host name */
    const struct td_dispatch_kind *kinds; /* NULL = td_dispatch_kinds */
    int sweep_ms;                         /* 0 = 30000 */
    int retry_ms;                         /* first delay, doubled 4 times each time; 0 = 2000 */
};

/* Takes over td_store_on_outbox and starts. */
int td_dispatch_new(const struct td_dispatch_options *options, struct td_dispatch **ret_dispatch,
                    struct td_error *reterr);

/* Call it after td_pool_free and then td_store_close, which answer what is still running, and
 * before the Redis objects are freed. What was not finished stays open in the outbox and runs again
 * after the next start. NULL is fine. */
void td_dispatch_free(struct td_dispatch *dispatch);

/* For the operations page: {"available": true, "in_flight": 3, "done": 120, "failed": 2,
 * "given_up": 0}, counted by this node since its start. A new reference. On the loop. */
json_t *td_dispatch_status(const struct td_dispatch *dispatch);

#endif
