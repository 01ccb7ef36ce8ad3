/* Values with parameters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/parameter.h"

#include <string.h>

static void leads(void **state)
{
    (void)state;
    assert_true(td_parameter_leads("multipart/form-data; boundary=x", "multipart/form-data"));
    assert_true(td_parameter_leads(" Multipart/Form-Data ;x", "multipart/form-data"));
    assert_false(td_parameter_leads("multipart/form-data2", "multipart/form-data"));
    assert_false(td_parameter_leads("multipart/form", "multipart/form-data"));
    assert_false(td_parameter_leads("multipart/form-data x", "multipart/form-data"));
}

static void finds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        long result;
        const char *value;
    } samples[] = {
        {"a; name=b", 1, "b"},
        {"a;NAME=b;x=y", 1, "b"},
        {"a; x=\"name=q\"; name=\"b;c\"", 3, "b;c"},
        {"a; name=\"\"", 0, ""},
        {"a; name=\"q\\\"q\"", 3, "q\"q"},
        {"a; name=\"C:\\d\\\\e\"", 6, "C:\\d\\e"},
        {"a; name=b;", 1, "b"},
        {"a", -1, NULL},
        {"a; filename=b", -1, NULL},
        {"a; name*=b", -1, NULL},
        {"a; name=b; name=c", -2, NULL},
        {"a; name", -2, NULL},
        {"a; name=", -2, NULL},
        {"a; name=\"b", -2, NULL},
        {"a; name=\"b\"c", -2, NULL},
        {"a; name=b c", -2, NULL},
        {"a; name=toolongvalue", -2, NULL},
        {"a; =b", -2, NULL},
    };
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        char value[8] = "";
        long rc = td_parameter_find(samples[i].text, "name", value, sizeof(value));
        if (rc != samples[i].result)
            fail_msg("%s: %ld", samples[i].text, rc);
        if (rc >= 0)
            assert_string_equal(value, samples[i].value);
    }
}

static void finds_extended(void **state)
{
    (void)state;
    char value[32];
    assert_int_equal(
        td_parameter_find_extended("a; f*=utf-8'zh'%E8%AE%BA.pdf", "f", value, sizeof(value)), 7);
    assert_string_equal(value, "\xe8\xae\xba.pdf");
    assert_int_equal(td_parameter_find_extended("a; f=x", "f", value, sizeof(value)), -1);
    assert_int_equal(td_parameter_find_extended("a; f*=latin1''x", "f", value, sizeof(value)), -2);
    assert_int_equal(td_parameter_find_extended("a; f*=UTF-8''%ff", "f", value, sizeof(value)), -2);
    assert_int_equal(td_parameter_find_extended("a; f*=UTF-8''a%00b", "f", value, sizeof(value)),
                     -2);
    assert_int_equal(td_parameter_find_extended("a; f*=UTF-8'x", "f", value, sizeof(value)), -2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leads),
        cmocka_unit_test(finds),
        cmocka_unit_test(finds_extended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
