/* Bodies and queries: decoding, limits, and the check against a row's fields. */
#include "http/payload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_json(json_t *value, const char *expected)
{
    json_t *wanted = json_loads(expected, JSON_DECODE_ANY, NULL);
    assert_non_null(wanted);
    if (!json_equal(value, wanted)) {
        char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        fail_msg("%s, wanted %s", text, expected);
    }
    json_decref(wanted);
}

static void assert_form(const char *form, const char *expected)
{
    json_t *value = NULL;
    struct td_error err = TD_ERROR_INIT;
    if (td_payload_decode_form(form, strlen(form), &value, &err) < 0)
        fail_msg("%s: %s", form, err.detail);
    assert_json(value, expected);
    json_decref(value);
}

static void assert_form_refused(const char *form, int code)
{
    json_t *value = NULL;
    assert_int_equal(td_payload_decode_form(form, strlen(form), &value, NULL), code);
    assert_null(value);
}

static void test_forms(void **state)
{
    (void)state;
    assert_form("", "{}");
    assert_form("a=1&b=x+y%21&c=&d", "{\"a\":\"1\",\"b\":\"x y!\",\"c\":\"\",\"d\":\"\"}");
    assert_form("&&a=1&", "{\"a\":\"1\"}");
    assert_form("a=1=2", "{\"a\":\"1=2\"}");
    assert_form("a=x&a=y&a=z", "{\"a\":[\"x\",\"y\",\"z\"]}");
    assert_form("a=%E8%81%8C%E7%A7%B0", "{\"a\":\"职称\"}");
    assert_form("a=x%0D%0Ay%0Dz", "{\"a\":\"x\\ny\\rz\"}");
    assert_form("a.b.c=1&a.b.d=2", "{\"a\":{\"b\":{\"c\":\"1\",\"d\":\"2\"}}}");
    assert_form("e.1.x=b&e.0.x=a&e.7.x=c", "{\"e\":[{\"x\":\"a\"},{\"x\":\"b\"},{\"x\":\"c\"}]}");
    assert_form("e.0.x=a&e.id=b", "{\"e\":{\"0\":{\"x\":\"a\"},\"id\":\"b\"}}");
    assert_form("e.01=a", "{\"e\":{\"01\":\"a\"}}");
    assert_form("0=a&1=b", "{\"0\":\"a\",\"1\":\"b\"}");
    assert_form("v.0=a&v.1=b", "{\"v\":[\"a\",\"b\"]}");
}

static void test_forms_refused(void **state)
{
    (void)state;
    assert_form_refused("a=%", TD_EINVALID);
    assert_form_refused("a=%4", TD_EINVALID);
    assert_form_refused("a=%4g", TD_EINVALID);
    assert_form_refused("a=%00", TD_EINVALID);
    assert_form_refused("%00=a", TD_EINVALID);
    assert_form_refused("a=%ff", TD_EINVALID);
    assert_form_refused("%ff=a", TD_EINVALID);
    assert_form_refused("a=%ED%A0%80", TD_EINVALID); /* a lone surrogate */
    assert_form_refused("a..b=1", TD_EINVALID);
    assert_form_refused(".a=1", TD_EINVALID);
    assert_form_refused("a.=1", TD_EINVALID);
    assert_form_refused("a=1&a.b=2", TD_EINVALID);
    assert_form_refused("a.b=1&a=2", TD_EINVALID);
    assert_form_refused("a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a=1", TD_EINVALID);
}

static void test_form_limits(void **state)
{
    (void)state;
    char *many = malloc(4 * (TD_PAYLOAD_MEMBERS_MAX + 1) + 1);
    many[0] = 0;
    for (int i = 0; i < TD_PAYLOAD_MEMBERS_MAX; i++)
        memcpy(many + 4 * i, "a=1&", 5);
    json_t *value = NULL;
    assert_int_equal(td_payload_decode_form(many, strlen(many), &value, NULL), 0);
    json_decref(value);
    value = NULL;
    strcat(many, "a=1");
    assert_int_equal(td_payload_decode_form(many, strlen(many), &value, NULL), TD_ETOOLARGE);
    free(many);
    char name[TD_PAYLOAD_NAME_MAX + 4];
    memset(name, 'n', sizeof(name));
    strcpy(name + TD_PAYLOAD_NAME_MAX + 1, "=1");
    assert_form_refused(name, TD_ETOOLARGE);
}

static void test_queries(void **state)
{
    (void)state;
    json_t *value = NULL;
    assert_int_equal(td_payload_decode_query("q=a.b&cursor=%2B&q=c&d.e=1", &value, NULL), 0);
    assert_json(value, "{\"q\":\"a.b\",\"cursor\":\"+\",\"d.e\":\"1\"}");
    json_decref(value);
    assert_int_equal(td_payload_decode_query("q=%zz", &value, NULL), TD_EINVALID);
}

