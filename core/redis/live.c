/* live.c - see live.h. Subscriptions hang in a hash table by topic. While a message is being
 * delivered an ended subscription is only marked, and freed afterwards, so that callbacks may end
 * any of them. */
#include "redis/live.h"

#include "base/error.h"
#include "base/id.h"
#include "base/log.h"
#include "redis/client.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum { BUCKETS = 1024, PLACE_TEXT = 64 };

/* Numbers and publishes. Redis that is full numbers nothing: the message goes out without a place
 * in the order ("-"). ARGV: channel, name of a new run, message. */
static const char publish_script[] =
    "local n, id = redis.pcall('INCR', KEYS[1]), '-'\n"
    "if type(n) == 'number' then\n"
    "  if n == 1 then redis.call('SET', KEYS[2], ARGV[2]) end\n"
    "  local run = redis.call('GET', KEYS[2])\n"
    "  if run then id = run .. '-' .. string.format('%.0f', n) end\n"
    "end\n"
    "redis.call('PUBLISH', ARGV[1], id .. ' ' .. ARGV[3])\n"
    "return id\n";

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
    bool gap;             /* the listener was away: subscribers may have missed something */
    char run[TD_ID_TEXT]; /* "" = the position is not known */
    unsigned char key[crypto_secretbox_KEYBYTES]; /* of the run: seals ids */
    int64_t last;                                 /* number of the last message heard */
    size_t kept_count;          /* those before it that are still known, itself included */
    json_t *kept[TD_LIVE_KEPT]; /* number n is at n % TD_LIVE_KEPT */
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

static void resync_all(struct td_live *live)
{
    live->delivering++;
    for (size_t i = 0; i < BUCKETS; i++) {
        struct td_live_subscription *at;
        LIST_FOREACH(at, &live->buckets[i], link)
        {
            json_t *message = json_pack("{s:s, s:s}", "topic", at->topic, "event", "resync");
            if (message && !at->ended)
                at->heard(at->arg, message, NULL);
            json_decref(message);
        }
    }
    delivery_ends(live);
}

static void forget(struct td_live *live)
{
    for (size_t i = 0; i < TD_LIVE_KEPT; i++) {
        json_decref(live->kept[i]);
        live->kept[i] = NULL;
    }
    live->run[0] = 0;
    live->kept_count = 0;
}

/* "<run>-<number>" into its parts; a run is a ULID. */
static bool read_place(const char *place, char run[TD_ID_TEXT], int64_t *ret_number)
{
    const char *dash = strchr(place, '-');
    if (!dash || dash - place != TD_ID_TEXT - 1)
        return false;
    memcpy(run, place, TD_ID_TEXT - 1);
    run[TD_ID_TEXT - 1] = 0;
    char *end;
    *ret_number = strtoll(dash + 1, &end, 10);
    return end > dash + 1 && !*end && *ret_number > 0;
}

/* What people see of a place: its number, sealed anew each time, so that nobody can tell from ids
 * how much happens. The key comes from the run, which nobody sees; all nodes have it. */
enum {
    NUMBER_BYTES = sizeof(int64_t),
    SEALED_BYTES = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + NUMBER_BYTES
};
_Static_assert(TD_LIVE_ID_TEXT == 2 * SEALED_BYTES + 1, "an id is the sealed number in hex");

static void seal_number(const struct td_live *live, int64_t number, char id[TD_LIVE_ID_TEXT])
{
    unsigned char sealed[SEALED_BYTES];
    randombytes_buf(sealed, crypto_secretbox_NONCEBYTES);
    crypto_secretbox_easy(sealed + crypto_secretbox_NONCEBYTES, (const unsigned char *)&number,
                          NUMBER_BYTES, sealed, live->key);
    sodium_bin2hex(id, TD_LIVE_ID_TEXT, sealed, sizeof(sealed));
}

static bool open_number(const struct td_live *live, const char *id, int64_t *ret_number)
{
    unsigned char sealed[SEALED_BYTES];
    size_t size;
    return strlen(id) == TD_LIVE_ID_TEXT - 1 &&
           sodium_hex2bin(sealed, sizeof(sealed), id, TD_LIVE_ID_TEXT - 1, NULL, &size, NULL) ==
               0 &&
           size == sizeof(sealed) &&
           crypto_secretbox_open_easy(
               (unsigned char *)ret_number, sealed + crypto_secretbox_NONCEBYTES,
               SEALED_BYTES - crypto_secretbox_NONCEBYTES, sealed, live->key) == 0;
}

