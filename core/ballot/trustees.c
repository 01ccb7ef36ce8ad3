/* trustees.c - Pedersen's key generation: the check of what all published, and the side of one
 * trustee. */
#include "ballot/trustees.h"

#include "ballot/proof.h"
#include "base/json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* --- signed messages ------------------------------------------------------------------------- */

static void sign_words(struct td_strbuf *words, const char *message)
{
    td_strbuf_init(words);
    td_strbuf_addf(words, "sigmsg|%s|", message);
}

/* {"message", "signature"} over the value's text; takes it over. */
static json_t *sign(struct td_group *group, const BIGNUM *signing, json_t *value)
{
    struct td_strbuf text, words;
    td_strbuf_init(&text);
    td_json_write(value, &text);
    json_decref(value);
    sign_words(&words, text.bytes);
    json_t *message = json_pack("{s:s, s:o}", "message", text.bytes, "signature",
                                td_proof_of_secret(group, words.bytes, signing));
    td_strbuf_done(&text);
    td_strbuf_done(&words);
    return message;
}

/* The value in a signed message, a new reference; NULL unless the signature holds under `key`. With
 * no `key`, that of the message itself, its "verification", which *own_key receives. */
static json_t *open_signed(struct td_group *group, const json_t *message, const BIGNUM *key,
                           BIGNUM *own_key)
{
    static const char *const members[] = {"message", "signature", NULL};
    struct td_strbuf words;
    if (!td_proof_shape(message, members))
        return NULL;
    const char *text = td_json_text(message, "message");
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    bool holds =
        value && (key || td_group_read(group, own_key, json_object_get(value, "verification")));
    sign_words(&words, text);
    holds = holds && td_proof_of_secret_holds(group, words.bytes, key ? key : own_key,
                                              json_object_get(message, "signature"));
    td_strbuf_done(&words);
    if (holds)
        return value;
    json_decref(value);
    return NULL;
}

/* --- the check ------------------------------------------------------------------------------- */

/* What trustees published so far: their polynomials' coefficients as powers of g. */
struct published {
    BIGNUM *powers[TD_TRUSTEES_MAX][TD_TRUSTEES_MAX];
};

static int refuse(struct td_error *reterr, int trustee, const char *part)
{
    return td_error_set(reterr, TD_EINVALID, "trustees: trustee %d: %s", trustee + 1, part);
}

static bool read_powers(struct td_group *group, const json_t *value, int threshold, BIGNUM **powers)
{
    static const char *const members[] = {"coefexps", NULL};
    const json_t *list = json_object_get(value, "coefexps");
    if (!td_proof_shape(value, members) || json_array_size(list) != (size_t)threshold)
        return false;
    for (int k = 0; k < threshold; k++) {
        powers[k] = td_group_number(group);
        if (!td_group_read(group, powers[k], json_array_get(list, (size_t)k)))
            return false;
    }
    return true;
}

static int read_published(struct td_group *group, const json_t *parameters, int trustee,
                          int threshold, BIGNUM **powers, struct td_error *reterr)
{
    static const char *const members[] = {"verification", "encryption", NULL};
    td_group_start(group);
    BIGNUM *key = td_group_number(group), *encryption = td_group_number(group);
    size_t index = (size_t)trustee;
    json_t *certificate =
        open_signed(group, json_array_get(json_object_get(parameters, "certs"), index), NULL, key);
    bool certified = td_proof_shape(certificate, members) &&
                     td_group_read(group, encryption, json_object_get(certificate, "encryption"));
    json_t *coefficients =
        certified
            ? open_signed(group, json_array_get(json_object_get(parameters, "coefexps"), index),
                          key, NULL)
            : NULL;
    td_group_end(group);
    bool read = coefficients && read_powers(group, coefficients, threshold, powers);
    json_decref(certificate);
    json_decref(coefficients);
    if (!certified)
        return refuse(reterr, trustee, "certificate: its signature or keys do not hold");
    return read ? 0
                : refuse(reterr, trustee, "coefficients: their signature or numbers do not hold");
}

/* g to the polynomial's value at `number`: the product of powers[k]^(number^k). */
static void value_power(struct td_group *group, BIGNUM *out, BIGNUM *const *powers, int threshold,
                        int number)
{
    td_group_start(group);
    BIGNUM *at = td_group_number(group), *x = td_group_number(group);
    BIGNUM *term = td_group_number(group);
    if (!BN_one(x) || !BN_set_word(at, (BN_ULONG)number) || !BN_one(out))
        group->failed = true;
    for (int k = 0; k < threshold; k++) {
        td_group_power(group, term, powers[k], x);
        td_group_times(group, out, out, term);
        td_group_multiply(group, x, x, at);
    }
    td_group_end(group);
}

