/* answer_test.c - errors of workers in our words: codes, keys, and texts that stay whole. */
#include "../../../core/scoring/answer.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void an_answer_is_no_error(void **state)
{
    (void)state;
    struct td_error err = TD_ERROR_INIT;
    json_t *answer = json_pack("{s:{}}", "score");
    assert_int_equal(td_answer_read(answer, &err), 0);
    assert_int_equal(err.code, 0);
    json_decref(answer);
}

static void assert_reads(const char *code, int result, const char *key)
{
    struct td_error err = TD_ERROR_INIT;
    json_t *answer = json_pack("{s:{s:s, s:s, s:s, s:i, s:s}}", "error", "code", code, "message",
                               "boom", "file", "a.rb", "line", 7, "rule", "A1 政治表现");
    assert_int_equal(td_answer_read(answer, &err), result);
    assert_int_equal(err.code, result);
    assert_string_equal(err.key, key);
    assert_string_equal(err.detail, "a.rb:7: boom, in rule A1 政治表现");
    assert_int_equal(json_integer_value(json_object_get(err.parameters, "line")), 7);
    td_error_done(&err);
    json_decref(answer);
}

static void each_code_has_its_key(void **state)
{
    (void)state;
    assert_reads("script", TD_ESCRIPT, "script_failed");
    assert_reads("limit", TD_ESCRIPT, "script_limit");
    assert_reads("plugin", TD_EPLUGIN, "plugin_failed");
}

/* "killed" counts towards the standard's quarantine: a plugin that hangs or crashes is not its
 * fault. */
static void only_scripts_are_said_to_kill(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        bool ending, killed;
    } rows[] = {{"script", false, false}, {"script", true, true},   {"limit", false, true},
                {"limit", true, true},    {"plugin", false, false}, {"plugin", true, false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct td_error err = TD_ERROR_INIT;
        json_t *answer = json_pack("{s:{s:s, s:s, s:s}, s:b}", "error", "code", rows[i].code,
                                   "message", "boom", "file", "teacher", "ending", rows[i].ending);
        td_answer_read(answer, &err);
        assert_int_equal(json_is_true(json_object_get(err.parameters, "killed")), rows[i].killed);
        td_error_done(&err);
        json_decref(answer);
    }
}

/* A detail that ends inside a character would make the whole problem document impossible. */
static void a_long_message_ends_between_characters(void **state)
{
    (void)state;
    for (int pad = 0; pad < 3; pad++) {
        char message[1200] = "";
        for (int i = 0; i < pad; i++)
            strcat(message, "x");
        while (strlen(message) < 1000)
            strcat(message, "分");
        struct td_error err = TD_ERROR_INIT;
        json_t *answer = json_pack("{s:{s:s, s:s}}", "error", "code", "script", "message", message);
        assert_int_equal(td_answer_read(answer, &err), TD_ESCRIPT);
        json_t *text = json_string(err.detail);
        assert_non_null(text);
        assert_in_range(strlen(err.detail), sizeof(err.detail) - 4, sizeof(err.detail) - 1);
        json_decref(text);
        td_error_done(&err);
        json_decref(answer);
    }
}

static void a_death_names_its_cause(void **state)
{
    (void)state;
    struct td_process_end end = {.reason = "ended by signal 9"};
    struct td_error err = TD_ERROR_INIT;
    assert_int_equal(td_answer_of_death(&end, true, &err), TD_ESCRIPT);
    assert_string_equal(err.key, "script_failed");
    assert_string_equal(err.detail, "the scorer worker ended by signal 9");
    assert_int_equal(td_answer_of_death(&end, false, &err), TD_EPLUGIN);
    assert_string_equal(err.key, "plugin_failed");
    end.timed_out = true;
    assert_int_equal(td_answer_of_death(&end, false, &err), TD_ETIMEOUT);
    assert_string_equal(err.key, "");
    td_error_done(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_no_error),
        cmocka_unit_test(each_code_has_its_key),
        cmocka_unit_test(only_scripts_are_said_to_kill),
        cmocka_unit_test(a_long_message_ends_between_characters),
        cmocka_unit_test(a_death_names_its_cause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
