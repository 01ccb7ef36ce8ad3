/* blind.h - blind review: what experts judge without knowing whose it is (cases, for example).
 *
 * A series whose form marks a section "blind" is reviewed blindly. While a dossier is before its panel, an
 * expert who has not yet submitted his sheet sees of it the blind sections with their files and what the
 * standard counted, and nothing that tells who the applicant is: two dossiers that differ only in that look
 * the same to him, byte for byte. With his sheet submitted he sees the whole dossier. Recusal does not need
 * the name: own and same-unit dossiers never come before him, and whoever recognises a case may say so. */
#ifndef TD_REVIEW_BLIND_H
#define TD_REVIEW_BLIND_H

#include "review/review.h"

#include <stdbool.h>
#include <stddef.h>

enum { TD_BLIND_NAME_TEXT = 64 };

bool td_blind_section(const json_t *section);

/* True when an expert is to judge a dossier blindly now: `row` has its "series", "plugin_version" and "state",
 * and "submitted_at" of his sheet ("" or null before). */
bool td_blind_row(const struct td_review *review, const json_t *row);

/* True in *ret_blind when the caller, an expert, is to judge this dossier blindly now. */
int td_blind(struct td_review *review, const char *application_id, bool *ret_blind);

/* The name under which a blind expert gets a file: section, number and ending, "case_records-2.pdf". */
void td_blind_file_name(const char *section, int64_t number, const char *type, char name[TD_BLIND_NAME_TEXT]);

/* Looks in the text answers of the blind sections for what tells who somebody is: the applicant's name, the
 * unit's, identity numbers and telephones (of patients, too). TD_EFIELDS with the fields, codes blind_name,
 * blind_unit, blind_number. `application` as td_application_row. */
int td_blind_check(const struct td_review *review, const json_t *application, struct td_error *reterr);

/* The same for the name of a file on its way into a blind section: field "file". */
int td_blind_check_file(const json_t *application, const char *name, struct td_error *reterr);

/* True when the text has an identity number (GB 11643, with the right check character), or a mobile or other
 * number of 11 digits or more. */
bool td_blind_has_number(const char *text);

#endif
