/* Who reads what: the rule, the balance, and that it can be computed again. */
#include "review/assignment.h"

#include "review/row.h"
#include "store/ledger.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char seed[] = "000102030405060708090a0b0c0d0e0f";
static const char *const specialties[] = {"chinese", "maths", "music", "art"};

/* `dossiers` and `experts` of four specialties in turn; each expert keeps out of every seventh
 * dossier, elsewhere. */
static json_t *inputs_of(int reviews, int dossiers, int experts, bool barred)
{
    json_t *d_list = json_array(), *e_list = json_array(), *bars = json_object();
    char id[16];
    for (int e = 0; e < experts; e++) {
        snprintf(id, sizeof(id), "E%03d", e);
        json_array_append_new(e_list, json_pack("{s:s, s:[s], s:i}", "id", id, "specialties",
                                                specialties[e % 4], "load", 0));
    }
    for (int d = 0; d < dossiers; d++) {
        json_t *out = json_array();
        for (int e = 0; barred && e < experts; e++)
            if ((d + e) % 7 == 0)
                json_array_append(out, json_object_get(json_array_get(e_list, (size_t)e), "id"));
        snprintf(id, sizeof(id), "D%04d", d);
        json_array_append_new(d_list, json_pack("{s:s, s:s, s:[]}", "id", id, "specialty",
                                                specialties[d % 4], "readers"));
        json_object_set_new(bars, id, out);
    }
    return json_pack("{s:i, s:o, s:o, s:o}", "reviews", reviews, "dossiers", d_list, "experts",
                     e_list, "barred", bars);
}

static bool has(const json_t *list, const char *text)
{
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)list, i, one)
        if (!strcmp(json_string_value(one), text))
            return true;
    return false;
}

/* Checks the rule on a plan; answers the spread of loads and how many readings are of the own
 * specialty. */
static void check_plan(const json_t *inputs, const json_t *plan, int *ret_spread, int *ret_own)
{
    int load[200] = {0}, reviews = (int)td_row_int(inputs, "reviews");
    const json_t *experts = json_object_get(inputs, "experts"),
                 *dossiers = json_object_get(inputs, "dossiers");
    size_t d, e;
    json_t *row, *expert;
    *ret_own = 0;
    json_array_foreach((json_t *)dossiers, d, row) {
        const char *id = td_row_text(row, "id");
        const json_t *joins = json_object_get(json_object_get(plan, "readers"), id);
        assert_int_equal(json_array_size(joins), reviews);
        json_array_foreach((json_t *)experts, e, expert) {
            const char *who = td_row_text(expert, "id");
            if (!has(joins, who))
                continue;
            assert_false(has(json_object_get(json_object_get(inputs, "barred"), id), who));
            load[e]++;
            *ret_own += has(json_object_get(expert, "specialties"), td_row_text(row, "specialty"));
        }
    }
    int least = load[0], most = load[0];
    for (size_t i = 0; i < json_array_size(experts); i++) {
        least = load[i] < least ? load[i] : least;
        most = load[i] > most ? load[i] : most;
    }
    *ret_spread = most - least;
}

static json_t *plan_of(const json_t *inputs, const char *with)
{
    json_t *plan = NULL;
    assert_int_equal(td_assignment_plan(inputs, with, &plan, NULL), 0);
    return plan;
}

static void test_balanced_and_never_against_a_recusal(void **state)
{
    (void)state;
    int spread, own;
    for (int barred = 0; barred < 2; barred++) {
        json_t *inputs = inputs_of(3, 400, 20, barred), *plan = plan_of(inputs, seed);
        check_plan(inputs, plan, &spread, &own);
        assert_true(spread <= 2);
        assert_true(
            own >=
            1100); /* of 1200: five experts of each specialty can read nearly all of theirs */
        assert_int_equal(json_array_size(json_object_get(plan, "short")), 0);
        json_decref(plan);
        json_decref(inputs);
    }
}

