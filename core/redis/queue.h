/* queue.h - leases: who is working on what.
 *
 * What lies in a work queue is a pure function of the dossiers' states, so a queue is never stored:
 * the caller brings the candidates in order, and Redis only knows which of them somebody holds. A
 * lease ends by itself after `lease_seconds` unless renewed. Two people never hold one record;
 * losing Redis loses leases, never work: the write transaction checks the state anyway.
 *
 * 0: `done` is called exactly once, later, on the loop. TD_EREDIS, TD_EBUSY, TD_ENOMEM: it is not.
 */
#ifndef TD_REDIS_QUEUE_H
#define TD_REDIS_QUEUE_H

#include <jansson.h>
#include <stdint.h>

struct td_redis;
struct td_queue;

enum { TD_QUEUE_CANDIDATES_MAX = 500 };

/* Uses `redis` (borrowed, outlives it). NULL when memory is short. */
struct td_queue *td_queue_new(struct td_redis *redis, int64_t lease_seconds);
void td_queue_free(struct td_queue *queue);

/* `id` is what was leased, NULL when nothing was free; `holder` the account that had it before: with
 * TD_ELEASED somebody else, with 0 this account, or NULL when the lease is new. `result`: 0, TD_ELEASED,
 * TD_EREDIS. */
typedef void (*td_queue_fn)(void *arg, int result, const char *id, const char *holder);

/* Leases the first of `candidates` (array of ids, best first; further than TD_QUEUE_CANDIDATES_MAX
 * are not looked at) that is free or already held by this account. */
int td_queue_take(struct td_queue *queue, const char *account_id, const json_t *candidates,
                  td_queue_fn done, void *arg);

/* Leases this one record or renews the lease: 0, or TD_ELEASED and its holder. */
int td_queue_lease(struct td_queue *queue, const char *account_id, const char *id, td_queue_fn done,
                   void *arg);

/* Gives a lease back; somebody else's stays. `done` may be NULL. */
int td_queue_release(struct td_queue *queue, const char *account_id, const char *id,
                     td_queue_fn done, void *arg);

/* Who holds each of `ids`: {id: account id}, the free ones absent; borrowed. */
typedef void (*td_queue_holders_fn)(void *arg, int result, const json_t *holders);
int td_queue_holders(struct td_queue *queue, const json_t *ids, td_queue_holders_fn done,
                     void *arg);

#endif
