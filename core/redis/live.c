/* live.c - see live.h. Subscriptions hang in a hash table by topic. While a message is being
 * delivered an ended subscription is only marked, and freed afterwards, so that callbacks may end
 * any of them. */
#include "redis/live.h"

#include "base/error.h"
#include "base/log.h"
#include "redis/client.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum { BUCKETS = 1024 };

#define CHANNEL "titled:live"

struct td_live_subscription {
    LIST_ENTRY(td_live_subscription) link;
    struct td_live *live;
    char *topic;
    td_live_fn heard;
    void *arg;
    bool ended;
};

LIST_HEAD(bucket, td_live_subscription);

struct td_live {
    struct td_redis *commands;
    struct td_redis *listener;
    struct bucket buckets[BUCKETS];
    int delivering;
    bool ended_some;
    bool gap; /* the listener was away: subscribers may have missed something */
};

static struct bucket *bucket_of(struct td_live *live, const char *topic)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const unsigned char *c = (const unsigned char *)topic; *c; c++)
        hash = (hash ^ *c) * 16777619u;
    return &live->buckets[hash % BUCKETS];
}

static void subscription_free(struct td_live_subscription *subscription)
{
    LIST_REMOVE(subscription, link);
    free(subscription->topic);
    free(subscription);
}

static void delivery_ends(struct td_live *live)
{
    if (--live->delivering > 0 || !live->ended_some)
        return;
    live->ended_some = false;
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct td_live_subscription *at = LIST_FIRST(&live->buckets[i]), *next; at;
             at = next) {
            next = LIST_NEXT(at, link);
            if (at->ended)
                subscription_free(at);
        }
}

static void on_message(void *arg, const char *text, size_t length)
{
    struct td_live *live = arg;
    json_t *message = json_loadb(text, length, 0, NULL);
    const char *topic = json_string_value(json_object_get(message, "topic"));
    if (!topic) {
        TD_LOG(TD_LOG_WARNING, "live.unreadable", TD_I("bytes", length));
        json_decref(message);
        return;
    }
    live->delivering++;
    struct td_live_subscription *at;
    LIST_FOREACH(at, bucket_of(live, topic), link)
    if (!at->ended && !strcmp(at->topic, topic))
        at->heard(at->arg, message);
    delivery_ends(live);
    json_decref(message);
}

static void resync_all(struct td_live *live)
{
    live->delivering++;
    for (size_t i = 0; i < BUCKETS; i++) {
        struct td_live_subscription *at;
        LIST_FOREACH(at, &live->buckets[i], link)
        {
            json_t *message = json_pack("{s:s, s:s}", "topic", at->topic, "event", "resync");
            if (message && !at->ended)
                at->heard(at->arg, message);
            json_decref(message);
        }
    }
    delivery_ends(live);
}

static void on_change(void *arg, bool available)
{
    struct td_live *live = arg;
    if (!available)
        live->gap = true;
    else if (live->gap) {
        live->gap = false;
        resync_all(live);
    }
}

struct td_live *td_live_new(struct td_redis *commands, const struct td_redis_options *options)
{
    struct td_live *live = calloc(1, sizeof(*live));
    if (!live)
        return NULL;
    struct td_redis_options own = *options;
    own.name = "live";
    live->commands = commands;
    live->listener = td_redis_new(&own);
    if (!live->listener || td_redis_listen(live->listener, CHANNEL, on_message, live) < 0 ||
        td_redis_watch(live->listener, on_change, live) < 0) {
        td_live_free(live);
        return NULL;
    }
    return live;
}

void td_live_free(struct td_live *live)
{
    if (!live)
        return;
    td_redis_free(live->listener);
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct td_live_subscription *at = LIST_FIRST(&live->buckets[i]), *next; at;
             at = next) {
            next = LIST_NEXT(at, link);
            subscription_free(at);
        }
    free(live);
}

struct td_live_subscription *td_live_subscribe(struct td_live *live, const char *topic,
                                               td_live_fn heard, void *arg)
{
    size_t length = strlen(topic);
    if (length == 0 || length > TD_LIVE_TOPIC_MAX)
        return NULL;
    struct td_live_subscription *subscription = calloc(1, sizeof(*subscription));
    char *copy = strdup(topic);
    if (!subscription || !copy) {
        free(subscription);
        free(copy);
        return NULL;
    }
    *subscription =
        (struct td_live_subscription){.live = live, .topic = copy, .heard = heard, .arg = arg};
    LIST_INSERT_HEAD(bucket_of(live, topic), subscription, link);
    return subscription;
}

void td_live_unsubscribe(struct td_live_subscription *subscription)
{
    if (!subscription)
        return;
    if (subscription->live->delivering) {
        subscription->ended = true;
        subscription->live->ended_some = true;
    } else {
        subscription_free(subscription);
    }
}

int td_live_publish(struct td_live *live, const json_t *message)
{
    if (!json_string_length(json_object_get(message, "topic")))
        return TD_EINVALID;
    char *text = json_dumps(message, JSON_COMPACT);
    if (!text)
        return TD_ENOMEM;
    int result = td_redis_command(live->commands, NULL, NULL,
                                  (const char *[]){"PUBLISH", CHANNEL, text, NULL});
    free(text);
    return result;
}
