/* Writing JSON: the same bytes as jansson's own writer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"

#include <stdlib.h>

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

/* Every byte that a text may hold, alone and between others. */
static void test_escapes_every_character(void **state)
{
    (void)state;
    for (char c = 0; c >= 0 && c < 0x7f; c++) {
        expect_same(json_stringn(&c, 1));
        expect_same(json_stringn((const char[]){'a', c, c, 'b'}, 4));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_as_jansson_does),
        cmocka_unit_test(test_escapes_every_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
