/* timeline.h - where a dossier is and why, as its applicant sees it: the stages of the way, which
 * office holds it (never which person), until when, and what was said. */
#ifndef TD_REVIEW_TIMELINE_H
#define TD_REVIEW_TIMELINE_H

#include "review/review.h"

/* {"stages": [{"state", "status": "done|current|coming", "is_done", "is_current", "entered_at",
 * "due_at", "holder"}], "ended": state or null, "holder", "due_at", "history": [{"action",
 * "from_state", "to_state", "role", "note", "done_at"}], "orders": [...]} (orders as in
 * td_verification_orders); for the applicant also "rechecks" (td_reexamination_of) and "recheck_window". A new
 * reference. */
int td_timeline(struct td_review *review, const json_t *application, json_t **ret_timeline);

#endif
