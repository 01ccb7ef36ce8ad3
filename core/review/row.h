/* row.h - small words for records as JSON rows: members that are never NULL, list pages, ledger entries. */
#ifndef TD_REVIEW_ROW_H
#define TD_REVIEW_ROW_H

#include "review/review.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TD_ROW_PAGE = 50 }; /* items of a list page */

/* Members of a row: "" / 0 / false when absent or null. Borrowed. */
const char *td_row_text(const json_t *row, const char *name);
int64_t td_row_int(const json_t *row, const char *name);
bool td_row_bool(const json_t *row, const char *name);
bool td_row_equals(const json_t *row, const char *name, const char *value); /* absent equals "" */

/* Adds "series_name" and "series_name_en" of the row's "series": "" for a series that is not installed. */
void td_row_name_series(const struct td_review *review, json_t *row);

/* Up to TD_ROW_PAGE + 1 rows (stolen) as {"items": [...], "next": member of the last item or null}. */
json_t *td_row_page(json_t *rows, const char *member);

/* Who acts, for a ledger entry: the account or "system". */
const char *td_row_actor(const struct td_review *review);

/* True when somebody acts who holds one of these roles, whatever the scope. */
bool td_row_is(const struct td_review *review, uint32_t roles);

/* Appends to the ledger; subject is "<kind>/<id>"; `payload` is stolen and may be NULL. */
int td_row_log(struct td_review *review, const char *action, const char *kind, const char *id,
               json_t *payload);

/* The next number of the counter `name` (a setting), from 1; it never goes back. Write
 * transaction. */
int td_row_next(struct td_tx *tx, const char *name, int64_t *ret_number);

/* Tells subscribers of "<kind>/<id>" after commit that it changed. */
int td_row_live(struct td_tx *tx, const char *kind, const char *id);

#endif
