/* merkle.c - see merkle.h. The recursions are those of the RFC, so that they can be read beside it.
 */
#include "store/merkle.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

_Static_assert(TD_MERKLE_BYTES == crypto_hash_sha256_BYTES, "the tree is of SHA-256");

/* SHA-256 of a prefix byte and up to two pieces; libsodium's allocates nothing and cannot fail. */
static struct td_merkle_hash digest(unsigned char prefix, const void *a, size_t a_length,
                                    const void *b, size_t b_length)
{
    struct td_merkle_hash hash;
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, &prefix, 1);
    crypto_hash_sha256_update(&state, a, a_length);
    crypto_hash_sha256_update(&state, b, b_length);
    crypto_hash_sha256_final(&state, hash.bytes);
    return hash;
}

struct td_merkle_hash td_merkle_leaf(const void *bytes, size_t length)
{
    return digest(0, bytes, length, "", 0);
}

struct td_merkle_hash td_merkle_join(const struct td_merkle_hash *left,
                                     const struct td_merkle_hash *right)
{
    return digest(1, left->bytes, TD_MERKLE_BYTES, right->bytes, TD_MERKLE_BYTES);
}

struct td_merkle_hash td_merkle_empty(void)
{
    struct td_merkle_hash hash;
    crypto_hash_sha256(hash.bytes, (const unsigned char *)"", 0);
    return hash;
}

bool td_merkle_same(const struct td_merkle_hash *a, const struct td_merkle_hash *b)
{
    return memcmp(a->bytes, b->bytes, TD_MERKLE_BYTES) == 0;
}

void td_merkle_hex(const struct td_merkle_hash *hash, char hex[TD_MERKLE_HEX])
{
    sodium_bin2hex(hex, TD_MERKLE_HEX, hash->bytes, TD_MERKLE_BYTES);
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool td_merkle_from_hex(const char *hex, struct td_merkle_hash *ret_hash)
{
    if (strlen(hex) != TD_MERKLE_HEX - 1)
        return false;
    struct td_merkle_hash hash;
    for (int i = 0; i < TD_MERKLE_BYTES; i++) {
        int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        hash.bytes[i] = (unsigned char)(high << 4 | low);
    }
    *ret_hash = hash;
    return true;
}

/* --- roots and proofs ------------------------------------------------------------------------ */

struct source {
    td_merkle_fetch_fn fetch;
    void *arg;
};

/* The largest power of two below n > 1. */
static int64_t split(int64_t n)
{
    int64_t k = 1;
    while (k < n - k)
        k <<= 1;
    return k;
}

static int level_of(int64_t power)
{
    return __builtin_ctzll((unsigned long long)power);
}

/* MTH(D[start:start + n]), n > 0. In the RFC's recursion `start` is a multiple of any part's size.
 */
static int hash_of(const struct source *source, int64_t start, int64_t n,
                   struct td_merkle_hash *ret_hash)
{
    if ((n & (n - 1)) == 0)
        return source->fetch(source->arg, level_of(n), start >> level_of(n), ret_hash);
    struct td_merkle_hash left, right;
    int64_t k = split(n);
    int r = hash_of(source, start, k, &left);
    if (r == 0)
        r = hash_of(source, start + k, n - k, &right);
    if (r == 0)
        *ret_hash = td_merkle_join(&left, &right);
    return r;
}

int td_merkle_root(int64_t size, td_merkle_fetch_fn fetch, void *arg,
                   struct td_merkle_hash *ret_root)
{
    struct source source = {fetch, arg};
    if (size > 0)
        return hash_of(&source, 0, size, ret_root);
    *ret_root = td_merkle_empty();
    return 0;
}

static int add(const struct source *source, int64_t start, int64_t n, struct td_merkle_proof *proof)
{
    assert(proof->count < TD_MERKLE_DEPTH);
    return hash_of(source, start, n, &proof->hashes[proof->count++]);
}

/* PATH(m, D[start:start + n]) */
static int path(const struct source *source, int64_t m, int64_t start, int64_t n,
                struct td_merkle_proof *proof)
{
    if (n == 1)
        return 0;
    int64_t k = split(n);
    int r = m < k ? path(source, m, start, k, proof) : path(source, m - k, start + k, n - k, proof);
    if (r < 0)
        return r;
    return m < k ? add(source, start + k, n - k, proof) : add(source, start, k, proof);
}

int td_merkle_inclusion(int64_t index, int64_t size, td_merkle_fetch_fn fetch, void *arg,
                        struct td_merkle_proof *ret_proof)
{
    assert(index >= 0 && index < size);
    struct source source = {fetch, arg};
    ret_proof->count = 0;
    return path(&source, index, 0, size, ret_proof);
}

/* SUBPROOF(m, D[start:start + n], known): `known` while the verifier has the hash of this part. */
static int subproof(const struct source *source, int64_t m, int64_t start, int64_t n, bool known,
                    struct td_merkle_proof *proof)
{
    if (m == n)
        return known ? 0 : add(source, start, n, proof);
    int64_t k = split(n);
    int r = m <= k ? subproof(source, m, start, k, known, proof)
                   : subproof(source, m - k, start + k, n - k, false, proof);
    if (r < 0)
        return r;
    return m <= k ? add(source, start + k, n - k, proof) : add(source, start, k, proof);
}

int td_merkle_consistency(int64_t first, int64_t second, td_merkle_fetch_fn fetch, void *arg,
                          struct td_merkle_proof *ret_proof)
{
    assert(first > 0 && first <= second);
    struct source source = {fetch, arg};
    ret_proof->count = 0;
    return subproof(&source, first, 0, second, true, ret_proof);
}

/* --- checking -------------------------------------------------------------------------------- */

bool td_merkle_check_inclusion(const struct td_merkle_hash *leaf, int64_t index, int64_t size,
                               const struct td_merkle_proof *proof,
                               const struct td_merkle_hash *root)
{
    if (index < 0 || index >= size)
        return false;
    int64_t fn = index, sn = size - 1;
    struct td_merkle_hash r = *leaf;
    for (int i = 0; i < proof->count; i++) {
        const struct td_merkle_hash *p = &proof->hashes[i];
        if (sn == 0)
            return false;
        if ((fn & 1) || fn == sn) {
            r = td_merkle_join(p, &r);
            while (!(fn & 1) && fn != 0)
                fn >>= 1, sn >>= 1;
        } else {
            r = td_merkle_join(&r, p);
        }
        fn >>= 1, sn >>= 1;
    }
    return sn == 0 && td_merkle_same(&r, root);
}

/* The RFC's step 4 to 6, from the subtree that both trees have. */
static bool climb(int64_t fn, int64_t sn, struct td_merkle_hash start,
                  const struct td_merkle_hash *rest, int count, const struct td_merkle_hash *first,
                  const struct td_merkle_hash *second)
{
    struct td_merkle_hash fr = start, sr = start;
    while (fn & 1)
        fn >>= 1, sn >>= 1;
    for (int i = 0; i < count; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) || fn == sn) {
            fr = td_merkle_join(&rest[i], &fr);
            sr = td_merkle_join(&rest[i], &sr);
            while (!(fn & 1) && fn != 0)
                fn >>= 1, sn >>= 1;
        } else {
            sr = td_merkle_join(&sr, &rest[i]);
        }
        fn >>= 1, sn >>= 1;
    }
    return sn == 0 && td_merkle_same(&fr, first) && td_merkle_same(&sr, second);
}

