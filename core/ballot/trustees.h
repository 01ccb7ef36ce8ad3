/* trustees.h - the election's key, shared so that some of the trustees together can open sums and nobody alone.
 *
 * Pedersen's distributed key generation as Belenios 2.0 writes it (sections 4.6 and 4.7): each trustee certifies a
 * signing and an encryption key, publishes g to the coefficients of a random polynomial, signed, and sends every other
 * its value there, sealed; a trustee's own key is the sum of the values it got. `threshold` of them decrypt. This file
 * is what everybody checks of it; a trustee's own side is trustee.h. */
#ifndef TD_BALLOT_TRUSTEES_H
#define TD_BALLOT_TRUSTEES_H

#include "ballot/group.h"
#include "base/error.h"

enum { TD_TRUSTEES_MAX = 16 };

struct td_trustees {
    int count, threshold;
    BIGNUM *keys[TD_TRUSTEES_MAX]; /* g^s of each; of the caller's frame, as y */
    BIGNUM *y;                     /* the election's public key that they make together */
};

/* Reads the trustees' text and checks every certificate, signature and key in it against the others. A refusal names
 * the trustee and the part. A threshold of 1 is refused: one alone could decrypt. */
int td_trustees_read(struct td_group *group, const char *text, size_t length, struct td_trustees *ret,
                     struct td_error *reterr);

/* The trustees' text of their certificates, published coefficients and keys (arrays), malloc'd. It is not checked: read
 * it back. */
char *td_trustees_make(int threshold, const json_t *certificates, const json_t *published, const json_t *keys);

/* --- its pieces ------------------------------------------------------------------------------- */

/* Reads a certificate: both keys of the group, signed by the first. */
bool td_trustees_certificate(struct td_group *group, const json_t *certificate, BIGNUM *verification,
                             BIGNUM *encryption);
/* Reads published coefficients, signed by `verification`: from 2 to TD_TRUSTEES_MAX numbers of the caller's frame.
 * How many; 0 when they do not hold. */
int td_trustees_coefficients(struct td_group *group, const json_t *published, const BIGNUM *verification,
                             BIGNUM *powers[TD_TRUSTEES_MAX]);
/* Checks a trustee's public key against what all have published so far: the certificates and signed coefficients
 * (arrays) of everybody, of polynomials with `threshold` coefficients. `trustee` is its index. */
int td_trustees_check_key(struct td_group *group, const json_t *certificates, const json_t *published,
                          int threshold, int trustee, const json_t *key, struct td_error *reterr);
/* g to the polynomial's value at `number`. */
void td_trustees_value(struct td_group *group, BIGNUM *out, BIGNUM *const *powers, int threshold, int number);
/* TD_EINVALID with the sentence of what does not hold, of the trustee with this index. */
int td_trustees_refuse(struct td_error *reterr, int trustee, const char *part);
/* What the proof of a key's secret begins with; td_strbuf_done it. */
void td_trustees_key_words(struct td_group *group, const BIGNUM *key, struct td_strbuf *words);

#endif