static void assert_json_refused(const char *text, int code)
{
    json_t *value = NULL;
    assert_int_equal(td_payload_decode_json(text, strlen(text), &value, NULL), code);
    assert_null(value);
}

static void test_json(void **state)
{
    (void)state;
    json_t *value = NULL;
    const char *text = "{\"a\": [\"[[[[\", \"\\\"{{\", {\"b\": null}]}";
    assert_int_equal(td_payload_decode_json(text, strlen(text), &value, NULL), 0);
    assert_json(value, text);
    json_decref(value);
    assert_json_refused("", TD_EINVALID);
    assert_json_refused("[]", TD_EINVALID);
    assert_json_refused("\"x\"", TD_EINVALID);
    assert_json_refused("{\"a\":1,\"a\":2}", TD_EINVALID);
    assert_json_refused("{\"a\":1} x", TD_EINVALID);
    assert_json_refused("{\"a\":\"\\u0000\"}", TD_EINVALID);
    assert_json_refused("{\"a\":\"\xff\"}", TD_EINVALID);
    assert_json_refused("{\"a\":NaN}", TD_EINVALID);
    char deep[200] = "{\"a\":";
    memset(deep + 5, '[', 100);
    assert_json_refused(deep, TD_ETOOLARGE);
}

static const struct td_field fields[] = {
    {"name", TD_FIELD_TEXT, true, 2, 4, NULL, "x"},
    {"note", TD_FIELD_TEXT, false, 0, 0, NULL, "x"},
    {"count", TD_FIELD_INT, false, 1, 10, NULL, "x"},
    {"points", TD_FIELD_POINTS, false, 0, 1500, NULL, "x"},
    {"day", TD_FIELD_DATE, false, 0, 0, NULL, "x"},
    {"agreed", TD_FIELD_BOOL, false, 0, 0, NULL, "x"},
    {"verdict", TD_FIELD_CHOICE, false, 0, 0, "ok|problem", "x"},
    {"id", TD_FIELD_ID, false, 0, 0, NULL, "x"},
    {"content", TD_FIELD_OBJECT, false, 0, 0, NULL, "x"},
    {"grants", TD_FIELD_ARRAY, false, 0, 0, NULL, "x"},
    {0},
};

static void assert_accepts(bool form, const char *sent, const char *expected)
{
    json_t *value = json_loads(sent, 0, NULL), *body = NULL;
    struct td_error err = TD_ERROR_INIT;
    assert_non_null(value);
    if (td_payload_check(fields, value, form, &body, &err) < 0)
        fail_msg("%s: %s", sent, json_dumps(err.fields, 0));
    assert_json(body, expected);
    json_decref(body);
    json_decref(value);
}

/* `faults` = "field:code field:code" in order. */
static void assert_faults(bool form, const char *sent, const char *faults)
{
    json_t *value = json_loads(sent, 0, NULL), *body = NULL, *fault;
    struct td_error err = TD_ERROR_INIT;
    char found[2000] = "";
    size_t index;
    assert_non_null(value);
    assert_int_equal(td_payload_check(fields, value, form, &body, &err), TD_EFIELDS);
    assert_null(body);
    json_array_foreach(err.fields, index, fault)
    {
        strcat(found, index ? " " : "");
        strcat(found, json_string_value(json_object_get(fault, "field")));
        strcat(strcat(found, ":"), json_string_value(json_object_get(fault, "code")));
    }
    assert_string_equal(found, faults);
    td_error_done(&err);
    json_decref(value);
}

static void test_accepts(void **state)
{
    (void)state;
    assert_accepts(false, "{\"name\":\" 马明\xe3\x80\x80\\n\"}", "{\"name\":\"马明\"}");
    assert_accepts(
        false,
        "{\"name\":\"abcd\",\"count\":10,\"points\":6.5,\"day\":\"2024-02-29\",\"agreed\":true,"
        "\"verdict\":\"ok\",\"id\":\"01ARZ3NDEKTSV4RRFFQ69G5FAV\",\"content\":{\"a\":1},"
        "\"grants\":[],\"note\":null}",
        "{\"name\":\"abcd\",\"count\":10,\"points\":650,\"day\":\"2024-02-29\",\"agreed\":true,"
        "\"verdict\":\"ok\",\"id\":\"01ARZ3NDEKTSV4RRFFQ69G5FAV\",\"content\":{\"a\":1},\"grants\":"
        "[]}");
    assert_accepts(false, "{\"name\":\"四个汉字\",\"points\":15}",
                   "{\"name\":\"四个汉字\",\"points\":1500}");
    assert_accepts(
        true,
        "{\"name\":\"ab\",\"count\":\"3\",\"points\":\"6.50\",\"agreed\":\"on\",\"grants\":\"x\","
        "\"_csrf\":\"t\",\"note\":\"\"}",
        "{\"name\":\"ab\",\"count\":3,\"points\":650,\"agreed\":true,\"grants\":[\"x\"],\"note\":"
        "\"\"}");
    assert_accepts(true,
                   "{\"name\":\"ab\",\"count\":\"\",\"day\":\"\",\"verdict\":\"\",\"id\":\"\"}",
                   "{\"name\":\"ab\",\"agreed\":false}");
}

