/* json.c - see json.h. jansson's own writer looks each container up in a table of its parents,
 * decodes each text and calls back for every comma: it was a quarter of a reply. Its reader takes
 * each byte through a callback and two buffers. The one here knows the usual forms; at anything
 * else it gives up and jansson reads the whole text, so that what is JSON and what is not stays
 * jansson's word. */
#include "base/json.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool td_json_lists(const json_t *array, const char *text)
{
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)array, i, one) {
        const char *has = json_string_value(one);
        if (has && !strcmp(has, text))
            return true;
    }
    return false;
}

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

/* Bytes at the beginning of `text` that need no look, eight at a time: no quote, backslash or
 * control among them. Of the rest each is looked at. */
static size_t plain_length(const char *text, size_t length)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
    size_t i = 0;
    for (uint64_t word; length - i >= sizeof(word); i += sizeof(word)) {
        memcpy(&word, text + i, sizeof(word));
        uint64_t quote = word ^ (ones * '"'), backslash = word ^ (ones * '\\');
        uint64_t special = ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) |
                           ((word - ones * 0x20) & ~word);
        if (special & high)
            break;
    }
    return i;
}

static void write_text(const char *text, size_t length, struct td_strbuf *out)
{
    size_t plain = 0; /* start of the run that needs no escape */
    td_strbuf_addc(out, '"');
    for (size_t i = plain_length(text, length); i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        td_strbuf_add(out, text + plain, i - plain);
        write_escape(c, out);
        plain = i + 1;
        i += plain_length(text + plain, length - plain);
    }
    td_strbuf_add(out, text + plain, length - plain);
    td_strbuf_addc(out, '"');
}

void td_json_write_members(const json_t *object, struct td_strbuf *out)
{
    bool first = true;
    const char *name;
    size_t length;
    json_t *value;
    json_object_keylen_foreach((json_t *)object, name, length, value) {
        if (!first)
            td_strbuf_addc(out, ',');
        first = false;
        write_text(name, length, out);
        td_strbuf_addc(out, ':');
        td_json_write(value, out);
    }
}

