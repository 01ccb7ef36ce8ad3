/* table.c - see table.h. */
#include "http/table.h"

#include "base/table.h"
#include "store/files.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

static enum td_table format_of(const struct td_call *call)
{
    const struct td_route *route = call->route;
    const char *format = td_call_query(call, "format");
    if (route->method != TD_GET || route->write)
        return TD_TABLE_NONE;
    return !strcmp(format, "csv")    ? TD_TABLE_CSV
           : !strcmp(format, "xlsx") ? TD_TABLE_XLSX
                                     : TD_TABLE_NONE;
}

bool td_table_may_be(const struct td_call *call)
{
    return format_of(call) != TD_TABLE_NONE;
}

enum td_table td_table_asked(const struct td_call *call, const struct td_reply *reply)
{
    return json_is_array(json_object_get(reply->value, "items")) ? format_of(call) : TD_TABLE_NONE;
}

const char *td_table_type(enum td_table table)
{
    return table == TD_TABLE_XLSX
               ? "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
               : "text/csv; charset=utf-8";
}

static int too_long(struct td_error *reterr, size_t rows)
{
    return td_error_key(reterr, TD_ECONFLICT, "table_too_long",
                        json_pack("{s:I}", "rows", (json_int_t)rows));
}

int td_table_gather(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    json_t *items = json_object_get(reply->value, "items");
    json_t *next = json_incref(json_object_get(reply->value, "next"));
    int r = 0;
    while (r == 0 && json_is_string(next) && td_route_reads(call->route, "cursor")) {
        struct td_reply more = {0};
        if (json_array_size(items) >= TD_TABLE_ROWS) {
            r = too_long(reterr, TD_TABLE_ROWS);
            break;
        }
        json_object_set_new(call->query, "cursor", next);
        next = NULL;
        r = call->route->read(call, &more, reterr);
        if (r == 0 && json_array_extend(items, json_object_get(more.value, "items")) < 0)
            r = TD_ENOMEM;
        next = json_incref(json_object_get(more.value, "next"));
        json_decref(more.value);
    }
    json_decref(next);
    return r;
}

/* --- cells ------------------------------------------------------------------------- */

static bool is_plain(const json_t *value)
{
    return !json_is_object(value) && !json_is_array(value);
}

/* {member: its head}: those that have one. */
static json_t *find_columns(const struct td_locale *locale, const json_t *items)
{
    json_t *columns = json_object(), *item, *value;
    size_t index;
    const char *name;
    json_array_foreach(items, index, item)
        json_object_foreach(item, name, value) {
            const char *head = td_locale_text(locale, "column", name);
            if (head && is_plain(value) && !json_object_get(columns, name))
                json_object_set_new(columns, name, json_string(head));
        }
    return columns;
}

/* What an item says there: in English its English name, when it has one. */
static const json_t *member_of(const struct td_locale *locale, const json_t *item, const char *name)
{
    char english[64];
    snprintf(english, sizeof(english), "%s_en", name);
    const json_t *value = json_object_get(item, english);
    bool wanted = strncmp(locale->lang, "en", 2) == 0 && json_string_length(value) > 0;
    return wanted ? value : json_object_get(item, name);
}

/* The words of a cell, the caller's to free; NULL without memory. */
static char *words_of(const struct td_locale *locale, const char *name, const json_t *value)
{
    char number[32] = "";
    char *shown = td_locale_member_text(locale, name, value);
    if (shown)
        return shown;
    if (json_is_integer(value))
        snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        snprintf(number, sizeof(number), "%.15g", json_real_value(value));
    else if (json_is_boolean(value))
        snprintf(number, sizeof(number), "%d", json_is_true(value));
    return strdup(json_is_string(value) ? json_string_value(value) : number);
}

/* --- CSV --------------------------------------------------------------------------- */

static void add_cell(struct td_strbuf *out, const char *text, bool is_text)
{
    td_strbuf_addc(out, '"');
    if (is_text && td_table_runs(text))
        td_strbuf_addc(out, '\'');
    for (; *text; text++) {
        if (*text == '"')
            td_strbuf_addc(out, '"');
        td_strbuf_addc(out, *text);
    }
    td_strbuf_addc(out, '"');
}

static void add_row(struct td_strbuf *out, const struct td_locale *locale, const json_t *columns,
                    const json_t *item)
{
    const char *name, *comma = "";
    json_t *head;
    json_object_foreach((json_t *)columns, name, head) {
        const json_t *value = member_of(locale, item, name);
        char *words = words_of(locale, name, value);
        td_strbuf_adds(out, comma);
        out->failed |= !words; /* an empty cell would say something else */
        add_cell(out, words ? words : "", json_is_string(value));
        comma = ",";
        free(words);
    }
    td_strbuf_adds(out, "\r\n");
}

int td_table_csv(const struct td_locale *locale, const json_t *items, struct td_strbuf *out,
                 struct td_error *reterr)
{
    json_t *columns = find_columns(locale, items), *item, *head;
    size_t index;
    const char *name, *comma = "";
    int r = 0;
    td_strbuf_adds(out, "\xef\xbb\xbf");
    json_object_foreach(columns, name, head) {
        td_strbuf_adds(out, comma);
        add_cell(out, json_string_value(head), true);
        comma = ",";
    }
    td_strbuf_adds(out, "\r\n");
    json_array_foreach(items, index, item) {
        if (out->length > TD_TABLE_BYTES) {
            r = too_long(reterr, index);
            break;
        }
        add_row(out, locale, columns, item);
    }
    json_decref(columns);
    r = out->failed ? TD_ENOMEM : r;
    if (r < 0) { /* nothing of it is sent */
        td_strbuf_done(out);
        td_strbuf_init(out);
    }
    return r;
}

