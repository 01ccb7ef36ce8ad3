/* plugin.c - titlectl plugin: which series the running server serves. */
#include "cli/command.h"

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
    {0},
};
