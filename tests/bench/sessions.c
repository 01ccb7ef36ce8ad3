/* Starts many sessions in a Redis, each of an account of its own, as logins do but without their
 * passwords.
 *
 *   bench_sessions SOCKET PASSWORD COUNT      prints how many there are */
#include "redis/client.h"
#include "redis/session.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

enum { AT_ONCE = 64 };

struct run {
    struct event_base *base;
    struct td_sessions *sessions;
    int started, done, count;
};

static void on_started(void *arg, int result, const struct td_session *session, const char *token);

static void start_more(struct run *run)
{
    while (run->started < run->count && run->started - run->done < AT_ONCE) {
        char account[32];
        snprintf(account, sizeof(account), "01BENCHA%018d", run->started++);
        if (td_session_start(run->sessions, account, NULL, "127.0.0.1", "bench", on_started, run) <
            0)
            exit(EXIT_FAILURE);
    }
}

static void on_started(void *arg, int result, const struct td_session *session, const char *token)
{
    (void)session, (void)token;
    struct run *run = arg;
    if (result < 0)
        exit(EXIT_FAILURE);
    if (++run->done == run->count)
        event_base_loopbreak(run->base);
    else
        start_more(run);
}

static void on_change(void *arg, bool available)
{
    if (available)
        start_more(arg);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return EXIT_FAILURE;
    struct run run = {.base = event_base_new(), .count = atoi(argv[3])};
    struct td_redis_options options = {.base = run.base,
                                       .socket = argv[1],
                                       .user = "titled",
                                       .password = argv[2],
                                       .name = "bench"};
    struct td_redis *redis = td_redis_new(&options);
    run.sessions = redis ? td_sessions_new(redis, 1800, 43200) : NULL;
    if (!run.sessions || td_redis_watch(redis, on_change, &run) < 0)
        return EXIT_FAILURE;
    event_base_dispatch(run.base);
    printf("{\"sessions\": %d}\n", run.done);
    td_sessions_free(run.sessions);
    td_redis_free(redis);
    event_base_free(run.base);
    return 0;
}
