/* api.c - titlectl api: any request, for scripts and for what has no command of its own. */
#include "cli/command.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_body(const char *text, json_t **ret_body, struct td_error *reterr)
{
    json_error_t where;
    json_t *body = strcmp(text, "-") == 0 ? json_loadf(stdin, JSON_DECODE_ANY, &where)
                                          : json_loads(text, JSON_DECODE_ANY, &where);
    if (!body)
        return td_error_set(reterr, TD_EINVALID, "the JSON, line %d: %s", where.line, where.text);
    *ret_body = body;
    return 0;
}

static int request(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    const char *version = td_cli_option(&count, arguments, "--version");
    const char *key = td_cli_option(&count, arguments, "--key");
    if (count < 2 || count > 3 || arguments[1][0] != '/')
        return TD_EINVALID;
    for (char *c = arguments[0]; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    json_t *body = NULL;
    struct td_client *client;
    int result = count == 3 ? read_body(arguments[2], &body, reterr) : 0;
    if (result == 0)
        result = td_cli_client(cli, &client, reterr);
    if (result == 0) {
        struct td_request row = {.method = arguments[0],
                                 .path = arguments[1],
                                 .body = body,
                                 .key = key,
                                 .version = version ? atoll(version) : 0};
        struct td_answer answer;
        result = td_client_send(client, &row, &answer, reterr);
        if (answer.value)
            td_cli_print_json(answer.value);
        else
            fwrite(answer.bytes ? answer.bytes : "", 1, answer.length, stdout);
        td_answer_done(&answer);
    }
    json_decref(body);
    return result;
}

const struct td_command td_api_commands[] = {
    {"api", "METHOD PATH [JSON|-] [--version N] [--key K]", "send a request and print the answer",
     request},
    {0},
};
