/* signer.c - see signer.h. Keys are OpenSSL's; a loaded signer is only read, by any thread. */
#include "store/signer.h"

#include "base/json.h"
#include "base/keyfile.h"
#include "base/strbuf.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 100, FILE_MAX = 4096, ID = 4, RAW = 32, SIGNATURE_MAX = 160 };
enum { BASE64 = sodium_base64_VARIANT_ORIGINAL };

#define SM2_IDENTITY "1234567812345678" /* GB/T 35276: what is used when nothing else is agreed */
#define DASH         "\xe2\x80\x94 "

enum kind { SM2, ED25519, KINDS };

static const char *const members[KINDS] = {"sm2", "ed25519"};

struct td_signer {
    char name[NAME_MAX_BYTES + 1];
    EVP_PKEY *keys[KINDS];
};

/* --- keys ------------------------------------------------------------------------------------ */

static int kind_of(EVP_PKEY *key)
{
    return EVP_PKEY_is_a(key, "SM2") ? SM2 : EVP_PKEY_is_a(key, "ED25519") ? ED25519 : KINDS;
}

/* Takes the key over. */
static int hold(struct td_signer *signer, EVP_PKEY *key)
{
    int kind = key ? kind_of(key) : KINDS;
    if (kind == KINDS || signer->keys[kind]) {
        EVP_PKEY_free(key);
        return TD_EINVALID;
    }
    signer->keys[kind] = key;
    return 0;
}

static int read_keys(struct td_signer *signer, const char *pem, size_t length)
{
    BIO *bio = BIO_new_mem_buf(pem, (int)length);
    int r = bio ? 0 : TD_ENOMEM;
    for (int i = 0; r == 0 && i < KINDS; i++)
        r = hold(signer, PEM_read_bio_PrivateKey(bio, NULL, NULL, ""));
    BIO_free(bio);
    return r;
}

static int make_file(const char *path, struct td_error *reterr)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    EVP_PKEY *sm2 = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
    EVP_PKEY *ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    char *pem;
    int r;
    if (bio && sm2 && ed25519 &&
        PEM_write_bio_PKCS8PrivateKey(bio, sm2, NULL, NULL, 0, NULL, NULL) &&
        PEM_write_bio_PKCS8PrivateKey(bio, ed25519, NULL, NULL, 0, NULL, NULL)) {
        long length = BIO_get_mem_data(bio, &pem);
        r = td_keyfile_make(path, pem, (size_t)length, reterr);
    } else {
        r = td_error_set(reterr, TD_EINTERNAL, "key file %s: OpenSSL makes no SM2 and Ed25519 key",
                         path);
    }
    EVP_PKEY_free(sm2);
    EVP_PKEY_free(ed25519);
    BIO_free(bio);
    return r;
}

static bool name_fits(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && length <= NAME_MAX_BYTES && strcspn(name, " \t\r\n+") == length;
}

static struct td_signer *new_signer(const char *name)
{
    struct td_signer *signer = calloc(1, sizeof(*signer));
    if (signer)
        snprintf(signer->name, sizeof(signer->name), "%s", name);
    return signer;
}

int td_signer_load(const char *path, const char *name, struct td_signer **ret_signer,
                   struct td_error *reterr)
{
    char pem[FILE_MAX];
    size_t length = 0;
    if (!name_fits(name))
        return td_error_set(
            reterr, TD_EINVALID,
            "ledger_origin: \"%s\" is no name of 1 to %d bytes without blanks and +", name,
            NAME_MAX_BYTES);
    int r = td_keyfile_exists(path) ? 0 : make_file(path, reterr);
    if (r == 0)
        r = td_keyfile_read(path, pem, sizeof(pem), &length, reterr);
    if (r < 0)
        return r;
    struct td_signer *signer = new_signer(name);
    r = signer ? read_keys(signer, pem, length) : TD_ENOMEM;
    sodium_memzero(pem, sizeof(pem));
    if (r < 0) {
        td_signer_free(signer);
        return td_error_set(reterr, r, "key file %s does not hold an SM2 and an Ed25519 key", path);
    }
    *ret_signer = signer;
    return 0;
}

int td_signer_from_public(const json_t *keys, struct td_signer **ret_signer)
{
    const char *name = td_json_text(keys, "name");
    struct td_signer *signer = name_fits(name) ? new_signer(name) : NULL;
    int r = signer ? 0 : TD_EINVALID;
    for (int kind = 0; r == 0 && kind < KINDS; kind++) {
        const char *pem = td_json_text(json_object_get(keys, members[kind]), "public_key");
        BIO *bio = BIO_new_mem_buf(pem, -1);
        r = hold(signer, bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, "") : NULL);
        BIO_free(bio);
    }
    if (r < 0)
        td_signer_free(signer);
    else
        *ret_signer = signer;
    return r;
}

