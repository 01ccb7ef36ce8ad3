/* plugin.c - titlectl plugin: series plugins in and out of the running server.
 *
 * A file is put into the server's plugin folder under another name, made durable and renamed; then
 * the server looks, and says whether it serves it. When it does not, the folder is as it was
 * before. An object that `plugin check` finds fault with is not even tried. Only on the server's
 * machine: the console, not a browser, brings executables. The tools of who writes a plugin have
 * files of their own. */
#include "cli/copy.h"
#include "cli/plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

struct place {
    char series[65];
    char folder[4096], scripts[4096]; /* of the server */
    char file[4300];                  /* the plugin's, in its folder */
    char before[4300]; /* what it replaces, put aside; under this name nothing is loaded */
};

static int call_plugins(struct td_cli *cli, json_t **ret_value, struct td_error *reterr)
{
    return td_cli_call(cli, "GET", "/api/v1/plugins", NULL, ret_value, reterr);
}

/* --- the list --------------------------------------------------------------------------------- */

static const char *state_of(const json_t *series, const json_t *version)
{
    if (json_is_true(json_object_get(version, "present")))
        return "present";
    if (json_is_true(json_object_get(version, "loaded")))
        return json_is_true(json_object_get(series, "retired")) ? "retired" : "kept";
    return "missing";
}

static void print_refused(const json_t *value)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(value, "refused"), i, one)
        printf("refused\t%s\t%s\n", td_cli_text(one, "file"), td_cli_text(one, "message"));
}

static int list(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    static const char *const members[] = {"id",   "version", "state",   "dossiers", "drafts",
                                          "hash", "name",    "name_en", NULL};
    json_t *value = NULL, *rows = json_array(), *series, *version;
    size_t i, j;
    (void)arguments;
    if (count != 0)
        return TD_EINVALID;
    int result = call_plugins(cli, &value, reterr);
    json_array_foreach(json_object_get(value, "items"), i, series)
        json_array_foreach(json_object_get(series, "versions"), j, version)
            json_array_append_new(rows, json_pack("{s:O, s:O, s:s, s:O, s:O?, s:O, s:O?, s:O?}",
                                                  "id", json_object_get(series, "id"), "version",
                                                  json_object_get(version, "version"), "state",
                                                  state_of(series, version), "dossiers",
                                                  json_object_get(version, "dossiers"), "drafts",
                                                  j ? NULL : json_object_get(series, "drafts"),
                                                  "hash", json_object_get(version, "hash"), "name",
                                                  json_object_get(series, "name"), "name_en",
                                                  json_object_get(series, "name_en")));
    if (result == 0 && cli->json)
        td_cli_print_json(value);
    else if (result == 0)
        td_cli_table(cli, rows, members);
    if (result == 0 && !cli->json)
        print_refused(value);
    json_decref(rows);
    json_decref(value);
    return result;
}

/* --- putting a file there --------------------------------------------------------------------- */

static int series_of(const char *path, char series[65], struct td_error *reterr)
{
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    size_t length = strlen(name);
    if (length < 4 || length > 64 || strcmp(name + length - 3, ".so") != 0 || *name == '.' ||
        strchr(name, '@'))
        return td_error_set(reterr, TD_EINVALID, "%s is not called SERIES.so", path);
    snprintf(series, 65, "%.*s", (int)(length - 3), name);
    return 0;
}

/* The folder is this command's until it ends: of two at once the second one sees what the first has
 * left, instead of taking its file for the one to put back. */
static int lock(const char *folder, struct td_error *reterr)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX) == 0)
        return 0; /* cppcheck-suppress resourceLeak ; the end of the process closes it */
    return td_error_set(reterr, TD_EIO, "%s: %s", folder, strerror(errno));
}

/* Asked for the folder, and again once it is ours. */
static int call_alone(struct td_cli *cli, json_t **ret_value, struct td_error *reterr)
{
    json_t *value = NULL;
    int result = call_plugins(cli, &value, reterr);
    if (result == 0)
        result = lock(td_cli_text(value, "plugin_folder"), reterr);
    json_decref(value);
    return result == 0 ? call_plugins(cli, ret_value, reterr) : result;
}

