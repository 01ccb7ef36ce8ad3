/* text.c - see text.h. Holds no state. */
#include "http/text.h"

#include "base/utf8.h"

#include <string.h>

static bool token_char(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

bool td_text_is_token(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!token_char((unsigned char)bytes[i]))
            return false;
    return length > 0;
}

bool td_text_has_controls(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)bytes[i] < 0x20 || bytes[i] == 0x7f)
            return true;
    return false;
}

bool td_text_is_local_path(const char *path)
{
    return path && path[0] == '/' && path[1] != '/' && !strchr(path, '\\') &&
           !td_text_has_controls(path, strlen(path));
}

int td_text_hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

long td_text_percent_decode(const char *in, size_t length, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        if (in[i] != '%') {
            out[n++] = in[i];
            continue;
        }
        if (length - i < 3 || td_text_hex(in[i + 1]) < 0 || td_text_hex(in[i + 2]) < 0)
            return -1;
        out[n++] = (char)(td_text_hex(in[i + 1]) << 4 | td_text_hex(in[i + 2]));
        i += 2;
    }
    out[n] = 0;
    return (long)n;
}

void td_text_add_form(struct td_strbuf *buf, const char *bytes, size_t length)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            (c && strchr("-._*", c)))
            td_strbuf_addc(buf, (char)c);
        else
            td_strbuf_add(buf, (const char[]){'%', digits[c >> 4], digits[c & 15]}, 3);
    }
}

static bool shown(unsigned point)
{
    return point >= 0x20 && !(point >= 0x7f && point <= 0x9f) && /* controls */
           !(point >= 0x202a && point <= 0x202e) &&              /* bidirectional embeddings */
           !(point >= 0x2066 && point <= 0x2069) &&              /* and isolates: they can hide */
           point != 0x200e && point != 0x200f &&                 /* the real extension */
           !(point >= 0x2028 && point <= 0x2029) && point != 0xfeff;
}

/* The bytes at the end that make a short extension with its dot; 0 when there is none. */
static size_t extension_length(const char *bytes, size_t length)
{
    for (size_t n = 1; n <= 10 && n < length; n++)
        if (bytes[length - n] == '.')
            return n;
    return 0;
}

/* Copies shown characters until `most` are out; returns bytes written. */
static size_t copy_shown(const char *bytes, size_t length, size_t most, char *name)
{
    size_t out = 0, count = 0;
    for (size_t i = 0; i < length && count < most;) {
        unsigned point;
        size_t n = td_utf8_next((const unsigned char *)bytes + i, length - i, &point);
        if (n == 0)
            return 0;
        if (shown(point) && (out || (point != ' ' && point != '.'))) {
            memcpy(name + out, bytes + i, n);
            out += n;
            count++;
        }
        i += n;
    }
    return out;
}

void td_text_safe_name(const char *bytes, size_t length, char name[TD_TEXT_NAME_ROOM])
{
    size_t from = length;
    while (from > 0 && bytes[from - 1] != '/' && bytes[from - 1] != '\\')
        from--;
    bytes += from;
    length -= from;
    size_t out = 0;
    if (td_utf8_is(bytes, length)) {
        size_t extension = extension_length(bytes, length);
        out = copy_shown(bytes, length - extension, TD_TEXT_NAME_MAX - extension, name);
        if (out && extension) {
            name[out++] = '.';
            out += copy_shown(bytes + length - extension + 1, extension - 1, extension, name + out);
        } else if (extension) {
            out = copy_shown(bytes, length, TD_TEXT_NAME_MAX, name);
        }
    }
    while (out && (name[out - 1] == ' ' || name[out - 1] == '.'))
        out--;
    if (out == 0)
        out = (size_t)(stpcpy(name, "file") - name);
    name[out] = 0;
}
