/* standard_diff_test.c - what is other in a standard, in its script and in its table. */
#include "review/standard_diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *text(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value ? value : "";
}

/* "cap: [15]": marked parts in brackets. */
static void spell(const json_t *parts, char *out, size_t room)
{
    size_t i;
    json_t *part;
    *out = 0;
    json_array_foreach((json_t *)parts, i, part)
        snprintf(out + strlen(out), room - strlen(out),
                 json_is_true(json_object_get(part, "marked")) ? "[%s]" : "%s", text(part, "text"));
}

/* "@ a -b[1] +b[2]": hunks begin with @, lines with what they are. */
static void lines_are(const char *from, const char *to, const char *expected)
{
    char all[4096] = "", line[512];
    size_t i, k;
    json_t *hunk, *one, *diff = td_standard_diff_lines(from, to);
    json_array_foreach(json_object_get(diff, "hunks"), i, hunk) {
        strcat(all, "@");
        json_array_foreach(json_object_get(hunk, "lines"), k, one) {
            const char *kind = text(one, "kind");
            spell(json_object_get(one, "parts"), line, sizeof(line));
            snprintf(all + strlen(all), sizeof(all) - strlen(all), "%c%s\n",
                     *kind == 's'   ? ' '
                     : *kind == 'g' ? '-'
                                    : '+',
                     line);
        }
    }
    assert_string_equal(all, expected);
    json_decref(diff);
}

static void script(void **state)
{
    (void)state;
    lines_are("a\n", "a\n", "");
    lines_are("cap: 15, of: x\n", "cap: 12.5, of: x\n",
              "@-cap: [15], of: x\n+cap: [12.5], of: x\n");
    lines_are("linear \"B1\"\n", "matrix :z\n", "@-linear \"B1\"\n+matrix :z\n"); /* not alike */
    lines_are("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n", "1\n2\n3\n4\n6\n7\n8\n9\n10\n11\n12\n13\n",
              "@ 2\n 3\n 4\n-5\n 6\n 7\n 8\n@ 10\n 11\n 12\n+13\n");
}

static json_t *parse(const char *quoted)
{
    char copy[2048];
    snprintf(copy, sizeof(copy), "%s", quoted);
    for (char *p = copy; *p; p++)
        if (*p == '\'')
            *p = '"';
    json_error_t error;
    json_t *value = json_loads(copy, 0, &error);
    if (!value)
        fail_msg("%s at %d", error.text, error.position);
    return value;
}

#define HEAD "{'part': 'head', 'name': 'N', 'reference_line': 6000, 'basis': ['b']}"
#define ITEM(id, rule, cap)                                                                        \
    "{'part': 'item', 'id': '" id "', 'name': 'n" id "', 'rule': '" rule "', 'cap': " cap "}"
#define SECTION(items)                                                                             \
    "{'part': 'section', 'id': 'A', 'name': 'S', 'cap': 1500, 'items': [" items "]}"

static void table(void **state)
{
    (void)state;
    json_t *from =
        parse("[" HEAD ", " SECTION(ITEM("A1", "each 1", "500") ", " ITEM("A2", "x", "100")) "]");
    json_t *to =
        parse("[" HEAD ", " SECTION(ITEM("A1", "each 2", "550") ", " ITEM("A3", "y", "100")) "]");
    json_t *changes = td_standard_diff_table(from, to), *one, *field;
    char spelled[256];
    assert_int_equal(json_array_size(changes), 3);
    one = json_array_get(changes, 0);
    assert_string_equal(text(one, "id"), "A1");
    assert_string_equal(text(one, "change"), "changed");
    assert_string_equal(text(one, "section_name"), "S");
    field = json_array_get(json_object_get(one, "fields"), 0);
    spell(json_object_get(field, "after"), spelled, sizeof(spelled));
    assert_string_equal(spelled, "each [2]");
    field = json_array_get(json_object_get(one, "fields"), 1);
    assert_string_equal(text(field, "field"), "cap");
    spell(json_object_get(field, "before"), spelled, sizeof(spelled));
    assert_string_equal(spelled, "5.00");
    assert_string_equal(text(json_array_get(changes, 1), "change"), "added");
    assert_string_equal(text(json_array_get(changes, 2), "change"), "removed");
    assert_string_equal(text(json_array_get(changes, 2), "id"), "A2");
    json_decref(changes);
    changes = td_standard_diff_table(from, from);
    assert_int_equal(json_array_size(changes), 0);
    json_decref(changes);
    json_decref(from);
    json_decref(to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(script), cmocka_unit_test(table)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
