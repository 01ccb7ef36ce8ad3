/* The tree of RFC 6962: the vectors of the reference implementation, and every tree up to 130
 * leaves against the sentences of the RFC computed plainly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "store/merkle.h"

enum { LEAVES = 130 };

static struct td_merkle_hash leaves[LEAVES];

/* The hash of a perfect subtree, from the leaves, each time anew. */
static int fetch(void *arg, int level, int64_t position, struct td_merkle_hash *ret_hash)
{
    const struct td_merkle_hash *from = arg;
    if (level == 0) {
        *ret_hash = from[position];
        return 0;
    }
    struct td_merkle_hash left, right;
    fetch(arg, level - 1, 2 * position, &left);
    fetch(arg, level - 1, 2 * position + 1, &right);
    *ret_hash = td_merkle_join(&left, &right);
    return 0;
}

static void check_hex(const struct td_merkle_hash *hash, const char *expected)
{
    char hex[TD_MERKLE_HEX];
    td_merkle_hex(hash, hex);
    assert_string_equal(hex, expected);
}

/* --- vectors -----------------------------------------------------------------------------------
 */

#define H1  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
#define H2  "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
#define H12 "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
#define H34 "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
#define H14 "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
#define H5  "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
#define H56 "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
#define H78 "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
#define H58 "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"

static const struct {
    const char *bytes;
    size_t length;
} inputs[8] = {{"", 0},
               {"\x00", 1},
               {"\x10", 1},
               {"\x20\x21", 2},
               {"\x30\x31", 2},
               {"\x40\x41\x42\x43", 4},
               {"\x50\x51\x52\x53\x54\x55\x56\x57", 8},
               {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16}};

static const char *const roots[9] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    H1,
    H12,
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    H14,
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

static int vectors(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++)
        leaves[i] = td_merkle_leaf(inputs[i].bytes, inputs[i].length);
    return 0;
}

static void test_vector_roots(void **state)
{
    (void)state;
    struct td_merkle_edge edge = {0};
    for (int size = 0; size <= 8; size++) {
        struct td_merkle_hash root;
        assert_int_equal(td_merkle_root(size, fetch, leaves, &root), 0);
        check_hex(&root, roots[size]);
        if (size < 8)
            td_merkle_push(&edge, &leaves[size], NULL, NULL);
    }
    check_hex(&edge.peaks[3], roots[8]);
}

static void check_proof(const struct td_merkle_proof *proof, const char *const *expected)
{
    int i = 0;
    for (; expected[i]; i++)
        check_hex(&proof->hashes[i], expected[i]);
    assert_int_equal(proof->count, i);
}

static void test_vector_paths(void **state)
{
    (void)state;
    static const struct {
        int leaf, size; /* counted from 1, as the reference does */
        const char *path[4];
    } paths[] = {{1, 1, {NULL}},
                 {1, 8, {H2, H34, H58, NULL}},
                 {6, 8, {H5, H78, H14, NULL}},
                 {3, 3, {H12, NULL}},
                 {2, 5, {H1, H34, H5, NULL}}};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct td_merkle_proof proof;
        td_merkle_inclusion(paths[i].leaf - 1, paths[i].size, fetch, leaves, &proof);
        check_proof(&proof, paths[i].path);
    }
}

static void test_vector_consistency(void **state)
{
    (void)state;
    static const struct {
        int first, second;
        const char *proof[4];
    } proofs[] = {{1, 1, {NULL}},
                  {1, 8, {H2, H34, H58, NULL}},
                  {6, 8, {H56, H78, H14, NULL}},
                  {2, 5, {H34, H5, NULL}}};
    for (size_t i = 0; i < sizeof(proofs) / sizeof(proofs[0]); i++) {
        struct td_merkle_proof proof;
        td_merkle_consistency(proofs[i].first, proofs[i].second, fetch, leaves, &proof);
        check_proof(&proof, proofs[i].proof);
    }
}

/* --- every tree up to 130 ----------------------------------------------------------------------
 */

static int numbered(void **state)
{
    (void)state;
    for (int i = 0; i < LEAVES; i++) {
        char text[16];
        int length = snprintf(text, sizeof(text), "leaf %d", i);
        leaves[i] = td_merkle_leaf(text, (size_t)length);
    }
    return 0;
}

/* MTH as the RFC says it. */
static struct td_merkle_hash plain_root(int start, int end)
{
    if (end - start == 1)
        return leaves[start];
    int k = 1;
    while (2 * k < end - start)
        k *= 2;
    struct td_merkle_hash left = plain_root(start, start + k), right = plain_root(start + k, end);
    return td_merkle_join(&left, &right);
}

