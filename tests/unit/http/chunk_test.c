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
    enum td_chunk_step result;
    size_t used; /* of a complete body */
    const char *content;
};

static const struct sample samples[] = {
    {"0\r\n\r\n", TD_CHUNK_END, 5, ""},
    {"3\r\nabc\r\n0\r\n\r\nGET /", TD_CHUNK_END, 13, "abc"},
    {"A;name=\"value\"\r\n0123456789\r\n000\r\n\r\n", TD_CHUNK_END, 35, "0123456789"},
    {"1\r\n\n\r\n0\r\nA: b\r\nC-d:\r\n\r\n", TD_CHUNK_END, 23, "\n"},
    {"2;a=\"b;c \\\"d\" ; e\r\nxy\r\n1\r\nz\r\n0;f\r\n\r\n", TD_CHUNK_END, 36, "xyz"},
    {"1;a=\"\\\\\";b=\"\\\"\"\r\nx\r\n0\r\n\r\n", TD_CHUNK_END, 25, "x"},
    {"1;a=\"b\r\nx\r\n0\r\n\r\n", TD_CHUNK_BROKEN, 0, ""},
    {"1;a=\"b\\\"\r\nx\r\n0\r\n\r\n", TD_CHUNK_BROKEN, 0, ""},
    {"1;a=(b)\r\nx\r\n0\r\n\r\n", TD_CHUNK_BROKEN, 0, ""},
    {"3\r\nab", TD_CHUNK_MORE, 0, ""},
    {"3\r\nabc\r\n0\r\n", TD_CHUNK_MORE, 0, ""},
    {"3\r\nabc\r\n0\r\nA: b\r\n\r", TD_CHUNK_MORE, 0, ""},
    {"\r\n", TD_CHUNK_BROKEN, 0, ""},
    {" 3\r\nabc\r\n", TD_CHUNK_BROKEN, 0, ""},
    {"3 \r\nabc\r\n", TD_CHUNK_BROKEN, 0, ""},
    {"+3\r\nabc\r\n", TD_CHUNK_BROKEN, 0, ""},
    {"0x3\r\nabc\r\n", TD_CHUNK_BROKEN, 0, ""},
    {"3\nabc\r\n", TD_CHUNK_BROKEN, 0, ""},
    {"3\r\nabc\n", TD_CHUNK_BROKEN, 0, ""},
    {"3\r\nabcd\r\n", TD_CHUNK_BROKEN, 0, ""},
    {"3\r\nabc\r\r\n", TD_CHUNK_BROKEN, 0, ""},
    {"3;a\x01\r\n", TD_CHUNK_BROKEN, 0, ""},
    {"0\r\nA\r\n\r\n", TD_CHUNK_BROKEN, 0, ""},
    {"0\r\n: b\r\n\r\n", TD_CHUNK_BROKEN, 0, ""},
    {"0\r\nA : b\r\n\r\n", TD_CHUNK_BROKEN, 0, ""},
    {"0\r\nA: b\r\n c\r\n\r\n", TD_CHUNK_BROKEN, 0, ""},
    {"0\r\nA: b\n\r\n", TD_CHUNK_BROKEN, 0, ""},
    {"0\r\n\n", TD_CHUNK_BROKEN, 0, ""},
    {"0000000000000000\r\n\r\n", TD_CHUNK_BROKEN, 0, ""},
    {"FFFFFFFFFFFFFFFF\r\n", TD_CHUNK_BROKEN, 0, ""},
};

/* Reads to the end of the bytes or of the body; content is added to `text`. */
static enum td_chunk_step read_all(struct td_chunk_reader *reader, const char *bytes, size_t length,
                                   size_t *ret_used, char *text)
{
    enum td_chunk_step step = TD_CHUNK_MORE;
    for (*ret_used = 0; step == TD_CHUNK_MORE && *ret_used < length;) {
        size_t used = 0, content = 0;
        step = td_chunk_read(reader, bytes + *ret_used, length - *ret_used, &used, &content);
        *ret_used += used;
        if (step != TD_CHUNK_CONTENT)
            continue;
        strncat(text, bytes + *ret_used - content, content);
        step = TD_CHUNK_MORE;
    }
    return step;
}

static enum td_chunk_step read_in_two(const struct sample *sample, size_t split, size_t *ret_used,
                                      char *text)
{
    struct td_chunk_reader reader = {0};
    size_t length = strlen(sample->text);
    *text = 0;
    enum td_chunk_step step = read_all(&reader, sample->text, split, ret_used, text);
    if (step != TD_CHUNK_MORE)
        return step;
    assert_int_equal(*ret_used, split);
    step = read_all(&reader, sample->text + split, length - split, ret_used, text);
    *ret_used += split;
    return step;
}

static void every_split_gives_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        for (size_t split = 0; split <= strlen(samples[i].text); split++) {
            size_t used;
            char text[64];
            enum td_chunk_step step = read_in_two(&samples[i], split, &used, text);
            if (step != samples[i].result)
                fail_msg("%s split at %zu: %d", samples[i].text, split, (int)step);
            if (step != TD_CHUNK_END)
                continue;
            assert_int_equal(used, samples[i].used);
            assert_string_equal(text, samples[i].content);
        }
    }
}

static void overhead_is_bounded(void **state)
{
    (void)state;
    struct td_chunk_reader reader = {0};
    char text[8192] = "";
    size_t used, fed;
    enum td_chunk_step step = TD_CHUNK_MORE;
    for (fed = 0; step == TD_CHUNK_MORE && fed < 100000; fed += used)
        step = read_all(&reader, "1;extension\r\nx\r\n", 16, &used, text);
    assert_int_equal(step, TD_CHUNK_BROKEN);
    reader = (struct td_chunk_reader){0};
    step = read_all(&reader, "0\r\n", 3, &used, text);
    for (fed = 0; step == TD_CHUNK_MORE && fed < 100000; fed += used)
        step = read_all(&reader, "Trailer: value\r\n", 16, &used, text);
    assert_int_equal(step, TD_CHUNK_BROKEN);
}

static void a_large_chunk_comes_in_pieces(void **state)
{
    (void)state;
    struct td_chunk_reader reader = {0};
    char bytes[1000] = {0};
    size_t used, content;
    assert_int_equal(td_chunk_read(&reader, "FFFFFFFFFF\r\n", 12, &used, &content), TD_CHUNK_MORE);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(td_chunk_read(&reader, bytes, sizeof(bytes), &used, &content),
                         TD_CHUNK_CONTENT);
        assert_true(used == sizeof(bytes) && content == sizeof(bytes));
    }
    assert_true(reader.left == 0xFFFFFFFFFFu - 100000u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_split_gives_the_same),
        cmocka_unit_test(overhead_is_bounded),
        cmocka_unit_test(a_large_chunk_comes_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
