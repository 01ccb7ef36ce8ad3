/* rehearsal.c - plays all roles of an election: registrar, trustees, voters, office. */
#include "ballot/rehearsal.h"

#include "ballot/archive.h"
#include "ballot/count.h"
#include "ballot/credential.h"
#include "ballot/paper.h"
#include "ballot/trustee.h"
#include "base/clock.h"
#include "base/json.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

struct play {
    const struct td_rehearsal *rehearsal;
    struct td_group *group;
    struct td_channel_party trustees[TD_TRUSTEES_MAX];
    BIGNUM *shares[TD_TRUSTEES_MAX];
    int trustee_count;
    char codes[TD_REHEARSAL_VOTERS_MAX][TD_CREDENTIAL_ROOM];
    char *papers[TD_REHEARSAL_VOTERS_MAX];
    int paper_count;
    char uuid[TD_CREDENTIAL_UUID_ROOM];
    struct td_election election;
    struct td_archive_writer writer;
    json_t *sums;
};

/* --- trustees -------------------------------------------------------------------------------- */

/* One line of each trustee, round by round, as the office has them. */
struct rounds {
    json_t *certificates, *dealt, *outputs;
};

static int play_rounds(struct play *play, struct rounds *rounds, struct td_error *reterr)
{
    int count = play->rehearsal->trustees, result = 0;
    for (int i = 0; i < count; i++) {
        char seed[TD_CHANNEL_SEED + 1];
        td_channel_seed(seed);
        td_channel_derive(play->group, seed, &play->trustees[i]);
        OPENSSL_cleanse(seed, sizeof(seed));
        json_array_append_new(rounds->certificates,
                              td_trustee_certificate(play->group, &play->trustees[i]));
    }
    play->trustee_count = count;
    for (int i = 0; i < count && result == 0; i++) {
        json_t *dealt = NULL;
        result = td_trustee_deal(play->group, &play->trustees[i], rounds->certificates,
                                 play->rehearsal->threshold, &dealt, reterr);
        json_array_append_new(rounds->dealt, dealt);
    }
    for (int i = 0; i < count && result == 0; i++) {
        json_t *output = NULL;
        result = td_trustee_accept(play->group, &play->trustees[i], rounds->certificates,
                                   rounds->dealt, &output, reterr);
        json_array_append_new(rounds->outputs, output);
    }
    return result;
}

static char *play_trustees(struct play *play, struct td_error *reterr)
{
    struct rounds rounds = {json_array(), json_array(), json_array()};
    char *text = NULL;
    if (play_rounds(play, &rounds, reterr) == 0)
        text = td_trustee_join(rounds.certificates, rounds.dealt, rounds.outputs);
    for (int i = 0; text && i < play->trustee_count; i++) {
        const json_t *output = json_array_get(rounds.outputs, (size_t)i);
        play->shares[i] = td_group_number(play->group);
        if (!td_trustee_share(play->group, &play->trustees[i],
                              json_object_get(output, "private_key"), play->shares[i]))
            play->group->failed = true;
    }
    json_decref(rounds.certificates);
    json_decref(rounds.dealt);
    json_decref(rounds.outputs);
    return text;
}

/* --- setup ----------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The public keys of fresh codes, in an order that says nothing of the voters'. */
static char *play_credentials(struct play *play)
{
    char *keys[TD_REHEARSAL_VOTERS_MAX] = {0};
    json_t *list = json_array();
    size_t count = (size_t)play->rehearsal->voters;
    td_group_start(play->group);
    BIGNUM *secret = td_group_number(play->group);
    for (size_t i = 0; i < count; i++) {
        td_credential_make(play->codes[i]);
        td_credential_secret(play->group, play->codes[i], play->uuid, secret);
        td_group_power_secret(play->group, secret, play->group->g, secret);
        json_t *key = td_group_json(play->group, secret);
        keys[i] = strdup(key ? json_string_value(key) : "");
        json_decref(key);
    }
    td_group_end(play->group);
    qsort(keys, count, sizeof(*keys), by_text);
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, json_string(keys[i]));
        free(keys[i]);
    }
    char *text = json_dumps(list, JSON_COMPACT);
    json_decref(list);
    return text;
}

static char *play_election(struct play *play, const char *trustees, struct td_error *reterr)
{
    struct td_trustees read;
    json_t *titles = json_array();
    char *text = NULL;
    td_group_start(play->group);
    int result = td_trustees_read(play->group, trustees, strlen(trustees), &read, reterr);
    for (int i = 0; i < play->rehearsal->dossiers; i++)
        json_array_append_new(titles, json_sprintf("申报 %d", i + 1));
    if (result == 0)
        text = td_election_make(play->group, play->uuid, play->rehearsal->name,
                                &play->rehearsal->rule, read.y, titles);
    json_decref(titles);
    td_group_end(play->group);
    return text;
}

static void add(struct play *play, const char *text, char ret[TD_ARCHIVE_HASH + 1])
{
    td_archive_add(&play->writer, text, strlen(text), ret);
}

static void add_value(struct play *play, const json_t *value, char ret[TD_ARCHIVE_HASH + 1])
{
    struct td_strbuf text;
    td_strbuf_init(&text);
    td_json_write(value, &text);
    add(play, text.bytes, ret);
    td_strbuf_done(&text);
}

