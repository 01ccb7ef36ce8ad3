/* form.h - the core's side of a series' form.json (titled/plugin.h): any series, no series knowledge.
 *
 * A section's value is an object {field: value}; of a repeated section an array of such objects, each
 * with an "id" of 8 lower-case base-32 characters that evidence and verdicts refer to. Values are typed:
 * integer and decimal are JSON numbers, yesno a JSON boolean, everything else text; a field without an
 * answer is absent. HTML forms send texts: td_form_coerce makes the typed value of them, so that pages
 * and API clients meet the same checks.
 *
 * The words that people see come from the descriptor in Chinese ("name", "hint") and English ("name_en",
 * "hint_en"); results carry both and the view picks one. Nothing here touches the store. */
#ifndef TD_REVIEW_FORM_H
#define TD_REVIEW_FORM_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>

#define TD_FORM_ITEM_ID_LENGTH 8
#define TD_FORM_TEXT_MAX 200
#define TD_FORM_LONGTEXT_MAX 5000
#define TD_FORM_ITEMS_MAX 100 /* of a repeated section without "max" */

/* Parts of a descriptor by their ids; borrowed, NULL when there is none. */
const json_t *td_form_section(const json_t *descriptor, const char *id);
const json_t *td_form_field(const json_t *section, const char *id);
const json_t *td_form_level(const json_t *descriptor, const char *id);
const json_t *td_form_specialty(const json_t *descriptor, const char *id);
/* {"title", "title_en"} of a level in a specialty: its branch's own, else the level's. */
const json_t *td_form_title(const json_t *descriptor, const char *level, const char *specialty);
const char *td_form_section_by(const json_t *section); /* "applicant" | "unit" | "district_industry" */
bool td_form_section_repeats(const json_t *section);

/* A section must be answered when it says so by "min", or else when one of its fields is required. */
bool td_form_section_required(const json_t *section);

/* How many items a repeated section may have. */
size_t td_form_section_max(const json_t *section);

/* Refuses a descriptor that breaks the rules of plugin.h: TD_EPLUGIN, the detail names the place. */
int td_form_check_descriptor(const json_t *descriptor, struct td_error *reterr);

/* `sent` (borrowed: text values from a page, typed ones from an API client) as a typed value, a new
 * reference; NULL only when memory is short. Texts are trimmed, empty ones dropped. In a repeated
 * section, items without any answer and items with a true "_remove" are dropped, and items without an
 * "id" get one. What does not fit its type stays as it was sent, for td_form_check to name. */
json_t *td_form_coerce(const json_t *section, const json_t *sent);

/* Checks a typed value. Adds one field error for each fault and returns TD_EFIELDS, or 0. Fields are
 * named prefix.section[.index].field, as in "content.education.0.degree". Codes: required, type, date,
 * choice, too_small, too_large, too_short, too_long, too_few, too_many, item_id, unknown. `complete` =
 * false is for drafts: required, too_short and too_few are not yet faults. Beside plugin.h's limits a
 * text field may have "min_length"; without "max_length" a text has at most TD_FORM_TEXT_MAX
 * characters, a longtext TD_FORM_LONGTEXT_MAX. */
int td_form_check(const json_t *section, const json_t *value, const char *prefix, bool complete,
                  struct td_error *reterr);

/* Coerce and check in one: what a handler that saves a section calls. *ret_value is a new reference,
 * set only on success. */
int td_form_accept(const json_t *section, const json_t *sent, const char *prefix, bool complete,
                   json_t **ret_value, struct td_error *reterr);

/* What is still to do in the sections that `by` fills in. `content` = {section: value}, `evidence` =
 * number of files by "section/item" or "section". A new reference:
 * {"complete": false, "sections": [{"id", "name", "name_en", "required": true,
 *    "state": "empty|partial|complete", "is_empty", "is_partial", "is_complete",
 *    "missing": [{"field": "content.education.0.degree", "code": "required", "name": "学历",
 *                 "name_en": "...", "item": "k3f0a9qz"}]}]}
 * Codes are those of td_form_check and "evidence". A section that may stay empty and is empty has
 * required = false and nothing missing. `complete` says that nothing is missing anywhere. */
json_t *td_form_completeness(const json_t *descriptor, const char *by, const json_t *content,
                             const json_t *evidence);

/* A section as templates render it, a new reference:
 * {"id", "name", "name_en", "hint", "hint_en", "by", "repeat": bool, "blind": bool,
 *  "path": "content.education", "evidence": "required|optional|none", "takes_evidence": bool,
 *  "needs_evidence": bool, "evidence_hint", "evidence_hint_en",
 *  "items": [{"id": "k3f0a9qz" ("" in a plain section), "number": 1, "is_new": false,
 *    "path": "content.education.0", "evidence_key": "education/k3f0a9qz", "evidence_count": 2,
 *    "fields": [{"id", "name", "name_en", "hint", "hint_en", "path": "content.education.0.degree",
 *       "type", "required", "is_text", "is_longtext", "is_integer", "is_decimal", "is_number",
 *       "is_date", "is_choice", "is_yesno", "min", "max", "max_length" (only when limited),
 *       "text": "bachelor" (the value for an input), "answered": true,
 *       "shown": {"name": "本科", "name_en": "..."},       what a reader sees
 *       "options": [{"value", "name", "name_en", "selected"}]}]}]}
 * A plain section has exactly one item. A repeated one has its items and, with `blank` = true and
 * room left, one more with is_new = true and id "" for the next entry. A yesno field has the options
 * "yes" and "no". `value` and `evidence` may be NULL. */
json_t *td_form_model(const json_t *section, const json_t *value, const json_t *evidence,
                      const char *prefix, bool blank);

/* A section as readers get it, without what only a form needs:
 * {"id", "name", "name_en", "by", "repeat": bool, "blind": bool,
 *  "items": [{"id", "number": 1, "fields": [{"id", "name", "name_en", "is_longtext", "answered": true,
 *     "shown": {"name": "本科", "name_en": "..."} (null when not answered)}]}]}
 * `value` may be NULL. */
json_t *td_form_view(const json_t *section, const json_t *value);

#endif
