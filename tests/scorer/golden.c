/* golden.c - titled-golden SCORER PLUGINS SCRIPTS/SERIES [REPORT]: golden cases of a series through
 * a real worker.
 *
 * Each file of SCRIPTS/SERIES/cases is {"name", "level", "dossier", "expert": {"D2": 650},
 * "expected":
 * {"total": 7350, "eligible": true, "vetoed": false, "items": {"A1": 600, ...}}, "arithmetic":
 * ["..."]}. All items of the standard are listed; points in hundredths. Optional in "expected":
 * "conditions", "vetoes" and "gates" as {id: met}. "arithmetic" is for readers. Prints one line for
 * each difference. With REPORT, a file, writes there what every case came to and the table of every
 * level:
 * {"series", "cases": [{"file", "level", "arithmetic": lines, "answer"}], "tables": {level: rows}},
 * for coverage.mjs. */
#include "drive.h"
#include "tallies.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct golden {
    const char *folder;
    const char *series;
    const char *file; /* of the present case */
    int differences;
    json_t *report;
};

static void differ(struct golden *golden, const char *what, const char *id, const json_t *expected,
                   const json_t *found)
{
    char *want = expected ? json_dumps(expected, JSON_ENCODE_ANY) : NULL;
    char *have = found ? json_dumps(found, JSON_ENCODE_ANY) : NULL;
    printf("%s/cases/%s: %s %s: expected %s, is %s\n", golden->series, golden->file, what, id,
           want ? want : "nothing", have ? have : "nothing");
    free(want);
    free(have);
    golden->differences++;
}

static void compare_member(struct golden *golden, const json_t *expected, const json_t *score,
                           const char *name)
{
    const json_t *want = json_object_get(expected, name), *have = json_object_get(score, name);
    if (!want || !json_equal(want, have))
        differ(golden, name, "", want, have);
}

/* `found` = [{"id", member}] against {id: value}, both ways when `all`. */
static void compare_list(struct golden *golden, const char *what, json_t *expected,
                         const json_t *found, const char *member, int all)
{
    size_t i;
    json_t *entry, *value;
    const char *id;
    json_t *seen = json_object();
    json_array_foreach(found, i, entry) {
        id = json_string_value(json_object_get(entry, "id"));
        json_t *want = json_object_get(expected, id), *have = json_object_get(entry, member);
        json_object_set(seen, id, have);
        if ((want || all) && !json_equal(want, have)) {
            differ(golden, what, id, want, have);
            printf("    %s\n", json_string_value(json_object_get(entry, "because")));
        }
    }
    json_object_foreach(expected, id, value) {
        if (!json_object_get(seen, id))
            differ(golden, what, id, value, NULL);
    }
    json_decref(seen);
}

static json_t *all_items(const json_t *score)
{
    json_t *items = json_array(), *section;
    size_t i;
    json_array_foreach(json_object_get(score, "sections"), i, section)
        json_array_extend(items, json_object_get(section, "items"));
    return items;
}

