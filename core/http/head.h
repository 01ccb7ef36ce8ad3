/* head.h - checks the raw bytes of a header block as they arrive, before they are parsed: CR LF line ends,
 * no controls, no folding, and the limits that hold for a client that never ends its header. */
#ifndef TD_HTTP_HEAD_H
#define TD_HTTP_HEAD_H

#include "http/connection.h"

/* How far the search for the end of the block has come; zero at its start. */
struct td_head_scan {
    size_t seen;         /* bytes looked at */
    size_t start;        /* where the request line begins: 2 after one empty line */
    size_t line_start;
    size_t line_count;   /* complete lines, the request line included */
    size_t fields_start; /* where the first header line begins */
    unsigned char previous;
    const char *reason;  /* of a refusal: one English sentence */
};

/* `bytes` is the block from its first byte on, longer with every call. > 0: its length, the bytes before
 * scan->start included. 0: its end has not come. < 0: minus the HTTP status of a refusal. */
long td_head_scan(struct td_head_scan *scan, const struct td_http_limits *limits, const char *bytes,
                  size_t length);

#endif
