/* archive.h - the file that an election leaves: a chain of events and what they refer to (Belenios 2.0, section 4.4).
 *
 * An old-style tar, without closing blocks, of small JSON files. "BELENIOS" is first; every other is named after the SHA-256 of its content and
 * is an event or data. An event names its parent, its height and its payload. The only time in it is that of its
 * making, which every tar header repeats: nothing says when a ballot came. Every byte of a file is either bound by a
 * hash or the only one possible; reading refuses all others, so a file has no second spelling. */
#ifndef TD_BALLOT_ARCHIVE_H
#define TD_BALLOT_ARCHIVE_H

#include "base/error.h"
#include "base/strbuf.h"

#include <stdbool.h>
#include <stdint.h>

enum { TD_ARCHIVE_HASH = 64, TD_ARCHIVE_FILES_MAX = 10000 };

struct td_archive_file {
    char hash[TD_ARCHIVE_HASH + 1];
    bool is_event, used;
    const char *text; /* within the archive's bytes */
    size_t length;
};

struct td_archive {
    int64_t timestamp;
    size_t count;
    struct td_archive_file *files;
};

/* The SHA-256 of a file's content, in hex: its name. */
void td_archive_hash(const char *text, size_t length, char ret[TD_ARCHIVE_HASH + 1]);

/* Splits the bytes, which must outlive `ret`. A refusal names the file by its place, from 1. */
int td_archive_read(const char *bytes, size_t length, struct td_archive *ret, struct td_error *reterr);
void td_archive_done(struct td_archive *archive);

/* The data with this hash among the first `before` files, marked as used; NULL when it is not there. */
struct td_archive_file *td_archive_find(struct td_archive *archive, const char *hash, size_t before);

/* --- writing ---------------------------------------------------------------------------------- */

struct td_archive_writer {
    struct td_strbuf bytes; /* out.failed shows a fault */
    int64_t timestamp;
    int height;
    char head[TD_ARCHIVE_HASH + 1]; /* of the last event */
};

void td_archive_start(struct td_archive_writer *writer, int64_t timestamp);
/* Adds data; `ret` is its hash. */
void td_archive_add(struct td_archive_writer *writer, const char *text, size_t length, char ret[TD_ARCHIVE_HASH + 1]);
/* Adds the next event; `payload` is a hash or NULL. */
void td_archive_event(struct td_archive_writer *writer, const char *type, const char *payload);
/* Ends the file: malloc'd bytes, NULL after a fault. The writer is empty. */
char *td_archive_finish(struct td_archive_writer *writer, size_t *ret_length);

/* The text of an event, as it is written: the only spelling. */
void td_archive_event_text(struct td_strbuf *out, const char *parent, int height, const char *type, const char *payload);

#endif
