/* signer.h - the ledger's keys and the signed notes they make (C2SP signed-note).
 *
 * A note is text that ends in a newline, an empty line, and one line per signature:
 *   "— " name " " base64(key id (4 bytes) || signature)
 * Two keys sign every note. SM2 with SM3 (GB/T 32918, the 国密 profile; DER, identity
 * 1234567812345678) is the one that counts here. Ed25519 signs as well because it is the note format's
 * own algorithm: any ordinary log tool or witness elsewhere can check a checkpoint with it, while none
 * of them knows SM2. A note is genuine when both hold. Key id = first 4 bytes of
 * SHA-256(name || "\n" || kind || public key): kind 0x01 and the 32 bytes for Ed25519, kind 0xff
 * "SM2-SM3" and the DER SubjectPublicKeyInfo for SM2. The name is the note's first line. */
#ifndef TD_STORE_SIGNER_H
#define TD_STORE_SIGNER_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct td_signer;

/* Reads both private keys (PEM, one after the other), or makes the file (mode 0600, durable on
 * return) when there is none. `name` goes into the notes: no blanks, no '+', at most 100 bytes. */
int td_signer_load(const char *path, const char *name, struct td_signer **ret_signer,
                   struct td_error *reterr);

/* One that can only check: from what td_signer_public answered. TD_EINVALID for anything else. */
int td_signer_from_public(const json_t *keys, struct td_signer **ret_signer);
void td_signer_free(struct td_signer *signer); /* NULL is fine */

/* {"name", "sm2": {"id" (8 hex digits), "public_key" (PEM)}, "ed25519": {"id", "public_key", "verifier"
 * (the key as note tools take it)}}: a new reference; NULL when memory is short. */
json_t *td_signer_public(const struct td_signer *signer);

/* The note with its two signatures, malloc'd; NULL when it cannot be made. */
char *td_signer_sign(const struct td_signer *signer, const char *text);
const char *td_signer_name(const struct td_signer *signer);

/* SM2 with SM3 alone, over any text, as r and s of 32 bytes each: short enough for a QR code. False when it cannot be
 * made, or does not hold under the public key (PEM). Callers' texts begin with a word of their own, so that none
 * is ever a note. */
enum { TD_SIGNER_SM2 = 64 };
bool td_signer_sm2(const struct td_signer *signer, const char *text, size_t length,
                   unsigned char ret_signature[TD_SIGNER_SM2]);
bool td_signer_sm2_holds(const char *public_key, const char *text, size_t length,
                         const unsigned char signature[TD_SIGNER_SM2]);

/* True when the note carries a valid signature of both keys. */
bool td_signer_check(const struct td_signer *signer, const char *note);

#endif
