/* audit_test.c - an archive of belenios-tool 2.0 holds; ours hold; no value in one can be another.
 * It includes the archive's .c to seal changed files anew, as one would who can write the whole
 * file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ballot/archive.c"

#include "ballot/audit.h"
#include "ballot/rehearsal.h"
#include "base/json.h"

#include <ctype.h>

enum { YES, NO, ABSTAIN, AWAY = TD_REHEARSAL_STAYS_AWAY };

static char *ours; /* two voters, one dossier */
static size_t ours_length;

static char *rehearse(struct td_election_rule rule, int voters, const int *choices,
                      size_t *ret_length)
{
    struct td_rehearsal rehearsal = {
        .name = "评审会议",
        .rule = rule,
        .voters = voters,
        .dossiers = 1,
        .choices = choices,
        .trustees = 3,
        .threshold = 2,
    };
    char *bytes = NULL;
    assert_int_equal(td_rehearsal_run(&rehearsal, &bytes, ret_length, NULL), 0);
    return bytes;
}

static const struct td_election_rule pair = {2, 2, 2, {2, 3}, {2, 3}};

static int start(void **state)
{
    static const int choices[] = {YES, ABSTAIN};
    (void)state;
    ours = rehearse(pair, 2, choices, &ours_length);
    return 0;
}

static int end(void **state)
{
    (void)state;
    free(ours);
    return 0;
}

