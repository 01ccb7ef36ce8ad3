/* The raw checks of a header block, at every split. What becomes of it is seen on the wire.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/head.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text;
    size_t length; /* 0 = strlen */
    long result;   /* 0 = more, -1 = complete: the whole text */
} samples[] = {
    {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0, -1},
    {"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 0, -1},
    {"GET / HTTP/1.1\r\n\r\n", 0, -1},
    {"GET / HTTP/1.1\r\nA: \xe4\xbd\xa0\tb\r\n\r\n", 0, -1},
    {"GET / HTTP/1.1\r\nHost: a\r\n", 0, 0},
    {"GET / HTTP/1.1\r\nHost: a\r\n\r", 0, 0},
    {"\r\n", 0, 0},
    {"\r\n\r\n", 0, -400},
    {"GET / HTTP/1.1\n", 0, -400},
    {"GET / HTTP/1.1\r\r\n", 0, -400},
    {"GET / HTTP/1.1\r\nA: b\n", 0, -400},
    {"GET / HTTP/1.1\r\nA: b\rc", 0, -400},
    {"GET / HTTP/1.1\r\n A: b\r\n", 0, -400},
    {"GET / HTTP/1.1\r\nA: b\r\n\tc\r\n", 0, -400},
    {"GET / HTTP/1.1\r\nA: \x7f", 0, -400},
    {"GET / HTTP/1.1\r\nA: \0b", 21, -400},
    {"\x16\x03\x01", 0, -400},
    {" GET / HTTP/1.1\r\n", 0, -400},
};

static long scan_in_two(const struct td_http_limits *limits, const char *text, size_t length,
                        size_t split)
{
    struct td_head_scan scan = {0};
    /* Copies of the exact size, so that a sanitizer sees a read too far. */
    char *first = malloc(split + 1), *all = malloc(length + 1);
    memcpy(first, text, split);
    memcpy(all, text, length);
    long rc = td_head_scan(&scan, limits, first, split);
    if (rc == 0)
        rc = td_head_scan(&scan, limits, all, length);
    assert_true(rc >= 0 || scan.reason);
    free(first);
    free(all);
    return rc;
}

static void every_split_gives_the_same(void **state)
{
    (void)state;
    struct td_http_limits limits;
    td_http_limits_default(&limits);
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        size_t length = samples[i].length ? samples[i].length : strlen(samples[i].text);
        long expected = samples[i].result == -1 ? (long)length : samples[i].result;
        for (size_t split = 0; split <= length; split++)
            if (scan_in_two(&limits, samples[i].text, length, split) != expected)
                fail_msg("sample %zu split at %zu", i, split);
    }
}

static void limits_hold_before_the_end_comes(void **state)
{
    (void)state;
    struct td_http_limits limits = {.request_line = 20, .header_bytes = 30, .header_count = 3};
    const char *line = "GET /12345 HTTP/1.1\r\n"; /* 19 characters */
    char text[200];
    assert_int_equal(scan_in_two(&limits, "GET /1234567890123456", 21, 0), -414);
    assert_int_equal(scan_in_two(&limits, "GET /123456 HTTP/1.1\r\n", 22, 0), 0);
    snprintf(text, sizeof(text), "%sA: %s", line, "123456789012345678901234567");
    assert_int_equal(scan_in_two(&limits, text, strlen(text), 0), 0);
    strcat(text, "8");
    assert_int_equal(scan_in_two(&limits, text, strlen(text), 0), -431);
    snprintf(text, sizeof(text), "%sA:\r\nB:\r\nC:\r\n\r\n", line);
    assert_int_equal(scan_in_two(&limits, text, strlen(text), 0), (long)strlen(text));
    snprintf(text, sizeof(text), "%sA:\r\nB:\r\nC:\r\nD:\r\n", line);
    assert_int_equal(scan_in_two(&limits, text, strlen(text), 0), -431);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_split_gives_the_same),
        cmocka_unit_test(limits_hold_before_the_end_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
