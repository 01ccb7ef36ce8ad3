/* id_number_test.c - GB 11643: examples of the standard, and every way to be wrong. */
#include "review/id_number.h"

#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int parse(const char *text)
{
    struct td_id_number number;
    return td_id_number_parse(text, &number);
}

static void reads_the_examples_of_the_standard(void **state)
{
    struct td_id_number number;
    char date[TD_DATE_TEXT];
    (void)state;
    assert_int_equal(td_id_number_parse("11010519491231002x", &number), 0);
    assert_string_equal(number.text, "11010519491231002X");
    assert_true(number.female);
    td_date_format(number.birth_date, date);
    assert_string_equal(date, "1949-12-31");
    assert_int_equal(td_id_number_parse("440524188001010014", &number),
                     TD_EINVALID); /* 1880: before our calendar */
}

static void refuses_the_others(void **state)
{
    (void)state;
    assert_int_equal(parse(""), TD_EINVALID);
    assert_int_equal(parse("11010519491231002"), TD_EINVALID);
    assert_int_equal(parse("11010519491231002XX"), TD_EINVALID);
    assert_int_equal(parse("1101051949123100ZX"), TD_EINVALID);
    assert_int_equal(parse("11010519491231 02X"), TD_EINVALID);
    assert_int_equal(parse("110105194912310020"), TD_EINVALID);
}

/* A wrong digit anywhere, and two neighbours exchanged, never pass: that is what the check is for.
 */
static void notices_every_slip(void **state)
{
    static const char right[] = "11010519491231002X";
    (void)state;
    for (int at = 0; at < 17; at++)
        for (char digit = '0'; digit <= '9'; digit++) {
            char text[19];
            snprintf(text, sizeof(text), "%s", right);
            text[at] = digit;
            assert_int_equal(parse(text), digit == right[at] ? 0 : TD_EINVALID);
        }
    for (int at = 0; at < 16; at++) {
        char text[19];
        snprintf(text, sizeof(text), "%s", right);
        text[at] = right[at + 1];
        text[at + 1] = right[at];
        assert_int_equal(parse(text), right[at] == right[at + 1] ? 0 : TD_EINVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_examples_of_the_standard),
        cmocka_unit_test(refuses_the_others),
        cmocka_unit_test(notices_every_slip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
