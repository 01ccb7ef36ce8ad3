/* frame.h - between the wire and the handlers: every request passes the same phases.
 *
 *   route -> session (Redis) -> account and role (store) -> body -> origin and CSRF -> schema ->
 * throttle
 *   -> lease -> steps (read, work, write) -> session change -> reply
 *
 * Default deny: a row's roles are the only way in. The frame lives on the loop; steps run on store
 * threads and come back through a mailbox. A client that goes away does not stop a write that has
 * begun. */
#ifndef TD_HTTP_FRAME_H
#define TD_HTTP_FRAME_H

#include "base/error.h"
#include "http/connection.h"
#include "http/router.h"
#include "http/view.h"

#include <jansson.h>

struct td_calendar;
struct td_config;
struct td_cpu;
struct td_dispatch;
struct td_examiners;
struct td_frame;
struct td_live;
struct td_mailbox;
struct td_pool;
struct td_queue;
struct td_redis;
struct td_seal_key;
struct td_sessions;
struct td_spool;
struct td_stall;
struct td_static;
struct td_store;
struct td_tx;

/* Everything is borrowed and outlives the frame. */
struct td_frame_options {
    struct event_base *base;
    const struct td_config *config;
    const struct td_calendar *calendar;
    const struct td_seal_key *seal;
    struct td_store *store;
    struct td_redis *redis;
    struct td_sessions *sessions;
    struct td_queue *queue;
    struct td_live *live;
    struct td_mailbox *mailbox;
    struct td_cpu *cpu;
    struct td_spool *spool;
    const struct td_stall *stall; /* for td_frame_status; may be NULL */
    struct td_pool *pool; /* may be NULL: no series, scorer rows answer TD_EBUSY */
    struct td_examiners *examiners; /* may be NULL: uploads answer TD_EBUSY */
    const struct td_static *assets;
    struct td_views *views;                  /* the frame takes its own reference */
    const struct td_route *const *resources; /* NULL-ended */
    /* Called on the loop after a TD_ROUTE_DEMO write was committed; calls done(arg) once the server
     * has caught up with the moved clock. NULL = nothing to do. */
    void (*moved)(void *arg, void (*done)(void *done_arg), void *done_arg);
    void *moved_arg;
    void (*stopped)(void *arg); /* td_http_server_stop has finished; may be NULL */
    void *stopped_arg;
};

/* Compiles and checks the rows; see td_router_new for what is refused. */
int td_frame_new(const struct td_frame_options *options, struct td_frame **ret_frame,
                 struct td_error *reterr);
/* Only when no request is open. NULL is fine. */
void td_frame_free(struct td_frame *frame);

/* What the http server calls; its `frame` argument is the td_frame. */
extern const struct td_http_callbacks td_frame_callbacks;

/* Requests that are somewhere between on_head and their reply. */
size_t td_frame_open(const struct td_frame *frame);

/* For TD_WORK_STATUS and the log: {"redis": true, "scorer": true, "series": [...], "refused":
 * [...], "open_requests": n}, and of what there is: "dispatch", "memo" (td_memo_stats), "connections" (the counters of
 * http/connection.h), "workers" (those of scoring/pool.h), "examiners" {"running", "waiting"}, "loop"
 * (td_stall_status). A new reference. On the loop. */
json_t *td_frame_status(const struct td_frame *frame);
void td_frame_set_dispatch(struct td_frame *frame, const struct td_dispatch *dispatch);
void td_frame_set_http(struct td_frame *frame, const struct td_http_server *http);

/* Forgets the answers to Idempotency-Keys that are older than five days (two are promised). In a write transaction. */
int td_idempotency_forget(struct td_tx *tx);

#endif
