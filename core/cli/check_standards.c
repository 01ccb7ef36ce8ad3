/* check_standards.c - see check.h: the scripts of a series and their golden cases, by the worker's
 * own job (scoring/protocol.h: "check" with "cases"). */
#include "cli/check.h"

#include "base/json.h"
#include "cli/whole_file.h"
#include "review/form.h"
#include "review/standard.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX (1 << 20)

struct standards {
    struct td_check *check;
    struct td_check_worker *worker;
    const char *folder;
    json_t *cases; /* {level: [CASE]} */
};

/* A script as the server would keep it, malloc'd; NULL and a finding when it would not. */
static char *read_script(struct td_check *check, const char *path, const char *name)
{
    struct td_error error = TD_ERROR_INIT;
    char *bytes = NULL, *source = NULL;
    size_t length = 0;
    int result = td_whole_file_read(path, TEXT_MAX, &bytes, &length, &error);
    if (result == 0 && memchr(bytes, 0, length))
        result = td_error_set(&error, TD_EINVALID, "it is no text");
    if (result == 0)
        result = td_standard_clean(bytes, &source, &error);
    if (result < 0)
        td_check_error(check, "the server would not take this file: write it as plain text",
                       "%s: %s", name, *error.detail ? error.detail : td_error_text(result));
    td_error_done(&error);
    free(bytes);
    return source;
}

static bool ends_with(const char *name, const char *suffix)
{
    size_t length = strlen(name), tail = strlen(suffix);
    return length > tail && strcmp(name + length - tail, suffix) == 0;
}

static int is_case(const struct dirent *entry)
{
    return ends_with(entry->d_name, ".json");
}

static int is_script(const struct dirent *entry)
{
    return ends_with(entry->d_name, ".rb");
}

