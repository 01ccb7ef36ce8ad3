/* ballot_work.c - see ballot_work.h. Secrets live on the stack or in numbers of the group, and are
 * wiped. */
#include "review/ballot_work.h"

#include "ballot/archive.h"
#include "ballot/count.h"
#include "ballot/credential.h"
#include "ballot/paper.h"
#include "base/json.h"
#include "base/log.h"
#include "review/ballot_rows.h"
#include "review/ceremony.h"
#include "review/row.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

void td_ballot_work_tracker(const char *paper, char ret[44])
{
    td_election_fingerprint(paper, strlen(paper), ret);
}

const json_t *td_ballot_find(const json_t *kept, const char *id)
{
    size_t i;
    json_t *one = NULL;
    json_array_foreach(json_object_get(kept, "elections"), i, one)
        if (!strcmp(td_row_text(one, "id"), id))
            return one;
    return NULL;
}

/* Ends a piece of work: group and, after a failure, the value. Without memory no check held, so
 * what was refused was not looked at. */
static int end(struct td_group *group, int rc, json_t *value, json_t **ret_value,
               struct td_error *reterr)
{
    if (!group || group->failed) {
        if (reterr)
            td_error_done(reterr);
        rc = TD_ENOMEM;
    }
    if (group)
        td_group_end(group);
    td_group_free(group);
    if (rc < 0)
        json_decref(value);
    else if (ret_value)
        *ret_value = value;
    return rc;
}

static struct td_group *begin(void)
{
    struct td_group *group = td_group_new();
    if (group)
        td_group_start(group);
    return group;
}

/* --- credentials ------------------------------------------------------------------------------ */

int td_ballot_work_keys(const json_t *kept, const json_t *keys, struct td_error *reterr)
{
    struct td_group *group = begin();
    const char *id;
    json_t *key = NULL;
    int rc = group ? 0 : TD_ENOMEM;
    BIGNUM *number = group ? td_group_number(group) : NULL;
    if (rc == 0 && json_object_size(keys) != json_array_size(json_object_get(kept, "elections")))
        rc = td_error_field(reterr, "keys", "credential_key", "one key for each election");
    json_object_foreach((json_t *)keys, id, key) /* 1 is the key of a code that everybody knows */
        if (rc == 0 &&
            (!td_ballot_find(kept, id) || !td_group_read(group, number, key) || BN_is_one(number)))
            rc = td_error_field(reterr, "keys", "credential_key",
                                "%s: no election to register in, or no key of the group", id);
    return end(group, rc, NULL, NULL, reterr);
}

int td_ballot_work_code(const json_t *kept, json_t **ret_made, struct td_error *reterr)
{
    struct td_group *group = begin();
    char code[TD_CREDENTIAL_ROOM];
    json_t *keys = json_object(), *one = NULL;
    size_t i;
    td_credential_make(code);
    json_array_foreach(json_object_get(kept, "elections"), i, one) {
        if (!group)
            break;
        td_group_start(group);
        BIGNUM *secret = td_group_number(group), *key = td_group_number(group);
        td_credential_secret(group, code, td_row_text(one, "uuid"), secret);
        td_group_power_secret(group, key, group->g, secret);
        if (json_object_set_new(keys, td_row_text(one, "id"), td_group_json(group, key)) < 0)
            group->failed = true;
        td_group_wipe(secret);
        td_group_end(group);
    }
    json_t *made = json_pack("{s:s, s:o}", "voting_code", code, "keys", keys);
    td_credential_wipe(code);
    return end(group, made ? 0 : TD_ENOMEM, made, ret_made, reterr);
}

/* --- papers ----------------------------------------------------------------------------------- */

/* What the records hold was checked when it came: that it cannot be read is nobody's mistake who
 * asks. */
static int own_record(int rc, const char *why, struct td_error *reterr)
{
    if (rc == 0 || rc == TD_ENOMEM)
        return rc;
    TD_LOG(TD_LOG_WARNING, "ballot.unreadable", TD_S("because", why));
    return td_error_key(reterr, TD_EINTERNAL, "vote_unreadable", NULL);
}

static int read_election(struct td_group *group, const json_t *texts, struct td_election *ret,
                         struct td_error *reterr)
{
    const char *text = td_row_text(texts, "election");
    struct td_error why = TD_ERROR_INIT;
    int rc = own_record(td_election_read(group, text, strlen(text), ret, &why), why.detail, reterr);
    td_error_done(&why);
    return rc;
}

