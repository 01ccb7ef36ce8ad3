/* notice_test.c - the result notice: five working days on the region's calendar, and what an
 * objection keeps back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dossier_fixture.h"
#include "review/filing.h"
#include "review/notice.h"
#include "review/objection.h"
#include "review/row.h"

/* What a step is about and what came of it. */
struct step {
    struct fixture *fixture;
    int (*run)(struct td_review *review, struct step *step, struct td_error *reterr);
    const char *actor;
    const char *word;
    char notice[TD_ID_TEXT], ends_on[TD_DATE_TEXT], objection[TD_ID_TEXT], key[48];
    int64_t confirmed, kept_back;
    const char *answer;
    struct td_objection_receipt receipt;
    json_t *status;
};

static int run_step(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct step *step = arg;
    struct td_arena *arena = td_arena_new(1 << 20);
    struct td_review review;
    int result = fixture_review(step->fixture, tx, arena, step->actor, &review);
    if (!result)
        result = step->run(&review, step, reterr);
    td_arena_free(arena);
    return result;
}

static int take(struct step *step, const char *today,
                int (*run)(struct td_review *, struct step *, struct td_error *), const char *actor)
{
    struct td_error err = TD_ERROR_INIT;
    snprintf(step->fixture->today, sizeof(step->fixture->today), "%s", today);
    snprintf(step->fixture->now, sizeof(step->fixture->now), "%sT02:00:00.000Z", today);
    step->run = run;
    step->actor = actor;
    int result = td_store_write_wait(step->fixture->store, run_step, step, &err);
    snprintf(step->key, sizeof(step->key), "%s", err.key);
    if (result && result != TD_ECONFLICT && result != TD_EFIELDS)
        fail_msg("%s: %d %s %s", today, result, err.key, err.detail);
    td_error_done(&err);
    return result;
}

/* Three dossiers that passed. */
static int make_passed(struct td_review *review, struct step *step, struct td_error *reterr)
{
    static const char *const people[] = {"applicant", "other_applicant", "unit"};
    int result = 0;
    (void)step;
    for (int i = 0; i < 3 && !result; i++) {
        char id[TD_ID_TEXT];
        snprintf(id, sizeof(id), "01APP00000000000000000000%d", i);
        result = td_tx_exec(
            review->tx, NULL,
            "insert into application (id, number, cycle_id, account_id, unit_id, division_code, "
            "series, level, specialty, year, state, created_at, updated_at, submitted_at, "
            "state_at) "
            "values ($1, $1, '" CYCLE "', $2, 'U1', '" DIVISION "', 'sample', 'junior', 'one', "
            "2025, 'passed', 'now', 'now', 'now', 'now')",
            "ss", id, people[i]);
    }
    return result ? td_error_set(reterr, result, "%s", td_tx_failure(review->tx)) : 0;
}

static int publish(struct td_review *review, struct step *step, struct td_error *reterr)
{
    json_t *ids = NULL, *notice = NULL, *row;
    json_t *all = json_array();
    size_t i;
    int result = td_tx_rows(review->tx, &ids, "select id from application order by id", "");
    json_array_foreach(ids, i, row)
        json_array_append(all, json_object_get(row, "id"));
    if (!result)
        result = td_notice_publish(review, "result", CYCLE, "", all, &notice, reterr);
    snprintf(step->notice, sizeof(step->notice), "%s", td_row_text(notice, "id"));
    snprintf(step->ends_on, sizeof(step->ends_on), "%s", td_row_text(notice, "ends_on"));
    json_decref(ids);
    json_decref(all);
    json_decref(notice);
    return result;
}

static int confirm(struct td_review *review, struct step *step, struct td_error *reterr)
{
    return td_filing_confirm(review, step->notice, &step->confirmed, &step->kept_back, reterr);
}

static int object(struct td_review *review, struct step *step, struct td_error *reterr)
{
    struct td_objection objection = {
        step->notice, "01APP000000000000000000001", "业绩材料与事实不符。", "", "zh", false};
    int result = td_objection_file(review, &objection, &step->receipt, reterr);
    snprintf(step->objection, sizeof(step->objection), "%s", result ? "" : step->receipt.id);
    return result;
}

static int dismiss(struct td_review *review, struct step *step, struct td_error *reterr)
{
    return td_objection_decide(review, step->objection, false, "经核查属实。", step->answer,
                               reterr);
}

/* By the receipt as its holder types it; `word` is the code, NULL the right one. */
static int look_up(struct td_review *review, struct step *step, struct td_error *reterr)
{
    const struct td_receipt *receipt = &step->receipt.receipt;
    json_decref(step->status);
    step->status = NULL;
    return td_receipt_open(review, receipt->number, step->word ? step->word : receipt->code,
                           &step->status, reterr);
}

static const char *status(const struct step *step, const char *name)
{
    return td_row_text(step->status, name);
}

