/* tick.h - what happens because time passes. */
#ifndef TD_REVIEW_TICK_H
#define TD_REVIEW_TICK_H

#include "review/review.h"

#include <stdint.h>

enum { TD_TICK_BATCH = 200 };

/* In a write transaction, as the system (review->who = NULL): ends notices whose last day is over,
 * abandons returns and supplements that nobody answered in time, reminds applicants and those who decide whose
 * deadline is the end of today or tomorrow, tells whom a change of the year concerns, asks for the payment platform's
 * statements. At most TD_TICK_BATCH of each; *ret_changed says how much was done, so a caller repeats while it is not
 * 0. Running it twice does nothing twice. The submission window needs no tick: it is checked by date. */
int td_tick_run(struct td_review *review, int64_t *ret_changed, struct td_error *reterr);

#endif