static int find_on_list(const json_t *election, const char *credential, const char *field,
                        struct td_error *reterr)
{
    json_t *list = json_loads(td_row_text(election, "credentials"), 0, NULL);
    bool found = td_json_lists(list, credential);
    bool read = list != NULL;
    json_decref(list);
    if (!read)
        return own_record(TD_EINVALID, "credentials: no JSON", reterr);
    return found ? 0
                 : td_error_field(reterr, field, "code_not_on_list", "this code has no vote here");
}

static int accept(const json_t *election, const char *credential, const char *paper, json_t *papers)
{
    char tracker[44];
    td_ballot_work_tracker(paper, tracker);
    json_t *accepted = json_pack("{s:O, s:O, s:s, s:s, s:s}", "id", json_object_get(election, "id"),
                                 "number", json_object_get(election, "number"), "credential",
                                 credential, "paper", paper, "tracker", tracker);
    return json_array_append_new(papers, accepted) < 0 ? TD_ENOMEM : 0;
}

static int check_paper(struct td_group *group, const json_t *election, const char *text,
                       json_t *papers, struct td_error *reterr)
{
    struct td_election read;
    struct td_error why = TD_ERROR_INIT;
    json_t *paper = NULL;
    td_group_start(group);
    int rc = read_election(group, election, &read, reterr);
    if (rc == 0) {
        rc = td_paper_check(group, &read, text, strlen(text), &paper, &why);
        td_election_done(&read);
        if (rc < 0)
            rc = td_error_field(reterr, "papers", "paper", "%s", why.detail);
    }
    const char *credential = td_row_text(paper, "credential");
    if (rc == 0)
        rc = find_on_list(election, credential, "papers", reterr);
    if (rc == 0)
        rc = accept(election, credential, text, papers);
    td_error_done(&why);
    json_decref(paper);
    td_group_end(group);
    return rc;
}

int td_ballot_work_papers(const json_t *kept, const json_t *papers, json_t **ret_papers,
                          struct td_error *reterr)
{
    struct td_group *group = begin();
    json_t *list = json_array(), *paper = NULL;
    const char *id;
    int rc = group ? 0 : TD_ENOMEM;
    json_object_foreach((json_t *)papers, id, paper) {
        const json_t *election = td_ballot_find(kept, id);
        if (rc == 0 && (!election || !json_is_string(paper)))
            rc = td_error_field(reterr, "papers", "paper", "%s: no election to vote in", id);
        if (rc == 0)
            rc = check_paper(group, election, json_string_value(paper), list, reterr);
    }
    return end(group, rc, list, ret_papers, reterr);
}

static int choice_of(const char *word)
{
    static const char *const words[] = {"yes", "no", "abstain"};
    for (int i = 0; i < 3; i++)
        if (!strcmp(word, words[i]))
            return i;
    return -1;
}

/* Overwrites a text where it lies; its value stays a text of that length. */
static void wipe_text(json_t *text)
{
    if (json_is_string(text))
        OPENSSL_cleanse((char *)json_string_value(text), json_string_length(text));
}

/* The answers to an election's questions: how many are given. */
static size_t gather(const json_t *election, const json_t *choices, int *answers,
                     struct td_error *reterr, int *rc)
{
    size_t i, given = 0;
    json_t *motion = NULL;
    json_array_foreach(json_object_get(election, "motions"), i, motion) {
        const char *word = td_row_text(choices, json_string_value(motion));
        answers[i] = choice_of(word);
        given += *word != 0;
        if (*word && answers[i] < 0)
            *rc = td_error_field(reterr, "choices", "choice", "yes, no or abstain");
    }
    return given;
}

/* A paper is final: one that came out wrong, because memory or the machine failed, would lose the
 * vote. */
static bool holds(struct td_group *group, const struct td_election *election, const char *text)
{
    json_t *paper = NULL;
    bool does = td_paper_check(group, election, text, strlen(text), &paper, NULL) == 0;
    json_decref(paper);
    return does;
}

