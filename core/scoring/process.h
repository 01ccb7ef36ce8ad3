/* process.h - one worker process as the event loop sees it: start, frames both ways, deadline, end.
 *
 * Knows nothing of jobs or plugins (pool.c does) or of evidence (examining/). The process has
 * descriptor 3, its standard descriptors and no environment. Its end is noticed through a pidfd, so
 * children of others are never touched. */
#ifndef TD_SCORING_PROCESS_H
#define TD_SCORING_PROCESS_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct td_process;

struct td_process_end {
    bool timed_out;   /* its deadline passed */
    bool asked;       /* td_process_kill was called */
    char reason[128]; /* "ended by signal 9" */
};

struct td_process_events {
    void (*frame)(void *arg, const json_t *message);            /* message is borrowed */
    void (*ended)(void *arg, const struct td_process_end *end); /* once, last; then free it */
};

struct td_process_command {
    const char *const *argv; /* as for execv, with an absolute or relative path in argv[0] */
    int input, output;       /* become its standard input and output; borrowed; -1 = nothing */
};

/* The three steps of a start. Executing a program holds up its thread until the system has loaded it,
 * which on a busy machine may take longer than the loop can wait: td_process_spawn alone may be called
 * on any thread, while nobody uses the process but to set its deadline or to kill it. That thread must
 * live as long as the process: the sandbox lets a process die with its parent, which to the kernel is a
 * thread. After a failure the process is to be freed. */
int td_process_new(struct event_base *base, const struct td_process_events *events, void *arg,
                   struct td_process **ret_process, struct td_error *reterr);
int td_process_spawn(struct td_process *process, const struct td_process_command *command,
                     struct td_error *reterr);
int td_process_watch(struct td_process *process, struct td_error *reterr);

/* Queues a frame made by td_protocol_encode and takes it over. */
void td_process_send(struct td_process *process, unsigned char *frame, size_t length);

/* Kills the process when `ms` pass before the next call; 0 = no deadline. */
void td_process_deadline(struct td_process *process, int ms);

void td_process_kill(struct td_process *process);

/* False once its end is known: what is sent now nobody reads. True still means nothing for sure. */
bool td_process_alive(const struct td_process *process);

/* Frees; a process that still runs is killed and waited for. NULL is fine. */
void td_process_free(struct td_process *process);

#endif