/* Calls `run` for each file of a folder, in the order of their names; how many there are. */
static int each_file(struct standards *standards, const char *folder,
                     int (*wanted)(const struct dirent *),
                     void (*run)(struct standards *standards, const char *file))
{
    struct dirent **entries;
    int count = scandir(folder, &entries, wanted, alphasort);
    for (int i = 0; i < count; i++) {
        run(standards, entries[i]->d_name);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return count;
}

/* --- golden cases ----------------------------------------------------------------------------- */

static void read_case(struct standards *standards, const char *file)
{
    struct td_check *check = standards->check;
    char path[5000];
    json_error_t error;
    snprintf(path, sizeof(path), "%.4000s/cases/%.200s", standards->folder, file);
    json_t *golden = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    const char *level = td_json_text(golden, "level");
    json_t *list = json_object_get(standards->cases, level);
    if (!golden) {
        td_check_error(check, "mend the JSON", "cases/%.200s:%d: %s", file, error.line, error.text);
    } else if (!td_form_level(check->descriptor, level) ||
               !json_is_object(json_object_get(golden, "dossier")) ||
               !json_is_object(json_object_get(golden, "expected"))) {
        td_check_error(check,
                       "a case has \"level\" (one of the form's), \"dossier\" and \"expected\"",
                       "cases/%.200s is no golden case", file);
    } else {
        if (!list)
            json_object_set_new(standards->cases, level, list = json_array());
        json_object_set_new(golden, "file", json_string(file));
        json_array_append(list, golden);
        check->cases++;
    }
    json_decref(golden);
}

static void say_difference(struct td_check *check, const char *file, const json_t *difference)
{
    const json_t *expected = json_object_get(difference, "expected"),
                 *got = json_object_get(difference, "got");
    char *want = expected ? json_dumps(expected, JSON_ENCODE_ANY) : NULL;
    char *have = got ? json_dumps(got, JSON_ENCODE_ANY) : NULL;
    const char *id = td_json_text(difference, "id"), *because = td_json_text(difference, "because");
    td_check_error(check, "one of the two is wrong: follow the arithmetic of the case",
                   "cases/%s: %s%s%s: expected %s, is %s%s%s%s", file,
                   td_json_text(difference, "what"), *id ? " " : "", id, want ? want : "nothing",
                   have ? have : "nothing", *because ? " (" : "", because, *because ? ")" : "");
    free(want);
    free(have);
}

static void look_at_golden(struct td_check *check, const char *name, const json_t *golden)
{
    size_t i, k;
    json_t *result, *difference, *finding;
    json_array_foreach(json_object_get(golden, "cases"), i, result)
        json_array_foreach(json_object_get(result, "differences"), k, difference)
            say_difference(check, td_json_text(result, "file"), difference);
    json_array_foreach(json_object_get(golden, "findings"), i, finding) {
        char *text = json_dumps(finding, JSON_COMPACT);
        td_check_error(check,
                       "a standard is a function of the facts: no clock, no chance, no memory",
                       "%s: %s", name, text);
        free(text);
    }
}

/* --- scripts ---------------------------------------------------------------------------------- */

/* The standard is read, and scores its cases, in the worker. */
static void try_script(struct standards *standards, const char *name, const char *level,
                       const char *source)
{
    struct td_check *check = standards->check;
    json_t *cases = json_object_get(standards->cases, level);
    json_t *job = json_pack("{s:s, s:s, s:{s:s, s:s, s:s}, s:o}", "op", "check", "series",
                            check->series, "standard", "name", name, "hash", "", "source", source,
                            "cases", cases ? json_incref(cases) : json_array());
    json_t *answer = td_check_worker_ask(standards->worker, job);
    const json_t *error = json_object_get(answer, "error");
    json_int_t line = json_integer_value(json_object_get(error, "line"));
    if (!answer)
        td_check_error(check, "mend the script, or the plugin", "%s: %s", name,
                       standards->worker->reason);
    else if (error)
        td_check_error(check, "mend the script where it is named", "%s:%lld: %s", name,
                       (long long)line, td_json_text(error, "message"));
    else
        look_at_golden(check, name, json_object_get(answer, "golden"));
    if (!cases)
        td_check_advice(check,
                        "work some dossiers out by hand: a standard is not approved without them",
                        "%s has no golden case", name);
    json_decref(answer);
    if (!standards->worker->pid)
        td_check_worker_start(standards->worker, check->scorer, check->folder, check->job_ms,
                              false);
}

static void check_script(struct standards *standards, const char *file)
{
    struct td_check *check = standards->check;
    char path[5000], name[128], level[64];
    snprintf(path, sizeof(path), "%.4000s/%.200s", standards->folder, file);
    snprintf(name, sizeof(name), "%.40s/%.60s", check->series, file);
    snprintf(level, sizeof(level), "%.*s", (int)strlen(file) - 3, file);
    if (!td_form_level(check->descriptor, level)) {
        td_check_error(check, "name the file after a level of form.json",
                       "%s: the form has no level \"%s\"", name, level);
        return;
    }
    char *source = read_script(check, path, name);
    if (source)
        try_script(standards, name, level, source);
    free(source);
}

static void check_levels(const struct standards *standards)
{
    const json_t *levels = json_object_get(standards->check->descriptor, "levels");
    for (size_t i = 0; i < json_array_size(levels); i++) {
        const json_t *level = json_array_get(levels, i);
        char path[5000];
        snprintf(path, sizeof(path), "%.4000s/%.60s.rb", standards->folder,
                 td_json_text(level, "id"));
        if (!json_is_true(json_object_get(level, "exam_based")) && access(path, R_OK) < 0)
            td_check_advice(standards->check,
                            "write a scoring standard for every level that people apply for",
                            "there is no standard for the level %s", td_json_text(level, "id"));
    }
}

void td_check_standards(struct td_check *check, struct td_check_worker *worker, const char *folder)
{
    struct standards standards = {check, worker, folder, json_object()};
    char cases[5000];
    check->stage = "standards";
    check->kept = 0;
    snprintf(cases, sizeof(cases), "%.4000s/cases", folder);
    each_file(&standards, cases, is_case, read_case);
    if (each_file(&standards, folder, is_script, check_script) <= 0)
        td_check_error(check, "name the folder that holds <level>.rb and cases/",
                       "there is no scoring standard in %s", folder);
    check_levels(&standards);
    json_decref(standards.cases);
}
