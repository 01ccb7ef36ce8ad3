/* client.c - see client.h.
 *
 * Life of a connection: DOWN -> (delay) -> GREETING -> READY -> DOWN ... One timer serves all
 * three: the delay before the next attempt, the deadline of the greeting (AUTH, PING, and SUBSCRIBE
 * on one that listens), and the deadline of the oldest open command. Commands of one connection
 * share one deadline length, so the oldest is always the first to expire and a list in order of
 * sending is enough.
 *
 * hiredis frees a context by itself when the peer goes, and calls every open callback with NULL
 * while it does; those callbacks may send again, so `state` leaves READY before anybody is told. */
#include "redis/client.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"

#include <assert.h>
#include <event2/event.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <hiredis/async.h>
#include <hiredis/adapters/libevent.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum { FIRST_DELAY_MS = 50, LAST_DELAY_MS = 5000 };

struct command {
    TAILQ_ENTRY(command) link;
    struct td_redis *redis;
    td_redis_fn done;
    void *arg;
    int64_t deadline;
};

struct watcher {
    struct watcher *next;
    td_redis_change_fn changed;
    void *arg;
};

enum state { DOWN, GREETING, READY };

struct td_redis {
    struct event_base *base;
    char *socket, *user, *password, *name;
    int command_ms;
    enum state state;
    redisAsyncContext *context; /* NULL while DOWN */
    struct event *timer;
    int delay_ms;
    bool complained; /* the present outage is in the log */
    TAILQ_HEAD(, command) open;
    size_t open_count;
    struct watcher *watchers;
    char *channel; /* td_redis_listen */
    td_redis_message_fn message;
    void *message_arg;
    int depth; /* inside a callback of ours: guards td_redis_free */
};

static void attempt(struct td_redis *redis);

static void set_timer(struct td_redis *redis, int64_t ms)
{
    if (ms < 0)
        ms = 0;
    struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    event_add(redis->timer, &wait);
}

static void tell_watchers(struct td_redis *redis, bool available)
{
    redis->depth++;
    for (struct watcher *watcher = redis->watchers, *next; watcher; watcher = next) {
        next = watcher->next;
        watcher->changed(watcher->arg, available);
    }
    redis->depth--;
}

/* The context is gone or going; nothing may use it any more. */
static void lost(struct td_redis *redis, const char *because)
{
    bool was_ready = redis->state == READY;
    redis->state = DOWN;
    redis->context = NULL;
    if (!redis->complained)
        TD_LOG(TD_LOG_WARNING, "redis.lost", TD_S("connection", redis->name),
               TD_S("because", because));
    redis->complained = true;
    int64_t delay = redis->delay_ms / 2 + randombytes_uniform((uint32_t)redis->delay_ms / 2 + 1);
    redis->delay_ms = redis->delay_ms * 2 > LAST_DELAY_MS ? LAST_DELAY_MS : redis->delay_ms * 2;
    set_timer(redis, delay);
    if (was_ready)
        tell_watchers(redis, false);
}

/* Ends the connection from our side; open commands answer. */
static void drop(struct td_redis *redis, const char *because)
{
    redisAsyncContext *context = redis->context;
    context->data = NULL; /* on_disconnect must not run lost() a second time */
    lost(redis, because);
    redisAsyncFree(context);
}

static void on_disconnect(const redisAsyncContext *context, int status)
{
    struct td_redis *redis = context->data;
    (void)status;
    if (redis)
        lost(redis, context->err ? context->errstr : "closed");
}

static void on_connect(const redisAsyncContext *context, int status)
{
    struct td_redis *redis = context->data;
    if (redis && status != REDIS_OK) /* hiredis frees it, and then does not call on_disconnect */
        lost(redis, context->err ? context->errstr : "refused");
}

static void on_timer(evutil_socket_t fd, short events, void *arg)
{
    struct td_redis *redis = arg;
    (void)fd, (void)events;
    if (redis->state == DOWN) {
        attempt(redis);
        return;
    }
    if (redis->state == GREETING) {
        drop(redis, "no greeting in time");
        return;
    }
    const struct command *oldest = TAILQ_FIRST(&redis->open);
    if (!oldest)
        return;
    int64_t left = oldest->deadline - td_clock_mono_ms();
    if (left > 0)
        set_timer(redis, left);
    else
        drop(redis, "no answer in time");
}

/* --- the greeting ----------------------------------------------------------------------------- */

static void ready(struct td_redis *redis)
{
    redis->state = READY;
    redis->delay_ms = FIRST_DELAY_MS;
    redis->complained = false;
    event_del(redis->timer);
    TD_LOG(TD_LOG_INFO, "redis.ready", TD_S("connection", redis->name));
    tell_watchers(redis, true);
}

