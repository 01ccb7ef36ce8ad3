/* Tables as spreadsheets save them. */
#include "base/error.h"
#include "base/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *cell(const json_t *line, size_t n)
{
    return json_string_value(json_array_get(line, n));
}

static void test_lines(void **state)
{
    (void)state;
    const char *at = "\"a \"\"b\"\", c\",\"two\nlines\", plain ,\r\n\r\nlast";
    json_t *line = td_table_line(&at, ',', 8);
    assert_int_equal(json_array_size(line), 4);
    assert_string_equal(cell(line, 0), "a \"b\", c");
    assert_string_equal(cell(line, 1), "two\nlines");
    assert_string_equal(cell(line, 2), "plain");
    assert_string_equal(cell(line, 3), "");
    json_decref(line);
    line = td_table_line(&at, ',', 8);
    assert_int_equal(json_array_size(line), 1);
    json_decref(line);
    line = td_table_line(&at, ',', 8);
    assert_string_equal(cell(line, 0), "last");
    assert_int_equal(*at, 0);
    json_decref(line);
    at = "1,2,3\n4";
    line = td_table_line(&at, ',', 2); /* what is beyond is left */
    assert_int_equal(json_array_size(line), 2);
    assert_string_equal(at, "4");
    json_decref(line);
    at = "\"never closed";
    line = td_table_line(&at, ',', 2);
    assert_string_equal(cell(line, 0), "never closed");
    json_decref(line);
    assert_int_equal(td_table_separator("a\tb,c\nd"), '\t');
    assert_int_equal(td_table_separator("a,b\nd\te"), ',');
}

static void test_encodings(void **state)
{
    (void)state;
    const char gb[] = "\xcd\xc6\xbc\xf6,1"; /* 推荐 */
    const struct {
        const char *bytes;
        size_t length;
        const char *text;
    } tries[] = {
        {"\xef\xbb\xbf推荐,1", 11, "推荐,1"},
        {"推荐,1", 8, "推荐,1"},
        {gb, sizeof(gb) - 1, "推荐,1"},
        {"", 0, ""},
        {"PK\x03\x04\0", 5, NULL},
        {"\xff\xff\xff", 3, NULL},
    };
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        char *text = NULL;
        int result = td_table_text(tries[i].bytes, tries[i].length, &text);
        assert_int_equal(result, tries[i].text ? 0 : TD_EINVALID);
        if (tries[i].text)
            assert_string_equal(text, tries[i].text);
        else
            assert_null(text);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_encodings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
