/* fee.h - the fee of a dossier, once per dossier, by the cycle's figure for its level. */
#ifndef TD_REVIEW_FEE_H
#define TD_REVIEW_FEE_H

#include "review/review.h"

#include <stdint.h>

/* Records a payment by its receipt number and day, and moves the dossier on (record_fee).
 * *ret_cents is the amount. TD_EFIELDS for a day in the future, TD_ECONFLICT outside fee_due. */
int td_fee_record(struct td_review *review, const char *application_id, const char *receipt,
                  const char *paid_on, int64_t *ret_cents, struct td_error *reterr);

#endif
