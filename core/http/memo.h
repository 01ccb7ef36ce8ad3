/* memo.h - texts that many replies share, each under a key that says everything it depends on.
 *
 * Nothing is ever invalidated: what has changed is asked for under another key, and what nobody asks for any
 * more is the first to go. All calls are thread-safe. */
#ifndef TD_HTTP_MEMO_H
#define TD_HTTP_MEMO_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct td_memo;

struct td_memo_stats {
    size_t entries, bytes;
    uint64_t hits, misses;
};

/* Keeps at most `most_bytes` of keys and values, with what it needs to find them; 0 = nothing. NULL when memory
 * is short. */
struct td_memo *td_memo_new(size_t most_bytes);
void td_memo_free(struct td_memo *memo); /* NULL is fine */

/* The value kept under these bytes, a new reference that nobody may change; NULL when there is none. */
json_t *td_memo_find(struct td_memo *memo, const void *key, size_t length);

/* Keeps `value` of about `size` bytes, in the place of the one under this key. `holds` (may be NULL) lives as
 * long as the entry: a key may name it by its address. Both are borrowed. What does not fit is not kept. */
void td_memo_keep(struct td_memo *memo, const void *key, size_t length, json_t *value, size_t size,
                  const json_t *holds);

struct td_memo_stats td_memo_stats(struct td_memo *memo);

#endif
