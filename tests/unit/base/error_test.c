/* Failures: the list is sound, and what an error carries is always fit for a person
 * and for JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

static const int codes[] = {
#define X(code, number, http, slug, text) code,
    TD_ERRORS(X)
#undef X
};

enum { CODES = sizeof(codes) / sizeof(codes[0]) };

static void test_list(void **state)
{
    (void)state;
    for (int i = 0; i < CODES; i++) {
        assert_true(codes[i] < 0);
        assert_true(td_error_http(codes[i]) >= 400 && td_error_http(codes[i]) < 600);
        assert_int_equal(strncmp(td_error_name(codes[i]), "TD_E", 4), 0);
        assert_int_equal(strspn(td_error_slug(codes[i]), "abcdefghijklmnopqrstuvwxyz-"),
                         strlen(td_error_slug(codes[i])));
        assert_int_equal(td_error_text(codes[i])[strlen(td_error_text(codes[i])) - 1], '.');
        for (int k = 0; k < i; k++) {
            assert_int_not_equal(codes[i], codes[k]);
            assert_string_not_equal(td_error_slug(codes[i]), td_error_slug(codes[k]));
        }
    }
    assert_int_equal(td_error_http(TD_ESTALE), 412);
    assert_string_equal(td_error_name(TD_EFULL), "TD_EFULL");
}

static void test_unknown(void **state)
{
    (void)state;
    assert_string_equal(td_error_name(-4711), "TD_E?");
    assert_int_equal(td_error_http(-4711), 500);
    assert_int_equal(td_error_http(0), 500);
    assert_string_equal(td_error_slug(12), "internal");
}

static void test_nobody_asks(void **state)
{
    (void)state;
    assert_int_equal(td_error_set(NULL, TD_EIO, "%d", 1), TD_EIO);
    assert_int_equal(td_error_key(NULL, TD_EBUSY, "k", json_object()),
                     TD_EBUSY); /* released: no leak */
    assert_int_equal(td_error_field(NULL, "f", "c", "m"), TD_EFIELDS);
    td_error_done(NULL);
}

static void test_key(void **state)
{
    (void)state;
    struct td_error err = TD_ERROR_INIT;
    assert_int_equal(td_error_key(&err, TD_ECONFLICT, "notice_running",
                                  json_pack("{s:s}", "ends_on", "2026-12-01")),
                     TD_ECONFLICT);
    assert_int_equal(err.code, TD_ECONFLICT);
    assert_string_equal(err.key, "notice_running");
    assert_string_equal(err.detail, "notice_running {\"ends_on\":\"2026-12-01\"}");
    td_error_key(&err, TD_ECONFLICT, "other", json_object()); /* the first parameters go */
    assert_int_equal(json_object_size(err.parameters), 0);
    td_error_key(&err, TD_ECONFLICT, "plain", NULL);
    assert_null(err.parameters);
    assert_string_equal(err.detail, "plain");
    td_error_done(&err);
    assert_int_equal(err.code, 0);
    assert_string_equal(err.key, "");
}

/* A later failure is not explained with the sentence of an earlier one. */
static void test_words_replace_key(void **state)
{
    (void)state;
    struct td_error err = TD_ERROR_INIT;
    td_error_key(&err, TD_ECONFLICT, "notice_running", json_object());
    td_error_set(&err, TD_EIO, "disk");
    assert_string_equal(err.key, "");
    assert_null(err.parameters);
    assert_int_equal(err.code, TD_EIO);
    td_error_done(&err);
}

static void test_fields(void **state)
{
    (void)state;
    struct td_error err = TD_ERROR_INIT;
    td_error_field(&err, "content.education.0.degree", "required", "Fill in %s.", "the degree");
    assert_int_equal(td_error_field(&err, "name", "too_long", "At most %d characters.", 80),
                     TD_EFIELDS);
    assert_int_equal(err.code, TD_EFIELDS);
    assert_int_equal(json_array_size(err.fields), 2);
    json_t *first = json_array_get(err.fields, 0), *second = json_array_get(err.fields, 1);
    assert_string_equal(json_string_value(json_object_get(first, "field")),
                        "content.education.0.degree");
    assert_string_equal(json_string_value(json_object_get(first, "code")), "required");
    assert_string_equal(json_string_value(json_object_get(first, "message")),
                        "Fill in the degree.");
    assert_string_equal(json_string_value(json_object_get(second, "message")),
                        "At most 80 characters.");
    td_error_set(&err, TD_EFIELDS, "two fields"); /* keeps them */
    assert_int_equal(json_array_size(err.fields), 2);
    td_error_done(&err);
    assert_null(err.fields);
}

/* Long texts are cut between characters: JSON refuses half ones. */
static void test_long_text(void **state)
{
    (void)state;
    char text[2000];
    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, 'x', shift);
        size_t at = shift;
        for (; at + 3 < sizeof(text); at += 3)
            memcpy(text + at, "题", 3);
        text[at] = 0;
        struct td_error err = TD_ERROR_INIT;
        td_error_set(&err, TD_EINVALID, "%s", text);
        json_t *detail = json_string(err.detail);
        assert_non_null(detail);
        assert_true(json_string_length(detail) > sizeof(err.detail) - 8);
        json_decref(detail);
        td_error_field(&err, "f", "c", "%s", text);
        assert_true(strlen(json_string_value(
                        json_object_get(json_array_get(err.fields, 0), "message"))) > 500);
        td_error_done(&err);
    }
}

/* Bytes of a client that are no text do not swallow the complaint about them. */
static void test_field_that_is_not_text(void **state)
{
    (void)state;
    struct td_error err = TD_ERROR_INIT;
    td_error_field(&err, "\xff\xfe", "unknown", "There is no member \"%s\".", "\xff\xfe");
    assert_int_equal(json_array_size(err.fields), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(err.fields, 0), "code")),
                        "unknown");
    td_error_done(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_nobody_asks),
        cmocka_unit_test(test_key),
        cmocka_unit_test(test_words_replace_key),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_long_text),
        cmocka_unit_test(test_field_that_is_not_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
