/* standard.c - titlectl standard: scoring standards, from the script folder, a file or an earlier
 * version into force, and back out of it. */
#include "cli/command.h"
#include "cli/standard_case.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20 }; /* the server says what is too much; this only ends an endless one */

/* --- what the commands share ------------------------------------------------------------------ */

/* A file, or standard input for "-", as text: malloc'd. */
static int read_text(const char *path, char **ret_text, struct td_error *reterr)
{
    FILE *file = strcmp(path, "-") ? fopen(path, "r") : stdin;
    if (!file)
        return td_error_set(reterr, TD_EINVALID, "%s: %s", path, strerror(errno));
    char *text = malloc(FILE_MAX + 1);
    size_t length = text ? fread(text, 1, FILE_MAX, file) : 0;
    int rc = !text          ? TD_ENOMEM
             : ferror(file) ? td_error_set(reterr, TD_EINVALID, "%s cannot be read", path)
             : memchr(text, 0, length) ? td_error_set(reterr, TD_EINVALID, "%s is not a text", path)
                                       : 0;
    if (file != stdin)
        fclose(file);
    if (rc < 0) {
        free(text);
        return rc;
    }
    text[length] = 0;
    *ret_text = text;
    return 0;
}

/* "teacher/intermediate" as members of a new body. */
static json_t *body_of(const char *place)
{
    const char *slash = strchr(place, '/');
    return slash ? json_pack("{s:s%, s:s}", "series", place, (size_t)(slash - place), "level",
                             slash + 1)
                 : NULL;
}

/* Says whether a script loads, as compilers do; the whole with --json. TD_ESCRIPT when it does not.
 */
static int say_fault(const struct td_cli *cli, const json_t *value, const char *file,
                     struct td_error *reterr)
{
    const json_t *fault = json_object_get(value, "fault");
    if (cli->json)
        td_cli_print_json(value);
    if (!json_is_object(fault))
        return 0;
    const char *rule = td_cli_text(fault, "rule");
    return td_error_set(reterr, TD_ESCRIPT, "%s:%s: %s%s%s%s", file, td_cli_text(fault, "line"),
                        td_cli_text(fault, "message"), *rule ? " (" : "", rule, *rule ? ")" : "");
}

static int load(struct td_cli *cli, const char *id, json_t **ret_standard, struct td_error *reterr)
{
    char *path = td_client_path("/api/v1/standards/%s", id);
    int result = td_cli_call(cli, "GET", path, NULL, ret_standard, reterr);
    free(path);
    return result;
}

/* --- reading ---------------------------------------------------------------------------------- */

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

static int offers(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    static const char *const members[] = {"series", "level", "newest", "hash", NULL};
    json_t *value = NULL;
    (void)arguments;
    if (count != 0)
        return TD_EINVALID;
    int result = td_cli_call(cli, "GET", "/api/v1/standards/offers", NULL, &value, reterr);
    if (result == 0)
        td_cli_table(cli, json_object_get(value, "items"), members);
    json_decref(value);
    return result;
}

static int show(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    static const char *const members[] = {
        "id",         "series",       "level", "version",     "state",
        "revision",   "origin",       "hash",  "author_name", "approved_by_name",
        "created_at", "activated_at", "note",  NULL};
    bool source = td_cli_flag(&count, arguments, "--source");
    json_t *value = NULL;
    if (count != 1)
        return TD_EINVALID;
    int result = load(cli, arguments[0], &value, reterr);
    if (result == 0 && source) {
        fputs(td_cli_text(value, "source"), stdout);
    } else if (result == 0 && cli->json) {
        td_cli_print_json(value);
    } else if (result == 0) {
        for (const char *const *member = members; *member; member++)
            if (*td_cli_text(value, *member))
                printf("%s\t%s\n", *member, td_cli_text(value, *member));
        if (json_is_object(json_object_get(value, "fault")))
            printf("fault\tline %s: %s\n", td_cli_text(json_object_get(value, "fault"), "line"),
                   td_cli_text(json_object_get(value, "fault"), "message"));
        td_cli_print_cases(json_object_get(value, "cases"));
    }
    json_decref(value);
    return result;
}

static void print_parts(const json_t *parts)
{
    size_t i;
    json_t *part;
    json_array_foreach((json_t *)parts, i, part)
        fputs(td_cli_text(part, "text"), stdout);
}

