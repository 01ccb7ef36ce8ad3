/* ranking.h - those who passed the vote against the posts that are free (RULES 4.4).
 *
 * Whoever passed is ranked within district and level by yes votes, then points; equals share a place. In that order
 * each takes a post of his unit's own pot, else of the district's shared one (quota.h); posts promised to dossiers
 * that are on their way from an earlier notice are not free. Outcomes:
 *
 *     in        has a post
 *     out       placed beyond the posts
 *     tied      equals at the last post: the bureau chooses, with a reason
 *     revote    policy revote, and more passed than there are posts: the group is voted on anew
 *     no_posts  nothing was ever granted: waits
 *
 * The cycle's quota_policy says "rank" (the default), "revote", or "all" (everybody is in). Levels without posts
 * control are always in. A group holds all that its outcomes follow from, so that td_ranking_allot computes them
 * again at any time. */
#ifndef TD_REVIEW_RANKING_H
#define TD_REVIEW_RANKING_H

#include "base/id.h"
#include "review/review.h"

#include <stdbool.h>
#include <stdint.h>

/* Sets "place", "tied", "ranking_outcome" of each of the group's "entries" (sorted already: [{"application_id",
 * "unit_id", "yes", "total", "chosen": bool or null}]) from its "policy", "granted", "shared" (-1 = not controlled),
 * "pools" ({unit id: posts}) and "promised" ([unit id]); and the group's "posts" (free ones; -1), "over", "tied" and
 * "contested" (posts that equals wait for). Pure. */
void td_ranking_allot(json_t *group);

/* The ranking of all who have passed and are not publicised yet: {"cycle_id", "policy", "groups": [{"division_code",
 * "division_name", "level", ...as above, "entries": [{..., "number", "name", "unit_name", "specialty", "present"}]}],
 * "waiting": how many are tied, revote or no_posts}. A new reference. */
int td_ranking_compute(struct td_review *review, const json_t *cycle, json_t **ret_ranking);

/* The cycle, for who may know that there is one: a planned one only for insiders. TD_ENOTFOUND. */
int td_ranking_cycle(struct td_review *review, const char *cycle_id, json_t **ret_cycle);

/* Publicises who is in, fails who is out, leaves the others; stores the ranking with its ledger entry. By the office
 * of the series or the bureau. *ret_notice is td_notice_load's ("id" null when nobody is in) with "outranked" and
 * "waiting", two numbers. TD_ECONFLICT "nothing_to_publish", "ranking_waits". */
int td_ranking_publish(struct td_review *review, const char *cycle_id, json_t **ret_notice,
                       struct td_error *reterr);

/* The bureau's choice among equals: `chosen` (array of dossiers' ids) get the contested posts of their group, exactly
 * as many as there are. TD_EFIELDS. */
int td_ranking_choose(struct td_review *review, const char *cycle_id, const json_t *chosen,
                      const char *reason, struct td_error *reterr);

/* Sends a group back to be voted on anew, under policy revote. *ret_count is how many dossiers. */
int td_ranking_revote(struct td_review *review, const char *cycle_id, const char *division,
                      const char *level, const char *reason, int64_t *ret_count,
                      struct td_error *reterr);

/* Stored rankings of a cycle, newest first: [{"id", "notice_id", "made_at", "hash"}]. */
int td_ranking_list(struct td_tx *tx, const char *cycle_id, json_t **ret_rows);

/* A stored one, with "recomputed": the outcomes follow from what is stored, and votes and hash are those of the
 * records. For office of the series, bureau and supervisor. TD_ENOTFOUND. */
int td_ranking_load(struct td_review *review, const char *id, json_t **ret_ranking,
                    struct td_error *reterr);

/* What the latest ranking says of a dossier: {"place", "tied", "ranking_outcome", "posts", "passed", "choice_reason"};
 * NULL when none has. A new reference. */
int td_ranking_of(struct td_review *review, const char *application_id, json_t **ret_entry);

/* The annex to a meeting's minutes: [{"place", "number", "name", "unit_name", "division_name", "level", "yes", "total",
 * "ranking_outcome"}] of the dossiers of its agenda. */
int td_ranking_annex(struct td_review *review, const char *meeting_id, json_t **ret_rows);

#endif