void td_signer_free(struct td_signer *signer)
{
    for (int kind = 0; signer && kind < KINDS; kind++)
        EVP_PKEY_free(signer->keys[kind]);
    free(signer);
}

const char *td_signer_name(const struct td_signer *signer)
{
    return signer->name;
}

/* --- ids and public keys --------------------------------------------------------------------- */

/* The public key's bytes as its kind writes them, after the kind itself; malloc'd. */
static unsigned char *public_bytes(EVP_PKEY *key, enum kind kind, size_t *ret_length)
{
    static const char sm2[] = "\xff"
                              "SM2-SM3";
    size_t head = kind == SM2 ? sizeof(sm2) - 1 : 1, length = RAW;
    unsigned char *der = NULL;
    if (kind == SM2) {
        int size = i2d_PUBKEY(key, &der);
        if (size < 0)
            return NULL;
        length = (size_t)size;
    }
    unsigned char *bytes = malloc(head + length);
    if (bytes) {
        memcpy(bytes, kind == SM2 ? sm2 : "\x01", head);
        if (der)
            memcpy(bytes + head, der, length);
        else
            EVP_PKEY_get_raw_public_key(key, bytes + head, &length);
        *ret_length = head + length;
    }
    OPENSSL_free(der);
    return bytes;
}

static bool key_id(EVP_PKEY *key, enum kind kind, const char *name, size_t name_length,
                   unsigned char id[ID])
{
    unsigned char digest[32];
    size_t length;
    unsigned char *bytes = public_bytes(key, kind, &length);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool made = bytes && context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) &&
                EVP_DigestUpdate(context, name, name_length) &&
                EVP_DigestUpdate(context, "\n", 1) && EVP_DigestUpdate(context, bytes, length) &&
                EVP_DigestFinal_ex(context, digest, NULL);
    if (made)
        memcpy(id, digest, ID);
    EVP_MD_CTX_free(context);
    free(bytes);
    return made;
}

static json_t *public_pem(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem;
    json_t *text = NULL;
    if (bio && PEM_write_bio_PUBKEY(bio, key)) {
        long length = BIO_get_mem_data(bio, &pem);
        text = json_stringn(pem, (size_t)length);
    }
    BIO_free(bio);
    return text;
}

static json_t *describe(const struct td_signer *signer, enum kind kind)
{
    EVP_PKEY *key = signer->keys[kind];
    unsigned char id[ID];
    char hex[2 * ID + 1];
    if (!key_id(key, kind, signer->name, strlen(signer->name), id))
        return NULL;
    sodium_bin2hex(hex, sizeof(hex), id, ID);
    json_t *value = json_pack("{s:s, s:o}", "id", hex, "public_key", public_pem(key));
    size_t length;
    unsigned char *bytes = kind == ED25519 && value ? public_bytes(key, kind, &length) : NULL;
    if (bytes) {
        char text[64];
        sodium_bin2base64(text, sizeof(text), bytes, length, BASE64);
        json_object_set_new(value, "verifier", json_sprintf("%s+%s+%s", signer->name, hex, text));
    }
    free(bytes);
    return value;
}

json_t *td_signer_public(const struct td_signer *signer)
{
    json_t *sm2 = describe(signer, SM2), *ed25519 = describe(signer, ED25519);
    return json_pack("{s:s, s:o, s:o}", "name", signer->name, members[SM2], sm2, members[ED25519],
                     ed25519);
}

/* --- signatures ------------------------------------------------------------------------------ */

/* A context for signing or checking with this key; NULL when OpenSSL cannot. */
static EVP_MD_CTX *prepare(EVP_PKEY *key, enum kind kind, bool check)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *detail = NULL;
    const EVP_MD *digest = kind == SM2 ? EVP_sm3() : NULL;
    bool ready = context && (check ? EVP_DigestVerifyInit(context, &detail, digest, NULL, key)
                                   : EVP_DigestSignInit(context, &detail, digest, NULL, key)) == 1;
    if (ready && kind == SM2)
        ready = EVP_PKEY_CTX_set1_id(detail, SM2_IDENTITY, strlen(SM2_IDENTITY)) == 1;
    if (ready)
        return context;
    EVP_MD_CTX_free(context);
    return NULL;
}

static bool add_signature(const struct td_signer *signer, enum kind kind, const char *text,
                          size_t text_length, struct td_strbuf *note)
{
    unsigned char bytes[ID + SIGNATURE_MAX];
    char line[sodium_base64_ENCODED_LEN(sizeof(bytes), BASE64)];
    size_t length = SIGNATURE_MAX;
    EVP_MD_CTX *context = prepare(signer->keys[kind], kind, false);
    bool made = context &&
                EVP_DigestSign(context, bytes + ID, &length, (const unsigned char *)text,
                               text_length) == 1 &&
                key_id(signer->keys[kind], kind, signer->name, strlen(signer->name), bytes);
    EVP_MD_CTX_free(context);
    if (!made)
        return false;
    sodium_bin2base64(line, sizeof(line), bytes, ID + length, BASE64);
    td_strbuf_addf(note, DASH "%s %s\n", signer->name, line);
    return true;
}

