/* ballot.h - the secret vote on dossiers (人社部令第40号, article 20), by the protocol of core/ballot.
 *
 *     registering --list of credentials fixed--> voting --close--> closed --two trustees--> counted
 *     any of them --annul, with a reason--> annulled: its motions wait again, for another election
 *
 * Dossiers that the same members may vote on are the questions of one election. What is stored is public by nature:
 * keys, papers sealed under the trustees' key, who has voted. Nobody's choice and nobody's code is stored, nor which
 * credential is whose. `election_voter` (who has voted) and `paper` (what was cast) have no common column but the
 * election; credentials and papers are written anew, in the order of the keys, with each that comes. No ledger entry,
 * outbox row, time or log line belongs to a registration or a cast. BALLOT.md says what all this protects against.
 *
 * A step that needs powers of the group is a pair: prepare (transaction) -> ballot_work.h (no transaction) -> the act. */
#ifndef TD_REVIEW_BALLOT_H
#define TD_REVIEW_BALLOT_H

#include "review/recusal.h"
#include "review/review.h"

#include <stdbool.h>

struct td_meeting_seat; /* review/meeting.h */

enum { TD_BALLOT_QUESTIONS = 50 }; /* of one election: a paper then has 250 kB and 0.5 s of work */

/* Puts motions of an open meeting to the vote: those named (array of ids), or all that wait (NULL). Makes the elections.
 * By chair, deputy or office; TD_ECONFLICT "no_key" before the ceremony is done. *ret_opened is how many motions. */
int td_ballot_open(struct td_review *review, const char *meeting_id, const json_t *motions,
                   int64_t *ret_opened, struct td_error *reterr);

/* The caller's elections in the meeting that register or vote: [{"id", "number", "election_state", "uuid", "election":
 * text, "trustees": text, "fingerprint", "registered", "cast", "motions": [{"id", "sequence", "number", "name",
 * "unit_name", "specialty", "total", "cast"}]}]. */
int td_ballot_mine(struct td_review *review, const char *meeting_id, json_t **ret_elections,
                   struct td_error *reterr);

/* --- credentials ------------------------------------------------------------------------------ */

/* {"elections": [{"id", "uuid"}]} that the caller has to register in, a new reference. TD_ECONFLICT
 * "already_registered", "not_registering". */
int td_ballot_prepare_keys(struct td_review *review, const char *meeting_id, json_t **ret_kept,
                           struct td_error *reterr);
/* Puts {election id: public key}, one for each of those, on the lists. The last one of an election begins its vote. */
int td_ballot_register(struct td_review *review, const char *meeting_id, const json_t *keys,
                       struct td_error *reterr);
/* The chair begins the vote of all elections of which not everybody has registered; who has not, has no vote. */
int td_ballot_begin(struct td_review *review, const char *meeting_id, int64_t *ret_begun,
                    struct td_error *reterr);

/* --- papers ----------------------------------------------------------------------------------- */

/* {"elections": [{"id", "number", "election", "credentials", "motions": [ids in the order of questions]}]} that the caller
 * may vote in now. TD_EFORBIDDEN "not_present", TD_ECONFLICT "not_voting", "already_voted", "barred_judging". */
int td_ballot_prepare_cast(struct td_review *review, const char *meeting_id, json_t **ret_kept,
                           struct td_error *reterr);
/* Takes checked papers, [{"id", "credential", "paper"}]: all or none. */
int td_ballot_cast(struct td_review *review, const char *meeting_id, const json_t *papers,
                   struct td_error *reterr);

/* --- counting --------------------------------------------------------------------------------- */

/* {"elections": [{"id", "election", "papers": [texts in the order of credentials]}]} whose vote can be closed: all in
 * which everybody on the list has voted; with `early`, the chair's, all. TD_ECONFLICT "votes_missing". */
int td_ballot_prepare_close(struct td_review *review, const char *meeting_id, bool early,
                            json_t **ret_kept, struct td_error *reterr);
/* Ends the vote with [{"id", "papers": how many, "sums": text}]. TD_ESTALE when a paper came meanwhile. */
int td_ballot_close(struct td_review *review, const char *meeting_id, const json_t *sums,
                    int64_t *ret_closed, struct td_error *reterr);

/* The election's texts for a trustee's factors: {"number", "owner", "election", "trustees", "credentials", "sums",
 * "archived_at", "papers": [...], "factors": [{"number", "factors"}]}. TD_EFORBIDDEN "trustees_only",
 * TD_ECONFLICT "election_state", "factors_given". */
int td_ballot_prepare_factors(struct td_review *review, const char *meeting_id, int number,
                              json_t **ret_kept, struct td_error *reterr);
/* Keeps {"owner", "factors"}; with "result" and "head", of the second trustee, publishes the result and decides the
 * dossiers: 3·yes >= 2·present. TD_ESTALE when other factors came meanwhile. */
int td_ballot_open_sums(struct td_review *review, const char *meeting_id, int number,
                        const json_t *checked, struct td_error *reterr);

/* The chair has read out the result of a counted election; those not announced by then are with the closing of the meeting. */
int td_ballot_announce(struct td_review *review, const char *meeting_id, int number, struct td_error *reterr);

/* The chair's recorded motion to vote again: the election is void, its dossiers wait for another. Its papers stay sealed for
 * ever. TD_ECONFLICT "election_state" once sums were opened: a result stands. */
int td_ballot_annul(struct td_review *review, const char *meeting_id, int number, const char *reason,
                    struct td_error *reterr);

/* --- what is seen ----------------------------------------------------------------------------- */

/* [{"id", "number", "election_state", "motions", "voters", "registered", "voted", "opened_by": how many trustees,
 * "announced_at", "can_announce" (while the meeting is open), "readable": not one from which the caller keeps out}]:
 * progress counts people only. "voters" and "registered" for who runs or watches the meeting: to others the difference to
 * those present would say how many recuse. */
int td_ballot_list(struct td_review *review, const char *meeting_id, const struct td_meeting_seat *seat, bool open,
                   json_t **ret_elections);

/* One election for who is of the meeting and need not recuse himself from it, and for trustees: the row's public texts,
 * "counts" when counted, "trackers" once the vote has ended, "can": {"open_sums", "annul"}. "withheld": a trustee who
 * keeps out of one of its dossiers has opened the sums and is not told more. */
int td_ballot_view(struct td_review *review, const char *meeting_id, int number,
                   json_t **ret_election, struct td_error *reterr);

/* The election's archive as far as it goes, malloc'd. TD_ECONFLICT "vote_is_open" until the vote has ended;
 * TD_ENOTFOUND when it is withheld. */
int td_ballot_archive(struct td_review *review, const char *meeting_id, int number, char **ret_bytes,
                      size_t *ret_length, char ret_uuid[65], struct td_error *reterr);

#endif
