/* Pages: what the view adds to a value, languages, loading and refusing templates. */
#include "http/enrich.h"
#include "http/problem.h"
#include "http/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

static void put(const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void drop(const char *name)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    unlink(path);
}

static int make_folder(void **state)
{
    (void)state;
    static const char *const subs[] = {"",         "/templates",  "/templates/partials",
                                       "/locales", "/locales/zh", "/locales/en"};
    strcpy(folder, "/tmp/view-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    for (size_t i = 1; i < sizeof(subs) / sizeof(subs[0]); i++) {
        char path[200];
        snprintf(path, sizeof(path), "%s%s", folder, subs[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    put("locales/zh/label.json",
        "{\"state\": {\"draft\": \"草稿\"}, \"level\": {\"senior\": \"副高\"}}");
    put("locales/zh/say.json", "{\"moved\": \"{name}：{state}，{points} 分，{left} {none}\"}");
    put("locales/zh/problem.json", "{\"forbidden\": \"没有权限\"}");
    put("locales/zh/problem.more.json", "{\"stale\": \"现在是第 {present} 版\"}");
    put("locales/zh/field_problem.json", "{\"too_long\": \"最多 {max} 个字符\"}");
    put("locales/zh/field.json", "{\"degree\": \"学位\", \"titles_degree\": \"职称\"}");
    put("locales/zh/title.json", "{\"home\": \"首页\"}");
    put("locales/en/label.json", "{\"state\": {\"draft\": \"Draft\"}}");
    put("locales/en/say.json", "{\"moved\": \"{name}: {state}\"}");
    put("templates/partials/head.mustache", "<{{page.lang}} {{page.title}}>\n");
    put("templates/place.mustache", "{{page.here}} {{page.filter}}\n");
    put("templates/home.mustache",
        "{{> head}}\n{{name}} {{t.label.state.draft}}{{#page.is.official}} "
        "official{{/page.is.official}}\n");
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[100];
    snprintf(command, sizeof(command), "rm -r '%s'", folder);
    return system(command);
}

static struct td_views *load(void)
{
    struct td_views *views = NULL;
    struct td_error err = TD_ERROR_INIT;
    if (td_views_load(folder, &views, &err) < 0)
        fail_msg("%s", err.detail);
    return views;
}

/* What a template gets for `path` = "member" or "list.position.member", as JSON; "-" for nothing.
 */
static void assert_member(const struct td_locale *locale, const char *text, const char *path,
                          const char *expected)
{
    json_t *value = json_loads(text, 0, NULL), *before = json_deep_copy(value),
           *made = json_array();
    assert_non_null(value);
    const json_t *object = value;
    char list[32];
    size_t position = 0;
    int used = 0;
    if (sscanf(path, "%31[a-z].%zu.%n", list, &position, &used) == 2)
        object = json_array_get(json_object_get(value, list), position - 1);
    const json_t *member = td_enrich_member(locale, object, position, path + used, made);
    char *shown = member ? json_dumps(member, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    if (strcmp(shown ? shown : "-", expected) != 0)
        fail_msg("%s of %s: %s instead of %s", path, text, shown ? shown : "-", expected);
    assert_true(json_equal(value, before)); /* the handler's value is not touched */
    free(shown);
    json_decref(made);
    json_decref(before);
    json_decref(value);
}

static void test_enriches(void **state)
{
    (void)state;
    struct td_views *views = load();
    const struct td_locale *zh = td_views_language(views, "zh"),
                           *en = td_views_language(views, "en");
    const char *labelled = "{\"state\":\"draft\",\"level\":\"odd\"}";
    assert_member(zh, labelled, "state", "\"draft\"");
    assert_member(zh, labelled, "state_label", "\"草稿\"");
    assert_member(en, labelled, "state_label", "\"Draft\"");
    assert_member(zh, labelled, "state_text", "-");
    assert_member(zh, labelled, "level_label", "-");
    assert_member(zh, labelled, "_label", "-");
    const char *times =
        "{\"due_at\":\"2026-12-31T16:30:00.000Z\",\"read_at\":null,\"odd_at\":\"soon\"}";
    assert_member(zh, times, "due_at_text", "\"2027-01-01 00:30\"");
    assert_member(zh, times, "due_at_label", "-");
    assert_member(zh, times, "read_at_text", "-");
    assert_member(zh, times, "odd_at_text", "-");
    const char *numbers =
        "{\"points\":1350,\"cap\":5,\"before_points\":-50,\"fee_cents\":18000,\"count\":7}";
    assert_member(zh, numbers, "points_text", "\"13.50\"");
    assert_member(zh, numbers, "cap_text", "\"0.05\"");
    assert_member(zh, numbers, "before_points_text", "\"-0.50\"");
    assert_member(zh, numbers, "fee_cents_text", "\"180.00\"");
    assert_member(zh, numbers, "count_text", "-");
    const char *lists = "{\"xs\":[{\"a\":1},{\"a\":2}],\"ys\":[],\"zs\":[\"q\"]}";
    assert_member(zh, lists, "has_xs", "true");
    assert_member(zh, lists, "xs_count", "2");
    assert_member(zh, lists, "has_ys", "false");
    assert_member(zh, lists, "ys_count", "0");
    assert_member(zh, lists, "has_other", "-");
    assert_member(zh, lists, "index", "-");
    assert_member(zh, lists, "xs.1.is_first", "true");
    assert_member(zh, lists, "xs.1.index", "1");
    assert_member(zh, lists, "xs.2.is_first", "false");
    assert_member(zh, lists, "xs.2.index", "2");
    assert_member(zh, lists, "xs.2.a", "2");
    assert_member(zh, lists, "zs.1.index", "-");
    const char *names =
        "{\"name\":\"语文\",\"name_en\":\"Chinese\",\"hint\":\"无\",\"hint_en\":\"\"}";
    assert_member(zh, names, "name", "\"语文\"");
    assert_member(en, names, "name", "\"Chinese\"");
    assert_member(en, names, "hint", "\"无\"");
    td_views_unref(views);
}

static void test_keeps_what_the_handler_set(void **state)
{
    (void)state;
    struct td_views *views = load();
    const struct td_locale *zh = td_views_language(views, "zh");
    const char *own =
        "{\"state\":\"draft\",\"state_label\":\"mine\",\"xs\":[{\"index\":9}],\"has_xs\":false}";
    assert_member(zh, own, "state_label", "\"mine\"");
    assert_member(zh, own, "has_xs", "false");
    assert_member(zh, own, "xs_count", "1");
    assert_member(zh, own, "xs.1.index", "9");
    assert_member(zh, own, "xs.1.is_first", "true");
    td_views_unref(views);
}

static void test_says(void **state)
{
    (void)state;
    struct td_views *views = load();
    const struct td_locale *zh = td_views_language(views, "zh"),
                           *en = td_views_language(views, "en");
    const char *value = "{\"say\":\"moved\",\"parameters\":{\"name\":\"{state}\",\"name_en\":"
                        "\"Ma\",\"state\":\"draft\","
                        "\"points\":650,\"left\":[\"a\",\"b\"]}}";
    assert_member(zh, value, "say_text", "\"{state}：草稿，6.50 分，a、b {none}\"");
    assert_member(en, value, "say_text", "\"Ma: Draft\"");
    assert_member(zh, "{\"say\":\"nothing\"}", "say_text", "\"nothing\"");
    assert_member(zh, "{\"say\":7}", "say_text", "-");
    td_views_unref(views);
}

static void test_chooses_language(void **state)
{
    (void)state;
    struct td_views *views = load();
    const struct {
        const char *wanted, *accept, *lang;
    } cases[] = {
        {NULL, NULL, "zh"},
        {"en", "zh", "en"},
        {"xx", "en", "en"},
        {NULL, "fr", "zh"},
        {NULL, "en-US,en;q=0.9", "en"},
        {NULL, "zh-CN,zh;q=0.9,en;q=0.8", "zh"},
        {NULL, "en;q=0.3, zh;q=0.4", "zh"},
        {NULL, "en;q=0", "zh"},
        {NULL, ";;,,q=,=", "zh"},
        {NULL, "EN", "en"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(td_views_locale(views, cases[i].wanted, cases[i].accept)->lang,
                            cases[i].lang);
    td_views_unref(views);
}

static void test_renders(void **state)
{
    (void)state;
    struct td_views *views = load();
    const struct td_account who = {
        .id = "1", .login = "l", .name = "n", .unit_id = "", .roles = TD_ROLE_UNIT};
    struct td_page page = {.name = "home", .path = "/", .query = "", .who = &who};
    json_t *value = json_pack("{s:s}", "name", "<马>");
    struct td_strbuf out;
    td_strbuf_init(&out);
    assert_int_equal(
        td_views_render(views, td_views_language(views, "zh"), &page, value, &out, NULL), 0);
    assert_string_equal(out.bytes, "<zh 首页>\n&lt;马&gt; 草稿 official\n");
    page = (struct td_page){
        .name = "place", .path = "/fees", .query = "cursor=01J&state=due&&q=%E9%A9%AC&format=csv"};
    td_strbuf_cut(&out, 0);
    assert_int_equal(
        td_views_render(views, td_views_language(views, "zh"), &page, value, &out, NULL), 0);
    assert_string_equal(out.bytes,
                        "/fees?cursor=01J&amp;state=due&amp;&amp;q=%E9%A9%AC&amp;format=csv "
                        "state=due&amp;q=%E9%A9%AC&amp;\n");
    page.name = "absent";
    assert_int_equal(
        td_views_render(views, td_views_language(views, "zh"), &page, value, &out, NULL),
        TD_EINTERNAL);
    td_strbuf_done(&out);
    json_decref(value);
    td_views_unref(views);
}

static void assert_load_refused(const char *words)
{
    struct td_views *views = NULL;
    struct td_error err = TD_ERROR_INIT;
    assert_int_equal(td_views_load(folder, &views, &err), TD_EINVALID);
    if (!strstr(err.detail, words))
        fail_msg("\"%s\" does not say \"%s\"", err.detail, words);
}

static void test_refuses_bad_files(void **state)
{
    (void)state;
    put("templates/bad.mustache", "{{#a}}");
    assert_load_refused("bad.mustache: line 1: a section is not closed");
    put("templates/bad.mustache", "{{> nowhere}}");
    assert_load_refused("template bad: there is no partial \"nowhere\"");
    drop("templates/bad.mustache");
    put("locales/en/bad.json", "{\n\"a\": }");
    assert_load_refused("bad.json, line 2");
    drop("locales/en/bad.json");
    put("templates/.hidden.mustache", "{{#a}}");
    struct td_views *views = load();
    assert_false(td_views_has(views, ".hidden"));
    drop("templates/.hidden.mustache");
    td_views_unref(views);
}

static void test_notices_changes(void **state)
{
    (void)state;
    struct td_views *views = load();
    assert_false(td_views_changed(views));
    put("templates/more.mustache", "x");
    assert_true(td_views_changed(views));
    drop("templates/more.mustache");
    td_views_unref(views);
}

static void test_problems(void **state)
{
    (void)state;
    struct td_views *views = load();
    const struct td_locale *zh = td_views_language(views, "zh");
    struct td_error err = TD_ERROR_INIT;
    td_error_key(&err, TD_EFORBIDDEN, "stale", json_pack("{s:i}", "present", 7));
    json_t *problem = td_problem_make(zh, "/series", TD_EFORBIDDEN, &err, "R1");
    json_t *wanted =
        json_pack("{s:s, s:s, s:i, s:s, s:{s:i}, s:s, s:s}", "type", "/problems/forbidden", "title",
                  "没有权限", "status", 403, "key", "stale", "parameters", "present", 7, "detail",
                  "现在是第 7 版", "instance", "R1");
    assert_true(json_equal(problem, wanted));
    json_decref(wanted);
    json_decref(problem);
    td_error_done(&err);
    td_error_field(&err, "content.education.0.degree", "too_long", "is too long");
    json_object_set_new(json_array_get(err.fields, 0), "parameters", json_pack("{s:i}", "max", 4));
    problem = td_problem_make(zh, "/series", TD_EFIELDS, &err, "R2");
    json_t *fault = json_array_get(json_object_get(problem, "errors"), 0);
    assert_string_equal(json_string_value(json_object_get(fault, "message")),
                        "学位: 最多 4 个字符");
    json_t *page = td_problem_for_page(problem);
    assert_int_equal(json_array_size(json_object_get(page, "fields")), 1);
    assert_null(json_object_get(page, "errors"));
    json_decref(page);
    json_decref(problem);
    td_error_done(&err);
    td_error_field(&err, "degree", "too_long", "is too long"); /* which /titles call otherwise */
    json_object_set_new(json_array_get(err.fields, 0), "parameters", json_pack("{s:i}", "max", 4));
    problem = td_problem_make(zh, "/titles/T/appointment", TD_EFIELDS, &err, "R4");
    fault = json_array_get(json_object_get(problem, "errors"), 0);
    assert_string_equal(json_string_value(json_object_get(fault, "message")),
                        "职称: 最多 4 个字符");
    json_decref(problem);
    td_error_done(&err);
    td_error_set(&err, TD_EINTERNAL, "secret path /var/x");
    problem = td_problem_make(zh, "/series", TD_EINTERNAL, &err, "R3");
    assert_null(json_object_get(problem, "detail")); /* for the log only */
    json_decref(problem);
    td_views_unref(views);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_enriches),
        cmocka_unit_test(test_keeps_what_the_handler_set),
        cmocka_unit_test(test_says),
        cmocka_unit_test(test_chooses_language),
        cmocka_unit_test(test_renders),
        cmocka_unit_test(test_refuses_bad_files),
        cmocka_unit_test(test_notices_changes),
        cmocka_unit_test(test_problems),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
