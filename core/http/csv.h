/* csv.h - a list as a table for spreadsheets. */
#ifndef TD_HTTP_CSV_H
#define TD_HTTP_CSV_H

#include "base/strbuf.h"
#include "http/locale.h"

#include <jansson.h>

/* Appends `items` (array of objects) as CSV (RFC 4180, UTF-8 with a byte-order mark). Columns are
 * the plain members of all items in order of first appearance; their heads are t.column.<name> or
 * the name; labels, times and points are written as people read them. A cell that a spreadsheet
 * would run as a formula gets an apostrophe before it. */
void td_csv_write(const struct td_locale *locale, const json_t *items, struct td_strbuf *out);

#endif
