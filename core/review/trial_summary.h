/* trial_summary.h - a trial in numbers. */
#ifndef TD_REVIEW_TRIAL_SUMMARY_H
#define TD_REVIEW_TRIAL_SUMMARY_H

#include "review/review.h"

enum {
    TD_TRIAL_BUCKET = 500,   /* hundredths: a bar of the histogram is 5 points wide */
    TD_TRIAL_GROUP_MIN = 10, /* smaller groups are shown together, never alone */
    TD_TRIAL_GAP = 100       /* hundredths, see below */
};

/* {"dossiers", "compared" (with a score before), "gain", "loss", "same", "crosses_up", "crosses_down",
 *  "newly_vetoed", "no_longer_vetoed", "newly_failing", "newly_passing" (dossiers),
 *  "before": {"mean", "median", "above", "vetoed"} or null, "after": {...}: points in hundredths,
 *  "histogram": [{"from", "to", "before", "after"}], the last bar with its upper end,
 *  "conditions": [{"id", "name", "failing_before", "failing_after", "newly_failing", "newly_passing"}],
 *  "groups": [{"by": "district" | "sex" | "ethnicity" | "unit_tier", "groups": [{"key", "name", "n",
 *    "mean_before", "mean_after", "mean_change", "above_before", "above_after" (shares in hundredths of a per
 *    cent), "crosses_up", "crosses_down", "flag": null | "gains" | "loses"}]}]}
 *
 * A group is flagged when it fares differently from all others together and this is hardly chance: the means
 * of the change in points are a point (TD_TRIAL_GAP) apart, or the shares that cross the line (up less down)
 * five per cent, and the difference is more than three of its standard errors (Welch; three, not two, because
 * a trial looks at dozens of groups). Both sides have TD_TRIAL_GROUP_MIN dossiers at least. It shows that
 * the rule treats them differently, not why.
 *
 * Groups of fewer than TD_TRIAL_GROUP_MIN are added up as key "" ("small": true); when these are still too
 * few, the next smallest group joins them, so that nobody can be told by subtraction. Read transaction. */
int td_trial_summarise(struct td_tx *tx, const char *trial_id, json_t **ret_summary);

#endif
