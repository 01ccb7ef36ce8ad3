/* walls_test.c - a child inside the examiner's walls that does what an exploited parser would try.
 */
#include "examiner/walls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { DONE = 42, OUTPUT_MAX = 4096 };

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

/* A child inside the walls that does `act`, standard input and output being `input` and `output`.
 */
static pid_t begin(void (*act)(void), int input, int output)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child > 0)
        return child;
    char why[256] = "";
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || dup2(input, STDIN_FILENO) < 0 ||
        dup2(output, STDOUT_FILENO) < 0 || dup2(pair[1], TD_WALLS_FD) < 0)
        _exit(1);
    if (td_walls_enter(OUTPUT_MAX, 1, why, sizeof(why)) < 0) {
        dprintf(STDERR_FILENO, "%s\n", why);
        _exit(2);
    }
    act();
    _exit(DONE);
}

static int end_of(void (*act)(void), int input, int output)
{
    int status;
    pid_t child = begin(act, input, output);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static int run(void (*act)(void))
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    int status = end_of(act, nothing, nothing);
    close(nothing);
    return status;
}

static void works(void)
{
    char byte;
    void *memory = malloc(8 << 20);
    if (!memory || read(STDIN_FILENO, &byte, 1) != 0 || write(STDOUT_FILENO, "x", 1) != 1 ||
        read(TD_WALLS_FD, &byte, 1) != 0) /* its other end is closed */
        _exit(3);
}

static void allowed_calls_work(void **state)
{
    (void)state;
    int status = run(works);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), DONE);
}

static void open_file(void)
{
    syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
}
static void open_the_old_way(void)
{
    syscall(SYS_open, "/etc/passwd", O_RDONLY);
}
static void connect_out(void)
{
    syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
}
static void run_program(void)
{
    char *const argv[] = {"/bin/true", NULL};
    syscall(SYS_execve, argv[0], argv, NULL);
}
static void make_process(void)
{
    syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}
static void fork_process(void)
{
    syscall(SYS_fork);
}
static void kill_parent(void)
{
    syscall(SYS_kill, getppid(), SIGTERM);
}
static void trace_parent(void)
{
    syscall(SYS_ptrace, PTRACE_ATTACH, 1, 0, 0);
}
static void map_code(void)
{
    syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
            -1, 0);
}
static void make_code(void)
{
    static char page[8192] __attribute__((aligned(4096)));
    syscall(SYS_mprotect, page, 4096, PROT_READ | PROT_EXEC);
}
static void read_elsewhere(void)
{
    char byte;
    syscall(SYS_read, STDOUT_FILENO, &byte, 1);
}
static void write_elsewhere(void)
{
    syscall(SYS_write, STDIN_FILENO, "x", 1);
}
static void copy_descriptor(void)
{
    syscall(SYS_dup, TD_WALLS_FD);
}
static void send_descriptor(void)
{
    struct msghdr message = {0};
    syscall(SYS_sendmsg, TD_WALLS_FD, &message, 0);
}
static void raise_limit(void)
{
    const struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    syscall(SYS_prlimit64, 0, RLIMIT_AS, &limit, NULL);
}
static void remove_file(void)
{
    syscall(SYS_unlink, "/tmp/nothing");
}
static void look_at_file(void)
{
    struct stat st;
    syscall(SYS_newfstatat, AT_FDCWD, "/etc/passwd", &st, 0);
}
static void make_ring(void)
{
    syscall(SYS_io_uring_setup, 1, NULL);
}
static void handle_signals(void)
{
    syscall(SYS_rt_sigaction, SIGSYS, NULL, NULL, 8);
}
static void read_memory(void)
{
    syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0);
}

/* In a sanitized build the runtime's own calls stay allowed: only the others are tried. */
static void forbidden_calls_kill(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        void (*act)(void);
        bool sanitized;
    } cases[] = {
        {"openat", open_file, false},
        {"open", open_the_old_way, true},
        {"socket", connect_out, true},
        {"execve", run_program, true},
        {"clone", make_process, true},
        {"fork", fork_process, true},
        {"kill", kill_parent, true},
        {"ptrace", trace_parent, true},
        {"mmap", map_code, false},
        {"mprotect", make_code, false},
        {"read", read_elsewhere, false},
        {"write", write_elsewhere, false},
        {"dup", copy_descriptor, true},
        {"sendmsg", send_descriptor, true},
        {"prlimit64", raise_limit, false},
        {"unlink", remove_file, true},
        {"newfstatat", look_at_file, false},
        {"io_uring_setup", make_ring, true},
        {"rt_sigaction", handle_signals, false},
        {"process_vm_readv", read_memory, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (SANITIZED && !cases[i].sanitized)
            continue;
        int status = run(cases[i].act);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
            fail_msg("%s did not end the process: status %x", cases[i].name, (unsigned)status);
    }
}

static void grow(void)
{
    static char bytes[OUTPUT_MAX];
    bool filled = write(STDOUT_FILENO, bytes, OUTPUT_MAX) == OUTPUT_MAX;
    _exit(filled && write(STDOUT_FILENO, bytes, 1) < 0 && errno == EFBIG ? DONE : 4);
}

static void swallow(void)
{
    static void *volatile kept; /* or the compiler drops it */
    kept = malloc((size_t)1 << 30);
    _exit(kept ? 5 : DONE);
}

static void spin(void)
{
    for (volatile int i = 0;; i++)
        ;
}

static void resources_have_an_end(void **state)
{
    (void)state;
    char path[] = "/tmp/wallsXXXXXX";
    int file = mkostemp(path, O_CLOEXEC);
    unlink(path);
    if (!SANITIZED) {
        int status = end_of(grow, file, file);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == DONE);
        status = run(swallow);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == DONE);
    }
    int status = run(spin);
    assert_true(WIFSIGNALED(status));
    assert_true(WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGXCPU);
    close(file);
}

/* A pipe that was open when the walls went up ends for its reader while the child still runs. */
static void other_descriptors_are_closed(void **state)
{
    (void)state;
    int ends[2], nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    char byte;
    assert_int_equal(pipe(ends), 0);
    assert_true(ends[1] > TD_WALLS_FD);
    pid_t child = begin(spin, nothing, nothing);
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 0);
    assert_int_equal(waitpid(child, NULL, WNOHANG), 0);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(ends[0]);
    close(nothing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allowed_calls_work), cmocka_unit_test(forbidden_calls_kill),
        cmocka_unit_test(resources_have_an_end), cmocka_unit_test(other_descriptors_are_closed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
