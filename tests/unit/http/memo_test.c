/* What is kept, under which key, how much of it, and for how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/memo.h"

#include <stdio.h>
#include <string.h>

static void keep(struct td_memo *memo, const char *key, const char *text, size_t size)
{
    json_t *value = json_string(text);
    td_memo_keep(memo, key, strlen(key), value, size, NULL);
    json_decref(value);
}

/* "" when there is none. */
static const char *found(struct td_memo *memo, const char *key)
{
    static char text[64];
    json_t *value = td_memo_find(memo, key, strlen(key));
    snprintf(text, sizeof(text), "%s", value ? json_string_value(value) : "");
    json_decref(value);
    return text;
}

static void by_its_key(void **state)
{
    (void)state;
    struct td_memo *memo = td_memo_new(1 << 20);
    assert_string_equal(found(memo, "a"), "");
    keep(memo, "a", "one", 3);
    keep(memo, "ab", "two", 3);
    assert_string_equal(found(memo, "a"), "one");
    assert_string_equal(found(memo, "ab"), "two");
    assert_string_equal(found(memo, "abc"), "");
    keep(memo, "a", "three", 5);
    assert_string_equal(found(memo, "a"), "three");
    struct td_memo_stats stats = td_memo_stats(memo);
    assert_int_equal(stats.entries, 2);
    assert_int_equal(stats.hits, 3);
    assert_int_equal(stats.misses, 2);
    td_memo_free(memo);
}

static void never_more_than_allowed(void **state)
{
    (void)state;
    const size_t most = 100000;
    struct td_memo *memo = td_memo_new(most);
    char key[32];
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof(key), "key %d", i);
        keep(memo, key, key, 1 + (size_t)i * 7 % 3000);
        assert_true(td_memo_stats(memo).bytes <= most);
        assert_string_equal(found(memo, key), key);
    }
    assert_true(td_memo_stats(memo).entries > 10);
    assert_true(td_memo_stats(memo).entries < 500);
    keep(memo, "huge", "huge", most);
    assert_string_equal(found(memo, "huge"), "");
    assert_string_equal(found(memo, key), key);
    td_memo_free(memo);
}

static void what_is_used_stays(void **state)
{
    (void)state;
    struct td_memo *memo = td_memo_new(10000);
    char key[32];
    keep(memo, "used", "used", 1000);
    keep(memo, "not", "not", 1000);
    for (int i = 0; i < 30; i++) {
        snprintf(key, sizeof(key), "key %d", i);
        keep(memo, key, key, 1000);
        assert_string_equal(found(memo, "used"), "used");
    }
    assert_string_equal(found(memo, "not"), "");
    td_memo_free(memo);
}

static void nothing_when_there_is_no_room(void **state)
{
    (void)state;
    struct td_memo *memo = td_memo_new(0);
    keep(memo, "a", "one", 0);
    assert_string_equal(found(memo, "a"), "");
    assert_int_equal(td_memo_stats(memo).bytes, 0);
    td_memo_free(memo);
}

/* A key names a form by its address: another form must not get it while the text is kept. */
static void holds_what_the_key_names(void **state)
{
    (void)state;
    struct td_memo *memo = td_memo_new(5000);
    json_t *form = json_object(), *value = json_string("text");
    td_memo_keep(memo, &form, sizeof(form), value, 4, form);
    assert_int_equal(form->refcount, 2);
    assert_int_equal(value->refcount, 2);
    keep(memo, "another", "another", 4900);
    assert_int_equal(form->refcount, 1);
    assert_int_equal(value->refcount, 1);
    td_memo_keep(memo, &form, sizeof(form), value, 4, form);
    json_decref(value);
    td_memo_free(memo);
    assert_int_equal(form->refcount, 1);
    json_decref(form);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_its_key),
        cmocka_unit_test(never_more_than_allowed),
        cmocka_unit_test(what_is_used_stays),
        cmocka_unit_test(nothing_when_there_is_no_room),
        cmocka_unit_test(holds_what_the_key_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
