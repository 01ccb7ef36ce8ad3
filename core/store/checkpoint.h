/* checkpoint.h - signed statements that the ledger had this root at this size (C2SP tlog-checkpoint).
 *
 * The signed text is
 *   <origin>            the name of this ledger, setting ledger_origin
 *   <size>              entries, decimal
 *   <root>              base64 of the tree's root at that size
 *   time <when>         UTC, as everywhere in the records
 * and the note adds an empty line and the signatures (store/signer.h). One is made in the transaction of
 * every set of minutes and every certificate, by the ticker when the ledger has grown, and when the
 * server starts and stops. A checkpoint is never changed; there is at most one for a size. */
#ifndef TD_STORE_CHECKPOINT_H
#define TD_STORE_CHECKPOINT_H

#include "base/clock.h"
#include "base/error.h"
#include "store/merkle.h"

#include <jansson.h>
#include <stdint.h>

struct td_signer;
struct td_tx;

struct td_checkpoint {
    int64_t size;
    struct td_merkle_hash root;
    char at[TD_TIME_TEXT];
};

/* Reads a note's text, strictly; its signatures are td_signer_check's. TD_EINVALID. */
int td_checkpoint_parse(const char *note, struct td_checkpoint *ret_checkpoint);

/* The checkpoint of the ledger as this transaction has it, made unless there is one: "size", "root"
 * (base64), "signed_at", "note", "fingerprint" (the first 16 hex digits of the note's SHA-256, for paper). A
 * new reference; null when the ledger is empty or the store has no witness. `reason` is one of
 * minutes, certificate, grown, started, stopped, rollback. */
int td_checkpoint_make(struct td_tx *tx, const char *reason, json_t **ret_checkpoint);

/* Makes one when the ledger has grown and the last is at least `seconds` old. */
int td_checkpoint_tick(struct td_tx *tx, int64_t seconds);

/* The newest; the oldest that covers entry `sequence`; the one of exactly `size`: as td_checkpoint_make
 * says. TD_ENOTFOUND. */
int td_checkpoint_latest(struct td_tx *tx, json_t **ret_checkpoint);
int td_checkpoint_covering(struct td_tx *tx, int64_t sequence, json_t **ret_checkpoint);
int td_checkpoint_of_size(struct td_tx *tx, int64_t size, json_t **ret_checkpoint);

/* Newest first, those of fewer than `below` entries: as above with "occasion" (the reason). A new reference. */
int td_checkpoint_list(struct td_tx *tx, int64_t below, int64_t limit, json_t **ret_checkpoints);

/* The proof that entry `sequence` is in the tree of `size` entries: "sequence", "size", "leaf" (its
 * hash), "proof" (the RFC's audit path, lowest first), "root"; hashes as base64. It tells nothing of
 * any entry (store/ledger.h: nonce), so anybody may have it. TD_ENOTFOUND when there is no such entry. */
int td_checkpoint_inclusion(struct td_tx *tx, int64_t sequence, int64_t size, json_t **ret_proof);

/* The same with "entry", the leaf's bytes as text, and "payload", whose hash is in it: for who may see
 * the entry. */
int td_checkpoint_prove(struct td_tx *tx, int64_t sequence, int64_t size, json_t **ret_proof);

/* "first", "second", "first_root", "second_root", "proof": that the larger tree begins with the
 * smaller. */
int td_checkpoint_consistency(struct td_tx *tx, int64_t first, int64_t second, json_t **ret_proof);

/* Sees to it that the ledger itself names the keys that sign: entry "ledger.key" when it does not. */
int td_checkpoint_record_keys(struct td_tx *tx, const struct td_signer *signer);

/* Signs a text with the SM2 key (td_signer_sm2). TD_ENOTFOUND for a store without a witness. */
int td_checkpoint_sign(struct td_tx *tx, const char *text, size_t length,
                       unsigned char ret_signature[64]);

/* The public keys in force (td_signer_public). TD_ENOTFOUND for a store without a witness. */
int td_checkpoint_keys(struct td_tx *tx, json_t **ret_keys);

/* 0 when the note is signed by `signer` (may be NULL) or by keys that the ledger names. TD_ENOTFOUND
 * when it is by neither: forged or changed. */
int td_checkpoint_check(struct td_tx *tx, const struct td_signer *signer, const char *note);

#endif
