/* cycle.c - titlectl cycle: the yearly reviews. */
#include "cli/command.h"

static int list(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    static const char *const members[] = {"id",       "series",    "year", "state",
                                          "opens_on", "closes_on", "name", NULL};
    json_t *items = NULL;
    (void)arguments;
    if (count != 0)
        return TD_EINVALID;
    int result = td_cli_list(cli, "/api/v1/cycles?", &items, reterr);
    if (result == 0)
        td_cli_table(cli, items, members);
    json_decref(items);
    return result;
}

const struct td_command td_cycle_commands[] = {
    {"cycle list", "", "cycles, newest first", list},
    {0},
};
