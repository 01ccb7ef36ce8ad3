/* csv.c - see csv.h. */
#include "http/csv.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_plain(const json_t *value)
{
    return !json_is_object(value) && !json_is_array(value);
}

static void add_cell(struct td_strbuf *out, const char *text, bool is_number)
{
    td_strbuf_addc(out, '"');
    if (!is_number && *text && strchr("=+-@\t\r", *text))
        td_strbuf_addc(out, '\'');
    for (; *text; text++) {
        if (*text == '"')
            td_strbuf_addc(out, '"');
        td_strbuf_addc(out, *text);
    }
    td_strbuf_addc(out, '"');
}

static void add_value(const struct td_locale *locale, struct td_strbuf *out, const char *name,
                      const json_t *value)
{
    char *shown = td_locale_member_text(locale, name, value);
    char number[32];
    if (shown)
        add_cell(out, shown, json_is_integer(value));
    else if (json_is_string(value))
        add_cell(out, json_string_value(value), false);
    else if (json_is_integer(value))
        add_cell(out,
                 (snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value)),
                  number),
                 true);
    else if (json_is_real(value))
        add_cell(out, (snprintf(number, sizeof(number), "%.15g", json_real_value(value)), number),
                 true);
    else
        add_cell(out, json_is_boolean(value) ? (json_is_true(value) ? "1" : "0") : "", true);
    free(shown);
}

static json_t *find_columns(const json_t *items)
{
    json_t *columns = json_object(), *item, *value;
    size_t index;
    const char *name;
    json_array_foreach(items, index, item)
        json_object_foreach(item, name, value)
            if (is_plain(value) && !json_object_get(columns, name))
                json_object_set_new(columns, name, json_null());
    return columns;
}

void td_csv_write(const struct td_locale *locale, const json_t *items, struct td_strbuf *out)
{
    json_t *columns = find_columns(items), *item, *unused;
    size_t index;
    const char *name, *comma = "";
    td_strbuf_adds(out, "\xef\xbb\xbf");
    json_object_foreach(columns, name, unused) {
        const char *head = td_locale_text(locale, "column", name);
        td_strbuf_adds(out, comma);
        add_cell(out, head ? head : name, false);
        comma = ",";
    }
    td_strbuf_adds(out, "\r\n");
    json_array_foreach(items, index, item) {
        comma = "";
        json_object_foreach(columns, name, unused) {
            td_strbuf_adds(out, comma);
            add_value(locale, out, name, json_object_get(item, name));
            comma = ",";
        }
        td_strbuf_adds(out, "\r\n");
    }
    json_decref(columns);
}
