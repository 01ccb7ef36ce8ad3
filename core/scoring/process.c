/* process.c - see process.h. `ended` waits for the exit status, not for the end of the stream: what
 * a dying process still wrote is read first, because its last frame may explain its death. */
#include "scoring/process.h"

#include "scoring/framing.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_SOCKET 3

struct td_process {
    struct td_process_events events;
    void *arg;
    pid_t pid;
    int pidfd;
    struct event *exited;
    struct event *deadline;
    struct bufferevent *stream;
    bool gone; /* reaped */
    struct td_process_end end;
};

/* --- frames ----------------------------------------------------------------------------------- */

static void take_frames(struct td_process *process)
{
    struct evbuffer *input = bufferevent_get_input(process->stream);
    while (!process->end.asked) {
        json_t *message;
        int r = td_framing_take(input, &message);
        if (r == TD_EINVALID)
            td_process_kill(process);
        if (r < 0)
            return;
        process->events.frame(process->arg, message);
        json_decref(message);
    }
}

static void on_read(struct bufferevent *stream, void *arg)
{
    (void)stream;
    take_frames(arg);
}

static void on_stream_event(struct bufferevent *stream, short what, void *arg)
{
    (void)what;
    struct td_process *process = arg;
    bufferevent_disable(stream, EV_READ | EV_WRITE);
    kill(process->pid, SIGKILL); /* not reaped yet, so the number is still its own */
}

void td_process_send(struct td_process *process, unsigned char *frame, size_t length)
{
    bufferevent_write(process->stream, frame, length);
    free(frame);
}

/* --- the end ---------------------------------------------------------------------------------- */

static void describe_end(struct td_process_end *end, const siginfo_t *status)
{
    const char *prefix = end->timed_out ? "took too long and was " : "";
    if (status->si_code == CLD_EXITED && status->si_status <= 128)
        snprintf(end->reason, sizeof(end->reason), "%sended with status %d", prefix,
                 status->si_status);
    else
        snprintf(end->reason, sizeof(end->reason), "%sended by signal %d", prefix,
                 status->si_code == CLD_EXITED ? status->si_status - 128 : status->si_status);
}

static void on_exit_event(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct td_process *process = arg;
    siginfo_t status = {0};
    if (waitid(P_PIDFD, (id_t)fd, &status, WEXITED | WNOHANG) == 0 && status.si_pid == 0)
        return;
    process->gone = true;
    event_del(process->exited);
    event_del(process->deadline);
    bufferevent_disable(process->stream, EV_READ | EV_WRITE);
    while (evbuffer_read(bufferevent_get_input(process->stream), bufferevent_getfd(process->stream),
                         -1) > 0)
        ;
    take_frames(process);
    describe_end(&process->end, &status);
    process->events.ended(process->arg, &process->end);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct td_process *process = arg;
    process->end.timed_out = true;
    td_process_kill(process);
}

void td_process_deadline(struct td_process *process, int ms)
{
    struct timeval delay = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    if (ms > 0)
        event_add(process->deadline, &delay);
    else
        event_del(process->deadline);
}

void td_process_kill(struct td_process *process)
{
    process->end.asked = true;
    if (!process->gone)
        kill(process->pid, SIGKILL);
}

bool td_process_alive(const struct td_process *process)
{
    return !process->gone;
}

void td_process_free(struct td_process *process)
{
    if (!process)
        return;
    if (process->pid > 0 && !process->gone) {
        siginfo_t status;
        kill(process->pid, SIGKILL);
        waitid(P_PID, (id_t)process->pid, &status, WEXITED);
    }
    if (process->exited)
        event_free(process->exited);
    if (process->deadline)
        event_free(process->deadline);
    if (process->stream)
        bufferevent_free(process->stream);
    if (process->pidfd >= 0)
        close(process->pidfd);
    free(process);
}

/* --- the start -------------------------------------------------------------------------------- */

static void give_standard(posix_spawn_file_actions_t *actions, int standard, int fd)
{
    if (fd < 0)
        posix_spawn_file_actions_addopen(actions, standard, "/dev/null", O_RDWR, 0);
    else
        posix_spawn_file_actions_adddup2(actions, fd, standard);
}

/* The child starts with default signals, in a process group of its own: a Ctrl-C at the server's
 * terminal is the server's business. */
static int spawn(const struct td_process_command *command, int socket, pid_t *ret_pid)
{
    static char *const no_environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    give_standard(&actions, STDIN_FILENO, command->input);
    give_standard(&actions, STDOUT_FILENO, command->output);
    posix_spawn_file_actions_adddup2(&actions, socket, CHILD_SOCKET);
    posix_spawn_file_actions_addclosefrom_np(&actions, CHILD_SOCKET + 1);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETPGROUP);
    int result = posix_spawn(ret_pid, command->argv[0], &actions, &attributes,
                             (char *const *)command->argv, no_environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return -result;
}

static int watch(struct td_process *process, struct event_base *base, int socket)
{
    process->pidfd = pidfd_open(process->pid, 0);
    process->stream = bufferevent_socket_new(base, socket, BEV_OPT_CLOSE_ON_FREE);
    process->exited = process->pidfd < 0 ? NULL
                                         : event_new(base, process->pidfd, EV_READ | EV_PERSIST,
                                                     on_exit_event, process);
    process->deadline = evtimer_new(base, on_deadline, process);
    if (!process->stream)
        close(socket);
    if (!process->stream || !process->exited || !process->deadline)
        return -ENOMEM;
    bufferevent_setcb(process->stream, on_read, NULL, on_stream_event, process);
    bufferevent_enable(process->stream, EV_READ | EV_WRITE);
    event_add(process->exited, NULL);
    return 0;
}

int td_process_start(struct event_base *base, const struct td_process_command *command,
                     const struct td_process_events *events, void *arg,
                     struct td_process **ret_process, struct td_error *reterr)
{
    int sockets[2];
    struct td_process *process = calloc(1, sizeof(*process));
    if (!process)
        return td_error_set(reterr, TD_ENOMEM, "no memory for a process");
    *process = (struct td_process){.events = *events, .arg = arg, .pidfd = -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0) {
        free(process);
        return td_error_set(reterr, TD_EINTERNAL, "socketpair: %s", strerror(errno));
    }
    int result = spawn(command, sockets[1], &process->pid);
    close(sockets[1]);
    if (result < 0) {
        close(sockets[0]);
        process->pid = 0;
    } else {
        evutil_make_socket_nonblocking(sockets[0]);
        result = watch(process, base, sockets[0]);
    }
    if (result < 0) {
        td_process_free(process);
        return td_error_set(reterr, TD_EINTERNAL, "%s cannot be started: %s", command->argv[0],
                            strerror(-result));
    }
    *ret_process = process;
    return 0;
}
