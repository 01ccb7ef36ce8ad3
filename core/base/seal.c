/* seal.c - see seal.h. Sealed text is base64 of: version byte, nonce, ciphertext with its tag. */
#include "base/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static int sync_folder_of(const char *path)
{
    char copy[4096];
    if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
        return -1;
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int result = fsync(fd);
    close(fd);
    return result;
}

/* Written under another name first, so that a crash never leaves a short key under the real one.
 * link(2) does not overwrite: when two processes start together, both read the same key. */
static int create_file(const char *path, struct td_error *reterr)
{
    char draft[4096];
    if (snprintf(draft, sizeof(draft), "%s.XXXXXX", path) >= (int)sizeof(draft))
        return td_error_set(reterr, TD_EINVALID, "key file: the path is too long");
    unsigned char bytes[KEY_BYTES];
    randombytes_buf(bytes, sizeof(bytes));
    int fd = mkostemp(draft, O_CLOEXEC); /* mode 0600 */
    if (fd < 0)
        return td_error_set(reterr, TD_EIO, "key file %s cannot be made: %s", path,
                            strerror(errno));
    int result = 0;
    errno = ENOSPC; /* what a short write means, which sets none */
    if (write(fd, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes) || fsync(fd) < 0 ||
        (link(draft, path) < 0 && errno != EEXIST) || sync_folder_of(path) < 0)
        result =
            td_error_set(reterr, TD_EIO, "key file %s cannot be made: %s", path, strerror(errno));
    close(fd);
    unlink(draft);
    sodium_memzero(bytes, sizeof(bytes));
    return result;
}

static int read_file(const char *path, unsigned char bytes[KEY_BYTES], struct td_error *reterr)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return td_error_set(reterr, TD_EIO, "key file %s: %s", path, strerror(errno));
    struct stat st;
    int result = 0;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        result = td_error_set(reterr, TD_EINVALID, "key file %s is not a regular file", path);
    else if (st.st_mode & 077)
        result = td_error_set(reterr, TD_EINVALID,
                              "key file %s has mode %04o, not 0600: others could read it", path,
                              (unsigned)st.st_mode & 07777u);
    else if (st.st_uid != geteuid())
        result = td_error_set(reterr, TD_EINVALID, "key file %s belongs to another user", path);
    else if (st.st_size != KEY_BYTES || read(fd, bytes, KEY_BYTES) != KEY_BYTES)
        result = td_error_set(reterr, TD_EINVALID, "key file %s does not hold exactly %d bytes",
                              path, KEY_BYTES);
    close(fd);
    return result;
}

int td_seal_load(const char *path, struct td_seal_key **ret_key, struct td_error *reterr)
{
    if (sodium_init() < 0)
        return td_error_set(reterr, TD_EINTERNAL, "libsodium does not start");
    struct stat st;
    int result = lstat(path, &st) < 0 && errno == ENOENT ? create_file(path, reterr) : 0;
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
