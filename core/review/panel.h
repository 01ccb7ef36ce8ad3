/* panel.h - panels: at least three experts who read and score dossiers before the committee votes
 * (人社部令第40号, article 21). A panel belongs to a committee and a cycle; a dossier to one panel.
 */
#ifndef TD_REVIEW_PANEL_H
#define TD_REVIEW_PANEL_H

#include "base/id.h"
#include "review/recusal.h"
#include "review/review.h"

#include <stdbool.h>

enum { TD_PANEL_MINIMUM = 3 }; /* experts, at least: 人社部令第40号, article 21 */

/* The condition on alias `a` of table application that it lies with panel or committee: before and
 * after, experts have no business with the material. */
#define TD_PANEL_OPEN_SQL "a.state in ('panel_review', 'committee_vote')"

/* Columns for a query over application `a`: who reads it and need not keep out, and how many of them have scored it,
 * "eligible" and "submitted". */
#define TD_PANEL_PROGRESS_SQL                                                                      \
    " (select count(*) from panel_reader m where m.application_id = a.id"                          \
    " and not " TD_RECUSAL_SQL(                                                                    \
        "m.account_id") ") as eligible,"                                                           \
                        " (select count(*) from panel_reader m join sheet h"                       \
                        " on h.application_id = m.application_id"                                  \
                        " and h.account_id = m.account_id where m.application_id = a.id"           \
                        " and h.submitted_at is not null and not " TD_RECUSAL_SQL(                 \
                            "h.account_id") ") as submitted"

/* True when by such a row all of them have, and they are at least `least`: the cycle's panel_minimum. */
bool td_panel_all_in(const json_t *row, int64_t least);

/* True in *ret_sees when the caller is an expert whom nothing bars from judging, on the dossier's panel, or on a
 * committee that has it on a meeting's agenda, need not recuse, and the dossier is not decided: then the material may
 * be read. */
int td_panel_sees(struct td_review *review, const char *application_id, bool *ret_sees);

/* {"items": [panel + "committee_name", "cycle_name", "assigned", "finished"], "next"}; the caller's
 * series only for an office. */
int td_panel_list(struct td_review *review, const char *cursor, json_t **ret_page);

/* One panel with its members and dossiers and, per dossier, its "readers" and how many sheets are in: "ready" = it can
 * leave the panel, "recorded" = the panel's opinion is; "lacking": those with fewer readers than were wanted,
 * [{"reviews", "dossiers": [{"id"}]}]; "open_challenges" of the series, absent when 0; "some_barred": a member may not
 * judge now. TD_ENOTFOUND outside the caller's scope. */
int td_panel_view(struct td_review *review, const char *panel_id, json_t **ret_panel,
                  struct td_error *reterr);

/* Creates a panel from {"committee_id", "cycle_id", "name", "members": [account ids], "lead"}. */
int td_panel_create(struct td_review *review, const json_t *panel, char ret_id[TD_ID_TEXT],
                    struct td_error *reterr);

/* Adds an expert: he reads what all of the panel read, and what recusals left with too few readers. With `lead` he leads
 * it from now on; then he may be on it already. */
int td_panel_add(struct td_review *review, const char *panel_id, const char *account_id, bool lead,
                 struct td_error *reterr);

/* Takes from an expert who may not judge any more (review/integrity.h) what he has not finished: he reads none of it and
 * his drafts are gone. What he has submitted stays and counts, and is marked wherever the office sees it; what lacks a
 * reader now is offered to the others. The offices of the panels are told, with how many of both there are. */
int td_panel_release(struct td_review *review, const char *account_id);

/* Assigns accepted dossiers of the panel's cycle and committee level: those named in `applications`
 * (array of ids) or, when NULL, all with this specialty ("" = any). With `reviews` = 0 all of the panel read them, else
 * so many of its members, chosen by review/assignment.h; then dossiers of the panel that recusals left with fewer get
 * what they lack. Never fewer than panel_minimum: a dossier that cannot have them is left out and named.
 * *ret_result = {"assigned": n, "added": readers found for dossiers that lacked some, "left_out": [{"application_id",
 * "number", "because", "eligible"}], "run": id or null}. */
int td_panel_assign(struct td_review *review, const char *panel_id, const json_t *applications, const char *specialty,
                    int64_t reviews, json_t **ret_result, struct td_error *reterr);

/* The panel's computed assignments, newest first: {"items": [{"id", "reviews", "assigned", "seed", "inputs_hash",
 * "plan_hash", "created_at"}], "next": null}. */
int td_panel_runs(struct td_review *review, const char *panel_id, json_t **ret_page, struct td_error *reterr);

/* One of them with "inputs" and "plan", and "verified": computing it again gave the same. */
int td_panel_run(struct td_review *review, const char *panel_id, const char *run_id, json_t **ret_run,
                 struct td_error *reterr);

/* Computes every assignment of the records again; *ret_count is how many. TD_ECONFLICT names the first that differs. */
int td_panel_verify_runs(struct td_tx *tx, int64_t *ret_count, struct td_error *reterr);

/* A panel that the caller runs; to others it is not there: TD_ENOTFOUND. */
int td_panel_load_own(struct td_review *review, const char *panel_id, json_t **ret_panel);

/* Tells those who have got something to read just now, in this transaction, and have no unread word of it yet. */
int td_panel_tell_readers(struct td_review *review, const json_t *panel);

/* The tick: reminds, once, each reader whose sheet is missing of a dossier that its panel owes until `until`, unless
 * he was told `since`; *changed grows. */
int td_panel_remind(struct td_review *review, const char *since, const char *until, int64_t *changed);

/* Members: [{"account_id", "name", "lead", "unit_name", "barred" (from judging, today)}]. The cycle's panel_minimum. */
int td_panel_members(struct td_review *review, const char *panel_id, json_t **ret_members);
int td_panel_minimum(struct td_tx *tx, const char *cycle_id, int64_t *ret_minimum);

/* 0 when every reader who need not recuse has submitted and they are at least panel_minimum; else TD_ECONFLICT with the
 * numbers. */
int td_panel_check_sheets(struct td_tx *tx, const char *application_id, struct td_error *reterr);

/* The guard of "close_panel": that, and what review/discussion.h wants. */
int td_panel_check_complete(struct td_tx *tx, const char *application_id, struct td_error *reterr);

/* Sends complete dossiers of the panel to the committee: all that are ready, or the one named. */
int td_panel_close(struct td_review *review, const char *panel_id, const char *application_id,
                   json_t **ret_result, struct td_error *reterr);

#endif
