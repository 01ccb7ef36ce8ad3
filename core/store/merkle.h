/* merkle.h - the hash tree of RFC 6962, section 2.1, with SHA-256: pure computation, no storage.
 *
 * The tree over n leaves is cut at the largest power of two below n, again and again; so every whole
 * part of it is a perfect subtree, named by its level (0 = leaves) and its position among those of
 * the level: leaves position << level and the 2^level from there on. Who calls says how such a hash is
 * got (`fetch`); a root or a proof asks for O(log n) of them. Leaves are counted from 0. */
#ifndef TD_STORE_MERKLE_H
#define TD_STORE_MERKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TD_MERKLE_BYTES = 32, TD_MERKLE_HEX = 65, TD_MERKLE_DEPTH = 64 };

struct td_merkle_hash {
    unsigned char bytes[TD_MERKLE_BYTES];
};

struct td_merkle_proof {
    int count;
    struct td_merkle_hash hashes[TD_MERKLE_DEPTH];
};

/* Answers the hash of a perfect subtree: 0, or a negative code that the caller of the tree gets. */
typedef int (*td_merkle_fetch_fn)(void *arg, int level, int64_t position,
                                  struct td_merkle_hash *ret_hash);

struct td_merkle_hash td_merkle_leaf(const void *bytes, size_t length); /* SHA-256(0x00 || bytes) */
struct td_merkle_hash td_merkle_join(const struct td_merkle_hash *left,
                                     const struct td_merkle_hash *right); /* SHA-256(0x01 || l || r) */
struct td_merkle_hash td_merkle_empty(void); /* the root of no leaves: SHA-256 of nothing */

bool td_merkle_same(const struct td_merkle_hash *a, const struct td_merkle_hash *b);
void td_merkle_hex(const struct td_merkle_hash *hash, char hex[TD_MERKLE_HEX]);
/* Exactly 64 lower-case hex digits; false otherwise. */
bool td_merkle_from_hex(const char *hex, struct td_merkle_hash *ret_hash);

/* MTH, PATH and PROOF of the RFC. Sizes and indices must fit: 0 <= index < size, 0 < first <= second;
 * the proof of a tree with itself is empty. */
int td_merkle_root(int64_t size, td_merkle_fetch_fn fetch, void *arg,
                   struct td_merkle_hash *ret_root);
int td_merkle_inclusion(int64_t index, int64_t size, td_merkle_fetch_fn fetch, void *arg,
                        struct td_merkle_proof *ret_proof);
int td_merkle_consistency(int64_t first, int64_t second, td_merkle_fetch_fn fetch, void *arg,
                          struct td_merkle_proof *ret_proof);

/* What a holder does with a proof (RFC 9162, 2.1.3.2 and 2.1.4.2). Any input is allowed. */
bool td_merkle_check_inclusion(const struct td_merkle_hash *leaf, int64_t index, int64_t size,
                               const struct td_merkle_proof *proof,
                               const struct td_merkle_hash *root);
bool td_merkle_check_consistency(int64_t first, int64_t second,
                                 const struct td_merkle_proof *proof,
                                 const struct td_merkle_hash *first_root,
                                 const struct td_merkle_hash *second_root);

/* A tree that is fed leaf after leaf and keeps the perfect subtrees of its right edge only.
 * peaks[level] is meant when bit `level` of `size` is set. Zero is the empty tree. */
struct td_merkle_edge {
    int64_t size;
    struct td_merkle_hash peaks[TD_MERKLE_DEPTH];
};

/* Adds a leaf's hash. Every perfect subtree of level > 0 that it completes is told to `each`, which
 * may be NULL; a negative answer ends it and is returned, the tree then being of no more use. */
typedef int (*td_merkle_node_fn)(void *arg, int level, int64_t position,
                                 const struct td_merkle_hash *hash);
int td_merkle_push(struct td_merkle_edge *edge, const struct td_merkle_hash *leaf,
                   td_merkle_node_fn each, void *arg);
/* The edge of a tree of `size` leaves that is already there. */
int td_merkle_resume(struct td_merkle_edge *ret_edge, int64_t size, td_merkle_fetch_fn fetch,
                     void *arg);

#endif
