/* channel.h - how trustees talk to one another through somebody they need not trust (Belenios 2.0, sections 4.6.1 and
 * 4.6.3): what is said is signed by the sender and sealed for one recipient.
 *
 * A party's keys derive from its seed, 22 characters of base 58, which is all that it has to keep.
 *
 * Values on their way are JSON, whose memory is not wiped here: a process that sends or receives secrets sees to it that
 * what it frees is overwritten, as cli/trustee.c does. */
#ifndef TD_BALLOT_CHANNEL_H
#define TD_BALLOT_CHANNEL_H

#include "ballot/group.h"

enum { TD_CHANNEL_SEED = 22 };

/* A party: numbers of the caller's frame, the first two secret. */
struct td_channel_party {
    BIGNUM *signing, *decryption;
    BIGNUM *verification, *encryption;
};

/* A fresh seed: a secret. */
void td_channel_seed(char ret[TD_CHANNEL_SEED + 1]);
void td_channel_derive(struct td_group *group, const char seed[TD_CHANNEL_SEED + 1], struct td_channel_party *ret);
void td_channel_wipe(struct td_channel_party *party);

/* {"message", "signature"} over the value's text; takes the value over. A new reference. */
json_t *td_channel_sign(struct td_group *group, const BIGNUM *signing, json_t *value);
/* The value in a signed message, a new reference; NULL unless the signature holds under `key`. */
json_t *td_channel_signed(struct td_group *group, const json_t *message, const BIGNUM *key);

/* The value's text signed, and sealed for `recipient`; takes the value over. A new reference to a text. */
json_t *td_channel_send(struct td_group *group, const struct td_channel_party *party, const BIGNUM *recipient,
                        json_t *value);
/* What `sender` sent to this party, a new reference; NULL when it is for another, by another or changed. */
json_t *td_channel_receive(struct td_group *group, const struct td_channel_party *party, const BIGNUM *sender,
                           const json_t *text);

#endif
