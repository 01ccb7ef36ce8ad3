/* trustees.h - the election's key, shared so that some of the trustees together can open sums and nobody alone.
 *
 * Pedersen's distributed key generation as Belenios 2.0 writes it (sections 4.6 and 4.7): each trustee certifies a
 * signing and an encryption key, publishes g to the coefficients of a random polynomial, signed, and gives every other
 * its value there; a trustee's own key is the sum of the values it got. `threshold` of them decrypt. */
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

/* --- a trustee's own side; numbers are of the caller's frame ---------------------------------- */

struct td_trustee {
    int threshold;
    BIGNUM *signing, *decryption;               /* secrets */
    BIGNUM *coefficients[TD_TRUSTEES_MAX];      /* secrets: the polynomial's, constant first */
    BIGNUM *share;                              /* secret: decrypts; set by td_trustee_accept */
};

void td_trustee_start(struct td_group *group, struct td_trustee *ret, int threshold);
void td_trustee_wipe(struct td_trustee *trustee);

/* What it publishes: new references. */
json_t *td_trustee_certificate(struct td_group *group, const struct td_trustee *trustee);
json_t *td_trustee_coefficients(struct td_group *group, const struct td_trustee *trustee);

/* The polynomial's value for the trustee with this number, from 1: a secret between the two. */
void td_trustee_value_for(struct td_group *group, const struct td_trustee *trustee, int number, BIGNUM *ret);

/* Takes the values of all `count` trustees for this one, number `number`, and the array of what they published.
 * Refuses, naming the trustee, a value that does not fit its published coefficients. *ret_key is a new reference: the
 * public key with the proof that its secret is known. */
int td_trustee_accept(struct td_group *group, struct td_trustee *trustee, int number, int count,
                      BIGNUM *const *values, const json_t *published, json_t **ret_key, struct td_error *reterr);

/* The trustees' text of certificates, published coefficients and keys (arrays, taken over), malloc'd. */
char *td_trustees_make(int threshold, json_t *certificates, json_t *published, json_t *keys);

#endif
