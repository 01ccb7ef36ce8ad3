/* recall.h - what rules have answered, by exactly what they had read.
 *
 * Rules are pure: the same values of the facts that a rule reads get the same answer, and in a cycle the same values come
 * again and again. A memory belongs to one VM, holds TD_RECALL_MAX bytes at most and begins anew when it is full. */
#ifndef TD_SCORER_RECALL_H
#define TD_SCORER_RECALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TD_RECALL_MAX ((size_t)12 << 20)

/* What a rule said of a dossier: what its item or finding in a SCORE has beside what it always has. */
struct td_answer {
    int refs;
    int64_t points; /* of an item */
    bool met;       /* of a finding */
    bool pending;
    uint64_t digest; /* of all the others */
    size_t length;
    char because[];
};

/* A copy of `because` and the others with one reference; NULL when memory is short. */
struct td_answer *td_answer_new(int64_t points, bool met, bool pending, const char *because,
                                size_t length);
struct td_answer *td_answer_ref(struct td_answer *answer);
void td_answer_unref(struct td_answer *answer); /* NULL is fine */

struct td_recall;

struct td_recall *td_recall_new(void); /* NULL when memory is short */
void td_recall_free(struct td_recall *recall);

/* The answer remembered for this key (borrowed until the next call), or NULL. */
struct td_answer *td_recall_find(const struct td_recall *recall, const void *key, size_t length);

/* Remembers; takes a reference of its own. Forgetting instead is allowed. */
void td_recall_keep(struct td_recall *recall, const void *key, size_t length,
                    struct td_answer *answer);

#endif
