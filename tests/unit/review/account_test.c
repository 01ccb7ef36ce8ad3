/* account_test.c - accounts, grants and their rules, on a real store. */
#include "review/account.h"

#include "base/log.h"
#include "base/seal.h"
#include "review/review.h"
#include "store/ledger.h"
#include "store/store.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];
static struct td_store *store;
static struct td_seal_key *key;

/* One step of a test, in its own transaction. */
struct step {
    int (*run)(struct td_review *review, struct step *step, struct td_error *reterr);
    const char *who; /* NULL = the console */
    const char *fields, *account, *role, *scope;
    char id[32];
    json_t *value;
    struct td_error error;
};

static int in_transaction(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct step *step = arg;
    struct td_arena *arena = td_arena_new(1 << 20);
    struct td_review review = {.tx = tx,
                               .arena = arena,
                               .who = td_account_console(),
                               .seal = key,
                               .now = "2026-10-01T00:00:00.000Z",
                               .today = "2026-10-01"};
    int result = step->who ? td_account_load(tx, arena, step->who, &review.who) : 0;
    if (result == 0)
        result = step->run(&review, step, &step->error);
    if (step->error.code)
        td_error_set(reterr, step->error.code, "%s", step->error.detail);
    td_arena_free(arena);
    return result;
}

static int run(struct step *step)
{
    struct td_error error = TD_ERROR_INIT;
    int result = td_store_write_wait(store, in_transaction, step, &error);
    td_error_done(&error);
    return result;
}

static void step_done(struct step *step)
{
    td_error_done(&step->error);
    json_decref(step->value);
}

static int do_create(struct td_review *review, struct step *step, struct td_error *reterr)
{
    const char *id = NULL;
    json_t *fields = json_loads(step->fields, 0, NULL);
    assert_non_null(fields);
    int result = td_account_create(review, fields, "hash", true, &id, reterr);
    snprintf(step->id, sizeof(step->id), "%s", id ? id : "");
    json_decref(fields);
    return result;
}

static int do_grant(struct td_review *review, struct step *step, struct td_error *reterr)
{
    return td_account_grant(review, step->account, step->role, step->scope, reterr);
}

static int do_revoke(struct td_review *review, struct step *step, struct td_error *reterr)
{
    return td_account_revoke(review, step->account, step->role, step->scope, reterr);
}

static int do_disable(struct td_review *review, struct step *step, struct td_error *reterr)
{
    return td_account_set_disabled(review, step->account, true, reterr);
}

static int do_password(struct td_review *review, struct step *step, struct td_error *reterr)
{
    return td_account_set_password(review, step->account, "other hash", false, "session", reterr);
}

static int do_view(struct td_review *review, struct step *step, struct td_error *reterr)
{
    (void)reterr;
    return td_account_view(review->tx, review->seal, step->account, &step->value);
}

static int do_list(struct td_review *review, struct step *step, struct td_error *reterr)
{
    (void)reterr;
    return td_account_list(review, step->fields, step->account, &step->value);
}

static int do_rows(struct td_review *review, struct step *step, struct td_error *reterr)
{
    (void)reterr;
    return td_tx_rows(review->tx, &step->value, step->fields, "");
}

/* Creates and answers the id; fails the test when it cannot. */
static void create(const char *fields, char id[32])
{
    struct step step = {.run = do_create, .fields = fields};
    int result = run(&step);
    if (result < 0)
        print_error("%s\n", step.error.detail);
    assert_int_equal(result, 0);
    snprintf(id, 32, "%s", step.id);
    step_done(&step);
}

/* The code of the first problem with `field` that this creation meets; "" when it is created. */
static const char *problem_with(const char *fields, const char *field)
{
    static char code[32];
    struct step step = {.run = do_create, .fields = fields};
    int result = run(&step);
    size_t i;
    json_t *problem;
    code[0] = 0;
    json_array_foreach(step.error.fields, i, problem)
        if (!code[0] && !strcmp(json_string_value(json_object_get(problem, "field")), field))
            snprintf(code, sizeof(code), "%s", json_string_value(json_object_get(problem, "code")));
    if (result < 0)
        assert_int_equal(result, TD_EFIELDS);
    step_done(&step);
    return code;
}

static int64_t count_of(const char *sql)
{
    struct step step = {.run = do_rows, .fields = sql};
    assert_int_equal(run(&step), 0);
    int64_t count = (int64_t)json_array_size(step.value);
    step_done(&step);
    return count;
}

static int insert_unit(struct td_review *review, struct step *step, struct td_error *reterr)
{
    (void)step, (void)reterr;
    return td_tx_exec(
        review->tx, NULL,
        "insert into unit (id, name, division_code, kind, grassroots)"
        " values ('U1', '某村小学', (select min(code) from division), 'school', 'village')",
        "");
}