/* Table first, as officials read it; then the script, as diff -u prints it. */
static void print_diff(const json_t *value)
{
    size_t i, k;
    json_t *change, *field, *hunk, *line;
    json_array_foreach(json_object_get(value, "changes"), i, change) {
        printf("%s %s %s\n", td_cli_text(change, "change"), td_cli_text(change, "id"),
               td_cli_text(change, "name"));
        json_array_foreach(json_object_get(change, "fields"), k, field) {
            printf("  %s: ", td_cli_text(field, "field"));
            print_parts(json_object_get(field, "before"));
            fputs(" -> ", stdout);
            print_parts(json_object_get(field, "after"));
            putchar('\n');
        }
    }
    json_array_foreach(json_object_get(json_object_get(value, "lines"), "hunks"), i, hunk) {
        puts("@@");
        json_array_foreach(json_object_get(hunk, "lines"), k, line) {
            const char *kind = td_cli_text(line, "kind");
            putchar(!strcmp(kind, "gone") ? '-' : !strcmp(kind, "new") ? '+' : ' ');
            print_parts(json_object_get(line, "parts"));
            putchar('\n');
        }
    }
}

static int diff(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    json_t *value = NULL;
    if (count != 1 && count != 2)
        return TD_EINVALID;
    char *path = td_client_path("/api/v1/standards/%s/diff?with=%s", arguments[0],
                                count == 2 ? arguments[1] : "");
    int result = td_cli_call(cli, "GET", path, NULL, &value, reterr);
    free(path);
    if (result == 0 && cli->json)
        td_cli_print_json(value);
    else if (result == 0)
        print_diff(value);
    json_decref(value);
    return result;
}

/* --- drafts ----------------------------------------------------------------------------------- */

/* Creates and prints {"id"}; says on the way when the script does not load, which is no failure. */
static int create(struct td_cli *cli, json_t *body, struct td_error *reterr)
{
    json_t *value = NULL, *standard = NULL;
    int result = td_cli_call(cli, "POST", "/api/v1/standards", body, &value, reterr);
    if (result == 0) {
        td_cli_print_json(value);
        struct td_error fault = TD_ERROR_INIT;
        const json_t *found = NULL;
        if (load(cli, td_cli_text(value, "id"), &standard, &fault) == 0)
            found = json_object_get(standard, "fault");
        if (json_is_object(found))
            fprintf(stderr, "titlectl: kept, but it does not load: line %s: %s\n",
                    td_cli_text(found, "line"), td_cli_text(found, "message"));
        td_error_done(&fault);
    }
    json_decref(value);
    json_decref(standard);
    return result;
}

/* "teacher/intermediate": the server reads and checks scripts/teacher/intermediate.rb. */
static int import(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    bool bootstrap = td_cli_flag(&count, arguments, "--bootstrap");
    json_t *body = count == 1 ? body_of(arguments[0]) : NULL;
    if (!body)
        return TD_EINVALID;
    json_object_set_new(body, "bootstrap", json_boolean(bootstrap));
    return create(cli, body, reterr);
}

/* "new SERIES/LEVEL FILE" from a text, "new ID" a copy of that version. */
static int new_draft(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    const char *note = td_cli_option(&count, arguments, "--note");
    json_t *body = NULL;
    char *text = NULL;
    if (count == 1 && !strchr(arguments[0], '/'))
        body = json_pack("{s:s}", "based_on", arguments[0]);
    else if (count == 2)
        body = body_of(arguments[0]);
    if (!body)
        return TD_EINVALID;
    int result = count == 2 ? read_text(arguments[1], &text, reterr) : 0;
    if (result < 0) {
        json_decref(body);
        return result;
    }
    if (text)
        json_object_set_new(body, "source", json_string(text));
    if (note)
        json_object_set_new(body, "note", json_string(note));
    free(text);
    return create(cli, body, reterr);
}

/* Sends the file as the draft's next source, over the revision that the server has now. */
static int edit(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    const char *note = td_cli_option(&count, arguments, "--note");
    const char *revision = td_cli_option(&count, arguments, "--revision");
    char *end = "";
    long long over = revision ? strtoll(revision, &end, 10) : 0;
    struct td_client *client;
    struct td_answer answer = {0};
    json_t *standard = NULL;
    char *text = NULL;
    if (count != 2 || *end || (revision && over < 1))
        return TD_EINVALID;
    int result = read_text(arguments[1], &text, reterr);
    if (result == 0)
        result = load(cli, arguments[0], &standard, reterr);
    if (result == 0)
        result = td_cli_client(cli, &client, reterr);
    if (result == 0) {
        char *path = td_client_path("/api/v1/standards/%s", arguments[0]);
        json_t *body = json_pack("{s:s, s:s*}", "source", text, "note", note);
        int64_t now = json_integer_value(json_object_get(standard, "revision"));
        struct td_request request = {
            .method = "PUT", .path = path, .body = body, .version = revision ? over : now};
        result = td_client_send(client, &request, &answer, reterr);
        json_decref(body);
        free(path);
    }
    if (result == 0)
        result = say_fault(cli, answer.value, arguments[1], reterr);
    td_answer_done(&answer);
    json_decref(standard);
    free(text);
    return result;
}

