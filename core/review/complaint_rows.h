/* complaint_rows.h - what the two halves of complaint.h share. */
#ifndef TD_REVIEW_COMPLAINT_ROWS_H
#define TD_REVIEW_COMPLAINT_ROWS_H

#include "review/review.h"

/* Notes a step with its ledger entry, which says that there is a case and nothing of it. */
int td_complaint_step(struct td_review *review, const char *id, const char *step, const char *note);

#endif
