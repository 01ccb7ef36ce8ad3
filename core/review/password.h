/* password.h - passwords: what is acceptable, and argon2id.
 *
 * Hashing takes tens of milliseconds and 64 MB on purpose: CPU pool only (TD_WORK_CPU), never on
 * the loop nor inside a transaction. Rules follow NIST SP 800-63B: length counts, classes of
 * characters do not, unless td_policy asks for them. */
#ifndef TD_REVIEW_PASSWORD_H
#define TD_REVIEW_PASSWORD_H

#include "base/error.h"

#include <stdbool.h>

enum {
    TD_PASSWORD_MIN = 10,        /* characters */
    TD_PASSWORD_MAX = 200,       /* characters */
    TD_PASSWORD_HASH_TEXT = 128, /* with the NUL: crypto_pwhash_STRBYTES */
    TD_PASSWORD_GENERATED_TEXT = 20
};

/* Adds a field problem for `field`: password_short, password_long, password_simple (the login, the
 * name, or td_password_is_common), password_classes. 0 or TD_EFIELDS. */
int td_password_check(const char *password, const char *login, const char *name, const char *field,
                      struct td_error *reterr);

/* Hashes with a random salt. TD_ENOMEM when 64 MB cannot be had. */
int td_password_hash(const char *password, char hash[TD_PASSWORD_HASH_TEXT]);

/* True when `password` gives `hash`. An empty hash (no such account, or one without a password)
 * costs the same time and is never right. */
bool td_password_verify(const char *hash, const char *password);

/* A one-time password that can be read out: four groups of four from 31 clear letters and digits,
 * 79 bits. */
void td_password_generate(char text[TD_PASSWORD_GENERATED_TEXT]);

#endif
