/* keyfile.h - files that hold a secret: mode 0600, ours, whole or not there at all. */
#ifndef TD_BASE_KEYFILE_H
#define TD_BASE_KEYFILE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

bool td_keyfile_exists(const char *path);

/* Makes the file, durable on return. When another process made one meanwhile, that one stays and
 * this is no failure: read it. */
int td_keyfile_make(const char *path, const void *bytes, size_t length, struct td_error *reterr);

/* Reads up to `room` bytes. Refused with the reason: readable by others, owned by somebody else (root reads
 * everybody's, for the console), no regular file, longer than `room`. */
int td_keyfile_read(const char *path, void *bytes, size_t room, size_t *ret_length,
                    struct td_error *reterr);

#endif
