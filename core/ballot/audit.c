/* audit.c - walks an archive's events in their order and checks what each brings. A step is one row
 * of `steps`; it runs in the stage that the row names and leads to the next. */
#include "ballot/audit.h"

#include "ballot/archive.h"
#include "ballot/count.h"
#include "ballot/paper.h"
#include "ballot/trustee.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum stage { EMPTY, OPEN, CLOSED, SUMMED, COUNTED };

static const char *const stage_names[] = {"empty", "open", "closed", "summed", "counted"};

struct audit {
    struct td_group *group;
    struct td_archive archive;
    struct td_election election;
    struct td_trustees trustees;
    json_t *credentials; /* their public keys as texts */
    char credentials_fingerprint[TD_ELECTION_FINGERPRINT + 1];
    json_t *papers;   /* every ballot accepted */
    json_t *trackers; /* theirs */
    json_t **tallied; /* borrowed from papers: the last of each credential */
    size_t tallied_count;
    json_t *sums, *result;
    json_t *factors[TD_TRUSTEES_MAX];
    int owners[TD_TRUSTEES_MAX], opened;
    enum stage stage;
    size_t at; /* file of the present event */
    int height;
    const char *head;
};

/* The payload's file; NULL after a refusal in reterr. */
static const struct td_archive_file *payload(struct audit *audit, const char *hash,
                                             const char *what, struct td_error *reterr)
{
    const struct td_archive_file *file = td_archive_find(&audit->archive, hash, audit->at);
    if (!file)
        td_error_set(reterr, TD_EINVALID, "%s: not before its event in the archive", what);
    return file;
}

/* The payload as a value of exactly this shape (NULL: any); a new reference, NULL after a refusal.
 */
static json_t *payload_value(struct audit *audit, const char *hash, const char *what,
                             const char *const *members, struct td_error *reterr)
{
    const struct td_archive_file *file = payload(audit, hash, what, reterr);
    json_t *value =
        file ? json_loadb(file->text, file->length, JSON_REJECT_DUPLICATES, NULL) : NULL;
    if (file && (!value || (members && !td_proof_shape(value, members)))) {
        td_error_set(reterr, TD_EINVALID, "%s: not of its form", what);
        json_decref(value);
        return NULL;
    }
    return value;
}

/* --- setup ----------------------------------------------------------------------------------- */

/* "key", "key,weight" or "key,weight,name": the weight is 1 here. */
static bool credential_key(struct td_group *group, const char *entry, BIGNUM *room, json_t **ret)
{
    size_t length = strcspn(entry, ",");
    const char *weight = entry + length + (entry[length] != 0);
    size_t weight_length = strcspn(weight, ",");
    if (weight_length > 1 || (weight_length == 1 && *weight != '1'))
        return false;
    *ret = json_stringn(entry, length);
    return td_group_read(group, room, *ret);
}

static int read_credentials(struct audit *audit, const char *hash, struct td_error *reterr)
{
    json_t *list = payload_value(audit, hash, "credentials", NULL, reterr), *entry, *seen;
    const struct td_archive_file *file = list ? payload(audit, hash, "credentials", reterr) : NULL;
    size_t i;
    int result = 0;
    if (!file)
        return TD_EINVALID;
    td_election_fingerprint(file->text, file->length, audit->credentials_fingerprint);
    audit->credentials = json_object();
    if (!json_is_array(list))
        result = td_error_set(reterr, TD_EINVALID, "credentials: not a list");
    td_group_start(audit->group);
    BIGNUM *room = td_group_number(audit->group);
    json_array_foreach(list, i, entry) {
        json_t *key = NULL;
        const char *text = json_string_value(entry);
        if (result == 0 && !(text && credential_key(audit->group, text, room, &key)))
            result =
                td_error_set(reterr, TD_EINVALID,
                             "credentials: number %zu: no key of the group with weight 1", i + 1);
        seen = key ? json_object_get(audit->credentials, json_string_value(key)) : NULL;
        if (result == 0 && seen)
            result =
                td_error_set(reterr, TD_EINVALID, "credentials: number %zu: there twice", i + 1);
        if (result == 0)
            json_object_set_new(audit->credentials, json_string_value(key), json_true());
        json_decref(key);
    }
    td_group_end(audit->group);
    json_decref(list);
    return result;
}

