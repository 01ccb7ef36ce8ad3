/* Writing JSON: the same bytes as jansson's own writer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

static void expect_same(json_t *value)
{
    assert_non_null(value);
    char *wanted = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    struct td_strbuf out;
    td_strbuf_init(&out);
    td_json_write(value, &out);
    assert_false(out.failed);
    assert_string_equal(out.bytes, wanted);
    td_strbuf_done(&out);
    free(wanted);
    json_decref(value);
}

static void test_writes_as_jansson_does(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "null",
        "true",
        "false",
        "0",
        "-9223372036854775808",
        "9223372036854775807",
        "1.5",
        "1e300",
        "-0.0",
        "3.0",
        "0.1",
        "\"\"",
        "\"\xe8\x8d\x89 \xf0\x9f\x98\x80 / \\u007f \\u00e9\"",
        "\"\\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0001 \\u001f\"",
        "[]",
        "{}",
        "[[],{},[1,[2,\"a\"]]]",
        "{\"b\":1,\"a\":{\"quote \\\" in a name\":[true,null]},\"\":{}}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        expect_same(json_loads(texts[i], JSON_DECODE_ANY, NULL));
}

static void test_knows_what_is_written_so(void **state)
{
    (void)state;
    static const char text[] = "{\"b\":[1,\"\xe8\x8d\x89\"],\"a\":null}";
    static const char *const others[] = {
        "",
        "{\"b\":[1,\"\xe8\x8d\x89\"],\"a\": null}",
        "{\"a\":null,\"b\":[1,\"\xe8\x8d\x89\"]}",
        "{\"b\":[1,\"\\u8349\"],\"a\":null}",
        "{\"b\":[2,\"\xe8\x8d\x89\"],\"a\":null}",
        "{\"b\":[1,\"\xe8\x8d\x89\"],\"a\":null}\n",
    };
    json_t *value = json_loads(text, 0, NULL);
    assert_true(td_json_is_written(value, text, strlen(text)));
    assert_false(td_json_is_written(value, text, strlen(text) - 1));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(td_json_is_written(value, others[i], strlen(others[i])));
    json_decref(value);
}

/* Every byte that a text may hold, alone and between others. */
static void test_escapes_every_character(void **state)
{
    (void)state;
    for (char c = 0; c >= 0 && c < 0x7f; c++) {
        expect_same(json_stringn(&c, 1));
        expect_same(json_stringn((const char[]){'a', c, c, 'b'}, 4));
    }
}

/* The same value as jansson's, or none as jansson has none. */
static void expect_read(const char *text, size_t length)
{
    json_t *wanted = json_loadb(text, length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    json_t *made = td_json_read(text, length);
    if (wanted ? !json_equal(made, wanted) : made != NULL)
        fail_msg("%.*s: %s", (int)length, text, made ? "another value" : "no value");
    json_decref(made);
    json_decref(wanted);
}

/* Cut at every byte, and with every byte replaced by what could end or break something. */
static void test_reads_as_jansson_does(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"a\":[1,-2,0,true,false,null,\"\"],\"b\":{\"c\":\"\xe8\x8d\x89\"},\"a\":3}",
        " { \"a\" : 1 } ",
        "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"\\u0041\",\"\\ud83d\\ude00\",\"\\u0000\"]",
        "[1.5,1e3,-0,01,123456789012345678,9223372036854775807,9223372036854775808,-1]",
        "[\"\xff\"]",
        "{\"\\n\":1,\"\xff\":2}",
        "{\"a\":1,}",
        "[1,]",
        "[1]x",
        "12",
        "1 2",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        size_t length = strlen(texts[i]);
        char *copy = malloc(length);
        for (size_t cut = 0; cut <= length; cut++) {
            char *part = malloc(cut ? cut : 1); /* its end is where the sanitizer watches */
            memcpy(part, texts[i], cut);
            expect_read(part, cut);
            free(part);
        }
        for (size_t at = 0; at < length; at++)
            for (const char *c = "\"\\{}[],:0-1x \n\xff\xe8"; *c; c++) {
                memcpy(copy, texts[i], length);
                copy[at] = *c;
                expect_read(copy, length);
            }
        free(copy);
    }
}

static void test_reads_any_depth(void **state)
{
    (void)state;
    for (size_t depth = 1; depth < 3000; depth += depth < 150 ? 1 : 500) {
        char *text = malloc(2 * depth);
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        expect_read(text, 2 * depth);
        free(text);
    }
}

static void test_says_what_a_list_has(void **state)
{
    (void)state;
    json_t *list = json_pack("[s, i, n, s]", "a", 1, "b");
    assert_true(td_json_lists(list, "b"));
    assert_false(td_json_lists(list, "c"));
    assert_false(td_json_lists(list, ""));
    assert_false(td_json_lists(NULL, "a"));
    json_decref(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_as_jansson_does),
        cmocka_unit_test(test_escapes_every_character),
        cmocka_unit_test(test_knows_what_is_written_so),
        cmocka_unit_test(test_reads_as_jansson_does),
        cmocka_unit_test(test_reads_any_depth),
        cmocka_unit_test(test_says_what_a_list_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
