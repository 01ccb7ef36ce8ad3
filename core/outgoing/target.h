/* target.h - where deliveries go: the file that the setting outgoing_file names.
 *
 *     {"region": {"url": "https://...", "key_file": "/etc/titled/region.key", "ca_file": "", "deadline_seconds": 20,
 *                 "answer_bytes": 262144, "at_once": 8, "retry_ms": 2000, "retry_most_ms": 900000}}
 *
 * Only url and key_file must be given. Addresses come from nowhere else: not from people, not from an answer. They
 * are https, or http to this machine itself. A target that is not in the file is served through a folder. */
#ifndef TD_OUTGOING_TARGET_H
#define TD_OUTGOING_TARGET_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct td_target {
    char *name;
    char *url;     /* NULL = folder */
    char *ca_file; /* NULL = the system's */
    unsigned char key[256];
    size_t key_length;
    int64_t deadline_seconds, answer_bytes, at_once, retry_ms, retry_most_ms;
};

struct td_targets {
    struct td_target *all;
    size_t count;
};

/* Reads the file ("" = none) and adds, as folders, those that a kind of delivery names and the file does not.
 * TD_EINVALID with the target and what is wrong with it. */
int td_targets_load(const char *path, struct td_targets *ret_targets, struct td_error *reterr);
void td_targets_done(struct td_targets *targets);

/* HMAC-SM3 (GB/T 32905) with the target's key of
 * method "\n" path and query of the address "\n" id "\n" time "\n" SM3 of the body in hex. TD_EINTERNAL. */
int td_target_sign(const struct td_target *target, const char *method, const char *url, const char *id,
                   const char *time, const char *body, size_t length, char hex[65]);

#endif