/* Where the server looks, and whether it serves the series: *ret_present. */
static int find_place(struct td_cli *cli, const char *series, struct place *place,
                      bool *ret_present, struct td_error *reterr)
{
    json_t *value = NULL, *one;
    size_t i;
    if (cli->url)
        return td_error_set(reterr, TD_EINVALID,
                            "plugins come from the server's own machine: call it there, without "
                            "--url");
    int result = call_alone(cli, &value, reterr);
    if (result < 0)
        return result;
    *ret_present = false;
    json_array_foreach(json_object_get(value, "items"), i, one)
        if (!strcmp(td_cli_text(one, "id"), series))
            *ret_present = !json_is_true(json_object_get(one, "retired"));
    snprintf(place->series, sizeof(place->series), "%s", series);
    snprintf(place->folder, sizeof(place->folder), "%s", td_cli_text(value, "plugin_folder"));
    snprintf(place->scripts, sizeof(place->scripts), "%s/%s", td_cli_text(value, "script_folder"),
             series);
    snprintf(place->file, sizeof(place->file), "%s/%s.so", place->folder, series);
    snprintf(place->before, sizeof(place->before), "%s/.%s.so.before", place->folder, series);
    json_decref(value);
    return 0;
}

/* Puts what is there aside; nothing there is fine. */
static int put_aside(const struct place *place, struct td_error *reterr)
{
    unlink(place->before);
    if (rename(place->file, place->before) == 0 || errno == ENOENT)
        return 0;
    return td_error_set(reterr, TD_EIO, "%s: %s", place->file, strerror(errno));
}

/* The folder as it was, and the server's view of it. The error that led here stays. */
static void put_back(struct td_cli *cli, const struct place *place)
{
    if (rename(place->before, place->file) < 0)
        unlink(place->file);
    td_copy_sync(place->folder);
    struct td_error ignored = TD_ERROR_INIT;
    td_cli_call(cli, "POST", "/api/v1/plugins", json_object(), NULL, &ignored);
    td_error_done(&ignored);
}

static int ask(struct td_cli *cli, const char *series, const char *hash, json_t **ret_value,
               struct td_error *reterr)
{
    json_t *body = json_pack("{s:s, s:s}", "series", series, "hash", hash);
    return td_cli_call(cli, "POST", "/api/v1/plugins", body, ret_value, reterr);
}

static void say(const struct td_cli *cli, const json_t *value, const char *what, const char *hash)
{
    if (cli->json)
        td_cli_print_json(value);
    else
        printf("%s %s %s, generation %s, SHA-256 %s\n", what, td_cli_text(value, "series"),
               td_cli_text(value, "version"), td_cli_text(value, "generation"), hash);
}

/* The present file is linked, not moved, so that the folder never lacks the series. */
static int bring(struct td_cli *cli, const struct place *place, const char *path,
                 json_t **ret_value, char hash[65], struct td_error *reterr)
{
    unlink(place->before);
    if (link(place->file, place->before) < 0 && errno != ENOENT)
        return td_error_set(reterr, TD_EIO, "%s: %s", place->before, strerror(errno));
    int result = td_copy_file(path, place->file, 0644, hash, reterr);
    if (result == 0) {
        result = ask(cli, place->series, hash, ret_value, reterr);
        if (result < 0)
            put_back(cli, place);
    }
    unlink(place->before);
    td_copy_sync(place->folder);
    return result;
}

