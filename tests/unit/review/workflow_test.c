/* workflow_test.c - the table of states and actions, against a list of its own: every state, every
 * action, every kind of actor. What the list does not name must be refused, and in the right way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dossier_fixture.h"
#include "review/workflow.h"
#include "store/ledger.h"

/* from, action, who may, to ("*" = where returned_to says). */
static const struct allowed {
    const char *from, *action, *who, *to;
} allowed[] = {
    {"draft", "submit", "applicant", "submitted"},
    {"returned", "submit", "applicant", "*"},
    {"supplement", "submit", "applicant", "office_review"},
    {"submitted", "begin", "unit", "unit_review"},
    {"unit_review", "publicise", "unit", "unit_notice"},
    {"unit_notice", "recommend", "unit", "district_industry_review"},
    {"district_industry_review", "forward", "district_industry", "district_hr_review"},
    {"district_hr_review", "forward", "district_hr", "office_review"},
    {"office_review", "accept", "office", "fee_due"},
    {"fee_due", "record_fee", "office", "accepted"},
    {"fee_due", "settle_fee", "system", "accepted"},
    {"unit_review", "return", "unit", "returned"},
    {"unit_notice", "return", "unit", "returned"},
    {"district_industry_review", "return", "district_industry", "returned"},
    {"district_hr_review", "return", "district_hr", "returned"},
    {"district_industry_review", "return_to_unit", "district_industry", "unit_review"},
    {"district_hr_review", "return_to_unit", "district_hr", "unit_review"},
    {"office_review", "supplement", "office", "supplement"},
    {"unit_review", "reject", "unit", "rejected"},
    {"unit_notice", "reject", "unit", "rejected"},
    {"district_industry_review", "reject", "district_industry", "rejected"},
    {"district_hr_review", "reject", "district_hr", "rejected"},
    {"office_review", "reject", "office", "rejected"},
    {"draft", "withdraw", "applicant", "withdrawn"},
    {"submitted", "withdraw", "applicant", "withdrawn"},
    {"unit_review", "withdraw", "applicant", "withdrawn"},
    {"unit_notice", "withdraw", "applicant", "withdrawn"},
    {"district_industry_review", "withdraw", "applicant", "withdrawn"},
    {"district_hr_review", "withdraw", "applicant", "withdrawn"},
    {"office_review", "withdraw", "applicant", "withdrawn"},
    {"supplement", "withdraw", "applicant", "withdrawn"},
    {"returned", "withdraw", "applicant", "withdrawn"},
    {"fee_due", "withdraw", "applicant", "withdrawn"},
    {"accepted", "withdraw", "applicant", "withdrawn"},
    {"supplement", "abandon", "system", "abandoned"},
    {"returned", "abandon", "system", "abandoned"},
    {"accepted", "assign", "office", "panel_review"},
    {"panel_review", "close_panel", "office", "committee_vote"},
    {"committee_vote", "pass", "system", "passed"},
    {"committee_vote", "fail", "system", "failed"},
    {"passed", "publicise_result", "office bureau", "result_notice"},
    {"passed", "outrank", "office bureau", "failed"},
    {"passed", "revote", "office bureau", "committee_vote"},
    {"failed", "order_revote", "bureau", "committee_vote"},
    {"result_notice", "hold", "office bureau", "objection_hold"},
    {"objection_hold", "release", "office bureau", "result_notice"},
    {"objection_hold", "annul", "bureau", "failed"},
    {"result_notice", "confirm", "bureau", "confirmed"},
    {"confirmed", "file", "bureau system", "filed"},
    {"filed", "certify", "bureau", "certified"},
    {"certified", "appoint", "unit bureau", "appointed"},
    {"superseded", "appoint", "unit bureau", "appointed"},
    {"certified", "supersede", "system", "superseded"},
    {"appointed", "supersede", "system", "superseded"},
    {"suspended", "supersede", "system", "suspended"},
    {"certified", "suspend", "bureau", "suspended"},
    {"superseded", "suspend", "bureau", "suspended"},
    {"appointed", "suspend", "bureau", "suspended"},
    {"suspended", "resume", "bureau", "*"},
    {"certified", "convert", "bureau", "converted"},
    {"appointed", "convert", "bureau", "converted"},
    {"superseded", "convert", "bureau", "converted"},
    {"suspended", "convert", "bureau", "converted"},
    {"certified", "revoke", "bureau", "revoked"},
    {"appointed", "revoke", "bureau", "revoked"},
    {"superseded", "revoke", "bureau", "revoked"},
    {"suspended", "revoke", "bureau", "revoked"},
    {"converted", "revoke", "bureau", "revoked"},
    {"retired", "revoke", "bureau", "revoked"},
    {"certified", "retire", "bureau", "retired"},
    {"appointed", "retire", "bureau", "retired"},
    {"superseded", "retire", "bureau", "retired"},
    {"suspended", "retire", "bureau", "retired"},
};

