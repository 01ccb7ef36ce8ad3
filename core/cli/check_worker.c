/* check_worker.c - see check.h: one worker on the other end of a socket, asked and waited for. */
#include "cli/check.h"

#include "scoring/protocol.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHILD_SOCKET 3
#define START_MS     20000

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- frames ----------------------------------------------------------------------------------- */

static bool read_all(int fd, void *bytes, size_t length, int64_t until)
{
    for (size_t got = 0; got < length;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        int64_t left = until - now_ms();
        int n = left > 0 ? poll(&ready, 1, (int)left) : 0;
        ssize_t part = n > 0 ? read(fd, (char *)bytes + got, length - got) : 0;
        if (n > 0 && part > 0)
            got += (size_t)part;
        else if ((n < 0 || part < 0) && errno == EINTR)
            continue;
        else
            return false;
    }
    return true;
}

static json_t *read_frame(int fd, int ms)
{
    unsigned char header[TD_PROTOCOL_HEADER];
    int64_t until = now_ms() + ms;
    size_t length = read_all(fd, header, sizeof(header), until) ? td_protocol_length(header) : 0;
    char *text = length ? malloc(length) : NULL;
    json_t *message = NULL;
    if (text && read_all(fd, text, length, until))
        message = json_loadb(text, length, 0, NULL);
    free(text);
    return message;
}

static bool write_frame(int fd, unsigned char *frame, size_t length)
{
    bool sent = true;
    for (size_t done = 0; sent && done < length;) {
        ssize_t n = send(fd, frame + done, length - done, MSG_NOSIGNAL);
        sent = n > 0 || (n < 0 && errno == EINTR);
        done += n > 0 ? (size_t)n : 0;
    }
    free(frame);
    return sent;
}

/* --- life ------------------------------------------------------------------------------------- */

static void close_worker(struct td_check_worker *worker)
{
    json_decref(worker->catalog);
    json_decref(worker->refused);
    worker->catalog = worker->refused = NULL;
    close(worker->fd);
    worker->pid = 0;
}

/* Ends it and says how it ended. */
static void bury(struct td_check_worker *worker, bool kill_it)
{
    int status = 0;
    if (kill_it)
        kill(worker->pid, SIGKILL);
    while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (kill_it)
        snprintf(worker->reason, sizeof(worker->reason), "it did not answer in time");
    else if (WIFSIGNALED(status) || WEXITSTATUS(status) > 128)
        snprintf(worker->reason, sizeof(worker->reason), "the worker ended by signal %d",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status) - 128);
    else
        snprintf(worker->reason, sizeof(worker->reason), "the worker ended with status %d",
                 WEXITSTATUS(status));
    close_worker(worker);
}

/* The stream ended: by itself, or because the time was up? */
static void bury_silent(struct td_check_worker *worker)
{
    char byte;
    ssize_t n = recv(worker->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    bury(worker, n > 0 || (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)));
}

void td_check_worker_stop(struct td_check_worker *worker)
{
    if (!worker->pid)
        return;
    shutdown(worker->fd, SHUT_RDWR); /* the worker ends when nobody is there */
    kill(worker->pid, SIGKILL);
    while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    close_worker(worker);
}

static bool spawn(struct td_check_worker *worker, const char *scorer, const char *folder,
                  int job_ms, bool perturb)
{
    int pair[2];
    char limit[16];
    char *const arguments[] = {(char *)scorer, "--worker", (char *)folder, limit, NULL};
    char *const environment[] = {perturb ? "MALLOC_PERTURB_=173" : NULL, NULL};
    posix_spawn_file_actions_t actions;
    snprintf(limit, sizeof(limit), "%d", job_ms);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return false;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pair[1], CHILD_SOCKET);
    int failed = posix_spawn(&worker->pid, scorer, &actions, NULL, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    close(pair[1]);
    worker->fd = pair[0];
    if (failed) {
        close(pair[0]);
        worker->pid = 0;
        snprintf(worker->reason, sizeof(worker->reason), "cannot start %s: %s", scorer,
                 strerror(failed));
    }
    return !failed;
}

bool td_check_worker_start(struct td_check_worker *worker, const char *scorer, const char *folder,
                           int job_ms, bool perturb)
{
    json_t *message;
    *worker = (struct td_check_worker){.deadline_ms = 60000};
    if (!spawn(worker, scorer, folder, job_ms, perturb))
        return false;
    while ((message = read_frame(worker->fd, START_MS))) {
        const char *loading = json_string_value(json_object_get(message, "loading"));
        const char *why = json_string_value(json_object_get(message, "message"));
        bool ready = json_is_true(json_object_get(message, "ready"));
        if (loading)
            snprintf(worker->loading, sizeof(worker->loading), "%s", loading);
        if (ready) {
            worker->catalog = json_incref(json_object_get(message, "catalog"));
            worker->refused = json_incref(json_object_get(message, "refused"));
        } else if (!loading) {
            bury(worker, false);
            snprintf(worker->reason, sizeof(worker->reason), "the sandbox: %s", why ? why : "?");
        }
        json_decref(message);
        if (ready || !loading)
            return ready;
    }
    bury_silent(worker);
    return false;
}

json_t *td_check_worker_ask(struct td_check_worker *worker, json_t *job)
{
    json_t *answer = NULL;
    size_t length = 0;
    unsigned char *frame = td_protocol_encode(job, &length);
    json_decref(job);
    if (!frame) {
        snprintf(worker->reason, sizeof(worker->reason), "the job is larger than a frame");
        return NULL;
    }
    if (write_frame(worker->fd, frame, length))
        answer = read_frame(worker->fd, worker->deadline_ms);
    if (!answer) {
        bury_silent(worker);
    } else if (json_is_true(json_object_get(answer, "ending"))) {
        const json_t *error = json_object_get(answer, "error");
        const char *message = json_string_value(json_object_get(error, "message"));
        bury(worker, false);
        snprintf(worker->reason, sizeof(worker->reason), "%s", message ? message : "?");
        json_decref(answer);
        answer = NULL;
    }
    return answer;
}
