/* json.c - see json.h. jansson's own writer looks each container up in a table of its parents,
 * decodes each text and calls back for every comma: it was a quarter of a reply. */
#include "base/json.h"

#include <stdio.h>
#include <string.h>

static void write_escape(unsigned char c, struct td_strbuf *out)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *known = memchr(from, c, sizeof(from) - 1);
    char escape[8];
    if (known)
        snprintf(escape, sizeof(escape), "\\%c", to[known - from]);
    else
        snprintf(escape, sizeof(escape), "\\u%04X", c);
    td_strbuf_adds(out, escape);
}

static void write_text(const char *text, size_t length, struct td_strbuf *out)
{
    size_t plain = 0; /* start of the run that needs no escape */
    td_strbuf_addc(out, '"');
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        td_strbuf_add(out, text + plain, i - plain);
        write_escape(c, out);
        plain = i + 1;
    }
    td_strbuf_add(out, text + plain, length - plain);
    td_strbuf_addc(out, '"');
}

static void write_object(const json_t *object, struct td_strbuf *out)
{
    const char *separator = "{", *name;
    size_t length;
    json_t *value;
    json_object_keylen_foreach((json_t *)object, name, length, value) {
        td_strbuf_addc(out, *separator);
        separator = ",";
        write_text(name, length, out);
        td_strbuf_addc(out, ':');
        td_json_write(value, out);
    }
    td_strbuf_adds(out, *separator == '{' ? "{}" : "}");
}

static void write_array(const json_t *array, struct td_strbuf *out)
{
    td_strbuf_addc(out, '[');
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i)
            td_strbuf_addc(out, ',');
        td_json_write(json_array_get(array, i), out);
    }
    td_strbuf_addc(out, ']');
}

static void write_integer(json_int_t value, struct td_strbuf *out)
{
    char text[32];
    int length = snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, value);
    td_strbuf_add(out, text, (size_t)length);
}

/* How a fraction is spelt is left to jansson. */
static void write_real(const json_t *value, struct td_strbuf *out)
{
    char text[64];
    size_t length = json_dumpb(value, text, sizeof(text), JSON_COMPACT | JSON_ENCODE_ANY);
    td_strbuf_add(out, text, length < sizeof(text) ? length : 0);
}

void td_json_write(const json_t *value, struct td_strbuf *out)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT: write_object(value, out); break;
    case JSON_ARRAY: write_array(value, out); break;
    case JSON_STRING: write_text(json_string_value(value), json_string_length(value), out); break;
    case JSON_INTEGER: write_integer(json_integer_value(value), out); break;
    case JSON_REAL: write_real(value, out); break;
    case JSON_TRUE: td_strbuf_adds(out, "true"); break;
    case JSON_FALSE: td_strbuf_adds(out, "false"); break;
    case JSON_NULL: td_strbuf_adds(out, "null"); break;
    }
}