static const char key_words[] = "pok|" TD_GROUP_NAME "|";

static void words_of_key(struct td_group *group, const BIGNUM *key, struct td_strbuf *words)
{
    td_strbuf_init(words);
    td_strbuf_adds(words, key_words);
    td_group_write(group, key, words);
    td_strbuf_addc(words, '|');
}

static int read_key(struct td_group *group, const json_t *value, int trustee,
                    const struct published *published, struct td_trustees *trustees,
                    struct td_error *reterr)
{
    static const char *const members[] = {"pok", "public_key", NULL};
    BIGNUM *key = trustees->keys[trustee];
    if (!td_proof_shape(value, members) ||
        !td_group_read(group, key, json_object_get(value, "public_key")))
        return refuse(reterr, trustee, "public key: not of the group");
    td_group_start(group);
    BIGNUM *product = td_group_number(group), *one = td_group_number(group);
    if (!BN_one(product))
        group->failed = true;
    for (int i = 0; i < trustees->count; i++) {
        value_power(group, one, published->powers[i], trustees->threshold, trustee + 1);
        td_group_times(group, product, product, one);
    }
    bool fits = td_group_same(group, product, key);
    struct td_strbuf words;
    words_of_key(group, key, &words);
    bool known = td_proof_of_secret_holds(group, words.bytes, key, json_object_get(value, "pok"));
    td_strbuf_done(&words);
    td_group_end(group);
    if (!fits)
        return refuse(reterr, trustee, "public key: does not follow from the coefficients");
    return known ? 0 : refuse(reterr, trustee, "public key: the proof of its secret fails");
}

static int read_parameters(struct td_group *group, const json_t *parameters,
                           struct td_trustees *trustees, struct td_error *reterr)
{
    struct published published;
    const json_t *keys = json_object_get(parameters, "verification_keys");
    int result = 0;
    for (int i = 0; i < trustees->count && result == 0; i++)
        result =
            read_published(group, parameters, i, trustees->threshold, published.powers[i], reterr);
    if (result < 0)
        return result;
    trustees->y = td_group_number(group);
    if (!BN_one(trustees->y))
        group->failed = true;
    for (int i = 0; i < trustees->count && result == 0; i++) {
        trustees->keys[i] = td_group_number(group);
        td_group_times(group, trustees->y, trustees->y, published.powers[i][0]);
        result = read_key(group, json_array_get(keys, (size_t)i), i, &published, trustees, reterr);
    }
    return result;
}

int td_trustees_read(struct td_group *group, const char *text, size_t length,
                     struct td_trustees *ret, struct td_error *reterr)
{
    static const char *const members[] = {"threshold", "certs", "coefexps", "verification_keys",
                                          NULL};
    json_t *value = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    const json_t *kind = json_array_get(value, 0), *parameters = json_array_get(kind, 1);
    json_int_t threshold = json_integer_value(json_object_get(parameters, "threshold"));
    size_t count = json_array_size(json_object_get(parameters, "certs"));
    const char *name = json_string_value(json_array_get(kind, 0));
    struct td_trustees trustees = {0};
    int result = 0;
    if (json_array_size(value) != 1 || json_array_size(kind) != 2 || !name ||
        strcmp(name, "Pedersen") || !td_proof_shape(parameters, members))
        result = td_error_set(reterr, TD_EINVALID, "trustees: not one group with a threshold");
    else if (count < 2 || count > TD_TRUSTEES_MAX ||
             json_array_size(json_object_get(parameters, "coefexps")) != count ||
             json_array_size(json_object_get(parameters, "verification_keys")) != count)
        result = td_error_set(reterr, TD_EINVALID, "trustees: a number that does not fit");
    else if (threshold < 2 || threshold > (json_int_t)count)
        result = td_error_set(reterr, TD_EINVALID,
                              "trustees: threshold: not between 2 and their number");
    if (result == 0) {
        trustees.threshold = (int)threshold;
        trustees.count = (int)count;
        result = read_parameters(group, parameters, &trustees, reterr);
    }
    json_decref(value);
    if (result == 0)
        *ret = trustees;
    return result;
}

/* --- a trustee's own side -------------------------------------------------------------------- */

