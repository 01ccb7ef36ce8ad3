/* plugin.h - versions of series plugins as the records know them.
 *
 * A dossier keeps the version that it was first submitted under to its end, also through returns and
 * resubmission: the reasons for a return name fields of that form, and who corrects an answer is not to be
 * asked new questions. Drafts follow the present version; what its form does not ask for any more is set
 * aside (review/draft.h). */
#ifndef TD_REVIEW_PLUGIN_H
#define TD_REVIEW_PLUGIN_H

#include "review/review.h"

/* What the scorer's pool must keep (td_pool_use): {"hashes": {hash: series}, "series": {id: true}}. Needs only
 * a transaction. A new reference. */
int td_plugin_used(struct td_tx *tx, json_t **ret_used);

/* Every node listens here (redis/live.h): somewhere a plugin was added, replaced or retired. */
#define TD_PLUGIN_TOPIC "plugins/all"

/* Compares the present versions of review->catalog with those that the records know and, when something
 * changed, puts it on the ledger as plugin.add, plugin.replace and plugin.retire (series, version, hash)
 * and tells every node. *ret_changes: [{"action", "series", "version", "hash"}], a new reference. The first
 * time there is nothing to compare with: what is there then is taken as it is. */
int td_plugin_present(struct td_review *review, json_t **ret_changes);

/* Remembers that a dossier was submitted under this version of its series. */
int td_plugin_use(struct td_review *review, const char *series, const json_t *descriptor);

/* Every series with its versions, for administrators, a new reference:
 * [{"id", "name", "name_en", "retired", "drafts": 3, "versions": [{"version", "hash", "present": true,
 *   "loaded": true, "dossiers": 12}]}]; the present version first. */
int td_plugin_list(struct td_review *review, json_t **ret_series);

/* What still needs the series: {"drafts": n, "under_review": n, "cycles": n} (dossiers that may be
 * submitted, that are on their way, cycles that are planned or open). A new reference. */
int td_plugin_needs(struct td_review *review, const char *series, json_t **ret_needs);

#endif
