/* account.c - titlectl account: the first accounts of an installation, and help for locked-out
 * people. */
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The id of the account with this login (an id is taken as it is). */
static int find(struct td_cli *cli, const char *login, char id[64], struct td_error *reterr)
{
    json_t *items = NULL, *item;
    size_t index;
    char *path = td_client_path("/api/v1/accounts?q=%s&", login);
    int result = td_cli_list(cli, path, &items, reterr);
    free(path);
    if (result < 0)
        return result;
    id[0] = 0;
    json_array_foreach(items, index, item)
        if (strcmp(td_cli_text(item, "login"), login) == 0)
            snprintf(id, 64, "%s", td_cli_text(item, "id"));
    json_decref(items);
    return id[0] ? 0
                 : td_error_set(reterr, TD_ENOTFOUND, "there is no account with the login \"%s\"",
                                login);
}

/* One request about the account; takes over `body`. `format` has the place of its id. */
static int act(struct td_cli *cli, const char *method, const char *format, const char *login,
               json_t *body, json_t **ret_value, struct td_error *reterr)
{
    char id[64];
    int result = find(cli, login, id, reterr);
    if (result < 0) {
        json_decref(body);
        return result;
    }
    char *path = td_client_path(format, id);
    result = td_cli_call(cli, method, path, body, ret_value, reterr);
    free(path);
    return result;
}

static int list(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    static const char *const members[] = {"id",       "login", "name", "unit_name",
                                          "disabled", "roles", NULL};
    json_t *items = NULL, *item, *grant;
    size_t index, place;
    if (count > 1)
        return TD_EINVALID;
    char *path = td_client_path("/api/v1/accounts?q=%s&", count == 1 ? arguments[0] : "");
    int result = td_cli_list(cli, path, &items, reterr);
    free(path);
    if (result < 0)
        return result;
    json_array_foreach(items, index, item) {
        char roles[1000] = "";
        json_array_foreach(json_object_get(item, "grants"), place, grant) {
            const char *scope = td_cli_text(grant, "scope");
            size_t used = strlen(roles);
            snprintf(roles + used, sizeof(roles) - used, "%s%s%s%s", used ? " " : "",
                     td_cli_text(grant, "role"), scope[0] ? ":" : "", scope);
        }
        json_object_set_new(item, "roles", json_string(roles));
    }
    td_cli_table(cli, items, members);
    json_decref(items);
    return 0;
}

static int add_password(bool ask, json_t *body, struct td_error *reterr)
{
    char *password = NULL;
    int result = ask ? td_cli_password("New password: ", &password, reterr) : 0;
    if (password)
        json_object_set_new(body, "password", json_string(password));
    free(password);
    return result;
}

static void print_password(const struct td_cli *cli, const json_t *value, const char *login)
{
    if (cli->json)
        td_cli_print_json(value);
    else if (td_cli_text(value, "password")[0])
        printf("Password of %s, shown once: %s\n", login, td_cli_text(value, "password"));
    else
        printf("The password of %s is set.\n", login);
}

/* "role" or "role:scope". */
static json_t *grant_value(const char *text)
{
    const char *colon = strchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : strlen(text);
    return json_pack("{s:s%, s:s}", "role", text, length, "scope", colon ? colon + 1 : "");
}

static int add(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    bool ask = td_cli_flag(&count, arguments, "--ask");
    const char *unit = td_cli_option(&count, arguments, "--unit");
    json_t *grants = json_array(), *value = NULL;
    for (const char *role; (role = td_cli_option(&count, arguments, "--role"));)
        json_array_append_new(grants, grant_value(role));
    if (count != 2) {
        json_decref(grants);
        return TD_EINVALID;
    }
    json_t *body =
        json_pack("{s:s, s:s, s:o}", "login", arguments[0], "name", arguments[1], "grants", grants);
    if (unit)
        json_object_set_new(body, "unit_id", json_string(unit));
    int result = add_password(ask, body, reterr);
    if (result == 0)
        result = td_cli_call(cli, "POST", "/api/v1/accounts", json_incref(body), &value, reterr);
    json_decref(body);
    if (result == 0)
        print_password(cli, value, arguments[0]);
    json_decref(value);
    return result;
}

static int password(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    bool ask = td_cli_flag(&count, arguments, "--ask");
    if (count != 1)
        return TD_EINVALID;
    json_t *body = json_object(), *value = NULL;
    int result = add_password(ask, body, reterr);
    if (result == 0)
        result = act(cli, "POST", "/api/v1/accounts/%s/password", arguments[0], json_incref(body),
                     &value, reterr);
    json_decref(body);
    if (result == 0)
        print_password(cli, value, arguments[0]);
    json_decref(value);
    return result;
}

static int grant(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    if (count != 2)
        return TD_EINVALID;
    return act(cli, "POST", "/api/v1/accounts/%s/grants", arguments[0], grant_value(arguments[1]),
               NULL, reterr);
}

static int revoke(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    char id[64];
    if (count != 2)
        return TD_EINVALID;
    int result = find(cli, arguments[0], id, reterr);
    if (result < 0)
        return result;
    json_t *value = grant_value(arguments[1]);
    char *path = td_client_path("/api/v1/accounts/%s/grants/%s?scope=%s", id,
                                td_cli_text(value, "role"), td_cli_text(value, "scope"));
    result = td_cli_call(cli, "DELETE", path, NULL, NULL, reterr);
    free(path);
    json_decref(value);
    return result;
}

static int disable(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    return count != 1
               ? TD_EINVALID
               : act(cli, "POST", "/api/v1/accounts/%s/disable", arguments[0], NULL, NULL, reterr);
}

static int enable(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    return count != 1
               ? TD_EINVALID
               : act(cli, "POST", "/api/v1/accounts/%s/enable", arguments[0], NULL, NULL, reterr);
}

const struct td_command td_account_commands[] = {
    {"account list", "[TEXT]", "accounts whose login or name has the text", list},
    {"account add", "LOGIN NAME [--role ROLE[:SCOPE]]... [--unit ID] [--ask]",
     "create an account; prints a password unless asked for one", add},
    {"account grant", "LOGIN ROLE[:SCOPE]", "give a role within a scope", grant},
    {"account revoke", "LOGIN ROLE[:SCOPE]", "take it back", revoke},
    {"account disable", "LOGIN", "end the sessions and refuse new ones", disable},
    {"account enable", "LOGIN", "allow them again", enable},
    {"account password", "LOGIN [--ask]", "set a new password, to be changed at the next login",
     password},
    {0},
};
