/* letter.h - why a dossier did not pass, in a letter to its applicant: the committee's numbers and never a name, his
 * own points item by item, and until when he may ask for a recheck. */
#ifndef TD_REVIEW_LETTER_H
#define TD_REVIEW_LETTER_H

#include "review/review.h"

/* {"cause": "vote" | "outranked" | "annulled", "failed_at", "vote": {"meeting_name", "held_on", "present", "yes", "no",
 * "abstain", "missing", "needed"} or null while its meeting sits, "finding" (annulled), "rank" (outranked:
 * td_ranking_of) or null, "evaluation": td_evaluation_load, "recheck": td_reexamination_window}. For the applicant,
 * office, bureau and supervisor. TD_ENOTFOUND; TD_ECONFLICT "not_failed". A new reference. */
int td_letter_load(struct td_review *review, const json_t *application, json_t **ret_letter,
                   struct td_error *reterr);

#endif
