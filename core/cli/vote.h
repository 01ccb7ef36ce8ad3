/* vote.h - the sides of a secret vote that are not the server's: a trustee and a voter, over a connection of theirs.
 *
 * Secrets (seed, code, choices) stay in this process; keys, papers and factors go to the server. */
#ifndef TD_CLI_VOTE_H
#define TD_CLI_VOTE_H

#include "ballot/channel.h"
#include "ballot/credential.h"
#include "cli/client.h"

/* Gives the messages that the meeting waits for from this trustee: of the present round, and his factors of every
 * election whose vote has ended. *ret_given is how many. */
int td_vote_turn(struct td_client *client, const char *meeting, const char seed[TD_CHANNEL_SEED + 1],
                 int *ret_given, struct td_error *reterr);

/* Registers this code wherever the caller has to register. */
int td_vote_register(struct td_client *client, const char *meeting, const char *code, struct td_error *reterr);

/* Says what is voted on a motion ({"id", "sequence", "application_id" ...}): 0 同意, 1 不同意, 2 弃权; -1 nothing yet. */
typedef int (*td_vote_choose_fn)(void *arg, const json_t *motion);

/* Makes and casts a paper in each election that the caller can vote in. *ret_receipts (may be NULL) is a new reference to
 * [{"election", "tracker", "fingerprint" of the election}], one of each. TD_EINVALID when an election is not that of its
 * trustees and motions: nothing is sealed for it. */
int td_vote_cast(struct td_client *client, const char *meeting, const char *code, td_vote_choose_fn choose, void *arg,
                 json_t **ret_receipts, struct td_error *reterr);

#endif
