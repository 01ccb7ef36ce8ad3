/* Arenas: alignment, zeroing, the cap, and releases in reverse order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool all_zero(const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i])
            return false;
    return true;
}

/* Every size around the block size: aligned, zeroed, and no two pieces overlap. */
static void test_pieces_are_apart(void **state)
{
    (void)state;
    struct td_arena *arena = td_arena_new((size_t)64 << 20);
    enum { COUNT = 600 };
    unsigned char *pieces[COUNT];
    size_t sizes[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        sizes[i] = i < 100 ? i + 1 : i < 500 ? 8100 + i - 300 : (i - 490) * 3000;
        pieces[i] = td_arena_alloc(arena, sizes[i]);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        assert_true(all_zero(pieces[i], sizes[i]));
        memset(pieces[i], (int)(i % 255) + 1, sizes[i]);
    }
    for (size_t i = 0; i < COUNT; i++)
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(pieces[i][k], i % 255 + 1);
    td_arena_free(arena);
    td_arena_free(NULL);
}

static void test_cap(void **state)
{
    (void)state;
    struct td_arena *arena = td_arena_new(10000);
    size_t total = 0;
    assert_null(td_arena_alloc(arena, 10001));
    while (td_arena_alloc(arena, 100))
        total += 100;
    assert_true(total > 8000 && total <= 10000);
    assert_null(td_arena_alloc(arena, SIZE_MAX));
    assert_null(td_arena_alloc(arena, SIZE_MAX - 15));
    td_arena_free(arena);
    arena = td_arena_new(100); /* less than one block */
    assert_non_null(td_arena_alloc(arena, 96));
    assert_null(td_arena_alloc(arena, 16));
    td_arena_free(arena);
}

static void test_copies(void **state)
{
    (void)state;
    struct td_arena *arena = td_arena_new(100000);
    char text[] = "申报人 42";
    char *copy = td_arena_strdup(arena, text), *part = td_arena_strndup(arena, text, 3);
    text[0] = 'x';
    assert_string_equal(copy, "申报人 42");
    assert_string_equal(part, "申");
    assert_string_equal(td_arena_printf(arena, "%s-%05d", "n", 42), "n-00042");
    assert_string_equal(td_arena_printf(arena, "%s", ""), "");
    assert_null(td_arena_strdup(arena, NULL));
    assert_null(td_arena_strndup(arena, NULL, 3));
    assert_null(td_arena_strndup(arena, "x", SIZE_MAX));
    char *wide = td_arena_printf(arena, "%50000d", 1);
    assert_int_equal(strlen(wide), 50000);
    assert_null(td_arena_printf(arena, "%60000d", 1));
    td_arena_free(arena);
}

static char order[16];

static void note(void *arg)
{
    strcat(order, arg);
}

static void test_releases_newest_first(void **state)
{
    (void)state;
    struct td_arena *arena = td_arena_new(10000);
    order[0] = 0;
    assert_int_equal(td_arena_defer(arena, note, "a"), 0);
    assert_int_equal(td_arena_defer(arena, note, "b"), 0);
    assert_int_equal(td_arena_defer(arena, note, "c"), 0);
    assert_string_equal(order, "");
    td_arena_free(arena);
    assert_string_equal(order, "cba");
}

/* A release that cannot be remembered happens at once: nothing leaks. */
static void test_full_arena_releases_at_once(void **state)
{
    (void)state;
    struct td_arena *arena = td_arena_new(8);
    order[0] = 0;
    assert_int_equal(td_arena_defer(arena, note, "x"), TD_ENOMEM);
    assert_string_equal(order, "x");
    assert_null(td_arena_json(arena, json_string("released"))); /* the leak checker would tell */
    td_arena_free(arena);
    assert_string_equal(order, "x");
}

static void test_json(void **state)
{
    (void)state;
    struct td_arena *arena = td_arena_new(10000);
    json_t *value = json_object();
    json_incref(value);
    assert_ptr_equal(td_arena_json(arena, value), value);
    assert_null(td_arena_json(arena, NULL));
    td_arena_free(arena);
    assert_int_equal(value->refcount, 1);
    json_decref(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_are_apart),
        cmocka_unit_test(test_cap),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_releases_newest_first),
        cmocka_unit_test(test_full_arena_releases_at_once),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