void td_trustee_start(struct td_group *group, struct td_trustee *ret, int threshold)
{
    assert(threshold >= 2 && threshold <= TD_TRUSTEES_MAX);
    *ret = (struct td_trustee){.threshold = threshold};
    ret->signing = td_group_number(group);
    ret->decryption = td_group_number(group);
    ret->share = td_group_number(group);
    td_group_random(group, ret->signing);
    td_group_random(group, ret->decryption);
    for (int k = 0; k < threshold; k++) {
        ret->coefficients[k] = td_group_number(group);
        td_group_random(group, ret->coefficients[k]);
    }
}

void td_trustee_wipe(struct td_trustee *trustee)
{
    td_group_wipe(trustee->signing);
    td_group_wipe(trustee->decryption);
    td_group_wipe(trustee->share);
    for (int k = 0; k < trustee->threshold; k++)
        td_group_wipe(trustee->coefficients[k]);
}

static json_t *power_json(struct td_group *group, const BIGNUM *secret)
{
    td_group_start(group);
    BIGNUM *power = td_group_number(group);
    td_group_power_secret(group, power, group->g, secret);
    json_t *text = td_group_json(group, power);
    td_group_end(group);
    return text;
}

json_t *td_trustee_certificate(struct td_group *group, const struct td_trustee *trustee)
{
    json_t *keys = json_pack("{s:o, s:o}", "verification", power_json(group, trustee->signing),
                             "encryption", power_json(group, trustee->decryption));
    return sign(group, trustee->signing, keys);
}

json_t *td_trustee_coefficients(struct td_group *group, const struct td_trustee *trustee)
{
    json_t *list = json_array();
    for (int k = 0; k < trustee->threshold; k++)
        json_array_append_new(list, power_json(group, trustee->coefficients[k]));
    return sign(group, trustee->signing, json_pack("{s:o}", "coefexps", list));
}

void td_trustee_value_for(struct td_group *group, const struct td_trustee *trustee, int number,
                          BIGNUM *ret)
{
    td_group_start(group);
    BIGNUM *at = td_group_number(group);
    if (!BN_set_word(at, (BN_ULONG)number))
        group->failed = true;
    BN_zero(ret);
    for (int k = trustee->threshold - 1; k >= 0; k--) {
        td_group_multiply(group, ret, ret, at);
        td_group_add(group, ret, ret, trustee->coefficients[k]);
    }
    td_group_end(group);
}

/* Whether g^value is what trustee `from` published for trustee `number`. */
static bool value_fits(struct td_group *group, const json_t *published, int from, int threshold,
                       int number, const BIGNUM *value)
{
    BIGNUM *powers[TD_TRUSTEES_MAX];
    json_t *read =
        json_loads(td_json_text(json_array_get(published, (size_t)from), "message"), 0, NULL);
    td_group_start(group);
    BIGNUM *expected = td_group_number(group), *power = td_group_number(group);
    bool fits = read_powers(group, read, threshold, powers);
    if (fits) {
        value_power(group, expected, powers, threshold, number);
        td_group_power_secret(group, power, group->g, value);
        fits = td_group_same(group, expected, power);
    }
    td_group_end(group);
    json_decref(read);
    return fits;
}

int td_trustee_accept(struct td_group *group, struct td_trustee *trustee, int number, int count,
                      BIGNUM *const *values, const json_t *published, json_t **ret_key,
                      struct td_error *reterr)
{
    struct td_strbuf words;
    BN_zero(trustee->share);
    for (int i = 0; i < count; i++) {
        if (!value_fits(group, published, i, trustee->threshold, number, values[i]))
            return refuse(reterr, i, "value: does not fit its coefficients");
        td_group_add(group, trustee->share, trustee->share, values[i]);
    }
    td_group_start(group);
    BIGNUM *key = td_group_number(group);
    td_group_power_secret(group, key, group->g, trustee->share);
    words_of_key(group, key, &words);
    *ret_key =
        json_pack("{s:o, s:o}", "pok", td_proof_of_secret(group, words.bytes, trustee->share),
                  "public_key", td_group_json(group, key));
    td_strbuf_done(&words);
    td_group_end(group);
    return 0;
}

char *td_trustees_make(int threshold, json_t *certificates, json_t *published, json_t *keys)
{
    json_t *value =
        json_pack("[[s, {s:i, s:o, s:o, s:o}]]", "Pedersen", "threshold", threshold, "certs",
                  certificates, "coefexps", published, "verification_keys", keys);
    char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
    json_decref(value);
    return text;
}
