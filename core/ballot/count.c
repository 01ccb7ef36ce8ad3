/* count.c - sums of ciphertexts, the trustees' factors, and the small logarithm at the end. */
#include "ballot/count.h"

#include "ballot/paper.h"
#include "ballot/proof.h"

static json_t *item(const json_t *rows, size_t question, size_t answer)
{
    return json_array_get(json_array_get(rows, question), answer);
}

/* Nothing may be missing from what is counted. */
static void append(struct td_group *group, json_t *list, json_t *value)
{
    if (json_array_append_new(list, value) < 0)
        group->failed = true;
}

/* --- sums ------------------------------------------------------------------------------------ */

static json_t *sum(struct td_group *group, json_t *const *papers, size_t count, size_t question,
                   size_t answer)
{
    td_group_start(group);
    struct td_ciphertext whole = td_proof_ciphertext(group), one = td_proof_ciphertext(group);
    for (size_t i = 0; i < count; i++) {
        td_paper_sealed(group, papers[i], question, answer, &one);
        td_proof_add_ciphertext(group, &whole, &one);
    }
    json_t *value = td_proof_json_ciphertext(group, &whole);
    td_group_end(group);
    return value;
}

json_t *td_count_sums(struct td_group *group, const struct td_election *election,
                      json_t *const *papers, size_t count)
{
    json_t *rows = json_array();
    for (size_t q = 0; q < election->count; q++) {
        json_t *row = json_array();
        for (size_t a = 0; a < (size_t)election->questions[q].answers; a++)
            append(group, row, sum(group, papers, count, q, a));
        append(group, rows, row);
    }
    return rows;
}

/* --- factors --------------------------------------------------------------------------------- */

/* "decrypt|fingerprint|public key|" */
static void factor_words(struct td_group *group, struct td_strbuf *words,
                         const struct td_election *election, const BIGNUM *public_key)
{
    td_strbuf_init(words);
    td_strbuf_addf(words, "decrypt|%s|", election->fingerprint);
    td_group_write(group, public_key, words);
    td_strbuf_addc(words, '|');
}

json_t *td_count_factors(struct td_group *group, const struct td_election *election,
                         const json_t *sums, const BIGNUM *share)
{
    struct td_strbuf words;
    json_t *factor_rows = json_array(), *proof_rows = json_array();
    td_group_start(group);
    BIGNUM *public_key = td_group_number(group), *alpha = td_group_number(group);
    BIGNUM *factor = td_group_number(group);
    td_group_power_secret(group, public_key, group->g, share);
    factor_words(group, &words, election, public_key);
    for (size_t q = 0; q < election->count; q++) {
        json_t *factors = json_array(), *proofs = json_array();
        for (size_t a = 0; a < (size_t)election->questions[q].answers; a++) {
            if (!td_group_read(group, alpha, json_object_get(item(sums, q, a), "alpha")))
                group->failed = true;
            td_group_power_secret(group, factor, alpha, share);
            append(group, factors, td_group_json(group, factor));
            append(group, proofs, td_proof_of_factor(group, words.bytes, share, alpha));
        }
        append(group, factor_rows, factors);
        append(group, proof_rows, proofs);
    }
    td_strbuf_done(&words);
    td_group_end(group);
    return json_pack("{s:o, s:o}", "decryption_factors", factor_rows, "decryption_proofs",
                     proof_rows);
}

static bool has_form(const struct td_election *election, const json_t *rows)
{
    if (json_array_size(rows) != election->count)
        return false;
    for (size_t q = 0; q < election->count; q++)
        if (json_array_size(json_array_get(rows, q)) != (size_t)election->questions[q].answers)
            return false;
    return true;
}

static int check_factor(struct td_group *group, const char *words, const BIGNUM *public_key,
                        const json_t *sealed, const json_t *value, const json_t *proof,
                        struct td_error *reterr)
{
    td_group_start(group);
    BIGNUM *alpha = td_group_number(group), *factor = td_group_number(group);
    int result = 0;
    if (!td_group_read_again(group, alpha, json_object_get(sealed, "alpha")) ||
        !td_group_read(group, factor, value))
        result = td_error_set(reterr, TD_EINVALID, "the factor is not of the group");
    else if (!td_proof_of_factor_holds(group, words, public_key, alpha, factor, proof))
        result = td_error_set(reterr, TD_EINVALID, "the proof of the factor fails");
    td_group_end(group);
    return result;
}

