/* trustee.c - deals and accepts the values of polynomials; what is secret leaves only sealed. */
#include "ballot/trustee.h"

#include "ballot/proof.h"
#include "ballot/trustees.h"
#include "base/json.h"

struct others {
    int count, own; /* own: this trustee's index */
    BIGNUM *verification[TD_TRUSTEES_MAX], *encryption[TD_TRUSTEES_MAX];
};

static int read_certificates(struct td_group *group, const struct td_channel_party *party,
                             const json_t *certificates, struct others *ret,
                             struct td_error *reterr)
{
    size_t count = json_array_size(certificates);
    if (count < 2 || count > TD_TRUSTEES_MAX)
        return td_error_set(reterr, TD_EINVALID, "trustees: %zu certificates", count);
    *ret = (struct others){.count = (int)count, .own = -1};
    for (int i = 0; i < ret->count; i++) {
        ret->verification[i] = td_group_number(group);
        ret->encryption[i] = td_group_number(group);
        if (!td_trustees_certificate(group, json_array_get(certificates, (size_t)i),
                                     ret->verification[i], ret->encryption[i]))
            return td_trustees_refuse(reterr, i, "certificate: its signature or keys do not hold");
        if (td_group_same(group, ret->verification[i], party->verification))
            ret->own = i;
    }
    return ret->own >= 0 ? 0
                         : td_error_set(reterr, TD_EINVALID,
                                        "trustees: this key's certificate is not among them");
}

json_t *td_trustee_certificate(struct td_group *group, const struct td_channel_party *party)
{
    json_t *keys =
        json_pack("{s:o, s:o}", "verification", td_group_json(group, party->verification),
                  "encryption", td_group_json(group, party->encryption));
    return td_channel_sign(group, party->signing, keys);
}

/* --- dealing --------------------------------------------------------------------------------- */

/* The polynomial's value at `number`. */
static void value_at(struct td_group *group, BIGNUM *const *coefficients, int threshold, int number,
                     BIGNUM *ret)
{
    td_group_start(group);
    BIGNUM *at = td_group_number(group);
    td_group_set(group, at, number);
    td_group_set(group, ret, 0);
    for (int k = threshold - 1; k >= 0; k--) {
        td_group_multiply(group, ret, ret, at);
        td_group_add(group, ret, ret, coefficients[k]);
    }
    td_group_end(group);
}

/* A random polynomial as its two lists: secret numbers, and g to them. */
static void draw(struct td_group *group, int threshold, BIGNUM **coefficients, json_t *secret,
                 json_t *powers)
{
    BIGNUM *power = td_group_number(group);
    for (int k = 0; k < threshold; k++) {
        coefficients[k] = td_group_number(group);
        td_group_random(group, coefficients[k]);
        td_group_power_secret(group, power, group->g, coefficients[k]);
        json_array_append_new(secret, td_group_json(group, coefficients[k]));
        json_array_append_new(powers, td_group_json(group, power));
    }
}

static json_t *deal(struct td_group *group, const struct td_channel_party *party,
                    const struct others *others, int threshold)
{
    BIGNUM *coefficients[TD_TRUSTEES_MAX], *value = td_group_number(group);
    json_t *secret = json_array(), *powers = json_array(), *secrets = json_array();
    draw(group, threshold, coefficients, secret, powers);
    for (int i = 0; i < others->count; i++) {
        value_at(group, coefficients, threshold, i + 1, value);
        json_array_append_new(
            secrets, td_channel_send(group, party, others->encryption[i],
                                     json_pack("{s:o}", "secret", td_group_json(group, value))));
    }
    td_group_wipe(value);
    for (int k = 0; k < threshold; k++)
        td_group_wipe(coefficients[k]);
    return json_pack(
        "{s:o, s:o, s:o}", "polynomial",
        td_channel_send(group, party, party->encryption, json_pack("{s:o}", "polynomial", secret)),
        "secrets", secrets, "coefexps",
        td_channel_sign(group, party->signing, json_pack("{s:o}", "coefexps", powers)));
}

int td_trustee_deal(struct td_group *group, const struct td_channel_party *party,
                    const json_t *certificates, int threshold, json_t **ret_dealt,
                    struct td_error *reterr)
{
    struct others others = {0};
    td_group_start(group);
    int result = read_certificates(group, party, certificates, &others, reterr);
    if (result == 0 && (threshold < 2 || threshold > others.count))
        result = td_error_set(reterr, TD_EINVALID,
                              "trustees: threshold: not between 2 and their number");
    if (result == 0) {
        json_t *dealt = deal(group, party, &others, threshold);
        if (dealt && !group->failed)
            *ret_dealt = dealt;
        else
            result = TD_ENOMEM;
    }
    td_group_end(group);
    return result;
}

