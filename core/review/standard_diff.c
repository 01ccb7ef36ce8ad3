/* standard_diff.c - see standard_diff.h. */
#include "review/standard_diff.h"

#include "base/diff.h"
#include "base/error.h"
#include "review/row.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONTEXT = 3, WORDS_MAX = 2000 };

/* --- within a line ---------------------------------------------------------------------------- */

struct marking {
    const struct td_diff_piece *a, *b;
    json_t *before, *after;
    size_t common; /* bytes */
};

/* Appends to the last part when that is marked alike. */
static void add_part(json_t *parts, const struct td_diff_piece *piece, bool marked)
{
    json_t *last = json_array_get(parts, json_array_size(parts) - 1);
    if (last && td_row_bool(last, "marked") == marked) {
        const char *text = td_row_text(last, "text");
        json_t *joined = json_sprintf("%s%.*s", text, (int)piece->length, piece->text);
        json_object_set_new(last, "text", joined);
    } else {
        json_array_append_new(parts, json_pack("{s:s%, s:b}", "text", piece->text, piece->length,
                                               "marked", (int)marked));
    }
}

static int mark(void *arg, enum td_diff_kind kind, int a, int b)
{
    struct marking *marking = arg;
    const struct td_diff_piece *piece = kind == TD_DIFF_NEW ? &marking->b[b] : &marking->a[a];
    if (kind != TD_DIFF_NEW)
        add_part(marking->before, piece, kind == TD_DIFF_GONE);
    if (kind != TD_DIFF_GONE)
        add_part(marking->after, piece, kind == TD_DIFF_NEW);
    if (kind == TD_DIFF_SAME)
        marking->common += piece->length;
    return 0;
}

static json_t *plain(const char *text, size_t length)
{
    return json_pack("[{s:s%, s:b}]", "text", text, length, "marked", 0);
}

/* Both texts as parts. Those that have little in common, or are long, are not marked. */
static void mark_words(const char *from, size_t from_length, const char *to, size_t to_length,
                       json_t **ret_before, json_t **ret_after)
{
    struct td_diff_piece *a = NULL, *b = NULL;
    size_t n = 0, m = 0, least = from_length < to_length ? from_length : to_length;
    struct marking marking = {.before = json_array(), .after = json_array()};
    int rc = td_diff_cut(from, from_length, true, &a, &n);
    if (rc == 0)
        rc = td_diff_cut(to, to_length, true, &b, &m);
    marking.a = a;
    marking.b = b;
    if (rc == 0 && n + m <= WORDS_MAX)
        rc = td_diff(a, n, b, m, mark, &marking);
    bool useful = rc == 0 && n + m <= WORDS_MAX && marking.common * 2 >= least && least > 0;
    if (!useful) {
        json_decref(marking.before);
        json_decref(marking.after);
        marking.before = plain(from, from_length);
        marking.after = plain(to, to_length);
    }
    free(a);
    free(b);
    *ret_before = marking.before;
    *ret_after = marking.after;
}

/* --- lines ------------------------------------------------------------------------------------ */

struct change {
    enum td_diff_kind kind;
    int a, b;
};

struct changes {
    struct change *all;
    size_t count, room;
};

static int keep(void *arg, enum td_diff_kind kind, int a, int b)
{
    struct changes *changes = arg;
    if (changes->count == changes->room) {
        size_t room = changes->room ? 2 * changes->room : 256;
        struct change *more = realloc(changes->all, room * sizeof(*more));
        if (!more)
            return TD_ENOMEM;
        changes->all = more;
        changes->room = room;
    }
    changes->all[changes->count++] = (struct change){kind, a, b};
    return 0;
}

struct texts {
    struct td_diff_piece *a, *b;
    size_t n, m;
};

static json_t *line_of(const struct change *change, json_t *parts)
{
    static const char *const kinds[] = {"same", "gone", "new"};
    json_t *line = json_pack("{s:s, s:o}", "kind", kinds[change->kind], "parts", parts);
    if (change->a >= 0)
        json_object_set_new(line, "before_line", json_integer(change->a + 1));
    if (change->b >= 0)
        json_object_set_new(line, "after_line", json_integer(change->b + 1));
    json_object_set_new(line, kinds[change->kind],
                        json_true()); /* for pages, which ask no values */
    return line;
}

