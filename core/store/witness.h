/* witness.h - the checkpoints once more, outside the records: what an older backup cannot take back.
 *
 * Every checkpoint is appended to a file that does not lie in the state folder, after the transaction
 * that made it is durable: note after note, each followed by an empty line, fsynced. When records are
 * put back that are older than the file, or others, the server refuses to start: it would go on from
 * there as if nothing had been. `titlectl ledger accept-rollback` accepts the loss, on the ledger. */
#ifndef TD_STORE_WITNESS_H
#define TD_STORE_WITNESS_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct td_signer;
struct td_store;
struct td_tx;
struct td_witness;

struct td_witness_options {
    const char *key_file;  /* of the ledger; "" = "ledger.key" beside `beside` */
    const char *file;      /* the witness; "" = "checkpoints" beside `beside` */
    const char *beside;    /* the key file of the installation */
    const char *origin;    /* name of the ledger in its checkpoints */
    bool accept_rollback;  /* records that do not fit are accepted, and an entry says so */
};

/* Loads or makes the keys, compares the records with the file and brings both up to date: the keys'
 * entry, a checkpoint, the file. TD_ECONFLICT with words when the records are older or others; with
 * `accept_rollback` TD_ECONFLICT when they fit. Sets itself as the store's witness. */
int td_witness_open(struct td_store *store, const struct td_witness_options *options,
                    struct td_witness **ret_witness, struct td_error *reterr);

/* A last checkpoint when the ledger has grown; the store still open. NULL is fine. */
void td_witness_finish(struct td_witness *witness, struct td_store *store);
void td_witness_close(struct td_witness *witness); /* after the store; NULL is fine */

/* Appends what `ledger_checkpoint` has and the file has not; for the writer's thread. A failure is
 * logged and made good by the next call. */
void td_witness_catch_up(struct td_witness *witness, struct td_tx *tx);

const struct td_signer *td_witness_signer(const struct td_witness *witness); /* NULL of NULL */

/* Where the files are: the settings, or the usual names beside `beside`. */
int td_witness_paths(const struct td_witness_options *options, char key_file[4096],
                     char file[4096]);

/* Tells each whole note of the file in order; a torn one at the end is left out. Stops at a negative
 * answer. *ret_notes (may be NULL) is how many. TD_ENOTFOUND when there is no file. */
int td_witness_each(const char *path, int (*each)(void *arg, const char *note), void *arg,
                    int64_t *ret_notes);

/* The entry of an accepted rollback: its subject and action. Payload: "kept" (entries up to here are
 * those of the earlier history), "witnessed", "root", "at" of the checkpoint that was given up. */
#define TD_WITNESS_SUBJECT "ledger/records"
#define TD_WITNESS_ACTION  "ledger.rollback"

#endif
