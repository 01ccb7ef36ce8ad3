/* ballot.c - titlectl ballot: verifies an election's archive without the server, and rehearses an
 * election. */
#include "cli/command.h"

#include "ballot/audit.h"
#include "ballot/rehearsal.h"
#include "cli/whole_file.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHOICES = 3 };

/* --- verify ---------------------------------------------------------------------------------- */

static void print_counts(const json_t *question)
{
    const json_t *counts = json_object_get(question, "counts"),
                 *passed = json_object_get(question, "passed");
    size_t i;
    json_t *count;
    td_cli_print_plain(td_cli_text(question, "question"));
    putchar(':');
    json_array_foreach((json_t *)counts, i, count)
        printf(" %" JSON_INTEGER_FORMAT, json_integer_value(count));
    if (!json_is_array(counts))
        printf(" not counted yet");
    if (json_is_boolean(passed))
        printf(", %s (%s are needed)", json_is_true(passed) ? "passed" : "failed",
               td_cli_text(question, "required"));
    printf("\n");
}

static void print_report(const json_t *report)
{
    const json_t *rule = json_object_get(report, "rule");
    size_t i;
    json_t *question;
    printf("Everything holds in ");
    td_cli_print_plain(td_cli_text(report, "name"));
    printf(" (%s), which is %s\n", td_cli_text(report, "uuid"), td_cli_text(report, "stage"));
    printf("Election %s\n", td_cli_text(report, "fingerprint"));
    printf("Credentials %s\n", td_cli_text(report, "credentials"));
    printf("Last event %s\n", td_cli_text(report, "head"));
    if (json_is_object(rule))
        printf("Quorum: %s of %s members present, %s are needed\n", td_cli_text(rule, "present"),
               td_cli_text(rule, "members"), td_cli_text(rule, "required"));
    printf("%s voters, %s ballots, of which %s count; any %s of %s trustees open them together\n",
           td_cli_text(report, "voters"), td_cli_text(report, "ballots"),
           td_cli_text(report, "tallied"), td_cli_text(report, "threshold"),
           td_cli_text(report, "trustees"));
    json_array_foreach(json_object_get(report, "questions"), i, question)
        print_counts(question);
}

/* What was announced must be what is there; NULL was not given. */
static int compare(const json_t *report, const char *member, const char *announced,
                   struct td_error *reterr)
{
    if (!announced || !strcmp(td_cli_text(report, member), announced))
        return 0;
    return td_error_set(reterr, TD_EINVALID, "%s: %s was announced, the archive has %s", member,
                        announced, td_cli_text(report, member));
}

/* A voter looks for the receipt of his paper. */
static int find_tracker(const json_t *report, const char *tracker, struct td_error *reterr)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(report, "trackers"), i, one)
        if (tracker && !strcmp(json_string_value(one), tracker))
            return 0;
    return tracker ? td_error_set(reterr, TD_ENOTFOUND, "tracker: no ballot that counts has it")
                   : 0;
}

static int verify(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    const char *election = td_cli_option(&count, arguments, "--election"),
               *credentials = td_cli_option(&count, arguments, "--credentials"),
               *head = td_cli_option(&count, arguments, "--head"),
               *tracker = td_cli_option(&count, arguments, "--tracker");
    json_t *report = NULL;
    char *bytes = NULL;
    size_t length = 0;
    if (count != 1)
        return TD_EINVALID;
    int result = td_whole_file_read(arguments[0], TD_WHOLE_FILE_ARCHIVE, &bytes, &length, reterr);
    if (result == 0)
        result = td_audit(bytes, length, &report, reterr);
    free(bytes);
    if (result == 0)
        result = compare(report, "fingerprint", election, reterr);
    if (result == 0)
        result = compare(report, "credentials", credentials, reterr);
    if (result == 0)
        result = compare(report, "head", head, reterr);
    if (result == 0)
        result = find_tracker(report, tracker, reterr);
    if (result == 0 && cli->json)
        td_cli_print_json(report);
    else if (result == 0)
        print_report(report);
    json_decref(report);
    return result;
}

/* --- rehearse -------------------------------------------------------------------------------- */

static bool to_number(const char *text, int otherwise, int max, int *ret)
{
    char *end = NULL;
    long number = text ? strtol(text, &end, 10) : otherwise;
    *ret = (int)number;
    return number >= 1 && number <= max && (!end || !*end);
}

static int write_file(const char *path, const char *bytes, size_t length, struct td_error *reterr)
{
    FILE *file = fopen(path, "wxe"); /* never over another archive */
    bool written = file && fwrite(bytes, 1, length, file) == length;
    if (file && fclose(file) != 0)
        written = false;
    return written
               ? 0
               : td_error_set(reterr, TD_EIO, "%s cannot be written, or is there already", path);
}

static int rehearse(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    int voters, dossiers;
    bool given = to_number(td_cli_option(&count, arguments, "--voters"), 9, TD_REHEARSAL_VOTERS_MAX,
                           &voters) &&
                 to_number(td_cli_option(&count, arguments, "--dossiers"), 3,
                           TD_REHEARSAL_DOSSIERS_MAX, &dossiers);
    (void)cli;
    if (!given || count != 1)
        return TD_EINVALID;
    int *choices = calloc((size_t)voters * (size_t)dossiers, sizeof(*choices));
    if (!choices)
        return TD_ENOMEM;
    for (int i = 0; i < voters * dossiers; i++)
        choices[i] = (int)randombytes_uniform(CHOICES);
    struct td_rehearsal rehearsal = {
        .name = "演练",
        .rule = {.members = voters,
                 .present = voters,
                 .of = voters,
                 .quorum = {2, 3},
                 .majority = {2, 3}},
        .voters = voters,
        .dossiers = dossiers,
        .choices = choices,
        .trustees = 3,
        .threshold = 2,
    };
    char *bytes = NULL;
    size_t length = 0;
    int result = td_rehearsal_run(&rehearsal, &bytes, &length, reterr);
    if (result == 0)
        result = write_file(arguments[0], bytes, length, reterr);
    if (result == 0)
        printf("%s: %d voters on %d dossiers, made up\n", arguments[0], voters, dossiers);
    free(bytes);
    free(choices);
    return result;
}

const struct td_command td_ballot_commands[] = {
    {"ballot verify",
     "FILE.bel [--election TEXT] [--credentials TEXT] [--head TEXT] [--tracker TEXT]",
     "recompute keys, ballots, sums, quorum and result of an election; compare with what was "
     "announced",
     verify},
    {"ballot rehearse", "FILE.bel [--voters N] [--dossiers N]",
     "a made-up election of any size, to try this or another verifier", rehearse},
    {0},
};
