/* evaluation.h - facts, gates and points of a dossier: the jobs for the scorer and what comes back.
 *
 * Official results are made of the submitted snapshot, the officials' assessments, the experts'
 * points (td_sheet_points) and the active standard of series and level. They are stored with
 * everything that is needed to compute them again. A job may run twice: equal results are stored
 * once. */
#ifndef TD_REVIEW_EVALUATION_H
#define TD_REVIEW_EVALUATION_H

#include "review/review.h"

#include <stdbool.h>

/* Queues the official evaluation of a dossier, to run after commit. */
int td_evaluation_queue(struct td_review *review, const char *application_id);

/* Builds the "evaluate" job for {"application": id}; "facts" while no standard is active. *ret_job
 * stays NULL when there is nothing to evaluate. Read transaction. */
int td_evaluation_prepare(struct td_review *review, const json_t *payload, json_t **ret_job,
                          struct td_error *reterr);

/* Stores the answer of that job: fact_set, score, application.score_id. When the snapshot, an
 * assessment, the experts' points or the standard has changed since `job` was built, the answer
 * belongs to nothing that is stored: it is dropped and the dossier queued again. Write
 * transaction. */
int td_evaluation_finish(struct td_review *review, const json_t *payload, const json_t *job,
                         const json_t *answer, struct td_error *reterr);

/* The job that previews facts and points of a dossier as it stands now, a draft too. A new
 * reference. */
int td_evaluation_preview(struct td_review *review, const json_t *application, json_t **ret_job,
                          struct td_error *reterr);

/* The stored result as the caller may know it: {"facts": [{"id", "name", "value", "unit", "because"}],
 * "gates": [...], "score": SCORE or null, "standard": {"id", "version", "hash"}, "snapshot_hash",
 * "plugin_version", "at"}; empty facts before any. While panel and committee have the dossier, the
 * score is the last one without the experts' points for the applicant, his unit, the districts, and a
 * member of the panel who has not submitted his own sheet. A new reference. */
int td_evaluation_load(struct td_review *review, const json_t *application,
                       json_t **ret_evaluation);

/* May the caller know the experts' points? Everybody who sees the dossier once it is decided. Before, those who
 * run and watch the review, a member of the panel whose own sheet is in, and the committee that has it before it;
 * never the applicant, whatever else he is. */
int td_evaluation_knows(struct td_review *review, const json_t *application, bool *ret_knows);

/* The same result for anybody who knows the experts' points, or who does not: the caller does not count. */
int td_evaluation_load_as(struct td_review *review, const json_t *application, bool knows,
                          json_t **ret_evaluation);

/* Facts by id as a list with the id inside, as pages show them. A new reference. */
json_t *td_evaluation_fact_list(const json_t *facts);

#endif
