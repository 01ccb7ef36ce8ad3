/* upload.h - one file on its way to disk: raw, or as the file part of multipart/form-data.
 *
 * Hashes and measures while it writes. Writes happen on the loop thread, in pieces of what one read of
 * the socket brought (at most 64 kB) into the page cache of a new file; nothing is fsynced here. That
 * is bounded work for the loop as long as the disk keeps up with the network; a pool of writers can
 * take its place behind td_upload_write. */
#ifndef TD_HTTP_UPLOAD_H
#define TD_HTTP_UPLOAD_H

#include "base/strbuf.h"
#include "http/connection.h"

struct td_upload;

/* `type` is the Content-Type of the body, NULL when not sent. Owns `fd` in any case; copies `path`.
 * TD_EINVALID for multipart without a proper boundary. */
int td_upload_new(const char *type, int fd, const char *path, size_t limit, size_t fields_limit,
                  struct td_upload **ret_upload, struct td_error *reterr);
void td_upload_free(struct td_upload *upload);

/* TD_ETOOLARGE, TD_EINVALID (not a proper form), TD_EFULL, TD_EIO. Not to be called again after that. */
int td_upload_write(struct td_upload *upload, const char *bytes, size_t length, struct td_error *reterr);

/* The body is complete: TD_EINVALID when the form is not. Closes the file. */
int td_upload_end(struct td_upload *upload, struct td_error *reterr);

/* After td_upload_end; both live as long as `upload`. The text fields as application/x-www-form-urlencoded. */
const struct td_http_upload *td_upload_result(const struct td_upload *upload);
const char *td_upload_fields(const struct td_upload *upload, size_t *ret_length);

#endif
