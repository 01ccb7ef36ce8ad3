/* ledger.h - the append-only account of every change: a chain (SM3, GB/T 32905) and a hash tree.
 *
 * An entry is written in the transaction that makes the change:
 *   hash = SM3(prev_hash || canonical JSON of {seq, at, actor, action, subject, payload_hash})
 * where payload_hash = SM3 of the payload's canonical JSON (sorted keys, compact), of "null" without
 * one; prev_hash and hash are 64 lower-case hex digits, the first prev_hash is all zeros. Payloads
 * name ids and codes, never a person's data.
 *
 * Entry n is leaf n - 1 of an RFC 6962 tree (store/merkle.h). The leaf's bytes are
 *   canonical JSON of {action, actor, at, hash, nonce, payload_hash, seq, subject}
 * The nonce is 16 random bytes in hex and belongs to the leaf only. Proofs are public and hold the
 * hashes of other entries' leaves; without a nonce a neighbour whose content is nearly known could be
 * guessed and tried. Whoever is shown an entry is shown its nonce with it.
 *
 * Kept are the leaves' hashes, with their entries, and every perfect subtree whose level is a multiple
 * of TD_LEDGER_STRIDE: an append costs 1/15 row more, a root or a proof O(log n) small reads. */
#ifndef TD_STORE_LEDGER_H
#define TD_STORE_LEDGER_H

#include "base/error.h"
#include "store/merkle.h"

#include <jansson.h>
#include <stdint.h>

enum { TD_LEDGER_STRIDE = 4, TD_LEDGER_HEX = 65, TD_LEDGER_NONCE = 33 };

struct td_tx;

/* Appends. `actor` is an account id or "system"; `action` is "application.submit" and the like;
 * `subject` is "application/01J..."; `payload` is borrowed and may be NULL. */
int td_ledger_append(struct td_tx *tx, const char *actor, const char *action, const char *subject,
                     const json_t *payload);

/* How many entries there are: the newest one's number. */
int td_ledger_size(struct td_tx *tx, int64_t *ret_size);

/* SM3 of bytes, 64 hex digits and a NUL. TD_ENOMEM. */
int td_ledger_sm3(const void *bytes, size_t length, char hex[65]);

/* SM3 of a JSON value's canonical text. TD_ENOMEM when it cannot be serialised. */
int td_ledger_hash_json(const json_t *value, char hex[65]);

/* --- an entry as a row: TD_LEDGER_COLUMNS of `ledger` --------------------------------------------- */

#define TD_LEDGER_COLUMNS                                                                          \
    "sequence, at, actor, action, subject, payload, payload_hash, previous_hash, hash, nonce, leaf"

/* Recomputed from the other members: the payload's hash, the chain's hash with the row as entry
 * `sequence` (the row's own or another) after `previous_hash`, the leaf's bytes (malloc'd, the caller
 * frees; NULL when memory is short) and hash. */
int td_ledger_payload_hash(const json_t *row, char hex[TD_LEDGER_HEX]);
int td_ledger_entry_hash(const json_t *row, int64_t sequence, char hex[TD_LEDGER_HEX]);
char *td_ledger_leaf_text(const json_t *row);
int td_ledger_leaf_hash(const json_t *row, struct td_merkle_hash *ret_leaf);

void td_ledger_nonce(char nonce[TD_LEDGER_NONCE]); /* a new one */

/* --- ledger_tree.c: the tree over the entries ------------------------------------------------------ */

/* A td_merkle_fetch_fn over the stored hashes; `arg` is the td_tx. TD_EINTERNAL when one is missing. */
int td_ledger_node(void *tx, int level, int64_t position, struct td_merkle_hash *ret_hash);

/* TD_ENOTFOUND when the ledger has fewer than `size` entries, or the arguments fit no tree:
 * 1 <= sequence <= size, 1 <= first <= second. Entries are numbered from 1. */
int td_ledger_root(struct td_tx *tx, int64_t size, struct td_merkle_hash *ret_root);
int td_ledger_inclusion(struct td_tx *tx, int64_t sequence, int64_t size,
                        struct td_merkle_proof *ret_proof);
int td_ledger_consistency(struct td_tx *tx, int64_t first, int64_t second,
                          struct td_merkle_proof *ret_proof);

/* Stores the subtrees that entry `sequence`, the newest, completed. */
int td_ledger_grow(struct td_tx *tx, int64_t sequence);

/* Gives leaves to entries that were written before there was a tree, a bounded number of them above
 * *after, which goes up (begin with 0); *ret_more says that some are left. For the opening of a store. */
int td_ledger_plant(struct td_tx *tx, int64_t *after, bool *ret_more);

#endif
