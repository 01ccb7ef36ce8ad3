/* target_test.c - where deliveries may go, with which numbers and keys, and what is signed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../core/outgoing/target.c"

#include "../store/fixture.h"
#include <sys/stat.h>

static char *folder;

static void write_file(const char *name, const char *text, char path[256])
{
    snprintf(path, 256, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, 0600), 0);
}

/* Loads a file whose one target "region" has these members beside `url`; "KEY" is the key's path.
 */
static int load(const char *url, const char *key, const char *more, struct td_targets *ret,
                struct td_error *err)
{
    char key_path[256], path[256], text[1024];
    write_file("key", key, key_path);
    snprintf(text, sizeof(text), "{\"region\": {\"url\": \"%s\", \"key_file\": \"%s\"%s}}", url,
             key_path, more);
    write_file("outgoing", text, path);
    return td_targets_load(path, ret, err);
}

#define KEY "0123456789abcdef"

static void addresses(void **state)
{
    static const struct {
        const char *url;
        bool good;
    } cases[] = {
        {"https://region.example/in", true},
        {"https://region.example:8443", true},
        {"http://127.0.0.1:80/in", true},
        {"http://127.0.0.1", true},
        {"http://[::1]:80/", true},
        {"http://localhost/in", true},
        {"https://", false},
        {"", false},
        {"http://region.example/in", false},
        {"http://127.0.0.10/in", false}, /* another machine's name may begin so */
        {"http://127.0.0.1.example/in", false},
        {"http://localhost.example/", false},
        {"http://127.0.0.1@region.example/", false},
        {"http://127.0.0.1:80@region.example/", false},
        {"https://user:word@region.example/", false},
        {"https://region.example/in?key=1", false},
        {"https://region.example/in#x", false},
        {"https://region.example/ in", false},
        {"ftp://127.0.0.1/", false},
        {"file:///etc/passwd", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct td_targets targets = {0};
        struct td_error err = TD_ERROR_INIT;
        int result = load(cases[i].url, KEY, "", &targets, &err);
        if (result != (cases[i].good ? 0 : TD_EINVALID))
            fail_msg("%s: %d %s", cases[i].url, result, err.detail);
        assert_true(cases[i].good || strstr(err.detail, "target region: url"));
        td_targets_done(&targets);
        td_error_done(&err);
    }
}

static void keys(void **state)
{
    static const struct {
        const char *key;
        size_t length; /* 0 = refused */
    } cases[] = {
        {"0123456789abcde", 0}, {KEY, 16}, {KEY "\r\n", 16}, {KEY " \n\n", 16},
        {"             \n", 0}, {"", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct td_targets targets = {0};
        struct td_error err = TD_ERROR_INIT;
        int result = load("https://region.example", cases[i].key, "", &targets, &err);
        assert_int_equal(result == 0, cases[i].length > 0);
        if (result == 0)
            assert_int_equal(targets.all[0].key_length, cases[i].length);
        else
            assert_non_null(strstr(err.detail, "key_file"));
        td_targets_done(&targets);
        td_error_done(&err);
    }
}

static void members(void **state)
{
    static const struct {
        const char *more, *refusal; /* NULL = taken */
    } cases[] = {
        {", \"at_once\": 1", NULL},
        {", \"at_once\": 64", NULL},
        {", \"at_once\": 0", "at_once"},
        {", \"at_once\": 65", "at_once"},
        {", \"at_once\": \"8\"", "at_once"},
        {", \"at_once\": 1.5", "at_once"},
        {", \"deadline_seconds\": 0", "deadline_seconds"},
        {", \"deadline_seconds\": 301", "deadline_seconds"},
        {", \"answer_bytes\": 255", "answer_bytes"},
        {", \"retry_ms\": 9", "retry_ms"},
        {", \"retry_most_ms\": 86400001", "retry_most_ms"},
        {", \"urls\": \"x\"", "there is no \"urls\""},
        {", \"url\": \"https://elsewhere.example\"", "duplicate"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct td_targets targets = {0};
        struct td_error err = TD_ERROR_INIT;
        int result = load("https://region.example", KEY, cases[i].more, &targets, &err);
        if (!cases[i].refusal ? result != 0 : !result || !strstr(err.detail, cases[i].refusal))
            fail_msg("%s: %d %s", cases[i].more, result, err.detail);
        td_targets_done(&targets);
        td_error_done(&err);
    }
}

static void what_the_file_does_not_name_is_a_folder(void **state)
{
    struct td_targets targets = {0};
    size_t folders = 0;
    (void)state;
    assert_int_equal(load("https://region.example", KEY, "", &targets, NULL), 0);
    assert_string_equal(targets.all[0].name, "region");
    assert_string_equal(targets.all[0].url, "https://region.example");
    assert_int_equal(targets.all[0].at_once, 8);
    for (size_t i = 1; i < targets.count; i++) {
        assert_null(targets.all[i].url);
        assert_string_not_equal(targets.all[i].name, "region");
        folders++;
    }
    assert_true(folders >= 2 && has(&targets, "payment") && has(&targets, "gateway"));
    td_targets_done(&targets);
    assert_int_equal(td_targets_load("", &targets, NULL), 0);
    assert_int_equal(targets.count, folders + 1);
    td_targets_done(&targets);
}

/* Computed with another implementation: node's createHmac('sm3', key). */
static void signatures(void **state)
{
    static const struct {
        const char *method, *url, *body, *hex;
    } cases[] = {
        {"POST", "https://region.example/in?x=1", "{\"a\":1}",
         "b54100f5f71c285d735f795bf60f93caaac4144ae179ee0a7e2690791b9fb9c0"},
        {"GET", "https://region.example", "",
         "21749739883b546a394f3da8738913c38f4b96851786df469300f2a23f20a8e0"},
    };
    struct td_target target = {.key = KEY, .key_length = 16};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char hex[65];
        assert_int_equal(td_target_sign(&target, cases[i].method, cases[i].url, "01ID",
                                        "2025-09-10T02:00:00.000Z", cases[i].body,
                                        strlen(cases[i].body), hex),
                         0);
        assert_string_equal(hex, cases[i].hex);
    }
}

static int start(void **state)
{
    (void)state;
    folder = fixture_folder();
    return 0;
}

static int end(void **state)
{
    (void)state;
    fixture_remove(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses),  cmocka_unit_test(keys),
        cmocka_unit_test(members),    cmocka_unit_test(what_the_file_does_not_name_is_a_folder),
        cmocka_unit_test(signatures),
    };
    return cmocka_run_group_tests(tests, start, end);
}
