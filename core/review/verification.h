/* verification.h - what officials check: a verdict per item and stage, the sections they fill in
 * themselves, and sending a dossier back with coded reasons bound to a place in it.
 *
 * A stage is the word of the role that works on it: unit, district_industry, district_hr, office.
 */
#ifndef TD_REVIEW_VERIFICATION_H
#define TD_REVIEW_VERIFICATION_H

#include "review/review.h"

#include <stdbool.h>

/* The stage that a state belongs to; "" when nobody verifies in it. */
const char *td_verification_stage(const char *state);

/* The codes of reasons, the field's five usual ones first:
 * [{"value": "social_insurance", "name": "社保与履历不符", "name_en": "..."}]. A new reference. */
json_t *td_verification_codes(void);

bool td_verification_knows_code(const char *code);

/* Adds "code_name" and "code_name_en" to a row with a "code". */
void td_verification_name_code(json_t *row);

/* Saves verdicts of the present stage: array of {"section", "item", "verdict": "ok|problem",
 * "code", "note"}; entries without a verdict are passed over. A problem needs a code, or a note
 * (its code is then "other"). TD_EFIELDS names the entry ("verdicts.2.code"). */
int td_verification_save(struct td_review *review, const char *application_id,
                         const json_t *verdicts, struct td_error *reterr);

/* 0 when every item the stage must check is found in order and its own sections are filled in; else
 * TD_ECONFLICT: verification_missing, verification_problem, assessment_missing. */
int td_verification_check(struct td_review *review, const json_t *application, const char *stage,
                          struct td_error *reterr);

/* All verdicts of a dossier, oldest first: "stage", "section", "item",
 * "verdict", "code", "code_name", "note", "given_at", "account_name". */
int td_verification_list(struct td_review *review, const char *application_id, json_t **ret_rows);

/* What the stage has to check: [{"section", "item", "name", "name_en", "label", "verdict", "code",
 * "note"}], verdicts as given so far. A new reference. */
int td_verification_items(struct td_review *review, const json_t *application, const char *stage,
                          json_t **ret_items);

/* Before a further snapshot: forgets verdicts that found a problem, and those on items that
 * `dossier` changes against the last snapshot. */
int td_verification_reset(struct td_review *review, const json_t *application,
                          const json_t *dossier);

/* Fills in an official's section at his stage. When it says something new, verdicts on it are
 * forgotten and the score is queued. */
int td_assessment_save(struct td_review *review, const char *application_id, const char *section,
                       const json_t *sent, struct td_error *reterr);

/* The officials' sections given so far: {section: content}. A new reference. */
int td_assessment_load(struct td_review *review, const char *application_id,
                       json_t **ret_assessments);

/* Performs "return", "return_to_unit", "supplement" or "reject" with reasons: array of at least one
 * {"code", "section", "item", "field", "text"}; section "" means the dossier as a whole. `due_on`
 * (may be "") is a later day than the default deadline. */
int td_verification_send_back(struct td_review *review, const char *application_id,
                              const char *action, const char *note, const json_t *reasons,
                              const char *due_on, struct td_error *reterr);

/* Returns, supplements and refusals of a dossier, newest first, each with "reasons", and
 * "open" while the applicant has not answered it. */
int td_verification_orders(struct td_review *review, const json_t *application,
                           json_t **ret_orders);

#endif
