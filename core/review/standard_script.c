/* standard_script.c - see standard.h: sources of standards, from the script folder and from people.
 * Reads scripts, never runs them: that is the scorer's. */
#include "review/standard.h"

#include "config.h"
#include "review/application.h"
#include "review/row.h"
#include "store/ledger.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { AROUND = 2 }; /* lines around a fault */

/* --- the script folder ------------------------------------------------------------------------ */

bool td_standard_plain_word(const char *word)
{
    size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return length > 0 && length <= 32 && word[length] == 0;
}

/* Opens without waiting: what is no plain file (a folder, a pipe) is refused, never read. */
static FILE *open_plain(const char *path, struct td_error *reterr)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        td_error_set(reterr, errno == ENOENT ? TD_ENOTFOUND : TD_EINVALID, "no script: %s",
                     strerror(errno));
        return NULL;
    }
    FILE *file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? fdopen(fd, "r") : NULL;
    if (!file) {
        td_error_set(reterr, TD_EINVALID, "the script is not a plain file");
        close(fd);
    }
    return file;
}

/* What a reader does not see, or sees as a line's end where the interpreter sees none: a second
 * person must approve what runs. U+200B, U+2060, U+FEFF, U+0085, U+2028, U+2029, a lone CR, and
 * what turns the order of what follows (U+202A to U+202E, U+2066 to U+2069). */
static bool misleads(const char *text)
{
    static const char *const marks[] = {
        "\r",           "\xc2\x85",     "\xe2\x80\x8b", "\xe2\x81\xa0",
        "\xef\xbb\xbf", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaa",
        "\xe2\x80\xab", "\xe2\x80\xac", "\xe2\x80\xad", "\xe2\x80\xae",
        "\xe2\x81\xa6", "\xe2\x81\xa7", "\xe2\x81\xa8", "\xe2\x81\xa9"};
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (strstr(text, marks[i]))
            return true;
    return false;
}

static int check_source(const char *text, size_t length, struct td_error *reterr)
{
    if (length > TD_STANDARD_SOURCE_MAX)
        return td_error_set(reterr, TD_ETOOLARGE, "the script is over 64 KiB");
    if (strlen(text) != length)
        return td_error_set(reterr, TD_EINVALID, "the script holds a NUL byte");
    json_t *proper = json_stringn(text, length);
    json_decref(proper);
    return proper ? 0 : td_error_set(reterr, TD_EINVALID, "the script is not UTF-8 text");
}

static int read_file(const char *path, char **ret_text, struct td_error *reterr)
{
    struct td_error found = TD_ERROR_INIT;
    FILE *file = open_plain(path, &found);
    if (!file) {
        int code = found.code;
        if (reterr)
            *reterr = found;
        return code;
    }
    char *text = malloc(TD_STANDARD_SOURCE_MAX + 2);
    size_t length = text ? fread(text, 1, TD_STANDARD_SOURCE_MAX + 1, file) : 0;
    bool failed = ferror(file) != 0;
    fclose(file);
    if (!text)
        return TD_ENOMEM;
    text[length] = 0;
    int rc = failed ? td_error_set(reterr, TD_EINVALID, "the script cannot be read")
                    : check_source(text, length, reterr);
    if (rc == 0)
        rc = td_standard_clean(text, ret_text, reterr);
    free(text);
    return rc;
}

int td_standard_read_script(const struct td_config *config, const char *series, const char *level,
                            char **ret_source, struct td_error *reterr)
{
    char path[4096];
    if (!td_standard_plain_word(series) || !td_standard_plain_word(level))
        return td_error_set(reterr, TD_EINVALID, "series and level are plain words");
    int n = snprintf(path, sizeof(path), "%s/%s/%s.rb", config->script_folder, series, level);
    if (n < 0 || (size_t)n >= sizeof(path))
        return td_error_set(reterr, TD_EINVALID, "the script folder's path is too long");
    int rc = read_file(path, ret_source, reterr);
    if (rc == TD_ENOTFOUND)
        return td_error_key(reterr, rc, "script_missing",
                            json_pack("{s:o}", "file", json_sprintf("%s/%s.rb", series, level)));
    return rc;
}

int td_standard_clean(const char *source, char **ret_source, struct td_error *reterr)
{
    static const char mark[] = "\xef\xbb\xbf"; /* some editors begin a file with it */
    if (!strncmp(source, mark, strlen(mark)))
        source += strlen(mark);
    size_t length = strlen(source), at = 0;
    int rc = check_source(source, length, reterr);
    if (rc < 0)
        return rc;
    char *clean = malloc(length + 2);
    if (!clean)
        return TD_ENOMEM;
    for (size_t i = 0; i < length; i++)
        if (source[i] != '\r' || source[i + 1] != '\n')
            clean[at++] = source[i];
    while (at > 0 && strchr(" \t\r\n", clean[at - 1]))
        at--;
    clean[at++] = '\n';
    clean[at] = 0;
    if (misleads(clean)) {
        free(clean);
        return td_error_field(reterr, "source", "misleads",
                              "has characters that a reader does not see as they are");
    }
    *ret_source = clean;
    return 0;
}

/* --- what the scorer says of one -------------------------------------------------------------- */

