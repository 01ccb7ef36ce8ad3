/* notice.h - public notices; objections to them are in objection.h.
 *
 * Order 40, articles 16 and 26: at least five working days, inside the unit before it recommends
 * and for the results. The day of publication does not count; the notice ends at 24:00 of its last
 * day. The public sees name, unit, specialty and level (PIPL), and the names only until the notice
 * is over. */
#ifndef TD_REVIEW_NOTICE_H
#define TD_REVIEW_NOTICE_H

#include "base/id.h"
#include "review/review.h"

enum { TD_NOTICE_MIN_DAYS = 5 };

/* Publishes dossiers (array of ids) and moves each through the workflow: kind "unit" (action publicise, all of
 * unit `unit_id`), "result" (action publicise_result; `unit_id` "") or "revocation" (action revoke; a decision,
 * to which nobody objects here). All or none. *ret_notice is the notice as td_notice_load gives it;
 * "calendar_confirmed" false means that the regional days off of a year are not known yet and whoever shows the
 * date warns. */
int td_notice_publish(struct td_review *review, const char *kind, const char *cycle_id,
                      const char *unit_id, const json_t *applications, json_t **ret_notice,
                      struct td_error *reterr);

/* Notices, newest first, open ones and past ones: {"items": [{"id", "kind", "title", "unit_name",
 * "starts_on", "ends_on", "state", "entries"}], "next"}. For everybody. */
int td_notice_list(struct td_review *review, const char *kind, const char *cursor,
                   json_t **ret_page);

/* One notice with "entries": [{"application_id", "name", "unit_name", "specialty_name",
 * "level_name", "title_name"}] while it is open, and for officials and supervisors always.
 * TD_ENOTFOUND. */
int td_notice_load(struct td_review *review, const char *notice_id, json_t **ret_notice,
                   struct td_error *reterr);

/* Dossiers of the caller's units that wait to be publicised, checked ones marked "ready". */
int td_notice_candidates(struct td_review *review, json_t **ret_rows);

#endif
