/* The reserve: what falls back on it gets its memory and is noted once, by the thread that asked.
 */
#include "base/memory.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* A sanitizer's allocator would end the program instead of saying no. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void *ask_too_much(void *unused)
{
    static const volatile size_t too_much = SIZE_MAX / 2;
    (void)unused;
    assert_null(td_memory_alloc(too_much));
    return td_memory_was_short() ? &errno : NULL;
}

static void test_plenty(void **state)
{
    (void)state;
    json_t *value = json_pack("{s:[i, i]}", "a", 1, 2);
    assert_non_null(value);
    json_decref(value);
    free(td_memory_alloc(0));
    assert_false(td_memory_was_short());
}

static void test_short(void **state)
{
    (void)state;
    pthread_t other;
    void *noted = NULL;
    assert_non_null(ask_too_much(NULL));
    assert_false(td_memory_was_short()); /* noted once */
    assert_int_equal(pthread_create(&other, NULL, ask_too_much, NULL), 0);
    pthread_join(other, &noted);
    assert_non_null(noted);
    assert_false(td_memory_was_short()); /* it was the other's */
}

int main(void)
{
    td_memory_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plenty), cmocka_unit_test(test_short)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