static json_t *whole_line(const struct texts *texts, const struct change *change)
{
    const struct td_diff_piece *piece =
        change->kind == TD_DIFF_NEW ? &texts->b[change->b] : &texts->a[change->a];
    return line_of(change, plain(piece->text, piece->length));
}

/* A run of gone lines and the new ones after it: the n-th takes the place of the n-th. */
static size_t add_exchange(const struct texts *texts, const struct change *all, size_t left,
                           json_t *lines)
{
    size_t gone = 0, fresh = 0;
    while (gone < left && all[gone].kind == TD_DIFF_GONE)
        gone++;
    while (gone + fresh < left && all[gone + fresh].kind == TD_DIFF_NEW)
        fresh++;
    json_t *after = json_array();
    for (size_t i = 0; i < gone || i < fresh; i++) {
        json_t *before_parts, *after_parts;
        if (i < gone && i < fresh) {
            const struct td_diff_piece *a = &texts->a[all[i].a], *b = &texts->b[all[gone + i].b];
            mark_words(a->text, a->length, b->text, b->length, &before_parts, &after_parts);
            json_array_append_new(lines, line_of(&all[i], before_parts));
            json_array_append_new(after, line_of(&all[gone + i], after_parts));
        } else if (i < gone) {
            json_array_append_new(lines, whole_line(texts, &all[i]));
        } else {
            json_array_append_new(after, whole_line(texts, &all[gone + i]));
        }
    }
    json_array_extend(lines, after);
    json_decref(after);
    return gone + fresh;
}

/* True when a change lies within CONTEXT lines of `at`. */
static bool near_change(const struct changes *changes, size_t at)
{
    size_t from = at > CONTEXT ? at - CONTEXT : 0;
    for (size_t i = from; i < changes->count && i <= at + CONTEXT; i++)
        if (changes->all[i].kind != TD_DIFF_SAME)
            return true;
    return false;
}

static json_t *hunks_of(const struct texts *texts, const struct changes *changes)
{
    json_t *hunks = json_array(), *lines = NULL;
    for (size_t i = 0; i < changes->count;) {
        const struct change *change = &changes->all[i];
        if (change->kind == TD_DIFF_SAME && !near_change(changes, i)) {
            lines = NULL;
            i++;
            continue;
        }
        if (!lines) {
            lines = json_array();
            json_array_append_new(hunks, json_pack("{s:o}", "lines", lines));
        }
        if (change->kind == TD_DIFF_SAME) {
            json_array_append_new(lines, whole_line(texts, change));
            i++;
        } else {
            i += add_exchange(texts, change, changes->count - i, lines);
        }
    }
    return hunks;
}

json_t *td_standard_diff_lines(const char *from, const char *to)
{
    struct texts texts = {0};
    struct changes changes = {0};
    json_t *answer = NULL;
    int rc = td_diff_cut(from, strlen(from), false, &texts.a, &texts.n);
    if (rc == 0)
        rc = td_diff_cut(to, strlen(to), false, &texts.b, &texts.m);
    if (rc == 0)
        rc = td_diff(texts.a, texts.n, texts.b, texts.m, keep, &changes);
    if (rc == 0) {
        json_int_t counts[3] = {0};
        for (size_t i = 0; i < changes.count; i++)
            counts[changes.all[i].kind]++;
        answer = json_pack("{s:o, s:I, s:I}", "hunks", hunks_of(&texts, &changes), "lines_gone",
                           counts[TD_DIFF_GONE], "lines_new", counts[TD_DIFF_NEW]);
    }
    free(texts.a);
    free(texts.b);
    free(changes.all);
    return answer;
}

/* --- the table -------------------------------------------------------------------------------- */

/* What officials compare, in the order of the table. */
static const char *const compared[] = {"name",  "rule",           "cap",    "min",
                                       "max",   "reference_line", "scorer", "evidence",
                                       "basis", "tie_break"};

