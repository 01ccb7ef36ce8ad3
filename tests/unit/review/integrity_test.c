/* integrity_test.c - how long a record bars, to the day, and whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config.h"
#include "dossier_fixture.h"
#include "review/integrity.h"

static void the_third_year_ends_with_the_day_of_the_same_date(void **state)
{
    (void)state;
    static const struct {
        const char *bar, *decided_on, *until_on;
    } rows[] = {
        {"decision", "2026-03-10", "2029-03-10"},  {"decision", "2028-02-29", "2031-02-28"},
        {"decision", "2025-12-31", "2028-12-31"},  {"next_year", "2026-03-10", "2029-12-31"},
        {"next_year", "2026-01-01", "2029-12-31"}, {"next_year", "2026-12-31", "2029-12-31"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct td_config config = {.integrity_bar = (char *)rows[i].bar};
        struct td_review review = {.config = &config};
        char from_on[TD_DATE_TEXT], until_on[TD_DATE_TEXT];
        assert_int_equal(td_integrity_period(&review, rows[i].decided_on, from_on, until_on), 0);
        assert_string_equal(from_on, rows[i].decided_on);
        assert_string_equal(until_on, rows[i].until_on);
    }
}

struct question {
    struct fixture *fixture;
    const char *account, *today;
    bool applying, judging;
    char again_on[TD_DATE_TEXT];
};

static int write_records(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct td_config config = {.integrity_bar = (char *)"decision"};
    struct td_arena *arena = td_arena_new(1 << 20);
    struct td_review review;
    char id[TD_ID_TEXT];
    int result = fixture_review(arg, tx, arena, "bureau", &review);
    review.config = &config;
    struct td_integrity_decision decision = {"applicant", "", "false_material", "1", "2022-09-10",
                                             "found",     ""};
    if (!result)
        result = td_integrity_write(&review, &decision, "admin", id, reterr);
    decision.account_id = "expert";
    decision.kind = "expert_violation";
    if (!result)
        result = td_integrity_write(&review, &decision, "admin", id, reterr);
    decision.account_id = "unit"; /* proposed only: nothing yet */
    decision.kind = "plagiarism";
    if (!result)
        result = td_integrity_propose(&review, &decision, id, reterr);
    td_arena_free(arena);
    return result ? td_error_set(reterr, result, "%s", td_tx_failure(tx)) : 0;
}

static int ask(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct question *question = arg;
    json_t *applying = NULL, *judging = NULL;
    int64_t listed = 0;
    (void)reterr;
    int result = td_integrity_barred(tx, question->account, question->today, TD_INTEGRITY_APPLYING,
                                     &applying);
    if (!result)
        result = td_integrity_barred(tx, question->account, question->today, TD_INTEGRITY_JUDGING,
                                     &judging);
    if (!result)
        result = td_tx_int(tx, &listed, "select 1 where " TD_INTEGRITY_BARRED_SQL("$1", "$2"), "ss",
                           question->account, question->today);
    question->applying = applying;
    question->judging = judging;
    if (!result && question->judging != (listed == 1))
        result = TD_EINTERNAL; /* the list and the single question disagree */
    const char *again = json_string_value(json_object_get(judging, "again_on"));
    snprintf(question->again_on, sizeof(question->again_on), "%s", again ? again : "");
    json_decref(applying);
    json_decref(judging);
    return result;
}

static void bars_to_the_day(void **state)
{
    static const struct {
        const char *account, *today;
        bool applying, judging;
    } rows[] = {
        {"applicant", "2022-09-09", false, false}, {"applicant", "2022-09-10", true, true},
        {"applicant", "2025-09-10", true, true},   {"applicant", "2025-09-11", false, false},
        {"expert", "2025-09-10", false, true},     {"expert", "2025-09-11", false, false},
        {"unit", "2025-09-10", false, false},      {"other_applicant", "2025-09-10", false, false},
    };
    struct fixture fixture;
    struct td_error err = TD_ERROR_INIT;
    (void)state;
    fixture_make(&fixture);
    if (td_store_write_wait(fixture.store, write_records, &fixture, &err))
        fail_msg("records: %s", err.detail);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct question question = {&fixture, rows[i].account, rows[i].today, 0, 0, ""};
        assert_int_equal(td_store_read_wait(fixture.store, ask, &question, &err), 0);
        if (question.applying != rows[i].applying || question.judging != rows[i].judging)
            fail_msg("%s on %s: applying %d, judging %d", rows[i].account, rows[i].today,
                     question.applying, question.judging);
        if (question.judging)
            assert_string_equal(question.again_on, "2025-09-11");
    }
    fixture_drop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_third_year_ends_with_the_day_of_the_same_date),
        cmocka_unit_test(bars_to_the_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