/* The proof with one bit turned, one hash more or one less proves nothing. */
static void test_inclusion(void **state)
{
    (void)state;
    for (int size = 1; size <= LEAVES; size++) {
        struct td_merkle_hash root, expected = plain_root(0, size);
        td_merkle_root(size, fetch, leaves, &root);
        assert_true(td_merkle_same(&root, &expected));
        for (int index = 0; index < size; index++) {
            struct td_merkle_proof proof;
            td_merkle_inclusion(index, size, fetch, leaves, &proof);
            assert_true(td_merkle_check_inclusion(&leaves[index], index, size, &proof, &root));
            int other = (index + 1) % size;
            assert_true(size == 1 ||
                        !td_merkle_check_inclusion(&leaves[other], index, size, &proof, &root));
            assert_true(size == 1 ||
                        !td_merkle_check_inclusion(&leaves[index], other, size, &proof, &root));
            assert_false(
                td_merkle_check_inclusion(&leaves[index], index + size, size, &proof, &root));
            assert_false(td_merkle_check_inclusion(&leaves[index], -1, size, &proof, &root));
            proof.hashes[proof.count++] = root;
            assert_false(td_merkle_check_inclusion(&leaves[index], index, size, &proof, &root));
            if ((proof.count -= 2) < 0)
                continue;
            assert_false(td_merkle_check_inclusion(&leaves[index], index, size, &proof, &root));
            proof.hashes[proof.count++].bytes[index % 32] ^= 1;
            assert_false(td_merkle_check_inclusion(&leaves[index], index, size, &proof, &root));
        }
    }
}

static void test_consistency(void **state)
{
    (void)state;
    for (int second = 1; second <= LEAVES; second++) {
        struct td_merkle_hash new = plain_root(0, second);
        for (int first = 1; first <= second; first++) {
            struct td_merkle_hash old = plain_root(0, first), wrong = old;
            struct td_merkle_proof proof;
            td_merkle_consistency(first, second, fetch, leaves, &proof);
            assert_true(td_merkle_check_consistency(first, second, &proof, &old, &new));
            wrong.bytes[first % 32] ^= 4;
            assert_false(td_merkle_check_consistency(first, second, &proof, &wrong, &new));
            assert_false(td_merkle_check_consistency(first, second, &proof, &old, &wrong));
            assert_false(td_merkle_check_consistency(0, second, &proof, &old, &new));
            assert_false(td_merkle_check_consistency(second + 1, second, &proof, &old, &new));
            if (proof.count == 0)
                continue;
            proof.hashes[first % proof.count].bytes[0] ^= 128;
            assert_false(td_merkle_check_consistency(first, second, &proof, &old, &new));
            proof.hashes[first % proof.count].bytes[0] ^= 128;
            proof.count--;
            assert_false(td_merkle_check_consistency(first, second, &proof, &old, &new));
        }
    }
}

/* Told nodes are the perfect subtrees, and a resumed edge grows like one that was always there. */
static int check_node(void *arg, int level, int64_t position, const struct td_merkle_hash *hash)
{
    struct td_merkle_hash expected;
    int *told = arg;
    (*told)++;
    fetch(leaves, level, position, &expected);
    assert_true(td_merkle_same(hash, &expected));
    return 0;
}

static void test_growth(void **state)
{
    (void)state;
    struct td_merkle_edge edge = {0};
    int told = 0, completed = 0;
    for (int size = 0; size < LEAVES; size++) {
        struct td_merkle_edge resumed = {0};
        assert_int_equal(td_merkle_resume(&resumed, size, fetch, leaves), 0);
        td_merkle_push(&edge, &leaves[size], check_node, &told);
        td_merkle_push(&resumed, &leaves[size], NULL, NULL);
        completed += __builtin_ctz((unsigned)size + 1);
        assert_int_equal(told, completed);
        assert_int_equal(resumed.size, size + 1);
        for (int level = 0; level < 8; level++)
            assert_true(!((size + 1) >> level & 1) ||
                        td_merkle_same(&edge.peaks[level], &resumed.peaks[level]));
    }
}

static void test_hex(void **state)
{
    (void)state;
    struct td_merkle_hash hash;
    assert_true(td_merkle_from_hex(H12, &hash));
    check_hex(&hash, H12);
    assert_false(td_merkle_from_hex(H12 "0", &hash));
    assert_false(td_merkle_from_hex("", &hash));
    assert_false(td_merkle_from_hex(
        "FAC54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125", &hash));
    assert_false(td_merkle_from_hex(
        "gac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125", &hash));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_vector_roots, vectors),
        cmocka_unit_test_setup(test_vector_paths, vectors),
        cmocka_unit_test_setup(test_vector_consistency, vectors),
        cmocka_unit_test_setup(test_inclusion, numbered),
        cmocka_unit_test_setup(test_consistency, numbered),
        cmocka_unit_test_setup(test_growth, numbered),
        cmocka_unit_test(test_hex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
