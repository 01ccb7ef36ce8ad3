/* recheck.h - every stored score of a cycle computed again, and what differs named.
 *
 * A score says what it was made of: snapshot, plugin version, standard, experts' points. What can be checked
 * without computing is checked here (hashes, the columns beside the breakdown); the scorer does the rest.
 * Facts are derived again where the plugin version that made them is loaded and the officials' part of the
 * time was kept; else the points are computed from the stored facts, and the answer says so. */
#ifndef TD_REVIEW_RECHECK_H
#define TD_REVIEW_RECHECK_H

#include "review/review.h"

enum { TD_RECHECK_PAGE = 20 };

/* The next scores of the cycle after `cursor` (""): *ret_job goes to the scorer ("recheck"),
 * *ret_page = {"checked": 20, "facts_kept": 2 (not derived again), "items": [{"application",
 * "number", "score", "what": "snapshot" | "standard" | "total" | "vetoed", "id", "stored", "recomputed"}],
 * "next": cursor or null, "named": {score id: {"application", "number"}}}. Read transaction. TD_ENOTFOUND. */
int td_recheck_page(struct td_review *review, const char *cycle_id, const char *cursor,
                    json_t **ret_page, json_t **ret_job, struct td_error *reterr);

/* Adds the scorer's differences to that page, and takes "named" out. */
void td_recheck_add(json_t *page, const json_t *answer);

#endif
