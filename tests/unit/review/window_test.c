/* window_test.c - windows of a cycle: their bounds by day and division, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../core/review/window.c"

static json_t *parse(const char *text)
{
    json_t *value = json_loads(text, 0, NULL);
    assert_non_null(value);
    return value;
}

static json_t *year(void)
{
    return parse(
        "{\"state\": \"open\", \"opens_on\": \"2026-09-01\", \"closes_on\": \"2026-10-20\","
        " \"parameters\": {\"windows\": {"
        "  \"resubmission\": {\"closes_on\": \"2026-10-25\"},"
        "  \"unit\": {\"opens_on\": \"2026-09-10\", \"closes_on\": \"2026-10-30\"}},"
        " \"extensions\": ["
        "  {\"division_code\": \"650121\", \"to\": \"2026-10-28\"},"
        "  {\"window\": \"unit\", \"division_code\": \"650121\", \"to\": \"2026-11-05\"}]}}");
}

static void expect_window(const json_t *cycle, const char *stage, const char *division,
                          const char *opens, const char *closes)
{
    struct td_window window;
    td_window_of(cycle, stage, division, &window);
    assert_string_equal(window.opens, opens);
    assert_string_equal(window.closes, closes);
}

static void bounds_by_stage_and_division(void **state)
{
    (void)state;
    json_t *cycle = year();
    expect_window(cycle, "submission", "", "2026-09-01", "2026-10-20");
    expect_window(cycle, "submission", "650121", "2026-09-01", "2026-10-28");
    expect_window(cycle, "submission", "650102", "2026-09-01", "2026-10-20");
    expect_window(cycle, "unit", "650102", "2026-09-10", "2026-10-30");
    expect_window(cycle, "unit", "650121", "2026-09-10", "2026-11-05");
    expect_window(cycle, "office", "650121", "", "");
    /* Resubmission never ends before submission does. */
    expect_window(cycle, "resubmission", "650102", "", "2026-10-25");
    expect_window(cycle, "resubmission", "650121", "", "2026-10-28");
    json_decref(cycle);
}

/* today, due -> the key of the refusal; NULL = may act. */
static void acts_within_its_days(void **state)
{
    (void)state;
    static const struct {
        const char *today, *due, *division, *key;
    } cases[] = {
        {"2026-09-09", "", "650102", "window_not_open"},
        {"2026-09-10", "", "650102", NULL},
        {"2026-10-30", "", "650102", NULL},
        {"2026-10-31", "", "650102", "window_closed"},
        {"2026-10-31", "2026-10-30T15:59:59.999Z", "650102", "window_closed"},
        {"2026-10-31", "2026-10-31T15:59:59.999Z", "650102", NULL}, /* the dossier's own days */
        {"2026-10-31", "", "650121", NULL},
        {"2026-11-06", "", "650121", "window_closed"},
    };
    json_t *cycle = year();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct td_error err = TD_ERROR_INIT;
        struct td_review review = {0};
        json_t *application =
            json_pack("{s:s, s:s}", "division_code", cases[i].division, "due_at", cases[i].due);
        snprintf(review.today, sizeof(review.today), "%s", cases[i].today);
        snprintf(review.now, sizeof(review.now), "%sT12:00:00.000Z", cases[i].today);
        assert_int_equal(check_stage(&review, cycle, "unit", application, &err),
                         cases[i].key ? TD_ECONFLICT : 0);
        assert_string_equal(err.key, cases[i].key ? cases[i].key : "");
        td_error_done(&err);
        json_decref(application);
    }
    json_decref(cycle);
}

static void lengthens_a_return_never_shortens(void **state)
{
    (void)state;
    json_t *cycle = year();
    char due[TD_TIME_TEXT] = "2026-10-24T15:59:59.999Z";
    td_window_put_off(cycle, "650102", due);
    assert_string_equal(due, "2026-10-25T15:59:59.999Z");
    strcpy(due, "2026-11-20T15:59:59.999Z");
    td_window_put_off(cycle, "650102", due);
    assert_string_equal(due, "2026-11-20T15:59:59.999Z");
    json_decref(cycle);
}

static void refuses_what_is_no_window(void **state)
{
    (void)state;
    static const struct {
        const char *sent, *field;
    } cases[] = {
        {"[]", "parameters.windows"},
        {"{\"sheep\": {}}", "parameters.windows.sheep"},
        {"{\"submission\": {\"closes_on\": \"2026-10-01\"}}", "parameters.windows.submission"},
        {"{\"unit\": {\"closes_on\": \"2026-02-30\"}}", "parameters.windows.unit.closes_on"},
        {"{\"fee\": {\"opens_on\": \"2026-10-02\", \"closes_on\": \"2026-10-01\"}}",
         "parameters.windows.fee.closes_on"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct td_error err = TD_ERROR_INIT;
        json_t *sent = parse(cases[i].sent);
        assert_null(td_window_clean(sent, &err));
        assert_int_equal(json_array_size(err.fields), 1);
        assert_string_equal(td_row_text(json_array_get(err.fields, 0), "field"), cases[i].field);
        td_error_done(&err);
        json_decref(sent);
    }
    json_t *sent =
        parse("{\"unit\": {\"opens_on\": \"\", \"closes_on\": \"2026-10-01\"}, \"fee\": {}}");
    json_t *expected = parse("{\"unit\": {\"closes_on\": \"2026-10-01\"}}");
    json_t *clean = td_window_clean(sent, NULL);
    assert_true(json_equal(clean, expected));
    json_decref(clean);
    json_decref(expected);
    json_decref(sent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_by_stage_and_division),
        cmocka_unit_test(acts_within_its_days),
        cmocka_unit_test(lengthens_a_return_never_shortens),
        cmocka_unit_test(refuses_what_is_no_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
