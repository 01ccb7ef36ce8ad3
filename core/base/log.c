/* log.c - see log.h. The only state is the level. */
#include "base/log.h"

#include "base/clock.h"
#include "base/strbuf.h"

#include <stdatomic.h>
#include <unistd.h>

static _Atomic int threshold = TD_LOG_INFO;

void td_log_set_level(enum td_log_level level)
{
    atomic_store(&threshold, (int)level);
}

/* Bytes of the character at `c`, which begins with 0x80 or more; 0 when it is not
 * UTF-8 (RFC 3629). */
static size_t character_length(const unsigned char *c)
{
    unsigned char low = 0x80, high = 0xbf; /* what the second byte may be */
    size_t length = c[0] >= 0xc2 && c[0] <= 0xdf   ? 2
                    : (c[0] & 0xf0) == 0xe0        ? 3
                    : c[0] >= 0xf0 && c[0] <= 0xf4 ? 4
                                                   : 0;
    switch (c[0]) {
    case 0xe0: low = 0xa0; break;
    case 0xed: high = 0x9f; break;
    case 0xf0: low = 0x90; break;
    case 0xf4: high = 0x8f; break;
    }
    for (size_t i = 1; i < length; i++) {
        if (c[i] < low || c[i] > high)
            return 0;
        low = 0x80;
        high = 0xbf;
    }
    return length;
}

static void add_quoted(struct td_strbuf *line, const char *text)
{
    td_strbuf_addc(line, '"');
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        size_t length = *c >= 0x80 ? character_length(c) : 1;
        if (length == 0)
            td_strbuf_adds(line, "\\ufffd");
        else if (*c == '"' || *c == '\\')
            td_strbuf_addf(line, "\\%c", *c);
        else if (*c < 0x20 || *c == 0x7f)
            td_strbuf_addf(line, "\\u%04x", *c);
        else
            td_strbuf_add(line, c, length);
        c += length > 1 ? length - 1 : 0;
    }
    td_strbuf_addc(line, '"');
}

void td_log_write(enum td_log_level level, const char *event, const struct td_log_field *fields)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    if ((int)level < atomic_load(&threshold))
        return;
    char now[TD_TIME_TEXT];
    td_time_format(td_clock_now_ms(), now);
    struct td_strbuf line;
    td_strbuf_init(&line);
    td_strbuf_addf(&line, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"", now, names[level],
                   event);
    for (; fields->name; fields++) {
        td_strbuf_addf(&line, ",\"%s\":", fields->name);
        if (fields->text)
            add_quoted(&line, fields->text);
        else
            td_strbuf_addf(&line, "%lld", (long long)fields->number);
    }
    td_strbuf_adds(&line, "}\n");
    ssize_t written = write(STDERR_FILENO, line.bytes, line.length);
    (void)written; /* a log that cannot be written has nowhere to complain */
    td_strbuf_done(&line);
}