static bool text_is(const redisReply *reply, const char *text)
{
    return (reply->type == REDIS_REPLY_STATUS || reply->type == REDIS_REPLY_STRING) &&
           !strcmp(reply->str, text);
}

static void on_message(redisAsyncContext *context, void *answer, void *arg)
{
    struct td_redis *redis = arg;
    const redisReply *reply = answer;
    (void)context;
    if (!reply || reply->type != REDIS_REPLY_ARRAY || reply->elements != 3)
        return;
    if (text_is(reply->element[0], "subscribe") && redis->state == GREETING) {
        ready(redis);
    } else if (text_is(reply->element[0], "message") &&
               reply->element[2]->type == REDIS_REPLY_STRING) {
        redis->depth++;
        redis->message(redis->message_arg, reply->element[2]->str, (size_t)reply->element[2]->len);
        redis->depth--;
    }
}

static void on_auth(redisAsyncContext *context, void *answer, void *arg)
{
    struct td_redis *redis = arg;
    const redisReply *reply = answer;
    (void)context;
    if (reply && reply->type == REDIS_REPLY_ERROR && !redis->complained) {
        redis->complained = true;
        TD_LOG(TD_LOG_ERROR, "redis.auth", TD_S("connection", redis->name),
               TD_S("because", reply->str));
    }
}

static void on_pong(redisAsyncContext *context, void *answer, void *arg)
{
    struct td_redis *redis = arg;
    const redisReply *reply = answer;
    if (!reply || redis->state != GREETING)
        return;
    if (!text_is(reply, "PONG")) {
        drop(redis, reply->type == REDIS_REPLY_ERROR ? reply->str : "unexpected greeting");
    } else if (!redis->channel) {
        ready(redis);
    } else {
        const char *argv[] = {"SUBSCRIBE", redis->channel};
        redisAsyncCommandArgv(context, on_message, redis, 2, argv, NULL);
    }
}

static int greet(struct td_redis *redis)
{
    if (*redis->password) {
        const char *full[] = {"AUTH", redis->user, redis->password};
        const char *brief[] = {"AUTH", redis->password};
        bool named = *redis->user;
        if (redisAsyncCommandArgv(redis->context, on_auth, redis, named ? 3 : 2,
                                  named ? full : brief, NULL) != REDIS_OK)
            return TD_EREDIS;
    }
    const char *ping[] = {"PING"};
    return redisAsyncCommandArgv(redis->context, on_pong, redis, 1, ping, NULL) == REDIS_OK
               ? 0
               : TD_EREDIS;
}

static void attempt(struct td_redis *redis)
{
    redisAsyncContext *context = redisAsyncConnectUnix(redis->socket);
    if (!context || context->err) {
        char because[128];
        snprintf(because, sizeof(because), "%s", context ? context->errstr : "no memory");
        if (context)
            redisAsyncFree(context);
        lost(redis, because);
        return;
    }
    redis->context = context;
    redis->state = GREETING;
    context->data = redis;
    fcntl(context->c.fd, F_SETFD, FD_CLOEXEC); /* hiredis would leak it to child processes */
    redisLibeventAttach(context, redis->base);
    redisAsyncSetConnectCallback(context, on_connect);
    redisAsyncSetDisconnectCallback(context, on_disconnect);
    set_timer(redis, redis->command_ms);
    if (greet(redis) < 0)
        drop(redis, "no memory");
}

/* --- life ------------------------------------------------------------------------------------- */

struct td_redis *td_redis_new(const struct td_redis_options *options)
{
    struct td_redis *redis = calloc(1, sizeof(*redis));
    if (!redis)
        return NULL;
    TAILQ_INIT(&redis->open);
    redis->base = options->base;
    redis->socket = strdup(options->socket);
    redis->user = strdup(options->user ? options->user : "");
    redis->password = strdup(options->password ? options->password : "");
    redis->name = strdup(options->name ? options->name : "");
    redis->command_ms = options->command_ms ? options->command_ms : TD_REDIS_COMMAND_MS;
    redis->delay_ms = FIRST_DELAY_MS;
    redis->timer = event_new(options->base, -1, 0, on_timer, redis);
    if (!redis->socket || !redis->user || !redis->password || !redis->name || !redis->timer) {
        td_redis_free(redis);
        return NULL;
    }
    set_timer(redis, 0);
    return redis;
}

