/* range.h - the Range header of a request for a file (RFC 9110, 14.1.2). */
#ifndef TD_HTTP_RANGE_H
#define TD_HTTP_RANGE_H

#include <stddef.h>

struct td_range {
    size_t start, length;
};

enum td_range_kind {
    TD_RANGE_NONE,   /* not one range of bytes that we understand: the whole is sent */
    TD_RANGE_PART,   /* *ret_range is set, length > 0 */
    TD_RANGE_OUTSIDE /* nothing of it is in the file */
};

/* "bytes=0-99", "bytes=100-", "bytes=-100" against a file of `size` bytes. */
enum td_range_kind td_range_parse(const char *header, size_t size, struct td_range *ret_range);

#endif
