/* twice_test.c - tests core/scorer/twice.c: keys that stand twice in one place, and what only looks
 * so. */
#include "scorer/twice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void assert_twice(const char *source, int line, const char *key)
{
    char found[64] = "";
    int at = td_twice(source, strlen(source), found, sizeof(found));
    if (at != line || strcmp(found, key) != 0)
        fail_msg("%s: line %d, \"%s\"", source, at, found);
}

static void keys_that_stand_twice(void **state)
{
    (void)state;
    assert_twice("x = {\"优秀\" => 6, \"优秀\" => 5}\n", 1, "\"优秀\"");
    assert_twice("tier \"A\", \"B\", cap: 6, of: :g,\n  by: \"unit\", cap: 8\n", 2, "cap");
    assert_twice("f(cap: 6, of: {\"a\" => 1},\n  cap: 8)\n", 2, "cap");
    assert_twice("f lookup(:e, 'a' => 4,\n  'b' => 5,\n  'a' => 6)\n", 3, "'a'");
    assert_twice("x = {:a => 1, :a => 2}\n", 1, ":a");
    assert_twice("x = {1.5 => 1, 1.5 => 2}\n", 1, "1.5");
    assert_twice("# {\"a\" => 1,\nx = {a: 1, # a: 2\n  a: 3}\n", 3, "a");
    assert_twice("x = \"#{h[\"k\"]} a: 1\", {a: 1, b: 2, a: 3}\n", 1, "a");
}

static void what_only_looks_so(void **state)
{
    (void)state;
    static const char *const good[] = {
        "",
        "{",
        "}}}",
        "\"",
        "f cap: 1\nf cap: 2\n",
        "f cap: 1; f cap: 2\n",
        "f(cap: 1, of: g(cap: 2), table: {\"cap\" => 1, :cap => 2})\n",
        "x = {\"a\" => {\"b\" => 1}, \"c\" => {\"b\" => 2}}\n",
        "x = [{a: 1}, {a: 2}]\n",
        "section \"A\", cap: 5 do\n  tier cap: 5\nend\nsection \"B\", cap: 5 do\nend\n",
        "c \"x\", basis: \"y\" do |facts|\n  d basis: \"z\"\nend\n",
        "y = a ? b : c, d ? b : e\n",
        "x = \"a: 1, a: 2\", 'b => 1, b => 2'\n",
        "x = {\"a\\\"b\" => 1, \"a\" => 2}\n",
        "# cap: 1, cap: 2\n",
        "x = <<A\na: 1, a: 2\nA\n",
        "x = %w(a: a:)\n",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_twice(good[i], 0, "");
}

static void many_brackets_and_keys(void **state)
{
    (void)state;
    char text[4096] = "";
    for (int i = 0; i < 100; i++)
        strcat(text, "[{a: 1}, ");
    assert_twice(text, 0, "");
    strcpy(text, "f ");
    for (int i = 0; i < 200; i++)
        sprintf(text + strlen(text), "k%d: 1, ", i);
    strcat(text, "k3: 1");
    assert_twice(text, 1, "k3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_that_stand_twice),
        cmocka_unit_test(what_only_looks_so),
        cmocka_unit_test(many_brackets_and_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
