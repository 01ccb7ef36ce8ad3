/* log.c - see log.h. The only state is the level, and the lines that a thread holds back. */
#include "base/log.h"

#include "base/clock.h"
#include "base/strbuf.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static _Atomic int threshold = TD_LOG_INFO;
static _Thread_local struct td_strbuf held;
static _Thread_local bool holding;

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

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void add_quoted(struct td_strbuf *line, const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    td_strbuf_addc(line, '"');
    while (*c) {
        size_t length = 0;
        while (is_plain(c[length]))
            length++;
        if (length == 0 && *c >= 0x80)
            length = character_length(c);
        td_strbuf_add(line, c, length);
        if (length == 0) {
            if (*c >= 0x80)
                td_strbuf_adds(line, "\\ufffd");
            else
                td_strbuf_addf(line, *c == '"' || *c == '\\' ? "\\%c" : "\\u%04x", *c);
            length = 1;
        }
        c += length;
    }
    td_strbuf_addc(line, '"');
}

/* Digits by hand: most lines have three numbers, and a request's line is part of its cost. */
static void add_number(struct td_strbuf *line, int64_t number)
{
    char text[24], *at = text + sizeof(text);
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (number < 0)
        *--at = '-';
    td_strbuf_add(line, at, (size_t)(text + sizeof(text) - at));
}

static void add_name(struct td_strbuf *line, const char *before, const char *name)
{
    td_strbuf_adds(line, before);
    td_strbuf_adds(line, name);
    td_strbuf_add(line, "\":", 2);
}

static void add_line(struct td_strbuf *line, const char *level, const char *event,
                     const struct td_log_field *fields)
{
    char now[TD_TIME_TEXT];
    td_time_format(td_clock_now_ms(), now);
    td_strbuf_adds(line, "{\"time\":\"");
    td_strbuf_adds(line, now);
    td_strbuf_adds(line, "\",\"level\":\"");
    td_strbuf_adds(line, level);
    td_strbuf_adds(line, "\",\"event\":\"");
    td_strbuf_adds(line, event);
    td_strbuf_addc(line, '"');
    for (; fields->name; fields++) {
        add_name(line, ",\"", fields->name);
        if (fields->text)
            add_quoted(line, fields->text);
        else
            add_number(line, fields->number);
    }
    td_strbuf_add(line, "}\n", 2);
}

static void write_out(const char *lines, size_t length)
{
    ssize_t written = length ? write(STDERR_FILENO, lines, length) : 0;
    (void)written; /* a log that cannot be written has nowhere to complain */
}

void td_log_hold(void)
{
    if (!holding)
        td_strbuf_init(&held);
    holding = true;
}

void td_log_flush(void)
{
    if (!holding || (held.length == 0 && !held.failed))
        return;
    write_out(held.bytes, held.length);
    if (held.failed)
        td_strbuf_done(&held);
    td_strbuf_cut(&held, 0);
}

void td_log_release(void)
{
    td_log_flush();
    if (holding)
        td_strbuf_done(&held);
    holding = false;
}

/* A pipe takes up to PIPE_BUF bytes whole; with more, lines of another thread could come between.
 */
static void hold_line(const char *level, const char *event, const struct td_log_field *fields)
{
    size_t before = held.length;
    add_line(&held, level, event, fields);
    if (held.failed || held.length <= PIPE_BUF || before == 0)
        return;
    write_out(held.bytes, before);
    memmove(held.bytes, held.bytes + before, held.length - before);
    td_strbuf_cut(&held, held.length - before);
}

void td_log_write(enum td_log_level level, const char *event, const struct td_log_field *fields)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    if ((int)level < atomic_load(&threshold))
        return;
    if (holding) {
        hold_line(names[level], event, fields);
        if (level >= TD_LOG_WARNING)
            td_log_flush();
        return;
    }
    struct td_strbuf line;
    td_strbuf_init(&line);
    add_line(&line, names[level], event, fields);
    write_out(line.bytes, line.length);
    td_strbuf_done(&line);
}
