/* vote.c - titlectl trustee turn, ballot code, ballot cast: trustee and voter against a running
 * server. */
#include "cli/vote.h"

#include "ballot/audit.h"
#include "ballot/paper.h"
#include "ballot/trustee.h"
#include "ballot/trustees.h"
#include "base/json.h"
#include "base/keyfile.h"
#include "cli/command.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

enum { THRESHOLD = 2 };

static int get(struct td_client *client, const char *path, json_t **ret_value,
               struct td_error *reterr)
{
    return td_client_json(client, "GET", path, NULL, ret_value, reterr);
}

/* The value's text, malloc'd, in its one spelling. */
static char *write_value(const json_t *value)
{
    struct td_strbuf text;
    td_strbuf_init(&text);
    td_json_write(value, &text);
    return td_strbuf_take(&text, NULL);
}

/* --- a trustee -------------------------------------------------------------------------------- */

/* The JSON texts of a list as values. */
static json_t *read_texts(const json_t *texts)
{
    size_t i;
    json_t *text, *values = json_array();
    json_array_foreach((json_t *)texts, i, text)
        json_array_append_new(values, json_loads(json_string_value(text), 0, NULL));
    return values;
}

static int make_message(struct td_group *group, const struct td_channel_party *party,
                        const json_t *view, json_t **ret_message, struct td_error *reterr)
{
    const char *round = td_json_text(view, "round");
    json_t *certificates = read_texts(json_object_get(view, "certificates")),
           *dealt = read_texts(json_object_get(view, "dealt"));
    int result = 0;
    if (!strcmp(round, "certificate"))
        *ret_message = td_trustee_certificate(group, party);
    else if (!strcmp(round, "deal"))
        result = td_trustee_deal(group, party, certificates, THRESHOLD, ret_message, reterr);
    else
        result = td_trustee_accept(group, party, certificates, dealt, ret_message, reterr);
    json_decref(certificates);
    json_decref(dealt);
    return result < 0 ? result : *ret_message ? 0 : TD_ENOMEM;
}

/* Takes over the value, which goes out as the text `member`. */
static int post(struct td_client *client, const char *path, const char *member, json_t *value,
                struct td_error *reterr)
{
    char *text = write_value(value);
    json_decref(value);
    int result =
        text ? td_client_json(client, "POST", path, json_pack("{s:s}", member, text), NULL, reterr)
             : TD_ENOMEM;
    free(text);
    return result;
}

static int give_message(struct td_client *client, struct td_group *group,
                        const struct td_channel_party *party, const char *meeting, int *given,
                        struct td_error *reterr)
{
    char *path = td_client_path("/api/v1/meetings/%s/trustees", meeting);
    json_t *view = NULL, *message = NULL;
    int result = path ? get(client, path, &view, reterr) : TD_ENOMEM;
    if (result == 0 && json_is_true(json_object_get(json_object_get(view, "can"), "give"))) {
        result = make_message(group, party, view, &message, reterr);
        if (result == 0)
            result = post(client, path, "message", message, reterr);
        *given += result == 0;
    }
    json_decref(view);
    free(path);
    return result;
}

static int open_one(struct td_client *client, struct td_group *group,
                    const struct td_channel_party *party, const json_t *output, const char *meeting,
                    const char *number, struct td_error *reterr)
{
    char *from = td_client_path("/api/v1/meetings/%s/elections/%s.bel", meeting, number);
    char *to = td_client_path("/api/v1/meetings/%s/elections/%s/factors", meeting, number);
    struct td_answer answer = {0};
    json_t *factors = NULL;
    int owner;
    int result = from && to ? td_client_send(client,
                                             &(struct td_request){.method = "GET",
                                                                  .path = from,
                                                                  .accept = "application/x-tar"},
                                             &answer, reterr)
                            : TD_ENOMEM;
    if (result == 0)
        result = td_audit_open(group, answer.bytes, answer.length, party, output, &factors, &owner,
                               reterr);
    if (result == 0)
        result = post(client, to, "factors", factors, reterr);
    td_answer_done(&answer);
    free(from);
    free(to);
    return result;
}

static bool may_open(struct td_client *client, const char *meeting, const char *number)
{
    char *path = td_client_path("/api/v1/meetings/%s/elections/%s", meeting, number);
    json_t *view = NULL;
    bool may = path && get(client, path, &view, NULL) == 0 &&
               json_is_true(json_object_get(json_object_get(view, "can"), "open_sums"));
    json_decref(view);
    free(path);
    return may;
}

