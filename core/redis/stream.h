/* stream.h - the stream titled:jobs and its consumer group: names of outbox rows on their way to a
 * node.
 *
 * The stream carries ids only; what to do is read from the outbox. A marker per id (with an expiry)
 * keeps an id from being put twice, so filling from the outbox may be repeated at any time by any
 * node. Losing all of it loses nothing. One connection of its own waits for new entries. */
#ifndef TD_REDIS_STREAM_H
#define TD_REDIS_STREAM_H

#include "base/id.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct td_redis;
struct td_redis_options;
struct td_stream;

enum {
    TD_STREAM_BATCH = 500,       /* ids per td_stream_put */
    TD_STREAM_CLAIM_MS = 60000,  /* an entry another node holds longer than this is taken over */
    TD_STREAM_MARKER_MS = 120000 /* an id may be put again after this, if nobody finished it */
};

/* An entry for this node to run. `entry` is Redis's name for it; `id` the outbox row. */
typedef void (*td_stream_entry_fn)(void *arg, const char *entry, const char *id);

/* `commands` (borrowed) sends; `options` (its `name` is ignored) opens the waiting connection;
 * `node` is copied. `room` answers how many more entries may be handed over. */
struct td_stream_options {
    struct td_redis *commands;
    const struct td_redis_options *redis;
    const char *node;
    size_t (*room)(void *arg);
    td_stream_entry_fn entry;
    void (*ready)(void *arg); /* connected again: what was in Redis may be gone */
    void *arg;
};

struct td_stream *td_stream_new(const struct td_stream_options *options);
void td_stream_free(struct td_stream *stream); /* NULL is fine */

/* Puts those of `ids` that are not on their way already. 0, TD_EREDIS, TD_EBUSY, TD_ENOMEM. */
int td_stream_put(struct td_stream *stream, const json_t *ids);

/* The entry is finished: forget it, and refuse to put its id again for `again_ms` (0 = may be put
 * at once). */
int td_stream_done(struct td_stream *stream, const char *entry, const char *id, int again_ms);

/* There is room again: look for entries, if not already looking. */
void td_stream_resume(struct td_stream *stream);

/* Takes over entries of nodes that went away. */
void td_stream_claim(struct td_stream *stream);

#endif
