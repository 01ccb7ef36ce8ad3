/* unit.h - units (schools, stations, health institutions) and the districts and counties they lie in.
 *
 * A unit's kind, grassroots type and hardship flag decide who may declare from it, so only the
 * bureau writes them. Units as JSON are their rows: {"id", "name", "uscc", "division_code",
 * "division_name", "town", "kind", "grassroots", "hardship"}. */
#ifndef TD_REVIEW_UNIT_H
#define TD_REVIEW_UNIT_H

#include "base/id.h"
#include "review/review.h"

#include <stdbool.h>

/* Kinds of units, in the order people choose from. The first of each group says no more than the group:
 * units registered before their kind was asked for. */
#define TD_UNIT_KINDS                                                                              \
    "school|primary_school|secondary_school|special_school|kindergarten|agri_station|"             \
    "agronomy_station|livestock_station|veterinary_station|" TD_UNIT_PRIMARY_HEALTH "|other"
#define TD_UNIT_PRIMARY_HEALTH "clinic|township_hospital|village_clinic|community_centre"
#define TD_UNIT_GRASSROOTS "township|agri_street|village|none"

/* True when `uscc` has 18 characters of GB 32100 and the right check character. */
bool td_unit_uscc_valid(const char *uscc);

/* What is to be checked about a unit's code: "uscc_checksum"; "uscc_kind" when it is not of an institution
 * (1 = registered by the establishment office, 2 = institution), as a unit of the scheme is, except village
 * clinics; NULL when nothing is, also without a code. */
const char *td_unit_uscc_doubt(const json_t *unit);

/* Where directed titles are used (seed notice, part 1): a unit in a township, farming street or village, and a primary
 * health institution wherever it lies. */
bool td_unit_is_grassroots(const json_t *unit);

/* All divisions by code: [{"code", "name"}], a new reference. */
int td_unit_divisions(struct td_tx *tx, json_t **ret_divisions);

/* One unit, a new reference. TD_ENOTFOUND. */
int td_unit_load(struct td_tx *tx, const char *unit_id, json_t **ret_unit);

/* Units by name, from `cursor` (a unit id) on: {"items": [...], "next": ...}. `division` and
 * `query` (a part of the name) may be "". */
int td_unit_list(struct td_review *review, const char *division, const char *query,
                 const char *cursor, json_t **ret_page);

/* Creates (unit_id "" and a new id in ret_id) or replaces a unit from {"name", "uscc", "uscc_confirmed",
 * "division_code", "town", "kind", "grassroots", "hardship"}. A code with a wrong check character is refused
 * (field uscc, code uscc_checksum) until who keeps the register confirms that the certificate says so: some
 * genuine codes fail the check. The ledger keeps that. *ret_warning as td_unit_uscc_doubt. TD_EFIELDS with
 * the fields; TD_EFORBIDDEN for others than the bureau. */
int td_unit_save(struct td_review *review, const char *unit_id, const json_t *unit,
                 char ret_id[TD_ID_TEXT], const char **ret_warning, struct td_error *reterr);

#endif
