/* cycle.h - a year's review of one series: opened from a notice, with its dates and parameters.
 *
 *     planned --open--> open --close--> closed
 *
 * A cycle as JSON is its row; "parameters" is complete: every row of the parameter table that was
 * not set has its default. Figures that the law leaves to the region are parameters, never code. When a stage may be
 * worked on, and how its end is moved, is window.h; the year as people see it is year.h. */
#ifndef TD_REVIEW_CYCLE_H
#define TD_REVIEW_CYCLE_H

#include "base/id.h"
#include "review/review.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum td_cycle_parameter_type { TD_CYCLE_INT, TD_CYCLE_BOOL, TD_CYCLE_LEVELS, TD_CYCLE_WINDOWS };

/* One parameter. TD_CYCLE_LEVELS is an object {level: amount} of cents (or a
 * text in whole units, "180.50") in which each value lies in min..max; TD_CYCLE_WINDOWS is one of windows (window.h). */
struct td_cycle_row {
    const char *name;
    enum td_cycle_parameter_type type;
    int64_t otherwise, min, max;
    const char *summary; /* one English line */
};

const struct td_cycle_row *td_cycle_rows(size_t *ret_count);

/* One cycle, a new reference. TD_ENOTFOUND. */
int td_cycle_load(struct td_tx *tx, const char *cycle_id, json_t **ret_cycle);

/* The same for who runs cycles (else TD_EFORBIDDEN), and only in `state` (else TD_ECONFLICT "cycle_state"). */
int td_cycle_load_in(struct td_review *review, const char *cycle_id, const char *state, json_t **ret_cycle,
                     struct td_error *reterr);

/* An integer or boolean (0/1) parameter of a loaded cycle; the row's default when not set;
 * `otherwise` when there is no such row. */
int64_t td_cycle_parameter(const json_t *cycle, const char *name, int64_t otherwise);

/* The ladders whose titles the cycle takes: ["directed"], or with "general" (parameter general_track). A new reference. */
json_t *td_cycle_tracks(const json_t *cycle);

/* The fee of a level in cents; 0 = none is due. */
int64_t td_cycle_fee_cents(const json_t *cycle, const char *level);

/* 0 when somebody of this division ("" = anywhere) may submit for the first time now; else TD_ECONFLICT with the
 * reason (not open yet, closed). */
int td_cycle_check_open(const struct td_review *review, const json_t *cycle, const char *division,
                        struct td_error *reterr);

/* The division of the caller's unit; "" for the public and for who has no unit. */
int td_cycle_division(struct td_review *review, char ret_code[16]);

/* The open cycles of a series ("" = all), newest first: an array, a new reference. */
int td_cycle_open_ones(struct td_tx *tx, const char *series, json_t **ret_cycles);

/* Cycles, newest first, for a page: {"items": [...], "next": ...}. Planned ones only for the
 * bureau, the administrator, the supervisor and the series' office. */
int td_cycle_list(struct td_review *review, const char *series, const char *state,
                  const char *cursor, json_t **ret_page);

/* True when `who` may see this cycle although it is still planned. */
bool td_cycle_insider(const struct td_account *who, const char *series);

/* Creates a planned cycle from {"series", "year", "name", "notice_number", "notice_text",
 * "notice_date", "cutoff_date", "opens_on", "closes_on", "parameters"}; TD_EFIELDS names what is
 * wrong. */
int td_cycle_create(struct td_review *review, const json_t *cycle, char ret_id[TD_ID_TEXT],
                    struct td_error *reterr);

/* Replaces a planned cycle's members; the same body. */
int td_cycle_update(struct td_review *review, const char *cycle_id, const json_t *cycle,
                    struct td_error *reterr);

/* open needs an active standard for at least one level and closes_on not in the past. */
int td_cycle_open(struct td_review *review, const char *cycle_id, struct td_error *reterr);
int td_cycle_close(struct td_review *review, const char *cycle_id, const char *reason,
                   struct td_error *reterr);

#endif
