/* table.c - see table.h. */
#include "base/table.h"

#include "base/error.h"
#include "base/strbuf.h"
#include "base/utf8.h"

#include <iconv.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { GROWTH = 3 }; /* bytes of UTF-8 for one of GB 18030, at most */

json_t *td_table_line(const char **at, char separator, size_t columns)
{
    json_t *cells = json_array();
    const char *p = *at;
    for (;;) {
        struct td_strbuf cell;
        td_strbuf_init(&cell);
        if (*p == '"')
            for (p++; *p && !(*p == '"' && p[1] != '"'); p++) {
                p += *p == '"';
                td_strbuf_add(&cell, p, 1);
            }
        while (*p && *p != separator && *p != '\n') {
            if (*p != '"' && *p != '\r')
                td_strbuf_add(&cell, p, 1);
            p++;
        }
        const char *text = cell.bytes;
        size_t length = cell.length;
        while (length && *text == ' ')
            text++, length--;
        while (length && text[length - 1] == ' ')
            length--;
        json_array_append_new(cells, json_stringn(length ? text : "", length));
        td_strbuf_done(&cell);
        if (*p != separator || json_array_size(cells) >= columns)
            break;
        p++;
    }
    p += strcspn(p, "\n");
    *at = *p ? p + 1 : p;
    return cells;
}

bool td_table_runs(const char *text)
{
    static const char *const wide[] = {"＝", "＋", "－", "＠"};
    for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
        if (strncmp(text, wide[i], strlen(wide[i])) == 0)
            return true;
    return *text && strchr("=+-@\t\r\n", *text);
}

char td_table_separator(const char *text)
{
    return memchr(text, '\t', strcspn(text, "\n")) ? '\t' : ',';
}

static bool is_open(iconv_t conversion)
{
    return conversion != (iconv_t)-1; /* NOLINT(performance-no-int-to-ptr): so POSIX has it */
}

static int convert(const char *bytes, size_t length, char **ret_text)
{
    size_t room = length * GROWTH, left = length;
    char *text = malloc(room + 1), *out = text, *in = (char *)bytes;
    iconv_t from = iconv_open("UTF-8", "GB18030");
    bool done =
        text && is_open(from) && iconv(from, &in, &left, &out, &room) != (size_t)-1 && left == 0;
    if (is_open(from))
        iconv_close(from);
    if (!done) {
        bool short_of = !text || !is_open(from);
        free(text);
        return short_of ? TD_ENOMEM : TD_EINVALID;
    }
    *out = 0;
    *ret_text = text;
    return 0;
}

int td_table_text(const char *bytes, size_t length, char **ret_text)
{
    static const char mark[] = "\xef\xbb\xbf";
    if (memchr(bytes, 0, length))
        return TD_EINVALID;
    if (length >= 3 && !memcmp(bytes, mark, 3))
        bytes += 3, length -= 3;
    if (!td_utf8_is(bytes, length))
        return convert(bytes, length, ret_text);
    char *text = malloc(length + 1);
    if (!text)
        return TD_ENOMEM;
    memcpy(text, bytes, length);
    text[length] = 0;
    *ret_text = text;
    return 0;
}
