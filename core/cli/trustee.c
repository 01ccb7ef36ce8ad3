/* trustee.c - titlectl trustee: a trustee's side of an election on a machine of his own, with
 * nothing of the server.
 *
 * Rounds: each makes a key and gives the office its certificate; deals; accepts; the office joins;
 * two open the sums. Lists are files of one JSON text a line, in the same order in every round.
 * What is printed may be seen by anybody. */
#include "cli/command.h"

#include "ballot/archive.h"
#include "ballot/audit.h"
#include "ballot/trustee.h"
#include "ballot/trustees.h"
#include "base/json.h"
#include "base/keyfile.h"
#include "cli/whole_file.h"

#include <limits.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

enum { LIST_MAX = 16 << 20, LISTS_MAX = 3, SEED = TD_CHANNEL_SEED };

/* --- files ----------------------------------------------------------------------------------- */

/* The JSON texts of a file, one a line. */
static int read_list(const char *path, json_t **ret_list, struct td_error *reterr)
{
    char *text = NULL, *rest = NULL;
    size_t length;
    int result = td_whole_file_read(path, LIST_MAX, &text, &length, reterr), number = 0;
    json_t *list = json_array();
    for (char *line = result == 0 ? strtok_r(text, "\n", &rest) : NULL; line && result == 0;
         line = strtok_r(NULL, "\n", &rest)) {
        json_t *value = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        number++;
        if (!value || json_array_append_new(list, value) < 0)
            result = td_error_set(reterr, TD_EINVALID, "%s: line %d is no JSON", path, number);
    }
    free(text);
    if (result < 0)
        json_decref(list);
    else
        *ret_list = list;
    return result;
}

/* The party whose seed is in the file; numbers of the caller's frame. */
static int read_key(struct td_group *group, const char *path, struct td_channel_party *ret,
                    struct td_error *reterr)
{
    char seed[SEED + 2] = ""; /* with a newline, perhaps */
    size_t length = 0;
    int result = td_keyfile_read(path, seed, SEED + 1, &length, reterr);
    if (result == 0 && (length < SEED || (length > SEED && seed[SEED] != '\n')))
        result = td_error_set(reterr, TD_EINVALID, "%s: no trustee's key", path);
    seed[SEED] = 0;
    if (result == 0)
        td_channel_derive(group, seed, ret);
    OPENSSL_cleanse(seed, sizeof(seed));
    return result;
}

/* Takes over the value. */
static void print_line(json_t *value)
{
    struct td_strbuf text;
    td_strbuf_init(&text);
    td_json_write(value, &text);
    printf("%s\n", text.bytes);
    td_strbuf_done(&text);
    json_decref(value);
}

/* --- commands -------------------------------------------------------------------------------- */

/* What a command works with. `party` is empty for `join`. */
struct desk {
    struct td_group *group;
    struct td_channel_party party;
    json_t *lists[LISTS_MAX];
};

/* Opens the group, a key (NULL: none) and the lists of these files; desk_done it in any case. From
 * here on the process overwrites all memory that it frees, JSON values and texts that grew too, and
 * leaves no core behind. */
static int desk_start(struct desk *desk, const char *key, char *const *paths, int count,
                      struct td_error *reterr)
{
    mallopt(M_PERTURB, 0xa5);
    prctl(PR_SET_DUMPABLE, 0);
    *desk = (struct desk){.group = td_group_new()};
    if (!desk->group)
        return TD_ENOMEM;
    td_group_start(desk->group);
    int result = key ? read_key(desk->group, key, &desk->party, reterr) : 0;
    for (int i = 0; i < count && result == 0; i++)
        result = read_list(paths[i], &desk->lists[i], reterr);
    return result;
}

static void desk_done(struct desk *desk)
{
    for (int i = 0; i < LISTS_MAX; i++)
        json_decref(desk->lists[i]);
    td_group_free(desk->group); /* wipes */
}

