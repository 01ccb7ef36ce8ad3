/* queue.h - what waits for whom: work lists as a pure function of dossiers' states and a person's
 * grants.
 *
 * Nothing is stored. Every query is a range of the index on (state, series, division, state_at), or
 * on (unit, state), for one state and one scope; a page reads at most a page of each and merges
 * them. */
#ifndef TD_REVIEW_QUEUE_H
#define TD_REVIEW_QUEUE_H

#include "review/review.h"

/* How much waits for the caller: [{"state", "count", "chosen": false}], in the order of the way of
 * a dossier; states for which the caller has no grant are absent. A new reference. */
int td_queue_counts(struct td_review *review, json_t **ret_counts);

/* Dossiers of one state that wait for the caller, longest waiting first: {"items": [{"id",
 * "number", "applicant_name", "unit_name", "level", "title_name", "specialty_name", "state",
 * "state_at", "due_at", "overdue"}], "next"}. `q` is a receipt number or the beginning of a name;
 * `cursor` = "next" of the page before. His own dossier never waits for him. */
int td_queue_list(struct td_review *review, const char *state, const char *q, const char *cursor,
                  json_t **ret_page);

/* Ids the caller could take next, most urgent first (due date, then waiting time): of `state`, or
 * with
 * "" of every state in which dossiers are verified. */
int td_queue_candidates(struct td_review *review, const char *state, json_t **ret_ids);

#endif
