/* plugin.c - titlectl plugin: which series the running server serves, and the tools of who writes
 * one. */
#include "cli/plugin.h"

#include <stdio.h>

static int list(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    static const char *const members[] = {"id", "plugin_version", "name", "name_en", NULL};
    json_t *items = NULL;
    (void)arguments;
    if (count != 0)
        return TD_EINVALID;
    int result = td_cli_list(cli, "/api/v1/series?", &items, reterr);
    if (result == 0)
        td_cli_table(cli, items, members);
    json_decref(items);
    return result;
}

const struct td_command td_plugin_commands[] = {
    {"plugin list", "", "the series that are loaded, and their versions", list},
    {"plugin new", "NAME [FOLDER]",
     "write the beginning of a series plugin that builds and is tested", td_plugin_new},
    {"plugin check",
     "FILE.so [--scripts FOLDER] [--seed N] [--dossiers N] [--job-ms N] [--dossier N: print that "
     "one]",
     "load it in a sandboxed worker, try it with many dossiers and say what to mend",
     td_plugin_check},
    {0},
};
