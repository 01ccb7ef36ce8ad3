/* group.c - numbers of the group, over OpenSSL's. Knows the group's three constants and nothing of
 * votes. */
#include "ballot/group.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

/* Belenios specification 2.0, section 5.1. */
static const char modulus_hex[] =
    "A3EF2D011FEFB1B6E39E568FCCDFFB0FB7DC7EF3A791B6862791811D21FC35F21E6D36856B428030421F514E"
    "D40BFD4C06E092A495AF8D79A2F85E0FB11C0EDE07DD973F9C53E50930C6E82AC36DE1AE3FB8C3AABFFF12CE"
    "27A5022DDD8912D107435012768A2CDD0A4091D8FA447F6C7EBC15A349FA318A6B4FE17D8D47E843A3E14DFA"
    "9B2162F4D7229ABE93A188B46B006517D6F6747EBBB29C9EC3099B607F18FB1A8BC858279AA8599411D998D3"
    "E3FADA9E010840D082D8C31911ACDD4A0E7992D0F18CC759CB5DE0ACF66A3882555BC810941E021B6A4CCFA0"
    "4EE4008F878AFFA2375E2999B44F6CEF17D707301E59E0E6351E051ED9CEC4157646E64F";
static const char generator_hex[] =
    "1307C1AB5F295885D7CAA3A78A42415E31FD1C5807B61FB1E781878A52230A51988B98C259597F9C5A9DFD00"
    "1D26BA31D9D8976F01D95A1C8262EE68A0E92CEA541E5219E0D0D094301B894236823FE1D4BC04E29F3748AE"
    "FD4F10D5B1A356A8643E673FD9D215FC8FE5FB9CF9FDB8EA88FDB1A3381A697FDF9C2458570B06D26AEF1BE3"
    "65FDD90165F397C6B870DF8C1B9E519EDCEE8BB0F74B7A1615A274BA60A7EA574A61F552D2DDE0CE514E0927"
    "C4FF49B1964C4A913731AE4268D60D7F22127B6CBBA44D453AC8B72FD04E0991B7AEFF04867D8724AC638F5F"
    "34100D2D47AA680D43771902743D663F42D853C041E1C91FE3823F4BCF284308F1D7E653";
static const char order_hex[] = "ADB6066A73522565F4DAA0F2579DB7F2F0FA90C2168BC709E20263387D55C491";

enum { DIGITS_MAX = 617 }; /* of 2048 bits in base 10 */

struct td_group *td_group_new(void)
{
    struct td_group *group = calloc(1, sizeof(*group));
    if (!group)
        return NULL;
    group->numbers = BN_CTX_new();
    group->modulus = BN_MONT_CTX_new();
    group->spare = BN_new();
    bool made = group->numbers && group->modulus && group->spare &&
                BN_hex2bn(&group->p, modulus_hex) && BN_hex2bn(&group->g, generator_hex) &&
                BN_hex2bn(&group->q, order_hex) &&
                BN_MONT_CTX_set(group->modulus, group->p, group->numbers);
    if (!made) {
        td_group_free(group);
        return NULL;
    }
    return group;
}

void td_group_free(struct td_group *group)
{
    if (!group)
        return;
    BN_free(group->p);
    BN_free(group->q);
    BN_free(group->g);
    BN_MONT_CTX_free(group->modulus);
    BN_CTX_free(group->numbers); /* wipes */
    BN_clear_free(group->spare);
    free(group);
}

static void expect(struct td_group *group, int done)
{
    if (!done)
        group->failed = true;
}

void td_group_start(struct td_group *group)
{
    BN_CTX_start(group->numbers);
}

void td_group_end(struct td_group *group)
{
    BN_CTX_end(group->numbers);
}

BIGNUM *td_group_number(struct td_group *group)
{
    BIGNUM *number = BN_CTX_get(group->numbers);
    if (number)
        return number;
    group->failed = true;
    return group->spare;
}

void td_group_set(struct td_group *group, BIGNUM *out, int number)
{
    expect(group, BN_set_word(out, (BN_ULONG)number));
}

void td_group_wipe(BIGNUM *secret)
{
    BN_clear(secret);
}

/* --- elements -------------------------------------------------------------------------------- */

void td_group_power(struct td_group *group, BIGNUM *out, const BIGNUM *base, const BIGNUM *exponent)
{
    expect(group, BN_mod_exp_mont(out, base, exponent, group->p, group->numbers, group->modulus));
}

void td_group_power_secret(struct td_group *group, BIGNUM *out, const BIGNUM *base,
                           const BIGNUM *secret)
{
    /* Its time depends on the words an exponent has room for: all have q's. */
    td_group_start(group);
    BIGNUM *padded = td_group_number(group);
    unsigned char bytes[SHA256_DIGEST_LENGTH];
    expect(group, BN_bn2binpad(secret, bytes, sizeof(bytes)) == sizeof(bytes) &&
                      BN_bin2bn(bytes, sizeof(bytes), padded) != NULL);
    OPENSSL_cleanse(bytes, sizeof(bytes));
    BN_set_flags(padded, BN_FLG_CONSTTIME);
    expect(group,
           BN_mod_exp_mont_consttime(out, base, padded, group->p, group->numbers, group->modulus));
    td_group_wipe(padded);
    td_group_end(group);
}

