/* upload.h - one file on its way to disk: raw, or as the file part of multipart/form-data.
 *
 * The loop takes the form apart and gathers the bytes of the file; the spool (spool.h) makes the file,
 * writes, hashes and closes it. While a block is being written the next one gathers; when that is full
 * too, td_upload_waits says so and nothing more should be written: an upload holds at most
 * 2 * TD_UPLOAD_BLOCK and what one td_upload_write brought. Nothing is fsynced here. */
#ifndef TD_HTTP_UPLOAD_H
#define TD_HTTP_UPLOAD_H

#include "base/strbuf.h"
#include "http/connection.h"

enum { TD_UPLOAD_BLOCK = 64 * 1024 };

struct td_spool;
struct td_upload;

struct td_upload_options {
    struct td_spool *spool; /* outlives the upload */
    const char *path;       /* of the new file, which must not exist; copied */
    const char *type;       /* Content-Type of the body, NULL when not sent */
    size_t limit, fields_limit;
    void (*moved)(void *arg); /* the disk has caught up, or failed: td_upload_waits may be false now */
    void *arg;
};

/* TD_EINVALID for multipart without a proper boundary. */
int td_upload_new(const struct td_upload_options *options, struct td_upload **ret_upload, struct td_error *reterr);

/* `moved` is not called any more. A file that was begun stays where it is; td_spool_remove, called after this or
 * before, comes after its making. NULL is fine. */
void td_upload_free(struct td_upload *upload);

/* TD_ETOOLARGE, TD_EINVALID (not a proper form), TD_ENOMEM. Not to be called again after that. */
int td_upload_write(struct td_upload *upload, const char *bytes, size_t length, struct td_error *reterr);

/* The body is complete: TD_EINVALID when the form is not. The file is, once td_upload_waits is false. */
int td_upload_end(struct td_upload *upload, struct td_error *reterr);

/* True when `moved` is to be waited for: to write on; after td_upload_end, until the file is closed. */
bool td_upload_waits(const struct td_upload *upload);

/* 0, or why the disk did not take the file: TD_EFULL, TD_EIO. While nothing is waited for. */
int td_upload_failure(const struct td_upload *upload, struct td_error *reterr);

/* When the file is closed; both live as long as `upload`. The text fields as application/x-www-form-urlencoded. */
const struct td_http_upload *td_upload_result(struct td_upload *upload);
const char *td_upload_fields(const struct td_upload *upload, size_t *ret_length);

#endif
