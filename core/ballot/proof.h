/* proof.h - zero-knowledge proofs over the group, made and checked.
 *
 * Each is a challenge and a response; what goes into the challenge is the text that the Belenios specification (2.0,
 * section 4) gives, which begins with a word and binds the proof to its election and its voter. */
#ifndef TD_BALLOT_PROOF_H
#define TD_BALLOT_PROOF_H

#include "ballot/group.h"

enum { TD_PROOF_CASES_MAX = 8 };

struct td_ciphertext {
    BIGNUM *alpha, *beta; /* g^r, y^r g^m */
};

/* One of numbers of the caller's frame. It seals 0, as a sum begins. */
struct td_ciphertext td_proof_ciphertext(struct td_group *group);
/* Adds what is sealed to what the sum seals. */
void td_proof_add_ciphertext(struct td_group *group, struct td_ciphertext *sum, const struct td_ciphertext *sealed);

/* --- one who knows a secret x with X = g^x ---------------------------------------------------- */

/* Proves to know `secret`; the challenge is the hash of `words` followed by g^w. A new reference
 * {"challenge", "response"}. */
json_t *td_proof_of_secret(struct td_group *group, const char *words, const BIGNUM *secret);
bool td_proof_of_secret_holds(struct td_group *group, const char *words, const BIGNUM *public_key,
                              const json_t *proof);

/* Proves that factor = alpha^secret for the same secret as public_key = g^secret ("decrypt"). */
json_t *td_proof_of_factor(struct td_group *group, const char *words, const BIGNUM *secret, const BIGNUM *alpha);
bool td_proof_of_factor_holds(struct td_group *group, const char *words, const BIGNUM *public_key,
                              const BIGNUM *alpha, const BIGNUM *factor, const json_t *proof);

/* --- one who encrypted a number between min and max ------------------------------------------- */

/* Encrypts m, 0 or 1, under y; *r is its secret, for the proofs. */
void td_proof_encrypt(struct td_group *group, const BIGNUM *y, bool m, BIGNUM *r, struct td_ciphertext *ret);

/* Proves that `sealed` = (g^r, y^r g^m) with min <= m <= max, without saying which ("prove"). `context` is the
 * election's and voter's text. A new reference: an array of max - min + 1 proofs. */
json_t *td_proof_of_range(struct td_group *group, const char *context, const BIGNUM *y,
                          const struct td_ciphertext *sealed, const BIGNUM *r, int m, int min, int max);
bool td_proof_of_range_holds(struct td_group *group, const char *context, const BIGNUM *y,
                             const struct td_ciphertext *sealed, int min, int max, const json_t *proofs);

/* --- their pieces in JSON --------------------------------------------------------------------- */

/* True when the value is an object of exactly these members in this order; the list ends with NULL. */
bool td_proof_shape(const json_t *value, const char *const *members);
json_t *td_proof_json_ciphertext(struct td_group *group, const struct td_ciphertext *sealed);
bool td_proof_read_ciphertext(struct td_group *group, struct td_ciphertext *ret, const json_t *value);

#endif
