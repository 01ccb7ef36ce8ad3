/* live.h - live updates: topics, and who on this node listens to them.
 *
 * Every node publishes to and listens on one Redis channel, so a change made on any node reaches
 * the pages open on all. A message is {"topic": "application/01J...", "event": "changed", ...}.
 * Messages may be lost (Redis gone): after a gap every subscriber gets {"topic": its own, "event":
 * "resync"} and should look again. All on the loop.
 *
 * Messages are numbered by Redis; a Redis that has lost its keys begins another run. What people see of a
 * number is sealed (TD_LIVE_ID_TEXT), and readable on every node. Each node keeps the last TD_LIVE_KEPT of them, for who
 * comes back with the id of the last one he heard, on whichever node. A number that is not the next
 * one is a gap, too. */
#ifndef TD_REDIS_LIVE_H
#define TD_REDIS_LIVE_H

#include <jansson.h>
#include <stdbool.h>

struct td_live;
struct td_live_subscription;
struct td_redis;
struct td_redis_options;

enum { TD_LIVE_TOPIC_MAX = 128, TD_LIVE_KEPT = 512, TD_LIVE_ID_TEXT = 97 };

/* The one channel. Scripts of redis/ publish bare messages there, without a number and without a
 * promise: {"topic": "session/<id>", "event": "ended"}. */
#define TD_LIVE_CHANNEL "titled:live"

/* `commands` (borrowed, outlives it) publishes; `options` open a second connection that listens;
 * its `name` is ignored. NULL when memory is short. */
struct td_live *td_live_new(struct td_redis *commands, const struct td_redis_options *options);
/* Subscriptions still open are forgotten: their owners must not unsubscribe afterwards. */
void td_live_free(struct td_live *live);

/* `message` and `id` are borrowed; `id` is NULL for what has none (resync, ended). The callback may
 * unsubscribe itself or any other subscription. */
typedef void (*td_live_fn)(void *arg, const json_t *message, const char *id);

/* NULL when memory is short or the topic is empty or longer than TD_LIVE_TOPIC_MAX. */
struct td_live_subscription *td_live_subscribe(struct td_live *live, const char *topic,
                                               td_live_fn heard, void *arg);
void td_live_unsubscribe(struct td_live_subscription *subscription); /* NULL is fine */

/* The id of the last message heard here; false, and nothing written, while it is not known. */
bool td_live_position(const struct td_live *live, char id[TD_LIVE_ID_TEXT]);

/* Calls `heard` with every kept message of `topic` after `id`, oldest first. False: what came after
 * `id` is not known (any more), so nothing was called and the caller should look again. */
bool td_live_replay(struct td_live *live, const char *id, const char *topic, td_live_fn heard,
                    void *arg);

/* Sends `message` (borrowed; needs a "topic") to the subscribers of all nodes. TD_EINVALID without
 * a topic, TD_EREDIS while Redis is down. Nothing waits for the outcome. */
int td_live_publish(struct td_live *live, const json_t *message);

#endif
