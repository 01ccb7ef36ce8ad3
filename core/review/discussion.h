/* discussion.h - what a panel talks about once its sheets are in.
 *
 * A sheet that was submitted never changes; when every reader of a dossier who need not keep out has submitted his, all
 * are locked and the dossier can be discussed: before that nobody sees more than his own. The panel sees the sheets side
 * by side with what they differ in. Its lead records the panel's opinion (评议意见), which the meeting gets for reference
 * (人社部令第40号, article 21).
 *
 * An indicator differs when its least and greatest points are at least the cycle's disagreement_percent of its maximum
 * apart; the opinions differ when one recommends and another is against. */
#ifndef TD_REVIEW_DISCUSSION_H
#define TD_REVIEW_DISCUSSION_H

#include "review/review.h"

/* Dossiers of the caller's panels that can be discussed: {"items": [{"id", "number", "name", "sequence", "panel_name",
 * "leads", "differs", "recorded", "blind_review"}], "next": null}. */
int td_discussion_list(struct td_review *review, json_t **ret_page);

/* One of them: td_sheet_discuss's members and "spreads": [{"id", "name", "least_points", "most_points",
 * "spread_points" (hundredths), "differs"}], "opinions_differ", "differs", "panel_opinion" ({"opinion", "text", "name", "at", "version"} or null),
 * "can_record". TD_ENOTFOUND for who is not on the panel or keeps out; TD_ECONFLICT "discussion_closed" before. */
int td_discussion_view(struct td_review *review, const char *application_id, json_t **ret_page,
                       struct td_error *reterr);

/* The lead records {"opinion": recommend | reserve | against, "text"}, until the dossier leaves the panel. *ret_version
 * is the version after. */
int td_discussion_record(struct td_review *review, const char *application_id, const char *opinion, const char *text,
                         int64_t *ret_version, struct td_error *reterr);

/* The version of the recorded opinion, for the lead; 0 before any. */
int td_discussion_version(struct td_review *review, const char *application_id, int64_t *ret_version,
                          struct td_error *reterr);

/* Adds "spreads", "opinions_differ", "differs" and "panel_opinion" to a page, for the meeting. */
int td_discussion_add(struct td_review *review, const char *application_id, json_t *page);

/* The guard of "close_panel": where the cycle wants an opinion, it is recorded. */
int td_discussion_check_recorded(struct td_tx *tx, const char *application_id, struct td_error *reterr);

#endif