/* --- accepting ------------------------------------------------------------------------------- */

/* Adds trustee `from`'s value for this one to the share. */
static int accept_value(struct td_group *group, const struct td_channel_party *party,
                        const struct others *others, int from, const json_t *dealt, int *threshold,
                        BIGNUM *share, struct td_error *reterr)
{
    BIGNUM *powers[TD_TRUSTEES_MAX];
    td_group_start(group);
    BIGNUM *value = td_group_number(group), *power = td_group_number(group);
    BIGNUM *expected = td_group_number(group);
    int count = td_trustees_coefficients(group, json_object_get(dealt, "coefexps"),
                                         others->verification[from], powers);
    json_t *message =
        td_channel_receive(group, party, others->verification[from],
                           json_array_get(json_object_get(dealt, "secrets"), (size_t)others->own));
    bool read = td_group_read_secret(group, value, json_object_get(message, "secret"));
    json_decref(message);
    if (count > 0 && read) {
        td_trustees_value(group, expected, powers, count, others->own + 1);
        td_group_power_secret(group, power, group->g, value);
        read = td_group_same(group, expected, power);
        td_group_add(group, share, share, value);
    }
    td_group_wipe(value);
    td_group_end(group);
    if (count == 0 || (*threshold && *threshold != count))
        return td_trustees_refuse(reterr, from,
                                  "coefficients: their signature or numbers do not hold");
    *threshold = count;
    return read ? 0
                : td_trustees_refuse(reterr, from,
                                     "value: not sent to this key, or not on its polynomial");
}

static json_t *output(struct td_group *group, const struct td_channel_party *party,
                      const BIGNUM *share)
{
    struct td_strbuf words;
    BIGNUM *key = td_group_number(group);
    td_group_power_secret(group, key, group->g, share);
    td_trustees_key_words(group, key, &words);
    json_t *public_key =
        json_pack("{s:o, s:o}", "pok", td_proof_of_secret(group, words.bytes, share), "public_key",
                  td_group_json(group, key));
    td_strbuf_done(&words);
    return json_pack(
        "{s:o, s:o}", "private_key",
        td_channel_send(group, party, party->encryption,
                        json_pack("{s:o}", "decryption_key", td_group_json(group, share))),
        "public_key", public_key);
}

int td_trustee_accept(struct td_group *group, const struct td_channel_party *party,
                      const json_t *certificates, const json_t *dealt, json_t **ret_output,
                      struct td_error *reterr)
{
    struct others others = {0};
    int threshold = 0;
    td_group_start(group);
    BIGNUM *share = td_group_number(group);
    int result = read_certificates(group, party, certificates, &others, reterr);
    if (result == 0 && json_array_size(dealt) != (size_t)others.count)
        result = td_error_set(reterr, TD_EINVALID, "trustees: %zu of %d have dealt",
                              json_array_size(dealt), others.count);
    for (int i = 0; i < others.count && result == 0; i++)
        result = accept_value(group, party, &others, i, json_array_get(dealt, (size_t)i),
                              &threshold, share, reterr);
    if (result == 0) {
        json_t *made = output(group, party, share);
        if (made && !group->failed)
            *ret_output = made;
        else
            result = TD_ENOMEM;
    }
    td_group_wipe(share);
    td_group_end(group);
    return result;
}

bool td_trustee_share(struct td_group *group, const struct td_channel_party *party,
                      const json_t *private_key, BIGNUM *ret_share)
{
    json_t *message = td_channel_receive(group, party, party->verification, private_key);
    bool read = td_group_read_secret(group, ret_share, json_object_get(message, "decryption_key"));
    json_decref(message);
    return read;
}

/* --- joining --------------------------------------------------------------------------------- */

/* The named member of every entry. */
static json_t *column(const json_t *entries, const char *name)
{
    size_t i;
    json_t *entry, *values = json_array();
    json_array_foreach((json_t *)entries, i, entry)
        json_array_append(values, json_object_get(entry, name));
    return values;
}

char *td_trustee_join(const json_t *certificates, const json_t *dealt, const json_t *outputs)
{
    json_t *published = column(dealt, "coefexps"), *keys = column(outputs, "public_key");
    json_t *first = json_loads(td_json_text(json_array_get(published, 0), "message"), 0, NULL);
    size_t count = json_array_size(certificates);
    char *text = NULL;
    if (json_array_size(published) == count && json_array_size(keys) == count)
        text = td_trustees_make((int)json_array_size(json_object_get(first, "coefexps")),
                                certificates, published, keys);
    json_decref(published);
    json_decref(keys);
    json_decref(first);
    return text;
}