static int make_paper(struct td_group *group, const json_t *election, const char *code,
                      const int *answers, json_t *papers, struct td_error *reterr)
{
    struct td_election read;
    td_group_start(group);
    BIGNUM *secret = td_group_number(group), *key = td_group_number(group);
    int rc = read_election(group, election, &read, reterr);
    if (rc == 0) {
        td_credential_secret(group, code, read.uuid, secret);
        td_group_power_secret(group, key, group->g, secret);
        json_t *credential = td_group_json(group, key);
        const char *name = credential ? json_string_value(credential) : "";
        rc = find_on_list(election, name, "voting_code", reterr);
        char *paper = rc == 0 ? td_paper_make(group, &read, code, answers) : NULL;
        if (rc == 0)
            rc = paper && holds(group, &read, paper) ? accept(election, name, paper, papers)
                                                     : TD_ENOMEM;
        free(paper);
        json_decref(credential);
        td_election_done(&read);
    }
    td_group_wipe(secret);
    td_group_end(group);
    return rc;
}

static int make_papers(struct td_group *group, const json_t *kept, const char *code,
                       const json_t *choices, json_t *papers, struct td_error *reterr)
{
    size_t i;
    json_t *election = NULL;
    int rc = 0;
    json_array_foreach(json_object_get(kept, "elections"), i, election) {
        size_t count = json_array_size(json_object_get(election, "motions"));
        int *answers = calloc(count + 1, sizeof(*answers));
        size_t given = answers ? gather(election, choices, answers, reterr, &rc) : 0;
        if (!answers)
            rc = TD_ENOMEM;
        if (rc == 0 && given > 0 && given < count)
            rc = td_error_field(reterr, "choices", "choices_missing",
                                "every dossier of a vote needs its choice");
        if (rc == 0 && given > 0)
            rc = make_paper(group, election, code, answers, papers, reterr);
        if (answers)
            OPENSSL_cleanse(answers, (count + 1) * sizeof(*answers));
        free(answers);
        if (rc < 0)
            return rc;
    }
    return json_array_size(papers) > 0
               ? 0
               : td_error_field(reterr, "choices", "required", "no vote was given");
}

int td_ballot_work_choices(const json_t *kept, json_t *code, json_t *choices, json_t **ret_papers,
                           struct td_error *reterr)
{
    struct td_group *group = begin();
    json_t *papers = json_array(), *choice = NULL;
    const char *name;
    int rc = group && papers ? 0 : TD_ENOMEM;
    if (rc == 0 && (!json_is_string(code) || !td_credential_is(json_string_value(code))))
        rc = td_error_field(reterr, "voting_code", "voting_code",
                            "not a voting code: 15 characters");
    if (rc == 0)
        rc = make_papers(group, kept, json_string_value(code), choices, papers, reterr);
    wipe_text(code);
    json_object_foreach(choices, name, choice)
        wipe_text(choice);
    return end(group, rc, papers, ret_papers, reterr);
}

/* --- sums ------------------------------------------------------------------------------------- */

static json_t *read_papers(const json_t *texts)
{
    size_t i;
    json_t *text = NULL, *papers = json_array();
    json_array_foreach(json_object_get(texts, "papers"), i, text)
        json_array_append_new(papers, json_loads(json_string_value(text), 0, NULL));
    return papers;
}

static char *write_value(const json_t *value)
{
    struct td_strbuf text;
    td_strbuf_init(&text);
    td_json_write(value, &text);
    return td_strbuf_take(&text, NULL);
}

static int sum_up(struct td_group *group, const json_t *texts, json_t *list,
                  struct td_error *reterr)
{
    struct td_election election;
    td_group_start(group);
    int rc = read_election(group, texts, &election, reterr);
    if (rc == 0) {
        json_t *papers = read_papers(texts);
        size_t count = json_array_size(papers);
        bool whole = count == json_array_size(json_object_get(texts, "papers"));
        json_t **each = whole ? calloc(count + 1, sizeof(json_t *)) : NULL;
        for (size_t i = 0; each && i < count; i++)
            each[i] = json_array_get(papers, i);
        json_t *sums = each ? td_count_sums(group, &election, each, count) : NULL;
        char *text = sums ? write_value(sums) : NULL;
        rc = text ? json_array_append_new(list, json_pack("{s:O, s:I, s:s}", "id",
                                                          json_object_get(texts, "id"), "papers",
                                                          (json_int_t)count, "sums", text))
                  : -1;
        if (rc < 0)
            rc = whole ? TD_ENOMEM : own_record(TD_EINVALID, "papers: no JSON", reterr);
        free(text);
        free(each);
        json_decref(sums);
        json_decref(papers);
        td_election_done(&election);
    }
    td_group_end(group);
    return rc;
}