static void test_specialists_first_up_to_their_share(void **state)
{
    (void)state;
    json_t *inputs = inputs_of(3, 40, 12, false);
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(inputs, "dossiers"), i, row)
        json_object_set_new(row, "specialty", json_string("music")); /* three experts of twelve */
    json_t *plan = plan_of(inputs, seed);
    int spread, own;
    check_plan(inputs, plan, &spread, &own);
    assert_int_equal(own, 30); /* 120 readings over 12 experts are 10 each */
    assert_int_equal(spread, 0);
    json_decref(plan);
    json_decref(inputs);
}

static void test_who_cannot_have_enough_is_named(void **state)
{
    (void)state;
    json_t *inputs = inputs_of(3, 2, 4, false);
    json_object_set_new(json_object_get(inputs, "barred"), "D0001",
                        json_pack("[s, s]", "E000", "E001"));
    json_t *plan = plan_of(inputs, seed);
    const json_t *few = json_array_get(json_object_get(plan, "short"), 0);
    assert_string_equal(td_row_text(few, "id"), "D0001");
    assert_int_equal(td_row_int(few, "eligible"), 2);
    assert_null(json_object_get(json_object_get(plan, "readers"), "D0001"));
    assert_int_equal(json_array_size(json_object_get(json_object_get(plan, "readers"), "D0000")),
                     3);
    json_decref(plan);
    json_decref(inputs);
}

static void test_only_what_is_missing_is_added(void **state)
{
    (void)state;
    json_t *inputs = inputs_of(3, 1, 5, false);
    json_t *row = json_array_get(json_object_get(inputs, "dossiers"), 0);
    json_object_set_new(row, "readers", json_pack("[s, s]", "E000", "E004"));
    json_object_set_new(json_object_get(inputs, "barred"), "D0000",
                        json_pack("[s]", "E004")); /* recused since */
    json_t *plan = plan_of(inputs, seed);
    const json_t *joins = json_object_get(json_object_get(plan, "readers"), "D0000");
    assert_int_equal(json_array_size(joins), 2);
    assert_false(has(joins, "E000"));
    assert_false(has(joins, "E004"));
    json_decref(plan);
    json_decref(inputs);
}

static json_t *run_of(json_t *inputs)
{
    char inputs_hash[TD_ASSIGNMENT_HASH_TEXT], plan_hash[TD_ASSIGNMENT_HASH_TEXT];
    json_t *plan = plan_of(inputs, seed);
    assert_int_equal(td_ledger_hash_json(inputs, inputs_hash), 0);
    assert_int_equal(td_ledger_hash_json(plan, plan_hash), 0);
    json_decref(plan);
    return json_pack("{s:s, s:s, s:o, s:s, s:s}", "id", "R", "seed", seed, "inputs", inputs,
                     "inputs_hash", inputs_hash, "plan_hash", plan_hash);
}

static void test_the_same_seed_gives_the_same_plan(void **state)
{
    (void)state;
    json_t *run = run_of(inputs_of(3, 100, 10, true));
    const json_t *inputs = json_object_get(run, "inputs");
    assert_int_equal(td_assignment_verify(run, NULL), 0);
    json_t *again = plan_of(inputs, seed), *once = plan_of(inputs, seed);
    json_t *other = plan_of(inputs, "ff0102030405060708090a0b0c0d0e0f");
    assert_true(json_equal(again, once));
    assert_false(json_equal(again, other));
    json_decref(other);
    json_decref(once);
    json_decref(again);
    struct td_error problem = TD_ERROR_INIT;
    json_object_set_new(run, "seed", json_string("ff0102030405060708090a0b0c0d0e0f"));
    assert_int_equal(td_assignment_verify(run, &problem), TD_ECONFLICT);
    td_error_done(&problem);
    json_object_set_new(run, "seed", json_string(seed));
    json_object_set_new(json_object_get(run, "inputs"), "reviews", json_integer(4));
    assert_int_equal(td_assignment_verify(run, NULL), TD_ECONFLICT);
    json_object_set_new(run, "seed", json_string("short"));
    assert_true(td_assignment_verify(run, NULL) < 0);
    json_decref(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_balanced_and_never_against_a_recusal),
        cmocka_unit_test(test_specialists_first_up_to_their_share),
        cmocka_unit_test(test_who_cannot_have_enough_is_named),
        cmocka_unit_test(test_only_what_is_missing_is_added),
        cmocka_unit_test(test_the_same_seed_gives_the_same_plan),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
