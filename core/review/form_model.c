/* form_model.c - a section as Mustache templates render it (td_form_model of form.h).
 *
 * Mustache looks for a missing name in the surrounding contexts, so that a field without a hint
 * would show its section's hint. Every object here therefore carries all of its members; null says
 * "none". */
#include "review/form.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 256 };

/* Copies members of `from`, null for those it has not. */
static void carry(json_t *to, const json_t *from, const char *const *keys)
{
    for (; *keys; keys++) {
        json_t *value = json_object_get(from, *keys);
        json_object_set_new(to, *keys, value ? json_incref(value) : json_null());
    }
}

/* A value as an input holds it. */
static json_t *input_text(const json_t *value)
{
    if (json_is_boolean(value))
        return json_string(json_is_true(value) ? "yes" : "no");
    if (json_is_integer(value))
        return json_sprintf("%lld", (long long)json_integer_value(value));
    if (json_is_real(value))
        return json_sprintf("%.12g", json_real_value(value));
    return json_string(json_is_string(value) ? json_string_value(value) : "");
}

static json_t *option_model(const char *value, const char *name, const char *name_en,
                            const char *chosen)
{
    return json_pack("{ss ss ss sb}", "value", value, "name", name, "name_en", name_en, "selected",
                     !strcmp(value, chosen));
}

static json_t *options_model(const json_t *field, const char *chosen)
{
    json_t *options = json_array();
    if (!strcmp(td_json_text(field, "type"), "yesno")) {
        json_array_append_new(options, option_model("yes", "是", "Yes", chosen));
        json_array_append_new(options, option_model("no", "否", "No", chosen));
        return options;
    }
    size_t index;
    json_t *option;
    json_array_foreach(json_object_get(field, "options"), index, option) {
        json_array_append_new(options, option_model(td_json_text(option, "value"),
                                                    td_json_text(option, "name"),
                                                    td_json_text(option, "name_en"), chosen));
    }
    return options;
}

/* What a reader sees: the option's name, or the text itself. */
static json_t *shown_model(const json_t *options, const char *text)
{
    size_t index;
    json_t *option;
    json_array_foreach(options, index, option) {
        if (json_is_true(json_object_get(option, "selected")))
            return json_pack("{ss ss}", "name", td_json_text(option, "name"), "name_en",
                             td_json_text(option, "name_en"));
    }
    return json_pack("{ss ss}", "name", text, "name_en", text);
}

static void set_type_flags(json_t *model, const char *type)
{
    static const char *const types[] = {"text", "longtext", "integer", "decimal",
                                        "date", "choice",   "yesno",   NULL};
    char flag[32];
    for (const char *const *t = types; *t; t++) {
        snprintf(flag, sizeof(flag), "is_%s", *t);
        json_object_set_new(model, flag, json_boolean(!strcmp(type, *t)));
    }
    bool number = !strcmp(type, "integer") || !strcmp(type, "decimal");
    json_object_set_new(model, "is_number", json_boolean(number));
}

static json_t *field_model(const json_t *field, const json_t *value, const char *place)
{
    static const char *const keys[] = {"id",  "name", "name_en",    "hint",       "hint_en", "type",
                                       "min", "max",  "max_length", "min_length", NULL};
    json_t *model = json_object();
    carry(model, field, keys);
    json_t *text = input_text(value);
    const char *chosen = json_string_value(text);
    json_t *options = options_model(field, chosen);
    json_object_set_new(model, "path", json_sprintf("%s.%s", place, td_json_text(field, "id")));
    json_object_set_new(model, "required",
                        json_boolean(json_is_true(json_object_get(field, "required"))));
    set_type_flags(model, td_json_text(field, "type"));
    json_object_set_new(model, "answered", json_boolean(*chosen));
    json_object_set_new(model, "shown", shown_model(options, chosen));
    json_object_set_new(model, "options", options);
    json_object_set_new(model, "text", text);
    return model;
}

struct item {
    const json_t *value;
    const char *id; /* "" in a plain section and in a blank item */
    size_t index;
    bool is_new;
};

static json_t *item_model(const json_t *section, const struct item *item, const json_t *evidence,
                          const char *place)
{
    const char *section_id = td_json_text(section, "id");
    char key[PATH_SIZE];
    snprintf(key, sizeof(key), *item->id ? "%s/%s" : "%s", section_id, item->id);
    json_t *fields = json_array();
    size_t index;
    json_t *field;
    json_array_foreach(json_object_get(section, "fields"), index, field) {
        const json_t *value = json_object_get(item->value, td_json_text(field, "id"));
        json_array_append_new(fields, field_model(field, value, place));
    }
    return json_pack("{ss si sb ss ss sI so}", "id", item->id, "number", (int)item->index + 1,
                     "is_new", item->is_new, "path", place, "evidence_key", key, "evidence_count",
                     json_integer_value(json_object_get(evidence, key)), "fields", fields);
}

