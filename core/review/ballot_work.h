/* ballot_work.h - what ballots need of the group: tens of powers a question. No transaction, any thread; values in and
 * out are those of ballot.h. TD_EINTERNAL "vote_unreadable" where what the records hold cannot be read. */
#ifndef TD_REVIEW_BALLOT_WORK_H
#define TD_REVIEW_BALLOT_WORK_H

#include "base/error.h"

#include <jansson.h>

/* Checks {election id: public key} made on the voter's own device. TD_EFIELDS on "keys". */
int td_ballot_work_keys(const json_t *kept, const json_t *keys, struct td_error *reterr);
/* Makes a code for somebody without JavaScript and forgets it: {"voting_code", "keys"}, a new reference. */
int td_ballot_work_code(const json_t *kept, json_t **ret_made, struct td_error *reterr);

/* Checks {election id: paper text}: [{"id", "number", "credential", "paper", "tracker"}], a new reference. */
int td_ballot_work_papers(const json_t *kept, const json_t *papers, json_t **ret_papers,
                          struct td_error *reterr);
/* Makes papers of {motion id: "yes" | "no" | "abstain"} and wipes code and choices, in `code` and `choices` too. Every
 * question of an election is answered or none. */
int td_ballot_work_choices(const json_t *kept, json_t *code, json_t *choices, json_t **ret_papers,
                           struct td_error *reterr);

/* The encrypted sums: [{"id", "papers", "sums"}]. */
int td_ballot_work_sums(const json_t *kept, json_t **ret_sums, struct td_error *reterr);

/* Checks a trustee's factors (JSON text); opens the sums when they are the last that it takes, and hashes the archive. */
int td_ballot_work_factors(const json_t *kept, const char *factors, json_t **ret_checked,
                           struct td_error *reterr);

/* The archive of an election's texts (td_ballot_prepare_factors, with "result" or none): malloc'd bytes and the last
 * event's hash. */
int td_ballot_work_archive(const json_t *texts, char **ret_bytes, size_t *ret_length, char ret_head[65]);

/* The receipt of a paper. */
void td_ballot_work_tracker(const char *paper, char ret[44]);

#endif