static char *read_fixture(size_t *ret_length)
{
    FILE *file = fopen(TD_SOURCE_FOLDER "/tests/unit/ballot/belenios.bel", "re");
    char *bytes = malloc(1 << 20);
    assert_non_null(file);
    *ret_length = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

static json_t *holds(const char *bytes, size_t length)
{
    struct td_error err = TD_ERROR_INIT;
    json_t *report = NULL;
    int result = td_audit(bytes, length, &report, &err);
    assert_string_equal(err.detail, "");
    assert_int_equal(result, 0);
    return report;
}

static void refused(const char *bytes, size_t length, const char *words)
{
    struct td_error err = TD_ERROR_INIT;
    json_t *report = NULL;
    assert_int_equal(td_audit(bytes, length, &report, &err), TD_EINVALID);
    assert_null(report);
    assert_string_equal(err.detail, words);
    td_error_done(&err);
}

/* --- what holds ------------------------------------------------------------------------------ */

static void theirs_holds(void **state)
{
    (void)state;
    size_t length;
    char *bytes = read_fixture(&length);
    json_t *report = holds(bytes, length);
    /* Three credentials, three ballots, the first voter's first replaced; opened by trustees 2
     * and 3. */
    json_t *expected = json_pack("[{s:s, s:[iii], s:n, s:n}, {s:s, s:[iii], s:n, s:n}]", "question",
                                 "申报 1", "counts", 2, 0, 0, "required", "passed", "question",
                                 "申报 2", "counts", 0, 1, 1, "required", "passed");
    assert_true(json_equal(json_object_get(report, "questions"), expected));
    assert_int_equal(json_integer_value(json_object_get(report, "voters")), 3);
    assert_int_equal(json_integer_value(json_object_get(report, "ballots")), 3);
    assert_int_equal(json_integer_value(json_object_get(report, "tallied")), 2);
    assert_string_equal(td_json_text(report, "stage"), "counted");
    assert_int_equal(json_array_size(json_object_get(report, "trackers")), 2);
    /* As `setup generate-credentials` printed it. */
    assert_string_equal(td_json_text(report, "credentials"),
                        "eCVHHjzQ9dVXMMr72b6lrJUbYiqWqe6rW7XSe1OxmIM");
    json_decref(expected);
    json_decref(report);
    free(bytes);
}

static bool passes(struct td_election_rule rule, int voters, const int *choices)
{
    size_t length;
    char *bytes = rehearse(rule, voters, choices, &length);
    json_t *report = holds(bytes, length);
    bool passed = json_is_true(
        json_object_get(json_array_get(json_object_get(report, "questions"), 0), "passed"));
    json_decref(report);
    free(bytes);
    return passed;
}

/* 人社部令第40号, articles 19 and 20: two thirds of the members, two thirds of those present. */
static void quorum_and_majority(void **state)
{
    (void)state;
    static const int six[] = {YES, YES, YES, YES, YES, YES, NO, ABSTAIN},
                     five[] = {YES, YES, YES, YES, YES, NO, NO, ABSTAIN},
                     one_away[] = {YES, YES, YES, YES, YES, NO, NO, AWAY};
    struct td_election_rule rule = {11, 8, 8, {2, 3}, {2, 3}};
    assert_true(passes(rule, 8, six));
    assert_false(passes(rule, 8, five));
    assert_false(passes(rule, 8, one_away)); /* who stays away has not agreed */
    rule.present =
        9; /* one must recuse himself: of all present 6 for it pass, 5 of the other eight do not */
    rule.of = 9;
    assert_true(passes(rule, 8, six));
    assert_false(passes(rule, 8, five));
    rule.present = rule.of = 8;
    size_t length;
    rule.present = rule.of = 7;
    char *bytes = rehearse(rule, 7, five, &length);
    refused(bytes, length, "quorum: 7 of 11 members present, 8 are needed");
    free(bytes);
    rule = (struct td_election_rule){9, 7, 6, {2, 3}, {2, 3}};
    bytes = rehearse(rule, 7, five, &length);
    refused(bytes, length, "credentials: 7, more than the 6 members whom the majority is of");
    free(bytes);
}

/* --- what does not --------------------------------------------------------------------------- */

/* Without the last files, as while the election runs. */
static void every_beginning_is_a_stage_or_refused(void **state)
{
    (void)state;
    struct td_archive archive;
    char seen[256] = "";
    assert_int_equal(td_archive_read(ours, ours_length, &archive, NULL), 0);
    for (size_t i = 0; i < archive.count; i++) {
        size_t length = (size_t)(archive.files[i].text - ours) + archive.files[i].length +
                        padding(archive.files[i].length);
        json_t *report = NULL;
        struct td_error err = TD_ERROR_INIT;
        bool taken = td_audit(ours, length, &report, &err) == 0;
        assert_int_equal(taken, archive.files[i].is_event);
        strcat(strcat(seen, taken ? td_json_text(report, "stage") : ""), taken ? " " : "");
        json_decref(report);
        td_error_done(&err);
    }
    assert_string_equal(seen, "open open open closed summed summed summed counted ");
    td_archive_done(&archive);
}

static void every_byte_is_bound(void **state)
{
    (void)state;
    for (size_t at = 0; at < ours_length; at += at < 1200 ? 1 : 37) {
        struct td_error err = TD_ERROR_INIT;
        json_t *report = NULL;
        ours[at] ^= 1;
        assert_int_equal(td_audit(ours, ours_length, &report, &err), TD_EINVALID);
        assert_true(strstr(err.detail, "file ") || strstr(err.detail, "BELENIOS"));
        ours[at] ^= 1;
        td_error_done(&err);
    }
    json_decref(holds(ours, ours_length));
}

/* A file's hashes of others, replaced by those that the others have now. */
static char *follow(const char *text, size_t length, char before[][TD_ARCHIVE_HASH + 1],
                    char after[][TD_ARCHIVE_HASH + 1], size_t count)
{
    char *changed = strndup(text, length);
    for (size_t i = 0; i < count; i++)
        for (char *at = changed; (at = strstr(at, before[i])); at += TD_ARCHIVE_HASH)
            memcpy(at, after[i], TD_ARCHIVE_HASH);
    return changed;
}

/* The archive with another text as file `which`, and every hash that follows from it made anew. */
static char *seal_anew(const struct td_archive *archive, size_t which, const char *text,
                       size_t *ret_length)
{
    static char before[64][TD_ARCHIVE_HASH + 1], after[64][TD_ARCHIVE_HASH + 1];
    struct td_archive_writer writer;
    td_archive_start(&writer, archive->timestamp);
    assert_true(archive->count <= 64);
    for (size_t i = 0; i < archive->count; i++) {
        const struct td_archive_file *file = &archive->files[i];
        char *content =
            i == which ? strdup(text) : follow(file->text, file->length, before, after, i);
        memcpy(before[i], file->hash, sizeof(before[i]));
        add_named(&writer, content, strlen(content), file->is_event ? event_suffix : data_suffix,
                  after[i]);
        free(content);
    }
    return td_archive_finish(&writer, ret_length);
}

/* Another text of the same kind: one digit or letter of it is the next. */
static json_t *another_text(const char *text, bool first)
{
    char *other = strdup(text);
    size_t at = 0;
    while (other[at] && !isalnum((unsigned char)other[at]))
        at++;
    if (!other[at]) { /* Chinese only */
        free(other);
        return json_sprintf("%s1", text);
    }
    for (size_t i = at; !first && other[i]; i++)
        if (isalnum((unsigned char)other[i]))
            at = i;
    other[at] = other[at] == '9' ? '1' : other[at] == 'z' ? 'a' : (char)(other[at] + 1);
    json_t *value = json_string(other);
    free(other);
    return value;
}

/* Counts the leaves of a value down to number `*left`, and changes that one. */
static json_t *change_leaf(const json_t *value, int *left)
{
    const char *name;
    size_t i;
    json_t *member, *changed;
    if (json_is_object(value)) {
        changed = json_object();
        json_object_foreach((json_t *)value, name, member)
            json_object_set_new(changed, name, change_leaf(member, left));
    } else if (json_is_array(value)) {
        changed = json_array();
        json_array_foreach((json_t *)value, i, member)
            json_array_append_new(changed, change_leaf(member, left));
    } else if ((*left)-- != 0) {
        changed = json_incref((json_t *)value);
    } else if (json_is_string(value)) {
        changed = another_text(json_string_value(value), json_string_length(value) % 2);
    } else {
        changed = json_integer(json_integer_value(value) + 1);
    }
    return changed;
}

/* Where a change in each file of `ours` must show, in its order. */
static const char *const places[] = {
    "election|trustees|quorum|credentials|ballot 1",
    "trustees|election",
    "credentials|ballot 1|ballot 2",
    "election|trustees|credentials",
    "event 0|setup",
    "ballot 1",
    "event 1|ballot 1",
    "ballot 2",
    "event 2|ballot 2",
    "event 3",
    "encrypted tally",
    "encrypted tally",
    "event 4|encrypted tally",
    "partial decryption 1",
    "partial decryption 1",
    "event 5|partial decryption 1",
    "partial decryption 2",
    "partial decryption 2",
    "event 6|partial decryption 2",
    "result",
    "event 7|result",
};

static bool begins_with_one_of(const char *text, const char *list)
{
    for (const char *place = list; place;
         place = strchr(place, '|') ? strchr(place, '|') + 1 : NULL)
        if (!strncmp(text, place, strcspn(place, "|")))
            return true;
    return false;
}

/* Every leaf of one file; how many there are. */
static int change_file(const struct td_archive *archive, size_t which)
{
    const struct td_archive_file *file = &archive->files[which];
    json_t *value = json_loadb(file->text, file->length, 0, NULL);
    int leaf = 0;
    for (bool changed = true; changed; leaf += changed) {
        int left = leaf;
        json_t *other = change_leaf(value, &left);
        changed = left < 0;
        char *text = json_dumps(other, JSON_COMPACT);
        json_decref(other);
        if (changed) {
            struct td_error err = TD_ERROR_INIT;
            json_t *report = NULL;
            size_t length;
            char *bytes = seal_anew(archive, which, text, &length);
            int result = td_audit(bytes, length, &report, &err);
            if (result != TD_EINVALID || !begins_with_one_of(err.detail, places[which]))
                fail_msg("file %zu, leaf %d: %s", which + 2, leaf, err.detail);
            td_error_done(&err);
            free(bytes);
        }
        free(text);
    }
    json_decref(value);
    return leaf;
}

static void every_value_is_proven(void **state)
{
    (void)state;
    struct td_archive archive;
    int leaves = 0;
    assert_int_equal(td_archive_read(ours, ours_length, &archive, NULL), 0);
    assert_int_equal(archive.count, sizeof(places) / sizeof(places[0]));
    for (size_t i = 0; i < archive.count; i++)
        leaves += change_file(&archive, i);
    assert_true(leaves > 150);
    td_archive_done(&archive);
}

/* The archive without the files of one event: `first` to `last`. */
static void dropped_is_noticed(void **state)
{
    (void)state;
    struct td_archive archive;
    size_t length;
    assert_int_equal(td_archive_read(ours, ours_length, &archive, NULL), 0);
    const char *from = archive.files[7].text - BLOCK, *to = archive.files[9].text - BLOCK;
    char *bytes = malloc(ours_length);
    memcpy(bytes, ours, (size_t)(from - ours));
    length = (size_t)(from - ours);
    memcpy(bytes + length, to, ours_length - (size_t)(to - ours));
    length += ours_length - (size_t)(to - ours);
    refused(bytes, length, "event 2, EndBallots: does not continue the event before it");
    free(bytes);
    td_archive_done(&archive);
}

/* --- what one tries who writes a whole archive ------------------------------------------------ */

/* The files of `ours` with these places, from 0 to a -1, in this order, as a chain of its own. */
static void chain_refused(const int *order, const char *words)
{
    struct td_archive archive;
    struct td_archive_writer writer;
    char hash[TD_ARCHIVE_HASH + 1];
    size_t length;
    assert_int_equal(td_archive_read(ours, ours_length, &archive, NULL), 0);
    td_archive_start(&writer, archive.timestamp);
    for (; *order >= 0; order++) {
        const struct td_archive_file *file = &archive.files[*order];
        json_t *event = file->is_event ? json_loadb(file->text, file->length, 0, NULL) : NULL;
        if (event)
            td_archive_event(&writer, td_json_text(event, "type"),
                             json_string_value(json_object_get(event, "payload")));
        else
            td_archive_add(&writer, file->text, file->length, hash);
        json_decref(event);
    }
    char *bytes = td_archive_finish(&writer, &length);
    refused(bytes, length, words);
    free(bytes);
    td_archive_done(&archive);
}

static void the_order_of_events_is_the_law(void **state)
{
    (void)state;
    chain_refused((const int[]){0, 1, 2, 3, 4, 5, 6, 9, 7, 8, -1},
                  "event 3, Ballot: out of its turn"); /* a late vote */
    chain_refused((const int[]){0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, -1},
                  "event 3, EncryptedTally: out of its turn"); /* a partial count */
    chain_refused((const int[]){0, 1, 2, 3, 4, 5, 6, 9, 10, 11, 12, -1},
                  "encrypted tally: num_tallied, total_weight: 1 ballots count");
    chain_refused((const int[]){0, 1, 2, 3, 4, 4, -1}, "event 1, Setup: out of its turn");
}

static void one_trustee_is_not_two(void **state)
{
    (void)state;
    chain_refused((const int[]){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 19, 20, -1},
                  "result: opened by 1 trustees, 2 are needed");
    chain_refused((const int[]){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15, -1},
                  "partial decryption 2: owner: a second time");
}

/* With another text as file `which`. */
static void changed_refused(size_t which, json_t *value, const char *words)
{
    struct td_archive archive;
    size_t length;
    assert_int_equal(td_archive_read(ours, ours_length, &archive, NULL), 0);
    char *text = json_dumps(value, JSON_COMPACT),
         *bytes = seal_anew(&archive, which, text, &length);
    refused(bytes, length, words);
    free(text);
    free(bytes);
    json_decref(value);
    td_archive_done(&archive);
}

static json_t *value_of(size_t which)
{
    struct td_archive archive;
    assert_int_equal(td_archive_read(ours, ours_length, &archive, NULL), 0);
    json_t *value = json_loadb(archive.files[which].text, archive.files[which].length, 0, NULL);
    td_archive_done(&archive);
    return value;
}

static void strangers_do_not_vote(void **state)
{
    (void)state;
    json_t *list = value_of(2), *paper = value_of(5);
    const char *first = td_json_text(paper, "credential");
    json_t *without = json_array(), *key;
    size_t i;
    json_array_foreach(list, i, key)
        if (strcmp(json_string_value(key), first))
            json_array_append(without, key);
    changed_refused(2, without, "ballot 1: credential: not on the list");
    json_array_set(list, 1, json_array_get(list, 0));
    changed_refused(2, list, "credentials: number 2: there twice");
    json_decref(paper);
    list = value_of(2);
    json_array_set_new(list, 0, json_sprintf("%s,2", json_string_value(json_array_get(list, 0))));
    changed_refused(2, list, "credentials: number 1: no key of the group with weight 1");
}

static void the_key_is_the_trustees(void **state)
{
    (void)state;
    json_t *election = value_of(0), *list = value_of(2);
    json_object_set(election, "public_key", json_array_get(list, 0)); /* some element */
    changed_refused(0, election, "election: public_key: not the one of the trustees");
    json_decref(list);
}

/* --- what is written ------------------------------------------------------------------------- */

static void no_event_out_of_its_turn(void **state)
{
    (void)state;
    struct td_archive_writer writer;
    size_t length;
    td_archive_start(&writer, 1);
    td_archive_event(&writer, "EndBallots", NULL);
    char *bytes = td_archive_finish(&writer, &length);
    refused(bytes, length, "event 0, EndBallots: out of its turn");
    free(bytes);
    td_archive_start(&writer, 1);
    td_archive_event(&writer, "Shuffle", NULL);
    bytes = td_archive_finish(&writer, &length);
    refused(bytes, length, "event 0: of no kind known here");
    free(bytes);
    td_archive_start(&writer, 1);
    bytes = td_archive_finish(&writer, &length);
    refused(bytes, length, "no election was set up in it");
    free(bytes);
}

static void nothing_rides_along(void **state)
{
    (void)state;
    struct td_archive_writer writer;
    char hash[TD_ARCHIVE_HASH + 1];
    size_t length;
    td_archive_start(&writer, 1);
    td_strbuf_cut(&writer.bytes, 0);
    td_strbuf_add(&writer.bytes, ours, ours_length);
    struct td_archive archive;
    assert_int_equal(td_archive_read(ours, ours_length, &archive, NULL), 0);
    writer.timestamp = archive.timestamp;
    td_archive_add(&writer, "{}", 2, hash);
    char *bytes = td_archive_finish(&writer, &length);
    refused(bytes, length, "file 23: no event refers to it");
    free(bytes);
    td_archive_done(&archive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(theirs_holds),
        cmocka_unit_test(quorum_and_majority),
        cmocka_unit_test(every_beginning_is_a_stage_or_refused),
        cmocka_unit_test(every_byte_is_bound),
        cmocka_unit_test(every_value_is_proven),
        cmocka_unit_test(dropped_is_noticed),
        cmocka_unit_test(the_order_of_events_is_the_law),
        cmocka_unit_test(one_trustee_is_not_two),
        cmocka_unit_test(strangers_do_not_vote),
        cmocka_unit_test(the_key_is_the_trustees),
        cmocka_unit_test(no_event_out_of_its_turn),
        cmocka_unit_test(nothing_rides_along),
    };
    return cmocka_run_group_tests(tests, start, end);
}
