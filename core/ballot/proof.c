/* proof.c - Schnorr, Chaum-Pedersen and one-of-many proofs with the challenges of Belenios 2.0. */
#include "ballot/proof.h"

#include <assert.h>
#include <string.h>

struct proof {
    BIGNUM *challenge, *response;
};

static struct proof proof_room(struct td_group *group)
{
    return (struct proof){td_group_number(group), td_group_number(group)};
}

bool td_proof_shape(const json_t *value, const char *const *members)
{
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)value, name, member) {
        if (!*members || strcmp(name, *members) != 0)
            return false;
        members++;
    }
    return json_is_object(value) && !*members;
}

static bool read_proof(struct td_group *group, struct proof *proof, const json_t *value)
{
    static const char *const members[] = {"challenge", "response", NULL};
    return td_proof_shape(value, members) &&
           td_group_read_exponent(group, proof->challenge, json_object_get(value, "challenge")) &&
           td_group_read_exponent(group, proof->response, json_object_get(value, "response"));
}

static json_t *proof_json(struct td_group *group, const struct proof *proof)
{
    return json_pack("{s:o, s:o}", "challenge", td_group_json(group, proof->challenge), "response",
                     td_group_json(group, proof->response));
}

/* The hash of the words and the commitments, which are written with commas between them. */
static void challenge_of(struct td_group *group, BIGNUM *out, const char *words,
                         BIGNUM *const *commitments, int count)
{
    struct td_strbuf text;
    td_strbuf_init(&text);
    td_strbuf_adds(&text, words);
    for (int i = 0; i < count; i++) {
        if (i > 0)
            td_strbuf_addc(&text, ',');
        td_group_write(group, commitments[i], &text);
    }
    td_group_hash(group, out, &text);
    td_strbuf_done(&text);
}

/* response = w - secret * challenge */
static void respond(struct td_group *group, struct proof *proof, const BIGNUM *w,
                    const BIGNUM *secret)
{
    td_group_multiply(group, proof->response, secret, proof->challenge);
    td_group_subtract(group, proof->response, w, proof->response);
}

/* --- a secret -------------------------------------------------------------------------------- */

/* With `alpha`, that the same secret is alpha's exponent too. */
static json_t *prove(struct td_group *group, const char *words, const BIGNUM *secret,
                     const BIGNUM *alpha)
{
    td_group_start(group);
    BIGNUM *w = td_group_number(group);
    BIGNUM *commitments[2] = {td_group_number(group), td_group_number(group)};
    struct proof proof = proof_room(group);
    td_group_random(group, w);
    td_group_power_secret(group, commitments[0], group->g, w);
    if (alpha)
        td_group_power_secret(group, commitments[1], alpha, w);
    challenge_of(group, proof.challenge, words, commitments, alpha ? 2 : 1);
    respond(group, &proof, w, secret);
    td_group_wipe(w);
    json_t *value = proof_json(group, &proof);
    td_group_end(group);
    return value;
}

json_t *td_proof_of_secret(struct td_group *group, const char *words, const BIGNUM *secret)
{
    return prove(group, words, secret, NULL);
}

json_t *td_proof_of_factor(struct td_group *group, const char *words, const BIGNUM *secret,
                           const BIGNUM *alpha)
{
    return prove(group, words, secret, alpha);
}

static bool holds(struct td_group *group, const char *words, const BIGNUM *public_key,
                  const BIGNUM *alpha, const BIGNUM *factor, const json_t *value)
{
    td_group_start(group);
    BIGNUM *commitments[2] = {td_group_number(group), td_group_number(group)};
    BIGNUM *expected = td_group_number(group);
    struct proof proof = proof_room(group);
    bool read = read_proof(group, &proof, value);
    if (read) {
        td_group_power_two(group, commitments[0], group->g, proof.response, public_key,
                           proof.challenge);
        if (alpha)
            td_group_power_two(group, commitments[1], alpha, proof.response, factor,
                               proof.challenge);
        challenge_of(group, expected, words, commitments, alpha ? 2 : 1);
    }
    bool same = read && td_group_same(group, expected, proof.challenge);
    td_group_end(group);
    return same;
}

bool td_proof_of_secret_holds(struct td_group *group, const char *words, const BIGNUM *public_key,
                              const json_t *proof)
{
    return holds(group, words, public_key, NULL, NULL, proof);
}

bool td_proof_of_factor_holds(struct td_group *group, const char *words, const BIGNUM *public_key,
                              const BIGNUM *alpha, const BIGNUM *factor, const json_t *proof)
{
    return holds(group, words, public_key, alpha, factor, proof);
}

/* --- a number in a range --------------------------------------------------------------------- */

void td_proof_encrypt(struct td_group *group, const BIGNUM *y, bool m, BIGNUM *r,
                      struct td_ciphertext *ret)
{
    td_group_start(group);
    BIGNUM *exponent = td_group_number(group), *vote = td_group_number(group);
    td_group_set(group, exponent, m);
    td_group_random(group, r);
    td_group_power_secret(group, ret->alpha, group->g, r);
    td_group_power_secret(group, ret->beta, y, r);
    td_group_power_secret(group, vote, group->g, exponent); /* the same work for 0 as for 1 */
    td_group_times(group, ret->beta, ret->beta, vote);
    td_group_wipe(exponent);
    td_group_wipe(vote);
    td_group_end(group);
}