static char division[16];

static int find_division(struct td_review *review, struct step *step, struct td_error *reterr)
{
    (void)reterr;
    int result = td_tx_row(review->tx, &step->value, "select min(code) as code from division", "");
    snprintf(division, sizeof(division), "%s",
             json_string_value(json_object_get(step->value, "code")));
    return result;
}

static int setup(void **state)
{
    (void)state;
    char path[96];
    struct td_error error = TD_ERROR_INIT;
    struct td_store_options options = {.folder = folder, .readers = 1};
    assert_true(sodium_init() >= 0);
    td_log_set_level(TD_LOG_ERROR + 1);
    snprintf(folder, sizeof(folder), "/tmp/titled-account-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/key", folder);
    assert_int_equal(td_seal_load(path, &key, &error), 0);
    assert_int_equal(td_store_open(&options, &store, &error), 0);
    struct step unit = {.run = insert_unit}, code = {.run = find_division};
    assert_int_equal(run(&unit), 0);
    assert_int_equal(run(&code), 0);
    step_done(&code);
    return 0;
}

static int teardown(void **state)
{
    char command[96];
    (void)state;
    td_store_close(store);
    td_seal_free(key);
    snprintf(command, sizeof(command), "rm -r '%s'", folder);
    return system(command);
}

static void creates_and_shows(void **state)
{
    char id[32];
    (void)state;
    create("{\"login\": \"li.na\", \"name\": \"李娜\", \"unit_id\": \"U1\", \"id_number\": "
           "\"11010519491231002x\","
           " \"phone\": \"13900001111\", \"person\": {\"sex\": \"female\", \"birth_date\": "
           "\"1949-12-31\", \"ethnicity\": \"\", \"politics\": \"13\","
           " \"in_service\": \"true\"}, \"grants\": [{\"role\": \"applicant\", \"scope\": \"\"}, "
           "{\"role\": \"\"}]}",
           id);
    struct step view = {.run = do_view, .account = id};
    assert_int_equal(run(&view), 0);
    char *text = json_dumps(view.value, 0);
    assert_null(strstr(text, "11010519491231002")); /* sealed, and not shown */
    assert_null(strstr(text, "13900001111"));
    assert_null(strstr(text, "hash"));
    assert_string_equal(json_string_value(json_object_get(view.value, "id_number")),
                        "110105********002X");
    assert_string_equal(json_string_value(json_object_get(view.value, "phone")), "139****1111");
    assert_string_equal(json_string_value(json_object_get(view.value, "unit_name")), "某村小学");
    json_t *person = json_object_get(view.value, "person");
    assert_true(json_is_true(json_object_get(person, "in_service")));
    assert_null(json_object_get(person, "ethnicity"));
    assert_string_equal(json_string_value(json_object_get(person, "politics")), "群众");
    assert_int_equal(json_array_size(json_object_get(view.value, "grants")), 1);
    free(text);
    step_done(&view);
    struct step stored = {
        .run = do_rows,
        .fields = "select id_number_sealed, phone_sealed from account where login = 'li.na'"};
    assert_int_equal(run(&stored), 0);
    char *number = td_unseal(key, json_string_value(json_object_get(json_array_get(stored.value, 0),
                                                                    "id_number_sealed")));
    assert_string_equal(number, "11010519491231002X");
    free(number);
    step_done(&stored);
}

static void one_person_has_one_account(void **state)
{
    (void)state;
    assert_string_equal(problem_with("{\"login\": \"li.na\", \"name\": \"x\"}", "login"), "taken");
    assert_string_equal(
        problem_with(
            "{\"login\": \"second\", \"name\": \"x\", \"id_number\": \"11010519491231002X\"}",
            "id_number"),
        "person_exists");
}

