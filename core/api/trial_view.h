/* trial_view.h - what the pages of a trial show besides its numbers: templates cannot compute. */
#ifndef TD_API_TRIAL_VIEW_H
#define TD_API_TRIAL_VIEW_H

#include <jansson.h>

/* Where the columns of a summary's histogram stand in a drawing: {"width", "height", "left", "top", "base", "most",
 * "bars": [{"from_points", "to_points", "before", "after", "before_column": {"x", "y", "width", "height"},
 * "after_column", "tick": {"x", "y", "score"} or absent}]}. A new reference, NULL when memory is short. */
json_t *td_trial_view_chart(const json_t *histogram);

/* Gives each group of a summary its key under the name that has labels for it: "sex", "grassroots". */
void td_trial_view_groups(json_t *summary);

/* Sets "rows" (sections, which have "before_cap" and "after_cap" too, and their items), "questions" (conditions) and
 * "refusals" (vetoes) beside "before" and "after" (breakdowns or null) of a dossier, one for each that
 * either has: {"id", "name", "before_points", "after_points", "change", "before_because",
 * "after_because", "before_known", "after_known", "differs", "reworded"}; the others have "before_met", "after_met".
 * 0 or TD_ENOMEM. */
int td_trial_view_sides(json_t *dossier);

#endif
