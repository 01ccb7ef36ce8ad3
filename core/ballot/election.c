/* election.c - the election's text, read with suspicion and written once. */
#include "ballot/election.h"

#include "ballot/base58.h"
#include "base/json.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { UUID_MIN = 14, UUID_MAX = 64 };

void td_election_fingerprint(const char *text, size_t length, char ret[TD_ELECTION_FINGERPRINT + 1])
{
    unsigned char digest[crypto_hash_sha256_BYTES], encoded[TD_ELECTION_FINGERPRINT + 2];
    crypto_hash_sha256(digest, (const unsigned char *)text, length);
    EVP_EncodeBlock(encoded, digest, sizeof(digest));
    memcpy(ret, encoded, TD_ELECTION_FINGERPRINT);
    ret[TD_ELECTION_FINGERPRINT] = 0;
}

static bool small(const json_t *value, int max, int *ret)
{
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || number > max)
        return false;
    *ret = (int)number;
    return true;
}

static bool read_question(const json_t *value, struct td_election_question *ret)
{
    const json_t *answers = json_object_get(value, "answers");
    size_t i;
    json_t *answer;
    json_array_foreach((json_t *)answers, i, answer)
        if (!json_is_string(answer))
            return false;
    ret->title = json_string_value(json_object_get(value, "question"));
    ret->answers = (int)json_array_size(answers);
    return ret->title && ret->answers >= 1 && ret->answers <= TD_ELECTION_ANSWERS_MAX &&
           !json_is_true(json_object_get(value, "blank")) &&
           small(json_object_get(value, "max"), ret->answers, &ret->max) &&
           small(json_object_get(value, "min"), ret->max, &ret->min) &&
           ret->max - ret->min < TD_ELECTION_ANSWERS_MAX;
}

static int read_questions(struct td_election *election, struct td_error *reterr)
{
    const json_t *questions = json_object_get(election->value, "questions");
    size_t i, count = json_array_size(questions);
    json_t *question;
    if (count < 1 || count > TD_ELECTION_QUESTIONS_MAX)
        return td_error_set(reterr, TD_EINVALID, "election: questions: none, or too many");
    election->questions = calloc(count, sizeof(*election->questions));
    if (!election->questions)
        return TD_ENOMEM;
    json_array_foreach((json_t *)questions, i, question)
        if (!read_question(question, &election->questions[i]))
            return td_error_set(reterr, TD_EINVALID,
                                "election: question %zu: not of the kind that is counted by sums,"
                                " without blank votes",
                                i + 1);
    election->count = count;
    return 0;
}

static bool read_part(const json_t *value, int ret[2])
{
    return json_array_size(value) == 2 && small(json_array_get(value, 0), 1000, &ret[0]) &&
           small(json_array_get(value, 1), 1000, &ret[1]) && ret[1] > 0 && ret[0] <= ret[1];
}

static void read_rule(const char *description, struct td_election_rule *ret)
{
    json_t *value = json_loads(description, JSON_REJECT_DUPLICATES, NULL);
    struct td_election_rule rule = {0};
    if (small(json_object_get(value, "members"), 100000, &rule.members) && rule.members > 0 &&
        small(json_object_get(value, "present"), rule.members, &rule.present) &&
        small(json_object_get(value, "of"), rule.present, &rule.of) && rule.of > 0 &&
        read_part(json_object_get(value, "quorum"), rule.quorum) &&
        read_part(json_object_get(value, "majority"), rule.majority))
        *ret = rule;
    json_decref(value);
}

static int read_members(struct td_group *group, struct td_election *election,
                        struct td_error *reterr)
{
    json_t *value = election->value;
    const char *description = td_json_text(value, "description");
    int version = 0;
    size_t length;
    election->uuid = td_json_text(value, "uuid");
    election->name = td_json_text(value, "name");
    length = strlen(election->uuid);
    if (!small(json_object_get(value, "version"), 1, &version) || version != 1)
        return td_error_set(reterr, TD_EINVALID, "election: version: 1 is the one known here");
    if (strcmp(td_json_text(value, "group"), TD_GROUP_NAME))
        return td_error_set(reterr, TD_EINVALID, "election: group: not " TD_GROUP_NAME);
    if (length < UUID_MIN || length > UUID_MAX || strspn(election->uuid, td_base58) != length)
        return td_error_set(reterr, TD_EINVALID, "election: uuid: not of base 58");
    if (!td_group_read(group, election->y, json_object_get(value, "public_key")))
        return td_error_set(reterr, TD_EINVALID, "election: public_key: not of the group");
    read_rule(description, &election->rule);
    return read_questions(election, reterr);
}

int td_election_read(struct td_group *group, const char *text, size_t length,
                     struct td_election *ret, struct td_error *reterr)
{
    struct td_election election = {
        .value = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL),
        .y = td_group_number(group),
    };
    if (!election.value)
        return td_error_set(reterr, TD_EINVALID, "election: no JSON");
    int result = read_members(group, &election, reterr);
    td_election_fingerprint(text, length, election.fingerprint);
    if (result < 0)
        td_election_done(&election);
    else
        *ret = election;
    return result;
}

void td_election_done(struct td_election *election)
{
    json_decref(election->value);
    free(election->questions);
    *election = (struct td_election){0};
}

char *td_election_make(struct td_group *group, const char *uuid, const char *name,
                       const struct td_election_rule *rule, const BIGNUM *y, const json_t *titles)
{
    size_t i;
    json_t *title, *questions = json_array();
    json_array_foreach((json_t *)titles, i, title)
        json_array_append_new(questions,
                              json_pack("{s:[s,s,s], s:i, s:i, s:O}", "answers", "同意", "不同意",
                                        "弃权", "min", 1, "max", 1, "question", title));
    json_t *description = json_sprintf(
        "{\"members\":%d,\"present\":%d,\"of\":%d,\"quorum\":[%d,%d],\"majority\":[%d,%d]}",
        rule->members, rule->present, rule->of, rule->quorum[0], rule->quorum[1], rule->majority[0],
        rule->majority[1]);
    json_t *value = json_pack("{s:i, s:o, s:s, s:s, s:o, s:o, s:s, s:s, s:s}", "version", 1,
                              "description", description, "name", name, "group", TD_GROUP_NAME,
                              "public_key", td_group_json(group, y), "questions", questions, "uuid",
                              uuid, "administrator", "titled", "credential_authority", "titled");
    char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
    json_decref(value);
    return text;
}
