/* count_test.c - five papers, three trustees of whom two are needed: every two open the same
 * numbers, and nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ballot/count.h"
#include "ballot/credential.h"
#include "ballot/paper.h"

#include <stdlib.h>
#include <string.h>

enum { TRUSTEES = 3, THRESHOLD = 2, PAPERS = 5 };

static struct td_group *group;
static struct td_election election, other; /* of one key */
static struct td_trustees trustees = {.count = TRUSTEES, .threshold = THRESHOLD};
static json_t *sums, *factors[TRUSTEES];
static json_t *papers[PAPERS];

/* Points of a line whose value at 0 is the secret of the key. */
static void share(BIGNUM *shares[TRUSTEES])
{
    BIGNUM *secret = td_group_number(group), *slope = td_group_number(group);
    td_group_random(group, secret);
    td_group_random(group, slope);
    trustees.y = td_group_number(group);
    td_group_power_secret(group, trustees.y, group->g, secret);
    for (int i = 0; i < TRUSTEES; i++) {
        BIGNUM *value = shares[i] = td_group_number(group);
        td_group_set(group, value, i + 1);
        td_group_multiply(group, value, value, slope);
        td_group_add(group, value, value, secret);
        trustees.keys[i] = td_group_number(group);
        td_group_power_secret(group, trustees.keys[i], group->g, value);
    }
}

static void make(struct td_election *ret, const char *uuid)
{
    struct td_election_rule rule = {5, 5, 5, {2, 3}, {2, 3}};
    json_t *titles = json_pack("[s,s]", "1", "2");
    char *text = td_election_make(group, uuid, "", &rule, trustees.y, titles);
    assert_int_equal(td_election_read(group, text, strlen(text), ret, NULL), 0);
    free(text);
    json_decref(titles);
}

/* 1: four for it, one abstains; 2: nobody for it, three against, two abstain. */
static const int choices[PAPERS][2] = {{0, 1}, {0, 1}, {0, 1}, {0, 2}, {2, 2}};

static int start(void **state)
{
    BIGNUM *shares[TRUSTEES];
    (void)state;
    group = td_group_new();
    td_group_start(group);
    share(shares);
    make(&election, "ZFqCNMAuDUR1w7");
    make(&other, "ZFqCNMAuDUR1w8");
    for (int i = 0; i < PAPERS; i++) {
        char code[TD_CREDENTIAL_ROOM];
        td_credential_make(code);
        char *text = td_paper_make(group, &election, code, choices[i]);
        assert_int_equal(td_paper_check(group, &election, text, strlen(text), &papers[i], NULL), 0);
        free(text);
    }
    sums = td_count_sums(group, &election, papers, PAPERS);
    for (int i = 0; i < TRUSTEES; i++)
        factors[i] = td_count_factors(group, &election, sums, shares[i]);
    return group->failed;
}

static int end(void **state)
{
    (void)state;
    for (int i = 0; i < PAPERS; i++)
        json_decref(papers[i]);
    for (int i = 0; i < TRUSTEES; i++)
        json_decref(factors[i]);
    json_decref(sums);
    td_election_done(&election);
    td_election_done(&other);
    td_group_end(group);
    td_group_free(group);
    return 0;
}

static void every_two_open_the_same(void **state)
{
    static const int pairs[][THRESHOLD] = {{1, 2}, {1, 3}, {2, 3}, {3, 1}};
    json_t *expected = json_pack("{s:[[i,i,i],[i,i,i]]}", "result", 4, 0, 1, 0, 3, 2);
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        json_t *two[] = {factors[pairs[i][0] - 1], factors[pairs[i][1] - 1]}, *result = NULL;
        assert_int_equal(td_count_result(group, &election, &trustees, sums, pairs[i], two, PAPERS,
                                         &result, NULL),
                         0);
        assert_true(json_equal(result, expected));
        json_decref(result);
    }
    json_decref(expected);
    assert_false(group->failed);
}

static void who_is_taken_for_somebody_else_opens_nothing(void **state)
{
    static const int owners[] = {1, 3};
    json_t *two[] = {factors[0], factors[1]}, *result = NULL;
    struct td_error err = TD_ERROR_INIT;
    (void)state;
    assert_int_equal(
        td_count_result(group, &election, &trustees, sums, owners, two, PAPERS, &result, &err),
        TD_EINVALID);
    assert_non_null(strstr(err.detail, "question 1, answer 1:"));
    assert_null(result);
    td_error_done(&err);
}

/* Four are more than three papers can have given. */
static void a_sum_above_the_papers_is_refused(void **state)
{
    static const int owners[] = {1, 2};
    json_t *result = NULL;
    (void)state;
    assert_int_equal(
        td_count_result(group, &election, &trustees, sums, owners, factors, 3, &result, NULL),
        TD_EINVALID);
    assert_int_equal(
        td_count_result(group, &election, &trustees, sums, owners, factors, 4, &result, NULL), 0);
    json_decref(result);
}

static int check(const struct td_election *of, int trustee, const json_t *one)
{
    return td_count_check_factors(group, of, sums, trustees.keys[trustee], one, NULL);
}

static void factors_hold_for_one_trustee_and_one_election(void **state)
{
    (void)state;
    for (int i = 0; i < TRUSTEES; i++) {
        assert_int_equal(check(&election, i, factors[i]), 0);
        assert_int_equal(check(&election, (i + 1) % TRUSTEES, factors[i]), TD_EINVALID);
    }
    assert_int_equal(check(&other, 0, factors[0]), TD_EINVALID);
}

/* A factor and its proof, each from where it belongs to another answer. */
static void factors_hold_for_one_answer(void **state)
{
    static const char *const members[] = {"decryption_factors", "decryption_proofs"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        json_t *changed = json_deep_copy(factors[0]);
        json_t *row = json_array_get(json_object_get(changed, members[i]), 0);
        json_array_set(row, 0, json_array_get(row, 1));
        assert_int_equal(check(&election, 0, changed), TD_EINVALID);
        json_decref(changed);
    }
    json_t *less = json_deep_copy(factors[0]);
    json_array_remove(json_array_get(json_object_get(less, "decryption_factors"), 1), 2);
    assert_int_equal(check(&election, 0, less), TD_EINVALID);
    json_decref(less);
}

static void nobody_voted(void **state)
{
    json_t *none = td_count_sums(group, &election, NULL, 0);
    size_t q, a;
    json_t *row, *one;
    (void)state;
    json_array_foreach(none, q, row)
        json_array_foreach(row, a, one) {
            json_t *neutral = json_pack("{s:s, s:s}", "alpha", "1", "beta", "1");
            assert_true(json_equal(one, neutral));
            json_decref(neutral);
        }
    assert_int_equal(q * a, 6);
    json_decref(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_two_open_the_same),
        cmocka_unit_test(who_is_taken_for_somebody_else_opens_nothing),
        cmocka_unit_test(a_sum_above_the_papers_is_refused),
        cmocka_unit_test(factors_hold_for_one_trustee_and_one_election),
        cmocka_unit_test(factors_hold_for_one_answer),
        cmocka_unit_test(nobody_voted),
    };
    return cmocka_run_group_tests(tests, start, end);
}
