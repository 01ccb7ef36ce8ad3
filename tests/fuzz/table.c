/* Tables that people bring, read as an import of experts and as a sheet filled in offline: cells
 * are UTF-8 and come to an end, whatever the bytes; a file that no sheet is refused for its "file".
 */
#include "base/table.h"
#include "review/sheet_form.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void demand(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "table: %s\n", what);
    abort();
}

static void read_lines(const char *text, size_t columns)
{
    const char *at = text;
    char separator = td_table_separator(text);
    while (*at) {
        const char *from = at;
        size_t i, count;
        json_t *cell, *cells = td_table_line(&at, separator, columns);
        count = json_array_size(cells);
        demand(at > from && at <= text + strlen(text), "a line does not end");
        demand(count >= 1 && count <= columns, "more or fewer cells than a line can have");
        json_array_foreach(cells, i, cell)
            demand(json_is_string(cell), "a cell is no text");
        json_decref(cells);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    enum { EXPERT_COLUMNS = 12 };
    struct td_error err = TD_ERROR_INIT;
    json_t *rows = NULL;
    char *text = NULL;
    if (td_table_text((const char *)bytes, length, &text) == 0) {
        read_lines(text, 1);
        read_lines(text, EXPERT_COLUMNS);
    }
    free(text);
    int rc = td_sheet_form_read((const char *)bytes, length, &rows, &err);
    demand((rc == 0) == (rows != NULL), "a refused file has rows");
    demand(rc == 0 || json_array_size(err.fields) == 1, "a refusal without its field");
    demand(json_array_size(rows) <= TD_SHEET_FORM_ROWS, "too many rows");
    json_decref(rows);
    td_error_done(&err);
    return 0;
}
