/* score.h - is what a standard answered a SCORE (scoring/protocol.h)? */
#ifndef TD_SCORER_SCORE_H
#define TD_SCORER_SCORE_H

#include "scorer/fault.h"

#include <jansson.h>

/* The shape of the whole and of every part, and that no points are below zero or above their cap.
 * 0, or -1 and `fault` (code "script") that names the place. `file` is the standard's name. */
int td_score_check(const json_t *score, const char *file, struct td_fault *fault);

/* The same for one item of a section. */
int td_score_check_item(const json_t *item, const char *file, struct td_fault *fault);

#endif
