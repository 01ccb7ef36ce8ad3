/* choice_test.c - levels won by a national examination are refused with their reason, and titles
 * are named by the branch of the specialty. */
#include "review/application.h"

#include "base/error.h"
#include "review/row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "dossier_fixture.h"

/* The sample series with an examined level and a branch of its own titles. */
static const char descriptor[] =
    "{\"sample\": {\"series\": \"sample\", \"name\": \"样例\", \"levels\": ["
    " {\"id\": \"junior\", \"name\": \"初级\", \"title\": \"士\", \"exam_based\": true,"
    "  \"exam_reason\": \"全国统考\", \"exam_reason_en\": \"a national examination\"},"
    " {\"id\": \"senior\", \"name\": \"副高级\", \"title\": \"副主任\", \"title_en\": \"Senior\"}],"
    " \"branches\": [{\"id\": \"care\", \"name\": \"护理\", \"titles\": ["
    "  {\"level\": \"senior\", \"title\": \"副主任护师\", \"title_en\": \"Senior nurse\"}]}],"
    " \"specialties\": [{\"id\": \"one\", \"name\": \"一\", \"exam_based\": false},"
    "  {\"id\": \"nurse\", \"name\": \"护理\", \"exam_based\": false, \"branch\": \"care\"}]}}";

struct attempt {
    struct fixture *fixture;
    const char *level, *specialty;
    char title[60], title_en[60];
    int result;
};

static int create(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct attempt *attempt = arg;
    struct td_review review;
    char id[TD_ID_TEXT];
    struct td_arena *arena = td_arena_new(1 << 20);
    json_t *application = NULL;
    int r = fixture_review(attempt->fixture, tx, arena, "applicant", &review);
    if (!r)
        r = td_application_create(&review, CYCLE, attempt->level, attempt->specialty, "directed",
                                  id, reterr);
    if (!r)
        r = td_application_row(&review, id, &application, reterr);
    if (!r) {
        td_application_name(&review, application);
        snprintf(attempt->title, sizeof(attempt->title), "%s",
                 td_row_text(application, "title_name"));
        snprintf(attempt->title_en, sizeof(attempt->title_en), "%s",
                 td_row_text(application, "title_name_en"));
    }
    json_decref(application);
    td_arena_free(arena);
    attempt->result = r;
    return r;
}

static int make(void **state)
{
    static struct fixture fixture;
    fixture_make(&fixture);
    json_decref(fixture.catalog);
    fixture.catalog = json_loads(descriptor, 0, NULL);
    assert_non_null(fixture.catalog);
    *state = &fixture;
    return 0;
}

static int drop(void **state)
{
    fixture_drop(*state);
    return 0;
}

static void an_examined_level_is_refused_with_its_reason(void **state)
{
    struct attempt attempt = {.fixture = *state, .level = "junior", .specialty = "one"};
    struct td_error err = TD_ERROR_INIT;
    assert_int_not_equal(td_store_write_wait(attempt.fixture->store, create, &attempt, &err), 0);
    assert_int_equal(attempt.result, TD_ECONFLICT);
    assert_string_equal(err.key, "exam_based_level");
    assert_string_equal(td_row_text(err.parameters, "name"), "初级");
    assert_string_equal(td_row_text(err.parameters, "reason"), "全国统考");
    assert_string_equal(td_row_text(err.parameters, "reason_en"), "a national examination");
    td_error_done(&err);
}

static void titles_are_those_of_the_branch(void **state)
{
    struct attempt attempt = {.fixture = *state, .level = "senior", .specialty = "nurse"};
    struct td_error err = TD_ERROR_INIT;
    assert_int_equal(td_store_write_wait(attempt.fixture->store, create, &attempt, &err), 0);
    assert_string_equal(attempt.title, "副主任护师");
    assert_string_equal(attempt.title_en, "Senior nurse");
    td_error_done(&err);
}

static void without_a_branch_the_level_names_the_title(void **state)
{
    struct attempt attempt = {.fixture = *state, .level = "senior", .specialty = "one"};
    struct td_error err = TD_ERROR_INIT;
    assert_int_equal(td_store_write_wait(attempt.fixture->store, create, &attempt, &err), 0);
    assert_string_equal(attempt.title, "副主任");
    assert_string_equal(attempt.title_en, "Senior");
    td_error_done(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_examined_level_is_refused_with_its_reason, make, drop),
        cmocka_unit_test_setup_teardown(titles_are_those_of_the_branch, make, drop),
        cmocka_unit_test_setup_teardown(without_a_branch_the_level_names_the_title, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