static int open_all(struct td_client *client, struct td_group *group,
                    const struct td_channel_party *party, const char *meeting, int *given,
                    struct td_error *reterr)
{
    char *path = td_client_path("/api/v1/meetings/%s", meeting);
    char *board = td_client_path("/api/v1/meetings/%s/trustees", meeting);
    json_t *view = NULL, *ceremony = NULL, *election;
    size_t i;
    int result = path && board ? get(client, path, &view, reterr) : TD_ENOMEM;
    if (result == 0)
        result = get(client, board, &ceremony, reterr);
    json_t *output = json_loads(td_json_text(json_object_get(ceremony, "mine"), "output"), 0, NULL);
    json_array_foreach(json_object_get(view, "elections"), i, election) {
        char number[16];
        snprintf(number, sizeof(number), "%d",
                 (int)json_integer_value(json_object_get(election, "number")));
        if (result < 0 || !output ||
            strcmp(td_json_text(election, "election_state"), "closed") != 0 ||
            !may_open(client, meeting, number))
            continue;
        result = open_one(client, group, party, output, meeting, number, reterr);
        *given += result == 0;
    }
    json_decref(output);
    json_decref(ceremony);
    json_decref(view);
    free(board);
    free(path);
    return result;
}

int td_vote_turn(struct td_client *client, const char *meeting,
                 const char seed[TD_CHANNEL_SEED + 1], int *ret_given, struct td_error *reterr)
{
    struct td_group *group = td_group_new();
    struct td_channel_party party;
    int given = 0;
    if (!group)
        return TD_ENOMEM;
    td_group_start(group);
    td_channel_derive(group, seed, &party);
    int result = give_message(client, group, &party, meeting, &given, reterr);
    if (result == 0)
        result = open_all(client, group, &party, meeting, &given, reterr);
    td_channel_wipe(&party);
    td_group_end(group);
    td_group_free(group);
    if (result == 0)
        *ret_given = given;
    return result;
}

/* --- a voter ---------------------------------------------------------------------------------- */

static int load_mine(struct td_client *client, const char *meeting, json_t **ret_view,
                     struct td_error *reterr)
{
    char *path = td_client_path("/api/v1/meetings/%s/ballots", meeting);
    int result = path ? get(client, path, ret_view, reterr) : TD_ENOMEM;
    free(path);
    return result;
}

int td_vote_register(struct td_client *client, const char *meeting, const char *code,
                     struct td_error *reterr)
{
    json_t *view = NULL, *election, *keys = json_object();
    size_t i;
    struct td_group *group = td_group_new();
    int result = group ? load_mine(client, meeting, &view, reterr) : TD_ENOMEM;
    json_array_foreach(json_object_get(view, "items"), i, election) {
        if (result < 0 || !json_is_true(json_object_get(election, "can_register")))
            continue;
        td_group_start(group);
        BIGNUM *secret = td_group_number(group), *key = td_group_number(group);
        td_credential_secret(group, code, td_json_text(election, "uuid"), secret);
        td_group_power_secret(group, key, group->g, secret);
        json_object_set_new(keys, td_json_text(election, "id"), td_group_json(group, key));
        td_group_wipe(secret);
        td_group_end(group);
    }
    char *path = td_client_path("/api/v1/meetings/%s/credentials", meeting);
    if (result == 0)
        result =
            td_client_json(client, "POST", path, json_pack("{s:O}", "keys", keys), NULL, reterr);
    free(path);
    json_decref(keys);
    json_decref(view);
    td_group_free(group);
    return result;
}

/* Whether an election is what the trustees made its key for and asks what the motions say: a server
 * that lies would put a key of its own there, and read the votes. *ret is td_election_done by the
 * caller on success. */
static int check_election(struct td_group *group, const json_t *one, struct td_election *ret,
                          struct td_error *reterr)
{
    const json_t *motions = json_object_get(one, "motions");
    const char *text = td_json_text(one, "election"), *made_by = td_json_text(one, "trustees");
    struct td_trustees trustees;
    int result = td_trustees_read(group, made_by, strlen(made_by), &trustees, reterr);
    if (result == 0)
        result = td_election_read(group, text, strlen(text), ret, reterr);
    if (result != 0)
        return result;
    bool same = td_group_same(group, trustees.y, ret->y) && ret->count == json_array_size(motions);
    for (size_t i = 0; same && i < ret->count; i++) {
        const json_t *motion = json_array_get(motions, i);
        char title[128];
        snprintf(title, sizeof(title), "%d. %s",
                 (int)json_integer_value(json_object_get(motion, "sequence")),
                 td_json_text(motion, "number"));
        same = strcmp(title, ret->questions[i].title) == 0;
    }
    if (same)
        return 0;
    td_election_done(ret);
    return td_error_set(reterr, TD_EINVALID,
                        "this election is not that of its trustees and motions: nothing was cast");
}