static void refuses_wrong_fields(void **state)
{
    (void)state;
    assert_string_equal(problem_with("{\"login\": \"Li\", \"name\": \"x\"}", "login"), "login");
    assert_string_equal(problem_with("{\"login\": \"console\", \"name\": \"x\"}", "login"),
                        "login");
    assert_string_equal(problem_with("{\"login\": \"-abc\", \"name\": \"x\"}", "login"), "login");
    assert_string_equal(problem_with("{\"login\": \"abc\", \"name\": \"\"}", "name"), "required");
    assert_string_equal(
        problem_with("{\"login\": \"abc\", \"name\": \"x\", \"unit_id\": \"nowhere\"}", "unit_id"),
        "unknown");
    assert_string_equal(
        problem_with("{\"login\": \"abc\", \"name\": \"x\", \"id_number\": \"11010519491231003X\"}",
                     "id_number"),
        "id_number");
    assert_string_equal(
        problem_with("{\"login\": \"abc\", \"name\": \"x\", \"phone\": \"call me\"}", "phone"),
        "phone");
    assert_string_equal(
        problem_with("{\"login\": \"abc\", \"name\": \"x\", \"person\": {\"shoe_size\": 42}}",
                     "person.shoe_size"),
        "invalid");
    assert_string_equal(problem_with("{\"login\": \"abc\", \"name\": \"x\", \"person\": {\"sex\": "
                                     "\"male\"}, \"id_number\": \"11010519491231002X\"}",
                                     "person.sex"),
                        "id_number_mismatch");
    assert_string_equal(problem_with("{\"login\": \"abc\", \"name\": \"x\", \"grants\": "
                                     "[{\"role\": \"king\", \"scope\": \"\"}]}",
                                     "grants.0.role"),
                        "choice");
    assert_string_equal(problem_with("{\"login\": \"abc\", \"name\": \"x\", \"grants\": "
                                     "[{\"role\": \"supervisor\"}, {\"role\": \"bureau\"}]}",
                                     "grants"),
                        "grant_conflict");
    assert_int_equal(count_of("select id from account where login = 'abc'"), 0);
}

static void scopes_fit_their_roles(void **state)
{
    char id[32], pair[32], nowhere[] = "999999/teacher";
    (void)state;
    snprintf(pair, sizeof(pair), "%s/teacher", division);
    create("{\"login\": \"scopes\", \"name\": \"x\"}", id);
    const struct {
        const char *role, *scope;
        int result;
    } cases[] = {
        {"unit", "U1", 0},
        {"unit", "U2", TD_EFIELDS},
        {"unit", "", TD_EFIELDS},
        {"district_hr", division, 0},
        {"district_hr", "999999", TD_EFIELDS},
        {"district_industry", pair, 0},
        {"district_industry", division, TD_EFIELDS},
        {"district_industry", nowhere, TD_EFIELDS},
        {"office", "teacher", 0},
        {"office", "", TD_EFIELDS},
        {"office", "../teacher", TD_EFIELDS},
        {"expert", "teacher", 0},
        {"applicant", "", 0},
        {"applicant", "teacher", TD_EFIELDS},
        {"bureau", "", 0},
        {"admin", "x", TD_EFIELDS},
        {"king", "", TD_EFIELDS},
        {"bureau", "", 0}, /* twice is a success */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct step step = {
            .run = do_grant, .account = id, .role = cases[i].role, .scope = cases[i].scope};
        int result = run(&step);
        if (result != cases[i].result)
            print_error("%s %s\n", cases[i].role, cases[i].scope);
        assert_int_equal(result, cases[i].result);
        step_done(&step);
    }
    assert_int_equal(count_of("select g.role from account_grant g join account a on a.id = "
                              "g.account_id where a.login = 'scopes'"),
                     7);
    assert_int_equal(
        count_of("select l.sequence from ledger l join account a on l.subject = 'account/' || a.id"
                 " where a.login = 'scopes' and l.action = 'account.grant'"),
        7);
}

static void nobody_grants_to_himself(void **state)
{
    char admin[32], other[32], maker[32];
    (void)state;
    create("{\"login\": \"admin1\", \"name\": \"x\", \"grants\": [{\"role\": \"security\", "
           "\"scope\": \"\"}]}",
           admin);
    create("{\"login\": \"maker1\", \"name\": \"x\", \"grants\": [{\"role\": \"admin\", "
           "\"scope\": \"\"}]}",
           maker);
    create("{\"login\": \"plain1\", \"name\": \"x\"}", other);
    struct step own = {
        .run = do_grant, .who = admin, .account = admin, .role = "bureau", .scope = ""};
    assert_int_equal(run(&own), TD_EFORBIDDEN);
    assert_string_equal(own.error.key, "own_grant");
    struct step drop = {
        .run = do_revoke, .who = admin, .account = admin, .role = "security", .scope = ""};
    assert_int_equal(run(&drop), TD_EFORBIDDEN);
    struct step stop = {.run = do_disable, .who = maker, .account = maker};
    assert_int_equal(run(&stop), TD_EFORBIDDEN);
    assert_string_equal(stop.error.key, "own_disable");
    struct step make = {
        .run = do_grant, .who = maker, .account = other, .role = "bureau", .scope = ""};
    assert_int_equal(run(&make), TD_EFORBIDDEN); /* who creates gives no rights */
    struct step good = {
        .run = do_grant, .who = admin, .account = other, .role = "bureau", .scope = ""};
    assert_int_equal(run(&good), 0);
    struct step climb = {
        .run = do_grant, .who = other, .account = admin, .role = "supervisor", .scope = ""};
    assert_int_equal(run(&climb), TD_EFORBIDDEN); /* a bureau is no administrator */
    struct step both = {
        .run = do_grant, .who = admin, .account = other, .role = "supervisor", .scope = ""};
    assert_int_equal(run(&both), TD_ECONFLICT);
    assert_string_equal(both.error.key, "grant_conflict");
    struct step back = {
        .run = do_revoke, .who = admin, .account = other, .role = "bureau", .scope = ""};
    assert_int_equal(run(&back), 0);
    assert_int_equal(run(&back), TD_ENOTFOUND);
    struct step second = {.run = do_grant, .account = admin, .role = "bureau", .scope = ""};
    assert_int_equal(run(&second), TD_ECONFLICT); /* nor does the console mix them */
    struct step *steps[] = {&own, &drop, &stop, &make, &good, &climb, &both, &back, &second};
    for (size_t i = 0; i < 9; i++)
        step_done(steps[i]);
}

