/* fee.h - the order of a dossier's fee: one per dossier, by the cycle's figure for its level.
 *
 *     due --payment--> paid --refund done--> refunded          due --dossier withdrawn--> cancelled
 *
 * It is made when the dossier becomes fee_due, and paid through the payment platform (payment.h) or at the treasury's
 * own counter, whose receipt the office records. The cycle's window "fee" bounds when a payer is sent to the platform;
 * money that comes is taken at any time. */
#ifndef TD_REVIEW_FEE_H
#define TD_REVIEW_FEE_H

#include "review/review.h"

#include <stdint.h>

/* The order of a dossier, made when there is none: a new reference. `application` is its row. */
int td_fee_order(struct td_review *review, const json_t *application, json_t **ret_order);

/* The dossier goes away unpaid: its order is cancelled, here and with the platform. */
int td_fee_cancel(struct td_review *review, const json_t *application);

/* Records a payment by its receipt number and day, and moves the dossier on (record_fee).
 * *ret_cents is the amount. TD_EFIELDS for a day in the future, TD_ECONFLICT outside fee_due. */
int td_fee_record(struct td_review *review, const char *application_id, const char *receipt,
                  const char *paid_on, int64_t *ret_cents, struct td_error *reterr);

/* What there is about a dossier's fee, for whoever may see the dossier: {"application", "order" (null while none is
 * due), "can_pay", "say" and "parameters" (why not now), "payments": [{"id", "channel", "reference", "amount_cents",
 * "paid_on", "standing"}], "refunds": [...]}. A new reference. */
int td_fee_view(struct td_review *review, const char *application_id, json_t **ret_view, struct td_error *reterr);

/* Orders, newest first, of the series that the caller's office or role covers; cycle and state "" = any. */
int td_fee_list(struct td_review *review, const char *cycle_id, const char *state, const char *cursor,
                json_t **ret_page);

#endif
