/* archive.c - the .bel file: tar blocks, names that are hashes. What the files say is audit.c's. */
#include "ballot/archive.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 512, NAME_ROOM = 100, CHECKSUM_AT = 148, KIND_AT = 156 };

static const char data_suffix[] = ".data.json", event_suffix[] = ".event.json";

void td_archive_hash(const char *text, size_t length, char ret[TD_ARCHIVE_HASH + 1])
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, (const unsigned char *)text, length);
    sodium_bin2hex(ret, TD_ARCHIVE_HASH + 1, digest, sizeof(digest));
}

static size_t padding(size_t length)
{
    return (BLOCK - length % BLOCK) % BLOCK;
}

/* The one header that a file of this name and length has. */
static void header_of(char block[BLOCK], const char *name, size_t length, int64_t timestamp)
{
    unsigned sum = 0;
    memset(block, 0, BLOCK);
    snprintf(block, NAME_ROOM, "%s", name);
    memcpy(block + 100, "0000644", 8);
    memcpy(block + 108, "0000000", 8);
    memcpy(block + 116, "0000000", 8);
    snprintf(block + 124, 12, "%011zo", length);
    snprintf(block + 136, 12, "%011" PRIo64, (uint64_t)timestamp);
    memset(block + CHECKSUM_AT, ' ', 8);
    block[KIND_AT] = '0';
    for (int i = 0; i < BLOCK; i++)
        sum += (unsigned char)block[i];
    snprintf(block + CHECKSUM_AT, 7, "%06o", sum);
}

static void opening_text(char text[64], int64_t timestamp)
{
    snprintf(text, 64, "{\"version\":1,\"timestamp\":\"%" PRId64 "\"}", timestamp);
}

void td_archive_event_text(struct td_strbuf *out, const char *parent, int height, const char *type,
                           const char *payload)
{
    td_strbuf_addc(out, '{');
    if (parent)
        td_strbuf_addf(out, "\"parent\":\"%s\",", parent);
    td_strbuf_addf(out, "\"height\":%d,\"type\":\"%s\"", height, type);
    if (payload)
        td_strbuf_addf(out, ",\"payload\":\"%s\"", payload);
    td_strbuf_addc(out, '}');
}

/* --- reading --------------------------------------------------------------------------------- */

struct reader {
    const char *bytes;
    size_t length, at;
    int64_t timestamp;
};

static bool only_zeros(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i])
            return false;
    return true;
}

/* Octal digits and a zero, `room` in all. */
static bool read_octal(const char *field, size_t room, uint64_t *ret)
{
    uint64_t number = 0;
    for (size_t i = 0; i + 1 < room; i++) {
        if (field[i] < '0' || field[i] > '7')
            return false;
        number = number * 8 + (uint64_t)(field[i] - '0');
    }
    *ret = number;
    return !field[room - 1];
}

/* The next file's name, in the bytes, and content; false when its header or its padding is no such
 * thing. */
static bool next_file(struct reader *reader, const char **ret_name, const char **ret_text,
                      size_t *ret_length)
{
    const char *block = reader->bytes + reader->at;
    char expected[BLOCK], name[NAME_ROOM];
    uint64_t length, timestamp;
    size_t left = reader->length - reader->at;
    if (left < BLOCK || block[NAME_ROOM - 1] || !read_octal(block + 124, 12, &length) ||
        !read_octal(block + 136, 12, &timestamp))
        return false;
    if (reader->at == 0)
        reader->timestamp = (int64_t)timestamp;
    snprintf(name, sizeof(name), "%s", block);
    header_of(expected, name, length, reader->timestamp);
    left -= BLOCK;
    if (memcmp(block, expected, BLOCK) || length > left || padding(length) > left - length ||
        !only_zeros(block + BLOCK + length, padding(length)))
        return false;
    *ret_name = block;
    *ret_text = block + BLOCK;
    *ret_length = length;
    reader->at += BLOCK + length + padding(length);
    return true;
}

static int read_opening(struct reader *reader, struct td_error *reterr)
{
    const char *name, *text;
    char expected[64];
    size_t length;
    if (!next_file(reader, &name, &text, &length) || strcmp(name, "BELENIOS"))
        return td_error_set(reterr, TD_EINVALID,
                            "no election archive: BELENIOS is not its first"
                            " file");
    opening_text(expected, reader->timestamp);
    if (length != strlen(expected) || memcmp(text, expected, length))
        return td_error_set(reterr, TD_EINVALID,
                            "file 1, BELENIOS: not of version 1, or of"
                            " another time than its header");
    return 0;
}

