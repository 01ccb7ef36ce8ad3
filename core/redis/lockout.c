/* lockout.c - see lockout.h.
 *
 * titled:lockout:<subject> is a hash: "n:<place>" failures and "u:<place>" the moment until which
 * to wait, for each known place and with an empty place for all others; "p:<place>" when a place
 * was last right; "total" failures since the last success. It is forgotten a day after the last
 * failure, or 90 days after the last success. */
#include "redis/lockout.h"

#include "base/error.h"
#include "redis/client.h"
#include "redis/reply.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HASH_BYTES = 16, KEY_TEXT = 64, NUMBER_TEXT = 24 };

static char free_text[NUMBER_TEXT] = "5", first_text[NUMBER_TEXT] = "1000",
            most_text[NUMBER_TEXT] = "900000";

#define NOW   "local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"
#define PLACE "local at = redis.call('HEXISTS', KEYS[1], 'p:' .. ARGV[1]) == 1 and ARGV[1] or ''\n"

/* ARGV: place, free failures, first and longest wait in ms. Answers {ms to wait, failures before}.
 */
static const char take_script[] =
    NOW PLACE "local wait = tonumber(redis.call('HGET', KEYS[1], 'u:' .. at) or 0) - now\n"
              "if wait > 0 then return {wait, 0} end\n"
              "local count = redis.call('HINCRBY', KEYS[1], 'n:' .. at, 1)\n"
              "local over = count - tonumber(ARGV[2])\n"
              "if over >= 0 then\n"
              "  wait = math.min(ARGV[3] * 2 ^ math.min(over, 30), tonumber(ARGV[4]))\n"
              "  redis.call('HSET', KEYS[1], 'u:' .. at, string.format('%.0f', now + wait))\n"
              "end\n"
              "local total = redis.call('HINCRBY', KEYS[1], 'total', 1)\n"
              "local day = 86400000\n"
              "if redis.call('PTTL', KEYS[1]) < day then redis.call('PEXPIRE', KEYS[1], day) end\n"
              "return {0, total - 1}\n";

/* ARGV: place. */
static const char forgive_script[] =
    PLACE "if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end\n"
          "redis.call('HINCRBY', KEYS[1], 'n:' .. at, -1)\n"
          "redis.call('HINCRBY', KEYS[1], 'total', -1)\n"
          "redis.call('HDEL', KEYS[1], 'u:' .. at)\n"
          "return 1\n";

/* ARGV: place. At most 20 places are known, none for longer than 90 days. */
static const char clear_script[] =
    NOW PLACE "local long = 90 * 86400000\n"
              "redis.call('HDEL', KEYS[1], 'n:' .. at, 'u:' .. at, 'total')\n"
              "local all, known, oldest, first = redis.call('HGETALL', KEYS[1]), 0, now + 1, nil\n"
              "for i = 1, #all, 2 do\n"
              "  if string.sub(all[i], 1, 2) == 'p:' then\n"
              "    local since = tonumber(all[i + 1])\n"
              "    known = known + 1\n"
              "    if since < oldest then oldest, first = since, string.sub(all[i], 3) end\n"
              "  end\n"
              "end\n"
              "if first and (known >= 20 or oldest < now - long) then\n"
              "  redis.call('HDEL', KEYS[1], 'p:' .. first, 'n:' .. first, 'u:' .. first)\n"
              "end\n"
              "redis.call('HSET', KEYS[1], 'p:' .. ARGV[1], string.format('%.0f', now))\n"
              "redis.call('PEXPIRE', KEYS[1], string.format('%.0f', long))\n"
              "return 1\n";

static const char unlock_script[] =
    "for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do\n"
    "  local kind = string.sub(name, 1, 2)\n"
    "  if kind == 'n:' or kind == 'u:' then redis.call('HDEL', KEYS[1], name) end\n"
    "end\n"
    "return 1\n";

struct pending {
    td_lockout_fn done;
    void *arg;
};

void td_lockout_set(int64_t free_failures, int64_t first_seconds, int64_t most_seconds)
{
    snprintf(free_text, sizeof(free_text), "%lld", (long long)free_failures);
    snprintf(first_text, sizeof(first_text), "%lld", (long long)first_seconds * 1000);
    snprintf(most_text, sizeof(most_text), "%lld", (long long)most_seconds * 1000);
}

static void hash_hex(const void *bytes, size_t size, const char *key, char hex[])
{
    unsigned char hash[HASH_BYTES];
    crypto_generichash(hash, sizeof(hash), bytes, size, (const unsigned char *)key,
                       key ? strlen(key) : 0);
    sodium_bin2hex(hex, 2 * HASH_BYTES + 1, hash, sizeof(hash));
}

void td_lockout_subject(const char *login, char subject[TD_LOCKOUT_SUBJECT_TEXT])
{
    hash_hex(login, strlen(login), NULL, subject);
}

/* The /24 or /48 of an address, hashed together with the subject. */
static void place_of(const char *subject, const char *address, char place[])
{
    unsigned char bytes[16] = {0};
    size_t size = 0;
    if (inet_pton(AF_INET, address, bytes) == 1)
        size = 3;
    else if (inet_pton(AF_INET6, address, bytes) == 1)
        size = 6;
    hash_hex(bytes, size, subject, place);
}

struct texts {
    char key[KEY_TEXT], place[TD_LOCKOUT_SUBJECT_TEXT];
};

static void fill(struct texts *texts, const char *subject, const char *address)
{
    snprintf(texts->key, sizeof(texts->key), "titled:lockout:%s", subject);
    place_of(subject, address, texts->place);
}

static void on_taken(void *arg, int result, const struct redisReply *reply)
{
    struct pending *pending = arg;
    int64_t wait_ms = result ? 0 : td_reply_int(td_reply_at(reply, 0));
    int failures = result ? 0 : (int)td_reply_int(td_reply_at(reply, 1));
    pending->done(pending->arg, wait_ms > 0 ? TD_ETHROTTLED : result, (int)((wait_ms + 999) / 1000),
                  failures);
    free(pending);
}

int td_lockout_take(struct td_redis *redis, const char *subject, const char *address,
                    td_lockout_fn done, void *arg)
{
    struct texts texts;
    struct pending *pending = malloc(sizeof(*pending));
    if (!pending)
        return TD_ENOMEM;
    *pending = (struct pending){done, arg};
    fill(&texts, subject, address);
    int result = td_redis_eval(
        redis, on_taken, pending, take_script, 1,
        (const char *[]){texts.key, texts.place, free_text, first_text, most_text, NULL});
    if (result < 0)
        free(pending);
    return result;
}

void td_lockout_forgive(struct td_redis *redis, const char *subject, const char *address)
{
    struct texts texts;
    fill(&texts, subject, address);
    td_redis_eval(redis, NULL, NULL, forgive_script, 1,
                  (const char *[]){texts.key, texts.place, NULL});
}

void td_lockout_clear(struct td_redis *redis, const char *subject, const char *address)
{
    struct texts texts;
    fill(&texts, subject, address);
    td_redis_eval(redis, NULL, NULL, clear_script, 1,
                  (const char *[]){texts.key, texts.place, NULL});
}

void td_lockout_unlock(struct td_redis *redis, const char *subject)
{
    struct texts texts;
    fill(&texts, subject, "");
    td_redis_eval(redis, NULL, NULL, unlock_script, 1, (const char *[]){texts.key, NULL});
}
