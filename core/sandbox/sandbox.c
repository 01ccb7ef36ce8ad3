/* sandbox.c - see sandbox.h. Several independent walls: no descriptors, resource limits, another
 * user when started as root, no new privileges, Landlock without a single rule where the kernel has
 * it, and a seccomp allow-list. Where the list traps instead of killing, sigaction is not on it:
 * the handler stays the one that ends the process. */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A sanitizer's runtime maps, opens and asks for much that the walls forbid; such builds are for
 * tests. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED
#endif

#define NOBODY 65534

static int drop_descriptors(const struct td_sandbox_options *options)
{
    int fd = options->fd;
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0)
        return -errno;
#ifdef SANITIZED
    const int last = 1; /* reports go to standard error */
#else
    const int last = 2;
#endif
    for (int standard = options->files ? 2 : 0; standard <= last; standard++)
        if (dup2(nothing, standard) < 0)
            return -errno;
    for (int other = 3; other < fd; other++)
        close(other);
    return close_range((unsigned)fd + 1, ~0U, 0) < 0 ? -errno : 0;
}

static int limit_resources(const struct td_sandbox_options *options)
{
    const struct {
        int resource;
        rlim_t limit;
    } limits[] = {
#ifndef SANITIZED /* shadow memory takes terabytes of addresses; the runtime reads and writes      \
                     files */
        {RLIMIT_AS, options->address_space},
        {RLIMIT_NOFILE, 4},
        {RLIMIT_FSIZE, options->file_bytes},
#endif
        {RLIMIT_NPROC, 0},
        {RLIMIT_CORE, 0},
        {RLIMIT_MEMLOCK, 0},
    };
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct rlimit limit = {limits[i].limit, limits[i].limit};
        if (setrlimit(limits[i].resource, &limit) < 0)
            return -errno;
    }
    const rlim_t seconds = (rlim_t)options->cpu_seconds;
    const struct rlimit cpu = {seconds, seconds};
    return seconds && setrlimit(RLIMIT_CPU, &cpu) < 0 ? -errno : 0;
}

/* A container may have no such user: then the other walls have to do. */
static int drop_user(void)
{
    if (geteuid() != 0)
        return 0;
    if (setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
        setresuid(NOBODY, NOBODY, NOBODY) == 0)
        return 0;
    return errno == EINVAL || errno == EPERM ? 0 : -errno;
}

static int forbid_privileges(void)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ||
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        return -errno;
    return 0;
}

/* All file access the running kernel can handle, and no rule that allows any. */
static int forbid_files(void)
{
#ifdef SANITIZED
    return 0; /* the runtime reads /proc/self/maps */
#endif
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1)
        return 0;
    uint64_t access = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
    if (abi >= 2)
        access |= 1ULL << 13; /* REFER */
    if (abi >= 3)
        access |= 1ULL << 14; /* TRUNCATE */
    if (abi >= 5)
        access |= 1ULL << 15; /* IOCTL_DEV */
    struct landlock_ruleset_attr rules = {.handled_access_fs = access};
    int ruleset =
        (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules.handled_access_fs), 0);
    if (ruleset < 0)
        return -errno;
    int result = syscall(SYS_landlock_restrict_self, ruleset, 0) < 0 ? -errno : 0;
    close(ruleset);
    return result;
}

/* Calls that need no look at their arguments. */
static const int allowed[] = {
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(setitimer),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
#ifdef SANITIZED /* what its runtime needs to work and to write a report */
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(mmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(openat),
    SCMP_SYS(close),
    SCMP_SYS(readlink),
    SCMP_SYS(newfstatat),
    SCMP_SYS(lseek),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(sched_yield),
    SCMP_SYS(prctl),
    SCMP_SYS(getrlimit),
    SCMP_SYS(prlimit64),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(ioctl),
#endif
};

#ifndef SANITIZED
static int allow_on(scmp_filter_ctx filter, int call, int fd)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
                            SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)fd));
}

static int allow_arguments(scmp_filter_ctx filter, const struct td_sandbox_options *options)
{
    const struct scmp_arg_cmp not_executable = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    const struct {
        int call, fd;
        bool wanted;
    } transfers[] = {
        {SCMP_SYS(read), options->fd, true},
        {SCMP_SYS(write), options->fd, true},
        {SCMP_SYS(write), STDERR_FILENO, true},
        {SCMP_SYS(read), STDIN_FILENO, options->files},
        {SCMP_SYS(write), STDOUT_FILENO, options->files},
    };
    int result = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, &not_executable);
    if (!result)
        result =
            seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, &not_executable);
    for (size_t i = 0; !result && i < sizeof(transfers) / sizeof(transfers[0]); i++)
        if (transfers[i].wanted)
            result = allow_on(filter, transfers[i].call, transfers[i].fd);
    return result;
}
#endif

static int allow_calls(scmp_filter_ctx filter, const struct td_sandbox_options *options)
{
    int result = 0;
    for (size_t i = 0; !result && i < sizeof(allowed) / sizeof(allowed[0]); i++)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
#ifndef SANITIZED
    if (!result)
        result = allow_arguments(filter, options);
#else
    (void)options;
#endif
    /* abort() sends its signal this way. */
    if (!result)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                                  SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
    return result;
}

static int filter_calls(const struct td_sandbox_options *options)
{
    scmp_filter_ctx filter = seccomp_init(options->trap ? SCMP_ACT_TRAP : SCMP_ACT_KILL_PROCESS);
    if (!filter)
        return -ENOMEM;
    int result = allow_calls(filter, options);
    if (!result)
        result = seccomp_load(filter);
    seccomp_release(filter);
    return result;
}

static int wall(int result, const char *step, char *why, size_t room)
{
    if (result < 0)
        snprintf(why, room, "the sandbox cannot %s: %s", step, strerror(-result));
    return result;
}

int td_sandbox_enter(const struct td_sandbox_options *options, char *why, size_t room)
{
    int result = wall(drop_descriptors(options), "close descriptors", why, room);
    if (!result)
        result = wall(drop_user(), "change the user", why, room);
    if (!result)
        result = wall(forbid_privileges(), "forbid new privileges", why, room);
    if (!result)
        result = wall(forbid_files(), "forbid files", why, room);
    if (!result)
        result = wall(limit_resources(options), "limit resources", why, room);
    if (!result)
        result = wall(filter_calls(options), "filter system calls", why, room);
    return result;
}
