/* table.h - a list as a table for spreadsheets: all of it, not only a page. */
#ifndef TD_HTTP_TABLE_H
#define TD_HTTP_TABLE_H

#include "base/strbuf.h"
#include "http/locale.h"
#include "http/route.h"

#include <jansson.h>
#include <stdbool.h>

struct td_store;

enum td_table { TD_TABLE_NONE, TD_TABLE_CSV, TD_TABLE_XLSX };
enum { TD_TABLE_ROWS = 10000, TD_TABLE_BYTES = 32 << 20 }; /* who asks for more is told to choose fewer */

/* Whether the call may end in a table, as far as can be said before it is read: then reading takes long. */
bool td_table_may_be(const struct td_call *call);

/* What ?format= asks for, when the reply is a list (has "items"). */
enum td_table td_table_asked(const struct td_call *call, const struct td_reply *reply);
const char *td_table_type(enum td_table table); /* its media type */

/* Adds to reply->value's items those of the pages after it, by reading the row again in the same transaction
 * with each page's "next" for a cursor. TD_ECONFLICT "table_too_long" for more than TD_TABLE_ROWS. */
int td_table_gather(struct td_call *call, struct td_reply *reply, struct td_error *reterr);

/* Appends `items` (array of objects). Columns are the members that t.column has a head for, in order of first
 * appearance: ids and codes are for programs, which read JSON. Labels, times and points are written as people read
 * them.
 *
 * As CSV (RFC 4180, UTF-8 with a byte-order mark) a cell that a spreadsheet would run as a formula gets an
 * apostrophe before it; in a workbook (Office Open XML) it is a text, and a number a number. The workbook is made
 * in a temporary file of the store, which is gone afterwards. Blocks: not on the loop.
 *
 * CSV waits in memory until it is read: TD_ECONFLICT "table_too_long" for more than TD_TABLE_BYTES, with the rows that fit. */
int td_table_csv(const struct td_locale *locale, const json_t *items, struct td_strbuf *out, struct td_error *reterr);
int td_table_xlsx(const struct td_locale *locale, const json_t *items, struct td_store *store, struct td_strbuf *out,
                  struct td_error *reterr);

#endif