/* Notes a numbered message. False: one was missed before it, or it has no number. */
static bool keep(struct td_live *live, const char *place, json_t *message)
{
    char run[TD_ID_TEXT];
    int64_t number;
    if (!read_place(place, run, &number)) {
        forget(live);
        return true; /* who listens has it; only nobody can come back to it */
    }
    bool follows = !live->run[0] || (!strcmp(live->run, run) && number == live->last + 1);
    if (!follows)
        forget(live);
    if (strcmp(live->run, run) != 0)
        crypto_generichash(live->key, sizeof(live->key), (const unsigned char *)run, TD_ID_TEXT - 1,
                           NULL, 0);
    memcpy(live->run, run, sizeof(run));
    live->last = number;
    json_t **kept = &live->kept[number % TD_LIVE_KEPT];
    json_decref(*kept);
    *kept = json_incref(message);
    if (live->kept_count < TD_LIVE_KEPT)
        live->kept_count++;
    return follows;
}

static void deliver(struct td_live *live, const char *topic, const json_t *message, const char *id)
{
    live->delivering++;
    struct td_live_subscription *at;
    LIST_FOREACH(at, bucket_of(live, topic), link)
    if (!at->ended && !strcmp(at->topic, topic))
        at->heard(at->arg, message, id);
    delivery_ends(live);
}

/* "<place> <message>", or a bare message. */
static void on_message(void *arg, const char *text, size_t length)
{
    struct td_live *live = arg;
    char place[PLACE_TEXT] = "", id[TD_LIVE_ID_TEXT];
    const char *json = length > 0 && *text != '{' ? memchr(text, ' ', length) : NULL;
    if (json && json - text < PLACE_TEXT)
        memcpy(place, text, (size_t)(json - text));
    json = json ? json + 1 : text;
    json_t *message = json_loadb(json, length - (size_t)(json - text), 0, NULL);
    const char *topic = json_string_value(json_object_get(message, "topic"));
    if (!topic)
        TD_LOG(TD_LOG_WARNING, "live.unreadable", TD_I("bytes", length));
    else if (*place && !keep(live, place, message))
        resync_all(live);
    else
        deliver(live, topic, message, *place && td_live_position(live, id) ? id : NULL);
    json_decref(message);
}

/* The first message tells a node where in the order it is; somebody may come back before anything
 * happens. */
static void say_hello(struct td_live *live)
{
    json_t *hello = json_pack("{s:s, s:s}", "topic", "live", "event", "hello");
    if (hello && !live->run[0])
        td_live_publish(live, hello);
    json_decref(hello);
}

static void on_change(void *arg, bool available)
{
    struct td_live *live = arg;
    if (!available) {
        live->gap = true;
        forget(live);
        return;
    }
    say_hello(live);
    if (live->gap) {
        live->gap = false;
        resync_all(live);
    }
}

static void on_commands(void *arg, bool available)
{
    if (available)
        say_hello(arg);
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
    if (!live->listener || td_redis_listen(live->listener, TD_LIVE_CHANNEL, on_message, live) < 0 ||
        td_redis_watch(live->listener, on_change, live) < 0 ||
        td_redis_watch(commands, on_commands, live) < 0) {
        td_live_free(live);
        return NULL;
    }
    return live;
}

void td_live_free(struct td_live *live)
{
    if (!live)
        return;
    td_redis_unwatch(live->commands, on_commands, live);
    td_redis_free(live->listener);
    forget(live);
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

bool td_live_position(const struct td_live *live, char id[TD_LIVE_ID_TEXT])
{
    if (!live->run[0])
        return false;
    seal_number(live, live->last, id);
    return true;
}

bool td_live_replay(struct td_live *live, const char *id, const char *topic, td_live_fn heard,
                    void *arg)
{
    int64_t number;
    if (!live->run[0] || !open_number(live, id, &number) ||
        number < live->last - (int64_t)live->kept_count)
        return false;
    while (number < live->last) { /* another node may be ahead */
        const json_t *message = live->kept[++number % TD_LIVE_KEPT];
        char its_id[TD_LIVE_ID_TEXT];
        if (strcmp(json_string_value(json_object_get(message, "topic")), topic) != 0)
            continue;
        seal_number(live, number, its_id);
        heard(arg, message, its_id);
    }
    return true;
}

int td_live_publish(struct td_live *live, const json_t *message)
{
    if (!json_string_length(json_object_get(message, "topic")))
        return TD_EINVALID;
    char *text = json_dumps(message, JSON_COMPACT);
    if (!text)
        return TD_ENOMEM;
    char run[TD_ID_TEXT];
    td_id_new(run);
    int result = td_redis_eval(live->commands, NULL, NULL, publish_script, 2,
                               (const char *[]){TD_LIVE_CHANNEL ":n", TD_LIVE_CHANNEL ":run",
                                                TD_LIVE_CHANNEL, run, text, NULL});
    free(text);
    return result;
}