static void write_object(const json_t *object, struct td_strbuf *out)
{
    td_strbuf_addc(out, '{');
    td_json_write_members(object, out);
    td_strbuf_addc(out, '}');
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

bool td_json_is_written(const json_t *value, const char *text, size_t length)
{
    struct td_strbuf written;
    td_strbuf_init(&written);
    td_json_write(value, &written);
    bool is =
        !written.failed && written.length == length && memcmp(written.bytes, text, length) == 0;
    td_strbuf_done(&written);
    return is;
}

/* --- reading ----------------------------------------------------------------------- */

static bool is_ascii(const char *text, size_t length)
{
    unsigned char all = 0;
    for (size_t i = 0; i < length; i++)
        all |= (unsigned char)text[i];
    return all < 0x80;
}

json_t *td_json_string(const char *text, size_t length)
{
    return is_ascii(text, length) ? json_stringn_nocheck(text, length) : json_stringn(text, length);
}

enum { READ_DEPTH = 100 };

struct reader {
    const char *at, *end;
    int depth;
};

static json_t *read_value(struct reader *reader);

static bool take(struct reader *reader, char c)
{
    if (reader->at == reader->end || *reader->at != c)
        return false;
    reader->at++;
    return true;
}

/* Unfolds the simple escapes of `raw` into `out`, which has room for `length`; how many bytes it
 * has then, -1 at an escape by number. */
static long unescape(const char *raw, size_t length, char *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    long made = 0;
    for (size_t i = 0; i < length; i++) {
        if (raw[i] != '\\') {
            out[made++] = raw[i];
            continue;
        }
        const char *known = memchr(from, raw[++i], sizeof(from) - 1);
        if (!known)
            return -1;
        out[made++] = to[known - from];
    }
    return made;
}

/* The bytes between two quotes, with their escapes, of which *ret_escaped tells; NULL without an
 * end. */
static const char *scan_text(struct reader *reader, size_t *ret_length, bool *ret_escaped)
{
    const char *from = reader->at;
    *ret_escaped = false;
    reader->at += plain_length(from, (size_t)(reader->end - from));
    for (; reader->at < reader->end; reader->at++) {
        unsigned char c = (unsigned char)*reader->at;
        if (c == '"') {
            *ret_length = (size_t)(reader->at++ - from);
            return from;
        }
        if (c < 0x20)
            return NULL;
        if (c == '\\') {
            *ret_escaped = true;
            if (++reader->at == reader->end)
                return NULL;
        }
    }
    return NULL;
}

static json_t *read_text(struct reader *reader)
{
    size_t length;
    bool escaped;
    const char *raw = scan_text(reader, &length, &escaped);
    if (!raw || !escaped)
        return raw ? td_json_string(raw, length) : NULL;
    char *plain = malloc(length);
    long made = plain ? unescape(raw, length, plain) : -1;
    json_t *text = made < 0 ? NULL : td_json_string(plain, (size_t)made);
    free(plain);
    return text;
}

/* Whole numbers of up to 18 digits; how any other is read is left to jansson. */
static json_t *read_number(struct reader *reader)
{
    const char *from = reader->at, *digits;
    bool minus = take(reader, '-');
    json_int_t value = 0;
    for (digits = reader->at; reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9';
         reader->at++)
        if (reader->at - digits < 18)
            value = 10 * value + (*reader->at - '0');
    long count = reader->at - digits;
    while (reader->at < reader->end && *reader->at && strchr("0123456789.eE+-", *reader->at))
        reader->at++;
    if (count > 0 && count <= 18 && *digits != '0' && reader->at == digits + count)
        return json_integer(minus ? -value : value);
    return json_loadb(from, (size_t)(reader->at - from), JSON_DECODE_ANY, NULL);
}

static json_t *read_array(struct reader *reader)
{
    json_t *array = json_array();
    if (take(reader, ']'))
        return array;
    do {
        if (json_array_append_new(array, read_value(reader)) < 0)
            goto out;
    } while (take(reader, ','));
    if (take(reader, ']'))
        return array;
out:
    json_decref(array);
    return NULL;
}

static int set_member(json_t *object, const char *name, size_t length, json_t *value)
{
    return is_ascii(name, length) ? json_object_setn_new_nocheck(object, name, length, value)
                                  : json_object_setn_new(object, name, length, value);
}

static json_t *read_object(struct reader *reader)
{
    json_t *object = json_object();
    if (take(reader, '}'))
        return object;
    do {
        size_t length;
        bool escaped;
        const char *name = take(reader, '"') ? scan_text(reader, &length, &escaped) : NULL;
        if (!name || escaped || !take(reader, ':') ||
            set_member(object, name, length, read_value(reader)) < 0)
            goto out;
    } while (take(reader, ','));
    if (take(reader, '}'))
        return object;
out:
    json_decref(object);
    return NULL;
}

static json_t *read_word(struct reader *reader, const char *word, json_t *value)
{
    size_t length = strlen(word);
    if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0)
        return NULL;
    reader->at += length;
    return value;
}

static json_t *read_value(struct reader *reader)
{
    json_t *value = NULL;
    if (reader->at == reader->end || reader->depth == READ_DEPTH)
        return NULL;
    reader->depth++;
    switch (*reader->at++) {
    case '{': value = read_object(reader); break;
    case '[': value = read_array(reader); break;
    case '"': value = read_text(reader); break;
    case 't': value = read_word(reader, "rue", json_true()); break;
    case 'f': value = read_word(reader, "alse", json_false()); break;
    case 'n': value = read_word(reader, "ull", json_null()); break;
    default: reader->at--; value = read_number(reader);
    }
    reader->depth--;
    return value;
}

json_t *td_json_read(const char *text, size_t length)
{
    struct reader reader = {.at = text, .end = text + length};
    json_t *value = read_value(&reader);
    if (value && reader.at == reader.end)
        return value;
    json_decref(value);
    return json_loadb(text, length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
}