static bool named_after(const char *name, struct td_archive_file *file)
{
    const char *suffix = name + TD_ARCHIVE_HASH;
    td_archive_hash(file->text, file->length, file->hash);
    if (strncmp(name, file->hash, TD_ARCHIVE_HASH))
        return false;
    file->is_event = strcmp(suffix, event_suffix) == 0;
    return file->is_event || strcmp(suffix, data_suffix) == 0;
}

static int read_file(struct reader *reader, struct td_archive *archive, struct td_error *reterr)
{
    const char *name;
    size_t number = archive->count + 2; /* BELENIOS is 1 */
    struct td_archive_file file = {0};
    if (archive->count == TD_ARCHIVE_FILES_MAX)
        return td_error_set(reterr, TD_ETOOLARGE, "more than %d files", TD_ARCHIVE_FILES_MAX);
    if (!next_file(reader, &name, &file.text, &file.length))
        return td_error_set(reterr, TD_EINVALID,
                            "file %zu: its header is not as it must be, or"
                            " the file is cut off",
                            number);
    if (!named_after(name, &file))
        return td_error_set(reterr, TD_EINVALID, "file %zu: its content is not that of its name",
                            number);
    for (size_t i = 0; i < archive->count; i++)
        if (!strcmp(archive->files[i].hash, file.hash))
            return td_error_set(reterr, TD_EINVALID, "file %zu: there twice", number);
    archive->files[archive->count++] = file;
    return 0;
}

int td_archive_read(const char *bytes, size_t length, struct td_archive *ret,
                    struct td_error *reterr)
{
    struct reader reader = {.bytes = bytes, .length = length};
    struct td_archive archive = {0};
    size_t most = length / BLOCK < TD_ARCHIVE_FILES_MAX ? length / BLOCK : TD_ARCHIVE_FILES_MAX;
    int result = read_opening(&reader, reterr);
    if (result < 0)
        return result;
    archive.timestamp = reader.timestamp;
    archive.files = calloc(most + 1, sizeof(*archive.files));
    if (!archive.files)
        return TD_ENOMEM;
    while (result == 0 && reader.at < length) /* appended to without end: no closing blocks */
        result = read_file(&reader, &archive, reterr);
    if (result < 0)
        td_archive_done(&archive);
    else
        *ret = archive;
    return result;
}

void td_archive_done(struct td_archive *archive)
{
    free(archive->files);
    *archive = (struct td_archive){0};
}

struct td_archive_file *td_archive_find(struct td_archive *archive, const char *hash, size_t before)
{
    for (size_t i = 0; i < before && i < archive->count; i++) {
        struct td_archive_file *file = &archive->files[i];
        if (file->is_event || strcmp(file->hash, hash))
            continue;
        file->used = true;
        return file;
    }
    return NULL;
}

/* --- writing --------------------------------------------------------------------------------- */

static void add_file(struct td_archive_writer *writer, const char *name, const char *text,
                     size_t length)
{
    char block[BLOCK];
    header_of(block, name, length, writer->timestamp);
    td_strbuf_add(&writer->bytes, block, BLOCK);
    td_strbuf_add(&writer->bytes, text, length);
    memset(block, 0, BLOCK);
    td_strbuf_add(&writer->bytes, block, padding(length));
}

static void add_named(struct td_archive_writer *writer, const char *text, size_t length,
                      const char *suffix, char ret[TD_ARCHIVE_HASH + 1])
{
    char name[NAME_ROOM];
    td_archive_hash(text, length, ret);
    snprintf(name, sizeof(name), "%s%s", ret, suffix);
    add_file(writer, name, text, length);
}

void td_archive_start(struct td_archive_writer *writer, int64_t timestamp)
{
    char text[64];
    *writer = (struct td_archive_writer){.timestamp = timestamp};
    td_strbuf_init(&writer->bytes);
    opening_text(text, timestamp);
    add_file(writer, "BELENIOS", text, strlen(text));
}

void td_archive_add(struct td_archive_writer *writer, const char *text, size_t length,
                    char ret[TD_ARCHIVE_HASH + 1])
{
    add_named(writer, text, length, data_suffix, ret);
}

void td_archive_event(struct td_archive_writer *writer, const char *type, const char *payload)
{
    struct td_strbuf text;
    td_strbuf_init(&text);
    td_archive_event_text(&text, writer->head[0] ? writer->head : NULL, writer->height++, type,
                          payload);
    add_named(writer, text.bytes, text.length, event_suffix, writer->head);
    if (text.failed)
        writer->bytes.failed = true;
    td_strbuf_done(&text);
}

char *td_archive_finish(struct td_archive_writer *writer, size_t *ret_length)
{
    return td_strbuf_take(&writer->bytes, ret_length);
}
