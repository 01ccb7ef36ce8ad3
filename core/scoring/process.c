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
    struct event_base *base;
    int child_socket; /* until it is spawned */
    pid_t pid;        /* 0 until then */
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

static void free_frame(const void *frame, size_t length, void *arg)
{
    (void)length;
    (void)arg;
    free((void *)frame);
}

void td_process_send(struct td_process *process, unsigned char *frame, size_t length)
{
    struct evbuffer *output = bufferevent_get_output(process->stream);
    if (evbuffer_add_reference(output, frame, length, free_frame, NULL) == 0)
        return;
    free(frame);
    td_process_kill(process); /* or it would wait for what never comes, until the deadline */
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

/* What it had written when it ended. A bufferevent lets nobody else add to its input unless asked.
 */
static void read_rest(struct bufferevent *stream)
{
    struct evbuffer *input = bufferevent_get_input(stream);
    bufferevent_disable(stream, EV_READ | EV_WRITE);
    evbuffer_unfreeze(input, 0);
    while (evbuffer_read(input, bufferevent_getfd(stream), -1) > 0)
        ;
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
    read_rest(process->stream);
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
    if (process->exited && !process->gone)
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
    if (process->child_socket >= 0)
        close(process->child_socket);
    free(process);
}

/* --- the start -------------------------------------------------------------------------------- */

/* Each of these answers 0 or an errno, for want of memory. */
static int give_standard(posix_spawn_file_actions_t *actions, int standard, int fd)
{
    return fd < 0 ? posix_spawn_file_actions_addopen(actions, standard, "/dev/null", O_RDWR, 0)
                  : posix_spawn_file_actions_adddup2(actions, fd, standard);
}

/* What the child has open: its standard streams and the socket, nothing else. */
static int give_files(const struct td_process_command *command, int socket,
                      posix_spawn_file_actions_t *actions)
{
    int error = give_standard(actions, STDIN_FILENO, command->input);
    if (!error)
        error = give_standard(actions, STDOUT_FILENO, command->output);
    if (!error)
        error = posix_spawn_file_actions_adddup2(actions, socket, CHILD_SOCKET);
    if (!error)
        error = posix_spawn_file_actions_addclosefrom_np(actions, CHILD_SOCKET + 1);
    return error;
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
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETPGROUP);
    int error = give_files(command, socket, &actions);
    if (!error)
        error = posix_spawn(ret_pid, command->argv[0], &actions, &attributes,
                            (char *const *)command->argv, no_environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return -error;
}

int td_process_new(struct event_base *base, const struct td_process_events *events, void *arg,
                   struct td_process **ret_process, struct td_error *reterr)
{
    int sockets[2];
    struct td_process *process = calloc(1, sizeof(*process));
    if (!process)
        return td_error_set(reterr, TD_ENOMEM, "no memory for a process");
    *process = (struct td_process){
        .events = *events, .arg = arg, .base = base, .pidfd = -1, .child_socket = -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0) {
        free(process);
        return td_error_set(reterr, TD_EINTERNAL, "socketpair: %s", strerror(errno));
    }
    process->child_socket = sockets[1];
    evutil_make_socket_nonblocking(sockets[0]);
    process->stream = bufferevent_socket_new(base, sockets[0], BEV_OPT_CLOSE_ON_FREE);
    process->deadline = evtimer_new(base, on_deadline, process);
    if (!process->stream)
        close(sockets[0]);
    if (!process->stream || !process->deadline) {
        td_process_free(process);
        return td_error_set(reterr, TD_ENOMEM, "no memory for a process");
    }
    bufferevent_setcb(process->stream, on_read, NULL, on_stream_event, process);
    *ret_process = process;
    return 0;
}

int td_process_spawn(struct td_process *process, const struct td_process_command *command,
                     struct td_error *reterr)
{
    pid_t pid = 0;
    int result = spawn(command, process->child_socket, &pid);
    close(process->child_socket);
    process->child_socket = -1;
    if (result < 0)
        return td_error_set(reterr, TD_EINTERNAL, "%s cannot be started: %s", command->argv[0],
                            strerror(-result));
    process->pid = pid;
    return 0;
}

int td_process_watch(struct td_process *process, struct td_error *reterr)
{
    process->pidfd = pidfd_open(process->pid, 0);
    process->exited = process->pidfd < 0 ? NULL
                                         : event_new(process->base, process->pidfd,
                                                     EV_READ | EV_PERSIST, on_exit_event, process);
    if (!process->exited)
        return td_error_set(reterr, TD_EINTERNAL, "a process cannot be watched: %s",
                            strerror(errno));
    event_add(process->exited, NULL);
    bufferevent_enable(process->stream, EV_READ | EV_WRITE);
    if (process->end.asked) /* its deadline passed before it ran */
        kill(process->pid, SIGKILL);
    return 0;
}
