/* sheet_form.h - score sheets as a table that is filled in without a connection.
 *
 * A row for each thing to fill in: the indicators of a dossier, its opinion, its comment. What the expert sees of whose
 * dossier it is, is what his list shows: a blind one (review/blind.h) has its place on the panel's agenda and no name.
 * The table comes back as a spreadsheet saved it; every value passes the checks of the page, those that do not are named
 * with their row and left out, the others are saved as a draft. An empty cell changes nothing. In a sheet that has changed
 * since the table was fetched nothing is replaced; what is empty there is filled in, so that the table whose mistakes were
 * named can be mended and sent again. Nothing is submitted. */
#ifndef TD_REVIEW_SHEET_FORM_H
#define TD_REVIEW_SHEET_FORM_H

#include "review/review.h"

#include <stddef.h>

enum { TD_SHEET_FORM_ROWS = 20000 };

/* {"items": [{"sheet_key", "sheet_version", "sequence", "application_number", "applicant_name", "specialty_name",
 * "item", "item_name", "rule", "least", "most", "filled"}], "next": null} of the caller's dossiers that can be scored
 * now. */
int td_sheet_form_make(struct td_review *review, json_t **ret_form);

/* The rows of a file: [[cells]], the heading left out. TD_EFIELDS on "file" when it is none. */
int td_sheet_form_read(const char *bytes, size_t length, json_t **ret_rows, struct td_error *reterr);

/* Saves what the rows hold: {"saved": dossiers, "unchanged": dossiers, "values": n, "problems": [{"row", "sequence",
 * "number", "item", "item_name", "least", "most", "filled", "form_problem": code}]}. Rows count from 2, as the spreadsheet
 * shows them. Codes: range, unknown, opinion, too_long, stale, no_version (its cell was changed), submitted, closed,
 * not_yours. */
int td_sheet_form_take(struct td_review *review, const json_t *rows, json_t **ret_report);

#endif