static int put(struct td_cli *cli, int count, char **arguments, bool replaces,
               struct td_error *reterr)
{
    static struct place place;
    const char *scripts = td_cli_option(&count, arguments, "--scripts");
    bool present = false;
    char series[65], hash[65];
    json_t *value = NULL;
    if (count != 1)
        return TD_EINVALID;
    int result = series_of(arguments[0], series, reterr);
    if (result == 0)
        result = find_place(cli, series, &place, &present, reterr);
    if (result == 0 && present != replaces)
        result = td_error_set(reterr, TD_ECONFLICT,
                              present ? "the series %s is served already: use plugin replace"
                                      : "the series %s is not served: use plugin add",
                              series);
    if (result == 0 && scripts)
        result = td_copy_check_scripts(scripts, reterr);
    if (result == 0)
        result = td_plugin_try(arguments[0], scripts, reterr);
    if (result == 0)
        result = bring(cli, &place, arguments[0], &value, hash, reterr);
    if (result == 0)
        say(cli, value, replaces ? "replaced" : "added", hash);
    if (result == 0 && scripts)
        result = td_copy_scripts(scripts, place.scripts, reterr);
    json_decref(value);
    return result;
}

static int add(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    return put(cli, count, arguments, false, reterr);
}

static int replace(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    return put(cli, count, arguments, true, reterr);
}

/* --- taking one away -------------------------------------------------------------------------- */

static void say_retired(const struct td_cli *cli, const json_t *value)
{
    const json_t *needs = json_object_get(value, "needs");
    if (cli->json) {
        td_cli_print_json(value);
        return;
    }
    printf("retired %s, generation %s: it takes no new dossiers\n", td_cli_text(value, "series"),
           td_cli_text(value, "generation"));
    printf(
        "%s drafts may still be submitted, %s dossiers go on to their end, %s cycles are planned "
        "or open\n",
        td_cli_text(needs, "drafts"), td_cli_text(needs, "under_review"),
        td_cli_text(needs, "cycles"));
}

static int retire(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    static struct place place;
    bool present = false;
    json_t *value = NULL;
    if (count != 1 || strlen(arguments[0]) > 61 || strpbrk(arguments[0], "/@."))
        return TD_EINVALID;
    int result = find_place(cli, arguments[0], &place, &present, reterr);
    if (result == 0 && !present)
        result = td_error_set(reterr, TD_ENOTFOUND, "the series %s is not served", arguments[0]);
    if (result == 0)
        result = put_aside(&place, reterr);
    if (result < 0)
        return result;
    td_copy_sync(place.folder);
    result = ask(cli, arguments[0], "", &value, reterr);
    if (result < 0)
        put_back(cli, &place);
    else
        say_retired(cli, value);
    unlink(place.before);
    td_copy_sync(place.folder);
    json_decref(value);
    return result;
}

static int reload(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    json_t *value = NULL;
    (void)arguments;
    if (count != 0)
        return TD_EINVALID;
    int result = td_cli_call(cli, "POST", "/api/v1/plugins", json_object(), &value, reterr);
    if (result == 0 && cli->json)
        td_cli_print_json(value);
    else if (result == 0) {
        printf("generation %s\n", td_cli_text(value, "generation"));
        print_refused(value);
    }
    json_decref(value);
    return result;
}

const struct td_command td_plugin_commands[] = {
    {"plugin add", "SERIES.so [--scripts FOLDER]",
     "put a new series into the running server, with the scripts of its standards", add},
    {"plugin check",
     "FILE.so [--scripts FOLDER] [--seed N] [--dossiers N] [--job-ms N] [--dossier N: print that "
     "one]",
     "load it in a sandboxed worker, try it with many dossiers and say what to mend",
     td_plugin_check},
    {"plugin list", "", "versions, their states, dossiers on each, and what was refused", list},
    {"plugin new", "NAME [FOLDER]",
     "write the beginning of a series plugin that builds and is tested", td_plugin_new},
    {"plugin reload", "", "look at the plugin folder again, after a file was put there by hand",
     reload},
    {"plugin replace", "SERIES.so [--scripts FOLDER]",
     "serve another version; submitted dossiers keep theirs", replace},
    {"plugin retire", "SERIES", "take no new dossiers; those there go on to their end", retire},
    {0},
};
