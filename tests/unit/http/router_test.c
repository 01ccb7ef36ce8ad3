/* Rows to a tree: what is found, what is refused at start. */
#include "http/router.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static int step(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)call;
    (void)reply;
    (void)reterr;
    return 0;
}

#define GET(path_)                                                                                 \
    {                                                                                              \
        .method = TD_GET, .path = (path_), .roles = TD_ROLE_ANY, .summary = "x", .read = step      \
    }
#define POST(path_)                                                                                \
    {                                                                                              \
        .method = TD_POST, .path = (path_), .roles = TD_ROLE_ANY, .summary = "x", .write = step    \
    }

static const struct td_route applications[] = {
    GET("/applications"),
    POST("/applications"),
    GET("/applications/new"),
    GET("/applications/{application}"),
    POST("/applications/{application}/submit"),
    GET("/applications/{application}/evidence/{evidence}"),
    {0},
};
static const struct td_route others[] = {GET("/"), GET("/applications/new/help"), {0}};

static struct td_router *make(void)
{
    const struct td_route *const resources[] = {applications, others, NULL};
    struct td_router *router = NULL;
    struct td_error err = TD_ERROR_INIT;
    if (td_router_new(resources, NULL, NULL, &router, &err) < 0)
        fail_msg("%s", err.detail);
    return router;
}

static const char *found(const struct td_router *router, enum td_method method, const char *path,
                         const char *param, const char *value)
{
    struct td_match match;
    if (td_router_find(router, method, path, &match) < 0)
        return "";
    if (param)
        assert_string_equal(json_string_value(json_object_get(match.params, param)), value);
    json_decref(match.params);
    return match.route->path;
}

static void test_finds(void **state)
{
    (void)state;
    struct td_router *router = make();
    assert_string_equal(found(router, TD_GET, "/", NULL, NULL), "/");
    assert_string_equal(found(router, TD_GET, "/applications", NULL, NULL), "/applications");
    assert_string_equal(found(router, TD_GET, "/applications/new", NULL, NULL),
                        "/applications/new");
    assert_string_equal(found(router, TD_GET, "/applications/01J", "application", "01J"),
                        "/applications/{application}");
    /* A literal that leads nowhere gives way to the parameter. */
    assert_string_equal(found(router, TD_POST, "/applications/new/submit", "application", "new"),
                        "/applications/{application}/submit");
    assert_string_equal(found(router, TD_GET, "/applications/a b/evidence/é", "evidence", "é"),
                        "/applications/{application}/evidence/{evidence}");
    assert_string_equal(found(router, TD_GET, "/applications/", NULL, NULL), "");
    assert_string_equal(found(router, TD_GET, "/applicationsx", NULL, NULL), "");
    assert_string_equal(found(router, TD_GET, "/applications//evidence/x", NULL, NULL), "");
    assert_string_equal(found(router, TD_GET, "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p", NULL, NULL), "");
    td_router_free(router);
}