static int key(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    char seed[SEED + 1];
    struct desk desk;
    (void)cli;
    if (count != 1)
        return TD_EINVALID;
    if (td_keyfile_exists(arguments[0]))
        return td_error_set(reterr, TD_ECONFLICT, "%s is there already", arguments[0]);
    td_channel_seed(seed);
    int result = td_keyfile_make(arguments[0], seed, SEED, reterr);
    OPENSSL_cleanse(seed, sizeof(seed));
    if (result < 0)
        return result;
    result = desk_start(&desk, arguments[0], NULL, 0, reterr);
    if (result == 0)
        print_line(td_trustee_certificate(desk.group, &desk.party));
    desk_done(&desk);
    return result;
}

static int deal(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    struct desk desk;
    json_t *dealt;
    char *end = NULL;
    (void)cli;
    long threshold = count == 3 ? strtol(arguments[2], &end, 10) : 0;
    if (count != 3 || end == arguments[2] || *end || threshold < 0 || threshold > INT_MAX)
        return TD_EINVALID;
    int result = desk_start(&desk, arguments[0], arguments + 1, 1, reterr);
    if (result == 0)
        result =
            td_trustee_deal(desk.group, &desk.party, desk.lists[0], (int)threshold, &dealt, reterr);
    if (result == 0)
        print_line(dealt);
    desk_done(&desk);
    return result;
}

static int accept(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    struct desk desk;
    json_t *output;
    (void)cli;
    if (count != 3)
        return TD_EINVALID;
    int result = desk_start(&desk, arguments[0], arguments + 1, 2, reterr);
    if (result == 0)
        result = td_trustee_accept(desk.group, &desk.party, desk.lists[0], desk.lists[1], &output,
                                   reterr);
    if (result == 0)
        print_line(output);
    desk_done(&desk);
    return result;
}

/* What all gave, checked as everybody will check it. */
static int join(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    struct desk desk;
    struct td_trustees trustees;
    (void)cli;
    if (count != 3)
        return TD_EINVALID;
    int result = desk_start(&desk, NULL, arguments, 3, reterr);
    char *text = result == 0 ? td_trustee_join(desk.lists[0], desk.lists[1], desk.lists[2]) : NULL;
    if (text)
        result = td_trustees_read(desk.group, text, strlen(text), &trustees, reterr);
    else if (result == 0)
        result =
            td_error_set(reterr, TD_EINVALID, "the files are of different numbers of trustees");
    if (result == 0 && text)
        printf("%s\n", text);
    free(text);
    desk_done(&desk);
    return result;
}

/* The two lines that an archive takes: the factors, and whose they are. */
static void print_factors(const json_t *factors, int owner)
{
    char hash[TD_ARCHIVE_HASH + 1];
    struct td_strbuf text;
    td_strbuf_init(&text);
    td_json_write(factors, &text);
    td_archive_hash(text.bytes, text.length, hash);
    printf("%s\n{\"owner\":%d,\"payload\":\"%s\"}\n", text.bytes, owner, hash);
    td_strbuf_done(&text);
}

static int open_sums(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    struct desk desk;
    json_t *factors = NULL;
    char *bytes = NULL;
    size_t length = 0;
    int owner = 0;
    (void)cli;
    if (count != 3)
        return TD_EINVALID;
    int result = desk_start(&desk, arguments[0], arguments + 1, 1, reterr);
    if (result == 0)
        result = td_whole_file_read(arguments[2], TD_WHOLE_FILE_ARCHIVE, &bytes, &length, reterr);
    if (result == 0)
        result = td_audit_open(desk.group, bytes, length, &desk.party,
                               json_array_get(desk.lists[0], 0), &factors, &owner, reterr);
    if (result == 0)
        print_factors(factors, owner);
    free(bytes);
    json_decref(factors);
    desk_done(&desk);
    return result;
}

const struct td_command td_trustee_commands[] = {
    {"trustee key", "KEY", "make a trustee's key, a secret file; print its certificate", key},
    {"trustee deal", "KEY CERTIFICATES THRESHOLD",
     "deal a share of the election's key to each trustee", deal},
    {"trustee accept", "KEY CERTIFICATES DEALT",
     "check what all dealt to this key; print its OUTPUT", accept},
    {"trustee join", "CERTIFICATES DEALT OUTPUTS", "the trustees of an election, checked", join},
    {"trustee open", "KEY OUTPUT FILE.bel",
     "this trustee's part in opening the sums of an election that holds", open_sums},
    {0},
};
