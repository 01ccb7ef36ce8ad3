/* quota.c - titlectl quota: the posts of the directed track, straight from the database. */
#include "cli/command.h"

#include "review/quota.h"
#include "store/store.h"

#include <stdio.h>

static int check(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    return td_quota_verify(tx, arg);
}

static int verify(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    json_t *report = NULL, *finding;
    size_t i;
    (void)arguments;
    if (count != 0)
        return TD_EINVALID;
    int result = td_cli_read(cli, check, &report, reterr);
    if (result < 0)
        return result;
    json_t *findings = json_object_get(report, "findings");
    if (cli->json)
        td_cli_print_json(report);
    else if (json_array_size(findings) == 0)
        printf("The posts add up: %s entries in %s pots\n", td_cli_text(report, "entries"),
               td_cli_text(report, "pots"));
    if (json_array_size(findings) > 0) {
        result = td_error_set(reterr, TD_ECONFLICT, "the posts do not add up: %s findings",
                              td_cli_text(report, "found"));
        json_array_foreach(findings, i, finding)
            td_error_field(reterr, td_cli_text(finding, "kind"), "quota", "%s",
                           td_cli_text(finding, "words"));
    }
    json_decref(report);
    return result;
}

const struct td_command td_quota_commands[] = {
    {"quota verify", "", "play the ledger of directed posts again and name what differs", verify},
    {0},
};