/* The least number of `of` that is the part: 2/3 of 11 is 8. */
static int least(const int part[2], int of)
{
    return (part[0] * of + part[1] - 1) / part[1];
}

static int check_rule(const struct audit *audit, struct td_error *reterr)
{
    const struct td_election_rule *rule = &audit->election.rule;
    size_t voters = json_object_size(audit->credentials);
    if (rule->members == 0)
        return 0;
    if (rule->present < least(rule->quorum, rule->members))
        return td_error_set(reterr, TD_EINVALID, "quorum: %d of %d members present, %d are needed",
                            rule->present, rule->members, least(rule->quorum, rule->members));
    if (voters > (size_t)rule->of)
        return td_error_set(reterr, TD_EINVALID,
                            "credentials: %zu, more than the %d members whom the majority is of",
                            voters, rule->of);
    return 0;
}

static int read_election(struct audit *audit, const json_t *setup, struct td_error *reterr)
{
    const struct td_archive_file *file =
        payload(audit, td_json_text(setup, "election"), "election", reterr);
    int result =
        file ? td_election_read(audit->group, file->text, file->length, &audit->election, reterr)
             : TD_EINVALID;
    if (result < 0)
        return result;
    file = payload(audit, td_json_text(setup, "trustees"), "trustees", reterr);
    result =
        file ? td_trustees_read(audit->group, file->text, file->length, &audit->trustees, reterr)
             : TD_EINVALID;
    if (result == 0 && !td_group_same(audit->group, audit->trustees.y, audit->election.y))
        result =
            td_error_set(reterr, TD_EINVALID, "election: public_key: not the one of the trustees");
    return result;
}

static int on_setup(struct audit *audit, const char *hash, struct td_error *reterr)
{
    static const char *const members[] = {"election", "trustees", "credentials", NULL};
    json_t *setup = payload_value(audit, hash, "setup", members, reterr);
    if (!setup)
        return TD_EINVALID;
    int result = read_election(audit, setup, reterr);
    if (result == 0)
        result = read_credentials(audit, td_json_text(setup, "credentials"), reterr);
    if (result == 0)
        result = check_rule(audit, reterr);
    json_decref(setup);
    return result;
}

/* --- ballots --------------------------------------------------------------------------------- */

static int on_ballot(struct audit *audit, const char *hash, struct td_error *reterr)
{
    size_t number = json_array_size(audit->papers) + 1;
    struct td_error err = TD_ERROR_INIT;
    json_t *paper = NULL;
    char what[32];
    snprintf(what, sizeof(what), "ballot %zu", number);
    const struct td_archive_file *file = payload(audit, hash, what, reterr);
    if (!file)
        return TD_EINVALID;
    int result =
        td_paper_check(audit->group, &audit->election, file->text, file->length, &paper, &err);
    if (result < 0)
        td_error_set(reterr, result, "%s: %s", what, err.detail);
    else if (!json_object_get(audit->credentials, td_json_text(paper, "credential")))
        result = td_error_set(reterr, TD_EINVALID, "%s: credential: not on the list", what);
    if (paper) {
        char tracker[TD_ELECTION_FINGERPRINT + 1];
        td_election_fingerprint(file->text, file->length, tracker);
        json_array_append_new(audit->papers, paper);
        json_array_append_new(audit->trackers, json_string(tracker));
    }
    td_error_done(&err);
    return result;
}

/* Of each credential the last ballot, the latest first: sums have no order. */
static int on_end(struct audit *audit, const char *hash, struct td_error *reterr)
{
    size_t count = json_array_size(audit->papers);
    json_t *later = json_object();
    (void)hash;
    (void)reterr;
    audit->tallied = calloc(count + 1, sizeof(*audit->tallied));
    if (!audit->tallied || !later) {
        json_decref(later);
        return TD_ENOMEM;
    }
    for (size_t i = count; i-- > 0;) {
        json_t *paper = json_array_get(audit->papers, i);
        const char *credential = td_json_text(paper, "credential");
        if (json_object_get(later, credential))
            continue;
        json_object_set_new(later, credential, json_true());
        audit->tallied[audit->tallied_count++] = paper;
    }
    json_decref(later);
    return 0;
}

/* --- counting -------------------------------------------------------------------------------- */

