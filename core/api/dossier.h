/* dossier.h - a dossier's content as pages and readers get it: form models with the files and
 * verdicts of each item. Shared by the pages of applicants, officials and experts. */
#ifndef TD_API_DOSSIER_H
#define TD_API_DOSSIER_H

#include "review/review.h"

#include <stdbool.h>

/* The content that the caller may read: his own as it stands; for everybody else what was
 * submitted, also while the applicant is changing it. A new reference. */
int td_dossier_content(struct td_review *review, const json_t *application, json_t **ret_content);

/* The applicant's sections (td_form_models) of `content`, each item with "files" (td_evidence_list
 * rows) and "verdicts" (all stages); when `stage` is not "", items that this stage checks also have
 * "checks": true, "verdict_path": "verdicts.3", "is_ok", "is_problem", "codes" (with "selected")
 * and "note". A new reference. */
int td_dossier_sections(struct td_review *review, const json_t *application, const json_t *content,
                        const char *stage, json_t **ret_sections);

/* The sections that officials fill in, as form models with what was given: those of `by` ("" =
 * all), dressed for `stage` in the same way. */
int td_dossier_assessments(struct td_review *review, const json_t *application, const char *by,
                           const char *stage, json_t **ret_sections);

/* True for actions that an official performs on the dossier's own page; the others belong to the
 * pages of notices, panels, meetings, filings and fees, which record what the action stands for. */
bool td_dossier_offers(const char *action);

/* The row of a dossier without its content and internals, with names added: a new reference. */
json_t *td_dossier_head(const struct td_review *review, const json_t *application);

#endif
