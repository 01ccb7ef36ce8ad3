/* strbuf.c - see strbuf.h. Grows to twice its size, so n appends cost O(n). */
#include "base/strbuf.h"

#include "base/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char empty[1];

void td_strbuf_init(struct td_strbuf *buf)
{
    *buf = (struct td_strbuf){.bytes = empty};
}

void td_strbuf_done(struct td_strbuf *buf)
{
    if (buf->room)
        free(buf->bytes);
    td_strbuf_init(buf);
}

static bool reserve(struct td_strbuf *buf, size_t extra)
{
    if (buf->failed || extra >= TD_STRBUF_MAX - buf->length) {
        buf->failed = true;
        return false;
    }
    size_t need = buf->length + extra + 1;
    if (need <= buf->room)
        return true;
    size_t room = 2 * buf->room;
    room = room < need ? need : room;
    room = room < 64 ? 64 : room;
    char *bytes = realloc(buf->room ? buf->bytes : NULL, room);
    if (!bytes) {
        buf->failed = true;
        td_memory_note(); /* some leave it at what they have */
        return false;
    }
    buf->bytes = bytes;
    buf->room = room;
    return true;
}

void td_strbuf_add(struct td_strbuf *buf, const void *bytes, size_t length)
{
    if (!reserve(buf, length))
        return;
    if (length)
        memcpy(buf->bytes + buf->length, bytes, length);
    buf->length += length;
    buf->bytes[buf->length] = 0;
}

void td_strbuf_adds(struct td_strbuf *buf, const char *text)
{
    td_strbuf_add(buf, text, strlen(text));
}

void td_strbuf_addf(struct td_strbuf *buf, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int length = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (length < 0 || !reserve(buf, (size_t)length))
        return;
    va_start(ap, fmt);
    vsnprintf(buf->bytes + buf->length, (size_t)length + 1, fmt, ap);
    va_end(ap);
    buf->length += (size_t)length;
}

void td_strbuf_add_html(struct td_strbuf *buf, const char *text, size_t length)
{
    size_t plain = 0; /* start of the run that needs no escape */
    for (size_t i = 0; i < length; i++) {
        const char *entity = NULL;
        switch (text[i]) {
        case '&': entity = "&amp;"; break;
        case '<': entity = "&lt;"; break;
        case '>': entity = "&gt;"; break;
        case '"': entity = "&quot;"; break;
        case '\'': entity = "&#39;"; break;
        }
        if (!entity)
            continue;
        td_strbuf_add(buf, text + plain, i - plain);
        td_strbuf_adds(buf, entity);
        plain = i + 1;
    }
    td_strbuf_add(buf, text + plain, length - plain);
}

void td_strbuf_cut(struct td_strbuf *buf, size_t length)
{
    assert(length <= buf->length);
    buf->length = length;
    if (buf->room)
        buf->bytes[length] = 0;
}

char *td_strbuf_take(struct td_strbuf *buf, size_t *ret_length)
{
    char *bytes = NULL;
    if (!buf->failed && reserve(buf, 0)) {
        bytes = buf->bytes;
        bytes[buf->length] = 0;
        if (ret_length)
            *ret_length = buf->length;
        td_strbuf_init(buf);
    } else {
        td_strbuf_done(buf);
    }
    return bytes;
}
