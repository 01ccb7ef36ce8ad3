/* paper.c - ballot papers, made by a voter's side and checked by everybody. */
#include "ballot/paper.h"

#include "ballot/credential.h"
#include "base/json.h"

#include <assert.h>
#include <string.h>

/* The context of proofs: the election and the voter; for the whole answer, also its ciphertexts. */
static void own_context(struct td_strbuf *context, const struct td_election *election,
                        const char *credential)
{
    td_strbuf_init(context);
    td_strbuf_addf(context, "%s|%s", election->fingerprint, credential);
}

/* The sum of the whole answer; the context gets its ciphertexts. */
static struct td_ciphertext whole_answer(struct td_group *group, struct td_strbuf *context,
                                         const struct td_ciphertext *sealed, int answers)
{
    struct td_ciphertext sum = td_proof_ciphertext(group);
    for (int i = 0; i < answers; i++) {
        td_strbuf_addc(context, i == 0 ? '|' : ',');
        td_group_write(group, sealed[i].alpha, context);
        td_strbuf_addc(context, ',');
        td_group_write(group, sealed[i].beta, context);
        td_proof_add_ciphertext(group, &sum, &sealed[i]);
    }
    return sum;
}

/* What a signature is over: the paper without it. */
static void paper_hash(const json_t *paper, char ret[TD_ELECTION_FINGERPRINT + 1])
{
    struct td_strbuf text;
    td_strbuf_init(&text);
    json_t *unsigned_paper = json_copy((json_t *)paper);
    json_object_del(unsigned_paper, "signature");
    td_json_write(unsigned_paper, &text);
    json_decref(unsigned_paper);
    td_election_fingerprint(text.bytes, text.length, ret);
    td_strbuf_done(&text);
}

static void signature_words(struct td_strbuf *words, const char *hash)
{
    td_strbuf_init(words);
    td_strbuf_addf(words, "sig|%s|", hash);
}

/* --- making ---------------------------------------------------------------------------------- */

static json_t *make_answer(struct td_group *group, const struct td_election *election,
                           const struct td_election_question *question, const char *credential,
                           int choice)
{
    struct td_ciphertext sealed[TD_ELECTION_ANSWERS_MAX];
    struct td_strbuf context;
    json_t *choices = json_array(), *proofs = json_array();
    td_group_start(group);
    BIGNUM *r = td_group_number(group), *sum = td_group_number(group);
    own_context(&context, election, credential);
    for (int i = 0; i < question->answers; i++) {
        sealed[i] = td_proof_ciphertext(group);
        td_proof_encrypt(group, election->y, i == choice, r, &sealed[i]);
        json_array_append_new(choices, td_proof_json_ciphertext(group, &sealed[i]));
        json_array_append_new(proofs, td_proof_of_range(group, context.bytes, election->y,
                                                        &sealed[i], r, i == choice, 0, 1));
        td_group_add(group, sum, sum, r);
    }
    struct td_ciphertext whole = whole_answer(group, &context, sealed, question->answers);
    json_t *overall = td_proof_of_range(group, context.bytes, election->y, &whole, sum, 1,
                                        question->min, question->max);
    td_group_wipe(r);
    td_group_wipe(sum);
    td_strbuf_done(&context);
    td_group_end(group);
    return json_pack("{s:o, s:o, s:o}", "choices", choices, "individual_proofs", proofs,
                     "overall_proof", overall);
}

static json_t *make_paper(struct td_group *group, const struct td_election *election,
                          const BIGNUM *secret, const int *choices)
{
    char hash[TD_ELECTION_FINGERPRINT + 1];
    struct td_strbuf words;
    json_t *answers = json_array();
    td_group_start(group);
    BIGNUM *public_key = td_group_number(group);
    td_group_power_secret(group, public_key, group->g, secret);
    json_t *credential = td_group_json(group, public_key);
    td_group_end(group);
    for (size_t i = 0; i < election->count && credential; i++) {
        const struct td_election_question *question = &election->questions[i];
        assert(question->min <= 1 && question->max >= 1 && choices[i] >= 0 &&
               choices[i] < question->answers);
        json_array_append_new(answers, make_answer(group, election, question,
                                                   json_string_value(credential), choices[i]));
    }
    json_t *paper =
        json_pack("{s:s, s:s, s:o, s:o}", "election_uuid", election->uuid, "election_hash",
                  election->fingerprint, "credential", credential, "answers", answers);
    if (!paper)
        return NULL;
    paper_hash(paper, hash);
    signature_words(&words, hash);
    json_object_set_new(paper, "signature",
                        json_pack("{s:s, s:o}", "hash", hash, "proof",
                                  td_proof_of_secret(group, words.bytes, secret)));
    td_strbuf_done(&words);
    return paper;
}

char *td_paper_make(struct td_group *group, const struct td_election *election, const char *code,
                    const int *choices)
{
    assert(td_credential_is(code));
    td_group_start(group);
    BIGNUM *secret = td_group_number(group);
    td_credential_secret(group, code, election->uuid, secret);
    json_t *paper = make_paper(group, election, secret, choices);
    char *text = paper && !group->failed ? json_dumps(paper, JSON_COMPACT) : NULL;
    json_decref(paper);
    td_group_wipe(secret);
    td_group_end(group);
    return text;
}