int td_ballot_work_sums(const json_t *kept, json_t **ret_sums, struct td_error *reterr)
{
    struct td_group *group = begin();
    json_t *list = json_array(), *one = NULL;
    size_t i;
    int rc = group ? 0 : TD_ENOMEM;
    json_array_foreach(json_object_get(kept, "elections"), i, one)
        if (rc == 0)
            rc = sum_up(group, one, list, reterr);
    return end(group, rc, list, ret_sums, reterr);
}

/* --- factors and result ----------------------------------------------------------------------- */

struct opening {
    struct td_election election;
    struct td_trustees trustees;
    json_t *sums, *factors;
    int owner;
};

static int check_factors(struct td_group *group, const struct opening *opening,
                         struct td_error *reterr)
{
    struct td_error why = TD_ERROR_INIT;
    int rc =
        td_count_check_factors(group, &opening->election, opening->sums,
                               opening->trustees.keys[opening->owner - 1], opening->factors, &why);
    if (rc == TD_EINVALID)
        rc = td_error_field(reterr, "factors", "trustee_factors", "%s", why.detail);
    td_error_done(&why);
    return rc;
}

/* All factors with those that came before, by trustee's number: [{"number", "factors"}]; NULL
 * without memory. */
static json_t *all_factors(const json_t *kept, int owner, const char *factors)
{
    size_t i, at = 0;
    json_t *one = NULL, *all = json_array();
    json_array_foreach(json_object_get(kept, "factors"), i, one) {
        json_array_append(all, one);
        at += td_row_int(one, "number") < owner;
    }
    json_array_insert_new(all, at, json_pack("{s:i, s:s}", "number", owner, "factors", factors));
    if (json_array_size(all) == json_array_size(json_object_get(kept, "factors")) + 1)
        return all;
    json_decref(all);
    return NULL;
}

static int open_result(struct td_group *group, const struct opening *opening, const json_t *all,
                       size_t papers, char **ret_result, struct td_error *reterr)
{
    json_t *factors[TD_CEREMONY_TRUSTEES] = {0}, *result = NULL, *one = NULL;
    int owners[TD_CEREMONY_TRUSTEES];
    size_t i;
    json_array_foreach((json_t *)all, i, one) {
        owners[i] = (int)td_row_int(one, "number");
        factors[i] = json_loads(td_row_text(one, "factors"), 0, NULL);
        if (!factors[i])
            group->failed = true;
    }
    int rc = td_count_result(group, &opening->election, &opening->trustees, opening->sums, owners,
                             factors, papers, &result, reterr);
    if (rc == 0 && !(result && (*ret_result = write_value(result))))
        rc = TD_ENOMEM;
    json_decref(result);
    for (i = 0; i < TD_CEREMONY_TRUSTEES; i++)
        json_decref(factors[i]);
    return rc;
}

/* With enough factors: the result and the archive's head. */
static int finish(struct td_group *group, const struct opening *opening, const json_t *kept,
                  const char *factors, json_t *checked, struct td_error *reterr)
{
    json_t *all = all_factors(kept, opening->owner, factors);
    char *result = NULL, *bytes = NULL, head[65];
    size_t length = 0;
    int rc = all ? 0 : TD_ENOMEM;
    if (rc == 0 && (int)json_array_size(all) >= opening->trustees.threshold)
        rc = open_result(group, opening, all, json_array_size(json_object_get(kept, "papers")),
                         &result, reterr);
    if (result) {
        json_t *texts = json_copy((json_t *)kept);
        bool set = json_object_set(texts, "factors", all) == 0 &&
                   json_object_set_new(texts, "result", json_string(result)) == 0;
        rc = set ? td_ballot_work_archive(texts, &bytes, &length, head) : TD_ENOMEM;
        if (rc == 0 && (json_object_set_new(checked, "result", json_string(result)) < 0 ||
                        json_object_set_new(checked, "head", json_string(head)) < 0))
            rc = TD_ENOMEM;
        json_decref(texts);
    }
    free(bytes);
    free(result);
    json_decref(all);
    return rc;
}