/* "prove|context|alpha,beta|" */
static void range_words(struct td_group *group, struct td_strbuf *words, const char *context,
                        const struct td_ciphertext *sealed)
{
    td_strbuf_init(words);
    td_strbuf_addf(words, "prove|%s|", context);
    td_group_write(group, sealed->alpha, words);
    td_strbuf_addc(words, ',');
    td_group_write(group, sealed->beta, words);
    td_strbuf_addc(words, '|');
}

/* The commitments that a challenge and a response stand for, in the case m = `number`. */
static void commit(struct td_group *group, const BIGNUM *y, const struct td_ciphertext *sealed,
                   int number, const struct proof *proof, BIGNUM **commitments)
{
    td_group_start(group);
    BIGNUM *m = td_group_number(group), *rest = td_group_number(group);
    td_group_set(group, m, number);
    td_group_power(group, rest, group->g, m);
    td_group_over(group, rest, sealed->beta, rest);
    td_group_power_two(group, commitments[0], group->g, proof->response, sealed->alpha,
                       proof->challenge);
    td_group_power_two(group, commitments[1], y, proof->response, rest, proof->challenge);
    td_group_end(group);
}

json_t *td_proof_of_range(struct td_group *group, const char *context, const BIGNUM *y,
                          const struct td_ciphertext *sealed, const BIGNUM *r, int m, int min,
                          int max)
{
    int count = max - min + 1;
    assert(min >= 0 && count > 0 && count <= TD_PROOF_CASES_MAX && m >= min && m <= max);
    struct proof proofs[TD_PROOF_CASES_MAX];
    BIGNUM *commitments[2 * TD_PROOF_CASES_MAX];
    struct td_strbuf words;
    json_t *value = json_array();
    td_group_start(group);
    BIGNUM *w = td_group_number(group), *others = td_group_number(group);
    for (int i = 0; i < count; i++) {
        proofs[i] = proof_room(group);
        commitments[2 * i] = td_group_number(group);
        commitments[2 * i + 1] = td_group_number(group);
        if (min + i == m)
            continue;
        td_group_random(group, proofs[i].challenge);
        td_group_random(group, proofs[i].response);
        commit(group, y, sealed, min + i, &proofs[i], commitments + 2 * i);
        td_group_add(group, others, others, proofs[i].challenge);
    }
    struct proof *own = &proofs[m - min];
    td_group_random(group, w);
    td_group_power_secret(group, commitments[2 * (m - min)], group->g, w);
    td_group_power_secret(group, commitments[2 * (m - min) + 1], y, w);
    range_words(group, &words, context, sealed);
    challenge_of(group, own->challenge, words.bytes, commitments, 2 * count);
    td_group_subtract(group, own->challenge, own->challenge, others);
    respond(group, own, w, r);
    td_group_wipe(w);
    td_group_wipe(others);
    for (int i = 0; i < count; i++)
        json_array_append_new(value, proof_json(group, &proofs[i]));
    td_strbuf_done(&words);
    td_group_end(group);
    return value;
}

bool td_proof_of_range_holds(struct td_group *group, const char *context, const BIGNUM *y,
                             const struct td_ciphertext *sealed, int min, int max,
                             const json_t *proofs)
{
    int count = max - min + 1;
    if (min < 0 || count < 1 || count > TD_PROOF_CASES_MAX ||
        json_array_size(proofs) != (size_t)count)
        return false;
    BIGNUM *commitments[2 * TD_PROOF_CASES_MAX];
    bool read = true;
    td_group_start(group);
    BIGNUM *sum = td_group_number(group), *expected = td_group_number(group);
    struct proof proof = proof_room(group);
    for (int i = 0; i < count && read; i++) {
        commitments[2 * i] = td_group_number(group);
        commitments[2 * i + 1] = td_group_number(group);
        read = read_proof(group, &proof, json_array_get(proofs, (size_t)i));
        if (read)
            commit(group, y, sealed, min + i, &proof, commitments + 2 * i);
        td_group_add(group, sum, sum, proof.challenge);
    }
    if (read) {
        struct td_strbuf words;
        range_words(group, &words, context, sealed);
        challenge_of(group, expected, words.bytes, commitments, 2 * count);
        td_strbuf_done(&words);
    }
    bool same = read && td_group_same(group, expected, sum);
    td_group_end(group);
    return same;
}

/* --- ciphertexts ----------------------------------------------------------------------------- */

struct td_ciphertext td_proof_ciphertext(struct td_group *group)
{
    struct td_ciphertext sealed = {td_group_number(group), td_group_number(group)};
    td_group_set(group, sealed.alpha, 1);
    td_group_set(group, sealed.beta, 1);
    return sealed;
}

void td_proof_add_ciphertext(struct td_group *group, struct td_ciphertext *sum,
                             const struct td_ciphertext *sealed)
{
    td_group_times(group, sum->alpha, sum->alpha, sealed->alpha);
    td_group_times(group, sum->beta, sum->beta, sealed->beta);
}

json_t *td_proof_json_ciphertext(struct td_group *group, const struct td_ciphertext *sealed)
{
    return json_pack("{s:o, s:o}", "alpha", td_group_json(group, sealed->alpha), "beta",
                     td_group_json(group, sealed->beta));
}

bool td_proof_read_ciphertext(struct td_group *group, struct td_ciphertext *ret,
                              const json_t *value)
{
    static const char *const members[] = {"alpha", "beta", NULL};
    return td_proof_shape(value, members) &&
           td_group_read(group, ret->alpha, json_object_get(value, "alpha")) &&
           td_group_read(group, ret->beta, json_object_get(value, "beta"));
}
