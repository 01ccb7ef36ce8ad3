/* clock.c - titlectl demo advance: moves the clock of a demo forward. */
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "5d", "12h", "90m" as minutes. */
static int parse_duration(const char *text, int64_t *ret_minutes)
{
    char *end;
    long long number = strtoll(text, &end, 10);
    int64_t unit = strcmp(end, "d") == 0 ? 24 * 60 : strcmp(end, "h") == 0 ? 60 : strcmp(end, "m") == 0 ? 1 : 0;
    if (end == text || number <= 0 || number > 1000000 || unit == 0)
        return TD_EINVALID;
    *ret_minutes = number * unit;
    return 0;
}

static int advance(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    int64_t minutes;
    if (count != 1 || parse_duration(arguments[0], &minutes) < 0)
        return TD_EINVALID;
    json_t *value = NULL;
    int result = td_cli_call(cli, "POST", "/api/v1/demo/advance",
                             json_pack("{s:I}", "minutes", (json_int_t)minutes), &value, reterr);
    if (result < 0)
        return result;
    if (cli->json)
        td_cli_print_json(value);
    else
        printf("The clock of the demo now shows %s\n", td_cli_text(value, "now"));
    json_decref(value);
    return 0;
}

const struct td_command td_clock_commands[] = {
    {"demo advance", "5d|12h|90m", "move the clock of the demo forward", advance},
    {0},
};