void td_group_power_two(struct td_group *group, BIGNUM *out, const BIGNUM *base, const BIGNUM *x,
                        const BIGNUM *other, const BIGNUM *y)
{
    expect(group,
           BN_mod_exp2_mont(out, base, x, other, y, group->p, group->numbers, group->modulus));
}

void td_group_times(struct td_group *group, BIGNUM *out, const BIGNUM *a, const BIGNUM *b)
{
    expect(group, BN_mod_mul(out, a, b, group->p, group->numbers));
}

void td_group_over(struct td_group *group, BIGNUM *out, const BIGNUM *a, const BIGNUM *b)
{
    td_group_start(group);
    BIGNUM *inverse = td_group_number(group);
    expect(group, BN_mod_inverse(inverse, b, group->p, group->numbers) != NULL);
    td_group_times(group, out, a, inverse);
    td_group_end(group);
}

bool td_group_has(struct td_group *group, const BIGNUM *x)
{
    if (BN_is_negative(x) || BN_is_zero(x) || BN_cmp(x, group->p) >= 0)
        return false;
    td_group_start(group);
    BIGNUM *one = td_group_number(group);
    td_group_power(group, one, x, group->q);
    bool has = BN_is_one(one) && !group->failed;
    td_group_end(group);
    return has;
}

bool td_group_same(const struct td_group *group, const BIGNUM *a, const BIGNUM *b)
{
    return !group->failed && BN_cmp(a, b) == 0;
}

/* --- exponents ------------------------------------------------------------------------------- */

void td_group_random(struct td_group *group, BIGNUM *out)
{
    expect(group, BN_priv_rand_range(out, group->q));
}

void td_group_add(struct td_group *group, BIGNUM *out, const BIGNUM *a, const BIGNUM *b)
{
    expect(group, BN_mod_add(out, a, b, group->q, group->numbers));
}

void td_group_subtract(struct td_group *group, BIGNUM *out, const BIGNUM *a, const BIGNUM *b)
{
    expect(group, BN_mod_sub(out, a, b, group->q, group->numbers));
}

void td_group_multiply(struct td_group *group, BIGNUM *out, const BIGNUM *a, const BIGNUM *b)
{
    expect(group, BN_mod_mul(out, a, b, group->q, group->numbers));
}

void td_group_hash(struct td_group *group, BIGNUM *out, const struct td_strbuf *text)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    expect(group, !text->failed &&
                      SHA256((const unsigned char *)text->bytes, text->length, digest) != NULL &&
                      BN_bin2bn(digest, sizeof(digest), out) != NULL &&
                      BN_nnmod(out, out, group->q, group->numbers));
}

/* --- on paper -------------------------------------------------------------------------------- */

static bool read_number(struct td_group *group, BIGNUM *out, const json_t *text,
                        const BIGNUM *limit)
{
    const char *digits = json_string_value(text);
    size_t length = json_string_length(text);
    if (!digits || length == 0 || length > DIGITS_MAX || strspn(digits, "0123456789") != length ||
        (digits[0] == '0' && length > 1))
        return false;
    BIGNUM *to = out;
    expect(group, BN_dec2bn(&to, digits) == (int)length);
    return !group->failed && BN_cmp(out, limit) < 0;
}

bool td_group_read(struct td_group *group, BIGNUM *out, const json_t *text)
{
    return read_number(group, out, text, group->p) && td_group_has(group, out);
}

bool td_group_read_again(struct td_group *group, BIGNUM *out, const json_t *text)
{
    return read_number(group, out, text, group->p);
}

bool td_group_read_exponent(struct td_group *group, BIGNUM *out, const json_t *text)
{
    return read_number(group, out, text, group->q);
}

bool td_group_read_secret(struct td_group *group, BIGNUM *out, const json_t *text)
{
    if (!read_number(group, out, text, group->p))
        return false;
    expect(group, BN_nnmod(out, out, group->q, group->numbers));
    return !group->failed;
}

json_t *td_group_json(struct td_group *group, const BIGNUM *number)
{
    char *digits = BN_bn2dec(number);
    json_t *text = digits ? json_string(digits) : NULL;
    OPENSSL_clear_free(digits, digits ? strlen(digits) : 0);
    expect(group, text != NULL);
    return text;
}

void td_group_write(struct td_group *group, const BIGNUM *number, struct td_strbuf *out)
{
    char *digits = BN_bn2dec(number);
    expect(group, digits != NULL);
    if (digits)
        td_strbuf_adds(out, digits);
    OPENSSL_clear_free(digits, digits ? strlen(digits) : 0);
}
