/* golden.c - titled-golden SCORER PLUGINS SCRIPTS/SERIES [REPORT]: golden cases of a series through
 * a real worker, which compares them (the op "golden" of scoring/protocol.h, as in a trial).
 *
 * Each file of SCRIPTS/SERIES/cases is a case as scripts/README.md has it. "arithmetic" is for
 * readers. All cases of a level make one job. Prints one line for each difference, and what a trial
 * would refuse the standard for. With REPORT, a file, writes there what every case came to and the
 * table of every level:
 * {"series", "cases": [{"file", "level", "arithmetic": lines, "answer"}], "tables": {level: rows}},
 * for coverage.mjs. */
#include "drive.h"
#include "tallies.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct golden {
    const char *folder;
    const char *series;
    struct drive *drive;
    int differences;
    json_t *levels; /* {level: [CASE]} */
    json_t *report;
};

static void differ(struct golden *golden, const char *file, const char *what, const char *id)
{
    printf("FAIL %s/cases/%s: %s %s\n", golden->series, file, what, id);
    golden->differences++;
}

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 1 << 20);
    if (!file || !text || !fread(text, 1, (1 << 20) - 1, file)) {
        perror(path);
        exit(2);
    }
    fclose(file);
    return text;
}

/* A new reference: the level's standard as jobs name it. */
static json_t *standard_of(const struct golden *golden, const char *level)
{
    char path[4096], name[128];
    snprintf(path, sizeof(path), "%s/%s.rb", golden->folder, level);
    snprintf(name, sizeof(name), "%s/%s.rb", golden->series, level);
    char *source = read_text(path);
    json_t *standard = json_pack("{s:s, s:s, s:s}", "name", name, "hash", "", "source", source);
    free(source);
    return standard;
}

/* --- what each case comes to, for the report -------------------------------------------------- */

static void note_case(struct golden *golden, const char *level, const json_t *one, json_t *standard)
{
    const json_t *given = json_object_get(one, "expert");
    json_t *expert = given ? json_incref((json_t *)given) : json_object();
    struct drive_answer answer =
        drive_job(golden->drive, json_pack("{s:s, s:s, s:s, s:O, s:O, s:O}", "op", "evaluate",
                                           "series", golden->series, "level", level, "dossier",
                                           json_object_get(one, "dossier"), "expert", expert,
                                           "standard", standard));
    if (answer.code == 0) /* or the comparison says why */
        json_array_append_new(json_object_get(golden->report, "cases"),
                              json_pack("{s:O, s:s, s:i, s:O, s:O}", "file",
                                        json_object_get(one, "file"), "level", level, "arithmetic",
                                        (int)json_array_size(json_object_get(one, "arithmetic")),
                                        "expert", expert, "answer", answer.answer));
    json_decref(expert);
    drive_answer_done(&answer);
}

static void note_table(struct golden *golden, const char *level, json_t *standard)
{
    struct drive_answer answer =
        drive_job(golden->drive, json_pack("{s:s, s:s, s:s, s:O}", "op", "check", "series",
                                           golden->series, "level", level, "standard", standard));
    if (answer.code == 0)
        json_object_set(json_object_get(golden->report, "tables"), level,
                        json_object_get(answer.answer, "table"));
    drive_answer_done(&answer);
}

/* --- the comparison --------------------------------------------------------------------------- */

static void print_difference(struct golden *golden, const char *file, const json_t *difference)
{
    const json_t *expected = json_object_get(difference, "expected"),
                 *found = json_object_get(difference, "got");
    const char *because = json_string_value(json_object_get(difference, "because"));
    char *want = json_is_null(expected) ? NULL : json_dumps(expected, JSON_ENCODE_ANY);
    char *have = json_is_null(found) ? NULL : json_dumps(found, JSON_ENCODE_ANY);
    printf("%s/cases/%s: %s %s", golden->series, file,
           json_string_value(json_object_get(difference, "what")),
           json_string_value(json_object_get(difference, "id")));
    if (want || have)
        printf(": expected %s, is %s", want ? want : "nothing", have ? have : "nothing");
    putchar('\n');
    if (because && *because)
        printf("    %s\n", because);
    free(want);
    free(have);
    golden->differences++;
}

static void print_case(struct golden *golden, const json_t *compared)
{
    const char *file = json_string_value(json_object_get(compared, "file"));
    json_t *differences = json_object_get(compared, "differences"), *difference;
    size_t i;
    json_array_foreach(differences, i, difference)
        print_difference(golden, file, difference);
    bool passed = i == 0 && json_is_true(json_object_get(compared, "passed"));
    golden->differences += i == 0 && !passed;
    printf("%s %s/%s: %s\n", passed ? "ok  " : "FAIL", golden->series, file,
           json_string_value(json_object_get(compared, "name")));
}

