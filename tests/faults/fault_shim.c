/* fault_shim.c - LD_PRELOAD for titled: makes the n-th system call of a kind fail, end short, come
 * late, or be the last one (SIGKILL before it, after it, or in its middle), and moves the wall
 * clock.
 *
 * FAULT_CONTROL names a file of 64-bit numbers that the test writes while the server runs
 * (shim.mjs has the same list); FAULT_FOLDER is the folder below which files count. Sockets, pipes
 * and the log are never touched; the scorer has no environment, so it never loads this.
 *
 * One mechanism instead of strace: it counts exactly, costs little, and needs no ptrace. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum call { SYNC, WRITE, RENAME, TRUNCATE, UNLINK, OPEN, LOOK, CLOSE, CALLS };
enum action { NOTHING, KILL_BEFORE, KILL_AFTER, TORN, FAIL, SHORT, LATE };
enum target { ANY, DATABASE, LOG, FILES };

struct control {
    _Atomic int64_t armed; /* a mask: 1 << enum call; 0 = off */
    _Atomic int64_t countdown;
    _Atomic int64_t action;
    _Atomic int64_t error; /* errno of FAIL, milliseconds of LATE */
    _Atomic int64_t times; /* how often; -1 = until disarmed */
    _Atomic int64_t target;
    _Atomic int64_t clock_ms; /* added to the wall clock */
    _Atomic int64_t fired;
    _Atomic int64_t seen[CALLS];
};

static struct control none, *control = &none;
static char folder[PATH_MAX];
static size_t folder_length;

static void *next(const char *name)
{
    void *symbol = dlsym(RTLD_NEXT, name);
    if (!symbol)
        abort();
    return symbol;
}

#define NEXT(name, type)                                                                           \
    static type real;                                                                              \
    if (!real)                                                                                     \
    real = (type)next(name)

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("FAULT_CONTROL"), *below = getenv("FAULT_FOLDER");
    if (!path || !below || !realpath(below, folder))
        return;
    folder_length = strlen(folder);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    void *map = fd < 0 ? MAP_FAILED
                       : mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        abort(); /* a test that asks for faults must get them */
    close(fd);
    control = map;
}

static int ends_with(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);
    return a >= b && !strcmp(text + a - b, end);
}

static int fits(const char *path)
{
    if (!folder_length || strncmp(path, folder, folder_length) != 0)
        return 0;
    switch (atomic_load(&control->target)) {
    case DATABASE: return ends_with(path, "/titled.db");
    case LOG: return ends_with(path, "/titled.db-wal");
    case FILES: return strstr(path + folder_length, "/files") != NULL;
    default: return 1;
    }
}

/* What is to happen to this call. */
static enum action decide(enum call call, const char *path)
{
    if (control == &none || !fits(path))
        return NOTHING;
    atomic_fetch_add(&control->seen[call], 1);
    if (!(atomic_load(&control->armed) & (INT64_C(1) << call)))
        return NOTHING;
    if (atomic_fetch_sub(&control->countdown, 1) > 1)
        return NOTHING;
    int64_t times = atomic_load(&control->times);
    if (times == 0 || (times > 0 && atomic_fetch_sub(&control->times, 1) <= 0))
        return NOTHING;
    atomic_fetch_add(&control->fired, 1);
    return (enum action)atomic_load(&control->action);
}

static enum action decide_fd(enum call call, int fd)
{
    char link[32], path[PATH_MAX];
    if (control == &none)
        return NOTHING;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof(path) - 1);
    if (length <= 0)
        return NOTHING;
    path[length] = 0;
    return decide(call, path);
}