static int check_sums(struct audit *audit, const json_t *sized, struct td_error *reterr)
{
    const struct td_archive_file *file =
        payload(audit, td_json_text(sized, "encrypted_tally"), "encrypted tally: its sums", reterr);
    if (!file)
        return TD_EINVALID;
    audit->sums =
        td_count_sums(audit->group, &audit->election, audit->tallied, audit->tallied_count);
    return td_json_is_written(audit->sums, file->text, file->length)
               ? 0
               : td_error_set(reterr, TD_EINVALID, "encrypted tally: not the sum of the ballots");
}

static int on_tally(struct audit *audit, const char *hash, struct td_error *reterr)
{
    static const char *const members[] = {"num_tallied", "total_weight", "encrypted_tally", NULL};
    json_t *sized = payload_value(audit, hash, "encrypted tally", members, reterr);
    if (!sized)
        return TD_EINVALID;
    json_t *count = json_integer((json_int_t)audit->tallied_count);
    int result = 0;
    if (!json_equal(json_object_get(sized, "num_tallied"), count) ||
        !json_equal(json_object_get(sized, "total_weight"), count))
        result = td_error_set(reterr, TD_EINVALID,
                              "encrypted tally: num_tallied, total_weight: %zu ballots count",
                              audit->tallied_count);
    if (result == 0)
        result = check_sums(audit, sized, reterr);
    json_decref(count);
    json_decref(sized);
    return result;
}

static int check_owned(struct audit *audit, const json_t *owned, const char *what,
                       struct td_error *reterr)
{
    json_int_t owner = json_integer_value(json_object_get(owned, "owner"));
    struct td_error err = TD_ERROR_INIT;
    if (owner < 1 || owner > audit->trustees.count)
        return td_error_set(reterr, TD_EINVALID, "%s: owner: no such trustee", what);
    for (int i = 0; i < audit->opened; i++)
        if (audit->owners[i] == owner)
            return td_error_set(reterr, TD_EINVALID, "%s: owner: a second time", what);
    json_t *factors = payload_value(audit, td_json_text(owned, "payload"), what, NULL, reterr);
    if (!factors)
        return TD_EINVALID;
    int result = td_count_check_factors(audit->group, &audit->election, audit->sums,
                                        audit->trustees.keys[owner - 1], factors, &err);
    if (result < 0)
        td_error_set(reterr, result, "%s, of trustee %d: %s", what, (int)owner, err.detail);
    td_error_done(&err);
    audit->factors[audit->opened] = factors;
    audit->owners[audit->opened++] = (int)owner;
    return result;
}

static int on_decryption(struct audit *audit, const char *hash, struct td_error *reterr)
{
    static const char *const members[] = {"owner", "payload", NULL};
    char what[48];
    snprintf(what, sizeof(what), "partial decryption %d", audit->opened + 1);
    json_t *owned = payload_value(audit, hash, what, members, reterr);
    int result = owned ? check_owned(audit, owned, what, reterr) : TD_EINVALID;
    json_decref(owned);
    return result;
}

static int on_result(struct audit *audit, const char *hash, struct td_error *reterr)
{
    if (audit->opened < audit->trustees.threshold)
        return td_error_set(reterr, TD_EINVALID, "result: opened by %d trustees, %d are needed",
                            audit->opened, audit->trustees.threshold);
    json_t *claimed = payload_value(audit, hash, "result", NULL, reterr);
    if (!claimed)
        return TD_EINVALID;
    int result = td_count_result(audit->group, &audit->election, &audit->trustees, audit->sums,
                                 audit->owners, audit->factors, audit->tallied_count,
                                 &audit->result, reterr);
    if (result == 0 && !json_equal(claimed, audit->result))
        result = td_error_set(reterr, TD_EINVALID, "result: not what the sums open to");
    json_decref(claimed);
    return result;
}

/* --- events ---------------------------------------------------------------------------------- */

static const struct step {
    const char *type;
    enum stage from, to;
    bool has_payload;
    int (*run)(struct audit *audit, const char *hash, struct td_error *reterr);
} steps[] = {
    {"Setup", EMPTY, OPEN, true, on_setup},
    {"Ballot", OPEN, OPEN, true, on_ballot},
    {"EndBallots", OPEN, CLOSED, false, on_end},
    {"EncryptedTally", CLOSED, SUMMED, true, on_tally},
    {"PartialDecryption", SUMMED, SUMMED, true, on_decryption},
    {"Result", SUMMED, COUNTED, true, on_result},
};

