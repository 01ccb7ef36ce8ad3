/* draw_file.h - what a draw leaves: a JSON file from which anybody recomputes it, without server or store.
 *
 * {"format": "titled-draw-1", "algorithm": td_draw_algorithm,
 *  "draw": {"id", "committee_id", "kind", "series", "level", "pool_id", "committed_at", "day"},
 *  "criteria": {"size", "reserves", "specialties": [], "max_per_unit" (0 = any), "outside_percent",
 *   "new_percent", "exclude_units": [], "exclude_applicant_units"},
 *  "candidates": [{"id", "unit", "outside", "new", "title_level", "specialties": [], "term_from",
 *   "term_until"}], in the order of ids,
 *  "seed_hash", "commitment",                        so far before anybody knows what comes out
 *  "witness": {"by", "number", "at"}, "seed", "revealed_at", "order": [ids],
 *  "answers": [{"id", "answer", "at"}], "seats": [{"id", "rank", "round", "answer"}], "closed_at",
 *  "record", "hints": {path: 8 hex digits}}
 *
 * People are ids. The commitment is the SHA-256 of what stands before it and is published before the
 * witness adds his number; the record is that of everything but itself and the hints. The hints prove
 * nothing: they only let a difference be named. */
#ifndef TD_REVIEW_DRAW_FILE_H
#define TD_REVIEW_DRAW_FILE_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>

#define TD_DRAW_FORMAT "titled-draw-1"
#define TD_DRAW_HEX 65

enum { TD_DRAW_CANDIDATES = 5000, TD_DRAW_SIZE = 99 };

/* The rule in words, as it stands in every file. */
extern const char td_draw_algorithm[];

/* SHA-256 of a text, 64 hex digits. */
void td_draw_hash(const char *text, char hex[TD_DRAW_HEX]);

/* The commitment of a file as its other members have it. TD_ENOMEM. */
int td_draw_commitment(const json_t *file, char hex[TD_DRAW_HEX]);

/* NULL when the candidate fits the criteria on the day; else the member that does not: a constant. */
const char *td_draw_misfit(const json_t *file, const json_t *candidate);

/* Sets "order" from "seed", "witness.number", "commitment" and "candidates". */
int td_draw_shuffle(json_t *file);

/* The number of the criteria that is none of a draw's, a constant; NULL when all are. */
const char *td_draw_odd_number(const json_t *criteria);

/* Sets "seats" from "order", "criteria" and "answers". TD_EINVALID when an answer is nobody's or none, or a number of the
 * criteria out of range. */
int td_draw_seat(json_t *file);

/* Sets "record" and "hints". */
int td_draw_seal(json_t *file);

/* Recomputes everything. 0, or TD_ECONFLICT with the path of the first difference in the detail
 * ("candidates.3.unit: ..."). `commitment` is the published one, or NULL. */
int td_draw_verify(const json_t *file, const char *commitment, struct td_error *reterr);

#endif
