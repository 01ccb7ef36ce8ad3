/* score_test.c - tests core/scorer/score.c: which answers of a standard pass as a SCORE. */
#include "scorer/score.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char good[] =
    "{\"total\": 600, \"cap\": 10000, \"vetoed\": false, \"eligible\": true, \"reference_line\": "
    "6000,"
    "\"conditions\": [{\"id\": \"c\", \"name\": \"n\", \"met\": true, \"because\": \"b\"}],"
    "\"vetoes\": [{\"id\": \"v\", \"name\": \"n\", \"met\": false, \"because\": \"b\"}],"
    "\"sections\": [{\"id\": \"A\", \"name\": \"n\", \"points\": 600, \"cap\": 1500, \"items\":"
    "[{\"id\": \"A1\", \"name\": \"n\", \"kind\": \"tier\", \"points\": 600, \"cap\": 600, "
    "\"scorer\": \"unit\","
    "\"because\": \"b\", \"facts\": [\"f\"], \"pending\": false}]}]}";

/* `good` with the first `old` replaced by `new`. */
static json_t *changed(const char *old, const char *new)
{
    char *text = malloc(sizeof(good) + strlen(new));
    const char *place = strstr(good, old);
    assert_non_null(place);
    sprintf(text, "%.*s%s%s", (int)(place - good), good, new, place + strlen(old));
    json_t *score = json_loads(text, 0, NULL);
    assert_non_null(score);
    free(text);
    return score;
}

static void whole_scores_pass(void **state)
{
    (void)state;
    static const char *const changes[][2] = {
        {"\"total\": 600", "\"total\": 0"},
        {"\"reference_line\": 6000,", "\"reference_line\": null,"},
        {"\"reference_line\": 6000,", ""},
        {"\"vetoed\": false", "\"more\": 1, \"vetoed\": true"},
    };
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct td_fault fault = TD_FAULT_INIT;
        json_t *score = changed(changes[i][0], changes[i][1]);
        assert_int_equal(td_score_check(score, "x.rb", &fault), 0);
        assert_null(fault.code);
        json_decref(score);
    }
}

static void broken_scores_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *old, *new, *says;
    } rows[] = {
        {"\"total\": 600", "\"total\": 6.5", "the score: "},
        {"\"total\": 600", "\"total\": \"600\"", "the score: "},
        {"\"total\": 600,", "", "total"},
        {"\"total\": 600", "\"total\": -1", "total: -1 points with a cap of 10000"},
        {"\"total\": 600", "\"total\": 10001", "total: 10001 points"},
        {"\"vetoed\": false", "\"vetoed\": 0", "the score: "},
        {"\"eligible\": true", "\"eligible\": null", "the score: "},
        {"\"reference_line\": 6000", "\"reference_line\": \"6000\"", "reference_line"},
        {"\"met\": true", "\"met\": 1", "entry 0 in \"conditions\""},
        {"\"met\": false", "\"met\": 0", "entry 0 in \"vetoes\""},
        {"\"conditions\": [", "\"conditions\": [1, ", "entry 0 in \"conditions\""},
        {"\"conditions\": [{\"id\": \"c\", \"name\": \"n\", \"met\": true, \"because\": \"b\"}]",
         "\"conditions\": {}", "\"conditions\""},
        {"\"points\": 600, \"cap\": 1500", "\"points\": 1501, \"cap\": 1500",
         "A: 1501 points with a cap of 1500"},
        {"\"points\": 600, \"cap\": 600", "\"points\": 601, \"cap\": 600",
         "A1: 601 points with a cap of 600"},
        {"\"points\": 600, \"cap\": 600", "\"points\": -1, \"cap\": 600", "A1: -1 points"},
        {"\"pending\": false", "\"pending\": \"no\"", "item A1 of the score"},
        {"\"facts\": [\"f\"]", "\"facts\": \"f\"", "item A1 of the score: \"facts\""},
        {"\"because\": \"b\", \"facts\"", "\"facts\"", "item A1 of the score"},
        {"\"items\":[{\"id\": \"A1\", \"name\": \"n\", \"kind\": \"tier\", \"points\": 600, "
         "\"cap\": 600, "
         "\"scorer\": \"unit\",\"because\": \"b\", \"facts\": [\"f\"], \"pending\": false}]",
         "\"items\": 0", "section A of the score: \"items\" is no list"},
        {"\"items\":[", "\"items\":[7, ", "item ? of the score"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct td_fault fault = TD_FAULT_INIT;
        json_t *score = changed(rows[i].old, rows[i].new);
        int result = td_score_check(score, "x.rb", &fault);
        if (result != -1 || !strstr(fault.message, rows[i].says))
            print_error("%s -> %s: %d \"%s\"\n", rows[i].old, rows[i].new, result, fault.message);
        assert_int_equal(result, -1);
        assert_non_null(strstr(fault.message, rows[i].says));
        assert_string_equal(fault.code, "script");
        assert_string_equal(fault.file, "x.rb");
        json_decref(score);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_scores_pass),
        cmocka_unit_test(broken_scores_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