static const struct step *find_step(const char *type)
{
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        if (!strcmp(steps[i].type, type))
            return &steps[i];
    return NULL;
}

static bool is_next(const struct audit *audit, const struct step *step, const char *hash,
                    const struct td_archive_file *file)
{
    struct td_strbuf expected;
    td_strbuf_init(&expected);
    td_archive_event_text(&expected, audit->head, audit->height, step->type,
                          step->has_payload ? hash : NULL);
    bool same =
        expected.length == file->length && !memcmp(expected.bytes, file->text, file->length);
    td_strbuf_done(&expected);
    return same;
}

static int take_step(struct audit *audit, const struct step *step, const char *hash,
                     const struct td_archive_file *file, struct td_error *reterr)
{
    if (!is_next(audit, step, hash, file))
        return td_error_set(reterr, TD_EINVALID,
                            "event %d, %s: does not continue the event before it", audit->height,
                            step->type);
    if (step->from != audit->stage)
        return td_error_set(reterr, TD_EINVALID, "event %d, %s: out of its turn", audit->height,
                            step->type);
    int result = step->run(audit, hash, reterr);
    if (audit->group->failed)
        result = td_error_set(reterr, TD_ENOMEM, "not enough memory");
    if (result < 0)
        return result;
    audit->stage = step->to;
    audit->height++;
    audit->head = file->hash;
    return 0;
}

static int check_event(struct audit *audit, const struct td_archive_file *file,
                       struct td_error *reterr)
{
    json_t *event = json_loadb(file->text, file->length, JSON_REJECT_DUPLICATES, NULL);
    const struct step *step = find_step(td_json_text(event, "type"));
    int result =
        step ? take_step(audit, step, td_json_text(event, "payload"), file, reterr)
             : td_error_set(reterr, TD_EINVALID, "event %d: of no kind known here", audit->height);
    json_decref(event);
    return result;
}

static int check_events(struct audit *audit, struct td_error *reterr)
{
    int result = 0;
    for (audit->at = 0; audit->at < audit->archive.count && result == 0; audit->at++)
        if (audit->archive.files[audit->at].is_event)
            result = check_event(audit, &audit->archive.files[audit->at], reterr);
    if (result < 0)
        return result;
    if (audit->stage == EMPTY)
        return td_error_set(reterr, TD_EINVALID, "no election was set up in it");
    for (size_t i = 0; i < audit->archive.count; i++)
        if (!audit->archive.files[i].is_event && !audit->archive.files[i].used)
            return td_error_set(reterr, TD_EINVALID, "file %zu: no event refers to it", i + 2);
    return 0;
}

/* --- report ---------------------------------------------------------------------------------- */

static json_t *question_report(const struct audit *audit, size_t q)
{
    const struct td_election_rule *rule = &audit->election.rule;
    json_t *counts = json_array_get(json_object_get(audit->result, "result"), q);
    int needed = rule->members ? least(rule->majority, rule->of) : 0;
    json_t *report =
        json_pack("{s:s, s:O?, s:n, s:n}", "question", audit->election.questions[q].title, "counts",
                  counts, "required", "passed");
    if (!counts)
        json_object_set_new(report, "counts", json_null());
    if (rule->members)
        json_object_set_new(report, "required", json_integer(needed));
    if (rule->members && counts)
        json_object_set_new(report, "passed",
                            json_boolean(json_integer_value(json_array_get(counts, 0)) >= needed));
    return report;
}

static json_t *rule_report(const struct td_election_rule *rule)
{
    return rule->members ? json_pack("{s:i, s:i, s:i, s:i}", "members", rule->members, "present",
                                     rule->present, "of", rule->of, "required",
                                     least(rule->quorum, rule->members))
                         : json_null();
}

/* Of the ballots that count; while the vote is open, of all. */
static json_t *trackers_report(const struct audit *audit)
{
    size_t i;
    json_t *paper, *trackers = json_array();
    json_array_foreach(audit->papers, i, paper) {
        bool counts = audit->stage == OPEN;
        for (size_t k = 0; k < audit->tallied_count && !counts; k++)
            counts = audit->tallied[k] == paper;
        if (counts)
            json_array_append(trackers, json_array_get(audit->trackers, i));
    }
    return trackers;
}

