/* memo.c - see memo.h. A table of chains and a list in the order of use, under one lock, which is
 * held for a look and never while a text is made or freed. */
#include "http/memo.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum { BUCKETS = 4096 };

struct entry {
    TAILQ_ENTRY(entry) by_use;
    LIST_ENTRY(entry) in_bucket;
    uint64_t hash;
    json_t *value, *holds;
    size_t size; /* with key and this */
    size_t length;
    char key[];
};

TAILQ_HEAD(uses, entry);
LIST_HEAD(bucket, entry);

struct td_memo {
    pthread_mutex_t lock;
    struct uses uses; /* the latest first */
    struct bucket buckets[BUCKETS];
    size_t most;
    struct td_memo_stats stats;
};

struct td_memo *td_memo_new(size_t most_bytes)
{
    struct td_memo *memo = calloc(1, sizeof(*memo));
    if (!memo)
        return NULL;
    memo->most = most_bytes;
    pthread_mutex_init(&memo->lock, NULL);
    TAILQ_INIT(&memo->uses);
    return memo;
}

static void take_out(struct td_memo *memo, struct entry *entry, struct uses *out)
{
    TAILQ_REMOVE(&memo->uses, entry, by_use);
    LIST_REMOVE(entry, in_bucket);
    memo->stats.entries--;
    memo->stats.bytes -= entry->size;
    TAILQ_INSERT_TAIL(out, entry, by_use);
}

static void free_all(struct uses *entries)
{
    for (struct entry *entry; (entry = TAILQ_FIRST(entries));) {
        TAILQ_REMOVE(entries, entry, by_use);
        json_decref(entry->value);
        json_decref(entry->holds);
        free(entry);
    }
}

void td_memo_free(struct td_memo *memo)
{
    if (!memo)
        return;
    free_all(&memo->uses);
    pthread_mutex_destroy(&memo->lock);
    free(memo);
}

/* Spreads keys, resists nobody: a chain is no longer than what is kept. */
static uint64_t hash_of(const char *key, size_t length)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325), word;
    for (; length >= sizeof(word); key += sizeof(word), length -= sizeof(word)) {
        memcpy(&word, key, sizeof(word));
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    for (; length; length--)
        hash = (hash ^ (unsigned char)*key++) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 29;
}

static struct entry *find(struct td_memo *memo, uint64_t hash, const void *key, size_t length)
{
    struct entry *entry;
    LIST_FOREACH(entry, &memo->buckets[hash % BUCKETS], in_bucket)
    if (entry->hash == hash && entry->length == length && memcmp(entry->key, key, length) == 0)
        return entry;
    return NULL;
}

json_t *td_memo_find(struct td_memo *memo, const void *key, size_t length)
{
    uint64_t hash = hash_of(key, length);
    json_t *value = NULL;
    pthread_mutex_lock(&memo->lock);
    struct entry *entry = find(memo, hash, key, length);
    if (entry) {
        value = json_incref(entry->value);
        TAILQ_REMOVE(&memo->uses, entry, by_use);
        TAILQ_INSERT_HEAD(&memo->uses, entry, by_use);
    }
    memo->stats.hits += entry != NULL;
    memo->stats.misses += entry == NULL;
    pthread_mutex_unlock(&memo->lock);
    return value;
}

static struct entry *new_entry(const void *key, size_t length, json_t *value, size_t size,
                               const json_t *holds)
{
    struct entry *entry = malloc(sizeof(*entry) + length);
    if (!entry)
        return NULL;
    *entry = (struct entry){.hash = hash_of(key, length),
                            .value = json_incref(value),
                            .holds = json_incref((json_t *)holds),
                            .size = sizeof(*entry) + length + size,
                            .length = length};
    memcpy(entry->key, key, length);
    return entry;
}

void td_memo_keep(struct td_memo *memo, const void *key, size_t length, json_t *value, size_t size,
                  const json_t *holds)
{
    struct uses gone = TAILQ_HEAD_INITIALIZER(gone);
    if (size >= memo->most || length >= memo->most - size ||
        sizeof(struct entry) > memo->most - size - length)
        return;
    struct entry *entry = new_entry(key, length, value, size, holds), *other;
    if (!entry)
        return;
    pthread_mutex_lock(&memo->lock);
    if ((other = find(memo, entry->hash, key, length))) /* two made it at once */
        take_out(memo, other, &gone);
    while (memo->stats.bytes + entry->size > memo->most)
        take_out(memo, TAILQ_LAST(&memo->uses, uses), &gone);
    TAILQ_INSERT_HEAD(&memo->uses, entry, by_use);
    LIST_INSERT_HEAD(&memo->buckets[entry->hash % BUCKETS], entry, in_bucket);
    memo->stats.entries++;
    memo->stats.bytes += entry->size;
    pthread_mutex_unlock(&memo->lock);
    free_all(&gone);
}

struct td_memo_stats td_memo_stats(struct td_memo *memo)
{
    pthread_mutex_lock(&memo->lock);
    struct td_memo_stats stats = memo->stats;
    pthread_mutex_unlock(&memo->lock);
    return stats;
}
