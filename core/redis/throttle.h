/* throttle.h - how often somebody may do something: counters in fixed windows, kept in Redis so
 * that all nodes count together.
 *
 * One request may draw on several counters at once; it is allowed when all of them have room, and
 * then counts in all. Without Redis callers let requests pass (TD_EREDIS says so); a login cannot
 * work then anyhow, because its session cannot be stored. */
#ifndef TD_REDIS_THROTTLE_H
#define TD_REDIS_THROTTLE_H

#include <stddef.h>
#include <stdint.h>

struct td_redis;

/* Window and default limit of each class are rows in throttle.c. */
enum td_throttle_class {
    TD_THROTTLE_LOGIN_ADDRESS, /* subject: address: one guess at each of many logins;
                                * guesses at one are redis/lockout.h */
    TD_THROTTLE_PUBLIC, /* subject: address: writes without a session (complaints, objections), codes of receipts */
    TD_THROTTLE_WRITE,  /* subject: account */
    TD_THROTTLE_UPLOAD, /* subject: account */
    TD_THROTTLE_CLASS_COUNT
};

enum { TD_THROTTLE_USES_MAX = 8 };

/* How many times per window; before the loop runs. */
void td_throttle_set_limit(enum td_throttle_class class, int64_t limit);

struct td_throttle_use {
    enum td_throttle_class class;
    const char *subject; /* hashed before it is sent: Redis learns no logins and no addresses */
};

/* `result`: 0 = allowed; TD_ETHROTTLED with the seconds to wait; TD_EREDIS = could not count: let
 * it pass. */
typedef void (*td_throttle_fn)(void *arg, int result, int wait_seconds);

/* 0: `done` is called exactly once, later, on the loop. TD_EREDIS, TD_EBUSY, TD_ENOMEM: it is not
 * called. */
int td_throttle_take(struct td_redis *redis, const struct td_throttle_use *uses, size_t count,
                     td_throttle_fn done, void *arg);

/* Gives back what td_throttle_take counted: after a right password, so that only failures count.
 * Without an answer: nothing depends on it. */
void td_throttle_give_back(struct td_redis *redis, const struct td_throttle_use *uses,
                           size_t count);

#endif
