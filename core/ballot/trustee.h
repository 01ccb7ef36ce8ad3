/* trustee.h - one trustee's side of the key generation and of opening the sums.
 *
 * A trustee keeps its seed and nothing else: what it needs later it sends sealed to itself, through the office. Rounds:
 * certificate; deal, when all certificates are there; accept, when all have dealt; then factors of the sums. Texts are
 * those of Belenios 2.0, so each trustee may use any implementation. */
#ifndef TD_BALLOT_TRUSTEE_H
#define TD_BALLOT_TRUSTEE_H

#include "ballot/channel.h"
#include "base/error.h"

/* {"message", "signature"}, to publish. A new reference. */
json_t *td_trustee_certificate(struct td_group *group, const struct td_channel_party *party);

/* Checks all certificates (an array, the own one among them) and deals a random polynomial. *ret_dealt is a new
 * reference {"polynomial", "secrets", "coefexps"}. */
int td_trustee_deal(struct td_group *group, const struct td_channel_party *party, const json_t *certificates,
                    int threshold, json_t **ret_dealt, struct td_error *reterr);

/* Takes what all dealt, in the order of the certificates. A value that does not fit its published coefficients is
 * refused with its trustee. *ret_output is a new reference {"private_key": sealed for the trustee itself, "public_key"}. */
int td_trustee_accept(struct td_group *group, const struct td_channel_party *party, const json_t *certificates,
                      const json_t *dealt, json_t **ret_output, struct td_error *reterr);

/* The secret share in the trustee's own "private_key", for td_count_factors: wipe it. */
bool td_trustee_share(struct td_group *group, const struct td_channel_party *party, const json_t *private_key,
                      BIGNUM *ret_share);

/* The trustees' text of what all published; malloc'd, NULL when a number of them does not fit. */
char *td_trustee_join(const json_t *certificates, const json_t *dealt, const json_t *outputs);

#endif
