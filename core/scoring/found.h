/* found.h - what a look at the plugin folder (scoring/shelf.h) means for what the workers of it say. */
#ifndef TD_SCORING_FOUND_H
#define TD_SCORING_FOUND_H

#include <jansson.h>

/* Gives the series of `catalog` that have no file in the plugin folder any more, though dossiers still need
 * them, a member "retired". `found` may be NULL: no look was made. */
void td_found_mark_retired(const json_t *found, json_t *catalog);

/* Appends the refusals to `all`, each file by its name in the plugin folder when it is from there. */
void td_found_add_refusals(const json_t *found, const json_t *refused, json_t *all);

#endif
