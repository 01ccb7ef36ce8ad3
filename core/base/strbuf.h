/* strbuf.h - a growing byte string.
 *
 * Invariants: `bytes` is never NULL and bytes[length] is always 0, also before the first append.
 * An append that finds no memory, or would pass TD_STRBUF_MAX, leaves the content as it was and sets
 * `failed`; later appends do nothing, so a caller checks once, at the end. */
#ifndef TD_BASE_STRBUF_H
#define TD_BASE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>

#define TD_STRBUF_MAX ((size_t)256 << 20)

struct td_strbuf {
    char *bytes;
    size_t length;
    size_t room; /* allocated, 0 while `bytes` is the shared empty string */
    bool failed;
};

void td_strbuf_init(struct td_strbuf *buf);
void td_strbuf_done(struct td_strbuf *buf); /* frees; the buffer is empty and usable again */

void td_strbuf_add(struct td_strbuf *buf, const void *bytes, size_t length);
void td_strbuf_adds(struct td_strbuf *buf, const char *text);
static inline void td_strbuf_addc(struct td_strbuf *buf, char c)
{
    if (buf->failed || buf->length + 1 >= buf->room) {
        td_strbuf_add(buf, &c, 1);
        return;
    }
    buf->bytes[buf->length++] = c;
    buf->bytes[buf->length] = 0;
}
void td_strbuf_addf(struct td_strbuf *buf, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Text for HTML: & < > " ' become entities. */
void td_strbuf_add_html(struct td_strbuf *buf, const char *text, size_t length);

/* Cuts to `length`, which must not be larger than the present one. */
void td_strbuf_cut(struct td_strbuf *buf, size_t length);

/* Hands the string over: malloc'd, caller frees; NULL when an append failed. The buffer is empty. */
char *td_strbuf_take(struct td_strbuf *buf, size_t *ret_length);

#endif
