/* printer.c - see printer.h. One process for one paper: its order on a file that is its standard
 * input, the PDF on a pipe. Nobody else waits for it: the loop follows its own children by their
 * descriptors. */
#include "printing/printer.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static bool find_program(char path[4200])
{
    ssize_t length = readlink("/proc/self/exe", path, 4000);
    if (length <= 0)
        return false;
    path[length] = 0;
    char *name = strrchr(path, '/');
    if (!name)
        return false;
    memcpy(name + 1, "titled-paper", sizeof("titled-paper"));
    return true;
}

/* The order as a file without a name, at its beginning; < 0 when there is none. */
static int write_order(const json_t *paper)
{
    struct td_strbuf order;
    int fd = memfd_create("paper", MFD_CLOEXEC);
    td_strbuf_init(&order);
    td_json_write(paper, &order);
    bool written = fd >= 0 && !order.failed &&
                   write(fd, order.bytes, order.length) == (ssize_t)order.length &&
                   lseek(fd, 0, SEEK_SET) == 0;
    td_strbuf_done(&order);
    if (!written && fd >= 0)
        close(fd);
    return written ? fd : -1;
}

static int start(const char *program, int order, int out, pid_t *ret_pid)
{
    static char *const environment[] = {"LANG=C.UTF-8", NULL};
    char *const arguments[] = {(char *)program, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, order, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    int failed = posix_spawn(ret_pid, program, &actions, NULL, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    bool later = failed == EAGAIN || failed == ENOMEM;
    return later ? TD_EBUSY : failed ? TD_EINTERNAL : 0;
}

static int collect(int in, struct td_strbuf *pdf)
{
    char bytes[65536];
    int64_t end = td_clock_mono_ms() + TD_PRINTER_SECONDS * 1000;
    size_t before = pdf->length;
    for (;;) {
        struct pollfd one = {.fd = in, .events = POLLIN};
        int64_t left = end - td_clock_mono_ms();
        int ready = left > 0 ? poll(&one, 1, (int)left) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return TD_EBUSY;
        ssize_t length = read(in, bytes, sizeof(bytes));
        if (length == 0)
            return 0;
        if (length < 0 || pdf->length - before + (size_t)length > TD_PRINTER_MAX)
            return TD_EINTERNAL;
        td_strbuf_add(pdf, bytes, (size_t)length);
    }
}

static int follow(pid_t pid, int in, struct td_strbuf *pdf)
{
    int status = 0, result = collect(in, pdf);
    if (result < 0)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (result == 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
        result = TD_EINTERNAL;
    return result == 0 && pdf->failed ? TD_ENOMEM : result;
}

int td_printer_run(const json_t *paper, struct td_strbuf *pdf)
{
    char program[4200];
    int ends[2];
    pid_t pid = 0;
    int order = find_program(program) ? write_order(paper) : -1;
    if (order < 0)
        return TD_EINTERNAL;
    if (pipe2(ends, O_CLOEXEC) < 0) {
        close(order);
        return TD_EBUSY;
    }
    int result = start(program, order, ends[1], &pid);
    close(order);
    close(ends[1]);
    if (result == 0)
        result = follow(pid, ends[0], pdf);
    close(ends[0]);
    return result;
}
