/* problem.c - see problem.h. No state. */
#include "http/problem.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_text(json_t *object, const char *name, const char *text)
{
    json_object_set_new(object, name, json_string(text));
}

static void set_filled(const struct td_locale *locale, json_t *object, const char *name,
                       const char *sentence, const json_t *parameters)
{
    char *text = td_locale_fill(locale, sentence, parameters);
    set_text(object, name, text ? text : sentence);
    free(text);
}

static void set_title(const struct td_locale *locale, json_t *problem, int code)
{
    char key[48];
    snprintf(key, sizeof(key), "%s", td_error_slug(code));
    for (char *c = key; *c; c++)
        if (*c == '-')
            *c = '_';
    const char *title = td_locale_text(locale, "problem", key);
    set_text(problem, "title", title ? title : td_error_text(code));
}

static void set_detail(const struct td_locale *locale, json_t *problem, int code,
                       const struct td_error *error)
{
    const char *sentence = *error->key ? td_locale_text(locale, "problem", error->key) : NULL;
    const char *nothing = td_locale_text(locale, "problem", "nothing_here");
    bool own_fault = td_error_http(code) >= 500;
    bool hides = code == TD_ENOTFOUND; /* what is not there and what is not to be seen read alike */
    if (*error->key) {
        set_text(problem, "key", error->key);
        json_object_set(problem, "parameters", error->parameters);
    }
    if (sentence)
        set_filled(locale, problem, "detail", sentence, error->parameters);
    else if (hides)
        set_text(problem, "detail", nothing ? nothing : td_error_text(code));
    else if (*error->detail && !own_fault)
        set_text(problem, "detail", error->detail);
}

/* "content.education.0.degree" is called by t.field.degree when there is such a text; "name" of a
 * path below /units by t.field.units_name first. */
static const char *field_name(const struct td_locale *locale, const char *path, const char *field)
{
    const char *dot = strrchr(field, '.'), *last = dot ? dot + 1 : field, *own = NULL;
    size_t area = path && *path == '/' ? strcspn(path + 1, "/") : 0;
    char key[64];
    if (area &&
        (size_t)snprintf(key, sizeof(key), "%.*s_%s", (int)area, path + 1, last) < sizeof(key))
        own = td_locale_text(locale, "field", key);
    return own ? own : td_locale_text(locale, "field", last);
}

/* What the form calls the field, else t.field says, else NULL. */
static const char *name_of(const struct td_locale *locale, const char *path, const json_t *fault)
{
    bool english = strcmp(locale->lang, "en") == 0;
    const char *own = json_string_value(json_object_get(fault, english ? "name_en" : "name"));
    const char *field = json_string_value(json_object_get(fault, "field"));
    return own ? own : field ? field_name(locale, path, field) : NULL;
}

/* "Row 3, " of "rows.3.login", a mistake in a table that was handed in; else "". malloc'd. */
static char *row_of(const struct td_locale *locale, const json_t *fault)
{
    const char *field = json_string_value(json_object_get(fault, "field"));
    const char *sentence = td_locale_text(locale, "field", "table_row");
    if (!field || strncmp(field, "rows.", strlen("rows.")) != 0 || !sentence)
        return strdup("");
    json_t *row = json_pack("{s:I}", "row", (json_int_t)strtol(field + strlen("rows."), NULL, 10));
    char *text = td_locale_fill(locale, sentence, row);
    json_decref(row);
    return text;
}

/* Puts the message of this language, "name: sentence", into {field, code, message}. */
static void say_fault(const struct td_locale *locale, const char *path, json_t *fault)
{
    const char *code = json_string_value(json_object_get(fault, "code"));
    const char *sentence = code ? td_locale_text(locale, "field_problem", code) : NULL;
    if (!sentence)
        return;
    char *text = td_locale_fill(locale, sentence, json_object_get(fault, "parameters"));
    const char *name = name_of(locale, path, fault);
    char *full = NULL, *row = row_of(locale, fault);
    if (name && text && asprintf(&full, "%s%s: %s", row ? row : "", name, text) < 0)
        full = NULL;
    free(row);
    set_text(fault, "message", full ? full : text ? text : sentence);
    free(full);
    free(text);
}

static json_t *make_field(const struct td_locale *locale, const char *path, const json_t *fault)
{
    json_t *made = json_copy((json_t *)fault);
    if (made)
        say_fault(locale, path, made);
    return made;
}

void td_problem_say(const struct td_locale *locale, const char *path, json_t *value)
{
    size_t index;
    json_t *fault;
    json_array_foreach(json_object_get(value, "problems"), index, fault)
        if (json_is_string(json_object_get(fault, "field")))
            say_fault(locale, path, fault);
}

json_t *td_problem_make(const struct td_locale *locale, const char *path, int code,
                        const struct td_error *error, const char *request_id)
{
    json_t *problem = json_object();
    char type[64];
    snprintf(type, sizeof(type), "/problems/%s", td_error_slug(code));
    set_text(problem, "type", type);
    set_title(locale, problem, code);
    json_object_set_new(problem, "status", json_integer(td_error_http(code)));
    set_detail(locale, problem, code, error);
    set_text(problem, "instance", request_id);
    if (error->fields) {
        json_t *errors = json_array(), *fault;
        size_t index;
        json_array_foreach(error->fields, index, fault)
            json_array_append_new(errors, make_field(locale, path, fault));
        json_object_set_new(problem, "errors", errors);
    }
    return problem;
}

json_t *td_problem_for_page(const json_t *problem)
{
    json_t *made = json_copy((json_t *)problem);
    json_t *errors = json_object_get(problem, "errors");
    if (made && errors) {
        json_object_set(made, "fields", errors);
        json_object_del(made, "errors");
    }
    return made;
}
