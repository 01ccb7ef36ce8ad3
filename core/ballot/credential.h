/* credential.h - the secret code of a voter and its public key (Belenios 2.0, section 4.8).
 *
 * A code is 15 characters in groups of three, the last a check digit. Its owner signs with it; the list of public keys,
 * in an order that says nothing, is what the election publishes of its voters. */
#ifndef TD_BALLOT_CREDENTIAL_H
#define TD_BALLOT_CREDENTIAL_H

#include "ballot/group.h"

enum { TD_CREDENTIAL_ROOM = 20, TD_CREDENTIAL_UUID_ROOM = 15 };

/* A fresh code. A secret: td_credential_wipe it. */
void td_credential_make(char ret[TD_CREDENTIAL_ROOM]);
void td_credential_wipe(char code[TD_CREDENTIAL_ROOM]);
/* Whether this is a code: false when a character or the check digit is wrong. */
bool td_credential_is(const char *code);

/* The secret exponent of a code in the election. */
void td_credential_secret(struct td_group *group, const char *code, const char *uuid, BIGNUM *ret_secret);

/* A fresh id for an election: 14 characters of base 58. */
void td_credential_uuid(char ret[TD_CREDENTIAL_UUID_ROOM]);

#endif