json_t *td_standard_job_part(const char *series, const char *level, json_t *hash, json_t *source)
{
    return json_pack("{s:o, s:O*, s:O}", "name", json_sprintf("%s/%s.rb", series, level), "hash",
                     hash, "source", source);
}

json_t *td_standard_check_job(const char *series, const char *level, const char *source)
{
    char hash[65];
    if (td_ledger_sm3(source, strlen(source), hash) < 0)
        return NULL;
    json_t *mark = json_string(hash), *text = json_string(source);
    json_t *job = json_pack("{s:s, s:s, s:s, s:o}", "op", "check", "series", series, "level", level,
                            "standard", td_standard_job_part(series, level, mark, text));
    json_decref(mark);
    json_decref(text);
    return job;
}

static json_t *elsewhere(const json_t *head)
{
    return json_pack("{s:i, s:s, s:s, s:s, s:{s:s, s:s}}", "line", 0, "rule", "", "message",
                     "the script is about another series or level", "say", "standard_elsewhere",
                     "parameters", "series", td_row_text(head, "series"), "level",
                     td_row_text(head, "level"));
}

int td_standard_checked(const json_t *answer, const char *series, const char *level,
                        json_t **ret_outline, json_t **ret_fault)
{
    const json_t *error = json_object_get(answer, "error"),
                 *table = json_object_get(answer, "table"), *head = json_array_get(table, 0);
    json_t *fault = NULL;
    if (error) { /* most messages begin with their rule, at its full length: not said twice */
        const char *rule = td_row_text(error, "rule"), *message = td_row_text(error, "message");
        if (!strncmp(message, rule, strlen(rule)))
            rule = "";
        fault = json_pack("{s:I, s:s, s:s}", "line", (json_int_t)td_row_int(error, "line"), "rule",
                          rule, "message", message);
    } else if (!td_row_equals(head, "series", series) || !td_row_equals(head, "level", level))
        fault = elsewhere(head);
    else
        fault = json_null();
    json_t *outline = json_is_null(fault) && table ? json_incref((json_t *)table) : json_array();
    if (!fault || !outline) {
        json_decref(fault);
        json_decref(outline);
        return TD_ENOMEM;
    }
    *ret_fault = fault;
    *ret_outline = outline;
    return 0;
}

json_t *td_standard_excerpt(const char *source, const json_t *fault)
{
    json_t *lines = json_array();
    json_int_t at = td_row_int(fault, "line"), line = 1;
    for (const char *p = source; at > 0 && *p; line++) {
        const char *end = strchrnul(p, '\n');
        if (line >= at - AROUND && line <= at + AROUND)
            json_array_append_new(lines, json_pack("{s:I, s:s%, s:b}", "line", line, "text", p,
                                                   (size_t)(end - p), "here", (int)(line == at)));
        p = *end ? end + 1 : end;
    }
    return lines;
}

/* --- offers ----------------------------------------------------------------------------------- */

/* Known: a source of the newest version that is not discarded. */
static int is_known(struct td_review *review, const char *series, const char *level,
                    const char *hash, int64_t *ret_newest, bool *ret_known)
{
    int64_t same = 0;
    int rc = td_tx_int(review->tx, ret_newest,
                       "select coalesce(max(version), 0) from standard where series = $1"
                       " and level = $2 and state <> 'discarded'",
                       "ss", series, level);
    if (rc == 0)
        rc = td_tx_int(review->tx, &same,
                       "select count(*) from standard s join standard_source t"
                       " on t.standard_id = s.id where s.series = $1 and s.level = $2"
                       " and s.version = $3 and t.hash = $4",
                       "ssis", series, level, *ret_newest, hash);
    if (rc == 0)
        *ret_known = same > 0;
    return rc;
}

static int add_offer(struct td_review *review, json_t *offers, const char *series,
                     const char *level)
{
    char *source = NULL, hash[65];
    int64_t newest = 0;
    bool known = false;
    if (td_standard_read_script(review->config, series, level, &source, NULL) < 0 || !source)
        return 0; /* none, or none that can be read: nothing to offer */
    int rc = td_ledger_sm3(source, strlen(source), hash);
    free(source);
    if (rc == 0)
        rc = is_known(review, series, level, hash, &newest, &known);
    if (rc < 0 || known)
        return rc;
    json_t *offer = json_pack("{s:s, s:s, s:s, s:I}", "series", series, "level", level, "hash",
                              hash, "newest", (json_int_t)newest);
    td_application_name(review, offer);
    return json_array_append_new(offers, offer) < 0 ? TD_ENOMEM : 0;
}

int td_standard_offers(struct td_review *review, json_t **ret_offers)
{
    json_t *offers = json_array(), *descriptor, *level;
    const char *series;
    size_t i;
    int rc = offers ? 0 : TD_ENOMEM;
    json_object_foreach((json_t *)review->catalog, series, descriptor)
        json_array_foreach(json_object_get(descriptor, "levels"), i, level)
            if (rc == 0 && !td_row_bool(level, "exam_based"))
                rc = add_offer(review, offers, series, td_row_text(level, "id"));
    if (rc < 0)
        json_decref(offers);
    else
        *ret_offers = offers;
    return rc;
}