static void test_says_what_else_there_is(void **state)
{
    (void)state;
    struct td_router *router = make();
    struct td_match match;
    char allow[TD_ALLOW_TEXT];
    assert_int_equal(td_router_find(router, TD_DELETE, "/applications", &match), TD_EMETHOD);
    assert_null(match.params);
    td_router_allow(match.methods, allow);
    assert_string_equal(allow, "GET, HEAD, POST, OPTIONS");
    /* Both the literal and the parameter count. */
    assert_int_equal(td_router_find(router, TD_DELETE, "/applications/new", &match), TD_EMETHOD);
    assert_int_equal(td_router_find(router, TD_GET, "/nowhere", &match), TD_ENOTFOUND);
    assert_int_equal(match.methods, 0);
    td_router_allow(31, allow);
    assert_string_equal(allow, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    td_router_free(router);
}

static void test_sorts_rows(void **state)
{
    (void)state;
    struct td_router *router = make();
    size_t count;
    const struct td_route *const *rows = td_router_rows(router, &count);
    assert_int_equal(count, 8);
    assert_string_equal(rows[0]->path, "/");
    for (size_t i = 1; i < count; i++)
        assert_true(strcmp(rows[i - 1]->path, rows[i]->path) <= 0);
    assert_int_equal(rows[1]->method, TD_GET);
    assert_int_equal(rows[2]->method, TD_POST);
    td_router_free(router);
}

static bool has_home(void *arg, const char *name)
{
    return strcmp(name, arg) == 0;
}

static void assert_refused(struct td_route row, const char *words)
{
    const struct td_route rows[] = {row, {0}};
    const struct td_route *const resources[] = {rows, NULL};
    struct td_router *router = NULL;
    struct td_error err = TD_ERROR_INIT;
    assert_int_equal(td_router_new(resources, has_home, "home", &router, &err), TD_EINVALID);
    assert_null(router);
    if (!strstr(err.detail, words) || !strstr(err.detail, row.path))
        fail_msg("\"%s\" does not say \"%s\"", err.detail, words);
}

static void test_refuses(void **state)
{
    (void)state;
    struct td_route row = GET("/a");
    static const struct td_field fields[] = {{0}};
    row.roles = 0;
    assert_refused(row, "no role");
    row = (struct td_route)GET("/a");
    row.summary = "";
    assert_refused(row, "summary");
    row = (struct td_route)GET("/a");
    row.read = NULL;
    assert_refused(row, "no step");
    row = (struct td_route)GET("/a");
    row.write = step;
    assert_refused(row, "GET has neither");
    row = (struct td_route)GET("/a");
    row.body = fields;
    assert_refused(row, "GET has neither");
    row = (struct td_route)GET("/a");
    row.page = "nowhere";
    assert_refused(row, "unknown page template nowhere");
    row = (struct td_route)POST("/a");
    row.work = TD_WORK_CPU;
    assert_refused(row, "work_fn");
    row = (struct td_route)POST("/a");
    row.work_fn = step;
    assert_refused(row, "work_fn");
    row = (struct td_route)POST("/a");
    row.work = TD_WORK_SCORER;
    assert_refused(row, "read step");
    row = (struct td_route)POST("/a");
    row.flags = TD_ROUTE_STREAM;
    assert_refused(row, "stream");
    row = (struct td_route)POST("/a");
    row.flags = TD_ROUTE_LEASE;
    assert_refused(row, "{application}");
    assert_refused((struct td_route)GET("a"), "begin with /");
    assert_refused((struct td_route)GET("/a/{b}/{b}"), "twice");
    assert_refused((struct td_route)GET("/A"), "lower-case");
    assert_refused((struct td_route)GET("/a//b"), "lower-case");
    assert_refused((struct td_route)GET("/{a-b}"), "lower-case");
    row = (struct td_route)GET("/a");
    row.method = (enum td_method)9;
    assert_refused(row, "unknown method");
}

static void test_refuses_the_same_twice(void **state)
{
    (void)state;
    const struct td_route one[] = {GET("/a/{b}"), {0}}, two[] = {GET("/a/{c}"), {0}};
    const struct td_route *const resources[] = {one, two, NULL};
    struct td_router *router = NULL;
    struct td_error err = TD_ERROR_INIT;
    assert_int_equal(td_router_new(resources, NULL, NULL, &router, &err), TD_EINVALID);
    assert_non_null(strstr(err.detail, "the same requests as /a/{b}"));
}

static void test_methods(void **state)
{
    (void)state;
    enum td_method method;
    assert_int_equal(td_method_parse("HEAD", &method), 0);
    assert_int_equal(method, TD_GET);
    assert_int_equal(td_method_parse("PATCH", &method), 0);
    assert_int_equal(method, TD_PATCH);
    assert_int_equal(td_method_parse("get", &method), TD_EMETHOD);
    assert_int_equal(td_method_parse("OPTIONS", &method), TD_EMETHOD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds),
        cmocka_unit_test(test_says_what_else_there_is),
        cmocka_unit_test(test_sorts_rows),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_refuses_the_same_twice),
        cmocka_unit_test(test_methods),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