#define ALLOWED_COUNT (sizeof(allowed) / sizeof(allowed[0]))
#define APPLICATION   "01APP000000000000000000000"
#define OWN           "01APP000000000000000000001"

static const struct allowed *find_allowed(const char *from, const char *action)
{
    for (size_t i = 0; i < ALLOWED_COUNT; i++)
        if (!strcmp(allowed[i].from, from) && !strcmp(allowed[i].action, action))
            return &allowed[i];
    return NULL;
}

static bool names(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += n)
        if ((at == list || at[-1] == ' ') && (!at[n] || at[n] == ' '))
            return true;
    return false;
}

struct matrix {
    struct fixture *fixture;
    int tried, done;
    char complaint[512];
};

static int put_state(struct td_tx *tx, const char *id, const char *account, const char *state)
{
    bool draft = !strcmp(state, "draft");
    return td_tx_exec(
        tx, NULL,
        "insert into application (id, cycle_id, account_id, unit_id, division_code, series, level, "
        "specialty, year, state, returned_to, submitted_at, due_at, created_at, updated_at, "
        "state_at) "
        "values ($1, '" CYCLE "', $2, 'U1', '" DIVISION "', 'sample', 'junior', 'one', 2025, $3, "
        "'unit_review', $4, '2030-01-01T00:00:00.000Z', 'now', 'now', 'now') on conflict (id) do "
        "update "
        "set state = $3, submitted_at = $4, returned_to = 'unit_review', supplemented = false, "
        "due_at = '2030-01-01T00:00:00.000Z'",
        "ssss", id, account, state, draft ? NULL : "2025-09-01T00:00:00.000Z");
}

/* Who may not even see a submitted dossier; a draft is its owner's alone. */
static bool sees(const char *actor, const char *state)
{
    if (!strcmp(actor, "applicant") || !strcmp(actor, "system"))
        return true;
    return strcmp(state, "draft") &&
           !names("other_unit expert admin security audit other_applicant", actor);
}

/* What must come out: 0 stands for "the row applies" (its guard may still ask for more). */
static int expected(const char *state, const char *action, const char *actor)
{
    const struct allowed *row = find_allowed(state, action);
    if (!sees(actor, state))
        return TD_ENOTFOUND;
    if (!row)
        return TD_ECONFLICT;
    return names(row->who, actor) ? 0 : TD_EFORBIDDEN;
}

static void complain(struct matrix *matrix, const char *state, const char *action,
                     const char *actor, const char *what, int result)
{
    if (!*matrix->complaint)
        snprintf(matrix->complaint, sizeof(matrix->complaint), "%s %s by %s: %s (%s)", state,
                 action, actor, what, td_error_name(result));
}

/* The kinds of message that this change may leave; NULL among them = none. */
static bool may_tell(const char *state, const char *action, const char *to, const char *kind)
{
    size_t count;
    const struct td_workflow_row *row = td_workflow_rows(&count);
    for (; count; row++, count--) {
        const char *target = row->to < TD_STATE_COUNT ? td_state_name(row->to) : to;
        if (strcmp(row->action, action) || strcmp(td_state_name(row->from), state) ||
            strcmp(target, to))
            continue;
        return row->message ? kind && !strcmp(row->message, kind) : !kind;
    }
    return false;
}

/* What a change has told: the one message of its row, to the applicant, or to the unit that has to
 * mend it; or none. */
static int check_told(struct matrix *matrix, struct td_tx *tx, const char *state,
                      const char *action, const char *to)
{
    json_t *messages = NULL;
    const char *whom = !strcmp(action, "return_to_unit") ? "unit" : "applicant";
    int r = td_tx_rows(tx, &messages,
                       "select account_id, kind from message where account_id in ('applicant', "
                       "'unit')",
                       "");
    const json_t *first = json_array_get(messages, 0);
    const char *kind = json_string_value(json_object_get(first, "kind"));
    bool there = !kind || !strcmp(json_string_value(json_object_get(first, "account_id")), whom);
    if (!r && (json_array_size(messages) > 1 || !there || !may_tell(state, action, to, kind)))
        complain(matrix, state, action, whom, kind ? kind : "is told nothing", 0);
    json_decref(messages);
    return r ? r : td_tx_exec(tx, NULL, "delete from message", "");
}

