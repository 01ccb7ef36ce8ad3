/* ballot.h - the secret vote on a dossier (人社部令第40号, article 20).
 *
 * Participation (ballot_cast: who has voted) and choice (ballot: what was voted) are two tables
 * without a link. A ballot's id is random, and with every cast all ballots of the motion are
 * written anew in the order of fresh ids, so that neither ids nor the order of rows nor their age
 * says which came last. Choices are sealed with the server's key, anew with every cast: the store's own
 * log keeps the pages of every commit, and would otherwise tell the choices one by one. The ledger gets no entry for a cast, only the totals when the motion is
 * counted; there is no outbox row, no timestamp and no log line that names voter and motion
 * together with anything else. */
#ifndef TD_REVIEW_BALLOT_H
#define TD_REVIEW_BALLOT_H

#include "review/recusal.h"
#include "review/review.h"

#include <stdbool.h>

/* Puts motions of an open meeting to the vote: those named (array of ids), or all that wait (NULL).
 * By chair, deputy or office. *ret_opened is how many. */
int td_ballot_open(struct td_review *review, const char *meeting_id, const json_t *motions,
                   int64_t *ret_opened, struct td_error *reterr);

/* The motions that the caller can vote on now: [{"id", "sequence", "number", "name", "unit_name",
 * "specialty", "total", "cast": bool}], without those he must recuse. */
int td_ballot_mine(struct td_review *review, const char *meeting_id, json_t **ret_motions,
                   struct td_error *reterr);

/* Votes on motions of one meeting: `choices` = {motion id: "yes" | "no" | "abstain"}; all or none.
 * One ballot per present member and motion; TD_ECONFLICT "already_voted", "not_present", "recused".
 */
int td_ballot_cast(struct td_review *review, const char *meeting_id, const json_t *choices,
                   struct td_error *reterr);

/* Counts motions that are being voted on: those named, or all that everybody has voted on (NULL). A
 * motion with votes outstanding is counted only by the chair and only with `early`: who did not
 * vote is then not in favour. Passes or fails each dossier. *ret_counted is how many. */
int td_ballot_count(struct td_review *review, const char *meeting_id, const json_t *motions,
                    bool early, int64_t *ret_counted, struct td_error *reterr);

/* How many may vote on a motion, as an SQL expression for the motion with alias `o` of the
 * application with alias `a`: members of the committee who were here when the meeting opened,
 * without the recused. */
#define TD_BALLOT_VOTERS_SQL                                                                       \
    "(select count(*) from attendance t join meeting g on g.id = t.meeting_id"                     \
    " join committee_member k on k.committee_id = g.committee_id and k.account_id = t.account_id"  \
    " where g.id = o.meeting_id and not " TD_RECUSAL_SQL("t.account_id") ")"

#endif
