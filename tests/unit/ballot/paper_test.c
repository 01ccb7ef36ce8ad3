/* paper_test.c - what a voter, or one between, could try with a paper. It includes the .c under
 * test to make papers that td_paper_make does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ballot/paper.c"

static struct td_group *group;
static struct td_election election;
static char code[TD_CREDENTIAL_ROOM];

static int start(void **state)
{
    (void)state;
    struct td_election_rule rule = {3, 3, 3, {2, 3}, {2, 3}};
    group = td_group_new();
    td_group_start(group);
    BIGNUM *y = td_group_number(group), *secret = td_group_number(group);
    td_group_random(group, secret);
    td_group_power_secret(group, y, group->g, secret);
    json_t *titles = json_pack("[s,s]", "申报 1", "申报 2");
    char *text = td_election_make(group, "ZFqCNMAuDUR1w7", "会议", &rule, y, titles);
    assert_int_equal(td_election_read(group, text, strlen(text), &election, NULL), 0);
    free(text);
    json_decref(titles);
    td_credential_make(code);
    return 0;
}

static int end(void **state)
{
    (void)state;
    td_election_done(&election);
    td_group_end(group);
    td_group_free(group);
    return 0;
}

/* An answer that encrypts these values, with every proof made as well as it can be. */
static json_t *forge_answer(const char *credential, const int values[3], int claimed_sum)
{
    struct td_ciphertext sealed[3];
    json_t *choices = json_array(), *proofs = json_array();
    BIGNUM *r = td_group_number(group), *sum = td_group_number(group);
    struct td_strbuf context;
    own_context(&context, &election, credential);
    for (int i = 0; i < 3; i++) {
        sealed[i] = td_proof_ciphertext(group);
        td_proof_encrypt(group, election.y, values[i] > 0, r, &sealed[i]);
        if (values[i] > 1)
            td_group_times(group, sealed[i].beta, sealed[i].beta, group->g);
        json_array_append_new(choices, td_proof_json_ciphertext(group, &sealed[i]));
        json_array_append_new(proofs, td_proof_of_range(group, context.bytes, election.y,
                                                        &sealed[i], r, values[i] > 0, 0, 1));
        td_group_add(group, sum, sum, r);
    }
    struct td_ciphertext whole = whole_answer(group, &context, sealed, 3);
    json_t *overall = td_proof_of_range(group, context.bytes, election.y, &whole, sum, claimed_sum,
                                        claimed_sum, claimed_sum);
    td_strbuf_done(&context);
    return json_pack("{s:o, s:o, s:o}", "choices", choices, "individual_proofs", proofs,
                     "overall_proof", overall);
}

static json_t *genuine(void)
{
    static const int choices[2] = {0, 2};
    json_t *paper = NULL;
    char *text = td_paper_make(group, &election, code, choices);
    assert_int_equal(td_paper_check(group, &election, text, strlen(text), &paper, NULL), 0);
    free(text);
    return paper;
}

static void sign_again(json_t *paper, const char *with)
{
    char hash[TD_ELECTION_FINGERPRINT + 1];
    struct td_strbuf words;
    BIGNUM *secret = td_group_number(group);
    td_credential_secret(group, with, election.uuid, secret);
    paper_hash(paper, hash);
    signature_words(&words, hash);
    json_object_set_new(paper, "signature",
                        json_pack("{s:s, s:o}", "hash", hash, "proof",
                                  td_proof_of_secret(group, words.bytes, secret)));
    td_strbuf_done(&words);
}

static void refused(json_t *paper, const char *words)
{
    struct td_error err = TD_ERROR_INIT;
    json_t *read = NULL;
    char *text = json_dumps(paper, JSON_COMPACT);
    int result = td_paper_check(group, &election, text, strlen(text), &read, &err);
    assert_int_equal(result, words ? TD_EINVALID : 0);
    assert_string_equal(err.detail, words ? words : "");
    free(text);
    json_decref(read);
    json_decref(paper);
    td_error_done(&err);
}

static json_t *with_answer(const int values[3], int claimed_sum)
{
    json_t *paper = genuine();
    json_array_set_new(json_object_get(paper, "answers"), 1,
                       forge_answer(td_json_text(paper, "credential"), values, claimed_sum));
    sign_again(paper, code);
    return paper;
}

static void only_one_answer_counts(void **state)
{
    (void)state;
    static const char overall[] = "question 2: the proof of how many answers it has fails",
                      range[] = "question 2, answer 1: the proof that it is 0 or 1 fails";
    refused(with_answer((const int[]){0, 1, 0}, 1), NULL); /* the forger's tools do work */
    refused(with_answer((const int[]){1, 1, 0}, 1), overall);
    refused(with_answer((const int[]){0, 0, 0}, 1), overall);
    refused(with_answer((const int[]){2, 0, 0}, 1), range);
}

static void another_voters_answers_cannot_be_copied(void **state)
{
    (void)state;
    char other[TD_CREDENTIAL_ROOM];
    static const int choices[2] = {1, 1};
    json_t *paper = genuine();
    td_credential_make(other);
    char *text = td_paper_make(group, &election, other, choices);
    json_t *copy = json_loads(text, 0, NULL);
    free(text);
    json_object_set(copy, "answers", json_object_get(paper, "answers"));
    sign_again(copy, other);
    refused(copy, "question 1, answer 1: the proof that it is 0 or 1 fails");
    json_decref(paper);
}

static void nobody_signs_for_another(void **state)
{
    (void)state;
    char other[TD_CREDENTIAL_ROOM];
    td_credential_make(other);
    json_t *paper = genuine();
    sign_again(paper, other);
    refused(paper, "signature: does not hold");
}

static void another_election_is_another(void **state)
{
    (void)state;
    json_t *paper = genuine();
    election.fingerprint[0] ^= 1;
    refused(paper, "election_uuid, election_hash: of another election");
}

static void no_second_spelling(void **state)
{
    (void)state;
    json_t *paper = genuine(), *read = NULL;
    struct td_error err = TD_ERROR_INIT;
    char *text = json_dumps(paper, 0);
    assert_int_equal(td_paper_check(group, &election, text, strlen(text), &read, &err),
                     TD_EINVALID);
    assert_string_equal(err.detail, "no JSON, or not in its one spelling");
    free(text);
    json_object_set_new(paper, "note", json_string(""));
    refused(paper, "not of the election's form");
    td_error_done(&err);
}

static void one_vote_twice_looks_different(void **state)
{
    (void)state;
    json_t *one = genuine(), *other = genuine();
    for (size_t q = 0; q < 2; q++)
        assert_false(json_equal(json_array_get(json_object_get(one, "answers"), q),
                                json_array_get(json_object_get(other, "answers"), q)));
    json_decref(one);
    json_decref(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_one_answer_counts, start, end),
        cmocka_unit_test_setup_teardown(another_voters_answers_cannot_be_copied, start, end),
        cmocka_unit_test_setup_teardown(nobody_signs_for_another, start, end),
        cmocka_unit_test_setup_teardown(another_election_is_another, start, end),
        cmocka_unit_test_setup_teardown(no_second_spelling, start, end),
        cmocka_unit_test_setup_teardown(one_vote_twice_looks_different, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