static int try_one(struct matrix *matrix, struct td_review *review, const char *state,
                   const char *action, const char *actor)
{
    struct td_error err = TD_ERROR_INIT;
    json_t *after = NULL;
    int r = put_state(review->tx, APPLICATION, "applicant", state);
    if (r)
        return r;
    int want = expected(state, action, actor);
    int got = td_workflow_apply(review, APPLICATION, action, NULL, &after, &err);
    bool wrong_state = got == TD_ECONFLICT && !strcmp(err.key, "state_wrong");
    const struct allowed *row = find_allowed(state, action);
    matrix->tried++;
    if (want == TD_ECONFLICT && !wrong_state)
        complain(matrix, state, action, actor, "the state should refuse", got);
    else if (want && want != TD_ECONFLICT && got != want)
        complain(matrix, state, action, actor, "should not be allowed", got);
    else if (!want && got && (got != TD_ECONFLICT || wrong_state))
        complain(matrix, state, action, actor, "should be allowed", got);
    else if (!want && !got) {
        const char *to = json_string_value(json_object_get(after, "state"));
        matrix->done++;
        if (strcmp(to, strcmp(row->to, "*") ? row->to : "unit_review"))
            complain(matrix, state, action, actor, to, got);
        r = check_told(matrix, review->tx, state, action, to);
    }
    json_decref(after);
    td_error_done(&err);
    return r;
}

static int try_actor(struct matrix *matrix, struct td_tx *tx, const char *actor)
{
    struct td_arena *arena = td_arena_new(1 << 20);
    struct td_review review;
    size_t count;
    const struct td_workflow_row *rows = td_workflow_rows(&count);
    int r =
        fixture_review(matrix->fixture, tx, arena, strcmp(actor, "system") ? actor : NULL, &review);
    for (int state = 0; !r && state < TD_STATE_COUNT; state++)
        for (size_t i = 0; !r && i < count; i++)
            r = try_one(matrix, &review, td_state_name((enum td_state)state), rows[i].action,
                        actor);
    td_arena_free(arena);
    return r;
}

static int try_all(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    int r = try_actor(arg, tx, "system");
    for (int i = 0; !r && i < FIXTURE_ACTORS; i++)
        r = try_actor(arg, tx, fixture_actors[i].id);
    return r;
}

static void every_state_action_and_actor(void **state)
{
    struct matrix matrix = {.fixture = *state};
    struct td_error err = TD_ERROR_INIT;
    int r = td_store_write_wait(matrix.fixture->store, try_all, &matrix, &err);
    if (r)
        fail_msg("%s", err.detail);
    assert_string_equal(matrix.complaint, "");
    assert_true(matrix.tried > 10000);
    assert_true(matrix.done > 30); /* rows without a guard really move the dossier */
}

static void the_table_has_nothing_the_list_lacks(void **state)
{
    (void)state;
    size_t count;
    const struct td_workflow_row *rows = td_workflow_rows(&count);
    for (size_t i = 0; i < count; i++)
        if (!find_allowed(td_state_name(rows[i].from), rows[i].action))
            fail_msg("%s from %s is not in the list", rows[i].action, td_state_name(rows[i].from));
}

/* Whose dossier moves is told, but for what he did himself to a draft, what goes on inside an
 * office, and what is said with the notice of results. */
static void whoever_is_moved_is_told(void **state)
{
    (void)state;
    static const char silent[] =
        "submitted/begin draft/withdraw panel_review/close_panel committee_vote/pass";
    size_t count;
    const struct td_workflow_row *rows = td_workflow_rows(&count);
    for (size_t i = 0; i < count; i++) {
        char change[80];
        snprintf(change, sizeof(change), "%s/%s", td_state_name(rows[i].from), rows[i].action);
        if (!rows[i].message != names(silent, change))
            fail_msg("%s %s", change, rows[i].message ? "is told of now" : "tells nobody");
    }
}

/* --- nobody on himself ---------------------------------------------------------------------------
 */

struct attempt {
    struct fixture *fixture;
    int result;
    char key[48];
};

static int act_on_own(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    struct attempt *attempt = arg;
    struct td_arena *arena = td_arena_new(1 << 20);
    struct td_error err = TD_ERROR_INIT;
    struct td_review review;
    int r = fixture_review(attempt->fixture, tx, arena, "unit", &review);
    if (!r)
        r = put_state(tx, OWN, "unit", "submitted");
    if (!r) {
        attempt->result = td_workflow_apply(&review, OWN, "begin", NULL, NULL, &err);
        snprintf(attempt->key, sizeof(attempt->key), "%s", err.key);
    }
    td_error_done(&err);
    td_arena_free(arena);
    return r;
}

static void a_clerk_never_begins_his_own_dossier(void **state)
{
    struct attempt attempt = {.fixture = *state};
    assert_int_equal(td_store_write_wait(attempt.fixture->store, act_on_own, &attempt, NULL), 0);
    assert_int_equal(attempt.result, TD_EFORBIDDEN);
    assert_string_equal(attempt.key, "own_dossier");
}

/* --- there and back ------------------------------------------------------------------------------
 */

