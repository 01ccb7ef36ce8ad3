/* files.h - evidence files, content-addressed: files/ab/abcdef... (SHA-256, hex).
 *
 * A file appears under its name complete or not at all: written elsewhere on the same file system,
 * fsynced, renamed, directory fsynced. Nothing is ever overwritten: the same content is the same
 * file. */
#ifndef TD_STORE_FILES_H
#define TD_STORE_FILES_H

#include "base/error.h"

#include <stddef.h>

struct td_store;

/* A name for a temporary file in files/incoming that is not there yet. TD_EINTERNAL: no room for it. */
int td_files_name(struct td_store *store, char *path, size_t size, struct td_error *reterr);

/* A new temporary file of such a name; *ret_fd is the caller's to close. Blocks: not on the loop. */
int td_files_create(struct td_store *store, int *ret_fd, char *path, size_t size,
                    struct td_error *reterr);

/* Makes the temporary file `path` the file named `hash` (64 hex digits, computed by the caller
 * while it wrote). Durable on return. `path` is gone afterwards. Blocks: store threads only. */
int td_files_adopt(struct td_store *store, const char *path, const char *hash,
                   struct td_error *reterr);

/* Measures and hashes (SHA-256, hex) the file `path` and makes its content durable. Blocks: not on
 * the loop. TD_EIO, TD_EFULL. */
int td_files_measure(const char *path, char ret_hash[65], size_t *ret_size, struct td_error *reterr);

/* The place of `hash`; TD_EINVALID when it is not 64 hex digits. Says nothing about existence. */
int td_files_path(struct td_store *store, const char *hash, char *path, size_t size);

/* The store a transaction belongs to, for handlers that hold only the transaction. */
struct td_tx;
struct td_store *td_tx_store(struct td_tx *tx);

#endif