static int play_setup(struct play *play, struct td_error *reterr)
{
    char election_hash[TD_ARCHIVE_HASH + 1], trustees_hash[TD_ARCHIVE_HASH + 1],
        credentials_hash[TD_ARCHIVE_HASH + 1], hash[TD_ARCHIVE_HASH + 1];
    char *trustees = play_trustees(play, reterr), *credentials = play_credentials(play);
    char *election = trustees ? play_election(play, trustees, reterr) : NULL;
    int result = election && credentials ? td_election_read(play->group, election, strlen(election),
                                                            &play->election, reterr)
                                         : TD_ENOMEM;
    if (result == 0) {
        td_archive_start(&play->writer, td_clock_now_ms() / 1000);
        add(play, election, election_hash);
        add(play, trustees, trustees_hash);
        add(play, credentials, credentials_hash);
        json_t *setup = json_pack("{s:s, s:s, s:s}", "election", election_hash, "trustees",
                                  trustees_hash, "credentials", credentials_hash);
        add_value(play, setup, hash);
        json_decref(setup);
        td_archive_event(&play->writer, "Setup", hash);
    }
    free(election);
    free(trustees);
    free(credentials);
    return result;
}

/* --- votes and count ------------------------------------------------------------------------- */

static int play_votes(struct play *play)
{
    char hash[TD_ARCHIVE_HASH + 1];
    int dossiers = play->rehearsal->dossiers;
    for (int i = 0; i < play->rehearsal->voters; i++) {
        const int *choices = play->rehearsal->choices + (ptrdiff_t)i * dossiers;
        if (choices[0] == TD_REHEARSAL_STAYS_AWAY)
            continue;
        char *paper = td_paper_make(play->group, &play->election, play->codes[i], choices);
        if (!paper)
            return TD_ENOMEM;
        play->papers[play->paper_count++] = paper;
    }
    /* By credential: the order of coming goes nowhere. */
    qsort(play->papers, (size_t)play->paper_count, sizeof(*play->papers), by_text);
    for (int i = 0; i < play->paper_count; i++) {
        add(play, play->papers[i], hash);
        td_archive_event(&play->writer, "Ballot", hash);
    }
    td_archive_event(&play->writer, "EndBallots", NULL);
    return 0;
}

static void play_sums(struct play *play)
{
    json_t *papers[TD_REHEARSAL_VOTERS_MAX];
    char hash[TD_ARCHIVE_HASH + 1];
    for (int i = 0; i < play->paper_count; i++)
        papers[i] = json_loads(play->papers[i], 0, NULL);
    play->sums = td_count_sums(play->group, &play->election, papers, (size_t)play->paper_count);
    for (int i = 0; i < play->paper_count; i++)
        json_decref(papers[i]);
    add_value(play, play->sums, hash);
    json_t *sized = json_pack("{s:i, s:i, s:s}", "num_tallied", play->paper_count, "total_weight",
                              play->paper_count, "encrypted_tally", hash);
    add_value(play, sized, hash);
    json_decref(sized);
    td_archive_event(&play->writer, "EncryptedTally", hash);
}

/* The first trustees open the sums, as many as must. */
static int play_result(struct play *play, struct td_error *reterr)
{
    struct td_trustees trustees = {.threshold = play->rehearsal->threshold};
    json_t *factors[TD_TRUSTEES_MAX], *value = NULL;
    int owners[TD_TRUSTEES_MAX];
    char hash[TD_ARCHIVE_HASH + 1];
    for (int i = 0; i < trustees.threshold; i++) {
        owners[i] = i + 1;
        factors[i] = td_count_factors(play->group, &play->election, play->sums, play->shares[i]);
        add_value(play, factors[i], hash);
        json_t *owned = json_pack("{s:i, s:s}", "owner", owners[i], "payload", hash);
        add_value(play, owned, hash);
        json_decref(owned);
        td_archive_event(&play->writer, "PartialDecryption", hash);
    }
    int result = td_count_result(play->group, &play->election, &trustees, play->sums, owners,
                                 factors, (size_t)play->paper_count, &value, reterr);
    if (result == 0) {
        add_value(play, value, hash);
        td_archive_event(&play->writer, "Result", hash);
    }
    json_decref(value);
    for (int i = 0; i < trustees.threshold; i++)
        json_decref(factors[i]);
    return result;
}

static void forget(struct play *play)
{
    for (int i = 0; i < play->trustee_count; i++) {
        td_channel_wipe(&play->trustees[i]);
        if (play->shares[i])
            td_group_wipe(play->shares[i]);
    }
    for (int i = 0; i < play->rehearsal->voters; i++)
        td_credential_wipe(play->codes[i]);
    for (int i = 0; i < play->paper_count; i++)
        free(play->papers[i]);
    td_election_done(&play->election);
    json_decref(play->sums);
    td_strbuf_done(&play->writer.bytes);
}

int td_rehearsal_run(const struct td_rehearsal *rehearsal, char **ret_bytes, size_t *ret_length,
                     struct td_error *reterr)
{
    struct play *play = calloc(1, sizeof(*play));
    if (!play)
        return TD_ENOMEM;
    play->rehearsal = rehearsal;
    play->group = td_group_new();
    td_strbuf_init(&play->writer.bytes);
    td_credential_uuid(play->uuid);
    int result = TD_ENOMEM;
    if (play->group) {
        td_group_start(play->group);
        result = play_setup(play, reterr);
        if (result == 0)
            result = play_votes(play);
        if (result == 0) {
            play_sums(play);
            result = play_result(play, reterr);
        }
        char *bytes = result == 0 && !play->group->failed
                          ? td_archive_finish(&play->writer, ret_length)
                          : NULL;
        if (bytes)
            *ret_bytes = bytes;
        else if (result == 0)
            result = TD_ENOMEM;
        forget(play);
        td_group_end(play->group);
    }
    td_group_free(play->group);
    free(play);
    return result;
}
