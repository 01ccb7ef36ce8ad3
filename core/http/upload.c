/* upload.c - see upload.h. `disk` belongs to the spool's thread while `busy`, else to the loop. */
#include "http/upload.h"

#include "http/multipart.h"
#include "http/spool.h"
#include "http/text.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct disk {
    char *path;
    int fd; /* -1: not made yet, or closed */
    EVP_MD_CTX *hash;
    struct td_strbuf block; /* to be written */
    bool last;              /* the file ends with it */
    bool abandoned;         /* only close it */
    int failure;            /* TD_E*; nothing is written any more */
    int reason;             /* errno */
    char digest[65];
};

struct td_upload {
    struct td_spool_job job;
    struct disk disk;
    bool busy, ended, freed;
    struct td_spool *spool;
    void (*moved)(void *arg);
    void *arg;
    size_t limit, fields_limit;
    struct td_multipart *multipart; /* NULL: the body is the file */
    struct td_strbuf fields;
    struct td_strbuf gathered; /* the next block */
    bool in_file, in_field;
    bool file_seen;
    struct td_http_upload result;
    char name[TD_TEXT_NAME_ROOM];
    char type[128];
    char field[TD_MULTIPART_NAME_MAX + 1];
};

/* --- the disk, on the spool's thread ------------------------------------------------ */

static void give_up(struct disk *disk, int reason)
{
    disk->failure = reason == ENOSPC || reason == EDQUOT ? TD_EFULL : TD_EIO;
    disk->reason = reason;
}

static void write_block(struct disk *disk)
{
    const char *bytes = disk->block.bytes;
    size_t length = disk->block.length;
    if (EVP_DigestUpdate(disk->hash, bytes, length) != 1)
        give_up(disk, ENOMEM);
    while (length > 0 && !disk->failure) {
        ssize_t n = write(disk->fd, bytes, length);
        if (n < 0 && errno != EINTR)
            give_up(disk, errno);
        if (n < 0)
            continue;
        bytes += n;
        length -= (size_t)n;
    }
}

static void finish_hash(struct disk *disk)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (EVP_DigestFinal_ex(disk->hash, digest, &length) != 1)
        give_up(disk, ENOMEM);
    for (unsigned i = 0; i < length; i++)
        snprintf(disk->digest + 2 * i, 3, "%02x", digest[i]);
}

