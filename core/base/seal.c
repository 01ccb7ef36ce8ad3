/* seal.c - see seal.h. Sealed text is base64 of: version byte, nonce, ciphertext with its tag. */
#include "base/seal.h"

#include "base/keyfile.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_BYTES = 32,
    VERSION = 1,
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    OVERHEAD = 1 + NONCE + TAG,
    VARIANT = sodium_base64_VARIANT_ORIGINAL
};

_Static_assert(KEY_BYTES == crypto_kdf_KEYBYTES, "the file holds one key-derivation key");

struct td_seal_key {
    unsigned char sealing[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
    unsigned char fingerprint[crypto_generichash_KEYBYTES];
};

static int create_file(const char *path, struct td_error *reterr)
{
    unsigned char bytes[KEY_BYTES];
    randombytes_buf(bytes, sizeof(bytes));
    int result = td_keyfile_make(path, bytes, sizeof(bytes), reterr);
    sodium_memzero(bytes, sizeof(bytes));
    return result;
}

static int read_file(const char *path, unsigned char bytes[KEY_BYTES], struct td_error *reterr)
{
    unsigned char held[KEY_BYTES + 1]; /* one more: a longer file is none */
    size_t length = 0;
    int result = td_keyfile_read(path, held, sizeof(held), &length, reterr);
    if (result == 0 && length != KEY_BYTES)
        result = td_error_set(reterr, TD_EINVALID, "key file %s does not hold exactly %d bytes",
                              path, KEY_BYTES);
    if (result == 0)
        memcpy(bytes, held, KEY_BYTES);
    sodium_memzero(held, sizeof(held));
    return result;
}

int td_seal_load(const char *path, struct td_seal_key **ret_key, struct td_error *reterr)
{
    if (sodium_init() < 0)
        return td_error_set(reterr, TD_EINTERNAL, "libsodium does not start");
    int result = td_keyfile_exists(path) ? 0 : create_file(path, reterr);
    unsigned char master[KEY_BYTES];
    if (result == 0)
        result = read_file(path, master, reterr);
    if (result < 0)
        return result;
    struct td_seal_key *key = sodium_malloc(sizeof(*key)); /* guarded, locked, never dumped */
    if (key) {
        crypto_kdf_derive_from_key(key->sealing, sizeof(key->sealing), 1, "td_seal_", master);
        crypto_kdf_derive_from_key(key->fingerprint, sizeof(key->fingerprint), 2, "td_seal_",
                                   master);
        sodium_mprotect_readonly(key);
    }
    sodium_memzero(master, sizeof(master));
    if (!key)
        return td_error_set(reterr, TD_ENOMEM, "no locked memory for the key");
    *ret_key = key;
    return 0;
}

void td_seal_free(struct td_seal_key *key)
{
    sodium_free(key);
}

char *td_seal(const struct td_seal_key *key, const char *plaintext)
{
    size_t length = strlen(plaintext);
    if (length == 0)
        return calloc(1, 1);
    size_t size = length + OVERHEAD;
    size_t room = sodium_base64_ENCODED_LEN(size, VARIANT);
    unsigned char *box = malloc(size);
    char *text = malloc(room);
    if (box && text) {
        box[0] = VERSION;
        randombytes_buf(box + 1, NONCE);
        crypto_aead_xchacha20poly1305_ietf_encrypt(box + 1 + NONCE, NULL,
                                                   (const unsigned char *)plaintext, length, box, 1,
                                                   NULL, box + 1, key->sealing);
        sodium_bin2base64(text, room, box, size, VARIANT);
    } else {
        free(text);
        text = NULL;
    }
    free(box);
    return text;
}

static char *open_box(const struct td_seal_key *key, const unsigned char *box, size_t size)
{
    if (size < OVERHEAD || box[0] != VERSION)
        return NULL;
    char *text = malloc(size - OVERHEAD + 1);
    if (!text)
        return NULL;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt((unsigned char *)text, NULL, NULL,
                                                   box + 1 + NONCE, size - 1 - NONCE, box, 1,
                                                   box + 1, key->sealing) < 0) {
        free(text);
        return NULL;
    }
    text[size - OVERHEAD] = 0;
    return text;
}

char *td_unseal(const struct td_seal_key *key, const char *sealed)
{
    size_t length = strlen(sealed);
    if (length == 0)
        return calloc(1, 1);
    unsigned char *box = malloc(length);
    size_t size;
    char *text = NULL;
    if (box && sodium_base642bin(box, length, sealed, length, NULL, &size, NULL, VARIANT) == 0)
        text = open_box(key, box, size);
    free(box);
    return text;
}

void td_seal_fingerprint(const struct td_seal_key *key, const char *plaintext,
                         char hex[TD_SEAL_FINGERPRINT_TEXT])
{
    unsigned char digest[32];
    crypto_generichash(digest, sizeof(digest), (const unsigned char *)plaintext, strlen(plaintext),
                       key->fingerprint, sizeof(key->fingerprint));
    sodium_bin2hex(hex, TD_SEAL_FINGERPRINT_TEXT, digest, sizeof(digest));
}
