/* Log lines: each is one JSON object on one line, whatever the values hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log.h"

#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int kept_stderr;
static FILE *captured;

static void capture(void)
{
    captured = tmpfile();
    fcntl(fileno(captured), F_SETFL, O_APPEND); /* as a log file is opened */
    kept_stderr = dup(STDERR_FILENO);
    dup2(fileno(captured), STDERR_FILENO);
}

static void release(void)
{
    dup2(kept_stderr, STDERR_FILENO);
    close(kept_stderr);
    rewind(captured);
}

/* The next line as JSON; NULL at the end. */
static json_t *next_line(void)
{
    char *line = NULL;
    size_t room = 0;
    json_t *value = NULL;
    if (getline(&line, &room, captured) > 0) {
        value = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        if (!value)
            fail_msg("not JSON: %s", line);
    }
    free(line);
    return value;
}

static json_t *log_value(const char *text)
{
    capture();
    TD_LOG(TD_LOG_INFO, "test.event", TD_S("value", text), TD_I("number", INT64_MIN));
    release();
    json_t *line = next_line(), *more = next_line();
    fclose(captured);
    assert_non_null(line);
    assert_null(more);
    return line;
}

static void expect_text(const char *text, const char *read_back)
{
    json_t *line = log_value(text);
    assert_string_equal(json_string_value(json_object_get(line, "value")), read_back);
    assert_string_equal(json_string_value(json_object_get(line, "event")), "test.event");
    assert_string_equal(json_string_value(json_object_get(line, "level")), "info");
    assert_int_equal(json_integer_value(json_object_get(line, "number")), INT64_MIN);
    assert_int_equal(strlen(json_string_value(json_object_get(line, "time"))), 24);
    json_decref(line);
}

static void test_values(void **state)
{
    (void)state;
    expect_text("plain", "plain");
    expect_text("", "");
    expect_text(NULL, "");
    expect_text("两 \"quotes\" and \\ and /", "两 \"quotes\" and \\ and /");
    expect_text("a\nb\tc\rd\x1b[31m\x7f\x01", "a\nb\tc\rd\x1b[31m\x7f\x01");
    expect_text("\"}\n{\"event\":\"forged", "\"}\n{\"event\":\"forged"); /* one line all the same */
    expect_text("😀 ünï", "😀 ünï");
}

#define BAD "\xef\xbf\xbd" /* the replacement character */

static void test_bytes_that_are_not_text(void **state)
{
    (void)state;
    expect_text("a\xff", "a" BAD);
    expect_text("\xc3", BAD);         /* cut */
    expect_text("\xe6\x95", BAD BAD); /* cut */
    expect_text("\xf0\x9f\x98", BAD BAD BAD);
    expect_text("\xc0\xaf", BAD BAD); /* overlong */
    expect_text("\xe0\x80\xaf", BAD BAD BAD);
    expect_text("\xed\xa0\x80", BAD BAD BAD); /* half of a surrogate pair */
    expect_text("\xf4\x90\x80\x80", BAD BAD BAD BAD);
    expect_text("\x80x\xe6\x95\x99", BAD "x教");
}

static void test_levels(void **state)
{
    (void)state;
    capture();
    TD_LOG(TD_LOG_DEBUG, "test.hidden");
    td_log_set_level(TD_LOG_WARNING);
    TD_LOG(TD_LOG_INFO, "test.hidden");
    TD_LOG(TD_LOG_WARNING, "test.warning");
    td_log_set_level(TD_LOG_DEBUG);
    TD_LOG(TD_LOG_DEBUG, "test.debug");
    td_log_set_level(TD_LOG_INFO);
    release();
    json_t *first = next_line(), *second = next_line(), *third = next_line();
    assert_string_equal(json_string_value(json_object_get(first, "event")), "test.warning");
    assert_string_equal(json_string_value(json_object_get(second, "event")), "test.debug");
    assert_string_equal(json_string_value(json_object_get(second, "level")), "debug");
    assert_null(third);
    json_decref(first);
    json_decref(second);
    fclose(captured);
}

static void expect_lines(const char *first, ...)
{
    va_list ap;
    va_start(ap, first);
    rewind(captured);
    for (const char *event = first; event; event = va_arg(ap, const char *)) {
        json_t *line = next_line();
        assert_string_equal(json_string_value(json_object_get(line, "event")), event);
        json_decref(line);
    }
    va_end(ap);
    assert_null(next_line());
}

/* What a thread holds back comes with the flush, and at once with a warning; the order stays. */
static void test_hold(void **state)
{
    (void)state;
    capture();
    td_log_hold();
    TD_LOG(TD_LOG_INFO, "test.one");
    TD_LOG(TD_LOG_INFO, "test.two");
    expect_lines(NULL, NULL);
    td_log_flush();
    expect_lines("test.one", "test.two", NULL);
    TD_LOG(TD_LOG_INFO, "test.three");
    TD_LOG(TD_LOG_WARNING, "test.four");
    expect_lines("test.one", "test.two", "test.three", "test.four", NULL);
    TD_LOG(TD_LOG_INFO, "test.five");
    td_log_release();
    TD_LOG(TD_LOG_INFO, "test.six");
    expect_lines("test.one", "test.two", "test.three", "test.four", "test.five", "test.six", NULL);
    release();
    fclose(captured);
}

/* More than a pipe takes whole goes out line by line. */
static void test_hold_long(void **state)
{
    (void)state;
    char room[1500], *text = room;
    memset(text, 'x', sizeof(room) - 1);
    text[sizeof(room) - 1] = 0;
    capture();
    td_log_hold();
    for (int i = 0; i < 40; i++)
        TD_LOG(TD_LOG_INFO, "test.long", TD_S("text", text), TD_I("i", i));
    td_log_release();
    release();
    for (int i = 0; i < 40; i++) {
        json_t *line = next_line();
        assert_int_equal(json_integer_value(json_object_get(line, "i")), i);
        json_decref(line);
    }
    assert_null(next_line());
    fclose(captured);
}

enum { THREADS = 8, EACH = 200 };

static void *write_many(void *arg)
{
    char room[3000], *text = room;
    memset(text, 'a' + *(int *)arg, sizeof(room) - 1);
    text[sizeof(room) - 1] = 0;
    for (int i = 0; i < EACH; i++)
        TD_LOG(TD_LOG_INFO, "test.many", TD_S("text", text));
    return NULL;
}

/* Lines of several threads do not mix. */
static void test_threads(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    int numbers[THREADS];
    capture();
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        pthread_create(&threads[i], NULL, write_many, &numbers[i]);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    release();
    int lines = 0;
    for (json_t *line; (line = next_line()); lines++) {
        const char *text = json_string_value(json_object_get(line, "text"));
        char letter[2] = {text[0], 0};
        assert_int_equal(strspn(text, letter), 2999);
        json_decref(line);
    }
    assert_int_equal(lines, THREADS * EACH);
    fclose(captured);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),    cmocka_unit_test(test_bytes_that_are_not_text),
        cmocka_unit_test(test_levels),    cmocka_unit_test(test_hold),
        cmocka_unit_test(test_hold_long), cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
