/* dossier.h - a dossier's content as pages and readers get it: sections with the files and
 * verdicts of each item. Shared by the pages of applicants, officials and experts. */
#ifndef TD_API_DOSSIER_H
#define TD_API_DOSSIER_H

#include "review/review.h"

#include <stdbool.h>
#include <stdint.h>

/* The content that the caller may read: his own as it stands; for everybody else what was
 * submitted, also while the applicant is changing it. A new reference. */
int td_dossier_content(struct td_review *review, const json_t *application, json_t **ret_content);

/* What is read of a dossier, as sections (td_form_view): the applicant's with `content`, and those that officials
 * fill in with what was given ("given": bool). Each item has "files" (td_evidence_list rows) and "verdicts" (all
 * stages); when `stage` is not "", items that this stage checks also have "checks": true, "verdict_path":
 * "verdicts.3", "is_ok", "is_problem", "codes" (with "selected") and "note". New references. */
int td_dossier_views(struct td_review *review, const json_t *application, const json_t *content,
                     const char *stage, json_t **ret_sections, json_t **ret_assessments);

/* The sections that officials `by` fill in, as forms (td_form_model with "given"). A new reference. */
int td_dossier_forms(struct td_review *review, const json_t *application, const char *by,
                     json_t **ret_forms);

/* True for actions that an official performs on the dossier's own page; the others belong to the
 * pages of notices, panels, meetings, filings and fees, which record what the action stands for. */
bool td_dossier_offers(const char *action);

/* The version for the ETag; 0 for an official while the applicant changes the dossier: it would count
 * the saves. */
int64_t td_dossier_version(const struct td_review *review, const json_t *application);

/* The row of a dossier without its content and internals, with names added: a new reference. */
json_t *td_dossier_head(const struct td_review *review, const json_t *application);

#endif
