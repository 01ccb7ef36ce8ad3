/* window.h - when a stage of the year may be worked on, and by whom.
 *
 *     stage               who acts                   bounds
 *     submission          applicant                  the cycle's opens_on and closes_on
 *     resubmission        applicant, after a return  parameters.windows.<stage> = {"opens_on", "closes_on"};
 *     unit                the unit                   a stage that is not named there, or a member that is "",
 *     district_industry   industry authority         is not bounded
 *     district_hr         HR authority
 *     office              the committee's office
 *     fee                 applicant, paying
 *     review              the committee (shown, not enforced: a meeting has its own rules)
 *
 * A window never takes away what a dossier was promised: whoever holds one may act until its own deadline, although
 * the stage is over. A return answered late in the year thus finds an open desk, and the end of resubmission only ever
 * lengthens the deadline of a return. A division may have later ends, each with its published reason
 * (parameters.extensions, written by td_window_extend). Everything here reads the loaded cycle; days are Shanghai's. */
#ifndef TD_REVIEW_WINDOW_H
#define TD_REVIEW_WINDOW_H

#include "review/review.h"

#include <stdbool.h>
#include <stddef.h>

struct td_window_stage {
    const char *name;
    const char *holder; /* role whose turn it is */
};

/* The stages in their order, the first of them submission, the last review. */
const struct td_window_stage *td_window_stages(size_t *ret_count);

struct td_window {
    char opens[TD_DATE_TEXT]; /* "" = not bounded */
    char closes[TD_DATE_TEXT];
};

/* The window of a stage for a division ("" = the whole city's). Resubmission never ends before submission does. */
void td_window_of(const json_t *cycle, const char *stage, const char *division, struct td_window *ret_window);

/* The stage that is worked on in a state of the workflow; "" in the others. */
const char *td_window_stage_of(const char *state);

/* 0 when this dossier may be worked on today: its stage's window for its division, or its own deadline. Else
 * TD_ECONFLICT: window_not_open {"window", "date"}, window_closed {"window", "date"}; submission also cycle_not_open,
 * cycle_closed {"date"}. */
int td_window_check(struct td_review *review, const json_t *application, struct td_error *reterr);

/* When a return must be answered: *due (a time) is put off to the end of the resubmission window. */
void td_window_put_off(const json_t *cycle, const char *division, char due[TD_TIME_TEXT]);

/* The typed value of parameters.windows as it was sent, a new reference; NULL with fields in reterr. */
json_t *td_window_clean(const json_t *sent, struct td_error *reterr);

/* Sets a window of an open cycle that has none yet or has not begun ("audit, payment and review are announced
 * later"): {"stage", "opens_on", "closes_on"}. Bureau only. */
int td_window_set(struct td_review *review, const char *cycle_id, const json_t *window, struct td_error *reterr);

/* Moves the end of a stage of an open cycle to a later day: {"stage" (submission when absent), "division_code" ("" =
 * all), "closes_on", "reason"}. Published as parameters.extensions = [{"window", "division_code", "division_name",
 * "from", "to", "reason", "at"}]; open returns of the division get the later deadline; whoever it concerns is told
 * (review/telling.h). Bureau only. */
int td_window_extend(struct td_review *review, const char *cycle_id, const json_t *extension, struct td_error *reterr);

/* All windows for reading: [{"window", "holder", "opens_on", "closes_on", "is_open", "is_over"}]. A new reference. */
json_t *td_window_list(const struct td_review *review, const json_t *cycle, const char *division);

#endif
