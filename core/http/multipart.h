/* multipart.h - multipart/form-data (RFC 7578), strict and streaming: no byte is kept but part headers.
 *
 * Refused: a preamble or epilogue, a boundary that is not the announced one, bare line feeds, parts without a
 * name, folded or overlong part headers, a Content-Transfer-Encoding other than 7bit, 8bit, binary. */
#ifndef TD_HTTP_MULTIPART_H
#define TD_HTTP_MULTIPART_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define TD_MULTIPART_BOUNDARY_MAX 70
#define TD_MULTIPART_HEAD_MAX 4096 /* bytes of one part's headers */
#define TD_MULTIPART_PARTS_MAX 200
#define TD_MULTIPART_NAME_MAX 200  /* bytes of a field's name */

struct td_multipart;

struct td_multipart_part {
    const char *name;
    const char *filename; /* NULL: a text field; "" : a file field without a file. As sent, not safe */
    const char *type;     /* Content-Type; "" when not sent */
};

/* Each returns 0, or a negative code that ends the parsing and comes back from td_multipart_read. The part is
 * borrowed for the call. */
struct td_multipart_events {
    int (*on_part)(void *arg, const struct td_multipart_part *part, struct td_error *reterr);
    int (*on_bytes)(void *arg, const char *bytes, size_t length, struct td_error *reterr);
    int (*on_part_end)(void *arg, struct td_error *reterr);
};

/* True when `type` is multipart/form-data, in any case and with any parameters. */
bool td_multipart_is_form(const char *type);

/* Finds the boundary in a Content-Type. TD_EINVALID when it is missing or not proper. `events` is copied. */
int td_multipart_new(const char *type, const struct td_multipart_events *events, void *arg,
                     struct td_multipart **ret_multipart, struct td_error *reterr);
void td_multipart_free(struct td_multipart *multipart);

int td_multipart_read(struct td_multipart *multipart, const char *bytes, size_t length, struct td_error *reterr);

/* TD_EINVALID unless the closing boundary has come. */
int td_multipart_end(const struct td_multipart *multipart, struct td_error *reterr);

#endif
