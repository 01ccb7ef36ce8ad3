/* tie.h - the register of ties: relatives, co-authors, supervisors and former units that experts and applicants
 * declare of themselves. Everybody sees his own entries only; recusals come from them (review/recusal.h), whichever of
 * the two declared the other. A removed entry lifts nothing. */
#ifndef TD_REVIEW_TIE_H
#define TD_REVIEW_TIE_H

#include "base/id.h"
#include "review/review.h"

/* The caller's entries: {"items": [{"id", "kind", "name", "until_on", "note", "at"}], "next": null}. */
int td_tie_list(struct td_review *review, json_t **ret_page);

/* Adds {"kind": kin | coauthor | supervisor | unit, "name", "until_on" (of a unit: the last day there, "" = still),
 * "note"}. Experts and applicants only. TD_EFIELDS. */
int td_tie_add(struct td_review *review, const json_t *tie, char ret_id[TD_ID_TEXT], struct td_error *reterr);

/* Takes one of the caller's entries off. TD_ENOTFOUND. */
int td_tie_remove(struct td_review *review, const char *tie_id, struct td_error *reterr);

#endif
