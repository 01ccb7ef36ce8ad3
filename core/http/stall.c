/* stall.c - see stall.h. A tick costs two system calls. */
#include "http/stall.h"

#include "base/log.h"

#include <event2/event.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define MS INT64_C(1000000)

/* Of the loop's thread, in nanoseconds. */
struct moment {
    int64_t at;
    int64_t ran;    /* on a processor, so far; 0 when the kernel does not say */
    int64_t waited; /* for a processor */
};

struct td_stall {
    struct event *tick;
    int64_t warn_ms;
    int schedstat; /* -1: not open */
    bool begun;
    struct moment last;
    int64_t longest, late, count;
};

int64_t td_stall_of(int64_t gap, int64_t waited)
{
    int64_t stall = gap - TD_STALL_TICK_MS * MS - waited;
    return stall > 0 ? stall : 0;
}

static struct moment look(const struct td_stall *stall)
{
    struct timespec now;
    char text[96];
    clock_gettime(CLOCK_MONOTONIC, &now);
    struct moment moment = {.at = now.tv_sec * 1000 * MS + now.tv_nsec};
    ssize_t length = stall->schedstat < 0 ? -1 : pread(stall->schedstat, text, sizeof(text) - 1, 0);
    if (length <= 0)
        return moment;
    text[length] = 0;
    char *end;
    moment.ran = strtoll(text, &end, 10);
    moment.waited = strtoll(end, NULL, 10);
    return moment;
}

static void note(struct td_stall *stall, const struct moment *now)
{
    int64_t gap = now->at - stall->last.at;
    int64_t late = td_stall_of(gap, 0), mine = td_stall_of(gap, now->waited - stall->last.waited);
    stall->longest = mine > stall->longest ? mine : stall->longest;
    stall->late = late > stall->late ? late : stall->late;
    if (mine < stall->warn_ms * MS)
        return;
    stall->count++;
    TD_LOG(TD_LOG_WARNING, "loop.stalled", TD_I("ms", mine / MS), TD_I("late_ms", late / MS),
           TD_I("ran_ms", (now->ran - stall->last.ran) / MS));
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct td_stall *stall = arg;
    if (!stall->begun)
        stall->schedstat = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    struct moment now = look(stall);
    if (stall->begun)
        note(stall, &now);
    stall->begun = true;
    stall->last = now;
    /* From now on, not from when it was due: a late tick is not made up for by a quick one. */
    event_add(stall->tick, &(struct timeval){.tv_usec = TD_STALL_TICK_MS * 1000});
}

struct td_stall *td_stall_new(struct event_base *base, int64_t warn_ms)
{
    struct td_stall *stall = calloc(1, sizeof(*stall));
    if (!stall)
        return NULL;
    stall->warn_ms = warn_ms;
    stall->schedstat = -1;
    stall->tick = evtimer_new(base, on_tick, stall);
    if (!stall->tick || event_add(stall->tick, &(struct timeval){0}) < 0) {
        td_stall_free(stall);
        return NULL;
    }
    return stall;
}

void td_stall_free(struct td_stall *stall)
{
    if (!stall)
        return;
    if (stall->tick)
        event_free(stall->tick);
    if (stall->schedstat >= 0)
        close(stall->schedstat);
    free(stall);
}

json_t *td_stall_status(const struct td_stall *stall)
{
    return json_pack("{s:I, s:I, s:I}", "longest_ms", (json_int_t)(stall->longest / MS), "count",
                     (json_int_t)stall->count, "late_ms", (json_int_t)(stall->late / MS));
}
