/* application.h - a dossier: who may see it, its row, its lists, its beginning.
 *
 * The content of a draft is in draft.h, submission in submission.h, states in workflow.h. */
#ifndef TD_REVIEW_APPLICATION_H
#define TD_REVIEW_APPLICATION_H

#include "base/id.h"
#include "review/review.h"

#include <stdbool.h>

/* The row of a dossier, whoever asks: the columns of `application` and "applicant_name",
 * "unit_name", "division_name", "cycle_name". TD_ENOTFOUND. A new reference. */
int td_application_row(struct td_review *review, const char *id, json_t **ret_application,
                       struct td_error *reterr);

/* May `who` see this dossier? The applicant his own, always; the unit, district and office whose
 * scope it is in once it has been submitted; bureau and supervisor every submitted one. Experts see
 * dossiers through their panels only (review/panel.h), the system everything. */
bool td_application_visible(const struct td_review *review, const json_t *application);

/* td_application_row for who may see it; TD_ENOTFOUND else, so that existence does not show. */
int td_application_load(struct td_review *review, const char *id, json_t **ret_application,
                        struct td_error *reterr);

/* The same without "content", and with "revision": a number that is another one after every change of what hangs on
 * the dossier (evidence, verdicts, assessments, facts, scores, transitions, orders; null before the first). With
 * the other members it names all that there is to be read of the dossier but panels and meetings. */
int td_application_load_head(struct td_review *review, const char *id, json_t **ret_head,
                             struct td_error *reterr);

/* The content of a row as either of them gives it: a new reference. */
int td_application_content(struct td_review *review, const json_t *application,
                           json_t **ret_content);

/* The same for who may change it: the applicant himself, in a state that lets him. TD_EFORBIDDEN,
 * TD_ECONFLICT. */
int td_application_load_editable(struct td_review *review, const char *id, json_t **ret_application,
                                 struct td_error *reterr);

/* The SQL condition on alias `a` of table application that td_application_visible is for lists; $1
 * is the caller's account id. Arena memory, NULL when that is used up. */
const char *td_application_filter(const struct td_review *review);

/* Dossiers the caller may see, newest first, those of a name by name; each with "holder" (the role whose turn it
 * is) and "overdue". `filter` = {"state", "level", "division", "q", "cursor"}: texts, all optional; q is a receipt
 * number or the beginning of a name. {"items": [...], "next": ...}. */
int td_application_list(struct td_review *review, const json_t *filter, json_t **ret_page);

/* A new draft of the caller for an open cycle, on the track "directed" or "general". TD_ECONFLICT: the track's reasons
 * (td_ladder_check), one_per_year, exam_based, no_unit, the cycle's reasons; TD_EFIELDS: level, specialty. */
int td_application_create(struct td_review *review, const char *cycle_id, const char *level,
                          const char *specialty, const char *track, char ret_id[TD_ID_TEXT], struct td_error *reterr);

/* The descriptor that a dossier is read and filled in by: of the plugin version it was submitted under,
 * for a draft (or a row without "plugin_version") of the series' present one. When that version is not
 * loaded the present one stands in, so that the dossier can be read; facts are not derived by it.
 * Borrowed; NULL when no plugin serves the series. */
const json_t *td_application_form(const struct td_review *review, const json_t *application);

/* The plugin version that facts of a dossier are derived by: the one it was submitted under; for a draft, and for
 * one from before versions were kept, that of td_application_form, also when a newer one comes in between.
 * Borrowed; "" when no plugin serves the series. */
const char *td_application_plugin_version(const struct td_review *review, const json_t *application);

/* Can the series take new dossiers? False for one that is unknown or whose plugin was retired. */
bool td_application_takes(const struct td_review *review, const char *series);

/* Level and specialty must be the series' own: TD_EFIELDS; and not won by examination: TD_ECONFLICT. */
int td_application_check_choice(const json_t *descriptor, const char *level, const char *specialty,
                                struct td_error *reterr);

/* The names of level, specialty and series from the descriptor, added to the row: "level_name",
 * "title_name", "specialty_name", "series_name", each also with "_en". */
void td_application_name(const struct td_review *review, json_t *application);

#endif
