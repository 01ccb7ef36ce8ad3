/* purity.c - see purity.h. The reader knows comments, quotes and interpolation, which is enough:
 * what it misses still shows in the two orders. */
#include "scorer/purity.h"

#include "base/json.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct word {
    const char *text, *kind;
    bool method; /* only after a dot: "sample" may be any word */
} words[] = {
    {"Time", "clock", false},   {"Process", "clock", false},     {"Random", "random", false},
    {"rand", "random", false},  {"srand", "random", false},      {"shuffle", "random", true},
    {"sample", "random", true}, {"object_id", "random", false},  {"__id__", "random", false},
    {"GC", "state", false},     {"ObjectSpace", "state", false},
};

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void note(json_t *findings, const char *kind, const char *word, size_t length, int line)
{
    json_array_append_new(
        findings, json_pack("{s:s, s:s%, s:i}", "kind", kind, "word", word, length, "line", line));
}

struct reader {
    const char *at, *end, *begin;
    int line;
    json_t *findings;
};

static void read_code(struct reader *reader, char until);

/* Behind the opening quote. */
static void read_string(struct reader *reader, char quote)
{
    while (reader->at < reader->end && *reader->at != quote) {
        char c = *reader->at++;
        reader->line += c == '\n';
        if (c == '\\' && reader->at < reader->end)
            reader->at++;
        else if (quote == '"' && c == '#' && reader->at < reader->end && *reader->at == '{') {
            reader->at++;
            read_code(reader, '}');
        }
    }
    reader->at += reader->at < reader->end;
}

static void read_word(struct reader *reader)
{
    const char *begin = reader->at;
    while (reader->at < reader->end && is_word(*reader->at))
        reader->at++;
    size_t length = (size_t)(reader->at - begin);
    char before = begin > reader->begin ? begin[-1] : ' ';
    bool label = (reader->at < reader->end && *reader->at == ':') || before == ':';
    for (size_t i = 0; !label && i < sizeof(words) / sizeof(words[0]); i++)
        if (strlen(words[i].text) == length && !memcmp(words[i].text, begin, length) &&
            (!words[i].method || before == '.'))
            note(reader->findings, words[i].kind, begin, length, reader->line);
}

/* "$count" and "@@count". */
static void read_variable(struct reader *reader, size_t sigil)
{
    const char *begin = reader->at;
    reader->at += sigil;
    while (reader->at < reader->end && is_word(*reader->at))
        reader->at++;
    note(reader->findings, "state", begin, (size_t)(reader->at - begin), reader->line);
}

static bool begins(const struct reader *reader, const char *sigil)
{
    size_t length = strlen(sigil);
    return (size_t)(reader->end - reader->at) > length && !memcmp(reader->at, sigil, length) &&
           is_word(reader->at[length]);
}

static void skip_comment(struct reader *reader)
{
    while (reader->at < reader->end && *reader->at != '\n')
        reader->at++;
}

static void read_code(struct reader *reader, char until)
{
    int depth = 0;
    while (reader->at < reader->end) {
        char c = *reader->at;
        if (until && c == until && depth-- == 0) {
            reader->at++;
            return;
        }
        depth += until && c == '{';
        reader->line += c == '\n';
        if (c == '#')
            skip_comment(reader);
        else if (c == '"' || c == '\'') {
            reader->at++;
            read_string(reader, c);
        } else if (begins(reader, "$"))
            read_variable(reader, 1);
        else if (begins(reader, "@@"))
            read_variable(reader, 2);
        else if (is_word(c))
            read_word(reader);
        else
            reader->at++;
    }
}

void td_purity_read(const char *source, size_t length, json_t *findings)
{
    struct reader reader = {source, source + length, source, 1, findings};
    read_code(&reader, 0);
}

/* --- two results ------------------------------------------------------------------------------ */

/* The line of `source` that first names `id` as a text or symbol; 0 when none does. */
static int line_of(const char *source, const char *id)
{
    char patterns[3][80];
    const char *first = NULL;
    snprintf(patterns[0], sizeof(patterns[0]), "\"%.70s\"", id);
    snprintf(patterns[1], sizeof(patterns[1]), "'%.70s'", id);
    snprintf(patterns[2], sizeof(patterns[2]), ":%.70s", id);
    for (int i = 0; i < 3 && *id; i++) {
        const char *found = strstr(source, patterns[i]);
        if (found && (!first || found < first))
            first = found;
    }
    int line = first ? 1 : 0;
    for (const char *at = source; first && at < first; at++)
        line += *at == '\n';
    return line;
}

struct comparing {
    const char *dossier, *source;
    size_t limit;
    json_t *findings;
};

static void compare_members(const struct comparing *it, const char *what, const json_t *forward,
                            const json_t *reverse, const char *const *members)
{
    const char *id = td_json_text(forward, "id");
    for (; *members; members++) {
        json_t *a = json_object_get(forward, *members), *b = json_object_get(reverse, *members);
        if (a == b || json_equal(a, b) || json_array_size(it->findings) >= it->limit)
            continue;
        json_array_append_new(it->findings,
                              json_pack("{s:s, s:s, s:s, s:s, s:s, s:O?, s:O?, s:i}", "kind",
                                        "order", "dossier", it->dossier, "what", what, "id", id,
                                        "member", *members, "forward", a, "reverse", b, "line",
                                        line_of(it->source, id)));
    }
}

static void compare_lists(const struct comparing *it, const char *what, const json_t *forward,
                          const json_t *reverse, const char *const *members)
{
    size_t i, most = json_array_size(forward);
    if (json_array_size(reverse) > most)
        most = json_array_size(reverse);
    for (i = 0; i < most; i++)
        compare_members(it, what, json_array_get(forward, i), json_array_get(reverse, i), members);
}

void td_purity_compare(const char *dossier, const json_t *forward, const json_t *reverse,
                       const char *source, size_t limit, json_t *findings)
{
    static const char *const points[] = {"id", "points", "cap", "because", "pending", NULL};
    static const char *const found[] = {"id", "met", "because", NULL};
    static const char *const whole[] = {"total",          "vetoed",    "eligible",
                                        "reference_line", "tie_break", NULL};
    const struct comparing it = {dossier, source, limit, findings};
    size_t before = json_array_size(findings), i;
    json_t *section;
    if (json_equal((json_t *)forward, (json_t *)reverse))
        return;
    const json_t *others = json_object_get(reverse, "sections");
    json_array_foreach(json_object_get(forward, "sections"), i, section) {
        const json_t *other = json_array_get(others, i);
        compare_lists(&it, "item", json_object_get(section, "items"),
                      json_object_get(other, "items"), points);
    }
    compare_lists(&it, "condition", json_object_get(forward, "conditions"),
                  json_object_get(reverse, "conditions"), found);
    compare_lists(&it, "veto", json_object_get(forward, "vetoes"),
                  json_object_get(reverse, "vetoes"), found);
    if (json_array_size(findings) == before)
        compare_members(&it, "total", forward, reverse, whole);
    if (json_array_size(findings) == before && before < limit)
        json_array_append_new(findings, json_pack("{s:s, s:s, s:s, s:s, s:s, s:i}", "kind", "order",
                                                  "dossier", dossier, "what", "score", "id", "",
                                                  "member", "", "line", 0));
}
