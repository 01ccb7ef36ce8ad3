/* enrich.c - one walk that copies containers, shares scalars and adds members. */
#include "http/enrich.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 64, NAME_MAX_LENGTH = 120 };

static json_t *enrich(const struct td_locale *locale, const json_t *value, int depth);

static void add(json_t *object, const char *name, json_t *value)
{
    if (json_object_get(object, name))
        json_decref(value);
    else
        json_object_set_new(object, name, value);
}

static void add_text(json_t *object, const char *name, char *text)
{
    if (text)
        add(object, name, json_string(text));
    free(text);
}

static void add_member(const struct td_locale *locale, json_t *object, const char *name,
                       const json_t *value)
{
    char longer[NAME_MAX_LENGTH + 16];
    char *text = td_locale_member_text(locale, name, value);
    if (!text)
        return;
    size_t length = strlen(name);
    bool time = length > 3 && strcmp(name + length - 3, "_at") == 0;
    bool label = json_is_string(value) && !time;
    snprintf(longer, sizeof(longer), "%s_%s", name, label ? "label" : "text");
    add_text(object, longer, text);
}

static void add_list(json_t *object, const char *name, const json_t *list)
{
    char longer[NAME_MAX_LENGTH + 16];
    snprintf(longer, sizeof(longer), "has_%s", name);
    add(object, longer, json_boolean(json_array_size(list) > 0));
    snprintf(longer, sizeof(longer), "%s_count", name);
    add(object, longer, json_integer((json_int_t)json_array_size(list)));
}

/* {"say": key, "parameters": {...}} as a sentence. */
static void add_say(const struct td_locale *locale, json_t *object)
{
    const char *key = json_string_value(json_object_get(object, "say"));
    const char *sentence = key ? td_locale_text(locale, "say", key) : NULL;
    if (sentence)
        add_text(object, "say_text",
                 td_locale_fill(locale, sentence, json_object_get(object, "parameters")));
    else if (key)
        add(object, "say_text", json_string(key));
}

/* The value of x in the page's language: of x_en when that is a text. */
static const json_t *translated(const struct td_locale *locale, const json_t *object,
                                const char *name, const json_t *value)
{
    char longer[NAME_MAX_LENGTH + 16];
    if (!json_is_string(value) || strcmp(locale->lang, "zh") == 0)
        return value;
    snprintf(longer, sizeof(longer), "%s_%s", name, locale->lang);
    const json_t *own = json_object_get(object, longer);
    return json_is_string(own) && json_string_length(own) ? own : value;
}

static json_t *enrich_object(const struct td_locale *locale, const json_t *object, int depth)
{
    json_t *copy = json_object(), *value;
    const char *name;
    if (!copy)
        return NULL;
    json_object_foreach((json_t *)object, name, value)
        json_object_set_new(copy, name,
                            enrich(locale, translated(locale, object, name, value), depth + 1));
    json_object_foreach((json_t *)object, name, value) {
        if (strlen(name) > NAME_MAX_LENGTH)
            continue;
        if (json_is_array(value))
            add_list(copy, name, value);
        else if (!json_is_object(value))
            add_member(locale, copy, name, value);
    }
    add_say(locale, copy);
    return copy;
}

static json_t *enrich_array(const struct td_locale *locale, const json_t *array, int depth)
{
    json_t *copy = json_array();
    for (size_t i = 0; copy && i < json_array_size(array); i++) {
        json_t *member = enrich(locale, json_array_get(array, i), depth + 1);
        if (json_is_object(member) && depth < DEPTH_MAX - 1) {
            add(member, "is_first", json_boolean(i == 0));
            add(member, "index", json_integer((json_int_t)i + 1));
        }
        json_array_append_new(copy, member);
    }
    return copy;
}

static json_t *enrich(const struct td_locale *locale, const json_t *value, int depth)
{
    if (depth < DEPTH_MAX && json_is_object(value))
        return enrich_object(locale, value, depth);
    if (depth < DEPTH_MAX && json_is_array(value))
        return enrich_array(locale, value, depth);
    return json_incref((json_t *)value);
}

json_t *td_enrich(const struct td_locale *locale, const json_t *value)
{
    return enrich(locale, value, 0);
}