static json_t *report(const struct audit *audit)
{
    json_t *questions = json_array(), *opened_by = json_array();
    for (size_t q = 0; q < audit->election.count; q++)
        json_array_append_new(questions, question_report(audit, q));
    for (int i = 0; i < audit->opened; i++)
        json_array_append_new(opened_by, json_integer(audit->owners[i]));
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:i, s:i, s:o, s:o, s:o, s:o}",
                     "name", audit->election.name, "uuid", audit->election.uuid, "fingerprint",
                     audit->election.fingerprint, "credentials", audit->credentials_fingerprint,
                     "head", audit->head, "stage", stage_names[audit->stage], "voters",
                     (json_int_t)json_object_size(audit->credentials), "ballots",
                     (json_int_t)json_array_size(audit->papers), "tallied",
                     (json_int_t)audit->tallied_count, "trustees", audit->trustees.count,
                     "threshold", audit->trustees.threshold, "trackers", trackers_report(audit),
                     "opened_by", opened_by, "rule", rule_report(&audit->election.rule),
                     "questions", questions);
}

static void audit_done(struct audit *audit)
{
    td_archive_done(&audit->archive);
    td_election_done(&audit->election);
    json_decref(audit->credentials);
    json_decref(audit->papers);
    json_decref(audit->trackers);
    json_decref(audit->sums);
    json_decref(audit->result);
    for (int i = 0; i < audit->opened; i++)
        json_decref(audit->factors[i]);
    free(audit->tallied);
    td_group_free(audit->group);
}

/* Everything but the report; audit_done it in any case. */
static int run_audit(struct audit *audit, const char *bytes, size_t length, struct td_error *reterr)
{
    audit->group = td_group_new();
    audit->papers = json_array();
    audit->trackers = json_array();
    if (!audit->group || !audit->papers || !audit->trackers)
        return TD_ENOMEM;
    td_group_start(audit->group); /* to the end of the group: the keys are in it */
    int result = td_archive_read(bytes, length, &audit->archive, reterr);
    return result < 0 ? result : check_events(audit, reterr);
}

int td_audit(const char *bytes, size_t length, json_t **ret_report, struct td_error *reterr)
{
    struct audit audit = {0};
    int result = run_audit(&audit, bytes, length, reterr);
    if (result == 0) {
        json_t *value = report(&audit);
        if (value)
            *ret_report = value;
        else
            result = TD_ENOMEM;
    }
    audit_done(&audit);
    return result;
}

/* --- opening --------------------------------------------------------------------------------- */

/* The trustee's number whose secret this is; 0 when it is nobody's. */
static int owner_of(const struct audit *audit, struct td_group *group, const BIGNUM *share)
{
    int owner = 0;
    td_group_start(group);
    BIGNUM *key = td_group_number(group);
    td_group_power_secret(group, key, group->g, share);
    for (int i = 0; i < audit->trustees.count; i++)
        if (td_group_same(group, key, audit->trustees.keys[i]))
            owner = i + 1;
    td_group_end(group);
    return owner;
}

int td_audit_open(struct td_group *group, const char *bytes, size_t length,
                  const struct td_channel_party *party, const json_t *output, json_t **ret_factors,
                  int *ret_owner, struct td_error *reterr)
{
    struct audit audit = {0};
    td_group_start(group);
    BIGNUM *share = td_group_number(group);
    int result = run_audit(&audit, bytes, length, reterr), owner = 0;
    if (result == 0 && audit.stage != SUMMED)
        result = td_error_set(reterr, TD_ECONFLICT, "the election is %s: there are no sums to open",
                              stage_names[audit.stage]);
    if (result == 0 &&
        !td_trustee_share(group, party, json_object_get(output, "private_key"), share))
        result = td_error_set(reterr, TD_EINVALID, "the output is not of this key");
    if (result == 0 && !(owner = owner_of(&audit, group, share)))
        result = td_error_set(reterr, TD_EFORBIDDEN, "this key is no trustee's of the election");
    if (result == 0) {
        *ret_owner = owner;
        *ret_factors = td_count_factors(group, &audit.election, audit.sums, share);
    }
    td_group_wipe(share);
    td_group_end(group);
    audit_done(&audit);
    return result;
}
