/* cycle_test.c - the parameter table, and when a cycle takes submissions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../core/review/cycle.c"

static int clean(const char *sent, json_t **ret_clean, struct td_error *err)
{
    json_t *value = json_loads(sent, 0, NULL);
    int rc = clean_parameters(value, ret_clean, err);
    json_decref(value);
    return rc;
}

static void typed_from_json_and_from_forms(void **state)
{
    (void)state;
    struct td_error err = TD_ERROR_INIT;
    json_t *got;
    json_t *expected = json_loads("{\"notice_days\": 7, \"reference_line_required\": true,"
                                  " \"fee_cents\": {\"junior\": 18050, \"senior\": 100}}",
                                  0, NULL);
    assert_int_equal(clean("{\"notice_days\": 7, \"reference_line_required\": true,"
                           " \"fee_cents\": {\"junior\": 18050, \"senior\": 100}}",
                           &got, &err),
                     0);
    assert_true(json_equal(got, expected));
    json_decref(got);
    assert_int_equal(
        clean(
            "{\"notice_days\": \"7\", \"reference_line_required\": \"yes\","
            " \"fee_cents\": {\"junior\": \"180.50\", \"senior\": \"1\", \"intermediate\": \"\"}}",
            &got, &err),
        0);
    assert_true(json_equal(got, expected));
    json_decref(got);
    json_decref(expected);
}

static void refuses_with_the_name(void **state)
{
    (void)state;
    static const char *const sent[] = {
        "{\"notice_days\": 4}",
        "{\"notice_days\": \"5.5\"}",
        "{\"notice_days\": \"\"}",
        "{\"panel_minimum\": 2}",
        "{\"sheep\": 1}",
        "{\"fee_cents\": {\"sheep\": 1}}",
        "{\"fee_cents\": 100}",
        "{\"fee_cents\": {\"junior\": \"-1\"}}",
        "{\"reference_line_required\": \"maybe\"}",
        "{\"extensions\": []}",
    };
    for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++) {
        struct td_error err = TD_ERROR_INIT;
        json_t *got = NULL;
        assert_int_equal(clean(sent[i], &got, &err), TD_EFIELDS);
        assert_null(got);
        assert_int_equal(json_array_size(err.fields), 1);
        td_error_done(&err);
    }
}

static void defaults(void **state)
{
    (void)state;
    json_t *cycle = json_pack("{s:{s:i}}", "parameters", "notice_days", 9);
    assert_int_equal(complete(cycle), 0);
    assert_int_equal(td_cycle_parameter(cycle, "notice_days", 1), 9);
    assert_int_equal(td_cycle_parameter(cycle, "panel_minimum", 1), 3);
    assert_int_equal(td_cycle_parameter(cycle, "recused_count_present", 0), 1);
    assert_int_equal(td_cycle_parameter(cycle, "nothing", 42), 42);
    assert_int_equal(td_cycle_fee_cents(cycle, "junior"), 0);
    json_decref(cycle);
}

static void takes_submissions(void **state)
{
    (void)state;
    static const struct {
        const char *state, *today;
        const char *key; /* NULL = open */
    } cases[] = {
        {"planned", "2026-09-10", "cycle_not_open"},
        {"open", "2026-08-31", "cycle_not_open"},
        {"open", "2026-09-01", NULL},
        {"open", "2026-10-20", NULL},
        {"open", "2026-10-21", "cycle_closed"},
        {"closed", "2026-09-10", "cycle_closed"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct td_error err = TD_ERROR_INIT;
        struct td_review review = {0};
        json_t *cycle = json_pack("{s:s, s:s, s:s}", "state", cases[i].state, "opens_on",
                                  "2026-09-01", "closes_on", "2026-10-20");
        snprintf(review.today, sizeof(review.today), "%s", cases[i].today);
        assert_int_equal(td_cycle_check_open(&review, cycle, "", &err),
                         cases[i].key ? TD_ECONFLICT : 0);
        assert_string_equal(err.key, cases[i].key ? cases[i].key : "");
        td_error_done(&err);
        json_decref(cycle);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(typed_from_json_and_from_forms),
        cmocka_unit_test(refuses_with_the_name),
        cmocka_unit_test(defaults),
        cmocka_unit_test(takes_submissions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