/* What is voted on each motion; false when one has no answer. */
static bool choose_all(const json_t *motions, td_vote_choose_fn choose, void *arg, int *choices)
{
    size_t i;
    json_t *motion;
    json_array_foreach((json_t *)motions, i, motion)
        if ((choices[i] = choose(arg, motion)) < 0)
            return false;
    return true;
}

/* A paper with the chosen answers, malloc'd; NULL when a motion has none. */
static int make_paper(struct td_group *group, const json_t *election, const char *code,
                      td_vote_choose_fn choose, void *arg, char **ret_paper,
                      struct td_error *reterr)
{
    const json_t *motions = json_object_get(election, "motions");
    size_t count = json_array_size(motions);
    int *choices = calloc(count + 1, sizeof(*choices));
    struct td_election read;
    int result = 0;
    *ret_paper = NULL;
    if (!choices)
        return TD_ENOMEM;
    if (choose_all(motions, choose, arg, choices)) {
        td_group_start(group);
        result = check_election(group, election, &read, reterr);
        if (result == 0) {
            *ret_paper = td_paper_make(group, &read, code, choices);
            result = *ret_paper ? 0 : TD_ENOMEM;
            td_election_done(&read);
        }
        td_group_end(group);
    }
    OPENSSL_cleanse(choices, (count + 1) * sizeof(*choices));
    free(choices);
    return result;
}

/* The receipt is our paper's own; what the server answers must be the same. */
static int check_receipt(const json_t *election, const char *paper, const json_t *answer,
                         json_t *receipts, struct td_error *reterr)
{
    char tracker[TD_ELECTION_FINGERPRINT + 1], fingerprint[TD_ELECTION_FINGERPRINT + 1];
    const char *text = td_json_text(election, "election");
    const json_t *told = json_array_get(json_object_get(answer, "receipts"), 0);
    td_election_fingerprint(paper, strlen(paper), tracker);
    td_election_fingerprint(text, strlen(text), fingerprint);
    json_array_append_new(receipts, json_pack("{s:O, s:s, s:s}", "election",
                                              json_object_get(election, "number"), "tracker",
                                              tracker, "fingerprint", fingerprint));
    return strcmp(td_json_text(told, "tracker"), tracker) == 0
               ? 0
               : td_error_set(reterr, TD_EINTERNAL,
                              "the server answers with another receipt than that of the paper: %s",
                              tracker);
}

static int cast_one(struct td_client *client, const char *meeting, const json_t *election,
                    const char *paper, json_t *receipts, struct td_error *reterr)
{
    char *path = td_client_path("/api/v1/meetings/%s/ballots", meeting);
    json_t *answer = NULL;
    int result =
        path ? td_client_json(client, "POST", path,
                              json_pack("{s:{s:s}}", "papers", td_json_text(election, "id"), paper),
                              &answer, reterr)
             : TD_ENOMEM;
    if (result == 0)
        result = check_receipt(election, paper, answer, receipts, reterr);
    json_decref(answer);
    free(path);
    return result;
}

int td_vote_cast(struct td_client *client, const char *meeting, const char *code,
                 td_vote_choose_fn choose, void *arg, json_t **ret_receipts,
                 struct td_error *reterr)
{
    json_t *view = NULL, *election, *receipts = json_array();
    size_t i;
    struct td_group *group = td_group_new();
    int result = group ? load_mine(client, meeting, &view, reterr) : TD_ENOMEM;
    json_array_foreach(json_object_get(view, "items"), i, election) {
        if (result < 0 || !json_is_true(json_object_get(election, "can_vote")))
            continue;
        char *paper = NULL;
        result = make_paper(group, election, code, choose, arg, &paper, reterr);
        if (paper)
            result = cast_one(client, meeting, election, paper, receipts, reterr);
        free(paper);
    }
    json_decref(view);
    td_group_free(group);
    if (result == 0 && ret_receipts)
        *ret_receipts = json_incref(receipts);
    json_decref(receipts);
    return result;
}

/* --- commands --------------------------------------------------------------------------------- */