/* As if the region's days off had not been known on the day of publication. */
static int believe_national(struct td_review *review, struct step *step, struct td_error *reterr)
{
    (void)reterr;
    return td_tx_exec(review->tx, NULL,
                      "update public_notice set ends_on = '2025-06-11' where id = $1", "s",
                      step->notice);
}

static void four_working_days_are_refused_and_five_suffice(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_make(&fixture);
    struct step step = {.fixture = &fixture, .answer = ""};
    take(&step, "2025-06-04", make_passed, NULL);
    assert_int_equal(take(&step, "2025-06-04", publish, "bureau"), 0);
    assert_string_equal(step.ends_on, "2025-06-16"); /* Corban; the nation's would be 06-11 */
    assert_int_equal(take(&step, "2025-06-16", confirm, "bureau"), TD_ECONFLICT);
    assert_string_equal(step.key, "notice_running");
    take(&step, "2025-06-05", believe_national, NULL);
    assert_int_equal(take(&step, "2025-06-16", confirm, "bureau"), TD_ECONFLICT);
    assert_string_equal(step.key, "notice_too_short"); /* four are over, the fifth runs */
    assert_int_equal(take(&step, "2025-06-17", confirm, "bureau"), 0);
    assert_int_equal(step.confirmed, 3);
    fixture_drop(&fixture);
}

static void an_objection_keeps_back_one_person_only(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_make(&fixture);
    struct step step = {.fixture = &fixture, .answer = ""};
    take(&step, "2025-06-04", make_passed, NULL);
    take(&step, "2025-06-04", publish, "bureau");
    assert_int_equal(take(&step, "2025-06-16", object, NULL), 0);
    assert_int_equal(take(&step, "2025-06-17", confirm, "bureau"), 0);
    assert_int_equal(step.confirmed, 2);
    assert_int_equal(step.kept_back, 1);
    assert_int_equal(take(&step, "2025-06-17", confirm, "bureau"), TD_ECONFLICT);
    assert_int_equal(take(&step, "2025-06-18", dismiss, "office"), 0);
    assert_int_equal(take(&step, "2025-06-18", confirm, "bureau"), 0);
    assert_int_equal(step.confirmed, 1);
    fixture_drop(&fixture);
}

static void its_receipt_says_how_an_objection_stands(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_make(&fixture);
    struct step step = {.fixture = &fixture, .answer = "已核对原件，材料属实。"};
    take(&step, "2025-06-04", make_passed, NULL);
    take(&step, "2025-06-04", publish, "bureau");
    take(&step, "2025-06-16", object, NULL);
    assert_string_equal(step.receipt.decide_by, "2025-06-30"); /* ten working days */
    assert_int_equal(take(&step, "2025-06-30", look_up, NULL), 0);
    assert_string_equal(status(&step, "receipt_state"), "received");
    assert_string_equal(status(&step, "receipt_turn"), "office");
    assert_string_equal(status(&step, "due_on"), "2025-06-30");
    assert_false(td_row_bool(step.status, "overdue")); /* until 24:00 */
    assert_int_equal(take(&step, "2025-07-01", look_up, NULL), 0);
    assert_true(td_row_bool(step.status, "overdue"));

    char typed[64]; /* in capitals and groups of four */
    const char *code = step.receipt.receipt.code;
    snprintf(typed, sizeof(typed), " %.4s-%.4s %.4s-%.4s", code, code + 4, code + 8, code + 12);
    for (char *c = typed; *c; c++)
        *c = *c >= 'a' && *c <= 'f' ? (char)(*c - 32) : *c;
    step.word = typed;
    assert_int_equal(take(&step, "2025-07-01", look_up, NULL), 0);
    for (size_t i = 0; i < 2; i++) {
        step.word = i ? "" : "0000000000000000";
        assert_int_equal(take(&step, "2025-07-01", look_up, NULL), TD_EFIELDS);
        assert_null(step.status);
    }
    step.word = NULL;
    take(&step, "2025-07-01", dismiss, "office");
    assert_int_equal(take(&step, "2025-07-02", look_up, NULL), 0);
    assert_string_equal(status(&step, "receipt_state"), "answered");
    assert_string_equal(status(&step, "receipt_outcome"), "dismissed");
    assert_string_equal(status(&step, "answer"), step.answer);
    assert_string_equal(status(&step, "receipt_turn"), "");
    assert_false(td_row_bool(step.status, "overdue"));
    char *all =
        json_dumps(step.status, 0); /* neither what was found, nor about whom, nor by whom */
    assert_null(strstr(all, "经核查属实"));
    assert_null(strstr(all, "01APP"));
    assert_null(strstr(all, "other_applicant"));
    free(all);
    json_decref(step.status);
    fixture_drop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_working_days_are_refused_and_five_suffice),
        cmocka_unit_test(an_objection_keeps_back_one_person_only),
        cmocka_unit_test(its_receipt_says_how_an_objection_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