static void run(struct td_spool_job *job)
{
    struct disk *disk = &((struct td_upload *)job)->disk;
    if (disk->fd < 0 && !disk->abandoned) {
        disk->fd = open(disk->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (disk->fd < 0)
            give_up(disk, errno);
    }
    if (!disk->failure && !disk->abandoned)
        write_block(disk);
    if (!disk->failure && disk->last)
        finish_hash(disk);
    if (disk->fd < 0 || !(disk->failure || disk->last || disk->abandoned))
        return;
    if (close(disk->fd) != 0 && errno != EINTR && !disk->failure)
        give_up(disk, errno);
    disk->fd = -1;
}

/* --- to and from it, on the loop ----------------------------------------------------- */

static void hand_over(struct td_upload *upload)
{
    struct disk *disk = &upload->disk;
    struct td_strbuf empty = disk->block;
    upload->busy = true;
    disk->block = upload->gathered;
    disk->last = upload->ended;
    upload->gathered = empty;
    td_spool_submit(upload->spool, &upload->job);
}

/* Small writes gather: a block at a time, or what there is when the body is complete. */
static void hand_over_due(struct td_upload *upload)
{
    const struct disk *disk = &upload->disk;
    if (!upload->busy && !disk->failure && !disk->last &&
        (upload->ended || upload->gathered.length >= TD_UPLOAD_BLOCK))
        hand_over(upload);
}

/* A file that is still open is closed first, by the spool. */
static void release(struct td_upload *upload)
{
    if (upload->disk.fd >= 0) {
        upload->disk.abandoned = true;
        td_spool_submit(upload->spool, &upload->job);
        return;
    }
    td_multipart_free(upload->multipart);
    td_strbuf_done(&upload->fields);
    td_strbuf_done(&upload->gathered);
    td_strbuf_done(&upload->disk.block);
    EVP_MD_CTX_free(upload->disk.hash);
    free(upload->disk.path);
    free(upload);
}

static void on_done(struct td_spool_job *job)
{
    struct td_upload *upload = (struct td_upload *)job;
    upload->busy = false;
    if (upload->freed) {
        release(upload);
        return;
    }
    td_strbuf_cut(&upload->disk.block, 0);
    hand_over_due(upload);
    upload->moved(upload->arg);
}

/* --- what the body says -------------------------------------------------------------- */

static int write_file(struct td_upload *upload, const char *bytes, size_t length,
                      struct td_error *reterr)
{
    if (length > upload->limit - upload->result.size)
        return td_error_set(reterr, TD_ETOOLARGE, "The file is larger than %zu bytes.",
                            upload->limit);
    upload->result.size += length;
    td_strbuf_add(&upload->gathered, bytes, length);
    if (upload->gathered.failed)
        return td_error_set(reterr, TD_ENOMEM, "The server is short of memory.");
    hand_over_due(upload);
    return 0;
}

static int fields_full(struct td_upload *upload, struct td_error *reterr)
{
    if (upload->fields.failed)
        return td_error_set(reterr, TD_ENOMEM, "The server is short of memory.");
    if (upload->fields.length > upload->fields_limit)
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

int td_upload_new(const struct td_upload_options *options, struct td_upload **ret_upload,
                  struct td_error *reterr)
{
    struct td_upload *upload = calloc(1, sizeof(*upload));
    if (!upload)
        return td_error_set(reterr, TD_ENOMEM, "no memory for an upload");
    *upload = (struct td_upload){.job = {.run = run, .done = on_done},
                                 .disk = {.fd = -1, .path = strdup(options->path)},
                                 .spool = options->spool,
                                 .moved = options->moved,
                                 .arg = options->arg,
                                 .limit = options->limit,
                                 .fields_limit = options->fields_limit};
    td_strbuf_init(&upload->fields);
    td_strbuf_init(&upload->gathered);
    td_strbuf_init(&upload->disk.block);
    upload->disk.hash = EVP_MD_CTX_new();
    int rc = 0;
    if (!upload->disk.path || !upload->disk.hash ||
        EVP_DigestInit_ex(upload->disk.hash, EVP_sha256(), NULL) != 1)
        rc = td_error_set(reterr, TD_ENOMEM, "no memory for an upload");
    if (rc == 0)
        rc = choose(upload, options->type, reterr);
    if (rc != 0) {
        release(upload);
        return rc;
    }
    *ret_upload = upload;
    return 0;
}

void td_upload_free(struct td_upload *upload)
{
    if (!upload)
        return;
    upload->freed = true;
    if (!upload->busy)
        release(upload);
}

int td_upload_write(struct td_upload *upload, const char *bytes, size_t length,
                    struct td_error *reterr)
{
    if (upload->multipart)
        return td_multipart_read(upload->multipart, bytes, length, reterr);
    return write_file(upload, bytes, length, reterr);
}

int td_upload_end(struct td_upload *upload, struct td_error *reterr)
{
    int rc = upload->multipart ? td_multipart_end(upload->multipart, reterr) : 0;
    if (rc < 0)
        return rc;
    upload->ended = true;
    hand_over_due(upload);
    return 0;
}

bool td_upload_waits(const struct td_upload *upload)
{
    return upload->busy && (upload->ended || upload->gathered.length >= TD_UPLOAD_BLOCK);
}

int td_upload_failure(const struct td_upload *upload, struct td_error *reterr)
{
    const struct disk *disk = &upload->disk;
    if (upload->busy || !disk->failure)
        return 0;
    return td_error_set(reterr, disk->failure, "The file could not be stored: %s.",
                        strerror(disk->reason));
}

const struct td_http_upload *td_upload_result(struct td_upload *upload)
{
    upload->result.path = upload->disk.path;
    upload->result.name = upload->name;
    upload->result.type = upload->type;
    upload->result.field = upload->field;
    memcpy(upload->result.hash, upload->disk.digest, sizeof(upload->result.hash));
    return &upload->result;
}

const char *td_upload_fields(const struct td_upload *upload, size_t *ret_length)
{
    *ret_length = upload->fields.length;
    return upload->fields.bytes;
}
