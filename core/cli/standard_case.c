/* standard_case.c - titlectl standard amend, cases: golden cases amended for a standard, and the
 * files with the amendments in them for the script folder. */
#include "cli/standard_case.h"

#include "cli/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void print_value(const json_t *value)
{
    char *text = json_is_null(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY);
    fputs(text ? text : "nothing", stdout);
    free(text);
}

static void print_changes(const json_t *changes)
{
    size_t i;
    json_t *change;
    json_array_foreach((json_t *)changes, i, change) {
        const char *id = td_cli_text(change, "id");
        printf("  %s%s%s: ", td_cli_text(change, "what"), *id ? " " : "", id);
        print_value(json_object_get(change, "expected"));
        fputs(" -> ", stdout);
        print_value(json_object_get(change, "got"));
        putchar('\n');
    }
}

void td_cli_print_cases(const json_t *cases)
{
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)cases, i, one) {
        printf("case\t%s\t%s\t%s %s\n", td_cli_text(one, "file"), td_cli_text(one, "case_state"),
               td_cli_text(one, "amended_by_name"), td_cli_text(one, "amended_at"));
        print_changes(json_object_get(one, "changes"));
        printf("  %s\n", td_cli_text(one, "arithmetic"));
    }
}

static int amend(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    json_t *value = NULL;
    if (count != 3)
        return TD_EINVALID;
    char *path = td_client_path("/api/v1/standards/%s/cases", arguments[0]);
    int result = td_cli_call(
        cli, "POST", path,
        json_pack("{s:s, s:s}", "file", arguments[1], "arithmetic", arguments[2]), &value, reterr);
    free(path);
    if (result == 0 && cli->json)
        td_cli_print_json(value);
    else if (result == 0)
        print_changes(json_object_get(value, "changes"));
    json_decref(value);
    return result;
}

/* Writes FOLDER/<file>; the name comes from the server and must be one of this folder. */
static int export_case(const char *folder, const json_t *one, struct td_error *reterr)
{
    const char *file = td_cli_text(one, "file");
    const json_t *golden = json_object_get(one, "case");
    char path[4352];
    int n = snprintf(path, sizeof(path), "%s/%s", folder, file);
    if (strchr(file, '/') || *file == '.' || n < 0 || (size_t)n >= sizeof(path))
        return td_error_set(reterr, TD_EINVALID, "%s is no name of a file", file);
    if (!json_is_object(golden)) {
        fprintf(stderr, "titlectl: %s is left out: %s\n", file, td_cli_text(one, "case_state"));
        return 0;
    }
    char *text = json_dumps(golden, JSON_INDENT(2));
    FILE *out = text ? fopen(path, "we") : NULL;
    bool written = out && fputs(text, out) >= 0 && fputc('\n', out) == '\n';
    if (out)
        written = fclose(out) == 0 && written;
    free(text);
    if (!written)
        return td_error_set(reterr, TD_EINVALID, "%s: %s", path, strerror(errno));
    puts(path);
    return 0;
}

static int cases(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    const char *folder = td_cli_option(&count, arguments, "--export");
    json_t *value = NULL, *one;
    size_t i;
    if (count != 1)
        return TD_EINVALID;
    char *path = td_client_path("/api/v1/standards/%s/cases", arguments[0]);
    int result = td_cli_call(cli, "GET", path, NULL, &value, reterr);
    free(path);
    const json_t *items = json_object_get(value, "items");
    if (result == 0 && folder && json_array_size(items) > 0 && mkdir(folder, 0777) < 0 &&
        errno != EEXIST)
        result = td_error_set(reterr, TD_EINVALID, "%s: %s", folder, strerror(errno));
    if (result == 0 && folder) {
        json_array_foreach((json_t *)items, i, one)
            if (result == 0)
                result = export_case(folder, one, reterr);
    } else if (result == 0 && cli->json) {
        td_cli_print_json(value);
    } else if (result == 0) {
        td_cli_print_cases(items);
    }
    json_decref(value);
    return result;
}

const struct td_command td_standard_case_commands[] = {
    {"standard amend", "ID FILE ARITHMETIC",
     "let one golden case expect what the newest trial found, and say how that is worked out",
     amend},
    {"standard cases", "ID [--export FOLDER]",
     "the golden cases amended for a standard; or write them as files for the script folder",
     cases},
    {0},
};