static json_t *items_model(const json_t *section, const json_t *value, const json_t *evidence,
                           const char *place, bool blank)
{
    json_t *items = json_array();
    char path[PATH_SIZE];
    size_t count = json_array_size(value);
    for (size_t i = 0; i < count; i++) {
        const json_t *answers = json_array_get(value, i);
        struct item item = {.value = answers, .id = td_json_text(answers, "id"), .index = i};
        snprintf(path, sizeof(path), "%.200s.%zu", place, i);
        json_array_append_new(items, item_model(section, &item, evidence, path));
    }
    if (blank && count < td_form_section_max(section)) {
        struct item item = {.id = "", .index = count, .is_new = true};
        snprintf(path, sizeof(path), "%.200s.%zu", place, count);
        json_array_append_new(items, item_model(section, &item, NULL, path));
    }
    return items;
}

json_t *td_form_model(const json_t *section, const json_t *value, const json_t *evidence,
                      const char *prefix, bool blank)
{
    static const char *const keys[] = {
        "id",  "name", "name_en", "hint", "hint_en", "evidence_hint", "evidence_hint_en",
        "min", "max",  NULL};
    json_t *model = json_object();
    carry(model, section, keys);
    char place[PATH_SIZE];
    snprintf(place, sizeof(place), "%s.%s", prefix, td_json_text(section, "id"));
    bool repeats = td_form_section_repeats(section);
    const char *rule = td_json_text(section, "evidence");
    bool needs = !strcmp(rule, "required");
    json_object_set_new(model, "by", json_string(td_form_section_by(section)));
    json_object_set_new(model, "repeat", json_boolean(repeats));
    json_object_set_new(model, "blind",
                        json_boolean(json_is_true(json_object_get(section, "blind"))));
    json_object_set_new(model, "path", json_string(place));
    json_object_set_new(model, "evidence", json_string(*rule ? rule : "none"));
    json_object_set_new(model, "needs_evidence", json_boolean(needs));
    json_object_set_new(model, "takes_evidence", json_boolean(needs || !strcmp(rule, "optional")));
    json_t *items;
    if (repeats) {
        items = items_model(section, value, evidence, place, blank);
    } else {
        struct item item = {.value = value, .id = ""};
        items = json_pack("[o]", item_model(section, &item, evidence, place));
    }
    json_object_set_new(model, "items", items);
    return model;
}

/* --- for readers ------------------------------------------------------------------- */

static const json_t *option_of(const json_t *field, const char *value)
{
    size_t index;
    json_t *option;
    json_array_foreach(json_object_get(field, "options"), index, option)
        if (!strcmp(td_json_text(option, "value"), value))
            return option;
    return NULL;
}

/* What a reader sees of an answer; null when there is none. */
static json_t *shown_answer(const json_t *field, const json_t *value)
{
    if (json_is_boolean(value))
        return json_is_true(value) ? json_pack("{ss ss}", "name", "是", "name_en", "Yes")
                                   : json_pack("{ss ss}", "name", "否", "name_en", "No");
    json_t *text = input_text(value);
    const char *chosen = json_string_value(text);
    const json_t *option = option_of(field, chosen);
    json_t *name = option ? json_object_get(option, "name") : text;
    json_t *english = option ? json_object_get(option, "name_en") : text;
    json_t *shown = *chosen ? json_object() : json_null();
    if (*chosen) {
        json_object_set_nocheck(shown, "name", name);
        json_object_set_nocheck(shown, "name_en", english ? english : name);
    }
    json_decref(text);
    return shown;
}

static json_t *field_view(const json_t *field, const json_t *value)
{
    json_t *shown = shown_answer(field, value);
    json_t *english = json_object_get(field, "name_en");
    json_t *view = json_object(); /* one of hundreds in a page: json_pack would take a third more */
    json_object_set_nocheck(view, "id", json_object_get(field, "id"));
    json_object_set_nocheck(view, "name", json_object_get(field, "name"));
    if (english)
        json_object_set_nocheck(view, "name_en", english);
    json_object_set_new_nocheck(view, "is_longtext",
                                json_boolean(!strcmp(td_json_text(field, "type"), "longtext")));
    json_object_set_new_nocheck(view, "shown", shown);
    json_object_set_new_nocheck(view, "answered", json_boolean(!json_is_null(shown)));
    return view;
}

static json_t *item_view(const json_t *section, const json_t *value, size_t index)
{
    json_t *fields = json_array(), *field;
    size_t i;
    json_array_foreach(json_object_get(section, "fields"), i, field)
        json_array_append_new(fields,
                              field_view(field, json_object_get(value, td_json_text(field, "id"))));
    return json_pack("{ss si so}", "id",
                     td_form_section_repeats(section) ? td_json_text(value, "id") : "", "number",
                     (int)index + 1, "fields", fields);
}

json_t *td_form_view(const json_t *section, const json_t *value)
{
    static const char *const keys[] = {"id", "name", "name_en", NULL};
    json_t *view = json_object(), *items = json_array();
    bool repeats = td_form_section_repeats(section);
    size_t count = repeats ? json_array_size(value) : 1;
    carry(view, section, keys);
    json_object_set_new(view, "by", json_string(td_form_section_by(section)));
    json_object_set_new(view, "repeat", json_boolean(repeats));
    json_object_set_new(view, "blind",
                        json_boolean(json_is_true(json_object_get(section, "blind"))));
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items,
                              item_view(section, repeats ? json_array_get(value, i) : value, i));
    json_object_set_new(view, "items", items);
    return view;
}
