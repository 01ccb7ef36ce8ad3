/* totp.c - see totp.h. HMAC is OpenSSL's. */
#include "base/totp.h"

#include "base/error.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

static const EVP_MD *digest(enum td_totp_hash hash)
{
    switch (hash) {
    case TD_TOTP_SHA256: return EVP_sha256();
    case TD_TOTP_SHA512: return EVP_sha512();
    default: return EVP_sha1();
    }
}

int td_totp_code(enum td_totp_hash hash, const unsigned char *secret, size_t size, uint64_t step,
                 int digits, char *code)
{
    static const uint32_t powers[] = {1000000, 10000000, 100000000};
    unsigned char counter[8], mac[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (digits < TD_TOTP_DIGITS || digits > TD_TOTP_DIGITS_MAX)
        return TD_EINTERNAL;
    for (int i = 7; i >= 0; i--, step >>= 8)
        counter[i] = (unsigned char)step;
    if (!HMAC(digest(hash), secret, (int)size, counter, sizeof(counter), mac, &length))
        return TD_EINTERNAL;
    const unsigned char *at = mac + (mac[length - 1] & 15);
    uint32_t number =
        (uint32_t)(at[0] & 127) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    number %= powers[digits - TD_TOTP_DIGITS];
    code[digits] = 0;
    for (int i = digits - 1; i >= 0; i--, number /= 10)
        code[i] = (char)('0' + number % 10);
    return 0;
}

void td_totp_base32(const unsigned char *bytes, size_t size, char *text)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned bits = 0;
    int count = 0;
    for (size_t i = 0; i < size; i++) {
        bits = bits << 8 | bytes[i];
        for (count += 8; count >= 5; count -= 5)
            *text++ = alphabet[bits >> (count - 5) & 31];
        bits &= (1u << count) - 1;
    }
    if (count)
        *text++ = alphabet[bits << (5 - count) & 31];
    *text = 0;
}
