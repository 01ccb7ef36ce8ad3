/* post_row.h - what the files of posts share. Internal to review/post*.c. */
#ifndef TD_REVIEW_POST_ROW_H
#define TD_REVIEW_POST_ROW_H

#include "review/post.h"

/* --- post.c ---------------------------------------------------------------------------------------------- */

/* The title with its dossier: columns of both, "id" the dossier's, "title_id" the title's, "certificate_number";
 * "unit_id" and "division_code" where the holder serves now, "" outside this city's units. A new reference. */
int td_post_load(struct td_review *review, const char *title_id, json_t **ret_title);

/* The same for the bureau and, with `unit_too`, the unit where the holder serves; never for himself. */
int td_post_load_for(struct td_review *review, const char *title_id, bool unit_too,
                     json_t **ret_title, struct td_error *reterr);

/* Directed titles are for the grassroots and take a post of the ledger; general ones do neither. */
bool td_post_is_directed(const json_t *title);

/* TD_ECONFLICT "state_wrong". */
int td_post_state_wrong(const json_t *title, const char *action, struct td_error *reterr);

/* A day that is not before the title was awarded, nor before what is recorded last of it, nor to come. */
int td_post_check_order(struct td_review *review, const json_t *title, const char *field,
                        const char *day, struct td_error *reterr);

struct td_post_opening {
    const char *ladder, *from_on, *pay_on, *place, *document;
    int64_t grade;
};

/* Begins a post of a title, which has none open; `unit_id` "" is a place outside this city's units. */
int td_post_open(struct td_review *review, const json_t *title, const char *unit_id,
                 const struct td_post_opening *opening);

/* Ends the open post of a title: its last day is the one before `on`, or its first when it began that day. */
int td_post_close(struct td_review *review, const char *title_id, const char *on);

/* --- post_supersede.c: titles of one holder and series, as rows with "account_id", "series", "level", "track" ---- */

/* The number of a title above this one on which the holder is appointed and which takes its appointment away, in the
 * arena; "" when there is none. */
int td_post_outranked(struct td_review *review, const json_t *title, const char **ret_number);

/* 0 when what he was appointed to before, of this level or above and in the place of this title, has ended before this
 * day; TD_ECONFLICT "appointed_until". */
int td_post_check_ended(struct td_review *review, const json_t *title, const char *day,
                        struct td_error *reterr);

/* The titles that an appointment on this one ("title_id", absent for one from elsewhere) supersedes: those below it,
 * and those beside it when it is one of here: [{"id" (the dossier's), "title_id", "state", "level",
 * "track", "pre_directed_grade"}], a new reference. */
int td_post_below(struct td_review *review, const json_t *title, json_t **ret_titles);

/* The grade held before the first directed evaluation, as the appointed directed titles among td_post_below's have it
 * (0 = no post); false when none of them says so. */
bool td_post_grade_before(const json_t *below, int64_t *ret_grade);

/* Supersedes a title ({"id", "title_id"}) from the day `on`; `number` names the higher one. */
int td_post_supersede(struct td_review *review, const json_t *title, const char *number,
                      const char *on, struct td_error *reterr);

#endif
