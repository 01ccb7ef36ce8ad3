/* table.h - tables as people save them from a spreadsheet: CSV as in RFC 4180, or tabs between. */
#ifndef TD_BASE_TABLE_H
#define TD_BASE_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* One line of UTF-8 text from *at on, which moves behind it: its cells as an array of texts without blanks around, a
 * new reference; at most `columns` of them. A cell in quotes may hold separators, line ends and doubled quotes. */
json_t *td_table_line(const char **at, char separator, size_t columns);

/* What stands between the cells of the line at `text`: a tab when it has one, else a comma. */
char td_table_separator(const char *text);

/* Whether a spreadsheet would run a cell with this text as a formula, in some languages for the wide signs: with an
 * apostrophe before it, it does not. */
bool td_table_runs(const char *text);

/* The bytes of a file as UTF-8 without a byte-order mark: as they are, or from GB 18030, in which a Chinese
 * spreadsheet saves when nobody says otherwise. malloc'd. TD_EINVALID when they are neither, or hold a NUL. */
int td_table_text(const char *bytes, size_t length, char **ret_text);

#endif
