/* Every case of the official Mustache specification, and what our renderer refuses. */
#include "http/mustache.h"

#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SPEC TD_SOURCE_FOLDER "/tests/unit/http/mustache-spec/"

static const struct td_mustache *find_partial(void *arg, const char *name)
{
    json_t *slots = arg; /* {name: pointer as integer} */
    return (const struct td_mustache *)(uintptr_t)json_integer_value(json_object_get(slots, name));
}

static struct td_mustache *parse(const char *source)
{
    struct td_mustache *template = NULL;
    struct td_error err = TD_ERROR_INIT;
    if (td_mustache_parse(source, strlen(source), &template, &err) < 0)
        fail_msg("%s: %s", source, err.detail);
    return template;
}

static void run_case(const char *file, const json_t *test)
{
    const char *name, *expected, *source;
    json_t *root, *partials = NULL, *slots = json_object(), *partial;
    assert_int_equal(json_unpack((json_t *)test, "{s:s, s:s, s:s, s:o, s?o}", "name", &name,
                                 "expected", &expected, "template", &source, "data", &root,
                                 "partials", &partials),
                     0);
    const char *key;
    json_object_foreach(partials, key, partial)
        json_object_set_new(slots, key,
                            json_integer((json_int_t)(uintptr_t)parse(json_string_value(partial))));
    struct td_mustache *template = parse(source);
    struct td_strbuf out;
    td_strbuf_init(&out);
    struct td_mustache_ways ways = {.find = find_partial, .arg = slots};
    assert_int_equal(td_mustache_render(template, root, &ways, 1 << 20, &out, NULL), 0);
    char normal[4096] = ""; /* the specification writes &quot; for the quote, we write it so too */
    snprintf(normal, sizeof(normal), "%s", out.bytes);
    if (strcmp(normal, expected) != 0)
        fail_msg("%s: %s\n--- expected\n%s\n--- got\n%s", file, name, expected, normal);
    td_strbuf_done(&out);
    td_mustache_free(template);
    json_object_foreach(slots, key, partial)
        td_mustache_free((struct td_mustache *)(uintptr_t)json_integer_value(partial));
    json_decref(slots);
}

static void test_specification(void **state)
{
    (void)state;
    static const char *const files[] = {"comments", "delimiters", "interpolation",
                                        "inverted", "partials",   "sections"};
    size_t cases = 0;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char path[512];
        snprintf(path, sizeof(path), "%s%s.json", SPEC, files[i]);
        json_t *spec = json_load_file(path, 0, NULL);
        assert_non_null(spec);
        size_t index;
        json_t *test;
        json_array_foreach(json_object_get(spec, "tests"), index, test) {
            run_case(files[i], test);
            cases++;
        }
        json_decref(spec);
    }
    print_message("%zu cases\n", cases);
    assert_true(cases > 100);
}

static void assert_refused(const char *source, const char *words)
{
    struct td_mustache *template = NULL;
    struct td_error err = TD_ERROR_INIT;
    assert_int_equal(td_mustache_parse(source, strlen(source), &template, &err), TD_EINVALID);
    assert_null(template);
    assert_non_null(strstr(err.detail, words));
}

static void test_refuses(void **state)
{
    (void)state;
    assert_refused("a\nb {{name", "line 2: a tag is not closed");
    assert_refused("{{#a}}", "a section is not closed");
    assert_refused("{{#a}}\n{{/b}}", "line 2: this closes another section");
    assert_refused("{{#a.b}}{{/a}}", "this closes another section");
    assert_refused("{{/a}}", "without its section");
    assert_refused("{{ }}", "without a name");
    assert_refused("{{a b}}", "white space");
    assert_refused("{{=a=}}", "set-delimiter");
    assert_refused("{{{a}}", "not closed");
}

static void test_own_truth(void **state)
{
    (void)state;
    struct td_mustache *template = parse("{{#e}}x{{/e}}{{^e}}empty{{/e}}{{#z}} zero{{/z}}");
    json_t *root = json_pack("{s:s, s:i}", "e", "", "z", 0);
    struct td_strbuf out;
    td_strbuf_init(&out);
    assert_int_equal(td_mustache_render(template, root, NULL, 100, &out, NULL), 0);
    assert_string_equal(out.bytes, "empty zero");
    td_strbuf_done(&out);
    json_decref(root);
    td_mustache_free(template);
}

static const struct td_mustache *find_self(void *arg, const char *name)
{
    (void)name;
    return arg;
}

static void test_limits(void **state)
{
    (void)state;
    struct td_error err = TD_ERROR_INIT;
    struct td_strbuf out;
    td_strbuf_init(&out);
    json_t *root = json_pack("{s:[i,i,i,i]}", "xs", 1, 2, 3, 4);
    struct td_mustache *endless = parse("a{{> self}}");
    struct td_mustache_ways ways = {.find = find_self, .arg = endless};
    assert_int_equal(td_mustache_render(endless, root, &ways, 1 << 20, &out, &err), TD_ETOOLARGE);
    td_strbuf_cut(&out, 0);
    struct td_mustache *wide =
        parse("{{#xs}}{{#xs}}{{#xs}}{{#xs}}0123456789{{/xs}}{{/xs}}{{/xs}}{{/xs}}");
    assert_int_equal(td_mustache_render(wide, root, NULL, 1000, &out, &err), TD_ETOOLARGE);
    assert_true(out.length < 1100);
    td_mustache_free(wide);
    td_mustache_free(endless);
    td_strbuf_done(&out);
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_specification),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_own_truth),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
