/* The document of the rows: complete, and the same every time. */
#include "http/openapi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int step(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)call;
    (void)reply;
    (void)reterr;
    return 0;
}

static const struct td_field fields[] = {
    {"note", TD_FIELD_TEXT, true, 1, 300, NULL, "Why"},
    {"points", TD_FIELD_POINTS, false, 0, 1500, NULL, "How many"},
    {"verdict", TD_FIELD_CHOICE, true, 0, 0, "ok|problem", "Which"},
    {0},
};
static const struct td_route one[] = {
    {.method = TD_POST,
     .path = "/a/{b}/files",
     .roles = TD_ROLE_OFFICE | TD_ROLE_UNIT,
     .summary = "Send",
     .write = step,
     .body = fields,
     .flags = TD_ROUTE_IF_MATCH},
    {.method = TD_GET,
     .path = "/a/{b}/files",
     .roles = TD_ROLE_PUBLIC,
     .summary = "List",
     .query = "state cursor",
     .read = step},
    {0},
};
static const struct td_route two[] = {
    {.method = TD_GET, .path = "/z", .roles = TD_ROLE_ANY, .summary = "Z", .read = step}, {0}};

static char *document(const struct td_route *const *resources)
{
    struct td_router *router = NULL;
    assert_int_equal(td_router_new(resources, NULL, NULL, &router, NULL), 0);
    json_t *made = td_openapi_make(router, "td_session");
    char *text = json_dumps(made, JSON_COMPACT);
    json_decref(made);
    td_router_free(router);
    return text;
}

static void test_same_words(void **state)
{
    (void)state;
    const struct td_route *const there[] = {one, two, NULL}, *const back[] = {two, one, NULL};
    char *first = document(there), *second = document(back);
    assert_string_equal(first, second); /* the order of resources does not matter */
    free(first);
    free(second);
}

static void test_content(void **state)
{
    (void)state;
    const struct td_route *const resources[] = {one, two, NULL};
    char *text = document(resources);
    json_t *made = json_loads(text, 0, NULL);
    json_t *path = json_object_get(json_object_get(made, "paths"), "/a/{b}/files");
    json_t *post = json_object_get(path, "post");
    json_t *schema = NULL;
    const char *id, *role, *type;
    int maximum, enum_size;
    assert_int_equal(json_unpack(post, "{s:s, s:[s, s], s:{s:{s:{s:o}}}}", "operationId", &id,
                                 "x-roles", &role, &type, "requestBody", "content",
                                 "application/json", "schema", &schema),
                     0);
    assert_string_equal(id, "post_a_b_files");
    assert_string_equal(role, "unit");
    assert_string_equal(type, "office");
    json_t *properties = json_object_get(schema, "properties");
    assert_int_equal(json_unpack(properties, "{s:{s:i}}", "note", "maxLength", &maximum), 0);
    assert_int_equal(maximum, 300);
    enum_size =
        (int)json_array_size(json_object_get(json_object_get(properties, "verdict"), "enum"));
    assert_int_equal(enum_size, 2);
    assert_int_equal(json_array_size(json_object_get(schema, "required")), 2);
    assert_int_equal(json_array_size(json_object_get(post, "parameters")),
                     3); /* b, key, If-Match */
    const json_t *get = json_object_get(path, "get"), *queries = json_object_get(get, "parameters");
    static const char *const names[] = {"b", "state", "cursor", "format"};
    assert_int_equal(json_array_size(queries), 4);
    for (size_t i = 0; i < 4; i++) {
        const json_t *one_query = json_array_get(queries, i);
        assert_string_equal(json_string_value(json_object_get(one_query, "name")), names[i]);
        assert_string_equal(json_string_value(json_object_get(one_query, "in")),
                            i ? "query" : "path");
    }
    assert_null(json_object_get(get, "security"));
    assert_non_null(json_object_get(post, "security"));
    json_decref(made);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_words),
                                       cmocka_unit_test(test_content)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