static void disabling_ends_everything(void **state)
{
    char id[32];
    (void)state;
    create("{\"login\": \"leaver\", \"name\": \"x\"}", id);
    int64_t before = count_of("select id from outbox where kind = 'session'");
    struct step stop = {.run = do_disable, .account = id};
    assert_int_equal(run(&stop), 0);
    assert_int_equal(count_of("select id from outbox where kind = 'session'"), before + 1);
    struct step load = {.run = do_view, .who = id, .account = id};
    assert_int_equal(run(&load), TD_ENOTFOUND); /* cannot act any more */
    step_done(&stop);
    step_done(&load);
}

static void passwords_are_ones_own(void **state)
{
    char mine[32], theirs[32];
    (void)state;
    create("{\"login\": \"pw1\", \"name\": \"x\"}", mine);
    create("{\"login\": \"pw2\", \"name\": \"x\"}", theirs);
    struct step other = {.run = do_password, .who = mine, .account = theirs};
    assert_int_equal(run(&other), TD_EFORBIDDEN);
    struct step own = {.run = do_password, .who = mine, .account = mine};
    assert_int_equal(run(&own), 0);
    assert_int_equal(count_of("select id from account where login = 'pw1' and password_hash = "
                              "'other hash' and not must_change"),
                     1);
    assert_int_equal(count_of("select sequence from ledger where payload like '%other hash%'"), 0);
    step_done(&other);
    step_done(&own);
}

static void lists_by_pages(void **state)
{
    char id[32], fields[128];
    (void)state;
    for (int i = 0; i < 60; i++) {
        snprintf(fields, sizeof(fields), "{\"login\": \"many%02d\", \"name\": \"100%%_%d\"}", i, i);
        create(fields, id);
    }
    struct step first = {.run = do_list, .fields = "many", .account = ""};
    assert_int_equal(run(&first), 0);
    assert_int_equal(json_array_size(json_object_get(first.value, "items")), 50);
    struct step second = {.run = do_list,
                          .fields = "many",
                          .account = json_string_value(json_object_get(first.value, "next"))};
    assert_int_equal(run(&second), 0);
    assert_int_equal(json_array_size(json_object_get(second.value, "items")), 10);
    assert_true(json_is_null(json_object_get(second.value, "next")));
    struct step literal = {.run = do_list, .fields = "0%_7", .account = ""}; /* no wildcards */
    assert_int_equal(run(&literal), 0);
    assert_int_equal(json_array_size(json_object_get(literal.value, "items")), 1);
    step_done(&first);
    step_done(&second);
    step_done(&literal);
}

static void knows_scopes_of_grants(void **state)
{
    static const struct td_grant grants[] = {{TD_ROLE_UNIT, "U1"}, {TD_ROLE_BUREAU, ""}};
    static const struct td_account who = {
        .roles = TD_ROLE_UNIT | TD_ROLE_BUREAU, .grants = grants, .grant_count = 2};
    (void)state;
    assert_true(td_account_has(&who, TD_ROLE_UNIT, "U1"));
    assert_false(td_account_has(&who, TD_ROLE_UNIT, "U2"));
    assert_false(td_account_has(&who, TD_ROLE_UNIT, ""));
    assert_true(td_account_has(&who, TD_ROLE_BUREAU, "anything"));
    assert_false(td_account_has(&who, TD_ROLE_ADMIN, ""));
    assert_false(td_account_has(NULL, TD_ROLE_UNIT, "U1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(creates_and_shows),        cmocka_unit_test(one_person_has_one_account),
        cmocka_unit_test(refuses_wrong_fields),     cmocka_unit_test(scopes_fit_their_roles),
        cmocka_unit_test(nobody_grants_to_himself), cmocka_unit_test(disabling_ends_everything),
        cmocka_unit_test(passwords_are_ones_own),   cmocka_unit_test(lists_by_pages),
        cmocka_unit_test(knows_scopes_of_grants),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
