/* Lists against the plain rule: every dossier, one by one, through td_application_visible and the
 * filter. The pages together must be exactly those, in order, for every reader and every
 * combination of filters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dossier_fixture.h"
#include "review/application.h"
#include "review/row.h"
#include "store/store.h"

enum { PEOPLE = 100, EACH = 3, MOST = PEOPLE * EACH + 1, TEXT = 64 };

struct question {
    struct fixture *fixture;
    const char *actor, *state, *level, *division, *q, *cursor;
    char pages[MOST][TEXT], rule[MOST][TEXT]; /* ids, or names with ids */
    size_t page_count, rule_count;
};

static const char *const states[] = {"draft", "submitted", "office_review", "certified"};
static const char *const level_names[] = {"junior", "intermediate", "senior", "full_senior"};
static const char *const division_codes[] = {DIVISION, "650102"};

static const struct {
    const char *account, *role, *scope;
} empty_grants[] = {
    {"p20", "unit", ""},
    {"p21", "office", ""},
    {"p22", "district_hr", ""},
    {"p23", "district_industry", "/"},
    {"p24", "district_industry", "/sample"},
    {"p25", "district_industry", "650102/"},
};

static int add_dossier(struct td_tx *tx, int person, int number)
{
    char id[TD_ID_TEXT], account[16], name[32];
    int i = person * EACH + number, mixed = i * 37 % 101;
    snprintf(id, sizeof(id), "01TEST%020d", (i * 53) % 997);
    snprintf(account, sizeof(account), "p%d", person);
    snprintf(name, sizeof(name), "%s%d", person % 3 ? "王" : "李", person % 7);
    const char *state = states[mixed % 4];
    int r = number ? 0
                   : td_tx_exec(tx, NULL,
                                "insert into account (id, login, name, password_hash, created_at) "
                                "values ($1, $1, $2, '', 'now')",
                                "ss", account, name);
    return r ? r
             : td_tx_exec(tx, NULL,
                          "insert into application (id, number, cycle_id, account_id, unit_id, "
                          "division_code, series, level, specialty, year, state, submitted_at, "
                          "created_at, updated_at, state_at) values ($1, $2, '" CYCLE
                          "', $3, $4, $5, 'sample', $6, 'one', $7, $8, $9, 't', 't', 't')",
                          "ssssssiss", id, strcmp(state, "draft") ? id + 20 : NULL, account,
                          mixed % 5 ? "U1" : "U2", division_codes[mixed % 2],
                          level_names[mixed / 7 % (mixed % 2 ? 2 : 4)], (int64_t)2020 + number,
                          state, strcmp(state, "draft") ? "t" : NULL);
}

static int add_dossiers(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)arg, (void)reterr;
    int r = 0;
    for (int person = 0; !r && person < PEOPLE; person++)
        for (int number = 0; !r && number < EACH; number++)
            r = add_dossier(tx, person, number);
    for (size_t i = 0; !r && i < sizeof(empty_grants) / sizeof(empty_grants[0]); i++)
        r = td_tx_exec(
            tx, NULL,
            "insert into account_grant (account_id, role, scope, granted_by, granted_at) "
            "values ($1, $2, $3, 'test', 'now')",
            "sss", empty_grants[i].account, empty_grants[i].role, empty_grants[i].scope);
    return r;
}

static void put(char text[TEXT], const struct question *question, const json_t *row)
{
    bool by_name = *question->q && strspn(question->q, "0123456789") == 0;
    snprintf(text, TEXT, "%s %s", by_name ? td_row_text(row, "applicant_name") : "",
             td_row_text(row, "id"));
}

static int read_pages(struct td_review *review, struct question *question)
{
    char cursor[TD_ID_TEXT];
    int r = 0;
    snprintf(cursor, sizeof(cursor), "%s", question->cursor);
    do {
        json_t *page = NULL, *row,
               *filter = json_pack("{s:s, s:s, s:s, s:s, s:s}", "state", question->state, "level",
                                   question->level, "division", question->division, "q",
                                   question->q, "cursor", cursor);
        size_t i;
        r = td_application_list(review, filter, &page);
        json_array_foreach(json_object_get(page, "items"), i, row)
            if (question->page_count < MOST)
                put(question->pages[question->page_count++], question, row);
        snprintf(cursor, sizeof(cursor), "%s", td_row_text(page, "next"));
        json_decref(page);
        json_decref(filter);
    } while (!r && *cursor && question->page_count < MOST);
    return r;
}

struct ruling {
    struct td_review *review;
    struct question *question;
};

static bool is(const json_t *row, const char *member, const char *wanted)
{
    return !*wanted || td_row_equals(row, member, wanted);
}

static int rule(json_t *row, void *arg)
{
    struct ruling *ruling = arg;
    struct question *question = ruling->question;
    const char *q = question->q;
    bool by_number = *q && strspn(q, "0123456789") > 0;
    bool named = by_number ? is(row, "number", q)
                           : !strncmp(td_row_text(row, "applicant_name"), q, strlen(q));
    if (named && is(row, "state", question->state) && is(row, "level", question->level) &&
        is(row, "division_code", question->division) && td_application_visible(ruling->review, row))
        put(question->rule[question->rule_count++], question, row);
    return 0;
}

