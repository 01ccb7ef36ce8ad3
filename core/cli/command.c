/* command.c - what the commands share: options, printing, asking for a password. */
#include "cli/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

const char *td_cli_option(int *count, char **arguments, const char *name)
{
    for (int i = 0; i + 1 < *count; i++)
        if (strcmp(arguments[i], name) == 0) {
            const char *value = arguments[i + 1];
            memmove(arguments + i, arguments + i + 2,
                    (size_t)(*count - i - 2) * sizeof(*arguments));
            *count -= 2;
            return value;
        }
    return NULL;
}

bool td_cli_flag(int *count, char **arguments, const char *name)
{
    for (int i = 0; i < *count; i++)
        if (strcmp(arguments[i], name) == 0) {
            memmove(arguments + i, arguments + i + 1,
                    (size_t)(*count - i - 1) * sizeof(*arguments));
            (*count)--;
            return true;
        }
    return false;
}

int td_cli_list(struct td_cli *cli, const char *path, json_t **ret_items, struct td_error *reterr)
{
    json_t *items = json_array(), *page = NULL;
    int result = 0;
    for (const char *cursor = ""; cursor && result == 0;) {
        char *tail = td_client_path("cursor=%s", cursor), *whole = NULL;
        if (!tail || asprintf(&whole, "%s%s", path, tail) < 0)
            whole = NULL;
        free(tail);
        json_decref(page);
        page = NULL;
        result = whole ? td_cli_call(cli, "GET", whole, NULL, &page, reterr) : TD_ENOMEM;
        free(whole);
        json_array_extend(items, json_object_get(page, "items"));
        cursor = json_string_value(json_object_get(page, "next"));
    }
    json_decref(page);
    if (result < 0)
        json_decref(items);
    else
        *ret_items = items;
    return result;
}

const char *td_cli_text(const json_t *value, const char *name)
{
    static _Thread_local char rooms[8][64];
    static _Thread_local unsigned next;
    const json_t *member = json_object_get(value, name);
    if (json_is_string(member))
        return json_string_value(member);
    char *room = rooms[next++ % 8];
    room[0] = 0;
    if (json_is_integer(member))
        snprintf(room, sizeof(rooms[0]), "%lld", (long long)json_integer_value(member));
    else if (json_is_real(member))
        snprintf(room, sizeof(rooms[0]), "%g", json_real_value(member));
    else if (json_is_boolean(member))
        snprintf(room, sizeof(rooms[0]), "%s", json_is_true(member) ? "yes" : "no");
    return room;
}

void td_cli_print_json(const json_t *value)
{
    if (!value)
        return;
    json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
    putchar('\n');
}

void td_cli_print_plain(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        bool steers = *c < 0x20 || *c == 0x7f || (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0);
        putchar(steers ? ' ' : *c);
        c += steers && *c == 0xc2;
    }
}

void td_cli_table(const struct td_cli *cli, const json_t *value, const char *const *members)
{
    if (cli->json) {
        td_cli_print_json(value);
        return;
    }
    for (const char *const *member = members; *member; member++)
        printf("%s%s", *member, member[1] ? "\t" : "\n");
    const json_t *items = json_is_array(value) ? value : json_object_get(value, "items");
    size_t index;
    json_t *item;
    json_array_foreach(items, index, item) {
        for (const char *const *member = members; *member; member++) {
            td_cli_print_plain(td_cli_text(item, *member));
            putchar(member[1] ? '\t' : '\n');
        }
    }
}

static void forget(char *line, size_t room)
{
    if (line)
        explicit_bzero(line, room);
    free(line);
}

int td_cli_password(const char *prompt, char **ret_password, struct td_error *reterr)
{
    struct termios before, silent;
    bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        fputs(prompt, stderr);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    char *line = NULL;
    size_t room = 0;
    ssize_t length = getline(&line, &room, stdin);
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', stderr);
    }
    while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
        line[--length] = 0;
    if (length <= 0) {
        forget(line, line ? room : 0);
        return td_error_set(reterr, TD_EINVALID, "no password was given");
    }
    *ret_password = line;
    return 0;
}
