/* trustees_test.c - three make a key of which any two open, and none alone; who cheats is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ballot/count.h"
#include "ballot/credential.h"
#include "ballot/paper.h"
#include "ballot/trustee.h"
#include "ballot/trustees.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 3, THRESHOLD = 2 };

static struct td_group *group;
static struct td_channel_party parties[COUNT];
static json_t *certificates, *dealt, *outputs;

static int start(void **state)
{
    (void)state;
    group = td_group_new();
    td_group_start(group);
    certificates = json_array();
    dealt = json_array();
    outputs = json_array();
    for (int i = 0; i < COUNT; i++) {
        char seed[TD_CHANNEL_SEED + 1];
        td_channel_seed(seed);
        td_channel_derive(group, seed, &parties[i]);
        json_array_append_new(certificates, td_trustee_certificate(group, &parties[i]));
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT; i++)
        td_channel_wipe(&parties[i]);
    json_decref(certificates);
    json_decref(dealt);
    json_decref(outputs);
    td_group_end(group);
    td_group_free(group);
    return 0;
}

static json_t *deal(int party)
{
    json_t *one = NULL;
    assert_int_equal(td_trustee_deal(group, &parties[party], certificates, THRESHOLD, &one, NULL),
                     0);
    return one;
}

static int accept_all(struct td_error *err)
{
    int result = 0;
    for (int i = 0; i < COUNT && result == 0; i++) {
        json_t *output = NULL;
        result = td_trustee_accept(group, &parties[i], certificates, dealt, &output, err);
        json_array_append_new(outputs, output);
    }
    return result;
}

static void play(void)
{
    for (int i = 0; i < COUNT; i++)
        json_array_append_new(dealt, deal(i));
    assert_int_equal(accept_all(NULL), 0);
}

static int read_back(struct td_trustees *read, struct td_error *err)
{
    char *text = td_trustee_join(certificates, dealt, outputs);
    assert_non_null(text);
    int result = td_trustees_read(group, text, strlen(text), read, err);
    free(text);
    return result;
}

static void accept_refused(const char *words)
{
    struct td_error err = TD_ERROR_INIT;
    assert_int_equal(accept_all(&err), TD_EINVALID);
    assert_string_equal(err.detail, words);
    td_error_done(&err);
}

static void a_cheat_is_named(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT; i++)
        json_array_append_new(dealt, deal(i));
    json_t *another = deal(2); /* honest by itself: its values do not fit the first coefficients */
    json_object_set(json_array_get(dealt, 2), "coefexps", json_object_get(another, "coefexps"));
    json_decref(another);
    accept_refused("trustees: trustee 3: value: not sent to this key, or not on its polynomial");
}

static void values_go_to_whom_they_are_for(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT; i++)
        json_array_append_new(dealt, deal(i));
    json_t *secrets = json_object_get(json_array_get(dealt, 1), "secrets");
    json_array_set(secrets, 0, json_array_get(secrets, 1));
    accept_refused("trustees: trustee 2: value: not sent to this key, or not on its polynomial");
}

static void nobody_deals_for_another(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT; i++)
        json_array_append_new(dealt, deal(i));
    json_array_set(dealt, 1, json_array_get(dealt, 0));
    accept_refused("trustees: trustee 2: coefficients: their signature or numbers do not hold");
}

static void a_key_of_ones_own_is_refused(void **state)
{
    (void)state;
    struct td_error err = TD_ERROR_INIT;
    struct td_trustees read;
    play();
    assert_int_equal(read_back(&read, &err), 0);
    json_array_set(outputs, 1, json_array_get(outputs, 0)); /* with its valid proof */
    assert_int_equal(read_back(&read, &err), TD_EINVALID);
    assert_string_equal(err.detail,
                        "trustees: trustee 2: public key: does not follow from the coefficients");
}

static void one_alone_is_no_threshold(void **state)
{
    (void)state;
    struct td_error err = TD_ERROR_INIT;
    json_t *one = NULL;
    static const int wrong[] = {-1, 0, 1, COUNT + 1};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(td_trustee_deal(group, &parties[0], certificates, wrong[i], &one, &err),
                         TD_EINVALID);
        assert_string_equal(err.detail, "trustees: threshold: not between 2 and their number");
    }
    json_array_remove(certificates, 0);
    assert_int_equal(td_trustee_deal(group, &parties[0], certificates, 2, &one, &err), TD_EINVALID);
    assert_string_equal(err.detail, "trustees: this key's certificate is not among them");
}

static json_t *read_lines(const char *name)
{
    char path[512], *line = NULL;
    size_t room = 0;
    json_t *list = json_array();
    snprintf(path, sizeof(path), TD_SOURCE_FOLDER "/tests/unit/ballot/%s", name);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (getline(&line, &room, file) > 0)
        json_array_append_new(list, json_loads(line, 0, NULL));
    fclose(file);
    free(line);
    return list;
}

/* Made by belenios-tool 2.0, which does not reduce the values it deals modulo q. */
static void what_others_dealt_is_accepted(void **state)
{
    static const char *const seeds[] = {"LeJuXGWbaC5fe1jYKXL7kf", "y3mLq5858UjneetU8efYNh",
                                        "KuPTiGdt1kkTAzg7kHyi15"};
    static const char *const keys[] = {"2480495377158438545897377809910746764538",
                                       "4505131053230868042503646479484366044636",
                                       "2048604959151230975481014640535105508123"};
    (void)state;
    json_t *theirs = read_lines("certificates.jsons"), *values = read_lines("dealt.jsons");
    for (int i = 0; i < COUNT; i++) {
        struct td_channel_party party;
        json_t *output = NULL;
        td_channel_derive(group, seeds[i], &party);
        assert_int_equal(td_trustee_accept(group, &party, theirs, values, &output, NULL), 0);
        const json_t *key = json_object_get(json_object_get(output, "public_key"), "public_key");
        assert_memory_equal(json_string_value(key), keys[i], strlen(keys[i]));
        json_decref(output);
    }
    json_decref(theirs);
    json_decref(values);
}

static void make_election(const struct td_trustees *read, struct td_election *election)
{
    struct td_election_rule rule = {11, 8, 8, {2, 3}, {2, 3}};
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
    BIGNUM *share = td_group_number(group);
    for (int i = 0; i < 2; i++) {
        size_t keeper = (size_t)keepers[i] - 1;
        assert_true(td_trustee_share(
            group, &parties[keeper],
            json_object_get(json_array_get(outputs, keeper), "private_key"), share));
        factors[i] = td_count_factors(group, election, sums, share);
    }
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
    play();
    assert_int_equal(read_back(&read, NULL), 0);
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
        cmocka_unit_test_setup_teardown(what_others_dealt_is_accepted, start, end),
        cmocka_unit_test_setup_teardown(a_cheat_is_named, start, end),
        cmocka_unit_test_setup_teardown(values_go_to_whom_they_are_for, start, end),
        cmocka_unit_test_setup_teardown(nobody_deals_for_another, start, end),
        cmocka_unit_test_setup_teardown(a_key_of_ones_own_is_refused, start, end),
        cmocka_unit_test_setup_teardown(one_alone_is_no_threshold, start, end),
        cmocka_unit_test_setup_teardown(any_two_open_and_one_does_not, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
