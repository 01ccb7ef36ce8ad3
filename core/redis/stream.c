/* stream.c - see stream.h.
 *
 * Keys: titled:jobs (the stream, one consumer group "titled") and titled:job:<id> (markers). When
 * the waiting connection is ready: make the group, read what this node was given in an earlier
 * life, then wait for new entries for as long as there is room. A Redis that lost the group (wiped
 * while connected) answers an error; then the group is made again and the owner told to refill. */
#include "redis/stream.h"

#include "base/error.h"
#include "base/log.h"
#include "redis/client.h"
#include "redis/reply.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_MS = 5000,
    SLACK_MS = 2000,
    KEY_TEXT = 64,
    NUMBER_TEXT = 24,
    PENDING_MAX = 100,
    AGAIN_MS = 500
};

#define STREAM "titled:jobs"
#define GROUP  "titled"
#define MARKER "titled:job:"

static const char group_script[] =
    "redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')\n"
    "return redis.call('EXISTS', KEYS[1])\n";

/* KEYS: the stream, a marker per id. ARGV: marker ms, the ids. */
static const char put_script[] = "local put = 0\n"
                                 "for i = 2, #KEYS do\n"
                                 "  if redis.call('SET', KEYS[i], '1', 'NX', 'PX', ARGV[1]) then\n"
                                 "    redis.call('XADD', KEYS[1], '*', 'id', ARGV[i])\n"
                                 "    put = put + 1\n"
                                 "  end\n"
                                 "end\n"
                                 "return put\n";

/* ARGV: group, entry, ms until the id may be put again. */
static const char done_script[] =
    "redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])\n"
    "redis.call('XDEL', KEYS[1], ARGV[2])\n"
    "if tonumber(ARGV[3]) > 0 then redis.call('SET', KEYS[2], '1', 'PX', ARGV[3])\n"
    "else redis.call('DEL', KEYS[2]) end\n"
    "return 1\n";

struct td_stream {
    struct td_stream_options options;
    char *node;
    struct td_redis *reader;
    struct event *again; /* after an error: make the group once more, a little later */
    bool grouped;        /* the group exists and entries of the earlier life were read */
    bool reading;        /* an XREADGROUP is open */
};

static void read_more(struct td_stream *stream);

static void hand_over(struct td_stream *stream, const struct redisReply *entries)
{
    for (size_t i = 0; i < td_reply_count(entries); i++) {
        const struct redisReply *entry = td_reply_at(entries, i);
        const char *name = td_reply_text(td_reply_at(entry, 0));
        const char *id = td_reply_text(td_reply_at(td_reply_at(entry, 1), 1));
        if (!name)
            continue;
        if (id && td_id_valid(id))
            stream->options.entry(stream->options.arg, name, id);
        else /* deleted meanwhile, or not ours */
            td_redis_command(stream->options.commands, NULL, NULL,
                             (const char *[]){"XACK", STREAM, GROUP, name, NULL});
    }
}

static void try_again_later(struct td_stream *stream)
{
    stream->grouped = false;
    event_add(stream->again, &(struct timeval){.tv_usec = AGAIN_MS * 1000});
}

static void on_read(void *arg, int result, const struct redisReply *reply)
{
    struct td_stream *stream = arg;
    stream->reading = false;
    if (result < 0) {
        if (td_redis_available(stream->reader))
            try_again_later(stream);
        return; /* otherwise the reconnect starts over */
    }
    hand_over(stream, td_reply_at(td_reply_at(reply, 0), 1));
    read_more(stream);
}

static int read_group(struct td_stream *stream, const char *from, size_t count, td_redis_fn done)
{
    char most[NUMBER_TEXT], block[NUMBER_TEXT];
    snprintf(most, sizeof(most), "%zu", count);
    snprintf(block, sizeof(block), "%d", BLOCK_MS);
    return td_redis_command(stream->reader, done, stream,
                            (const char *[]){"XREADGROUP", "GROUP", GROUP, stream->node, "COUNT",
                                             most, "BLOCK", block, "STREAMS", STREAM, from, NULL});
}

static void read_more(struct td_stream *stream)
{
    size_t room = stream->options.room(stream->options.arg);
    if (!stream->grouped || stream->reading || room == 0)
        return;
    stream->reading = read_group(stream, ">", room, on_read) == 0;
}

static void on_earlier(void *arg, int result, const struct redisReply *reply)
{
    struct td_stream *stream = arg;
    if (result < 0) {
        if (td_redis_available(stream->reader))
            try_again_later(stream);
        return;
    }
    stream->grouped = true;
    hand_over(stream, td_reply_at(td_reply_at(reply, 0), 1));
    stream->options.ready(stream->options.arg);
    read_more(stream);
}

