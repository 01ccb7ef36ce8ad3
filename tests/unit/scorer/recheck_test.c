/* recheck_test.c - tests core/scorer/recheck.c: a stored result computed again costs its standard
 * what it cost when it was scored. */
#include "scorer/recheck.h"

#include "scorer/compiled.h"
#include "scorer/job.h"
#include "scorer/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { JOB_MS = 60000 };

#define STANDARD                                                                                   \
    "standard 'x', 'junior' do\n"                                                                  \
    "  section 'A', '甲', cap: 10 do\n"                                                           \
    "    linear 'A1', '年', cap: 10, of: :years, per: 1\n"                                        \
    "  end\n"                                                                                      \
    "end\n"

/* A plugin that finds the same facts in every dossier. */
static json_t *facts(const struct titled_host *host, const json_t *dossier)
{
    (void)host, (void)dossier;
    return json_pack("{s:{s:{s:i}}}", "facts", "years", "value", 3);
}

static json_t *gates(const struct titled_host *host, const json_t *dossier, const json_t *found)
{
    (void)host, (void)dossier, (void)found;
    return json_array();
}

static const struct td_plugins *plugins(void)
{
    static const struct titled_plugin plugin = {
        .id = "x", .version = "1", .facts = facts, .gates = gates};
    static struct td_plugins plugins;
    plugins.loaded[0].plugin = &plugin;
    plugins.count = 1;
    return &plugins;
}

static json_t *standard_of(const char *source)
{
    return json_pack("{s:s, s:s}", "name", "x/junior.rb", "source", source);
}

static json_t *answer_to(json_t *job)
{
    static const struct td_slice no_dossiers;
    json_t *answer = td_job_answer(plugins(), job, &no_dossiers, JOB_MS);
    json_decref(job);
    return answer;
}

/* A stored result of `dossier`, scored as it is when it is handed in. Takes the reference. */
static json_t *result_of(json_t *dossier)
{
    json_t *answer = answer_to(json_pack("{s:s, s:s, s:O, s:o}", "op", "evaluate", "series", "x",
                                         "dossier", dossier, "standard", standard_of(STANDARD)));
    assert_non_null(json_object_get(answer, "score"));
    json_t *result = json_pack(
        "{s:s, s:s, s:s, s:o, s:O, s:O, s:{}, s:O}", "id", "r1", "standard", "h", "plugin_version",
        "1", "dossier", dossier, "facts", json_object_get(answer, "facts"), "gates",
        json_object_get(answer, "gates"), "expert", "breakdown", json_object_get(answer, "score"));
    json_decref(answer);
    return result;
}

/* Its differences; takes the reference. */
static json_t *recheck(json_t *result, const char *source)
{
    json_t *answer =
        answer_to(json_pack("{s:s, s:s, s:{s:o}, s:[o]}", "op", "recheck", "series", "x",
                            "standards", "h", standard_of(source), "scores", result));
    json_t *differences = json_incref(json_object_get(answer, "differences"));
    json_decref(answer);
    assert_non_null(differences);
    return differences;
}

static void expect_none(json_t *result)
{
    json_t *differences = recheck(result, STANDARD);
    if (json_array_size(differences)) {
        char *text = json_dumps(differences, 0);
        print_error("%s\n", text);
        free(text);
    }
    assert_int_equal(json_array_size(differences), 0);
    json_decref(differences);
}

/* A standard never sees a dossier, so what it may hold is no limit of one. */
static void a_large_dossier_is_no_difference(void **state)
{
    (void)state;
    enum { TEXTS = 2000000 }; /* more than an interpreter's memory has room for */
    json_t *many = json_array(), *deep = json_object();
    json_t *text = json_string("word");
    for (int i = 0; i < TEXTS; i++)
        json_array_append(many, text);
    json_decref(text);
    for (int i = 0; i < TD_VALUE_DEPTH_MAX + 1; i++)
        deep = json_pack("{s:o}", "in", deep);
    expect_none(result_of(json_pack("{s:o}", "many", many)));
    expect_none(result_of(deep));
}

static void what_changed_is_a_difference(void **state)
{
    (void)state;
    json_t *result = result_of(json_object());
    json_t *breakdown = json_object_get(result, "breakdown");
    json_object_set_new(breakdown, "total", json_integer(200));
    json_t *differences = recheck(result, STANDARD);
    assert_int_equal(json_array_size(differences), 1);
    const json_t *difference = json_array_get(differences, 0);
    assert_string_equal(json_string_value(json_object_get(difference, "what")), "total");
    assert_int_equal(json_integer_value(json_object_get(difference, "stored")), 200);
    assert_int_equal(json_integer_value(json_object_get(difference, "recomputed")), 300);
    json_decref(differences);
}

static void a_standard_that_fails_is_a_difference(void **state)
{
    (void)state;
    static const char failing[] = "standard 'x', 'junior' do\n"
                                  "  section 'A', '甲', cap: 10 do\n"
                                  "    linear 'A1', '年', cap: 10, of: :years, per: 1\n"
                                  "    adjust('A1', '调') { |points, facts| 'none' }\n"
                                  "  end\n"
                                  "end\n";
    json_t *differences = recheck(result_of(json_object()), failing);
    assert_int_equal(json_array_size(differences), 1);
    const json_t *difference = json_array_get(differences, 0);
    assert_string_equal(json_string_value(json_object_get(difference, "what")), "total");
    assert_string_equal(json_string_value(json_object_get(difference, "id")), "failed");
    assert_non_null(strstr(json_string_value(json_object_get(difference, "recomputed")), "A1"));
    json_decref(differences);
}

static int forget_all(void **state)
{
    (void)state;
    td_compiled_done();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_large_dossier_is_no_difference, forget_all),
        cmocka_unit_test_teardown(what_changed_is_a_difference, forget_all),
        cmocka_unit_test_teardown(a_standard_that_fails_is_a_difference, forget_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
