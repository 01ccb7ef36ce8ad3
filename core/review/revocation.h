/* revocation.h - a title won by fraud is revoked (人社部令第40号, article 39).
 *
 *     proposed --decide (another official)--> decided          proposed --drop--> dropped
 *
 * From every state that a title has. One transaction revokes the title, writes the integrity record that bars its
 * holder (integrity.h), and publishes the revocation as a public notice. */
#ifndef TD_REVIEW_REVOCATION_H
#define TD_REVIEW_REVOCATION_H

#include "base/id.h"
#include "review/review.h"

struct td_revocation {
    const char *title_id;
    const char *kind; /* false_material | plagiarism | improper_means */
    const char *decision_number, *decided_on, *finding;
};

/* Proposes, as bureau; not on one's own title. TD_ECONFLICT "revoked_already", "revocation_proposed"; TD_EFIELDS. */
int td_revocation_propose(struct td_review *review, const struct td_revocation *revocation,
                          char ret_id[TD_ID_TEXT], struct td_error *reterr);

/* Decides, by another official of the bureau than who proposed (TD_EFORBIDDEN "integrity_second_person"). */
int td_revocation_decide(struct td_review *review, const char *id, struct td_error *reterr);

/* Drops a proposal, with the reason. */
int td_revocation_drop(struct td_review *review, const char *id, const char *reason,
                       struct td_error *reterr);

/* Revocations, newest first, for bureau and supervisor: {"items", "next"}. */
int td_revocation_list(struct td_review *review, const char *cursor, json_t **ret_page);

/* One, with "can_decide", "can_drop", "waits_for_second". TD_ENOTFOUND. */
int td_revocation_load(struct td_review *review, const char *id, json_t **ret_revocation,
                       struct td_error *reterr);

#endif
