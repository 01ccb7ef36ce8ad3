/* guard.h - what must be true before a row of the workflow table may be used.
 *
 * Each guard answers 0, or TD_ECONFLICT with a locale key (the same key under "problem" and "say")
 * and the numbers that the sentence needs. Guards read and never write. */
#ifndef TD_REVIEW_GUARD_H
#define TD_REVIEW_GUARD_H

#include "review/review.h"

#include <stdbool.h>

typedef int (*td_guard_fn)(struct td_review *review, const json_t *application,
                           struct td_error *reterr);

int td_guard_first_submission(struct td_review *review, const json_t *application,
                              struct td_error *reterr);
int td_guard_submission(struct td_review *review, const json_t *application,
                        struct td_error *reterr);
int td_guard_unit_verified(struct td_review *review, const json_t *application,
                           struct td_error *reterr);
int td_guard_industry_verified(struct td_review *review, const json_t *application,
                               struct td_error *reterr);
int td_guard_hr_verified(struct td_review *review, const json_t *application,
                         struct td_error *reterr);
int td_guard_unit_notice_over(struct td_review *review, const json_t *application,
                              struct td_error *reterr);
int td_guard_result_notice_over(struct td_review *review, const json_t *application,
                                struct td_error *reterr);
int td_guard_acceptable(struct td_review *review, const json_t *application,
                        struct td_error *reterr);
int td_guard_not_supplemented(struct td_review *review, const json_t *application,
                              struct td_error *reterr);
int td_guard_fee_recorded(struct td_review *review, const json_t *application,
                          struct td_error *reterr);
int td_guard_post_recorded(struct td_review *review, const json_t *application,
                           struct td_error *reterr);
int td_guard_overdue(struct td_review *review, const json_t *application, struct td_error *reterr);
int td_guard_panel_complete(struct td_review *review, const json_t *application,
                            struct td_error *reterr);
int td_guard_objected(struct td_review *review, const json_t *application, struct td_error *reterr);
int td_guard_no_objection(struct td_review *review, const json_t *application,
                          struct td_error *reterr);
int td_guard_objection_upheld(struct td_review *review, const json_t *application,
                              struct td_error *reterr);

/* True when the cycle asks a fee for the dossier's level. */
bool td_when_fee_due(struct td_review *review, const json_t *application);
/* True when a suspended title comes back to be appointed, which has its deadline. */
bool td_when_unappointed(struct td_review *review, const json_t *application);
/* True when it is nobody who acts here, but the word of another party: the region approves over its platform. */
bool td_when_nobody(struct td_review *review, const json_t *application);

#endif