char *td_signer_sign(const struct td_signer *signer, const char *text)
{
    struct td_strbuf note;
    size_t length = strlen(text);
    td_strbuf_init(&note);
    td_strbuf_adds(&note, text);
    td_strbuf_addc(&note, '\n');
    bool made = add_signature(signer, ED25519, text, length, &note) &&
                add_signature(signer, SM2, text, length, &note);
    char *whole = made ? td_strbuf_take(&note, NULL) : NULL;
    td_strbuf_done(&note);
    return whole;
}

/* One signature line, without its newline, against the key. */
static bool line_holds(EVP_PKEY *key, enum kind kind, const char *line, size_t line_length,
                       const char *text, size_t text_length)
{
    unsigned char bytes[ID + SIGNATURE_MAX], id[ID];
    size_t length, name_length = strcspn(text, "\n"), dash = strlen(DASH);
    if (line_length < dash + name_length + 1 || memcmp(line, DASH, dash) != 0 ||
        memcmp(line + dash, text, name_length) != 0 || line[dash + name_length] != ' ')
        return false;
    line += dash + name_length + 1;
    line_length -= dash + name_length + 1;
    if (sodium_base642bin(bytes, sizeof(bytes), line, line_length, NULL, &length, NULL, BASE64) <
            0 ||
        length <= ID || !key_id(key, kind, text, name_length, id) || memcmp(id, bytes, ID) != 0)
        return false;
    EVP_MD_CTX *context = prepare(key, kind, true);
    bool holds = context && EVP_DigestVerify(context, bytes + ID, length - ID,
                                             (const unsigned char *)text, text_length) == 1;
    EVP_MD_CTX_free(context);
    return holds;
}

bool td_signer_check(const struct td_signer *signer, const char *note)
{
    const char *gap = strstr(note, "\n\n");
    bool held[KINDS] = {false};
    if (!gap)
        return false;
    size_t text_length = (size_t)(gap - note) + 1;
    for (const char *line = gap + 2; *line;) {
        size_t length = strcspn(line, "\n");
        for (int kind = 0; kind < KINDS; kind++)
            held[kind] = held[kind] || line_holds(signer->keys[kind], (enum kind)kind, line, length,
                                                  note, text_length);
        line += length + (line[length] == '\n');
    }
    return held[SM2] && held[ED25519];
}

/* --- SM2 alone -------------------------------------------------------------------------------- */

enum { HALF = TD_SIGNER_SM2 / 2 };

bool td_signer_sm2(const struct td_signer *signer, const char *text, size_t length,
                   unsigned char ret_signature[TD_SIGNER_SM2])
{
    unsigned char der[SIGNATURE_MAX];
    const unsigned char *at = der;
    size_t der_length = sizeof(der);
    EVP_MD_CTX *context = prepare(signer->keys[SM2], SM2, false);
    ECDSA_SIG *pair = NULL;
    if (context &&
        EVP_DigestSign(context, der, &der_length, (const unsigned char *)text, length) == 1)
        pair = d2i_ECDSA_SIG(NULL, &at, (long)der_length);
    bool made = pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), ret_signature, HALF) == HALF &&
                BN_bn2binpad(ECDSA_SIG_get0_s(pair), ret_signature + HALF, HALF) == HALF;
    ECDSA_SIG_free(pair);
    EVP_MD_CTX_free(context);
    return made;
}

/* r and s as OpenSSL wants them: DER, to be freed with OPENSSL_free; its length, or 0. */
static int to_der(const unsigned char signature[TD_SIGNER_SM2], unsigned char **ret_der)
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, HALF, NULL), *s = BN_bin2bn(signature + HALF, HALF, NULL);
    int length = 0;
    if (pair && r && s && ECDSA_SIG_set0(pair, r, s)) {
        r = s = NULL;
        length = i2d_ECDSA_SIG(pair, ret_der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return length > 0 ? length : 0;
}

bool td_signer_sm2_holds(const char *public_key, const char *text, size_t length,
                         const unsigned char signature[TD_SIGNER_SM2])
{
    unsigned char *der = NULL;
    BIO *bio = BIO_new_mem_buf(public_key, -1);
    EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    int der_length = to_der(signature, &der);
    EVP_MD_CTX *context =
        key && EVP_PKEY_is_a(key, "SM2") && der_length ? prepare(key, SM2, true) : NULL;
    bool holds = context && EVP_DigestVerify(context, der, (size_t)der_length,
                                             (const unsigned char *)text, length) == 1;
    EVP_MD_CTX_free(context);
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    BIO_free(bio);
    return holds;
}