/* --- checking -------------------------------------------------------------------------------- */

static int check_answer(struct td_group *group, const struct td_election *election,
                        size_t question_index, const char *credential, const json_t *answer,
                        struct td_error *reterr)
{
    static const char *const members[] = {"choices", "individual_proofs", "overall_proof", NULL};
    const struct td_election_question *question = &election->questions[question_index];
    const json_t *choices = json_object_get(answer, "choices"),
                 *proofs = json_object_get(answer, "individual_proofs");
    struct td_ciphertext sealed[TD_ELECTION_ANSWERS_MAX];
    struct td_strbuf context;
    size_t count = (size_t)question->answers, number = question_index + 1;
    if (!td_proof_shape(answer, members) || json_array_size(choices) != count ||
        json_array_size(proofs) != count)
        return td_error_set(reterr, TD_EINVALID, "question %zu: not of the election's form",
                            number);
    int result = 0;
    own_context(&context, election, credential);
    for (size_t i = 0; i < count && result == 0; i++) {
        sealed[i] = td_proof_ciphertext(group);
        if (!td_proof_read_ciphertext(group, &sealed[i], json_array_get(choices, i)))
            result =
                td_error_set(reterr, TD_EINVALID,
                             "question %zu, answer %zu: no ciphertext of the group", number, i + 1);
        else if (!td_proof_of_range_holds(group, context.bytes, election->y, &sealed[i], 0, 1,
                                          json_array_get(proofs, i)))
            result = td_error_set(reterr, TD_EINVALID,
                                  "question %zu, answer %zu: the proof that it is 0 or 1 fails",
                                  number, i + 1);
    }
    if (result == 0) {
        struct td_ciphertext whole = whole_answer(group, &context, sealed, question->answers);
        if (!td_proof_of_range_holds(group, context.bytes, election->y, &whole, question->min,
                                     question->max, json_object_get(answer, "overall_proof")))
            result =
                td_error_set(reterr, TD_EINVALID,
                             "question %zu: the proof of how many answers it has fails", number);
    }
    td_strbuf_done(&context);
    return result;
}

static int check_signature(struct td_group *group, const json_t *paper, const BIGNUM *credential,
                           struct td_error *reterr)
{
    static const char *const members[] = {"hash", "proof", NULL};
    const json_t *signature = json_object_get(paper, "signature");
    char hash[TD_ELECTION_FINGERPRINT + 1];
    struct td_strbuf words;
    paper_hash(paper, hash);
    if (!td_proof_shape(signature, members) || strcmp(td_json_text(signature, "hash"), hash))
        return td_error_set(reterr, TD_EINVALID, "signature: over another text than this");
    signature_words(&words, hash);
    bool holds = td_proof_of_secret_holds(group, words.bytes, credential,
                                          json_object_get(signature, "proof"));
    td_strbuf_done(&words);
    return holds ? 0 : td_error_set(reterr, TD_EINVALID, "signature: does not hold");
}

static int check_paper(struct td_group *group, const struct td_election *election,
                       const json_t *paper, struct td_error *reterr)
{
    static const char *const members[] = {"election_uuid", "election_hash", "credential",
                                          "answers",       "signature",     NULL};
    const json_t *answers = json_object_get(paper, "answers");
    BIGNUM *credential = td_group_number(group);
    if (!td_proof_shape(paper, members) || json_array_size(answers) != election->count)
        return td_error_set(reterr, TD_EINVALID, "not of the election's form");
    if (strcmp(td_json_text(paper, "election_uuid"), election->uuid) ||
        strcmp(td_json_text(paper, "election_hash"), election->fingerprint))
        return td_error_set(reterr, TD_EINVALID,
                            "election_uuid, election_hash: of another"
                            " election");
    if (!td_group_read(group, credential, json_object_get(paper, "credential")))
        return td_error_set(reterr, TD_EINVALID, "credential: not of the group");
    int result = 0;
    for (size_t i = 0; i < election->count && result == 0; i++) {
        td_group_start(group);
        result = check_answer(group, election, i, td_json_text(paper, "credential"),
                              json_array_get(answers, i), reterr);
        td_group_end(group);
    }
    return result < 0 ? result : check_signature(group, paper, credential, reterr);
}

int td_paper_check(struct td_group *group, const struct td_election *election, const char *text,
                   size_t length, json_t **ret_paper, struct td_error *reterr)
{
    json_t *paper = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    if (!paper || !td_json_is_written(paper, text, length)) { /* no two texts for one paper */
        json_decref(paper);
        return td_error_set(reterr, TD_EINVALID, "no JSON, or not in its one spelling");
    }
    td_group_start(group);
    int result = check_paper(group, election, paper, reterr);
    td_group_end(group);
    if (result < 0)
        json_decref(paper);
    else
        *ret_paper = paper;
    return result;
}

void td_paper_sealed(struct td_group *group, const json_t *paper, size_t question, size_t answer,
                     struct td_ciphertext *ret)
{
    const json_t *choices =
        json_object_get(json_array_get(json_object_get(paper, "answers"), question), "choices");
    const json_t *sealed = json_array_get(choices, answer);
    if (!td_group_read_again(group, ret->alpha, json_object_get(sealed, "alpha")) ||
        !td_group_read_again(group, ret->beta, json_object_get(sealed, "beta")))
        group->failed = true;
}
