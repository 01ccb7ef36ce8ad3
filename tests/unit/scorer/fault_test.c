/* fault_test.c - tests core/scorer/fault.c: whatever a fault says can be passed on. */
#include "scorer/fault.h"

#include "scorer/job.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void words_keep_the_place(void **state)
{
    (void)state;
    struct td_fault fault = {.line = 7, .rule = "A1"};
    assert_int_equal(td_fault_set(&fault, "script", "%s %d", "分", 3), -1);
    assert_string_equal(fault.code, "script");
    assert_string_equal(fault.message, "分 3");
    assert_int_equal(fault.line, 7);
    assert_string_equal(fault.rule, "A1");
    assert_int_equal(td_fault_memory(&fault), -1);
    assert_string_equal(fault.code, "limit");
    assert_int_equal(fault.line, 0);
}

/* The series is cut at 60 bytes, in the middle of a character. */
static void words_cut_short_are_passed_on(void **state)
{
    (void)state;
    static struct td_plugins none;
    static const struct td_slice no_dossiers;
    json_t *job = json_pack("{s:s, s:s, s:{}}", "op", "facts", "series",
                            "a教师系列教师系列教师系列教师系列教师系列教师系列", "dossier");
    json_t *answer = td_job_answer(&none, job, &no_dossiers, 1000);
    const json_t *error = json_object_get(answer, "error");
    assert_string_equal(json_string_value(json_object_get(error, "code")), "plugin");
    assert_non_null(
        strstr(json_string_value(json_object_get(error, "message")), "series \"a教师系列"));
    json_decref(answer);
    json_decref(job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_keep_the_place),
        cmocka_unit_test(words_cut_short_are_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
