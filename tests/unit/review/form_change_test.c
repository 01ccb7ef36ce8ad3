/* form_change_test.c - what a newer form asks for of older answers, and what it leaves. */
#include "review/form_change.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four above */
#include <cmocka.h>

static json_t *parse(const char *text)
{
    json_t *value = json_loads(text, 0, NULL);
    assert_non_null(value);
    return value;
}

static void check(const char *form, const char *content, const char *asked, const char *left)
{
    json_t *after = parse(form), *answers = parse(content), *want = parse(asked),
           *rest = parse(left),
           *before = parse("{\"sections\": [{\"id\": \"work\", \"by\": "
                           "\"applicant\", \"repeat\": true, \"fields\": "
                           "[{\"id\": \"tree\", \"name\": \"树\"}]}]}");
    json_t *have = NULL, *over = NULL;
    td_form_change_part(after, before, answers, &have, &over);
    assert_true(json_equal(have, want));
    assert_true(json_equal(over, rest));
    json_decref(after);
    json_decref(answers);
    json_decref(want);
    json_decref(rest);
    json_decref(before);
    json_decref(have);
    json_decref(over);
}

#define FORM                                                                                       \
    "{\"sections\": [{\"id\": \"work\", \"by\": \"applicant\", \"repeat\": true, \"fields\": "     \
    "[{\"id\": \"place\"}]}, {\"id\": \"note\", \"by\": \"unit\", \"fields\": [{\"id\": "          \
    "\"text\"}]}]}"

static void nothing_is_lost(void **state)
{
    (void)state;
    check(FORM, "{\"work\": [{\"id\": \"aaaaaaaa\", \"place\": \"x\"}]}",
          "{\"work\": [{\"id\": \"aaaaaaaa\", \"place\": \"x\"}]}", "[]");
    check(FORM, "{\"work\": [{\"id\": \"aaaaaaaa\", \"place\": \"x\", \"tree\": 3}]}",
          "{\"work\": [{\"id\": \"aaaaaaaa\", \"place\": \"x\"}]}",
          "[{\"section\": \"work\", \"item\": \"aaaaaaaa\", \"field\": \"tree\", \"name\": \"树\", "
          "\"name_en\": \"树\", \"value\": 3}]");
    /* A section that is gone, one that is the unit's now, one that is no list any more. */
    check(FORM, "{\"old\": {\"a\": true}}", "{}",
          "[{\"section\": \"old\", \"item\": \"\", \"field\": \"a\", \"name\": \"a\", \"name_en\": "
          "\"a\", \"value\": true}]");
    check(FORM, "{\"note\": {\"text\": \"t\"}}", "{}",
          "[{\"section\": \"note\", \"item\": \"\", \"field\": \"text\", \"name\": \"text\", "
          "\"name_en\": \"text\", \"value\": \"t\"}]");
    check(FORM, "{\"work\": {\"place\": \"x\"}}", "{}",
          "[{\"section\": \"work\", \"item\": \"\", \"field\": \"place\", \"name\": \"place\", "
          "\"name_en\": \"place\", \"value\": \"x\"}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_lost)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
