/* trustees.c - Pedersen's key generation: the check of what all published. */
#include "ballot/trustees.h"

#include "ballot/channel.h"
#include "ballot/proof.h"
#include "base/json.h"

#include <string.h>

/* --- the check ------------------------------------------------------------------------------- */

/* What trustees published so far: their polynomials' coefficients as powers of g. */
struct published {
    BIGNUM *powers[TD_TRUSTEES_MAX][TD_TRUSTEES_MAX];
};

int td_trustees_refuse(struct td_error *reterr, int trustee, const char *part)
{
    return td_error_set(reterr, TD_EINVALID, "trustees: trustee %d: %s", trustee + 1, part);
}

bool td_trustees_certificate(struct td_group *group, const json_t *certificate,
                             BIGNUM *verification, BIGNUM *encryption)
{
    static const char *const members[] = {"verification", "encryption", NULL};
    /* The key that signed is in what it signed. */
    json_t *claimed = json_loads(td_json_text(certificate, "message"), 0, NULL);
    bool read = td_group_read(group, verification, json_object_get(claimed, "verification"));
    json_t *keys = read ? td_channel_signed(group, certificate, verification) : NULL;
    read = td_proof_shape(keys, members) &&
           td_group_read(group, encryption, json_object_get(keys, "encryption"));
    json_decref(claimed);
    json_decref(keys);
    return read;
}

int td_trustees_coefficients(struct td_group *group, const json_t *published,
                             const BIGNUM *verification, BIGNUM *powers[TD_TRUSTEES_MAX])
{
    static const char *const members[] = {"coefexps", NULL};
    json_t *value = td_channel_signed(group, published, verification);
    const json_t *list = json_object_get(value, "coefexps");
    size_t count = json_array_size(list);
    bool read = td_proof_shape(value, members) && count >= 2 && count <= TD_TRUSTEES_MAX;
    for (size_t k = 0; k < count && read; k++) {
        powers[k] = td_group_number(group);
        read = td_group_read(group, powers[k], json_array_get(list, k));
    }
    json_decref(value);
    return read ? (int)count : 0;
}

static int read_published(struct td_group *group, const json_t *parameters, int trustee,
                          int threshold, BIGNUM **powers, struct td_error *reterr)
{
    size_t index = (size_t)trustee;
    BIGNUM *verification = td_group_number(group), *encryption = td_group_number(group);
    if (!td_trustees_certificate(group, json_array_get(json_object_get(parameters, "certs"), index),
                                 verification, encryption))
        return td_trustees_refuse(reterr, trustee,
                                  "certificate: its signature or keys do not hold");
    if (td_trustees_coefficients(group,
                                 json_array_get(json_object_get(parameters, "coefexps"), index),
                                 verification, powers) != threshold)
        return td_trustees_refuse(reterr, trustee,
                                  "coefficients: their signature or numbers do not hold");
    return 0;
}

void td_trustees_value(struct td_group *group, BIGNUM *out, BIGNUM *const *powers, int threshold,
                       int number)
{
    td_group_start(group);
    BIGNUM *at = td_group_number(group), *x = td_group_number(group);
    BIGNUM *term = td_group_number(group);
    td_group_set(group, x, 1);
    td_group_set(group, at, number);
    td_group_set(group, out, 1);
    for (int k = 0; k < threshold; k++) {
        td_group_power(group, term, powers[k], x);
        td_group_times(group, out, out, term);
        td_group_multiply(group, x, x, at);
    }
    td_group_end(group);
}

void td_trustees_key_words(struct td_group *group, const BIGNUM *key, struct td_strbuf *words)
{
    td_strbuf_init(words);
    td_strbuf_adds(words, "pok|" TD_GROUP_NAME "|");
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
        return td_trustees_refuse(reterr, trustee, "public key: not of the group");
    td_group_start(group);
    BIGNUM *product = td_group_number(group), *one = td_group_number(group);
    td_group_set(group, product, 1);
    for (int i = 0; i < trustees->count; i++) {
        td_trustees_value(group, one, published->powers[i], trustees->threshold, trustee + 1);
        td_group_times(group, product, product, one);
    }
    bool fits = td_group_same(group, product, key);
    struct td_strbuf words;
    td_trustees_key_words(group, key, &words);
    bool known = td_proof_of_secret_holds(group, words.bytes, key, json_object_get(value, "pok"));
    td_strbuf_done(&words);
    td_group_end(group);
    if (!fits)
        return td_trustees_refuse(reterr, trustee,
                                  "public key: does not follow from the coefficients");
    return known ? 0
                 : td_trustees_refuse(reterr, trustee, "public key: the proof of its secret fails");
}

static int read_parameters(struct td_group *group, const json_t *parameters,
                           struct td_trustees *trustees, struct td_error *reterr)
{
    struct published published = {0};
    const json_t *keys = json_object_get(parameters, "verification_keys");
    int result = 0;
    for (int i = 0; i < trustees->count && result == 0; i++)
        result =
            read_published(group, parameters, i, trustees->threshold, published.powers[i], reterr);
    if (result < 0)
        return result;
    trustees->y = td_group_number(group);
    td_group_set(group, trustees->y, 1);
    for (int i = 0; i < trustees->count && result == 0; i++) {
        trustees->keys[i] = td_group_number(group);
        td_group_times(group, trustees->y, trustees->y, published.powers[i][0]);
        result = read_key(group, json_array_get(keys, (size_t)i), i, &published, trustees, reterr);
    }
    return result;
}

int td_trustees_check_key(struct td_group *group, const json_t *certificates,
                          const json_t *published_coefficients, int threshold, int trustee,
                          const json_t *key, struct td_error *reterr)
{
    struct td_trustees trustees = {.count = (int)json_array_size(certificates),
                                   .threshold = threshold};
    struct published published = {0};
    if (trustee < 0 || trustee >= trustees.count || trustees.count > TD_TRUSTEES_MAX)
        return td_error_set(reterr, TD_EINVALID, "trustees: a number that does not fit");
    json_t *parameters =
        json_pack("{s:O, s:O}", "certs", certificates, "coefexps", published_coefficients);
    int result = parameters ? 0 : TD_ENOMEM;
    td_group_start(group);
    for (int i = 0; i < trustees.count && result == 0; i++)
        result = read_published(group, parameters, i, threshold, published.powers[i], reterr);
    trustees.keys[trustee] = td_group_number(group);
    if (result == 0)
        result = read_key(group, key, trustee, &published, &trustees, reterr);
    td_group_end(group);
    json_decref(parameters);
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

/* --- writing --------------------------------------------------------------------------------- */

char *td_trustees_make(int threshold, const json_t *certificates, const json_t *published,
                       const json_t *keys)
{
    json_t *value =
        json_pack("[[s, {s:i, s:O, s:O, s:O}]]", "Pedersen", "threshold", threshold, "certs",
                  certificates, "coefexps", published, "verification_keys", keys);
    char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
    json_decref(value);
    return text;
}
