/* head.c - see head.h. One pass over the bytes, however they are split. */
#include "http/head.h"

static long refuse_scan(struct td_head_scan *scan, int status, const char *reason)
{
    scan->reason = reason;
    return -status;
}

/* A line has ended just before `at`, the place of its CR. 1: it was the empty line that ends the
 * block. */
static long line_ended(struct td_head_scan *scan, const struct td_http_limits *limits, size_t at)
{
    if (at != scan->line_start) {
        if (scan->line_count++ == 0)
            scan->fields_start = at + 2;
        if (scan->line_count > limits->header_count + 1)
            return refuse_scan(scan, 431, "There are too many header fields.");
    } else if (scan->line_count > 0) {
        return 1;
    } else if (scan->start == 0) {
        scan->start = 2; /* RFC 9112, 2.2: one empty line before the request line is forgiven */
    } else {
        return refuse_scan(scan, 400, "The request line is missing.");
    }
    scan->line_start = at + 2;
    return 0;
}

static long scan_limits(struct td_head_scan *scan, const struct td_http_limits *limits, size_t at)
{
    if (scan->line_count == 0 && at - scan->start >= limits->request_line)
        return refuse_scan(scan, 414, "The request line is too long.");
    if (scan->line_count > 0 && at - scan->fields_start >= limits->header_bytes)
        return refuse_scan(scan, 431, "The header block is too large.");
    return 0;
}

long td_head_scan(struct td_head_scan *scan, const struct td_http_limits *limits, const char *bytes,
                  size_t length)
{
    for (; scan->seen < length; scan->seen++) {
        size_t at = scan->seen;
        unsigned char c = (unsigned char)bytes[at];
        long step = 0;
        if ((scan->previous == '\r') != (c == '\n'))
            return refuse_scan(scan, 400, "Lines must end with CR LF.");
        if (c == '\n')
            step = line_ended(scan, limits, at - 1);
        else if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7f)
            return refuse_scan(scan, 400, "The header block contains a control character.");
        else if ((c == ' ' || c == '\t') && at == scan->line_start)
            return refuse_scan(scan, 400, "Header lines must not be folded.");
        else if (c != '\r')
            step = scan_limits(scan, limits, at);
        if (step != 0) {
            scan->seen++;
            return step < 0 ? step : (long)scan->seen;
        }
        scan->previous = c;
    }
    return 0;
}
