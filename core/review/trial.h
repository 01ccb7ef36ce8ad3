/* trial.h - what a standard would do to every dossier of a cycle, before it counts.
 *
 *     running --> done | refused (the standard is at fault) | failed (the machine is) | cancelled
 *
 * A trial first runs the golden cases of series and level, then scores every dossier of the cycle that has
 * facts, under the standard tried and under the one in force, and keeps totals, vetoes, the line and the
 * conditions of both. Its id names VMs of its own in the workers: each dossier is scored in two orders in two
 * of them, and any difference refuses the standard (scorer/trial.h). Without a cycle only the golden cases
 * are run, in two orders too. A golden case that fails refuses nothing, so that the effects of an intended
 * change can be seen; it stands in the way of approval (td_trial_verdict).
 *
 * A new trial of the same standard and cycle takes the place of the one before. Who runs or watches the
 * review of a series sees its trials (td_cycle_insider); nobody else can tell that there is one. */
#ifndef TD_REVIEW_TRIAL_H
#define TD_REVIEW_TRIAL_H

#include "base/id.h"
#include "base/strbuf.h"
#include "review/review.h"

#include <stdbool.h>

/* Begins one; the engine takes it up after commit. `cycle_id` "" = the newest cycle of the series, or none
 * when there is none. A draft becomes a standard on trial. By administrator or bureau. TD_ENOTFOUND,
 * TD_EFORBIDDEN, TD_ECONFLICT "trial_elsewhere" for a cycle of another series, "standard_state" for a discarded
 * standard, "standard_faulty" for a script that does not load. */
int td_trial_start(struct td_review *review, const char *standard_id, const char *cycle_id,
                   char ret_id[TD_ID_TEXT], struct td_error *reterr);

/* TD_ECONFLICT "trial_over" when it does not run. */
int td_trial_cancel(struct td_review *review, const char *trial_id, struct td_error *reterr);

/* May this standard be approved? Always answers, whatever there is:
 *   {"passed": bool, "reason": "passed" | "no_trial" | "running" | "refused" | "failed" | "golden"
 *             | "amended",
 *    "trial": {"id", "state", "cycle_id", "total", "done", "created_by", "finished_at"} or null,
 *    "golden": {"cases": 12, "amended": 1, "failed": [{"file", "name", "hash", "differences": [...]}]} or null,
 *    "refusal": {...} or null}
 * It is the newest trial that has come to an end, of exactly the source that the standard has now; when
 * there is none, one that runs. A refusal stands until the same cycle is tried again: dossiers of another one
 * do not answer it. "passed" = it is done and no golden case failed: two orders agreed on every dossier and
 * every case. "amended" = golden cases were amended after it began (standard_case.h). A new reference.
 * TD_ENOTFOUND: no such standard. */
int td_trial_verdict(struct td_tx *tx, const char *standard_id, json_t **ret_verdict);

/* The scorer's answer about golden cases (`cases`, golden.h, or NULL) as verdicts have it: {"cases",
 * "amended", "failed"}, with the "hash" of each failed case's file. A new reference. */
json_t *td_trial_golden(const json_t *answer, const json_t *cases);

/* 0 when that answer (or NULL) has neither findings nor failed cases; else TD_ESCRIPT with the first of them,
 * keys "script_impure" and "golden_failed". */
int td_trial_check_golden(const json_t *answer, struct td_error *reterr);

/* A standard's trials, newest first, {"items": [{"id", "trial_state", "dossiers" (to try), "done", "cycle_id",
 * "cycle_name", "standard_hash", "created_by", "created_at", "finished_at"}], "next"}; TD_ENOTFOUND for who may
 * not see any. */
int td_trial_list(struct td_review *review, const char *standard_id, const char *cursor,
                  json_t **ret_page, struct td_error *reterr);

/* One with "standard" and "base" ({"id", "version", "hash"}), "cycle_name", "golden", "refusal" and, when
 * done, "summary" (trial_summary.h). */
int td_trial_load(struct td_review *review, const char *trial_id, json_t **ret_trial,
                  struct td_error *reterr);

/* Its dossiers, those that lose most first, gainers from the greatest gain: filter {"change": "" | "gain" |
 * "loss" | "same" | "crosses_up" | "crosses_down" | "fails" | "passes" | "vetoed", "division", "cursor"}.
 * {"items": [{"application", "number", "applicant_name", "unit_name", "division_code", "before_total",
 * "after_total", "change", "before_above", "after_above", "before_vetoed", "after_vetoed", "before_failed",
 * "after_failed"}], "next"}. Without the caller's own: whoever declares does not learn his experts' points. */
int td_trial_dossiers(struct td_review *review, const char *trial_id, const json_t *filter,
                      json_t **ret_page, struct td_error *reterr);

/* One of them, and the scorer's job ("compare") that answers its two breakdowns from the facts used. */
int td_trial_dossier(struct td_review *review, const char *trial_id, const char *application_id,
                     json_t **ret_dossier, json_t **ret_job, struct td_error *reterr);

#endif
