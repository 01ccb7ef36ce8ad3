/* trustees_test.c - three make a key of which any two open, and none alone; who cheats is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ballot/count.h"
#include "ballot/credential.h"
#include "ballot/paper.h"
#include "ballot/trustees.h"

#include <stdlib.h>
#include <string.h>

enum { COUNT = 3, THRESHOLD = 2 };

static struct td_group *group;
static struct td_trustee trustees[COUNT];
static json_t *certificates, *published, *keys;

static int start(void **state)
{
    (void)state;
    group = td_group_new();
    td_group_start(group);
    certificates = json_array();
    published = json_array();
    keys = json_array();
    for (int i = 0; i < COUNT; i++) {
        td_trustee_start(group, &trustees[i], THRESHOLD);
        json_array_append_new(certificates, td_trustee_certificate(group, &trustees[i]));
        json_array_append_new(published, td_trustee_coefficients(group, &trustees[i]));
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT; i++)
        td_trustee_wipe(&trustees[i]);
    json_decref(certificates);
    json_decref(published);
    json_decref(keys);
    td_group_end(group);
    td_group_free(group);
    return 0;
}

/* Hands the values round; trustee `cheat` (or -1) gives number 2 another than it published. */
static int exchange(int cheat, struct td_error *err)
{
    for (int to = 0; to < COUNT; to++) {
        BIGNUM *values[COUNT];
        json_t *key = NULL;
        for (int from = 0; from < COUNT; from++) {
            values[from] = td_group_number(group);
            td_trustee_value_for(group, &trustees[from], to + 1, values[from]);
            if (from == cheat && to == 1)
                assert_true(BN_add_word(values[from], 1));
        }
        int result =
            td_trustee_accept(group, &trustees[to], to + 1, COUNT, values, published, &key, err);
        if (result < 0)
            return result;
        json_array_append_new(keys, key);
    }
    return 0;
}

static int read_back(struct td_trustees *read, int threshold, struct td_error *err)
{
    char *text = td_trustees_make(threshold, json_deep_copy(certificates),
                                  json_deep_copy(published), json_deep_copy(keys));
    int result = td_trustees_read(group, text, strlen(text), read, err);
    free(text);
    return result;
}

static void a_cheat_is_named(void **state)
{
    (void)state;
    struct td_error err = TD_ERROR_INIT;
    assert_int_equal(exchange(2, &err), TD_EINVALID);
    assert_string_equal(err.detail, "trustees: trustee 3: value: does not fit its coefficients");
}

static void a_key_of_ones_own_is_refused(void **state)
{
    (void)state;
    struct td_error err = TD_ERROR_INIT;
    struct td_trustees read;
    assert_int_equal(exchange(-1, &err), 0);
    assert_int_equal(read_back(&read, THRESHOLD, &err), 0);
    json_array_set(keys, 1, json_array_get(keys, 0)); /* with its valid proof */
    assert_int_equal(read_back(&read, THRESHOLD, &err), TD_EINVALID);
    assert_string_equal(err.detail,
                        "trustees: trustee 2: public key: does not follow from the coefficients");
}

static void one_alone_is_no_threshold(void **state)
{
    (void)state;
    struct td_error err = TD_ERROR_INIT;
    struct td_trustees read;
    assert_int_equal(exchange(-1, &err), 0);
    assert_int_equal(read_back(&read, 1, &err), TD_EINVALID);
    assert_string_equal(err.detail, "trustees: threshold: not between 2 and their number");
    assert_int_equal(read_back(&read, 4, &err), TD_EINVALID);
    assert_int_equal(read_back(&read, 3, &err), TD_EINVALID); /* the polynomials are for 2 */
}

static void make_election(const struct td_trustees *read, struct td_election *election)
{
    struct td_election_rule rule = {11, 8, {2, 3}, {2, 3}};
    char uuid[TD_CREDENTIAL_UUID_ROOM];
    json_t *titles = json_pack("[s]", "申报 1");
    td_credential_uuid(uuid);
    char *text = td_election_make(group, uuid, "会议", &rule, read->y, titles);
    assert_int_equal(td_election_read(group, text, strlen(text), election, NULL), 0);
    assert_int_equal(election->rule.present, 8);
    json_decref(titles);
    free(text);
}

static json_t *vote(const struct td_election *election, int choice)
{
    char code[TD_CREDENTIAL_ROOM];
    json_t *paper = NULL;
    td_credential_make(code);
    char *text = td_paper_make(group, election, code, &choice);
    assert_int_equal(td_paper_check(group, election, text, strlen(text), &paper, NULL), 0);
    free(text);
    return paper;
}

/* Opens with the two trustees of these numbers, who hold the keys of `keepers`. */
static int open_with(const struct td_election *election, const struct td_trustees *read,
                     const json_t *sums, const int owners[2], const int keepers[2],
                     json_t **ret_result)
{
    json_t *factors[2];
    for (int i = 0; i < 2; i++)
        factors[i] = td_count_factors(group, election, sums, trustees[keepers[i] - 1].share);
    int result = td_count_result(group, election, read, sums, owners, factors, 3, ret_result, NULL);
    json_decref(factors[0]);
    json_decref(factors[1]);
    return result;
}

static void any_two_open_and_one_does_not(void **state)
{
    (void)state;
    static const int pairs[][2] = {{1, 2}, {1, 3}, {2, 3}, {3, 1}};
    struct td_trustees read;
    struct td_election election;
    json_t *papers[3], *result = NULL, *expected = json_pack("{s:[[iii]]}", "result", 2, 0, 1);
    assert_int_equal(exchange(-1, NULL), 0);
    assert_int_equal(read_back(&read, THRESHOLD, NULL), 0);
    make_election(&read, &election);
    papers[0] = vote(&election, 0);
    papers[1] = vote(&election, 2);
    papers[2] = vote(&election, 0);
    json_t *sums = td_count_sums(group, &election, papers, 3);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(open_with(&election, &read, sums, pairs[i], pairs[i], &result), 0);
        assert_true(json_equal(result, expected));
        json_decref(result);
    }
    static const int as_two[2] = {1, 2}, alone[2] = {1, 1};
    assert_int_equal(open_with(&election, &read, sums, as_two, alone, &result), TD_EINVALID);
    for (int i = 0; i < 3; i++)
        json_decref(papers[i]);
    json_decref(sums);
    json_decref(expected);
    td_election_done(&election);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_cheat_is_named, start, end),
        cmocka_unit_test_setup_teardown(a_key_of_ones_own_is_refused, start, end),
        cmocka_unit_test_setup_teardown(one_alone_is_no_threshold, start, end),
        cmocka_unit_test_setup_teardown(any_two_open_and_one_does_not, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
