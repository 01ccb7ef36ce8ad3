/* client.h - one connection to Redis on the event loop.
 *
 * A connection owns deadlines and reconnection, because hiredis has neither: a command that is not
 * answered in time drops the connection, every open command answers TD_EREDIS, and a new connection
 * is tried with a growing, jittered delay. While it is down a send is refused at once, so callers
 * never wait for a Redis that is not there. Connections that block (XREADGROUP) or listen
 * (SUBSCRIBE) are their own; all others share one.
 *
 * Commands are argument vectors, never format strings: what users send cannot become a command.
 * Only redis/ sees replies; the rest of the server uses session.h, queue.h, throttle.h, live.h.
 * Everything here runs on the loop's thread, in a process that ignores SIGPIPE. */
#ifndef TD_REDIS_CLIENT_H
#define TD_REDIS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct redisReply;
struct td_redis;

struct td_redis_options {
    struct event_base *base;
    const char *socket;   /* path of the unix socket */
    const char *user;     /* ACL user; NULL or "" = the default user */
    const char *password; /* NULL or "" = do not authenticate */
    const char *name;     /* "commands", "live", "jobs": for the log */
    int command_ms;       /* deadline of every command of this connection; 0 = 500 */
};

enum { TD_REDIS_COMMAND_MS = 500, TD_REDIS_IN_FLIGHT_MAX = 8192 };

/* Starts connecting; the texts are copied. NULL when memory is short. */
struct td_redis *td_redis_new(const struct td_redis_options *options);

/* Closes. Open commands answer TD_EREDIS from inside this call. NULL is fine. */
void td_redis_free(struct td_redis *redis);

bool td_redis_available(const struct td_redis *redis);

/* Has `changed` called on the loop whenever the connection becomes usable or is lost, until
 * unwatched. TD_ENOMEM. `changed` must not free the connection. */
typedef void (*td_redis_change_fn)(void *arg, bool available);
int td_redis_watch(struct td_redis *redis, td_redis_change_fn changed, void *arg);
void td_redis_unwatch(struct td_redis *redis, td_redis_change_fn changed, void *arg);

/* `result` is 0 and `reply` the answer, borrowed; or TD_EREDIS and NULL: no connection, deadline,
 * or an error reply (logged here). */
typedef void (*td_redis_fn)(void *arg, int result, const struct redisReply *reply);

/* Sends a command: NUL-terminated arguments ended by NULL:
 *     td_redis_command(redis, done, arg, (const char *[]){"DEL", key, NULL});
 * 0: accepted, `done` (may be NULL) is called exactly once, never from inside this call. TD_EREDIS
 * (down), TD_EBUSY (too many open) or TD_ENOMEM: refused, `done` is not called. */
int td_redis_command(struct td_redis *redis, td_redis_fn done, void *arg, const char *const *argv);

/* EVAL of `script` with the first `keys` of the arguments as KEYS, the others as ARGV. A script
 * that could half-run must not exist: each of ours checks first and writes last. */
int td_redis_eval(struct td_redis *redis, td_redis_fn done, void *arg, const char *script, int keys,
                  const char *const *argv);

/* Subscribes this connection to one channel for good, again after every reconnect; the connection
 * can then send nothing else. `message` gets each published text; `changed` via td_redis_watch says
 * when messages may have been missed. Call it before the loop first runs. TD_ENOMEM. */
typedef void (*td_redis_message_fn)(void *arg, const char *text, size_t length);
int td_redis_listen(struct td_redis *redis, const char *channel, td_redis_message_fn message,
                    void *arg);

#endif
