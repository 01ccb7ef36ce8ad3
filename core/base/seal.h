/* seal.h - identity numbers and phones at rest.
 *
 * A key file holds 32 random bytes. Two keys are derived from it: one seals values
 * (XChaCha20-Poly1305 with a random nonce, so equal values look different), one makes keyed
 * fingerprints (BLAKE2b) by which equal values can be found without being read. Losing the file
 * loses every sealed value. */
#ifndef TD_BASE_SEAL_H
#define TD_BASE_SEAL_H

#include "base/error.h"

#define TD_SEAL_FINGERPRINT_TEXT 65 /* 64 hex digits and the NUL */

struct td_seal_key;

/* Reads the key file, or makes it (mode 0600, durable on return) when there is none. Refused with
 * the reason: another size than 32 bytes, readable by others, owned by somebody else. */
int td_seal_load(const char *path, struct td_seal_key **ret_key, struct td_error *reterr);
void td_seal_free(struct td_seal_key *key); /* wipes; NULL is fine */

/* The sealed text as base64, malloc'd, for the caller to free; NULL when memory is short.
 * Empty text seals to empty text: "not given" is no secret. */
char *td_seal(const struct td_seal_key *key, const char *plaintext);

/* The text again, malloc'd; NULL when it was not sealed with this key, or was changed. */
char *td_unseal(const struct td_seal_key *key, const char *sealed);

/* The same text always has the same fingerprint under the same key. */
void td_seal_fingerprint(const struct td_seal_key *key, const char *plaintext,
                         char hex[TD_SEAL_FINGERPRINT_TEXT]);

#endif