/* --- workbook ---------------------------------------------------------------------- */

enum { CELL_MAX = 32767, WIDTH_MIN = 8, WIDTH_MAX = 60 };

struct sheet {
    lxw_worksheet *worksheet;
    lxw_row_t row;
    int widths[64]; /* of the first columns, in half a Chinese character */
    bool failed;
};

/* How wide a text is: what is beyond ASCII counts twice. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text && width < WIDTH_MAX; text++)
        width += (*text & 0x80) == 0 ? 1 : (*text & 0xc0) == 0xc0 ? 2 : 0;
    return width;
}

/* U+FFFE and U+FFFF are no characters of XML: programs refuse the whole workbook. In their place
 * stands U+FFFD. */
static void mend(char *text)
{
    for (char *at = text; (at = strstr(at, "\xef\xbf")); at += 2)
        if ((unsigned char)at[2] >= 0xbe)
            at[2] = (char)0xbd;
}

/* To what a cell holds, at the end of a character. */
static void shorten(char *text)
{
    static const char dots[] = "…";
    size_t length = CELL_MAX - sizeof(dots);
    if (strlen(text) < CELL_MAX)
        return;
    while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
        length--;
    memcpy(text + length, dots, sizeof(dots));
}

static void put_cell(struct sheet *sheet, lxw_col_t column, char *text, bool is_text,
                     lxw_format *format)
{
    char *end = text;
    double number = is_text ? 0 : strtod(text, &end);
    shorten(text);
    mend(text);
    bool is_number = !is_text && *text && !*end;
    lxw_error error =
        is_number ? worksheet_write_number(sheet->worksheet, sheet->row, column, number, format)
                  : worksheet_write_string(sheet->worksheet, sheet->row, column, text, format);
    sheet->failed = sheet->failed || error != LXW_NO_ERROR;
    if (column < sizeof(sheet->widths) / sizeof(sheet->widths[0]) &&
        sheet->widths[column] < width_of(text))
        sheet->widths[column] = width_of(text);
}

static void put_row(struct sheet *sheet, const struct td_locale *locale, const json_t *columns,
                    const json_t *item, lxw_format *bold)
{
    lxw_col_t column = 0;
    const char *name;
    json_t *head;
    json_object_foreach((json_t *)columns, name, head) {
        const json_t *value = item ? member_of(locale, item, name) : head;
        char *words = item ? words_of(locale, name, value) : strdup(json_string_value(head));
        if (words)
            put_cell(sheet, column, words, !item || json_is_string(value), bold);
        sheet->failed = sheet->failed || !words;
        free(words);
        column++;
    }
    sheet->row++;
}

static void put_items(struct sheet *sheet, const struct td_locale *locale, const json_t *items,
                      lxw_format *bold)
{
    json_t *columns = find_columns(locale, items), *item;
    size_t index, count = json_object_size(columns);
    put_row(sheet, locale, columns, NULL, bold);
    json_array_foreach(items, index, item)
        put_row(sheet, locale, columns, item, NULL);
    for (size_t i = 0; i < count && i < sizeof(sheet->widths) / sizeof(sheet->widths[0]); i++)
        worksheet_set_column(sheet->worksheet, (lxw_col_t)i, (lxw_col_t)i,
                             sheet->widths[i] < WIDTH_MIN ? WIDTH_MIN : sheet->widths[i] + 2, NULL);
    worksheet_freeze_panes(sheet->worksheet, 1, 0);
    if (count)
        worksheet_autofilter(sheet->worksheet, 0, 0, sheet->row - 1, (lxw_col_t)(count - 1));
    json_decref(columns);
}

static int make_workbook(const struct td_locale *locale, const json_t *items, const char *path)
{
    char folder[4096];
    snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
    lxw_workbook_options options = {.constant_memory = LXW_TRUE, .tmpdir = folder};
    lxw_workbook *workbook = workbook_new_opt(path, &options);
    lxw_format *bold = workbook ? workbook_add_format(workbook) : NULL;
    struct sheet sheet = {.worksheet = bold ? workbook_add_worksheet(workbook, NULL) : NULL};
    if (!sheet.worksheet) {
        lxw_workbook_free(workbook);
        return TD_ENOMEM;
    }
    format_set_bold(bold);
    put_items(&sheet, locale, items, bold);
    lxw_error error = workbook_close(workbook);
    return error != LXW_NO_ERROR ? TD_EIO : sheet.failed ? TD_ENOMEM : 0;
}

static int take_file(const char *path, struct td_strbuf *out)
{
    char bytes[16384];
    size_t count;
    FILE *file = fopen(path, "rb");
    if (!file)
        return TD_EIO;
    while ((count = fread(bytes, 1, sizeof(bytes), file)) > 0)
        td_strbuf_add(out, bytes, count);
    bool failed = ferror(file);
    fclose(file);
    return failed ? TD_EIO : out->failed ? TD_ENOMEM : 0;
}

int td_table_xlsx(const struct td_locale *locale, const json_t *items, struct td_store *store,
                  struct td_strbuf *out, struct td_error *reterr)
{
    char path[4096];
    int fd, r = td_files_create(store, &fd, path, sizeof(path), reterr);
    if (r < 0)
        return r;
    close(fd); /* it was for the rights of the file: nobody else reads it */
    r = make_workbook(locale, items, path);
    if (r == 0)
        r = take_file(path, out);
    unlink(path);
    return r < 0 ? td_error_set(reterr, r, "making a workbook") : 0;
}
