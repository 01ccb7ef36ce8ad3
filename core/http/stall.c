/* stall.c - see stall.h. A tick costs one system call for each thread of the process. */
#include "http/stall.h"

#include "base/log.h"

#include <dirent.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MS INT64_C(1000000)

enum { THREADS_MAX = 128, LOOK_FOR_THREADS = 256 /* ticks */ };

/* Of the loop's thread, in nanoseconds. */
struct moment {
    int64_t at;
    int64_t ran;    /* on a processor, so far; 0 when the kernel does not say */
    int64_t waited; /* for a processor */
};

struct thread {
    int schedstat;
    int64_t waited;
};

struct td_stall {
    struct event *tick;
    int64_t warn_ms;
    int schedstat; /* -1: not open */
    bool begun;
    struct moment last;
    int64_t longest, late, count;
    struct thread threads[THREADS_MAX]; /* the others */
    int thread_count;
    unsigned ticks;
};

int64_t td_stall_of(int64_t gap, int64_t waited)
{
    int64_t stall = gap - TD_STALL_TICK_MS * MS - waited;
    return stall > 0 ? stall : 0;
}

/* The two numbers of a schedstat; false when there is none. */
static bool read_schedstat(int fd, int64_t *ret_ran, int64_t *ret_waited)
{
    char text[96], *end;
    ssize_t length = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);
    if (length <= 0)
        return false;
    text[length] = 0;
    *ret_ran = strtoll(text, &end, 10);
    *ret_waited = strtoll(end, NULL, 10);
    return true;
}

static struct moment look(const struct td_stall *stall)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    struct moment moment = {.at = now.tv_sec * 1000 * MS + now.tv_nsec};
    read_schedstat(stall->schedstat, &moment.ran, &moment.waited);
    return moment;
}

static void forget_threads(struct td_stall *stall)
{
    while (stall->thread_count > 0)
        close(stall->threads[--stall->thread_count].schedstat);
}

static void find_threads(struct td_stall *stall)
{
    DIR *tasks = opendir("/proc/self/task");
    int64_t ran;
    char own[16];
    snprintf(own, sizeof(own), "%d", gettid());
    forget_threads(stall);
    for (struct dirent *entry;
         tasks && stall->thread_count < THREADS_MAX && (entry = readdir(tasks));) {
        char path[64];
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, own) == 0)
            continue;
        snprintf(path, sizeof(path), "/proc/self/task/%.16s/schedstat", entry->d_name);
        struct thread *thread = &stall->threads[stall->thread_count];
        thread->schedstat = open(path, O_RDONLY | O_CLOEXEC);
        if (thread->schedstat < 0)
            continue;
        read_schedstat(thread->schedstat, &ran, &thread->waited);
        stall->thread_count++;
    }
    if (tasks)
        closedir(tasks);
}

/* The longest that another thread of ours waited for a processor since the last tick. */
static int64_t others_waited(struct td_stall *stall)
{
    int64_t longest = 0, ran, waited;
    for (int i = 0; i < stall->thread_count; i++) {
        struct thread *thread = &stall->threads[i];
        if (!read_schedstat(thread->schedstat, &ran, &waited))
            continue;
        longest = waited - thread->waited > longest ? waited - thread->waited : longest;
        thread->waited = waited;
    }
    if (++stall->ticks % LOOK_FOR_THREADS == 1)
        find_threads(stall);
    return longest;
}

static void note(struct td_stall *stall, const struct moment *now, int64_t others)
{
    int64_t gap = now->at - stall->last.at, ran = now->ran - stall->last.ran;
    int64_t late = td_stall_of(gap, 0), mine = td_stall_of(gap, now->waited - stall->last.waited);
    mine = mine - others > ran ? mine - others : mine < ran ? mine : ran;
    stall->longest = mine > stall->longest ? mine : stall->longest;
    stall->late = late > stall->late ? late : stall->late;
    if (mine < stall->warn_ms * MS)
        return;
    stall->count++;
    TD_LOG(TD_LOG_WARNING, "loop.stalled", TD_I("ms", mine / MS), TD_I("late_ms", late / MS),
           TD_I("ran_ms", ran / MS));
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct td_stall *stall = arg;
    if (!stall->begun)
        stall->schedstat = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    int64_t others = others_waited(stall);
    struct moment now = look(stall);
    if (stall->begun)
        note(stall, &now, others);
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
    forget_threads(stall);
    if (stall->schedstat >= 0)
        close(stall->schedstat);
    free(stall);
}

json_t *td_stall_status(const struct td_stall *stall)
{
    return json_pack("{s:I, s:I, s:I}", "longest_ms", (json_int_t)(stall->longest / MS), "count",
                     (json_int_t)stall->count, "late_ms", (json_int_t)(stall->late / MS));
}
