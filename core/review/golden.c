/* golden.c - see golden.h. Reads the script folder at every call: who changes a file there need not
 * tell. */
#include "review/golden.h"

#include "config.h"
#include "review/row.h"
#include "review/standard.h"
#include "store/ledger.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CASES_MAX = 500, CASE_BYTES = 256 << 10 };

static int is_case(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return entry->d_name[0] != '.' && dot && !strcmp(dot, ".json");
}

static int folder_of(const struct td_config *config, const char *series, char folder[4096],
                     struct td_error *reterr)
{
    if (!td_standard_plain_word(series))
        return td_error_set(reterr, TD_EINVALID, "a series is a plain word");
    int n = snprintf(folder, 4096, "%s/%s/cases", config->script_folder, series);
    return n < 0 || n >= 4096
               ? td_error_set(reterr, TD_EINVALID, "the script folder's path is too long")
               : 0;
}

/* The file's bytes: malloc'd. */
static int read_bytes(const char *folder, const char *file, char **ret_bytes, size_t *ret_length,
                      struct td_error *reterr)
{
    char path[4352];
    struct stat st;
    int n = snprintf(path, sizeof(path), "%s/%s", folder, file);
    FILE *in = n > 0 && (size_t)n < sizeof(path) && stat(path, &st) == 0 && S_ISREG(st.st_mode)
                   ? fopen(path, "rbe")
                   : NULL;
    char *bytes = malloc(CASE_BYTES + 1);
    size_t length = in && bytes ? fread(bytes, 1, CASE_BYTES + 1, in) : 0;
    bool whole = in && bytes && !ferror(in) && length <= CASE_BYTES;
    if (in)
        fclose(in);
    if (!whole) {
        free(bytes);
        return td_error_set(reterr, TD_EINVALID, "%s is no plain file of at most %d KiB", file,
                            CASE_BYTES >> 10);
    }
    *ret_bytes = bytes;
    *ret_length = length;
    return 0;
}

static int read_case(const char *folder, const char *file, json_t **ret_case, char ret_hash[65],
                     struct td_error *reterr)
{
    char *bytes = NULL;
    size_t length = 0;
    json_error_t error = {.line = 0};
    int rc = read_bytes(folder, file, &bytes, &length, reterr);
    if (rc == 0)
        rc = td_ledger_sm3(bytes, length, ret_hash);
    json_t *golden = rc == 0 ? json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &error) : NULL;
    free(bytes);
    if (rc < 0)
        return rc;
    if (!golden)
        return td_error_set(reterr, TD_EINVALID, "%s:%d: %s", file, error.line, error.text);
    if (!json_is_object(json_object_get(golden, "dossier")) ||
        !json_is_object(json_object_get(golden, "expected"))) {
        json_decref(golden);
        return td_error_set(reterr, TD_EINVALID, "%s needs the objects dossier and expected", file);
    }
    *ret_case = golden;
    return 0;
}

static int add_case(const char *folder, const char *file, const char *level, json_t *cases,
                    struct td_error *reterr)
{
    json_t *golden = NULL;
    char hash[65];
    int rc = read_case(folder, file, &golden, hash, reterr);
    if (rc == 0 && td_row_equals(golden, "level", level))
        json_array_append_new(cases, json_pack("{s:s, s:s, s:s, s:O, s:O?, s:O}", "file", file,
                                               "name", td_row_text(golden, "name"), "hash", hash,
                                               "dossier", json_object_get(golden, "dossier"),
                                               "expert", json_object_get(golden, "expert"),
                                               "expected", json_object_get(golden, "expected")));
    json_decref(golden);
    return rc;
}

int td_golden_cases(const struct td_config *config, const char *series, const char *level,
                    json_t **ret_cases, struct td_error *reterr)
{
    char folder[4096];
    struct dirent **entries = NULL;
    int rc = folder_of(config, series, folder, reterr);
    if (rc < 0)
        return rc;
    int count = scandir(folder, &entries, is_case, alphasort);
    json_t *cases = json_array();
    if (count > CASES_MAX)
        rc = td_error_set(reterr, TD_EINVALID, "there are more than %d golden cases", CASES_MAX);
    for (int i = 0; i < count; i++) {
        if (rc == 0)
            rc = add_case(folder, entries[i]->d_name, level, cases, reterr);
        free(entries[i]);
    }
    free(entries);
    if (rc < 0)
        json_decref(cases);
    else
        *ret_cases = cases;
    return rc;
}

int td_golden_file(const struct td_config *config, const char *series, const char *file,
                   json_t **ret_case, char ret_hash[65], struct td_error *reterr)
{
    char folder[4096];
    int rc = folder_of(config, series, folder, reterr);
    return rc == 0 ? read_case(folder, file, ret_case, ret_hash, reterr) : rc;
}

json_t *td_golden_find(const json_t *cases, const char *file)
{
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)cases, i, one)
        if (td_row_equals(one, "file", file))
            return one;
    return NULL;
}
