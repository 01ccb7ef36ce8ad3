/* totp.h - time-based one-time passwords (RFC 6238, RFC 4226) and the base32 that authenticators
 * read (RFC 4648). */
#ifndef TD_BASE_TOTP_H
#define TD_BASE_TOTP_H

#include <stddef.h>
#include <stdint.h>

enum td_totp_hash { TD_TOTP_SHA1, TD_TOTP_SHA256, TD_TOTP_SHA512 };

enum {
    TD_TOTP_STEP_SECONDS = 30,
    TD_TOTP_DIGITS = 6,
    TD_TOTP_DIGITS_MAX = 8,
    TD_TOTP_SECRET_BYTES = 20, /* RFC 4226: 160 bits for SHA-1 */
    TD_TOTP_SECRET_TEXT = 33   /* in base32, with the NUL */
};

/* The code of `step` (seconds since 1970 / 30) as `digits` digits, 6 to 8, into code[digits + 1]. 0;
 * TD_EINTERNAL when the library refuses. */
int td_totp_code(enum td_totp_hash hash, const unsigned char *secret, size_t size, uint64_t step,
                 int digits, char *code);

/* Base32 in capitals without padding. `text` has room for (size * 8 + 4) / 5 + 1 bytes. */
void td_totp_base32(const unsigned char *bytes, size_t size, char *text);

#endif