static void compare(struct golden *golden, const json_t *expected, const json_t *answer)
{
    const json_t *score = json_object_get(answer, "score");
    json_t *items = all_items(score);
    compare_member(golden, expected, score, "total");
    compare_member(golden, expected, score, "eligible");
    compare_member(golden, expected, score, "vetoed");
    compare_list(golden, "item", json_object_get(expected, "items"), items, "points", 1);
    compare_list(golden, "condition", json_object_get(expected, "conditions"),
                 json_object_get(score, "conditions"), "met", 0);
    compare_list(golden, "veto", json_object_get(expected, "vetoes"),
                 json_object_get(score, "vetoes"), "met", 0);
    compare_list(golden, "gate", json_object_get(expected, "gates"),
                 json_object_get(answer, "gates"), "met", 0);
    json_decref(items);
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

/* The case's job, or NULL and a difference when the case is not written right. */
static json_t *job_of(struct golden *golden, const json_t *golden_case)
{
    const char *level = json_string_value(json_object_get(golden_case, "level"));
    char path[4096], name[128];
    if (!level || !json_is_object(json_object_get(golden_case, "dossier"))) {
        differ(golden, "case", "needs a level and a dossier", NULL, NULL);
        return NULL;
    }
    snprintf(path, sizeof(path), "%s/%s.rb", golden->folder, level);
    snprintf(name, sizeof(name), "%s/%s.rb", golden->series, level);
    char *source = read_text(path);
    const json_t *expert = json_object_get(golden_case, "expert");
    json_t *job = json_pack("{s:s, s:s, s:s, s:O, s:o, s:{s:s, s:s, s:s}}", "op", "evaluate",
                            "series", golden->series, "level", level, "dossier",
                            json_object_get(golden_case, "dossier"), "expert",
                            expert ? json_incref((json_t *)expert) : json_object(), "standard",
                            "name", name, "hash", "", "source", source);
    free(source);
    return job;
}

/* Keeps the case's answer and, the first time, the level's table. */
static void note(struct golden *golden, struct drive *drive, const json_t *golden_case,
                 const json_t *job, const json_t *answer)
{
    json_t *tables = json_object_get(golden->report, "tables");
    const char *level = json_string_value(json_object_get(golden_case, "level"));
    size_t lines = json_array_size(json_object_get(golden_case, "arithmetic"));
    json_array_append_new(json_object_get(golden->report, "cases"),
                          json_pack("{s:s, s:s, s:i, s:O, s:O}", "file", golden->file, "level",
                                    level, "arithmetic", (int)lines, "expert",
                                    json_object_get(job, "expert"), "answer", answer));
    if (json_object_get(tables, level))
        return;
    struct drive_answer table =
        drive_job(drive, json_pack("{s:s, s:s, s:s, s:O}", "op", "check", "series", golden->series,
                                   "level", level, "standard", json_object_get(job, "standard")));
    json_object_set(tables, level, json_object_get(table.answer, "table"));
    drive_answer_done(&table);
}

static void run_case(struct golden *golden, struct drive *drive, const char *path)
{
    json_error_t error;
    int before = golden->differences;
    json_t *golden_case = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!golden_case) {
        printf("%s:%d: %s\n", path, error.line, error.text);
        golden->differences++;
        return;
    }
    json_t *job = job_of(golden, golden_case);
    if (job) {
        json_incref(job);
        struct drive_answer answer = drive_job(drive, job);
        if (answer.code == 0) {
            compare(golden, json_object_get(golden_case, "expected"), answer.answer);
            note(golden, drive, golden_case, job, answer.answer);
        } else {
            differ(golden, "failed:", answer.detail, NULL, NULL);
        }
        json_decref(job);
        drive_answer_done(&answer);
    }
    printf("%s %s/%s: %s\n", golden->differences == before ? "ok  " : "FAIL", golden->series,
           golden->file, json_string_value(json_object_get(golden_case, "name")));
    json_decref(golden_case);
}

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
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s.rb", golden->folder, level);
        char *source = read_text(path);
        json_t *inputs = inputs_of(golden, level);
        golden->differences += tallies_differ(level, source, inputs);
        json_decref(inputs);
        free(source);
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
    struct drive drive;
    struct dirent **entries;
    char folder[4096];
    snprintf(folder, sizeof(folder), "%s/cases", argv[3]);
    int count = scandir(folder, &entries, is_case, alphasort);
    drive_start(&drive,
                &(struct td_pool_options){
                    .executable = argv[1], .plugin_folder = argv[2], .workers = 1, .job_ms = 5000});
    golden.differences = drive.ready < 0 || print_refusals(&drive);
    for (int i = 0; i < count && drive.ready == 0; i++) {
        char path[8192];
        golden.file = entries[i]->d_name;
        snprintf(path, sizeof(path), "%s/%s", folder, golden.file);
        run_case(&golden, &drive, path);
    }
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
    json_decref(golden.report);
    drive_stop(&drive);
    return count > 0 && !golden.differences ? 0 : 1;
}