static void test_collects_all_faults(void **state)
{
    (void)state;
    assert_faults(false, "{}", "name:required");
    assert_faults(false, "{\"name\":\"  \"}", "name:required");
    assert_faults(false, "{\"name\":\"a\"}", "name:too_short");
    assert_faults(false, "{\"name\":\"五个汉字了\"}", "name:too_long");
    assert_faults(false, "{\"name\":\"a\\u0007b\"}", "name:not_text");
    assert_faults(
        false,
        "{\"name\":1,\"count\":\"3\",\"points\":6.505,\"day\":\"2023-02-29\",\"agreed\":\"on\","
        "\"verdict\":\"o\",\"id\":\"x\",\"content\":[],\"grants\":{},\"_csrf\":\"t\",\"more\":1}",
        "name:not_text count:not_a_number points:not_points day:not_a_date agreed:not_yes_no "
        "verdict:not_a_choice id:not_an_id content:not_an_object grants:not_a_list "
        "_csrf:unknown_field more:unknown_field");
    assert_faults(false, "{\"name\":\"ab\",\"count\":11,\"points\":15.01}",
                  "count:out_of_range points:out_of_range");
    assert_faults(true,
                  "{\"name\":\"ab\",\"count\":\"0x3\",\"points\":\"1e1\",\"agreed\":\"maybe\","
                  "\"more\":\"1\"}",
                  "count:not_a_number points:not_points agreed:not_yes_no more:unknown_field");
    assert_faults(true, "{\"name\":\"ab\",\"count\":\"99999999999999999999\"}",
                  "count:not_a_number");
    assert_faults(false, "{\"name\":\"ab\",\"verdict\":\"ok|problem\"}", "verdict:not_a_choice");
    assert_faults(false, "{\"name\":\"ab\",\"verdict\":\"\"}", "verdict:not_a_choice");
}

static void test_says_the_limit(void **state)
{
    (void)state;
    json_t *sent = json_pack("{s:s}", "name", "abcde"), *body = NULL;
    struct td_error err = TD_ERROR_INIT;
    assert_int_equal(td_payload_check(fields, sent, false, &body, &err), TD_EFIELDS);
    json_t *parameters = json_object_get(json_array_get(err.fields, 0), "parameters");
    assert_int_equal(json_integer_value(json_object_get(parameters, "max")), 4);
    td_error_done(&err);
    json_decref(sent);
}

static void test_many_unknown_members_are_cut_short(void **state)
{
    (void)state;
    json_t *sent = json_object(), *body = NULL;
    char name[16];
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof(name), "m%d", i);
        json_object_set_new(sent, name, json_true());
    }
    struct td_error err = TD_ERROR_INIT;
    assert_int_equal(td_payload_check(NULL, sent, false, &body, &err), TD_EFIELDS);
    assert_int_equal(json_array_size(err.fields), 100);
    td_error_done(&err);
    json_decref(sent);
}

static void test_points(void **state)
{
    (void)state;
    int64_t points;
    const struct {
        const char *text;
        int64_t points;
    } good[] = {{"0", 0},        {"6.5", 650},   {"6.05", 605},
                {"-1.25", -125}, {"6.500", 650}, {"007", 700}};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(td_payload_points(good[i].text, &points), 0);
        assert_int_equal(points, good[i].points);
    }
    const char *const bad[] = {
        "", "-", ".5", "6.", "6.505", "1e3", "6,5", " 6", "6 ", "1234567890123", "--1"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(td_payload_points(bad[i], &points), TD_EINVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_forms_refused),
        cmocka_unit_test(test_form_limits),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_accepts),
        cmocka_unit_test(test_collects_all_faults),
        cmocka_unit_test(test_says_the_limit),
        cmocka_unit_test(test_many_unknown_members_are_cut_short),
        cmocka_unit_test(test_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
