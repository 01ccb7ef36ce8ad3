/* found.h - what a look at the plugin folder (scoring/shelf.h) means for what the workers of it say. */
#ifndef TD_SCORING_FOUND_H
#define TD_SCORING_FOUND_H

#include <jansson.h>
#include <stdbool.h>

/* Gives the series of `catalog` that have no file in the plugin folder any more, though dossiers still need
 * them, a member "retired". `found` may be NULL: no look was made. */
void td_found_mark_retired(const json_t *found, json_t *catalog);

/* Do two looks say the same of the plugin folder, what was refused included? False when one is NULL. */
bool td_found_same_folder(const json_t *one, const json_t *other);

/* Appends the refusals to `all`, each file by its name in the plugin folder when it is from there. */
void td_found_add_refusals(const json_t *found, const json_t *refused, json_t *all);

#endif
