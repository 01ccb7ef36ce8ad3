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

static void add_quoted(struct td_strbuf *line, const char *text)
{
    td_strbuf_addc(line, '"');
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"' || *c == '\\')
            td_strbuf_addf(line, "\\%c", *c);
        else if (*c < 0x20 || *c == 0x7f)
            td_strbuf_addf(line, "\\u%04x", *c);
        else
            td_strbuf_addc(line, (char)*c);
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
    td_strbuf_addf(&line, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"", now, names[level], event);
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
