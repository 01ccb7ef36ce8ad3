/* lockout.h - wrong passwords and codes make the next try wait, longer each time.
 *
 * The first `free` failures cost nothing; the next makes one wait `first` seconds, and each more
 * doubles that up to `most`. A login that does not exist waits like one that does, so the wait tells nothing. Failures
 * count per login and place: an address prefix from which the login succeeded within 90 days has a count
 * of its own, all others share one, so that strangers who guess do not keep the person out where he
 * usually works. An attempt counts before it is checked, or many at once would be free.
 *
 * Kept in Redis, for all nodes and over restarts of the server; when Redis is lost nothing is tried:
 * nobody could get a session. Redis learns neither login nor address, only hashes. */
#ifndef TD_REDIS_LOCKOUT_H
#define TD_REDIS_LOCKOUT_H

#include <stdbool.h>
#include <stdint.h>

struct td_redis;

enum { TD_LOCKOUT_SUBJECT_TEXT = 33 };

/* How many failures are free, the first and the longest wait in seconds; before the loop runs. */
void td_lockout_set(int64_t free_failures, int64_t first_seconds, int64_t most_seconds);

/* The name under which a login's failures are kept. */
void td_lockout_subject(const char *login, char subject[TD_LOCKOUT_SUBJECT_TEXT]);

/* `result`: 0, the attempt may go on and counts as failed until it is cleared, `failures` came before
 * it since the last success, from wherever; TD_ETHROTTLED with the seconds to wait; TD_EREDIS: could
 * not count. */
typedef void (*td_lockout_fn)(void *arg, int result, int wait_seconds, int failures);

/* 0: `done` is called exactly once, later, on the loop. TD_EREDIS, TD_EBUSY, TD_ENOMEM: never. */
int td_lockout_take(struct td_redis *redis, const char *subject, const char *address,
                    td_lockout_fn done, void *arg);

/* The attempt was right, but not all of the proof: it does not count. */
void td_lockout_forgive(struct td_redis *redis, const char *subject, const char *address);

/* It was right: nothing counts any more from this place, which is known from now on. */
void td_lockout_clear(struct td_redis *redis, const char *subject, const char *address);

/* Nobody waits for this login any more. `done` may be NULL. */
void td_lockout_unlock(struct td_redis *redis, const char *subject);

#endif
