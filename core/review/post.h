/* post.h - titles in use: appointment, pay, transfer, retirement (直评直聘、定向使用).
 *
 *     certified --appoint--> appointed           the unit, within the cycle's certified_days
 *     moved to a non-grassroots unit: suspended; the post grade held before the directed evaluation is
 *         restored and the directed post is free for others
 *     back at a grassroots unit: reinstated with the directed grade, on a free post there
 *     moved within the grassroots: keeps, on a free post of the new district or unit
 *     a general title: keeps wherever its holder goes, and takes no post of the ledger
 *     a move is the holder's: it is recorded of one title and done to all that he has in use or suspended
 *     the general title of the same level (review/ladder.h): converted; revoked; retired: the post is free
 *
 * Nobody holds two posts of a series. An appointment ends what is open on the holder's other titles of the series,
 * the lower ones and those of the same level, and frees their posts in the same transaction (superseded): the
 * directed ones, the general ones too when the appointment is on a general one, for a general title is what the holder
 * of a directed one has outside the grassroots. So does an appointment on a higher title from elsewhere that goes on,
 * once the bureau has confirmed it. What is superseded stays valid, the years in it count, and it is suspended and
 * reinstated with the other, never with a post of its own; while no higher one is in use the unit may appoint on it
 * anew, on a post that is free.
 * The grade held before the directed evaluation is that before the first one: who rose from one directed title to the
 * next goes back to where he was before both.
 *
 * A title begins where its holder is. Who has left the grassroots since he declared gets it suspended, without a
 * post, and has it reinstated when he is back; who went to another grassroots unit has it and its post there; who is
 * appointed to a higher one meanwhile gets it superseded, who has retired gets it retired.
 *
 * Post grades are 1 to 13: full senior 1-4, senior 5-7, intermediate 8-10, junior 11-13. */
#ifndef TD_REVIEW_POST_H
#define TD_REVIEW_POST_H

#include "review/review.h"

#include <stdbool.h>
#include <stdint.h>

/* First and last grade of a level; 0 and 0 for an unknown one. */
void td_post_grades(const char *level, int *ret_first, int *ret_last);

/* Puts the title of a dossier that was certified just now where its holder is: reserves its post, or does to it
 * the move that was recorded of him meanwhile (above). By the bureau. TD_ECONFLICT "quota_exhausted". */
int td_post_begin(struct td_review *review, const char *application_id, struct td_error *reterr);

/* Appoints: {"grade", "pre_directed_grade" (0 = held no post), "appointed_on", "pay_effective_on", "document"}. By the unit
 * where the holder serves, or the bureau; consumes the post and supersedes the titles below in this transaction.
 * TD_EFIELDS, also for another "pre_directed_grade" than that of the directed title below; TD_ECONFLICT for another
 * state, "quota_exhausted", "higher_appointed", "appointed_until" (a day on which he still was), "move_out_of_order"
 * (td_post_transfer), also of the titles below. */
int td_post_appoint(struct td_review *review, const char *title_id, const json_t *post,
                    struct td_error *reterr);

/* Records that the pay of the present post is honoured since a day. Unit or bureau. */
int td_post_pay(struct td_review *review, const char *title_id, const char *honoured_on,
                struct td_error *reterr);

/* Records a transfer: {"to_unit" (id, code or name; "" = outside this city's units), "to_name", "moved_on",
 * "document"}. By the bureau. *ret_effect is "suspends", "reinstates" or "keeps", what it is for this title; the
 * holder's others go along. TD_EFIELDS, TD_ECONFLICT "quota_exhausted" for a return or a move to where no post is free,
 * "move_out_of_order" for a day before the last appointment or move. */
int td_post_transfer(struct td_review *review, const char *title_id, const json_t *move,
                     const char **ret_effect, struct td_error *reterr);

/* Retires the title and those of its series that are superseded, suspended meanwhile or not. TD_EFIELDS; TD_ECONFLICT
 * "move_out_of_order" as above, "state_wrong" also for a superseded title while a higher one is in use. */
int td_post_retire(struct td_review *review, const char *title_id, const char *retired_on,
                   struct td_error *reterr);

/* What follows for the post when the workflow has moved a dossier to `to`: frees it and ends the appointment where
 * the new state has none. Called by workflow.c in every change. */
int td_post_follow(struct td_review *review, const json_t *application, const char *to,
                   struct td_error *reterr);

/* The title's posts and moves, for who may see the title: {"posts": [...], "moves": [...], "changes": [{"action",
 * "at", "note"}], "state_since", "state_why", "present" (the open post or null), "can": {"appoint", "pay", "transfer",
 * "retire"}, "grades": [{"grade"}], for who may appoint also "rises" (there are titles below that it would supersede),
 * "knows_before" and "grade_before" (the grade held before, from one of them)} added to `title` (a row of
 * td_title_view). */
int td_post_describe(struct td_review *review, json_t *title);

/* Titles in use of the caller's scope, newest first: {"items": [{"id", "number", "holder_name", "unit_name", "series",
 * "level", "title_name", "use_state", "grade", "appointed_on", "pay_effective_on", "pay_honoured_on", "due_on", "late"}],
 * "next", "late_count"}; "late" is "appointment", "pay" or "". `late` = "any" leaves those that are not late out. */
int td_post_list(struct td_review *review, const char *late, const char *cursor, json_t **ret_page);

/* Reminds unit officials and holder once of each appointment and each pay that is overdue. For the tick. */
int td_post_remind(struct td_review *review, int64_t *changed);

/* Supersedes what an appointment from the day `on` ends, on a title {"title_id" (absent: one from elsewhere),
 * "account_id", "series", "level", "track"}; `number` names it. */
int td_post_supersede_below(struct td_review *review, const json_t *higher, const char *number,
                            const char *on, struct td_error *reterr);

#endif