static void end_now(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* Before the call: 0 = make it, -1 = it failed. */
static int before(enum action action)
{
    int64_t value = atomic_load(&control->error);
    if (action == KILL_BEFORE)
        end_now();
    if (action == LATE)
        nanosleep(&(struct timespec){.tv_sec = value / 1000, .tv_nsec = value % 1000 * 1000000},
                  NULL);
    if (action != FAIL)
        return 0;
    errno = (int)value;
    return -1;
}

static void after(enum action action)
{
    if (action == KILL_AFTER || action == TORN)
        end_now();
}

/* --- synchronising ---------------------------------------------------------------------------- */

typedef int (*fd_fn)(int);

static int synchronise(fd_fn real, int fd)
{
    enum action action = decide_fd(SYNC, fd);
    if (before(action) < 0)
        return -1;
    int result = real(fd);
    after(action);
    return result;
}

int fsync(int fd)
{
    NEXT("fsync", fd_fn);
    return synchronise(real, fd);
}

int fdatasync(int fd)
{
    NEXT("fdatasync", fd_fn);
    return synchronise(real, fd);
}

/* --- writing ---------------------------------------------------------------------------------- */

static size_t reach(enum action action, size_t size)
{
    return (action == TORN || action == SHORT) && size > 1 ? size / 2 : size;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    typedef ssize_t (*fn)(int, const void *, size_t);
    NEXT("write", fn);
    enum action action = decide_fd(WRITE, fd);
    if (before(action) < 0)
        return -1;
    ssize_t result = real(fd, bytes, reach(action, size));
    after(action);
    return result;
}

typedef ssize_t (*pwrite_fn)(int, const void *, size_t, off_t);

static ssize_t write_at(pwrite_fn real, int fd, const void *bytes, size_t size, off_t offset)
{
    enum action action = decide_fd(WRITE, fd);
    if (before(action) < 0)
        return -1;
    ssize_t result = real(fd, bytes, reach(action, size), offset);
    after(action);
    return result;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    NEXT("pwrite", pwrite_fn);
    return write_at(real, fd, bytes, size, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset)
{
    NEXT("pwrite64", pwrite_fn);
    return write_at(real, fd, bytes, size, offset);
}

typedef int (*truncate_fn)(int, off_t);

static int truncate_to(truncate_fn real, int fd, off_t size)
{
    enum action action = decide_fd(TRUNCATE, fd);
    if (before(action) < 0)
        return -1;
    int result = real(fd, size);
    after(action);
    return result;
}

int ftruncate(int fd, off_t size)
{
    NEXT("ftruncate", truncate_fn);
    return truncate_to(real, fd, size);
}

int ftruncate64(int fd, off64_t size)
{
    NEXT("ftruncate64", truncate_fn);
    return truncate_to(real, fd, size);
}

/* --- names ------------------------------------------------------------------------------------ */

typedef int (*names_fn)(const char *, const char *);

static int name(names_fn real, const char *from, const char *to)
{
    enum action action = decide(RENAME, to);
    if (before(action) < 0)
        return -1;
    int result = real(from, to);
    after(action);
    return result;
}

int rename(const char *from, const char *to)
{
    NEXT("rename", names_fn);
    return name(real, from, to);
}

int link(const char *from, const char *to)
{
    NEXT("link", names_fn);
    return name(real, from, to);
}

int unlink(const char *path)
{
    typedef int (*fn)(const char *);
    NEXT("unlink", fn);
    enum action action = decide(UNLINK, path);
    if (before(action) < 0)
        return -1;
    int result = real(path);
    after(action);
    return result;
}

typedef int (*open_fn)(const char *, int, ...);

/* OPEN: a file that is new by its flags. LOOK: one that must be there. */
static int open_with(open_fn real, const char *path, int flags, mode_t mode)
{
    bool is_new = (flags & O_CREAT) && (flags & O_EXCL);
    if ((is_new || !(flags & O_CREAT)) && before(decide(is_new ? OPEN : LOOK, path)) < 0)
        return -1;
    return real(path, flags, mode);
}

#define OPEN_LIKE(name)                                                                            \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        NEXT(#name, open_fn);                                                                      \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;                                  \
        va_end(rest);                                                                              \
        return open_with(real, path, flags, mode);                                                 \
    }

OPEN_LIKE(open)
OPEN_LIKE(open64)

/* close(2) cannot fail halfway, but it may sleep. */
int close(int fd)
{
    NEXT("close", fd_fn);
    before(decide_fd(CLOSE, fd));
    return real(fd);
}

/* --- the wall clock --------------------------------------------------------------------------- */

int clock_gettime(clockid_t id, struct timespec *now)
{
    typedef int (*fn)(clockid_t, struct timespec *);
    NEXT("clock_gettime", fn);
    int result = real(id, now);
    int64_t shift = atomic_load(&control->clock_ms);
    if (result == 0 && shift && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
        now->tv_sec += shift / 1000;
        now->tv_nsec += shift % 1000 * 1000000;
        if (now->tv_nsec < 0 || now->tv_nsec >= 1000000000) {
            int64_t carry = now->tv_nsec < 0 ? -1 : 1;
            now->tv_sec += carry;
            now->tv_nsec -= carry * 1000000000;
        }
    }
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec exact;
    (void)zone;
    int result = clock_gettime(CLOCK_REALTIME, &exact);
    *now = (struct timeval){.tv_sec = exact.tv_sec, .tv_usec = exact.tv_nsec / 1000};
    return result;
}

time_t time(time_t *ret_now)
{
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (ret_now)
        *ret_now = exact.tv_sec;
    return exact.tv_sec;
}
