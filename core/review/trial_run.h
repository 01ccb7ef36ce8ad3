/* trial_run.h - the steps of a running trial, each one transaction: for the engine (core/trials.h). */
#ifndef TD_REVIEW_TRIAL_RUN_H
#define TD_REVIEW_TRIAL_RUN_H

#include "base/strbuf.h"
#include "review/review.h"

#include <stdbool.h>

/* The oldest trial that runs: {"id", "cycle_id", "series", "level", "head", "golden_job"}. "head" is the
 * beginning of every batch as JSON text, up to the list of dossiers; "golden_job" goes to the scorer first.
 * TD_ENOTFOUND when none runs; TD_EINVALID with *ret_plan set to {"id"} when its golden cases cannot be
 * read. */
int td_trial_plan(struct td_tx *tx, const struct td_config *config, json_t **ret_plan,
                  struct td_error *reterr);

/* Counts the dossiers and stores what the golden cases gave. *ret_over: it does not run any more. */
int td_trial_begin(struct td_tx *tx, const json_t *plan, const json_t *golden, int64_t *ret_total,
                   bool *ret_over);

/* Dossiers with after < id <= last ("" = no end), at most `most` and as many as fit a frame of `bytes`, one
 * at least. */
struct td_trial_range {
    const char *after, *last;
    int64_t most;
    size_t bytes;
};

/* Appends them to `frame` as the list of a "trial" job; *ret_dossiers = [{"id", "division_code",
 * "fact_set_id"}], empty when there are none. */
int td_trial_read(struct td_tx *tx, const json_t *plan, const struct td_trial_range *range,
                  struct td_strbuf *frame, json_t **ret_dossiers);

/* Stores the scorer's "results" for them. *ret_over as above: then nothing was written. Twice is as once. */
int td_trial_store(struct td_tx *tx, const json_t *plan, const json_t *dossiers, const json_t *results,
                   int64_t *ret_done, bool *ret_over);

/* Ends it: state "done" with a summary (borrowed), "refused" or "failed" with a refusal. Nothing happens when
 * it does not run any more. */
int td_trial_end(struct td_review *review, const char *trial_id, const char *state,
                 const json_t *summary, const json_t *refusal);

/* True in *ret_some when replaced trials have left rows. */
int td_trial_left(struct td_tx *tx, bool *ret_some);

/* Removes a bounded number of those rows; *ret_more says that there are others. */
int td_trial_sweep(struct td_tx *tx, bool *ret_more);

#endif
