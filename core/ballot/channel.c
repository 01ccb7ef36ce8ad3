/* channel.c - keys from seeds, signed messages, and their sealing: ElGamal for the key, AES-256-CCM
 * for the text. */
#include "ballot/channel.h"

#include "ballot/base58.h"
#include "ballot/proof.h"
#include "base/json.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { KEY = SHA256_DIGEST_LENGTH, NONCE = 13, TAG = 8, TEXT_MAX = 256 * 1024 };

/* --- keys ------------------------------------------------------------------------------------ */

void td_channel_seed(char ret[TD_CHANNEL_SEED + 1])
{
    td_base58_random(ret, TD_CHANNEL_SEED);
}

static void wipe_text(struct td_strbuf *text)
{
    OPENSSL_cleanse(text->bytes, text->length);
    td_strbuf_done(text);
}

static BIGNUM *derive(struct td_group *group, const char *word, const char *seed)
{
    BIGNUM *secret = td_group_number(group);
    struct td_strbuf text;
    td_strbuf_init(&text);
    td_strbuf_addf(&text, "%s|%s", word, seed);
    td_group_hash(group, secret, &text);
    wipe_text(&text);
    return secret;
}

void td_channel_derive(struct td_group *group, const char seed[TD_CHANNEL_SEED + 1],
                       struct td_channel_party *ret)
{
    ret->signing = derive(group, "sk", seed);
    ret->decryption = derive(group, "dk", seed);
    ret->verification = td_group_number(group);
    ret->encryption = td_group_number(group);
    td_group_power_secret(group, ret->verification, group->g, ret->signing);
    td_group_power_secret(group, ret->encryption, group->g, ret->decryption);
}

void td_channel_wipe(struct td_channel_party *party)
{
    td_group_wipe(party->signing);
    td_group_wipe(party->decryption);
}

/* --- signed ---------------------------------------------------------------------------------- */

static void sign_words(struct td_strbuf *words, const char *message)
{
    td_strbuf_init(words);
    td_strbuf_addf(words, "sigmsg|%s|", message);
}

json_t *td_channel_sign(struct td_group *group, const BIGNUM *signing, json_t *value)
{
    struct td_strbuf text, words;
    td_strbuf_init(&text);
    td_json_write(value, &text);
    json_decref(value);
    sign_words(&words, text.bytes);
    json_t *message = json_pack("{s:s, s:o}", "message", text.bytes, "signature",
                                td_proof_of_secret(group, words.bytes, signing));
    wipe_text(&text);
    wipe_text(&words);
    return message;
}

json_t *td_channel_signed(struct td_group *group, const json_t *message, const BIGNUM *key)
{
    static const char *const members[] = {"message", "signature", NULL};
    struct td_strbuf words;
    if (!td_proof_shape(message, members))
        return NULL;
    const char *text = td_json_text(message, "message");
    sign_words(&words, text);
    bool holds =
        td_proof_of_secret_holds(group, words.bytes, key, json_object_get(message, "signature"));
    wipe_text(&words);
    return holds ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
}

/* --- sealed ---------------------------------------------------------------------------------- */

/* SHA-256 of "word|number". */
static void digest_of(struct td_group *group, const char *word, const BIGNUM *number,
                      unsigned char ret[KEY])
{
    struct td_strbuf text;
    td_strbuf_init(&text);
    td_strbuf_addf(&text, "%s|", word);
    td_group_write(group, number, &text);
    if (text.failed)
        group->failed = true;
    crypto_hash_sha256(ret, (const unsigned char *)text.bytes, text.length);
    wipe_text(&text);
}

/* Seals or opens `length` bytes in place; the tag is behind them. */
static bool crypt_bytes(struct td_group *group, const BIGNUM *secret, const BIGNUM *alpha,
                        unsigned char *bytes, int length, bool seal)
{
    unsigned char key[KEY], nonce[KEY];
    int written;
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    digest_of(group, "key", secret, key);
    digest_of(group, "iv", alpha, nonce);
    bool done =
        cipher && EVP_CipherInit_ex(cipher, EVP_aes_256_ccm(), NULL, NULL, NULL, seal) &&
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_IVLEN, NONCE, NULL) &&
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, TAG, seal ? NULL : bytes + length) &&
        EVP_CipherInit_ex(cipher, NULL, NULL, key, nonce, seal) &&
        EVP_CipherUpdate(cipher, NULL, &written, NULL, length) &&
        EVP_CipherUpdate(cipher, bytes, &written, bytes, length) > 0 &&
        (!seal || EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, TAG, bytes + length));
    EVP_CIPHER_CTX_free(cipher);
    OPENSSL_cleanse(key, sizeof(key));
    return done;
}