int td_ballot_work_factors(const json_t *kept, const char *factors, json_t **ret_checked,
                           struct td_error *reterr)
{
    struct td_group *group = begin();
    const char *trustees = td_row_text(kept, "trustees"), *sums = td_row_text(kept, "sums");
    struct opening opening = {.owner = (int)td_row_int(kept, "owner"),
                              .sums = json_loads(sums, 0, NULL),
                              .factors = json_loads(factors, JSON_REJECT_DUPLICATES, NULL)};
    char *text = opening.factors ? write_value(opening.factors) : NULL;
    struct td_error why = TD_ERROR_INIT;
    json_t *checked =
        json_pack("{s:i, s:s, s:i}", "owner", opening.owner, "factors", text ? text : "", "before",
                  (int)json_array_size(json_object_get(kept, "factors")));
    int rc = group && checked ? 0 : TD_ENOMEM;
    if (rc == 0 && !text)
        rc = td_error_field(reterr, "factors", "trustee_factors", "no JSON");
    if (rc == 0)
        rc = own_record(opening.sums ? 0 : TD_EINVALID, "sums: no JSON", reterr);
    if (rc == 0)
        rc =
            own_record(td_trustees_read(group, trustees, strlen(trustees), &opening.trustees, &why),
                       why.detail, reterr);
    if (rc == 0)
        rc = read_election(group, kept, &opening.election, reterr);
    if (rc == 0) {
        rc = check_factors(group, &opening, reterr);
        if (rc == 0)
            rc = finish(group, &opening, kept, text, checked, reterr);
        td_election_done(&opening.election);
    }
    free(text);
    td_error_done(&why);
    json_decref(opening.sums);
    json_decref(opening.factors);
    return end(group, rc, checked, ret_checked, reterr);
}

/* --- archive ---------------------------------------------------------------------------------- */

static void add(struct td_archive_writer *writer, const char *text, char ret[TD_ARCHIVE_HASH + 1])
{
    td_archive_add(writer, text, strlen(text), ret);
}

/* Takes over the value. */
static void add_value(struct td_archive_writer *writer, json_t *value,
                      char ret[TD_ARCHIVE_HASH + 1])
{
    char *text = value ? write_value(value) : NULL;
    ret[0] = 0;
    if (text)
        add(writer, text, ret);
    else
        writer->bytes.failed = true;
    free(text);
    json_decref(value);
}

static void add_setup(struct td_archive_writer *writer, const json_t *texts)
{
    static const char *const parts[] = {"election", "trustees", "credentials"};
    char hash[3][TD_ARCHIVE_HASH + 1], setup[TD_ARCHIVE_HASH + 1];
    for (int i = 0; i < 3; i++)
        add(writer, td_row_text(texts, parts[i]), hash[i]);
    add_value(writer,
              json_pack("{s:s, s:s, s:s}", parts[0], hash[0], parts[1], hash[1], parts[2], hash[2]),
              setup);
    td_archive_event(writer, "Setup", setup);
}

static void add_papers(struct td_archive_writer *writer, const json_t *texts)
{
    char hash[TD_ARCHIVE_HASH + 1];
    size_t i;
    json_t *text = NULL;
    json_array_foreach(json_object_get(texts, "papers"), i, text) {
        add(writer, json_string_value(text), hash);
        td_archive_event(writer, "Ballot", hash);
    }
    td_archive_event(writer, "EndBallots", NULL);
}

static void add_count(struct td_archive_writer *writer, const json_t *texts)
{
    int count = (int)json_array_size(json_object_get(texts, "papers"));
    char hash[TD_ARCHIVE_HASH + 1], outer[TD_ARCHIVE_HASH + 1];
    size_t i;
    json_t *one = NULL;
    add(writer, td_row_text(texts, "sums"), hash);
    add_value(writer,
              json_pack("{s:i, s:i, s:s}", "num_tallied", count, "total_weight", count,
                        "encrypted_tally", hash),
              outer);
    td_archive_event(writer, "EncryptedTally", outer);
    json_array_foreach(json_object_get(texts, "factors"), i, one) {
        add(writer, td_row_text(one, "factors"), hash);
        add_value(writer,
                  json_pack("{s:O, s:s}", "owner", json_object_get(one, "number"), "payload", hash),
                  outer);
        td_archive_event(writer, "PartialDecryption", outer);
    }
    if (*td_row_text(texts, "result")) {
        add(writer, td_row_text(texts, "result"), hash);
        td_archive_event(writer, "Result", hash);
    }
}

int td_ballot_work_archive(const json_t *texts, char **ret_bytes, size_t *ret_length,
                           char ret_head[65])
{
    struct td_archive_writer writer;
    td_archive_start(&writer, td_row_int(texts, "archived_at"));
    add_setup(&writer, texts);
    add_papers(&writer, texts);
    add_count(&writer, texts);
    memcpy(ret_head, writer.head, TD_ARCHIVE_HASH + 1);
    char *bytes = td_archive_finish(&writer, ret_length);
    if (!bytes)
        return TD_ENOMEM;
    *ret_bytes = bytes;
    return 0;
}