static bool is_points(const char *field)
{
    return !strcmp(field, "cap") || !strcmp(field, "min") || !strcmp(field, "max") ||
           !strcmp(field, "reference_line");
}

/* A member in words: malloc'd, "" when it is absent. */
static char *in_words(const json_t *row, const char *field)
{
    const json_t *value = json_object_get(row, field), *one;
    char *text = NULL, *more;
    size_t i;
    if (json_is_integer(value) && is_points(field)) {
        json_int_t n = json_integer_value(value), size = n < 0 ? -n : n;
        return asprintf(&text, "%s%lld.%02lld", n < 0 ? "-" : "", size / 100, size % 100) < 0
                   ? NULL
                   : text;
    }
    if (!json_is_array(value))
        return strdup(json_is_string(value) ? json_string_value(value) : "");
    text = strdup("");
    json_array_foreach(value, i, one) {
        int n = asprintf(&more, "%s%s%s", text, i ? "；" : "",
                         json_is_string(one) ? json_string_value(one) : "");
        free(text);
        text = n < 0 ? NULL : more;
    }
    return text;
}

static void add_field(json_t *fields, const char *field, const json_t *from, const json_t *to)
{
    char *before = in_words(from, field), *after = in_words(to, field);
    json_t *a, *b;
    if (before && after && strcmp(before, after)) {
        mark_words(before, strlen(before), after, strlen(after), &a, &b);
        json_array_append_new(
            fields, json_pack("{s:s, s:o, s:o}", "field", field, "before", a, "after", b));
    }
    free(before);
    free(after);
}

/* Adds what is other between two rows, one of which may be NULL. */
static void compare(json_t *changes, const json_t *from, const json_t *to, const json_t *section)
{
    const json_t *row = to ? to : from;
    json_t *fields = json_array();
    for (size_t i = 0; i < sizeof(compared) / sizeof(*compared); i++)
        add_field(fields, compared[i], from, to);
    const char *change = !from ? "added" : !to ? "removed" : "changed";
    if (json_array_size(fields) > 0 || !from || !to)
        json_array_append_new(
            changes, json_pack("{s:s, s:s, s:s, s:s, s:s, s:O}", "part", td_row_text(row, "part"),
                               "id", td_row_text(row, "id"), "name", td_row_text(row, "name"),
                               "section_name", section ? td_row_text(section, "name") : "",
                               "change", change, "fields", fields));
    json_decref(fields);
}

/* Parts and ids are short; what is cut off is taken for the same. */
static const char *key_of(const json_t *row, char key[160])
{
    snprintf(key, 160, "%.31s %.120s", td_row_text(row, "part"), td_row_text(row, "id"));
    return key;
}

/* {key: row}, of two alike the first: a script can make thousands of rows. */
static json_t *index_of(const json_t *rows)
{
    json_t *index = json_object(), *row;
    char key[160];
    size_t i;
    json_array_foreach((json_t *)rows, i, row)
        if (!json_object_get(index, key_of(row, key)))
            json_object_set(index, key, row);
    return index;
}

static void compare_rows(json_t *changes, const json_t *from, const json_t *to,
                         const json_t *section)
{
    json_t *had = index_of(from), *has = index_of(to), *row;
    char key[160];
    size_t i;
    json_array_foreach((json_t *)to, i, row) {
        const json_t *before = json_object_get(had, key_of(row, key));
        compare(changes, before, row, section);
        if (json_is_array(json_object_get(row, "items")))
            compare_rows(changes, json_object_get(before, "items"), json_object_get(row, "items"),
                         row);
    }
    json_array_foreach((json_t *)from, i, row) {
        if (json_object_get(has, key_of(row, key)))
            continue;
        compare(changes, row, NULL, section);
        if (json_is_array(json_object_get(row, "items")))
            compare_rows(changes, json_object_get(row, "items"), NULL, row);
    }
    json_decref(had);
    json_decref(has);
}

json_t *td_standard_diff_table(const json_t *from_outline, const json_t *to_outline)
{
    json_t *changes = json_array();
    if (changes)
        compare_rows(changes, from_outline, to_outline, NULL);
    return changes;
}
