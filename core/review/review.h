/* review.h - the context in which the functions of review/ run.
 *
 * review/ is the field: it knows transactions and accounts, and nothing of HTTP, Redis or threads. Every
 * function takes this context, reads and writes through `tx`, checks role, scope and state itself, and
 * answers 0 or a TD_E* with the detail in reterr. JSON results are new references. */
#ifndef TD_REVIEW_REVIEW_H
#define TD_REVIEW_REVIEW_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "review/account.h"

#include <jansson.h>

struct td_tx;
struct td_config;
struct td_calendar;
struct td_seal_key;

struct td_review {
    struct td_tx *tx;
    struct td_arena *arena;
    const struct td_account *who; /* NULL = the system itself (timers, workers) or the public */
    const json_t *catalog;        /* {series id: descriptor (form.json) + {"plugin_version": ...}} */
    const struct td_config *config;
    const struct td_calendar *calendar; /* working days, review/calendar.h */
    const struct td_seal_key *seal;     /* for identity numbers and phones, base/seal.h */
    char now[TD_TIME_TEXT];   /* the moment of the call, UTC */
    char today[TD_DATE_TEXT]; /* the day in Asia/Shanghai */
};

/* Sets `now` and `today` by the clock. */
void td_review_now(struct td_review *review);

#endif
