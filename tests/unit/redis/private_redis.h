/* private_redis.h - a real Redis for one test program: started with ops/redis-start in a temporary
 * folder, so with the same settings and rights as the real one. */
#ifndef TD_TESTS_PRIVATE_REDIS_H
#define TD_TESTS_PRIVATE_REDIS_H

#include "redis/client.h"

#include <event2/event.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct private_redis {
    char folder[64];
    char socket[96];
    char password[80];
    pid_t pid;
};

static inline void private_redis_launch(struct private_redis *redis)
{
    redis->pid = fork();
    assert_true(redis->pid >= 0);
    if (redis->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (!freopen("/dev/null", "w", stdout))
            _exit(126);
        execl(TD_SOURCE_FOLDER "/ops/redis-start", "redis-start", redis->folder, (char *)NULL);
        _exit(127);
    }
}

static inline void private_redis_start(struct private_redis *redis)
{
    signal(SIGPIPE, SIG_IGN); /* as in the server: hiredis writes to sockets whose peer has died */
    snprintf(redis->folder, sizeof(redis->folder), "/tmp/titled-redis-XXXXXX");
    assert_non_null(mkdtemp(redis->folder));
    snprintf(redis->socket, sizeof(redis->socket), "%s/redis.sock", redis->folder);
    snprintf(redis->password, sizeof(redis->password), "test-%ld", (long)getpid());
    char path[128];
    snprintf(path, sizeof(path), "%s/redis.password", redis->folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(redis->password, file);
    fclose(file);
    private_redis_launch(redis);
}

static inline void private_redis_kill(struct private_redis *redis)
{
    kill(redis->pid, SIGKILL);
    waitpid(redis->pid, NULL, 0);
    unlink(redis->socket);
}

static inline void private_redis_stop(struct private_redis *redis)
{
    static const char *const files[] = {"redis.sock", "redis.acl", "redis.password"};
    char path[128];
    private_redis_kill(redis);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", redis->folder, files[i]);
        unlink(path);
    }
    rmdir(redis->folder);
}

static inline struct td_redis_options private_redis_options(struct private_redis *redis,
                                                            struct event_base *base)
{
    return (struct td_redis_options){.base = base,
                                     .socket = redis->socket,
                                     .user = "titled",
                                     .password = redis->password,
                                     .name = "test"};
}

static inline void note_late(evutil_socket_t fd, short events, void *arg)
{
    (void)fd, (void)events;
    *(int *)arg = 1;
}

/* Runs the loop until *flag is not 0; fails the test after ten seconds. */
static inline void spin_until(struct event_base *base, const int *flag)
{
    int late = 0;
    struct event *timer = event_new(base, -1, 0, note_late, &late);
    event_add(timer, &(struct timeval){.tv_sec = 10});
    while (!*flag && !late)
        event_base_loop(base, EVLOOP_ONCE);
    event_free(timer);
    assert_true(*flag);
}

static inline void note_change(void *arg, bool available)
{
    *(int *)arg = available ? 1 : -1;
}

/* A connected client. */
static inline struct td_redis *private_redis_client(struct private_redis *redis,
                                                    struct event_base *base)
{
    int connected = 0;
    struct td_redis_options options = private_redis_options(redis, base);
    struct td_redis *client = td_redis_new(&options);
    assert_non_null(client);
    assert_int_equal(td_redis_watch(client, note_change, &connected), 0);
    spin_until(base, &connected);
    td_redis_unwatch(client, note_change, &connected);
    assert_int_equal(connected, 1);
    return client;
}

#endif