/* Nothing is kept. */
static int check(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    json_t *value = NULL, *body = count == 2 ? body_of(arguments[0]) : NULL;
    char *text = NULL;
    if (!body)
        return TD_EINVALID;
    int result = read_text(arguments[1], &text, reterr);
    if (result < 0) {
        json_decref(body);
        return result;
    }
    json_object_set_new(body, "source", json_string(text));
    free(text);
    result = td_cli_call(cli, "POST", "/api/v1/standards/check", body, &value, reterr);
    if (result == 0)
        result = say_fault(cli, value, arguments[1], reterr);
    json_decref(value);
    return result;
}

/* --- acts ------------------------------------------------------------------------------------- */

static int act(struct td_cli *cli, const char *method, const char *format, const char *id,
               json_t *body, struct td_error *reterr)
{
    json_t *value = NULL;
    char *path = td_client_path(format, id);
    int result = td_cli_call(cli, method, path, body, &value, reterr);
    free(path);
    if (result == 0 && cli->json)
        td_cli_print_json(value);
    json_decref(value);
    return result;
}

static int approve(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    const char *hash = td_cli_option(&count, arguments, "--hash"),
               *consent = td_cli_option(&count, arguments, "--consent"),
               *on = td_cli_option(&count, arguments, "--consented-on");
    if (count != 1)
        return TD_EINVALID;
    json_t *body = json_pack("{s:s*, s:s*, s:s*}", "hash", hash, "consent_reference", consent,
                             "consented_on", on);
    return act(cli, "POST", "/api/v1/standards/%s/approve", arguments[0], body, reterr);
}

static int activate(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    return count == 1
               ? act(cli, "POST", "/api/v1/standards/%s/activate", arguments[0], NULL, reterr)
               : TD_EINVALID;
}

static int rollback(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    return count == 2 ? act(cli, "POST", "/api/v1/standards/%s/rollback", arguments[0],
                            json_pack("{s:s}", "reason", arguments[1]), reterr)
                      : TD_EINVALID;
}

static int release(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    return count == 2 ? act(cli, "POST", "/api/v1/standards/%s/release", arguments[0],
                            json_pack("{s:s}", "reason", arguments[1]), reterr)
                      : TD_EINVALID;
}

static int discard(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    return count == 1 ? act(cli, "DELETE", "/api/v1/standards/%s", arguments[0], NULL, reterr)
                      : TD_EINVALID;
}

const struct td_command td_standard_commands[] = {
    {"standard list", "[SERIES]", "scoring standards and their states", list},
    {"standard show", "ID [--source]", "one of them, or the text of its script", show},
    {"standard offers", "", "scripts of the script folder that differ from their newest version",
     offers},
    {"standard import", "SERIES/LEVEL [--bootstrap]",
     "make the script in the server's script folder the next draft", import},
    {"standard new", "ID | SERIES/LEVEL FILE|- [--note TEXT]",
     "a draft that is a copy of a version, or from a file", new_draft},
    {"standard edit", "ID FILE|- [--note TEXT] [--revision N]", "keep another text of a draft",
     edit},
    {"standard check", "SERIES/LEVEL FILE|-", "say whether a script loads; nothing is kept", check},
    {"standard diff", "ID [OTHER]", "what differs from the active version, or from another", diff},
    {"standard approve", "ID [--hash HASH] [--consent NUMBER --consented-on DAY]",
     "approve one that was tried, as a second person", approve},
    {"standard activate", "ID", "put an approved one, or one of earlier, in force", activate},
    {"standard rollback", "ID REASON", "put the one before this active one back in force",
     rollback},
    {"standard release", "ID REASON",
     "as the supervisor: let it into force once while standards are frozen", release},
    {"standard discard", "ID", "take a draft out of the lists; its texts are kept", discard},
    {0},
};
