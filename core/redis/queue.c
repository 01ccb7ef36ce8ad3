/* queue.c - see queue.h. A lease is the key titled:lease:<record id> with the holder's account id,
 * and it expires by itself. */
#include "redis/queue.h"

#include "base/error.h"
#include "redis/client.h"
#include "redis/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_TEXT = 96, NUMBER_TEXT = 24, NAME_TEXT = 64 };

#define LEASE_PREFIX "titled:lease:"

/* ARGV: account, lease ms. Answers {position, holder}: the account when it had the lease before, false
 * when it has it anew; 0 when nothing was free, then the holder of the last one looked at. */
static const char take_script[] = "local holder = false\n"
                                  "for i, key in ipairs(KEYS) do\n"
                                  "  holder = redis.call('GET', key)\n"
                                  "  if not holder or holder == ARGV[1] then\n"
                                  "    redis.call('SET', key, ARGV[1], 'PX', ARGV[2])\n"
                                  "    return {i, holder}\n"
                                  "  end\n"
                                  "end\n"
                                  "return {0, holder}\n";

static const char release_script[] =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end\n"
    "return 0\n";

struct td_queue {
    struct td_redis *redis;
    char lease_ms[NUMBER_TEXT];
};

/* `ids` is the candidates' own copy: the caller's array may be gone when the answer comes. */
struct pending {
    td_queue_fn done;
    td_queue_holders_fn holders;
    void *arg;
    json_t *ids;
    bool single;
};

struct td_queue *td_queue_new(struct td_redis *redis, int64_t lease_seconds)
{
    struct td_queue *queue = calloc(1, sizeof(*queue));
    if (!queue)
        return NULL;
    queue->redis = redis;
    snprintf(queue->lease_ms, sizeof(queue->lease_ms), "%lld", (long long)lease_seconds * 1000);
    return queue;
}

void td_queue_free(struct td_queue *queue)
{
    free(queue);
}

static void pending_free(struct pending *pending)
{
    json_decref(pending->ids);
    free(pending);
}

/* Copies at most TD_QUEUE_CANDIDATES_MAX texts of `ids`; NULL when memory is short. */
static struct pending *pending_new(const json_t *ids, void *arg)
{
    struct pending *pending = calloc(1, sizeof(*pending));
    json_t *copy = json_array();
    if (!pending || !copy) {
        free(pending);
        json_decref(copy);
        return NULL;
    }
    for (size_t i = 0; i < json_array_size(ids) && json_array_size(copy) < TD_QUEUE_CANDIDATES_MAX;
         i++)
        if (json_string_length(json_array_get(ids, i)))
            json_array_append(copy, json_array_get(ids, i));
    pending->ids = copy;
    pending->arg = arg;
    return pending;
}

static const char *id_at(const struct pending *pending, size_t index)
{
    return json_string_value(json_array_get(pending->ids, index));
}

static void on_taken(void *arg, int result, const struct redisReply *reply)
{
    struct pending *pending = arg;
    int64_t position = result ? 0 : td_reply_int(td_reply_at(reply, 0));
    const char *holder = result ? NULL : td_reply_text(td_reply_at(reply, 1));
    const char *id = position > 0 ? id_at(pending, (size_t)position - 1) : NULL;
    if (result == 0 && !id && pending->single) /* a lease of nobody is no answer of ours */
        result = holder && *holder ? TD_ELEASED : TD_EREDIS;
    pending->done(pending->arg, result, id, id || result == TD_ELEASED ? holder : NULL);
    pending_free(pending);
}

/* The keys of all candidates followed by `first` and `second` (NULL = none). NULL when memory is
 * short. */
struct vector {
    char (*keys)[KEY_TEXT];
    const char **argv;
};

static int vector_init(struct vector *vector, const struct pending *pending, const char *first,
                       const char *second)
{
    size_t count = json_array_size(pending->ids);
    vector->keys = calloc(count + 1, sizeof(*vector->keys));
    vector->argv = calloc(count + 3, sizeof(*vector->argv));
    if (!vector->keys || !vector->argv) {
        free(vector->keys);
        free(vector->argv);
        return TD_ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        snprintf(vector->keys[i], KEY_TEXT, LEASE_PREFIX "%.*s", NAME_TEXT, id_at(pending, i));
        vector->argv[i] = vector->keys[i];
    }
    vector->argv[count] = first;
    vector->argv[count + 1] = first ? second : NULL;
    return 0;
}

static void vector_done(struct vector *vector)
{
    free(vector->keys);
    free(vector->argv);
}

static int run(struct td_queue *queue, struct pending *pending, td_redis_fn done,
               const char *script, const char *account_id)
{
    struct vector vector;
    int result = vector_init(&vector, pending, account_id, queue->lease_ms);
    if (result == 0) {
        int keys = (int)json_array_size(pending->ids);
        result = td_redis_eval(queue->redis, done, pending, script, keys, vector.argv);
        vector_done(&vector);
    }
    if (result < 0)
        pending_free(pending);
    return result;
}

int td_queue_take(struct td_queue *queue, const char *account_id, const json_t *candidates,
                  td_queue_fn done, void *arg)
{
    struct pending *pending = pending_new(candidates, arg);
    if (!pending)
        return TD_ENOMEM;
    pending->done = done;
    return run(queue, pending, on_taken, take_script, account_id);
}

static struct pending *pending_one(const char *id, td_queue_fn done, void *arg)
{
    json_t *ids = json_pack("[s]", id);
    struct pending *pending = ids ? pending_new(ids, arg) : NULL;
    json_decref(ids);
    if (pending) {
        pending->done = done;
        pending->single = true;
    }
    return pending;
}

int td_queue_lease(struct td_queue *queue, const char *account_id, const char *id, td_queue_fn done,
                   void *arg)
{
    struct pending *pending = pending_one(id, done, arg);
    if (!pending)
        return TD_ENOMEM;
    return run(queue, pending, on_taken, take_script, account_id);
}

static void on_released(void *arg, int result, const struct redisReply *reply)
{
    struct pending *pending = arg;
    (void)reply;
    if (pending->done)
        pending->done(pending->arg, result, id_at(pending, 0), NULL);
    pending_free(pending);
}

int td_queue_release(struct td_queue *queue, const char *account_id, const char *id,
                     td_queue_fn done, void *arg)
{
    struct pending *pending = pending_one(id, done, arg);
    if (!pending)
        return TD_ENOMEM;
    return run(queue, pending, on_released, release_script, account_id);
}

static void on_holders(void *arg, int result, const struct redisReply *reply)
{
    struct pending *pending = arg;
    json_t *holders = json_object();
    for (size_t i = 0; result == 0 && i < td_reply_count(reply); i++) {
        const char *holder = td_reply_text(td_reply_at(reply, i));
        if (holder && id_at(pending, i))
            json_object_set_new(holders, id_at(pending, i), json_string(holder));
    }
    pending->holders(pending->arg, result, result ? NULL : holders);
    json_decref(holders);
    pending_free(pending);
}

int td_queue_holders(struct td_queue *queue, const json_t *ids, td_queue_holders_fn done, void *arg)
{
    static const char script[] =
        "if #KEYS == 0 then return {} end\nreturn redis.call('MGET', unpack(KEYS))\n";
    struct pending *pending = pending_new(ids, arg);
    if (!pending)
        return TD_ENOMEM;
    pending->holders = done;
    return run(queue, pending, on_holders, script, NULL);
}
