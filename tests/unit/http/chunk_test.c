/* Chunked framing: what is proper, where it ends, and that it does not matter how the bytes are
 * split. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/chunk.h"

#include <string.h>

struct sample {
    const char *text;
    int result;  /* 1 proper and complete, 0 incomplete, -1 improper */
    size_t used; /* of a complete body */
};

static const struct sample samples[] = {
    {"0\r\n\r\n", 1, 5},
    {"3\r\nabc\r\n0\r\n\r\nGET /", 1, 13},
    {"A;name=\"value\"\r\n0123456789\r\n000\r\n\r\n", 1, 35},
    {"1\r\n\n\r\n0\r\nA: b\r\nC-d:\r\n\r\n", 1, 23},
    {"3\r\nab", 0, 0},
    {"3\r\nabc\r\n0\r\n", 0, 0},
    {"3\r\nabc\r\n0\r\nA: b\r\n\r", 0, 0},
    {"\r\n", -1, 0},
    {" 3\r\nabc\r\n", -1, 0},
    {"3 \r\nabc\r\n", -1, 0},
    {"+3\r\nabc\r\n", -1, 0},
    {"0x3\r\nabc\r\n", -1, 0},
    {"3\nabc\r\n", -1, 0},
    {"3\r\nabc\n", -1, 0},
    {"3\r\nabcd\r\n", -1, 0},
    {"3\r\nabc\r\r\n", -1, 0},
    {"3;a\x01\r\n", -1, 0},
    {"0\r\nA\r\n\r\n", -1, 0},
    {"0\r\n: b\r\n\r\n", -1, 0},
    {"0\r\nA : b\r\n\r\n", -1, 0},
    {"0\r\nA: b\r\n c\r\n\r\n", -1, 0},
    {"0\r\nA: b\n\r\n", -1, 0},
    {"0\r\n\n", -1, 0},
    {"0000000000000000\r\n\r\n", -1, 0},
    {"FFFFFFFFFFFFFFFF\r\n", -1, 0},
};

static int read_in_two(const struct sample *sample, size_t split, size_t *ret_used)
{
    struct td_chunk_guard guard = {0};
    size_t length = strlen(sample->text), used;
    int rc = td_chunk_read(&guard, sample->text, split, &used);
    *ret_used = used;
    if (rc != 0)
        return rc;
    assert_int_equal(used, split);
    rc = td_chunk_read(&guard, sample->text + split, length - split, &used);
    *ret_used = split + used;
    return rc;
}

static void every_split_gives_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        for (size_t split = 0; split <= strlen(samples[i].text); split++) {
            size_t used;
            int rc = read_in_two(&samples[i], split, &used);
            if (rc != samples[i].result)
                fail_msg("%s split at %zu: %d", samples[i].text, split, rc);
            if (rc == 1)
                assert_int_equal(used, samples[i].used);
        }
    }
}

static void overhead_is_bounded(void **state)
{
    (void)state;
    struct td_chunk_guard guard = {0};
    size_t used;
    int rc = 0;
    size_t fed = 0;
    while (rc == 0 && fed < 100000) {
        rc = td_chunk_read(&guard, "1;extension\r\nx\r\n", 16, &used);
        fed += used;
    }
    assert_int_equal(rc, -1);
    guard = (struct td_chunk_guard){0};
    rc = td_chunk_read(&guard, "0\r\n", 3, &used);
    for (fed = 0; rc == 0 && fed < 100000; fed += used)
        rc = td_chunk_read(&guard, "Trailer: value\r\n", 16, &used);
    assert_int_equal(rc, -1);
}

static void large_chunks_are_skipped_in_pieces(void **state)
{
    (void)state;
    struct td_chunk_guard guard = {0};
    char bytes[1000] = {0};
    size_t used;
    assert_int_equal(td_chunk_read(&guard, "FFFFFFFFFF\r\n", 12, &used), 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(td_chunk_read(&guard, bytes, sizeof(bytes), &used), 0);
    assert_true(guard.left == 0xFFFFFFFFFFu - 100000u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_split_gives_the_same),
        cmocka_unit_test(overhead_is_bounded),
        cmocka_unit_test(large_chunks_are_skipped_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