int td_count_check_factors(struct td_group *group, const struct td_election *election,
                           const json_t *sums, const BIGNUM *public_key, const json_t *factors,
                           struct td_error *reterr)
{
    static const char *const members[] = {"decryption_factors", "decryption_proofs", NULL};
    const json_t *values = json_object_get(factors, "decryption_factors"),
                 *proofs = json_object_get(factors, "decryption_proofs");
    struct td_strbuf words;
    int result = 0;
    if (!td_proof_shape(factors, members) || !has_form(election, values) ||
        !has_form(election, proofs))
        return td_error_set(reterr, TD_EINVALID, "not of the election's form");
    factor_words(group, &words, election, public_key);
    for (size_t q = 0; q < election->count && result == 0; q++)
        for (size_t a = 0; a < (size_t)election->questions[q].answers && result == 0; a++) {
            struct td_error err = TD_ERROR_INIT;
            result = check_factor(group, words.bytes, public_key, item(sums, q, a),
                                  item(values, q, a), item(proofs, q, a), &err);
            if (result < 0)
                td_error_set(reterr, result, "question %zu, answer %zu: %s", q + 1, a + 1,
                             err.detail);
            td_error_done(&err);
        }
    td_strbuf_done(&words);
    return result;
}

/* --- the result ------------------------------------------------------------------------------ */

/* The Lagrange coefficient of owners[own] among the first `count` owners, at 0. */
static void lagrange(struct td_group *group, BIGNUM *out, const int *owners, int own, int count)
{
    td_group_start(group);
    BIGNUM *a = td_group_number(group), *b = td_group_number(group);
    td_group_set(group, out, 1);
    for (int i = 0; i < count; i++) {
        if (i == own)
            continue;
        td_group_set(group, a, owners[i]);
        td_group_set(group, b, owners[own]);
        td_group_multiply(group, out, out, a);
        td_group_subtract(group, a, a, b);
        if (!BN_mod_inverse(a, a, group->q, group->numbers))
            group->failed = true;
        td_group_multiply(group, out, out, a);
    }
    td_group_end(group);
}

/* k with g^k = x, between 0 and `most`; -1 when there is none. */
static json_int_t small_logarithm(struct td_group *group, const BIGNUM *x, size_t most)
{
    json_int_t found = -1;
    td_group_start(group);
    BIGNUM *power = td_group_number(group);
    td_group_set(group, power, 1);
    for (size_t k = 0; k <= most && found < 0 && !group->failed; k++) {
        if (td_group_same(group, power, x))
            found = (json_int_t)k;
        td_group_times(group, power, power, group->g);
    }
    td_group_end(group);
    return found;
}

static json_int_t open_sum(struct td_group *group, int threshold, BIGNUM *const *weights,
                           const json_t *sealed, json_t *const *factors, size_t q, size_t a,
                           size_t most)
{
    td_group_start(group);
    BIGNUM *whole = td_group_number(group), *one = td_group_number(group);
    td_group_set(group, whole, 1);
    for (int i = 0; i < threshold; i++) {
        const json_t *rows = json_object_get(factors[i], "decryption_factors");
        if (!td_group_read_again(group, one, item(rows, q, a)))
            group->failed = true;
        td_group_power(group, one, one, weights[i]);
        td_group_times(group, whole, whole, one);
    }
    if (!td_group_read_again(group, one, json_object_get(sealed, "beta")))
        group->failed = true;
    td_group_over(group, one, one, whole);
    json_int_t number = small_logarithm(group, one, most);
    td_group_end(group);
    return number;
}

int td_count_result(struct td_group *group, const struct td_election *election,
                    const struct td_trustees *trustees, const json_t *sums, const int *owners,
                    json_t *const *factors, size_t most, json_t **ret_result,
                    struct td_error *reterr)
{
    BIGNUM *weights[TD_TRUSTEES_MAX];
    json_t *rows = json_array();
    int result = 0;
    td_group_start(group);
    for (int i = 0; i < trustees->threshold; i++) {
        weights[i] = td_group_number(group);
        lagrange(group, weights[i], owners, i, trustees->threshold);
    }
    for (size_t q = 0; q < election->count && result == 0; q++) {
        json_t *row = json_array();
        for (size_t a = 0; a < (size_t)election->questions[q].answers && result == 0; a++) {
            json_int_t number = open_sum(group, trustees->threshold, weights, item(sums, q, a),
                                         factors, q, a, most);
            if (number < 0)
                result = td_error_set(reterr, TD_EINVALID,
                                      "question %zu, answer %zu: the sum does not open to a"
                                      " number of votes",
                                      q + 1, a + 1);
            append(group, row, json_integer(number));
        }
        append(group, rows, row);
    }
    td_group_end(group);
    if (result == 0)
        *ret_result = json_pack("{s:o}", "result", rows);
    else
        json_decref(rows);
    return result;
}
