/* recall.c - see recall.h. A hash table with open addressing, half full at most. The hash has a
 * fixed key: who files a dossier puts one answer for each rule into it, too few to make it slow. */
#include "scorer/recall.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MIN = 1024 };

struct slot {
    uint64_t hash;
    size_t length;
    unsigned char *key; /* NULL: free */
    struct td_answer *answer;
};

struct td_recall {
    struct slot *slots;
    size_t space, count, bytes;
};

static uint64_t hash_of(const void *bytes, size_t length)
{
    static const unsigned char key[crypto_shorthash_KEYBYTES];
    uint64_t hash;
    crypto_shorthash((unsigned char *)&hash, bytes, length, key);
    return hash;
}

struct td_answer *td_answer_new(int64_t points, bool met, bool pending, const char *because,
                                size_t length)
{
    struct td_answer *answer = malloc(sizeof(*answer) + length + 1);
    if (!answer)
        return NULL;
    *answer = (struct td_answer){
        .refs = 1, .points = points, .met = met, .pending = pending, .length = length};
    memcpy(answer->because, because, length);
    answer->because[length] = 0;
    const uint64_t all[] = {hash_of(because, length), (uint64_t)points, met, pending};
    answer->digest = hash_of(all, sizeof(all));
    return answer;
}

struct td_answer *td_answer_ref(struct td_answer *answer)
{
    answer->refs++;
    return answer;
}

void td_answer_unref(struct td_answer *answer)
{
    if (answer && --answer->refs == 0)
        free(answer);
}

struct td_recall *td_recall_new(void)
{
    struct td_recall *recall = calloc(1, sizeof(*recall));
    if (!recall || (recall->slots = calloc(SLOTS_MIN, sizeof(struct slot)))) {
        if (recall)
            recall->space = SLOTS_MIN;
        return recall;
    }
    free(recall);
    return NULL;
}

static void forget_all(struct td_recall *recall)
{
    for (size_t i = 0; i < recall->space; i++) {
        free(recall->slots[i].key);
        td_answer_unref(recall->slots[i].answer);
    }
    memset(recall->slots, 0, recall->space * sizeof(struct slot));
    recall->count = recall->bytes = 0;
}

void td_recall_free(struct td_recall *recall)
{
    if (!recall)
        return;
    forget_all(recall);
    free(recall->slots);
    free(recall);
}

/* The slot with this key, or the free one where it belongs. */
static struct slot *place(const struct td_recall *recall, uint64_t hash, const void *key,
                          size_t length)
{
    for (size_t i = hash & (recall->space - 1);; i = (i + 1) & (recall->space - 1)) {
        struct slot *slot = &recall->slots[i];
        if (!slot->key ||
            (slot->hash == hash && slot->length == length && !memcmp(slot->key, key, length)))
            return slot;
    }
}

struct td_answer *td_recall_find(const struct td_recall *recall, const void *key, size_t length)
{
    const struct slot *slot = place(recall, hash_of(key, length), key, length);
    return slot->key ? slot->answer : NULL;
}

static bool grow(struct td_recall *recall)
{
    struct td_recall larger = {.space = recall->space * 2, .count = recall->count};
    larger.slots = calloc(larger.space, sizeof(struct slot)); /* NOLINT: never 0 */
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < recall->space; i++) {
        const struct slot *slot = &recall->slots[i];
        if (slot->key)
            *place(&larger, slot->hash, slot->key, slot->length) = *slot;
    }
    larger.bytes = recall->bytes;
    free(recall->slots);
    *recall = larger;
    return true;
}

void td_recall_keep(struct td_recall *recall, const void *key, size_t length,
                    struct td_answer *answer)
{
    size_t bytes = length + sizeof(*answer) + answer->length + 2 * sizeof(struct slot);
    if (recall->bytes + bytes > TD_RECALL_MAX)
        forget_all(recall);
    else if ((recall->count + 1) * 2 > recall->space && !grow(recall))
        return;
    uint64_t hash = hash_of(key, length);
    struct slot *slot = place(recall, hash, key, length);
    unsigned char *copy = slot->key ? NULL : malloc(length + 1);
    if (!copy)
        return;
    memcpy(copy, key, length);
    *slot = (struct slot){hash, length, copy, td_answer_ref(answer)};
    recall->count++;
    recall->bytes += bytes;
}