/* {"alpha", "beta", "data"} as a text. */
static json_t *seal(struct td_group *group, const BIGNUM *recipient, const char *text)
{
    size_t length = strlen(text), room = length + TAG;
    unsigned char *bytes = malloc(room);
    char *hex = malloc(2 * room + 1), *whole = NULL;
    td_group_start(group);
    BIGNUM *r = td_group_number(group), *s = td_group_number(group);
    BIGNUM *alpha = td_group_number(group), *beta = td_group_number(group);
    td_group_random(group, r);
    td_group_random(group, s);
    td_group_power_secret(group, s, group->g, s);
    td_group_power_secret(group, alpha, group->g, r);
    td_group_power_secret(group, beta, recipient, r);
    td_group_times(group, beta, beta, s);
    if (bytes && hex) {
        memcpy(bytes, text, length);
        if (crypt_bytes(group, s, alpha, bytes, (int)length, true)) {
            sodium_bin2hex(hex, 2 * room + 1, bytes, room);
            json_t *value = json_pack("{s:o, s:o, s:s}", "alpha", td_group_json(group, alpha),
                                      "beta", td_group_json(group, beta), "data", hex);
            whole = value ? json_dumps(value, JSON_COMPACT) : NULL;
            json_decref(value);
        }
    }
    td_group_wipe(r);
    td_group_wipe(s);
    td_group_end(group);
    json_t *sealed = whole ? json_string(whole) : NULL;
    free(whole);
    free(bytes);
    free(hex);
    return sealed;
}

/* The text that was sealed for this party, malloc'd; NULL when it was not. */
static char *unseal(struct td_group *group, const struct td_channel_party *party,
                    const json_t *sealed)
{
    static const char *const members[] = {"alpha", "beta", "data", NULL};
    const char *hex = td_json_text(sealed, "data");
    size_t room = strlen(hex) / 2, length = 0;
    unsigned char *bytes = room > TAG && room < TEXT_MAX ? malloc(room) : NULL;
    td_group_start(group);
    BIGNUM *alpha = td_group_number(group), *beta = td_group_number(group);
    bool opened = bytes && td_proof_shape(sealed, members) &&
                  td_group_read(group, alpha, json_object_get(sealed, "alpha")) &&
                  td_group_read(group, beta, json_object_get(sealed, "beta")) &&
                  sodium_hex2bin(bytes, room, hex, strlen(hex), NULL, &length, NULL) == 0 &&
                  length == room;
    if (opened) {
        BIGNUM *secret = td_group_number(group);
        td_group_power_secret(group, secret, alpha, party->decryption);
        td_group_over(group, secret, beta, secret);
        opened = crypt_bytes(group, secret, alpha, bytes, (int)(room - TAG), false);
        td_group_wipe(secret);
        bytes[room - TAG] = 0;
    }
    td_group_end(group);
    if (opened)
        return (char *)bytes;
    free(bytes);
    return NULL;
}

static void forget(char *text)
{
    if (text)
        OPENSSL_cleanse(text, strlen(text));
    free(text);
}

json_t *td_channel_send(struct td_group *group, const struct td_channel_party *party,
                        const BIGNUM *recipient, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);
    json_decref(value);
    json_t *message = text ? json_pack("{s:o, s:s}", "recipient", td_group_json(group, recipient),
                                       "message", text)
                           : NULL;
    forget(text);
    json_t *whole = message ? td_channel_sign(group, party->signing, message) : NULL;
    text = whole ? json_dumps(whole, JSON_COMPACT) : NULL;
    json_decref(whole);
    json_t *sealed = text ? seal(group, recipient, text) : NULL;
    forget(text);
    return sealed;
}

json_t *td_channel_receive(struct td_group *group, const struct td_channel_party *party,
                           const BIGNUM *sender, const json_t *text)
{
    json_t *sealed = json_is_string(text)
                         ? json_loads(json_string_value(text), JSON_REJECT_DUPLICATES, NULL)
                         : NULL;
    char *opened = sealed ? unseal(group, party, sealed) : NULL;
    json_t *whole = opened ? json_loads(opened, JSON_REJECT_DUPLICATES, NULL) : NULL;
    json_t *message = td_channel_signed(group, whole, sender), *value = NULL;
    td_group_start(group);
    BIGNUM *recipient = td_group_number(group);
    if (td_group_read(group, recipient, json_object_get(message, "recipient")) &&
        td_group_same(group, recipient, party->encryption))
        value = json_loads(td_json_text(message, "message"), JSON_REJECT_DUPLICATES, NULL);
    td_group_end(group);
    forget(opened);
    json_decref(sealed);
    json_decref(whole);
    json_decref(message);
    return value;
}
