/* examiners.h - the core's side of the examiner: one supervised, sandboxed process for each uploaded
 * file.
 *
 * Lives on the event loop. At most `slots` examinations run at once, `queue_limit` wait; each has a
 * deadline by the clock. The process gets the file as standard input and an empty file as standard
 * output, and says its verdict on a socket (examiner/main.c). What it says is not trusted: findings
 * are looked up in a list, and who keeps the output hashes it himself. */
#ifndef TD_EXAMINING_EXAMINERS_H
#define TD_EXAMINING_EXAMINERS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct td_examiners;
struct td_mailbox;

struct td_examiners_options {
    struct event_base *base;
    struct td_mailbox *mailbox;
    const char *executable; /* path of titled-examiner */
    int slots;              /* examinations at once; 0 = number of cores */
    int queue_limit;        /* waiting examinations */
    int per_owner;          /* of one owner, running and waiting */
    int seconds;            /* processor time of one; by the clock it gets three times that */
    size_t file_max;        /* bytes of a file; its output may have twice as many */
};

int td_examiners_new(const struct td_examiners_options *options, struct td_examiners **ret_examiners,
                     struct td_error *reterr);
/* Only when nothing is examined. NULL is fine. */
void td_examiners_free(struct td_examiners *examiners);

/* 0: the file may be kept; when `rewritten`, what went to the output in its place. Else
 *   TD_EFIELDS   what is wrong, as errors of the field "file": findings, or that the examiner ended
 *                or took too long over it
 *   TD_EFULL, TD_EIO   the output could not be written
 *   TD_EBUSY     [examiner_absent] it cannot be started or cannot enter its sandbox
 * `error` is the callee's to take from, and released afterwards. */
typedef void (*td_examiners_done_fn)(void *arg, int result, bool rewritten, struct td_error *error);

/* True for the types that are written anew: they need an output. */
bool td_examiners_rewrites(const char *type);

/* Examines the file behind `input`, of the media `type` that its first bytes name, for `owner` (an
 * account's id), so that nobody keeps others waiting with files that take long. Both descriptors are
 * taken over in any case, the output is an empty file, -1 when none is needed. `done` is called on the loop exactly
 * once, never from inside; after a failure here not at all: TD_EBUSY [examiner_busy] when too many wait,
 * TD_ETHROTTLED when the owner has enough here. */
int td_examiners_submit(struct td_examiners *examiners, const char *owner, const char *type, int input,
                        int output, td_examiners_done_fn done, void *arg, struct td_error *reterr);

struct td_examiners_stats {
    int running, waiting;
};

struct td_examiners_stats td_examiners_stats(const struct td_examiners *examiners);

#endif