/* From here on the process overwrites the memory that it frees and leaves no core behind. */
static int start(struct td_cli *cli, struct td_client **ret_client, struct td_error *reterr)
{
    mallopt(M_PERTURB, 0xa5);
    prctl(PR_SET_DUMPABLE, 0);
    return td_cli_client(cli, ret_client, reterr);
}

/* The one line of a secret file. */
static int read_secret(const char *path, char *room, size_t length, const char *what,
                       struct td_error *reterr)
{
    size_t got = 0;
    int result = td_keyfile_read(path, room, length + 1, &got, reterr);
    if (result == 0 && (got < length || (got > length && room[length] != '\n')))
        result = td_error_set(reterr, TD_EINVALID, "%s: no %s", path, what);
    room[length] = 0;
    return result;
}

static int turn(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    char seed[TD_CHANNEL_SEED + 2] = "";
    struct td_client *client;
    int given = 0;
    if (count != 2)
        return TD_EINVALID;
    int result = start(cli, &client, reterr);
    if (result == 0)
        result = read_secret(arguments[1], seed, TD_CHANNEL_SEED, "trustee's key", reterr);
    if (result == 0)
        result = td_vote_turn(client, arguments[0], seed, &given, reterr);
    OPENSSL_cleanse(seed, sizeof(seed));
    if (result == 0)
        printf(given ? "%d given\n" : "nothing to give now\n", given);
    return result;
}

static int take_code(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    char code[TD_CREDENTIAL_ROOM];
    struct td_client *client;
    if (count != 2)
        return TD_EINVALID;
    if (td_keyfile_exists(arguments[1]))
        return td_error_set(reterr, TD_ECONFLICT, "%s is there already", arguments[1]);
    int result = start(cli, &client, reterr);
    td_credential_make(code);
    if (result == 0) /* kept before it counts */
        result = td_keyfile_make(arguments[1], code, strlen(code), reterr);
    if (result == 0)
        result = td_vote_register(client, arguments[0], code, reterr);
    if (result == 0)
        printf("registered; the code is in %s\n", arguments[1]);
    td_credential_wipe(code);
    return result;
}

struct choices {
    int count;
    char **texts; /* "3=yes" */
};

static int choose(void *arg, const json_t *motion)
{
    static const char *const words[] = {"yes", "no", "abstain"};
    const struct choices *choices = arg;
    long sequence = (long)json_integer_value(json_object_get(motion, "sequence"));
    for (int i = 0; i < choices->count; i++) {
        char *end = NULL;
        if (strtol(choices->texts[i], &end, 10) != sequence || *end != '=')
            continue;
        for (int k = 0; k < 3; k++)
            if (!strcmp(end + 1, words[k]))
                return k;
    }
    return -1;
}

static int cast(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    char code[TD_CREDENTIAL_ROOM + 1] = "";
    struct td_client *client;
    json_t *receipts = NULL, *receipt;
    size_t i;
    if (count < 3)
        return TD_EINVALID;
    struct choices choices = {count - 2, arguments + 2};
    int result = start(cli, &client, reterr);
    if (result == 0)
        result = read_secret(arguments[1], code, TD_CREDENTIAL_ROOM - 1, "voting code", reterr);
    if (result == 0 && !td_credential_is(code))
        result = td_error_set(reterr, TD_EINVALID, "%s: no voting code", arguments[1]);
    if (result == 0)
        result = td_vote_cast(client, arguments[0], code, choose, &choices, &receipts, reterr);
    OPENSSL_cleanse(code, sizeof(code));
    if (result == 0 && json_array_size(receipts) == 0)
        result = td_error_set(reterr, TD_ECONFLICT,
                              "nothing was cast: every motion of a vote needs its choice");
    json_array_foreach(receipts, i, receipt) {
        const char *number = td_cli_text(receipt, "election");
        printf("vote %s: election %s\n", number, td_cli_text(receipt, "fingerprint"));
        printf("vote %s: receipt %s\n", number, td_cli_text(receipt, "tracker"));
    }
    json_decref(receipts);
    return result;
}

const struct td_command td_vote_commands[] = {
    {"trustee turn", "MEETING KEY",
     "give what a meeting waits for from this trustee: key messages, parts of ended votes", turn},
    {"ballot code", "MEETING CODE", "make the own voting code, a secret file, and register its key",
     take_code},
    {"ballot cast", "MEETING CODE SEQUENCE=yes|no|abstain ...",
     "seal and cast the own papers of a meeting; print their receipts", cast},
    {0},
};
