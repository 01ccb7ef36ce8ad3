/* refund.h - giving money back: one asks with the cause, another decides.
 *
 *     asked --approve--> approved --platform, or a receipt by hand--> done
 *       '--refuse--> refused            '--the platform says no--> failed --receipt by hand--> done
 *                             approved <----------tried again--------'
 *
 * For a payment that settles nothing (double, wrong sum, too late), and for one that does once its dossier was
 * withdrawn before the review. What came through the platform goes back through it. */
#ifndef TD_REVIEW_REFUND_H
#define TD_REVIEW_REFUND_H

#include "base/id.h"
#include "review/review.h"

#include <stdbool.h>

/* Asks to give a payment back. The office of the series, or the bureau; never of one's own dossier. TD_ECONFLICT
 * "refund_not_due" while the payment settles a dossier that goes on, "refund_exists". */
int td_refund_ask(struct td_review *review, const char *payment_id, const char *note, char ret_id[TD_ID_TEXT],
                  struct td_error *reterr);

/* The second person ("second_person_pays" for the one who asked) approves or refuses, with a note. */
int td_refund_decide(struct td_review *review, const char *refund_id, bool approve, const char *note,
                     struct td_error *reterr);

/* Records that it was paid back by hand: approved without a platform, or failed there. */
int td_refund_record(struct td_review *review, const char *refund_id, const char *receipt, struct td_error *reterr);

/* {"items": [{"id", "payment_id", "number", "applicant_name", "amount_cents", "cause", "note", "refund_state", "asked_at",
 * "can_decide", "can_record"}], "next"}: those not ended unless `all`, newest first. */
int td_refund_list(struct td_review *review, bool all, const char *cursor, json_t **ret_page);

/* Rows of delivery_kinds.c. What is given up there failed, too: it is paid by hand or tried again, never both
 * (TD_ECONFLICT "refund_state"). A receipt is true also when it comes after that; with one by hand before it the money
 * went back twice: td_payment_differences says so. */
#define TD_REFUND_TWICE_SQL(refund)                                                                \
    "(" refund ".state = 'done' and exists (select 1 from delivery d0 where d0.subject = 'refund/' || " \
    refund ".id and d0.state = 'delivered' and d0.receipt <> " refund ".receipt))"
int td_refund_delivered(struct td_review *review, const json_t *delivery, const json_t *answer, struct td_error *reterr);
int td_refund_rejected(struct td_review *review, const json_t *delivery, const char *reason, struct td_error *reterr);
int td_refund_again(struct td_review *review, const json_t *delivery, struct td_error *reterr);

#endif
