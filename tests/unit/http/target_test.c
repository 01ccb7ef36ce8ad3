/* Request lines, paths and hosts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/target.h"

#include <string.h>

static int read_line(const char *line, struct td_target *target)
{
    const char *reason = NULL;
    int status = td_target_read(line, strlen(line), target, &reason);
    assert_true(status == 0 || reason);
    return status;
}

static void reads_proper_lines(void **state)
{
    (void)state;
    struct td_target target;
    assert_int_equal(read_line("GET /a/b?c=d?e HTTP/1.1", &target), 0);
    assert_string_equal(target.method, "GET");
    assert_false(target.http_1_0);
    assert_int_equal(target.origin_length, 10);
    assert_int_equal(target.path_length, 4);
    assert_null(target.authority);
    assert_int_equal(read_line("OPTIONS / HTTP/1.0", &target), 0);
    assert_true(target.http_1_0);
    assert_int_equal(read_line("GET HTTP://example.org:80/x HTTP/1.1", &target), 0);
    assert_memory_equal(target.origin, "/x", 2);
    assert_int_equal(target.origin_length, 2);
    assert_memory_equal(target.authority, "example.org:80", 14);
    assert_int_equal(target.authority_length, 14);
    assert_int_equal(read_line("GET https://a HTTP/1.1", &target), 0);
    assert_string_equal(target.origin, "/");
}

static void refuses_others(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int status;
    } samples[] = {
        {"", 400},
        {"GET", 400},
        {"GET /", 400},
        {"GET  / HTTP/1.1", 400},
        {"GET / HTTP/1.1 ", 400},
        {"GET / HTTP/1.", 400},
        {"GET / HTTP/11", 400},
        {"GET / HTTP/3.0", 400},
        {"get / HTTP/1.1", 501},
        {"CONNECT a:1 HTTP/1.1", 501},
        {"G/T / HTTP/1.1", 400},
        {"GET a HTTP/1.1", 400},
        {"GET * HTTP/1.1", 400},
        {"GET ?a HTTP/1.1", 400},
        {"GET ftp://a/ HTTP/1.1", 400},
        {"GET http:///a HTTP/1.1", 400},
        {"GET http://u@a/ HTTP/1.1", 400},
        {"GET http://a?b HTTP/1.1", 400},
        {"GET /a#b HTTP/1.1", 400},
        {"GET /\x80 HTTP/1.1", 400},
    };
    struct td_target target;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
        if (read_line(samples[i].line, &target) != samples[i].status)
            fail_msg("%s", samples[i].line);
}

static int decode(const char *path, char *decoded)
{
    struct td_target target = {
        .origin = path, .origin_length = strlen(path), .path_length = strlen(path)};
    const char *reason;
    return td_target_path(&target, decoded, &reason);
}

static void decodes_paths(void **state)
{
    (void)state;
    char path[64];
    assert_int_equal(decode("/%E8%81%8C+%20b", path), 0);
    assert_string_equal(path, "/\xe8\x81\x8c+ b");
    assert_int_equal(decode("/...", path), 0);
    assert_int_equal(decode("/a./.b/..c", path), 0);
    static const char *const bad[] = {"/%",   "/%4",    "/%g0", "/%00",      "/%0a",       "/%7f",
                                      "/%2f", "/a%2F",  "/%80", "/%C0%80",   "/%ED%A0%80", "/.",
                                      "/..",  "/a/./b", "/%2e", "/%2e%2e/a", "/a/.%2e"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (decode(bad[i], path) != 400)
            fail_msg("%s", bad[i]);
}

static void knows_hosts(void **state)
{
    (void)state;
    static const char *const good[] = {
        "a", "a.b-c", "127.0.0.1:8080", "[::1]", "[::1]:80", "a:", "a_b", "%41"};
    static const char *const bad[] = {"",     ":80", "a b",   "a/b",    "a@b",   "a:x", "a:123456",
                                      "[::1", "[]",  "[::g]", "[::1]x", "a,b c", "a\"", "\xe4"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        if (!td_target_is_host(good[i], strlen(good[i])))
            fail_msg("%s", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (td_target_is_host(bad[i], strlen(bad[i])))
            fail_msg("%s", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_proper_lines),
        cmocka_unit_test(refuses_others),
        cmocka_unit_test(decodes_paths),
        cmocka_unit_test(knows_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
