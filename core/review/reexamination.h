/* reexamination.h - the recheck (复查) of a result (人社部令第40号, article 27).
 *
 * An applicant whose dossier failed may ask once, within the cycle's recheck_days (working days from the day he was
 * told), that the procedure be examined. It is examined by an official of the bureau who had no part in the dossier,
 * within recheck_decision_days. He does not vote anew: either the result is kept, or a new vote is ordered, and the
 * dossier waits for the agenda of another meeting. Both with a finding in words. */
#ifndef TD_REVIEW_REEXAMINATION_H
#define TD_REVIEW_REEXAMINATION_H

#include "base/id.h"
#include "review/review.h"

#include <stdbool.h>

/* Whether and until when the applicant of this row may ask: {"until", "open", "requested"}; null for a dossier that
 * has not failed. A new reference. */
int td_reexamination_window(struct td_review *review, const json_t *application, json_t **ret_window,
                            struct td_error *reterr);

/* Asks, as the applicant. TD_ECONFLICT "not_failed", "recheck_late" {until}, "recheck_requested". */
int td_reexamination_request(struct td_review *review, const char *application_id,
                             const char *reason, char ret_id[TD_ID_TEXT], struct td_error *reterr);

/* Requests, the most urgent first, for bureau and supervisor: {"items": [{"id", "number", "applicant_name",
 * "unit_name", "requested_at", "due_on", "overdue", "outcome", ...}], "next"}. `open` = undecided ones. */
int td_reexamination_list(struct td_review *review, bool open, const char *cursor,
                          json_t **ret_page);

/* One with "procedure": what the record itself says of the way the decision was made, [{"check", "kept", "found",
 * "needed"}] (td_reexamination_procedure), "may_decide" and "took_part". TD_ENOTFOUND. */
int td_reexamination_load(struct td_review *review, const char *id, json_t **ret_request,
                          struct td_error *reterr);

/* Decides: `revote` orders a new vote. TD_EFORBIDDEN "recheck_took_part" for who had a part in the dossier. */
int td_reexamination_decide(struct td_review *review, const char *id, bool revote,
                            const char *finding, struct td_error *reterr);

/* A dossier's requests for its timeline: an array. */
int td_reexamination_of(struct td_review *review, const char *application_id, json_t **ret_rows);

/* Guard of "order_revote": a request decided so since the dossier failed. */
int td_reexamination_check_ordered(struct td_review *review, const json_t *application,
                                   struct td_error *reterr);

/* --- procedure.c ----------------------------------------------------------------------------------------- */

/* The legal minima of the latest vote on a dossier, recomputed from the records: quorum (article 19), sheets of at
 * least three experts (21), votes within those present (20), result as the count has it (20), nobody scored whom he
 * had to recuse (25), the points are those of what was submitted. */
int td_reexamination_procedure(struct td_review *review, const char *application_id,
                               json_t **ret_checks);

#endif
