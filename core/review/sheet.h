/* sheet.h - an expert's score sheet for one dossier.
 *
 * Points of the expert indicators of the active standard, in hundredths, a comment and an opinion
 * (recommend | reserve | against). A draft is the expert's alone; a submitted sheet never changes,
 * and only who has submitted sees the sheets of the others on the panel. */
#ifndef TD_REVIEW_SHEET_H
#define TD_REVIEW_SHEET_H

#include "review/review.h"

/* The expert indicators of the active standard of a series and level: [{"id", "name", "rule",
 * "min", "max", "section_name"}], min and max in hundredths. TD_ENOTFOUND when no standard is
 * active. */
int td_sheet_indicators(struct td_tx *tx, const char *series, const char *level,
                        json_t **ret_indicators);

/* Expert points of a dossier from its submitted sheets, in hundredths: {"D2": [600, 650, 700]}, from the
 * lowest to the highest; {} before any. How they make one number is the standard's: `expert` with
 * mean:. */
int td_sheet_points(struct td_tx *tx, const char *application_id, json_t **ret_points);

/* The same from rows [{"points"}] of one dossier: a new reference. */
json_t *td_sheet_collect(const json_t *sheets);

/* The caller's dossiers: {"items": [{"id", "number", "name", "level", "specialty", "state", "panel_name", "sequence",
 * "blind_review", "sheet_state": "none|draft|submitted", "open": bool}], "next": null, "open": n, "submitted": n,
 * "declared": dossiers of which the caller said that he keeps out, absent when 0}; for who is barred from judging
 * nothing but "barred": td_integrity_barred's. A blind one (review/blind.h) has neither number nor names. */
int td_sheet_list(struct td_review *review, json_t **ret_page);

/* What a review page shows beside the dossier's content: {"application", "facts", "score", "indicators" (with the
 * points given), "sheet", "others" (only after the own one is submitted), "standard" ({"id", "version", "hash"}: whose
 * indicators they are), "previous", "next" (ids or null), "position", "of"}. TD_ENOTFOUND for who is not on the panel
 * or must recuse. */
int td_sheet_view(struct td_review *review, const char *application_id, json_t **ret_review,
                  struct td_error *reterr);

/* What the panel presents to the meeting (article 21): {"application", "facts", "score", "sheets": [{"name",
 * "indicators", "opinion", "comment"}]}. Access is the caller's to check. */
int td_sheet_present(struct td_review *review, const char *application_id, json_t **ret_page,
                     struct td_error *reterr);

/* The same for the panel itself; without what tells whose dossier it is for who has not scored it blindly yet. */
int td_sheet_discuss(struct td_review *review, const char *application_id, json_t **ret_page,
                     struct td_error *reterr);

/* The caller's sheet of a dossier: {"version": 0, "state": "none"} before the first save. */
int td_sheet_load(struct td_review *review, const char *application_id, json_t **ret_sheet,
                  struct td_error *reterr);

/* Saves a draft from {"points": {id: hundredths, or decimal text as typed}, "comment", "opinion"};
 * members not named stay. *ret_version is the version after. */
int td_sheet_save(struct td_review *review, const char *application_id, const json_t *sheet,
                  int64_t *ret_version, struct td_error *reterr);

/* Locks the sheet: every indicator and an opinion must be there. Queues the score. */
int td_sheet_submit(struct td_review *review, const char *application_id, struct td_error *reterr);

#endif
