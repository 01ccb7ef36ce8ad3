/* clock.c - titlectl demo advance: moves the clock of a demo forward. */
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "5d" or "5". */
static int parse_days(const char *text, int64_t *ret_days)
{
    char *end;
    long days = strtol(text, &end, 10);
    if (end == text || (*end && strcmp(end, "d") != 0) || days < 1 || days > 366)
        return TD_EINVALID;
    *ret_days = days;
    return 0;
}

static int advance(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    int64_t days;
    if (count != 1 || parse_days(arguments[0], &days) < 0)
        return TD_EINVALID;
    json_t *value = NULL;
    int result = td_cli_call(cli, "POST", "/api/v1/demo/advance",
                             json_pack("{s:I}", "days", (json_int_t)days), &value, reterr);
    if (result < 0)
        return result;
    if (cli->json)
        td_cli_print_json(value);
    else
        printf("In the demo it is now %s\n", td_cli_text(value, "today"));
    json_decref(value);
    return 0;
}

const struct td_command td_clock_commands[] = {
    {"demo advance", "DAYS", "move the clock of the demo forward: 5d", advance},
    {0},
};
