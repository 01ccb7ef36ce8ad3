/* group.h - the group that ballots are encrypted in, and its numbers.
 *
 * BELENIOS-2048 of the Belenios specification (2.0, section 5.1): the subgroup of prime order q, 256 bits, of the
 * integers modulo p, 2048 bits. Elements are 0 < x < p with x^q = 1; exponents are numbers modulo q.
 *
 * Invariants: numbers live in frames. td_group_number gives one that is good until the td_group_end of the frame it
 * was taken in, so nothing is freed one by one. An operation that finds no memory sets `failed`, and from then on every
 * check answers false and nothing more is to be believed: a caller asks once, at the end. A group belongs to one
 * thread. Numbers that are secrets are wiped with td_group_wipe; those forgotten are wiped by td_group_free.
 * Powers with a secret exponent go through td_group_power_secret, whose time does not depend on it. */
#ifndef TD_BALLOT_GROUP_H
#define TD_BALLOT_GROUP_H

#include "base/strbuf.h"

#include <jansson.h>
#include <openssl/bn.h>
#include <stdbool.h>
#include <stddef.h>

#define TD_GROUP_NAME "BELENIOS-2048"

struct td_group {
    BIGNUM *p, *q, *g;
    BN_MONT_CTX *modulus; /* of p */
    BN_CTX *numbers;
    BIGNUM *spare; /* handed out when there is no memory */
    bool failed;
};

struct td_group *td_group_new(void); /* NULL without memory */
void td_group_free(struct td_group *group);

void td_group_start(struct td_group *group); /* a frame of numbers */
void td_group_end(struct td_group *group);
BIGNUM *td_group_number(struct td_group *group); /* 0; never NULL */
void td_group_set(struct td_group *group, BIGNUM *out, int number); /* from 0 on */
void td_group_wipe(BIGNUM *secret);

/* Elements. `out` may be one of the operands. */
void td_group_power(struct td_group *group, BIGNUM *out, const BIGNUM *base, const BIGNUM *exponent);
void td_group_power_secret(struct td_group *group, BIGNUM *out, const BIGNUM *base, const BIGNUM *secret);
/* base^x * other^y: what every check of a proof computes. */
void td_group_power_two(struct td_group *group, BIGNUM *out, const BIGNUM *base, const BIGNUM *x,
                        const BIGNUM *other, const BIGNUM *y);
void td_group_times(struct td_group *group, BIGNUM *out, const BIGNUM *a, const BIGNUM *b);
void td_group_over(struct td_group *group, BIGNUM *out, const BIGNUM *a, const BIGNUM *b); /* a / b */
bool td_group_has(struct td_group *group, const BIGNUM *x);
bool td_group_same(const struct td_group *group, const BIGNUM *a, const BIGNUM *b);

/* Exponents: modulo q. */
void td_group_random(struct td_group *group, BIGNUM *out);
void td_group_add(struct td_group *group, BIGNUM *out, const BIGNUM *a, const BIGNUM *b);
void td_group_subtract(struct td_group *group, BIGNUM *out, const BIGNUM *a, const BIGNUM *b);
void td_group_multiply(struct td_group *group, BIGNUM *out, const BIGNUM *a, const BIGNUM *b);
/* SHA-256 of the text as a number modulo q: the challenge of a proof. */
void td_group_hash(struct td_group *group, BIGNUM *out, const struct td_strbuf *text);

/* Numbers travel as JSON texts in base 10. Reading refuses every spelling but the one that writing makes, elements
 * outside the group and exponents from q on. `text` may be any value or NULL. */
bool td_group_read(struct td_group *group, BIGNUM *out, const json_t *text);
/* An element that td_group_read accepted before. */
bool td_group_read_again(struct td_group *group, BIGNUM *out, const json_t *text);
bool td_group_read_exponent(struct td_group *group, BIGNUM *out, const json_t *text);
/* A secret number that its sender may not have reduced modulo q, as belenios-tool does not: it is here. */
bool td_group_read_secret(struct td_group *group, BIGNUM *out, const json_t *text);
json_t *td_group_json(struct td_group *group, const BIGNUM *number);
void td_group_write(struct td_group *group, const BIGNUM *number, struct td_strbuf *out);

#endif