struct journey {
    struct fixture *fixture;
    const char *from;
    char to[32];
};

static int suspend_and_resume(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct journey *journey = arg;
    struct td_arena *arena = td_arena_new(1 << 20);
    struct td_review review;
    json_t *after = NULL;
    int r = fixture_review(journey->fixture, tx, arena, "bureau", &review);
    if (!r)
        r = put_state(tx, APPLICATION, "applicant", journey->from);
    if (!r)
        r = td_workflow_apply(&review, APPLICATION, "suspend", NULL, NULL, reterr);
    if (!r)
        r = td_workflow_apply(&review, APPLICATION, "resume", NULL, &after, reterr);
    if (!r)
        snprintf(journey->to, sizeof(journey->to), "%s",
                 json_string_value(json_object_get(after, "state")));
    json_decref(after);
    td_arena_free(arena);
    return r;
}

static void a_title_resumed_is_what_it_was(void **state)
{
    static const char *const from[] = {"certified", "appointed"};
    for (size_t i = 0; i < 2; i++) {
        struct journey journey = {.fixture = *state, .from = from[i]};
        assert_int_equal(
            td_store_write_wait(journey.fixture->store, suspend_and_resume, &journey, NULL), 0);
        assert_string_equal(journey.to, from[i]);
    }
}

/* --- what a change leaves behind
 * ------------------------------------------------------------------- */

struct traces {
    struct fixture *fixture;
    int64_t transitions, messages, outbox, ledger, version;
    char due[TD_TIME_TEXT];
};

static int change_once(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct traces *traces = arg;
    struct td_arena *arena = td_arena_new(1 << 20);
    struct td_review review;
    json_t *after = NULL;
    int r = fixture_review(traces->fixture, tx, arena, "district_hr", &review);
    if (!r)
        r = put_state(tx, APPLICATION, "applicant", "district_hr_review");
    if (!r)
        r = td_tx_exec(tx, NULL, "delete from transition", "");
    if (!r)
        r = td_tx_exec(tx, NULL, "delete from message", "");
    if (!r)
        r = td_tx_exec(tx, NULL, "update application set version = 7 where id = $1", "s",
                       APPLICATION);
    if (!r)
        r = td_workflow_apply(&review, APPLICATION, "forward", "齐全", &after, reterr);
    if (!r)
        r = td_tx_int(
            tx, &traces->transitions,
            "select count(*) from transition where from_state = 'district_hr_review' and to_state "
            "= "
            "'office_review' and actor = 'district_hr' and role = 'district_hr' and note = '齐全'",
            "");
    if (!r)
        r = td_tx_int(
            tx, &traces->messages,
            "select count(*) from message where account_id = 'applicant' and kind = 'forwarded'",
            "");
    if (!r)
        r = td_tx_int(tx, &traces->outbox, "select count(*) from outbox where kind = 'live'", "");
    if (!r)
        r = td_tx_int(tx, &traces->ledger,
                      "select count(*) from ledger where action = 'application.forward' and actor "
                      "= 'district_hr' "
                      "and subject = 'application/" APPLICATION "'",
                      "");
    traces->version = json_integer_value(json_object_get(after, "version"));
    snprintf(traces->due, sizeof(traces->due), "%s",
             after ? json_string_value(json_object_get(after, "due_at")) : "");
    json_decref(after);
    td_arena_free(arena);
    return r;
}

static void a_change_leaves_its_traces(void **state)
{
    struct traces traces = {.fixture = *state};
    struct td_error err = TD_ERROR_INIT;
    if (td_store_write_wait(traces.fixture->store, change_once, &traces, &err))
        fail_msg("%s", err.detail);
    assert_int_equal(traces.transitions, 1);
    assert_int_equal(traces.messages, 1);
    assert_true(traces.outbox >= 1);
    assert_true(traces.ledger >= 1);
    assert_int_equal(traces.version, 8);
    /* office_review_days of the cycle (15 working days) after Wednesday 10 September 2025: over the
     * make-up Sunday 28 September, so Monday 29 would be day 14 and Tuesday 30 ends the period at
     * 24:00 Shanghai. */
    assert_string_equal(traces.due, "2025-09-30T15:59:59.999Z");
}

static int make(void **state)
{
    static struct fixture fixture;
    fixture_make(&fixture);
    *state = &fixture;
    return 0;
}

static int drop(void **state)
{
    fixture_drop(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_action_and_actor),
        cmocka_unit_test(the_table_has_nothing_the_list_lacks),
        cmocka_unit_test(whoever_is_moved_is_told),
        cmocka_unit_test(a_clerk_never_begins_his_own_dossier),
        cmocka_unit_test(a_title_resumed_is_what_it_was),
        cmocka_unit_test(a_change_leaves_its_traces),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
