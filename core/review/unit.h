/* unit.h - units (schools, stations, clinics) and the districts and counties they lie in.
 *
 * A unit's kind, grassroots type and hardship flag decide who may declare from it, so only the
 * bureau writes them. Units as JSON are their rows: {"id", "name", "uscc", "division_code",
 * "division_name", "town", "kind", "grassroots", "hardship"}. */
#ifndef TD_REVIEW_UNIT_H
#define TD_REVIEW_UNIT_H

#include "base/id.h"
#include "review/review.h"

#include <stdbool.h>

/* True when `uscc` has 18 characters of GB 32100 and the right check character. Some genuine codes
 * fail it, so a failure is shown as a warning and never refused. */
bool td_unit_uscc_valid(const char *uscc);

/* All divisions by code: [{"code", "name"}], a new reference. */
int td_unit_divisions(struct td_tx *tx, json_t **ret_divisions);

/* One unit, a new reference. TD_ENOTFOUND. */
int td_unit_load(struct td_tx *tx, const char *unit_id, json_t **ret_unit);

/* Units by name, from `cursor` (a unit id) on: {"items": [...], "next": ...}. `division` and
 * `query` (a part of the name) may be "". */
int td_unit_list(struct td_review *review, const char *division, const char *query,
                 const char *cursor, json_t **ret_page);

/* Creates (unit_id "" and a new id in ret_id) or replaces a unit from {"name", "uscc",
 * "division_code", "town", "kind", "grassroots", "hardship"}. *ret_warning is a "problem" key when
 * the code looks wrong, else NULL. TD_EFIELDS with the fields; TD_EFORBIDDEN for others than the
 * bureau. */
int td_unit_save(struct td_review *review, const char *unit_id, const json_t *unit,
                 char ret_id[TD_ID_TEXT], const char **ret_warning, struct td_error *reterr);

#endif
