/* score.c - see score.h. The server stores what passes here, so a standard that bends the prelude
 * must not get another shape through. */
#include "scorer/score.h"

#include <stdarg.h>
#include <stdio.h>

struct checking {
    const char *file;
    struct td_fault *fault;
};

__attribute__((format(printf, 2, 3))) static int wrong(const struct checking *checking,
                                                       const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(checking->fault->message, sizeof(checking->fault->message), fmt, ap);
    va_end(ap);
    checking->fault->code = "script";
    snprintf(checking->fault->file, sizeof(checking->fault->file), "%s", checking->file);
    return -1;
}

static int check_amount(const struct checking *checking, const char *where, json_int_t points,
                        json_int_t cap)
{
    if (points < 0 || cap < 0 || points > cap)
        return wrong(checking, "%.60s: %lld points with a cap of %lld", where, (long long)points,
                     (long long)cap);
    return 0;
}

static int check_finding(const struct checking *checking, const char *where, const json_t *finding)
{
    const char *id, *name, *because;
    int met;
    json_error_t error;
    if (json_unpack_ex((json_t *)finding, &error, 0, "{s:s, s:s, s:b, s:s}", "id", &id, "name",
                       &name, "met", &met, "because", &because) < 0)
        return wrong(checking, "%.80s of the score: %s", where, error.text);
    return 0;
}

/* Conditions and vetoes. */
static int check_findings(const struct checking *checking, const char *list, const json_t *findings)
{
    size_t i;
    json_t *finding;
    if (!json_is_array(findings))
        return wrong(checking, "the score: \"%s\" is no list", list);
    json_array_foreach(findings, i, finding) {
        char where[64];
        snprintf(where, sizeof(where), "entry %zu in \"%s\"", i, list);
        if (check_finding(checking, where, finding) < 0)
            return -1;
    }
    return 0;
}

static int check_item(const struct checking *checking, const json_t *item)
{
    const char *id = "?", *name, *kind, *scorer, *because;
    json_int_t points, cap;
    int pending;
    json_t *facts;
    json_error_t error;
    if (json_unpack_ex((json_t *)item, &error, 0, "{s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:o, s:b}",
                       "id", &id, "name", &name, "kind", &kind, "points", &points, "cap", &cap,
                       "scorer", &scorer, "because", &because, "facts", &facts, "pending",
                       &pending) < 0)
        return wrong(checking, "item %.60s of the score: %s", id, error.text);
    if (!json_is_array(facts))
        return wrong(checking, "item %.60s of the score: \"facts\" is no list", id);
    return check_amount(checking, id, points, cap);
}

static int check_section(const struct checking *checking, const json_t *section)
{
    const char *id = "?", *name;
    json_int_t points, cap;
    json_t *items, *item;
    json_error_t error;
    size_t i;
    if (json_unpack_ex((json_t *)section, &error, 0, "{s:s, s:s, s:I, s:I, s:o}", "id", &id, "name",
                       &name, "points", &points, "cap", &cap, "items", &items) < 0)
        return wrong(checking, "section %.60s of the score: %s", id, error.text);
    if (!json_is_array(items))
        return wrong(checking, "section %.60s of the score: \"items\" is no list", id);
    json_array_foreach(items, i, item) {
        if (check_item(checking, item) < 0)
            return -1;
    }
    return check_amount(checking, id, points, cap);
}

static int check_component(const struct checking *checking, const json_t *component)
{
    const char *id = "?", *name, *because;
    json_int_t points, cap;
    json_error_t error;
    if (json_unpack_ex((json_t *)component, &error, 0, "{s:s, s:s, s:I, s:I, s:s}", "id", &id,
                       "name", &name, "points", &points, "cap", &cap, "because", &because) < 0)
        return wrong(checking, "component %.60s of the score: %s", id, error.text);
    return check_amount(checking, id, points, cap);
}

/* What only some standards have. */
static int check_extras(const struct checking *checking, const json_t *score)
{
    const json_t *components = json_object_get(score, "components"),
                 *because = json_object_get(score, "reference_line_because");
    size_t i;
    json_t *component;
    if (components && !json_is_array(components))
        return wrong(checking, "the score: \"components\" is no list");
    if (because && !json_is_string(because))
        return wrong(checking, "the score: \"reference_line_because\" is no text");
    json_array_foreach(components, i, component) {
        if (check_component(checking, component) < 0)
            return -1;
    }
    return 0;
}

int td_score_check(const json_t *score, const char *file, struct td_fault *fault)
{
    const struct checking checking = {file, fault};
    json_int_t total, cap;
    int vetoed, eligible;
    json_t *line = NULL, *conditions, *vetoes, *sections, *section;
    json_error_t error;
    size_t i;
    if (json_unpack_ex((json_t *)score, &error, 0, "{s:I, s:I, s:b, s:b, s?o, s:o, s:o, s:o}",
                       "total", &total, "cap", &cap, "vetoed", &vetoed, "eligible", &eligible,
                       "reference_line", &line, "conditions", &conditions, "vetoes", &vetoes,
                       "sections", &sections) < 0)
        return wrong(&checking, "the score: %s", error.text);
    if (line && !json_is_integer(line) && !json_is_null(line))
        return wrong(&checking, "the score: \"reference_line\" is no whole number");
    if (check_findings(&checking, "conditions", conditions) < 0 ||
        check_findings(&checking, "vetoes", vetoes) < 0)
        return -1;
    if (!json_is_array(sections))
        return wrong(&checking, "the score: \"sections\" is no list");
    json_array_foreach(sections, i, section) {
        if (check_section(&checking, section) < 0)
            return -1;
    }
    if (check_extras(&checking, score) < 0)
        return -1;
    return check_amount(&checking, "total", total, cap);
}

int td_score_check_item(const json_t *item, const char *file, struct td_fault *fault)
{
    const struct checking checking = {file, fault};
    return check_item(&checking, item);
}