static void compare_level(struct golden *golden, const char *level, json_t *cases, json_t *standard)
{
    struct drive_answer answer = drive_job(
        golden->drive, json_pack("{s:s, s:s, s:s, s:O, s:O}", "op", "golden", "trial", "golden",
                                 "series", golden->series, "standard", standard, "cases", cases));
    json_t *compared = json_object_get(answer.answer, "cases"), *one, *finding;
    size_t i;
    if (answer.code != 0)
        differ(golden, level, "failed:", answer.detail);
    else if (json_array_size(compared) != json_array_size(cases))
        differ(golden, level, "not all cases", "were compared");
    json_array_foreach(compared, i, one)
        print_case(golden, one);
    json_array_foreach(json_object_get(answer.answer, "findings"), i, finding) {
        char *text = json_dumps(finding, JSON_ENCODE_ANY);
        differ(golden, level, "a trial would find", text);
        free(text);
    }
    drive_answer_done(&answer);
}

static void run_levels(struct golden *golden)
{
    const char *level;
    json_t *cases, *one;
    json_object_foreach(golden->levels, level, cases) {
        json_t *standard = standard_of(golden, level);
        size_t i;
        json_array_foreach(cases, i, one)
            note_case(golden, level, one, standard);
        note_table(golden, level, standard);
        compare_level(golden, level, cases, standard);
        json_decref(standard);
    }
}

/* Puts the case with those of its level. */
static void read_case(struct golden *golden, const char *folder, const char *file)
{
    char path[8192];
    json_error_t error;
    snprintf(path, sizeof(path), "%s/%s", folder, file);
    json_t *one = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    const char *level = json_string_value(json_object_get(one, "level"));
    if (!one) {
        printf("%s:%d: %s\n", path, error.line, error.text);
        golden->differences++;
    } else if (!level || !json_is_object(json_object_get(one, "dossier"))) {
        differ(golden, file, "case", "needs a level and a dossier");
    } else {
        json_object_set_new(one, "file", json_string(file));
        if (!json_object_get(golden->levels, level))
            json_object_set_new(golden->levels, level, json_array());
        json_array_append(json_object_get(golden->levels, level), one);
    }
    json_decref(one);
}

/* --- tallies ---------------------------------------------------------------------------------- */

/* The inputs of all scores of a level, from its cases. */
static json_t *inputs_of(const struct golden *golden, const char *level)
{
    json_t *inputs = json_array(), *known;
    size_t i;
    json_array_foreach(json_object_get(golden->report, "cases"), i, known) {
        const json_t *answer = json_object_get(known, "answer");
        if (strcmp(json_string_value(json_object_get(known, "level")), level) == 0)
            json_array_append_new(inputs, json_pack("{s:O, s:O, s:O}", "facts",
                                                    json_object_get(answer, "facts"), "gates",
                                                    json_object_get(answer, "gates"), "expert",
                                                    json_object_get(known, "expert")));
    }
    return inputs;
}

/* What trials count must be what scores say. */
static void compare_tallies(struct golden *golden)
{
    const char *level;
    json_t *table;
    json_object_foreach(json_object_get(golden->report, "tables"), level, table) {
        json_t *standard = standard_of(golden, level), *inputs = inputs_of(golden, level);
        const char *source = json_string_value(json_object_get(standard, "source"));
        golden->differences += tallies_differ(level, source, inputs);
        json_decref(inputs);
        json_decref(standard);
    }
}

static int is_case(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

static int print_refusals(struct drive *drive)
{
    json_t *refusals = td_pool_refusals(drive->pool), *refusal;
    size_t i;
    json_array_foreach(refusals, i, refusal)
        printf("refused: %s %s\n", json_string_value(json_object_get(refusal, "file")),
               json_string_value(json_object_get(refusal, "message")));
    json_decref(refusals);
    return i > 0;
}

int main(int argc, char **argv)
{
    if (argc != 4 && argc != 5) {
        fprintf(stderr, "usage: titled-golden SCORER PLUGINS SCRIPTS/SERIES [REPORT]\n");
        return 2;
    }
    const char *slash = strrchr(argv[3], '/');
    struct golden golden = {.folder = argv[3], .series = slash ? slash + 1 : argv[3]};
    golden.report = json_pack("{s:s, s:[], s:{}}", "series", golden.series, "cases", "tables");
    golden.levels = json_object();
    struct drive drive;
    struct dirent **entries;
    char folder[4096];
    snprintf(folder, sizeof(folder), "%s/cases", argv[3]);
    int count = scandir(folder, &entries, is_case, alphasort);
    drive_start(&drive, &(struct td_pool_options){.executable = argv[1],
                                                  .plugin_folder = argv[2],
                                                  .workers = 1,
                                                  .job_ms = 5000,
                                                  .deadline_ms = DRIVE_DEADLINE_MS});
    golden.drive = &drive;
    golden.differences = drive.ready < 0 || print_refusals(&drive);
    for (int i = 0; i < count; i++)
        read_case(&golden, folder, entries[i]->d_name);
    if (drive.ready == 0)
        run_levels(&golden);
    compare_tallies(&golden);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    if (count > 0)
        free(entries);
    printf("%d cases, %d differences\n", count > 0 ? count : 0, golden.differences);
    if (argc == 5 && json_dump_file(golden.report, argv[4], JSON_INDENT(1)) < 0) {
        perror(argv[4]);
        golden.differences++;
    }
    json_decref(golden.levels);
    json_decref(golden.report);
    drive_stop(&drive);
    return count > 0 && !golden.differences ? 0 : 1;
}
