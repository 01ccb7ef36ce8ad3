/* throttle.c - see throttle.h. A counter is the key titled:throttle:<class>:<hash of the subject>;
 * it expires with its window. A fixed window lets at most twice the limit through around its edge,
 * which is good enough against guessing and floods, and costs one number. */
#include "redis/throttle.h"

#include "base/error.h"
#include "redis/client.h"
#include "redis/reply.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    const char *name;
    int64_t limit, window_seconds;
} classes[TD_THROTTLE_CLASS_COUNT] = {
    [TD_THROTTLE_LOGIN_ADDRESS] = {"login_address", 100, 600},
    [TD_THROTTLE_PUBLIC] = {"public", 20, 600},
    [TD_THROTTLE_WRITE] = {"write", 600, 60},
    [TD_THROTTLE_UPLOAD] = {"upload", 120, 60},
};

/* Looks at all counters first and counts only when all have room. ARGV: limit and window ms per
 * key. */
static const char take_script[] =
    "local wait = 0\n"
    "for i, key in ipairs(KEYS) do\n"
    "  if tonumber(redis.call('GET', key) or 0) >= tonumber(ARGV[2 * i - 1]) then\n"
    "    wait = math.max(wait, redis.call('PTTL', key), 1)\n"
    "  end\n"
    "end\n"
    "if wait > 0 then return wait end\n"
    "for i, key in ipairs(KEYS) do\n"
    "  if redis.call('INCR', key) == 1 then redis.call('PEXPIRE', key, ARGV[2 * i]) end\n"
    "end\n"
    "return 0\n";

static const char give_back_script[] = "for i, key in ipairs(KEYS) do\n"
                                       "  local count = tonumber(redis.call('GET', key) or 0)\n"
                                       "  if count > 1 then redis.call('DECR', key)\n"
                                       "  elseif count == 1 then redis.call('DEL', key) end\n"
                                       "end\n"
                                       "return 0\n";

void td_throttle_set_limit(enum td_throttle_class class, int64_t limit)
{
    classes[class].limit = limit;
}

enum { HASH_BYTES = 16, KEY_TEXT = 80, NUMBER_TEXT = 24 };

struct pending {
    td_throttle_fn done;
    void *arg;
};

/* The arguments of both scripts, with the room their texts live in. */
struct vector {
    char keys[TD_THROTTLE_USES_MAX][KEY_TEXT];
    char limits[TD_THROTTLE_USES_MAX][NUMBER_TEXT];
    char windows[TD_THROTTLE_USES_MAX][NUMBER_TEXT];
    const char *argv[3 * TD_THROTTLE_USES_MAX + 1];
};

static void fill(struct vector *vector, const struct td_throttle_use *uses, size_t count)
{
    assert(count > 0 && count <= TD_THROTTLE_USES_MAX);
    for (size_t i = 0; i < count; i++) {
        unsigned char hash[HASH_BYTES];
        char hex[2 * HASH_BYTES + 1];
        const char *subject = uses[i].subject;
        crypto_generichash(hash, sizeof(hash), (const unsigned char *)subject, strlen(subject),
                           NULL, 0);
        sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
        snprintf(vector->keys[i], KEY_TEXT, "titled:throttle:%s:%s", classes[uses[i].class].name,
                 hex);
        snprintf(vector->limits[i], NUMBER_TEXT, "%lld", (long long)classes[uses[i].class].limit);
        snprintf(vector->windows[i], NUMBER_TEXT, "%lld",
                 (long long)classes[uses[i].class].window_seconds * 1000);
        vector->argv[i] = vector->keys[i];
        vector->argv[count + 2 * i] = vector->limits[i];
        vector->argv[count + 2 * i + 1] = vector->windows[i];
    }
    vector->argv[3 * count] = NULL;
}

static void on_taken(void *arg, int result, const struct redisReply *reply)
{
    struct pending *pending = arg;
    int64_t wait_ms = result ? 0 : td_reply_int(reply);
    pending->done(pending->arg, wait_ms > 0 ? TD_ETHROTTLED : result,
                  (int)((wait_ms + 999) / 1000));
    free(pending);
}

int td_throttle_take(struct td_redis *redis, const struct td_throttle_use *uses, size_t count,
                     td_throttle_fn done, void *arg)
{
    struct vector vector;
    struct pending *pending = malloc(sizeof(*pending));
    if (!pending)
        return TD_ENOMEM;
    *pending = (struct pending){done, arg};
    fill(&vector, uses, count);
    int result = td_redis_eval(redis, on_taken, pending, take_script, (int)count, vector.argv);
    if (result < 0)
        free(pending);
    return result;
}

void td_throttle_give_back(struct td_redis *redis, const struct td_throttle_use *uses, size_t count)
{
    struct vector vector;
    fill(&vector, uses, count);
    td_redis_eval(redis, NULL, NULL, give_back_script, (int)count, vector.argv);
}
