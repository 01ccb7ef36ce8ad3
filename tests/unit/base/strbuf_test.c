/* Byte strings: the invariants of strbuf.h before, during and after every kind of append. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

/* The n-th allocation from now fails; 0 = none. */
static int failing_allocation;

static void *counted_realloc(void *old, size_t size)
{
    if (failing_allocation > 0 && --failing_allocation == 0)
        return NULL;
    return realloc(old, size);
}

#define realloc counted_realloc
#include "base/strbuf.c"
#undef realloc

static void expect(const struct td_strbuf *buf, const char *text, size_t length)
{
    assert_non_null(buf->bytes);
    assert_int_equal(buf->length, length);
    assert_int_equal(buf->bytes[length], 0);
    assert_memory_equal(buf->bytes, text, length + 1);
}

static void test_appends(void **state)
{
    (void)state;
    struct td_strbuf buf;
    td_strbuf_init(&buf);
    expect(&buf, "", 0);
    td_strbuf_add(&buf, NULL, 0);
    td_strbuf_adds(&buf, "ab");
    td_strbuf_addc(&buf, '\0');
    td_strbuf_addf(&buf, "%d%%", 7);
    td_strbuf_addf(&buf, "%s", "");
    expect(&buf, "ab\0007%", 5);
    td_strbuf_cut(&buf, 1);
    expect(&buf, "a", 1);
    td_strbuf_done(&buf);
    expect(&buf, "", 0);
    td_strbuf_cut(&buf, 0);
    td_strbuf_adds(&buf, "again");
    expect(&buf, "again", 5);
    td_strbuf_done(&buf);
    td_strbuf_done(&buf);
}

static void test_grows(void **state)
{
    (void)state;
    struct td_strbuf buf;
    td_strbuf_init(&buf);
    for (int i = 0; i < 100000; i++)
        td_strbuf_addc(&buf, (char)('a' + i % 26));
    assert_int_equal(buf.length, 100000);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(buf.bytes[i], 'a' + i % 26);
    assert_int_equal(buf.bytes[100000], 0);
    assert_false(buf.failed);
    td_strbuf_done(&buf);
}

static void test_html(void **state)
{
    (void)state;
    struct td_strbuf buf;
    td_strbuf_init(&buf);
    static const char text[] = "<a href=\"x\">'&'</a>教师";
    td_strbuf_add_html(&buf, text, sizeof(text) - 1);
    static const char escaped[] = "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;教师";
    expect(&buf, escaped, sizeof(escaped) - 1);
    td_strbuf_cut(&buf, 0);
    td_strbuf_add_html(&buf, "<<<", 1); /* as many bytes as said */
    expect(&buf, "&lt;", 4);
    td_strbuf_cut(&buf, 0);
    td_strbuf_add_html(&buf, "", 0);
    expect(&buf, "", 0);
    td_strbuf_done(&buf);
}

static void test_take(void **state)
{
    (void)state;
    struct td_strbuf buf;
    size_t length = 9;
    td_strbuf_init(&buf);
    char *text = td_strbuf_take(&buf, &length); /* an empty one is a string too */
    assert_string_equal(text, "");
    assert_int_equal(length, 0);
    free(text);
    td_strbuf_adds(&buf, "mine");
    text = td_strbuf_take(&buf, NULL);
    assert_string_equal(text, "mine");
    expect(&buf, "", 0);
    free(text);
}

/* A failed append changes nothing, later ones do nothing, and the caller sees it
 * once, at the end. */
static void test_memory_fails(void **state)
{
    (void)state;
    for (int n = 1; n <= 4; n++) {
        struct td_strbuf buf;
        char kept[4096];
        td_strbuf_init(&buf);
        failing_allocation = n;
        while (!buf.failed) {
            memcpy(kept, buf.bytes, buf.length + 1);
            td_strbuf_adds(&buf, "0123456789");
        }
        failing_allocation = 0;
        expect(&buf, kept, strlen(kept));
        td_strbuf_adds(&buf, "x");
        td_strbuf_addf(&buf, "%d", 1);
        expect(&buf, kept, strlen(kept));
        assert_null(td_strbuf_take(&buf, NULL));
        assert_false(buf.failed);
        td_strbuf_adds(&buf, "usable");
        expect(&buf, "usable", 6);
        td_strbuf_done(&buf);
    }
}

static void test_limit(void **state)
{
    (void)state;
    struct td_strbuf buf;
    td_strbuf_init(&buf);
    td_strbuf_adds(&buf, "abc");
    td_strbuf_add(&buf, "", TD_STRBUF_MAX); /* refused before a byte is read */
    assert_true(buf.failed);
    expect(&buf, "abc", 3);
    td_strbuf_done(&buf);
    td_strbuf_add(&buf, "", SIZE_MAX);
    assert_true(buf.failed);
    td_strbuf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_appends),      cmocka_unit_test(test_grows),
        cmocka_unit_test(test_html),         cmocka_unit_test(test_take),
        cmocka_unit_test(test_memory_fails), cmocka_unit_test(test_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