static int ask(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    struct question *question = arg;
    struct td_arena *arena = td_arena_new(8 << 20);
    struct td_review review;
    int r = fixture_review(question->fixture, tx, arena, question->actor, &review);
    struct ruling ruling = {&review, question};
    if (!r)
        r = read_pages(&review, question);
    if (!r)
        r = td_tx_each(
            tx, rule, &ruling,
            *question->q && strspn(question->q, "0123456789") == 0
                ? "select a.*, p.name as applicant_name from application a join account p "
                  "on p.id = a.account_id order by p.name, p.id, a.id"
                : "select a.*, p.name as applicant_name from application a join account p "
                  "on p.id = a.account_id order by a.id desc",
            "");
    td_arena_free(arena);
    return r;
}

static size_t check(struct fixture *fixture, const char *actor, const char *state,
                    const char *level, const char *division, const char *q)
{
    static struct question question;
    struct td_error err = TD_ERROR_INIT;
    question = (struct question){.fixture = fixture,
                                 .actor = actor,
                                 .state = state,
                                 .level = level,
                                 .division = division,
                                 .q = q,
                                 .cursor = ""};
    assert_int_equal(td_store_read_wait(fixture->store, ask, &question, &err), 0);
    if (question.page_count != question.rule_count)
        fail_msg("%s state=%s level=%s division=%s q=%s: %zu shown, %zu by the rule", actor, state,
                 level, division, q, question.page_count, question.rule_count);
    for (size_t i = 0; i < question.rule_count; i++)
        assert_string_equal(question.pages[i], question.rule[i]);
    return question.rule_count;
}

static void pages_are_what_the_rule_says(void **state)
{
    static const char *const actors[] = {"unit",   "other_unit", "district_industry", "district_hr",
                                         "office", "bureau",     "supervisor",        "p7"};
    static const char *const any_state[] = {"", "draft", "certified"};
    static const char *const any_level[] = {"", "full_senior"};
    static const char *const any_division[] = {"", DIVISION, "650103"};
    static const char *const any_q[] = {"", "王", "李3", "0000000500"};
    size_t shown = 0;
    for (size_t a = 0; a < 8; a++)
        for (size_t s = 0; s < 3; s++)
            for (size_t l = 0; l < 2; l++)
                for (size_t d = 0; d < 3; d++)
                    for (size_t q = 0; q < 4; q++)
                        shown += check(*state, actors[a], any_state[s], any_level[l],
                                       any_division[d], any_q[q]);
    assert_true(shown > 1500);
    assert_true(check(*state, "bureau", "", "", "", "") > 4 * TD_ROW_PAGE); /* many pages */
}

/* A grant that names nothing grants nothing, though in a range no value means any. */
static void an_empty_scope_is_not_all(void **state)
{
    for (size_t i = 0; i < sizeof(empty_grants) / sizeof(empty_grants[0]); i++)
        assert_int_equal(check(*state, empty_grants[i].account, "", "", "", ""),
                         EACH); /* his own */
}

/* Counts are kept by triggers: whoever writes, they are those of the table. */
static int change_states(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    int r = td_tx_exec(tx, NULL, "update application set state = 'filed' where state = 'certified'",
                       "");
    if (!r)
        r = td_tx_exec(tx, NULL,
                       "update application set division_code = '650103' where unit_id = 'U2'", "");
    if (!r)
        r = td_tx_exec(tx, NULL, "delete from application where account_id = 'p5'", "");
    return r ? r
             : td_tx_int(
                   tx, arg,
                   "select count(*) from (select state, series, division_code, count(*) as n "
                   "from application group by state, series, division_code) t full join "
                   "(select * from application_count where count <> 0) c on c.state = t.state "
                   "and c.series = t.series and c.division_code = t.division_code "
                   "where c.count is null or t.n is null or c.count <> t.n",
                   "");
}

static void counts_are_those_of_the_table(void **state)
{
    struct fixture *fixture = *state;
    struct td_error err = TD_ERROR_INIT;
    int64_t wrong = -1;
    assert_int_equal(td_store_write_wait(fixture->store, change_states, &wrong, &err), 0);
    assert_int_equal(wrong, 0);
}

/* The cursor of a dossier that the caller may not see must not tell where its name stands: here
 * just before the caller's own. */
static void a_strangers_cursor_finds_nothing(void **state)
{
    static struct question question;
    struct td_error err = TD_ERROR_INIT;
    question = (struct question){.fixture = *state,
                                 .actor = "p7",
                                 .state = "",
                                 .level = "",
                                 .division = "",
                                 .q = "王",
                                 .cursor = "01TEST00000000000000000232"};
    assert_int_equal(td_store_read_wait(question.fixture->store, ask, &question, &err), 0);
    assert_int_equal(question.rule_count, EACH);
    assert_int_equal(question.page_count, 0);
}

static int make(void **state)
{
    static struct fixture fixture;
    struct td_error err = TD_ERROR_INIT;
    fixture_make(&fixture);
    if (td_store_write_wait(fixture.store, add_dossiers, NULL, &err))
        fail_msg("dossiers: %s", err.detail);
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
        cmocka_unit_test(pages_are_what_the_rule_says), cmocka_unit_test(an_empty_scope_is_not_all),
        cmocka_unit_test(a_strangers_cursor_finds_nothing),
        cmocka_unit_test(counts_are_those_of_the_table), /* changes them: the last */
    };
    return cmocka_run_group_tests(tests, make, drop);
}
