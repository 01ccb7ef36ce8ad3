/* ballot_rows.h - what the parts of ballot.h have in common: the meeting for who acts in it. */
#ifndef TD_REVIEW_BALLOT_ROWS_H
#define TD_REVIEW_BALLOT_ROWS_H

#include "review/meeting.h"
#include "review/recusal.h"

/* True when account $2 need not recuse himself from any dossier of the election `e`: a challenge may have come after it was
 * put up. */
#define TD_BALLOT_FREE_SQL                                                                         \
    "not exists (select 1 from motion o0 join application a on a.id = o0.application_id"           \
    " where o0.election_id = e.id and " TD_RECUSAL_SQL("$2") ")"

/* An open meeting and the caller's seat; TD_ECONFLICT "meeting_state". */
int td_ballot_load_open(struct td_review *review, const char *meeting_id, json_t **ret_meeting,
                        struct td_meeting_seat *seat, struct td_error *reterr);
/* The same for who leads it, or its office too. */
int td_ballot_load_run(struct td_review *review, const char *meeting_id, bool chair_only,
                       json_t **ret_meeting, struct td_error *reterr);
/* The same for a member who was here when it opened and whom nothing bars from judging by now. */
int td_ballot_load_voter(struct td_review *review, const char *meeting_id, json_t **ret_meeting,
                         struct td_error *reterr);

/* The election with this id in {"elections": [{"id"}]}, borrowed; NULL when it is not there. */
const json_t *td_ballot_find(const json_t *kept, const char *id);

/* The papers of an election, texts in the order of their credentials. */
int td_ballot_papers(struct td_tx *tx, const char *election_id, json_t **ret_texts);

#endif
