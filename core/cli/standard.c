/* standard.c - titlectl standard: scoring standards, from the script folder of the server into
 * force. */
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int list(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    static const char *const members[] = {"id",    "series",       "level", "version",
                                          "state", "activated_at", "hash",  NULL};
    json_t *items = NULL;
    if (count > 1)
        return TD_EINVALID;
    char *path = td_client_path("/api/v1/standards?series=%s&", count == 1 ? arguments[0] : "");
    int result = td_cli_list(cli, path, &items, reterr);
    free(path);
    if (result == 0)
        td_cli_table(cli, items, members);
    json_decref(items);
    return result;
}

/* "teacher/intermediate": the server reads and checks scripts/teacher/intermediate.rb. */
static int import(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    bool bootstrap = td_cli_flag(&count, arguments, "--bootstrap");
    char *slash = count == 1 ? strchr(arguments[0], '/') : NULL;
    if (!slash)
        return TD_EINVALID;
    json_t *value = NULL;
    json_t *body =
        json_pack("{s:s%, s:s, s:b}", "series", arguments[0], (size_t)(slash - arguments[0]),
                  "level", slash + 1, "bootstrap", bootstrap);
    int result = td_cli_call(cli, "POST", "/api/v1/standards", body, &value, reterr);
    if (result == 0)
        td_cli_print_json(value);
    json_decref(value);
    return result;
}

static int act(struct td_cli *cli, int count, char **arguments, const char *format,
               struct td_error *reterr)
{
    if (count != 1)
        return TD_EINVALID;
    char *path = td_client_path(format, arguments[0]);
    int result = td_cli_call(cli, "POST", path, NULL, NULL, reterr);
    free(path);
    return result;
}

static int approve(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    return act(cli, count, arguments, "/api/v1/standards/%s/approve", reterr);
}

static int activate(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    return act(cli, count, arguments, "/api/v1/standards/%s/activate", reterr);
}

const struct td_command td_standard_commands[] = {
    {"standard list", "[SERIES]", "scoring standards and their states", list},
    {"standard import", "SERIES/LEVEL [--bootstrap]",
     "check the script in the server's script folder and store it as the next version", import},
    {"standard approve", "ID", "approve an imported one, as a second person", approve},
    {"standard activate", "ID", "put an approved one in force", activate},
    {0},
};
