/* enrich.c - see enrich.h. The name says what is asked for: "<x>_label" of x, "has_<xs>" of xs. */
#include "http/enrich.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LENGTH = 120 };

static const json_t *keep(json_t *made, json_t *value)
{
    json_array_append_new(made, value);
    return value;
}

static const json_t *keep_text(json_t *made, char *text)
{
    const json_t *value = text ? keep(made, json_string(text)) : NULL;
    free(text);
    return value;
}

/* True when `name` is "<x><ending>"; then x is in `base`. */
static bool is_of(const char *name, size_t length, const char *ending,
                  char base[NAME_MAX_LENGTH + 1])
{
    size_t tail = strlen(ending);
    if (length <= tail || length - tail > NAME_MAX_LENGTH ||
        memcmp(name + length - tail, ending, tail) != 0)
        return false;
    memcpy(base, name, length - tail);
    base[length - tail] = 0;
    return true;
}

/* {"say": key, "parameters": {...}} as a sentence. */
static const json_t *say(const struct td_locale *locale, const json_t *object, json_t *made)
{
    const json_t *key = json_object_get(object, "say");
    const char *sentence =
        json_is_string(key) ? td_locale_text(locale, "say", json_string_value(key)) : NULL;
    if (!sentence)
        return json_is_string(key) ? key : NULL;
    return keep_text(made, td_locale_fill(locale, sentence, json_object_get(object, "parameters")));
}

/* A number's text is x_text, as is a time's; any other text has a label. */
static const json_t *text_of(const struct td_locale *locale, const json_t *object, const char *base,
                             json_t *made)
{
    const json_t *value = json_object_get(object, base);
    bool has_label = json_is_string(value) && !td_locale_is_time(base);
    return value && !has_label ? keep_text(made, td_locale_member_text(locale, base, value)) : NULL;
}

static const json_t *label_of(const struct td_locale *locale, const json_t *object,
                              const char *base)
{
    const json_t *value = json_object_get(object, base);
    return json_is_string(value) && !td_locale_is_time(base)
               ? td_locale_label(locale, base, json_string_value(value))
               : NULL;
}

static const json_t *count_of(const json_t *object, const char *base, json_t *made)
{
    const json_t *list = json_object_get(object, base);
    return json_is_array(list) ? keep(made, json_integer((json_int_t)json_array_size(list))) : NULL;
}

static const json_t *has(const json_t *object, const char *base)
{
    const json_t *list = json_object_get(object, base);
    return json_is_array(list) ? json_boolean(json_array_size(list) > 0) : NULL;
}

static const json_t *derived(const struct td_locale *locale, const json_t *object, size_t position,
                             const char *name, json_t *made)
{
    char base[NAME_MAX_LENGTH + 1];
    size_t length = strlen(name);
    if (is_of(name, length, "_label", base))
        return label_of(locale, object, base);
    if (is_of(name, length, "_text", base))
        return strcmp(base, "say") == 0 ? say(locale, object, made)
                                        : text_of(locale, object, base, made);
    if (is_of(name, length, "_count", base))
        return count_of(object, base, made);
    if (strncmp(name, "has_", 4) == 0)
        return has(object, name + 4);
    if (position && strcmp(name, "is_first") == 0)
        return json_boolean(position == 1);
    if (position && strcmp(name, "index") == 0)
        return keep(made, json_integer((json_int_t)position));
    return NULL;
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

const json_t *td_enrich_member(const struct td_locale *locale, const json_t *object,
                               size_t position, const char *name, json_t *made)
{
    if (!json_is_object(object))
        return NULL;
    const json_t *value = json_object_get(object, name);
    return value ? translated(locale, object, name, value)
                 : derived(locale, object, position, name, made);
}
