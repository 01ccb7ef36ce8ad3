/* count.h - adding up papers without opening one, and opening the sums (Belenios 2.0, sections 4.16, 4.18, 4.19). */
#ifndef TD_BALLOT_COUNT_H
#define TD_BALLOT_COUNT_H

#include "ballot/election.h"
#include "ballot/trustees.h"

/* The encrypted sums of papers that td_paper_check accepted: [[{"alpha", "beta"} per answer] per question]. */
json_t *td_count_sums(struct td_group *group, const struct td_election *election, json_t *const *papers, size_t count);

/* A trustee's part in opening the sums, with its proofs: {"decryption_factors", "decryption_proofs"}. */
json_t *td_count_factors(struct td_group *group, const struct td_election *election, const json_t *sums,
                         const BIGNUM *share);

/* Checks one; a refusal names the question and the answer. */
int td_count_check_factors(struct td_group *group, const struct td_election *election, const json_t *sums,
                           const BIGNUM *public_key, const json_t *factors, struct td_error *reterr);

/* Opens the sums with the checked factors of the first `threshold` trustees in `owners` (numbers from 1):
 * {"result": [[number per answer] per question]}. TD_EINVALID when a sum is not between 0 and `most`. */
int td_count_result(struct td_group *group, const struct td_election *election, const struct td_trustees *trustees,
                    const json_t *sums, const int *owners, json_t *const *factors, size_t most, json_t **ret_result,
                    struct td_error *reterr);

#endif