bool td_merkle_check_consistency(int64_t first, int64_t second, const struct td_merkle_proof *proof,
                                 const struct td_merkle_hash *first_root,
                                 const struct td_merkle_hash *second_root)
{
    if (first <= 0 || first > second)
        return false;
    if (first == second)
        return proof->count == 0 && td_merkle_same(first_root, second_root);
    bool whole = (first & (first - 1)) == 0; /* then the first root is where one starts */
    if (!whole && proof->count == 0)
        return false;
    return climb(first - 1, second - 1, whole ? *first_root : proof->hashes[0],
                 proof->hashes + !whole, proof->count - !whole, first_root, second_root);
}

/* --- growing --------------------------------------------------------------------------------- */

int td_merkle_push(struct td_merkle_edge *edge, const struct td_merkle_hash *leaf,
                   td_merkle_node_fn each, void *arg)
{
    struct td_merkle_hash hash = *leaf;
    int level = 0, r = 0;
    for (; edge->size >> level & 1; level++) {
        hash = td_merkle_join(&edge->peaks[level], &hash);
        r = each ? each(arg, level + 1, edge->size >> (level + 1), &hash) : 0;
        if (r < 0)
            return r;
    }
    edge->peaks[level] = hash;
    edge->size++;
    return 0;
}

int td_merkle_resume(struct td_merkle_edge *ret_edge, int64_t size, td_merkle_fetch_fn fetch,
                     void *arg)
{
    int r = 0;
    ret_edge->size = size;
    for (int level = 0; r == 0 && size >> level; level++)
        if (size >> level & 1) /* the part left of it is what the higher bits stand for */
            r = fetch(arg, level, (size >> (level + 1)) << 1, &ret_edge->peaks[level]);
    return r;
}
