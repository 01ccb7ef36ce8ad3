/* telling.h - one thing said to many: everybody whom a change of the year concerns gets one message.
 *
 * The people are found by the stage that changed and written to in batches by the tick, in the order of their ids, so
 * that the change itself is quick and nobody is told twice, whatever is interrupted. */
#ifndef TD_REVIEW_TELLING_H
#define TD_REVIEW_TELLING_H

#include "review/review.h"

#include <stdint.h>

/* Leaves the order to tell: message `kind` with `parameters` (borrowed) to whoever works in `stage` (window.h) of the
 * cycle, in one division ("" = all):
 *   submission     applicants of its units who have submitted nothing this year, its units and authorities
 *   resubmission   applicants with an unanswered return       fee   applicants who have not paid
 *   others         who holds that office */
int td_telling_add(struct td_review *review, const json_t *cycle, const char *stage, const char *division,
                   const char *kind, const json_t *parameters);

/* Writes up to TD_TELLING_BATCH messages; *ret_changed grows by what was done. */
enum { TD_TELLING_BATCH = 200 };
int td_telling_run(struct td_review *review, int64_t *changed);

#endif
