/* submission.h - the moment a draft becomes a dossier.
 *
 * Three steps, because facts come from a scorer worker: prepare (is it complete, what is the job),
 * the worker derives facts, problems and gates, finish (did anything move meanwhile, do the gates
 * let it pass) makes the immutable snapshot and hands the dossier on. A returned or supplemented
 * dossier takes the same way and a further snapshot. */
#ifndef TD_REVIEW_SUBMISSION_H
#define TD_REVIEW_SUBMISSION_H

#include "review/review.h"

/* *ret_job is the "facts" job; *ret_mark (text) stands for the content it was made of. TD_EFIELDS
 * lists what is missing; TD_ECONFLICT when submission is closed. New references. */
int td_submission_prepare(struct td_review *review, const char *application_id, json_t **ret_job,
                          json_t **ret_mark, struct td_error *reterr);

/* What the applicant must confirm: the truth of the material, and what the directed track means. */
struct td_pledge {
    bool truth;
    bool consequences;
};

/* `mark` and `answer` belong to the same prepare. TD_ESTALE when the dossier changed since;
 * TD_EFIELDS for a missing pledge, blocking problems and unmet gates that block submission. On
 * success *ret_application is the row after. */
int td_submission_finish(struct td_review *review, const char *application_id, const json_t *mark,
                         const json_t *answer, const struct td_pledge *pledge,
                         json_t **ret_application, struct td_error *reterr);

/* Errors for what in a facts answer keeps a dossier from being submitted: 0 or TD_EFIELDS. */
int td_submission_check_answer(const json_t *answer, struct td_error *reterr);

#endif
