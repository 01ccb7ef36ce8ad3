/* demo.c - the frame of a run: the city file, one logged-in client for each person, requests. */
#include "cli/demo.h"

#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The city, and others.json in the same folder. */
static int find_city(struct td_demo *demo, struct td_error *reterr)
{
    const char *path = getenv("TITLED_DEMO_CITY");
    char others[4096];
    json_error_t where;
    path = path ? path : "ops/demo/city.json";
    const char *slash = strrchr(path, '/');
    snprintf(others, sizeof(others), "%.*sothers.json", slash ? (int)(slash - path + 1) : 0, path);
    demo->city = json_load_file(path, JSON_REJECT_DUPLICATES, &where);
    if (!demo->city)
        return td_error_set(reterr, TD_EINVALID,
                            "%s: %s; run this in the project's folder or set TITLED_DEMO_CITY",
                            path, where.text);
    demo->others = json_load_file(others, JSON_REJECT_DUPLICATES, &where);
    return demo->others
               ? 0
               : td_error_set(reterr, TD_EINVALID, "%s:%d: %s", others, where.line, where.text);
}

int td_demo_open(struct td_cli *cli, struct td_demo *demo, struct td_error *reterr)
{
    *demo = (struct td_demo){.cli = cli};
    int result = find_city(demo, reterr);
    if (result == 0)
        result = td_client_new(cli->control, NULL, &demo->console, reterr);
    if (result == 0)
        td_client_be_patient(demo->console);
    if (result == 0 && !cli->url && !cli->public_url[0])
        result =
            td_error_set(reterr, TD_EINVALID, "public_url is not in the configuration; give --url");
    if (result < 0)
        td_demo_close(demo);
    return result;
}

void td_demo_close(struct td_demo *demo)
{
    for (size_t i = 0; i < demo->client_count; i++)
        td_client_free(demo->clients[i].client);
    free(demo->clients);
    td_client_free(demo->console);
    json_decref(demo->units);
    json_decref(demo->city);
    json_decref(demo->others);
    *demo = (struct td_demo){0};
}

static int remember(struct td_demo *demo, const char *login, struct td_client *client)
{
    if (demo->client_count == demo->client_room) {
        size_t room = demo->client_room ? demo->client_room * 2 : 64;
        struct td_demo_client *grown = realloc(demo->clients, room * sizeof(*grown));
        if (!grown)
            return TD_ENOMEM;
        demo->clients = grown;
        demo->client_room = room;
    }
    struct td_demo_client *one = &demo->clients[demo->client_count++];
    snprintf(one->login, sizeof(one->login), "%s", login);
    one->client = client;
    return 0;
}

int td_demo_as(struct td_demo *demo, const char *login, struct td_client **ret_client,
               struct td_error *reterr)
{
    struct td_client *client = NULL;
    if (!login[0])
        client = demo->console;
    for (size_t i = 0; !client && i < demo->client_count; i++)
        if (strcmp(demo->clients[i].login, login) == 0)
            client = demo->clients[i].client;
    if (client) {
        *ret_client = client;
        return 0;
    }
    const char *url = demo->cli->url ? demo->cli->url : demo->cli->public_url;
    int result = td_client_new(NULL, url, &client, reterr);
    if (result == 0)
        td_client_be_patient(client);
    if (result == 0)
        result = td_client_login(client, login, TD_DEMO_PASSWORD, NULL, reterr);
    if (result == 0)
        result = remember(demo, login, client);
    if (result < 0) {
        td_client_free(client);
        return result;
    }
    *ret_client = client;
    return 0;
}

/* `format` with each %s replaced as it is: ids and codes need no encoding. */
static char *format_path(const char *format, va_list arguments)
{
    char *path;
    return vasprintf(&path, format, arguments) < 0 ? NULL : path;
}

/* Says whose request failed: the server's words alone do not. */
static void add_place(struct td_error *reterr, const char *login, const char *method,
                      const char *path)
{
    char words[400];
    if (!reterr)
        return;
    snprintf(words, sizeof(words), "%.390s", reterr->detail);
    snprintf(reterr->detail, sizeof(reterr->detail), "%s %.60s as %s: %s", method, path,
             login[0] ? login : "console", words);
}

int td_demo_call(struct td_demo *demo, const char *login, const char *method, json_t *body,
                 json_t **ret_value, struct td_error *reterr, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *path = format_path(format, arguments);
    va_end(arguments);
    struct td_client *client;
    int result = path ? td_demo_as(demo, login, &client, reterr) : TD_ENOMEM;
    if (result < 0)
        json_decref(body);
    else
        result = td_client_json(client, method, path, body, ret_value, reterr);
    if (result < 0 && path)
        add_place(reterr, login, method, path);
    free(path);
    return result;
}

int td_demo_advance(struct td_demo *demo, int days, struct td_error *reterr)
{
    return td_demo_call(demo, "", "POST", json_pack("{s:i}", "days", days), NULL, reterr,
                        "/api/v1/demo/advance");
}

void td_demo_district_login(const json_t *unit, const char *kind, char login[TD_DEMO_LOGIN])
{
    snprintf(login, TD_DEMO_LOGIN, "%s-%s", kind,
             json_string_value(json_object_get(unit, "division_code")));
}