void td_redis_free(struct td_redis *redis)
{
    if (!redis)
        return;
    assert(redis->depth == 0); /* never from inside a callback of this connection */
    while (redis->watchers)
        td_redis_unwatch(redis, redis->watchers->changed, redis->watchers->arg);
    if (redis->context) {
        redis->context->data = NULL;
        redis->state = DOWN;
        redisAsyncFree(redis->context);
    }
    if (redis->timer)
        event_free(redis->timer);
    if (redis->password)
        sodium_memzero(redis->password, strlen(redis->password));
    free(redis->socket);
    free(redis->user);
    free(redis->password);
    free(redis->name);
    free(redis->channel);
    free(redis);
}

bool td_redis_available(const struct td_redis *redis)
{
    return redis->state == READY;
}

int td_redis_watch(struct td_redis *redis, td_redis_change_fn changed, void *arg)
{
    struct watcher *watcher = malloc(sizeof(*watcher));
    if (!watcher)
        return TD_ENOMEM;
    *watcher = (struct watcher){.next = redis->watchers, .changed = changed, .arg = arg};
    redis->watchers = watcher;
    return 0;
}

void td_redis_unwatch(struct td_redis *redis, td_redis_change_fn changed, void *arg)
{
    for (struct watcher **at = &redis->watchers; *at; at = &(*at)->next)
        if ((*at)->changed == changed && (*at)->arg == arg) {
            struct watcher *gone = *at;
            *at = gone->next;
            free(gone);
            return;
        }
}

int td_redis_listen(struct td_redis *redis, const char *channel, td_redis_message_fn message,
                    void *arg)
{
    assert(redis->state == DOWN && !redis->channel); /* before the loop first runs */
    redis->channel = strdup(channel);
    redis->message = message;
    redis->message_arg = arg;
    return redis->channel ? 0 : TD_ENOMEM;
}

/* --- commands --------------------------------------------------------------------------------- */

static void on_reply(redisAsyncContext *context, void *answer, void *arg)
{
    struct command *command = arg;
    struct td_redis *redis = command->redis;
    const redisReply *reply = answer;
    int result = 0;
    TAILQ_REMOVE(&redis->open, command, link);
    redis->open_count--;
    if (!reply) {
        result = TD_EREDIS;
        if (redis->state == READY) { /* hiredis is freeing it; on_disconnect would come too late */
            context->data = NULL;
            lost(redis, context->err ? context->errstr : "closed");
        }
    } else if (reply->type == REDIS_REPLY_ERROR) {
        TD_LOG(TD_LOG_ERROR, "redis.refused", TD_S("connection", redis->name),
               TD_S("because", reply->str));
        result = TD_EREDIS;
    }
    redis->depth++;
    if (command->done)
        command->done(command->arg, result, result ? NULL : reply);
    redis->depth--;
    free(command);
}

static int send_vector(struct td_redis *redis, int argc, const char *const *argv, td_redis_fn done,
                       void *arg)
{
    if (redis->state != READY || redis->channel)
        return TD_EREDIS;
    if (redis->open_count >= TD_REDIS_IN_FLIGHT_MAX)
        return TD_EBUSY;
    struct command *command = malloc(sizeof(*command));
    if (!command)
        return TD_ENOMEM;
    *command = (struct command){.redis = redis,
                                .done = done,
                                .arg = arg,
                                .deadline = td_clock_mono_ms() + redis->command_ms};
    /* hiredis 0.14 does not declare the vector constant, and does not change it. */
    if (redisAsyncCommandArgv(redis->context, on_reply, command, argc, (const char **)argv, NULL) !=
        REDIS_OK) {
        free(command);
        return TD_EREDIS;
    }
    TAILQ_INSERT_TAIL(&redis->open, command, link);
    redis->open_count++;
    if (!event_pending(redis->timer, EV_TIMEOUT, NULL))
        set_timer(redis, redis->command_ms);
    return 0;
}

static int count_of(const char *const *argv)
{
    int count = 0;
    while (argv[count])
        count++;
    return count;
}

int td_redis_command(struct td_redis *redis, td_redis_fn done, void *arg, const char *const *argv)
{
    return send_vector(redis, count_of(argv), argv, done, arg);
}

int td_redis_eval(struct td_redis *redis, td_redis_fn done, void *arg, const char *script, int keys,
                  const char *const *argv)
{
    int count = count_of(argv);
    const char **full = malloc(((size_t)count + 3) * sizeof(*full));
    if (!full)
        return TD_ENOMEM;
    char key_count[12];
    snprintf(key_count, sizeof(key_count), "%d", keys);
    full[0] = "EVAL";
    full[1] = script;
    full[2] = key_count;
    memcpy(full + 3, argv, (size_t)count * sizeof(*full));
    int result = send_vector(redis, count + 3, full, done, arg);
    free(full);
    return result;
}
