/* dossier.c - see dossier.h. Bytes are looked at once; nothing is copied. */
#include "scorer/dossier.h"

#include <stdlib.h>
#include <string.h>

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
        at++;
    return at;
}

/* `at` is behind the opening quote; the closing one, or NULL. A quote is escaped by an odd number
 * of backslashes before it. */
static const char *string_end(const char *at, const char *end)
{
    for (const char *quote = at; (quote = memchr(quote, '"', (size_t)(end - quote))); quote++) {
        size_t escapes = 0;
        while (quote - escapes > at && quote[-1 - (ptrdiff_t)escapes] == '\\')
            escapes++;
        if (escapes % 2 == 0)
            return quote;
    }
    return NULL;
}

static const char *skip_nested(const char *at, const char *end)
{
    int depth = 0;
    for (; at && at < end; at++) {
        if (*at == '"') {
            at = string_end(at + 1, end);
            if (!at)
                return NULL;
        } else if (*at == '{' || *at == '[') {
            if (++depth > TD_DOSSIER_DEPTH_MAX)
                return NULL;
        } else if ((*at == '}' || *at == ']') && --depth == 0) {
            return at + 1;
        }
    }
    return NULL;
}

static bool ends_scalar(char c)
{
    return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* The end of the value that begins at `at` or after white space, or NULL. */
static const char *skip_value(const char *at, const char *end)
{
    at = skip_space(at, end);
    if (at >= end)
        return NULL;
    if (*at == '"') {
        at = string_end(at + 1, end);
        return at ? at + 1 : NULL;
    }
    if (*at == '{' || *at == '[')
        return skip_nested(at, end);
    const char *begin = at;
    while (at < end && !ends_scalar(*at))
        at++;
    return at > begin ? at : NULL;
}

static bool broken(const char **at)
{
    *at = NULL;
    return false;
}

static const char *take_name(const char *at, const char *end, struct td_slice *name)
{
    const char *close = at < end && *at == '"' ? string_end(at + 1, end) : NULL;
    if (!close)
        return NULL;
    *name = (struct td_slice){at + 1, (size_t)(close - at - 1)};
    at = skip_space(close + 1, end);
    return at < end && *at == ':' ? skip_space(at + 1, end) : NULL;
}

bool td_slice_enter(const char **at, const char *end, struct td_slice *name)
{
    const char *now = skip_space(*at, end), open = name ? '{' : '[', close = name ? '}' : ']';
    if (now >= end || (*now != open && *now != ',' && *now != close))
        return broken(at);
    bool first = *now == open;
    if (*now != close)
        now = skip_space(now + 1, end);
    else
        first = true;
    if (first && now < end && *now == close) {
        *at = now + 1;
        return false;
    }
    *at = name ? take_name(now, end, name) : now;
    return *at != NULL;
}

bool td_slice_next(const char **at, const char *end, struct td_slice *name, struct td_slice *value)
{
    if (!td_slice_enter(at, end, name))
        return false;
    const char *after = skip_value(*at, end);
    if (!after)
        return broken(at);
    *value = (struct td_slice){*at, (size_t)(after - *at)};
    *at = after;
    return true;
}

static bool is(const struct td_slice *slice, const char *word)
{
    return slice->length == strlen(word) && !memcmp(slice->text, word, slice->length);
}

/* --- the parts of a dossier ------------------------------------------------------------------- */

static struct td_dossier_fact *add_fact(struct td_dossier *dossier)
{
    if (dossier->fact_count == dossier->fact_space) {
        size_t space = dossier->fact_space ? dossier->fact_space * 2 : 64;
        struct td_dossier_fact *more = realloc(dossier->fact, space * sizeof(*more));
        if (!more)
            return NULL;
        dossier->fact = more;
        dossier->fact_space = space;
    }
    return &dossier->fact[dossier->fact_count++];
}

/* These read the value at `at`, once, and return its end, or NULL. */

static const char *read_fact(struct td_dossier_fact *fact, const char *at, const char *end)
{
    struct td_slice name, value;
    if (at < end && *at != '{') /* no fact: it has no value */
        return skip_value(at, end);
    while (td_slice_next(&at, end, &name, &value)) {
        if (is(&name, "value"))
            fact->value = value;
        else if (is(&name, "by"))
            fact->by = value;
        else if (is(&name, "because"))
            fact->because = value;
    }
    return at;
}

static const char *read_facts(struct td_dossier *dossier, const char *at, const char *end)
{
    struct td_slice name;
    const char *begin = at;
    while (td_slice_enter(&at, end, &name)) {
        struct td_dossier_fact *fact =
            memchr(name.text, '\\', name.length) ? NULL : add_fact(dossier);
        if (!fact)
            return NULL;
        *fact = (struct td_dossier_fact){.name = name};
        if (!(at = read_fact(fact, at, end)))
            return NULL;
    }
    if (at)
        dossier->facts = (struct td_slice){begin, (size_t)(at - begin)};
    return at;
}

static const char *read_gate(bool *met, const char *at, const char *end)
{
    struct td_slice name, value;
    *met = false;
    if (at < end && *at != '{')
        return skip_value(at, end);
    while (td_slice_next(&at, end, &name, &value))
        if (is(&name, "met"))
            *met = !is(&value, "false") && !is(&value, "null");
    return at;
}

static const char *read_gates(struct td_dossier *dossier, const char *at, const char *end)
{
    bool met;
    while (td_slice_enter(&at, end, NULL)) {
        if (!(at = read_gate(&met, at, end)))
            return NULL;
        dossier->gates_met = dossier->gates_met && met;
    }
    return at;
}

static const char *read_member(struct td_dossier *dossier, const struct td_slice *name,
                               const char *at, const char *end)
{
    if (is(name, "facts"))
        return read_facts(dossier, at, end);
    if (is(name, "gates"))
        return read_gates(dossier, at, end);
    const char *after = skip_value(at, end);
    if (!after)
        return NULL;
    struct td_slice value = {at, (size_t)(after - at)};
    if (is(name, "id") && value.length >= 2 && *value.text == '"')
        dossier->id = (struct td_slice){value.text + 1, value.length - 2};
    else if (is(name, "expert"))
        dossier->expert = value;
    return after;
}

const char *td_dossier_read(struct td_dossier *dossier, const char *text, const char *end)
{
    struct td_slice name;
    const char *at = text;
    *dossier = (struct td_dossier){
        .gates_met = true, .fact = dossier->fact, .fact_space = dossier->fact_space};
    while (td_slice_enter(&at, end, &name))
        if (!(at = read_member(dossier, &name, at, end)))
            return NULL;
    if (!at || !dossier->facts.text)
        return NULL;
    dossier->whole = (struct td_slice){text, (size_t)(at - text)};
    return at;
}

void td_dossier_done(struct td_dossier *dossier)
{
    free(dossier->fact);
    *dossier = (struct td_dossier){0};
}

const struct td_dossier_fact *td_dossier_find(const struct td_dossier *dossier, const char *name,
                                              size_t length, size_t *hint)
{
    for (size_t i = 0, at = *hint; i < dossier->fact_count; i++, at++) {
        if (at >= dossier->fact_count)
            at = 0;
        const struct td_slice *found = &dossier->fact[at].name;
        if (found->length == length && !memcmp(found->text, name, length)) {
            *hint = at;
            return &dossier->fact[at];
        }
    }
    return NULL;
}
