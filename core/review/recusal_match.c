/* recusal_match.c - see recusal_match.h. */
#include "review/recusal_match.h"

#include "review/row.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 150, YEAR_DIGITS = 4 };

/* What stands between names in a list. The blank is one only beside the others: 约翰 史密斯 is one
 * person, and 张三 李四 are two; both readings are taken. */
static const char *const separators[] = {"、", "，", ",",  "；", ";",  "/", "／",
                                         "|",  "\n", "（", "(",  "）", ")", NULL};
static const char *const blanks[] = {" ", "\xe3\x80\x80", "\t", NULL};

static size_t starts_with(const char *text, const char *const *marks)
{
    for (; *marks; marks++)
        if (!strncmp(text, *marks, strlen(*marks)))
            return strlen(*marks);
    return 0;
}

static void add_name(json_t *people, const char *name, size_t length, const char *ground)
{
    char text[NAME_MAX_BYTES];
    size_t skip;
    while (length && (skip = starts_with(name, blanks)) && skip <= length)
        name += skip, length -= skip;
    while (length && (name[length - 1] == ' ' || name[length - 1] == '\r'))
        length--;
    if (length < 2 || length >= sizeof(text))
        return;
    snprintf(text, sizeof(text), "%.*s", (int)length, name);
    if (!json_object_get(people, text))
        json_object_set_new(people, text, json_string(ground));
}

static void split(json_t *people, const char *text, const char *const *marks, bool or_blank,
                  const char *ground)
{
    const char *start = text;
    while (*text) {
        size_t mark = starts_with(text, marks);
        if (!mark && or_blank)
            mark = starts_with(text, blanks);
        if (!mark) {
            text++;
            continue;
        }
        add_name(people, start, (size_t)(text - start), ground);
        start = text += mark;
    }
    add_name(people, start, (size_t)(text - start), ground);
}

void td_recusal_add_people(json_t *people, const char *text, const char *ground)
{
    split(people, text, separators, false, ground);
    split(people, text, separators, true, ground);
}

void td_recusal_add_unit(json_t *units, const char *name, const char *until, const char *since)
{
    if (*name && (!*until || strcmp(until, since) >= 0))
        json_object_set_new(units, name, json_true());
}

static void read_item(const json_t *section, const json_t *item, const char *since, json_t *people,
                      json_t *units)
{
    size_t i;
    json_t *field;
    json_array_foreach(json_object_get(section, "fields"), i, field) {
        const char *names = td_row_text(field, "names"),
                   *text = td_row_text(item, td_row_text(field, "id"));
        if (!strcmp(names, "people"))
            td_recusal_add_people(people, text, "named");
        else if (!strcmp(names, "unit"))
            td_recusal_add_unit(units, text, td_row_text(item, "end"), since);
    }
}

void td_recusal_read(const json_t *form, const json_t *content, const char *since, json_t *people,
                     json_t *units)
{
    size_t i, j;
    json_t *section, *item;
    json_array_foreach(json_object_get(form, "sections"), i, section) {
        json_t *value = json_object_get(content, td_row_text(section, "id"));
        if (json_is_object(value))
            read_item(section, value, since, people, units);
        json_array_foreach(value, j, item)
            read_item(section, item, since, people, units);
    }
}

void td_recusal_since(const char *today, int years, char since[TD_DATE_TEXT])
{
    long year = strtol(today, NULL, 10) - years;
    memcpy(since, today, TD_DATE_TEXT);
    for (int i = YEAR_DIGITS - 1; i >= 0; i--, year /= 10)
        since[i] = (char)('0' + year % 10);
}

static const char *ground_in(const json_t *people, const char *name)
{
    return *name ? json_string_value(json_object_get(people, name)) : NULL;
}

static const char *common_unit(const json_t *one, const json_t *other)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)one, name, value)
        if (json_object_get(other, name))
            return name;
    return NULL;
}

bool td_recusal_match(const json_t *person, const json_t *dossier, int again,
                      const char **ret_ground, const char **ret_word)
{
    const char *name = td_row_text(person, "name"), *applicant = td_row_text(dossier, "name");
    const char *named = ground_in(json_object_get(dossier, "people"), name);
    const char *names = ground_in(json_object_get(person, "people"), applicant);
    const char *unit =
        common_unit(json_object_get(person, "units"), json_object_get(dossier, "units"));
    const struct {
        const char *ground, *word;
    } found[] = {
        {named, name},
        {names && named && !strcmp(names, named) ? NULL : names, applicant},
        {ground_in(json_object_get(dossier, "challenged"), name), name},
        {unit ? "former_unit" : NULL, unit},
    };
    for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
        if (!found[i].ground || again-- > 0)
            continue;
        *ret_ground = found[i].ground;
        *ret_word = found[i].word;
        return true;
    }
    return false;
}
