/* upload.c - see upload.h. Owns the descriptor, the hash and the text fields until it is freed. */
#include "http/upload.h"

#include "http/multipart.h"
#include "http/text.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct td_upload {
    int fd;
    char *path;
    size_t limit, fields_limit;
    EVP_MD_CTX *hash;
    struct td_multipart *multipart; /* NULL: the body is the file */
    struct td_strbuf fields;
    bool in_file, in_field;
    bool file_seen;
    struct td_http_upload result;
    char name[TD_TEXT_NAME_ROOM];
    char type[128];
    char field[TD_MULTIPART_NAME_MAX + 1];
};

static int write_all(int fd, const char *bytes, size_t length, struct td_error *reterr)
{
    while (length > 0) {
        ssize_t n = write(fd, bytes, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            bool is_full = errno == ENOSPC || errno == EDQUOT;
            return td_error_set(reterr, is_full ? TD_EFULL : TD_EIO,
                                "The file could not be stored: %s.", strerror(errno));
        }
        bytes += n;
        length -= (size_t)n;
    }
    return 0;
}

static int write_file(struct td_upload *upload, const char *bytes, size_t length,
                      struct td_error *reterr)
{
    if (length > upload->limit - upload->result.size)
        return td_error_set(reterr, TD_ETOOLARGE, "The file is larger than %zu bytes.",
                            upload->limit);
    upload->result.size += length;
    if (EVP_DigestUpdate(upload->hash, bytes, length) != 1)
        return td_error_set(reterr, TD_EINTERNAL, "The file could not be hashed.");
    return write_all(upload->fd, bytes, length, reterr);
}

static int fields_full(struct td_upload *upload, struct td_error *reterr)
{
    if (upload->fields.failed || upload->fields.length > upload->fields_limit)
        return td_error_set(reterr, TD_ETOOLARGE,
                            "The text fields of the form are larger than %zu bytes.",
                            upload->fields_limit);
    return 0;
}

static int on_part(void *arg, const struct td_multipart_part *part, struct td_error *reterr)
{
    struct td_upload *upload = arg;
    upload->in_file = part->filename != NULL;
    upload->in_field = !upload->in_file;
    if (upload->in_field) {
        if (upload->fields.length)
            td_strbuf_addc(&upload->fields, '&');
        td_text_add_form(&upload->fields, part->name, strlen(part->name));
        td_strbuf_addc(&upload->fields, '=');
        return fields_full(upload, reterr);
    }
    if (upload->file_seen)
        return td_error_set(reterr, TD_EINVALID, "Only one file can be sent at a time.");
    upload->file_seen = true;
    upload->result.present = part->filename[0] != 0;
    if (upload->result.present)
        td_text_safe_name(part->filename, strlen(part->filename), upload->name);
    snprintf(upload->type, sizeof(upload->type), "%s", part->type);
    snprintf(upload->field, sizeof(upload->field), "%s", part->name);
    return 0;
}

static int on_bytes(void *arg, const char *bytes, size_t length, struct td_error *reterr)
{
    struct td_upload *upload = arg;
    if (upload->in_field) {
        if (length > upload->fields_limit)
            return td_error_set(reterr, TD_ETOOLARGE, "A text field of the form is too large.");
        td_text_add_form(&upload->fields, bytes, length);
        return fields_full(upload, reterr);
    }
    if (!upload->result.present)
        return td_error_set(reterr, TD_EINVALID, "The file has no name.");
    return write_file(upload, bytes, length, reterr);
}

static int on_part_end(void *arg, struct td_error *reterr)
{
    (void)reterr;
    struct td_upload *upload = arg;
    upload->in_file = upload->in_field = false;
    return 0;
}

static const struct td_multipart_events events = {on_part, on_bytes, on_part_end};

/* A form, or the file itself. */
static int choose(struct td_upload *upload, const char *type, struct td_error *reterr)
{
    if (type && td_multipart_is_form(type))
        return td_multipart_new(type, &events, upload, &upload->multipart, reterr);
    upload->in_file = upload->file_seen = upload->result.present = true;
    snprintf(upload->type, sizeof(upload->type), "%s", type ? type : "");
    return 0;
}

int td_upload_new(const char *type, int fd, const char *path, size_t limit, size_t fields_limit,
                  struct td_upload **ret_upload, struct td_error *reterr)
{
    struct td_upload *upload = calloc(1, sizeof(*upload));
    if (!upload) {
        close(fd);
        return td_error_set(reterr, TD_ENOMEM, "no memory for an upload");
    }
    upload->fd = fd;
    upload->limit = limit;
    upload->fields_limit = fields_limit;
    td_strbuf_init(&upload->fields);
    upload->path = strdup(path);
    upload->hash = EVP_MD_CTX_new();
    int rc = 0;
    if (!upload->path || !upload->hash || EVP_DigestInit_ex(upload->hash, EVP_sha256(), NULL) != 1)
        rc = td_error_set(reterr, TD_ENOMEM, "no memory for an upload");
    if (rc == 0)
        rc = choose(upload, type, reterr);
    if (rc != 0) {
        td_upload_free(upload);
        return rc;
    }
    *ret_upload = upload;
    return 0;
}

void td_upload_free(struct td_upload *upload)
{
    if (!upload)
        return;
    if (upload->fd >= 0)
        close(upload->fd);
    td_multipart_free(upload->multipart);
    td_strbuf_done(&upload->fields);
    EVP_MD_CTX_free(upload->hash);
    free(upload->path);
    free(upload);
}

int td_upload_write(struct td_upload *upload, const char *bytes, size_t length,
                    struct td_error *reterr)
{
    if (upload->multipart)
        return td_multipart_read(upload->multipart, bytes, length, reterr);
    return write_file(upload, bytes, length, reterr);
}

static int finish_hash(struct td_upload *upload, struct td_error *reterr)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (EVP_DigestFinal_ex(upload->hash, digest, &length) != 1)
        return td_error_set(reterr, TD_EINTERNAL, "The file could not be hashed.");
    for (unsigned i = 0; i < length; i++)
        snprintf(upload->result.hash + 2 * i, 3, "%02x", digest[i]);
    return 0;
}

int td_upload_end(struct td_upload *upload, struct td_error *reterr)
{
    int rc = upload->multipart ? td_multipart_end(upload->multipart, reterr) : 0;
    if (rc == 0)
        rc = finish_hash(upload, reterr);
    if (rc == 0 && close(upload->fd) != 0 && errno != EINTR)
        rc = td_error_set(reterr, TD_EIO, "The file could not be stored: %s.", strerror(errno));
    upload->fd = -1;
    upload->result.path = upload->path;
    upload->result.name = upload->name;
    upload->result.type = upload->type;
    upload->result.field = upload->field;
    return rc;
}

const struct td_http_upload *td_upload_result(const struct td_upload *upload)
{
    return &upload->result;
}

const char *td_upload_fields(const struct td_upload *upload, size_t *ret_length)
{
    *ret_length = upload->fields.length;
    return upload->fields.bytes;
}