static void on_grouped(void *arg, int result, const struct redisReply *reply)
{
    struct td_stream *stream = arg;
    (void)reply;
    if (result == 0)
        result = read_group(stream, "0", PENDING_MAX, on_earlier);
    if (result < 0 && td_redis_available(stream->reader))
        try_again_later(stream);
}

static void make_group(struct td_stream *stream)
{
    if (td_redis_eval(stream->reader, on_grouped, stream, group_script, 1,
                      (const char *[]){STREAM, GROUP, NULL}) < 0 &&
        td_redis_available(stream->reader))
        try_again_later(stream);
}

static void on_again(evutil_socket_t fd, short events, void *arg)
{
    struct td_stream *stream = arg;
    (void)fd, (void)events;
    if (td_redis_available(stream->reader) && !stream->grouped && !stream->reading)
        make_group(stream);
}

static void on_change(void *arg, bool available)
{
    struct td_stream *stream = arg;
    stream->grouped = false;
    event_del(stream->again);
    if (available)
        make_group(stream);
}

struct td_stream *td_stream_new(const struct td_stream_options *options)
{
    struct td_stream *stream = calloc(1, sizeof(*stream));
    if (!stream)
        return NULL;
    struct td_redis_options own = *options->redis;
    own.name = "jobs";
    own.command_ms = BLOCK_MS + SLACK_MS;
    stream->options = *options;
    stream->options.redis = NULL; /* not ours to keep */
    stream->node = strdup(options->node);
    stream->again = event_new(own.base, -1, 0, on_again, stream);
    stream->reader = td_redis_new(&own);
    if (!stream->node || !stream->again || !stream->reader ||
        td_redis_watch(stream->reader, on_change, stream) < 0) {
        td_stream_free(stream);
        return NULL;
    }
    return stream;
}

void td_stream_free(struct td_stream *stream)
{
    if (!stream)
        return;
    td_redis_free(stream->reader);
    if (stream->again)
        event_free(stream->again);
    free(stream->node);
    free(stream);
}

static void marker_key(const char *id, char key[KEY_TEXT])
{
    snprintf(key, KEY_TEXT, MARKER "%s", id);
}

int td_stream_put(struct td_stream *stream, const json_t *ids)
{
    size_t count = json_array_size(ids);
    if (count > TD_STREAM_BATCH)
        count = TD_STREAM_BATCH;
    char(*markers)[KEY_TEXT] = calloc(count + 1, sizeof(*markers));
    const char **argv = calloc(2 * count + 3, sizeof(*argv));
    char expiry[NUMBER_TEXT];
    int result = TD_ENOMEM;
    if (!markers || !argv)
        goto out;
    snprintf(expiry, sizeof(expiry), "%d", TD_STREAM_MARKER_MS);
    argv[0] = STREAM;
    argv[count + 1] = expiry;
    for (size_t i = 0; i < count; i++) {
        const char *id = json_string_value(json_array_get(ids, i));
        marker_key(id, markers[i]);
        argv[i + 1] = markers[i];
        argv[count + 2 + i] = id;
    }
    result = td_redis_eval(stream->options.commands, NULL, NULL, put_script, (int)count + 1, argv);
out:
    free(markers);
    free(argv);
    return result;
}

int td_stream_done(struct td_stream *stream, const char *entry, const char *id, int again_ms)
{
    char marker[KEY_TEXT], again[NUMBER_TEXT];
    marker_key(id, marker);
    snprintf(again, sizeof(again), "%d", again_ms);
    return td_redis_eval(stream->options.commands, NULL, NULL, done_script, 2,
                         (const char *[]){STREAM, marker, GROUP, entry, again, NULL});
}

void td_stream_resume(struct td_stream *stream)
{
    read_more(stream);
}

static void on_claimed(void *arg, int result, const struct redisReply *reply)
{
    if (result == 0)
        hand_over(arg, td_reply_at(reply, 1));
}

void td_stream_claim(struct td_stream *stream)
{
    char idle[NUMBER_TEXT], most[NUMBER_TEXT];
    size_t room = stream->options.room(stream->options.arg);
    if (!stream->grouped || room == 0)
        return;
    snprintf(idle, sizeof(idle), "%d", TD_STREAM_CLAIM_MS);
    snprintf(most, sizeof(most), "%zu", room);
    /* Waits behind an open XREADGROUP for some seconds, which does not matter here. */
    td_redis_command(stream->reader, on_claimed, stream,
                     (const char *[]){"XAUTOCLAIM", STREAM, GROUP, stream->node, idle, "0-0",
                                      "COUNT", most, NULL});
}
