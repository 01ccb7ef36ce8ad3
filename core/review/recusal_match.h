/* recusal_match.h - by which words a person and a dossier belong together: names of people, names of units.
 *
 * Pure: knows no store. Names are compared whole. Where a text lists several ("张三、李四；王五"), each of them is one. */
#ifndef TD_REVIEW_RECUSAL_MATCH_H
#define TD_REVIEW_RECUSAL_MATCH_H

#include "base/clock.h"

#include <jansson.h>
#include <stdbool.h>

/* Adds the names that `text` lists to {name: ground}; a ground that is there stays. */
void td_recusal_add_people(json_t *people, const char *text, const char *ground);

/* Adds a unit to {name: true}, unless it was left before the day `since`; until "" = not left. */
void td_recusal_add_unit(json_t *units, const char *name, const char *until, const char *since);

/* Reads what the form of a series marks as naming somebody ("names": "people" | "unit", titled/plugin.h) in the
 * applicant's answers: people with the ground "named", units that were left on or after `since` (the item's "end"). */
void td_recusal_read(const json_t *form, const json_t *content, const char *since, json_t *people, json_t *units);

/* The day `years` before `today`. */
void td_recusal_since(const char *today, int years, char since[TD_DATE_TEXT]);

/* Why a person must keep out of a dossier by words. Both sides are {"name", "people": {name: ground}, "units":
 * {name: true}}, a dossier (its "name" is the applicant's) has "challenged": {name: ground}, too. True with the ground ("kin", "named", "challenged" or "former_unit") and the word that says so in
 * *ret_word, borrowed from one side. `again` from 0 asks for the next ground of the same pair. */
bool td_recusal_match(const json_t *person, const json_t *dossier, int again, const char **ret_ground,
                      const char **ret_word);

#endif
