/* assignment.h - which expert reads which dossier: computed from inputs and a seed, so that anybody can compute it
 * again.
 *
 * inputs  {"reviews": N, "dossiers": [{"id", "specialty", "readers": [account ids that read it already]}],
 *          "experts": [{"id", "specialties": [..], "load": dossiers that he reads already}],
 *          "barred": {dossier id: [account ids that must keep out]}}
 * plan    {"readers": {dossier id: [account ids that join, sorted]}, "short": [{"id", "eligible"}]}
 *
 * Every dossier gets N readers who need not keep out, or none: one that cannot have N is named in `short` with how many
 * it could have. The dossiers with the fewest experts to choose from come first. Of its experts a dossier gets those of
 * its specialty, as long as they do not read more than everybody's fair share (what is to be read, over the experts,
 * rounded up), then those who read least; among equals the seed decides. In the end dossiers move from who reads more
 * to who reads less wherever no recusal stands against it, out of their specialty only if the two differ by
 * more than two. The seed is 32 lower-case hex digits: the
 * key of SipHash-2-4 over "<dossier id>/<account id>". */
#ifndef TD_REVIEW_ASSIGNMENT_H
#define TD_REVIEW_ASSIGNMENT_H

#include "base/error.h"

#include <jansson.h>

struct td_tx;

enum { TD_ASSIGNMENT_SEED_TEXT = 33, TD_ASSIGNMENT_HASH_TEXT = 65 };

/* A fresh seed. */
void td_assignment_seed(char seed[TD_ASSIGNMENT_SEED_TEXT]);

/* *ret_plan is a new reference. TD_EINVALID for a seed or inputs that are none. */
int td_assignment_plan(const json_t *inputs, const char *seed, json_t **ret_plan, struct td_error *reterr);

/* Computes a stored or exported run {"id", "seed", "inputs", "inputs_hash", "plan_hash"} again: TD_ECONFLICT with what
 * differs. Hashes are SM3 of the canonical JSON (store/ledger.h). */
int td_assignment_verify(const json_t *run, struct td_error *reterr);

#endif
