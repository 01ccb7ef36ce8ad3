/* form_descriptor.c - is a form.json one that the core can work with? (td_form_check_descriptor)
 *
 * Run when a plugin is loaded, so that a mistake is told to its author and never met by an
 * applicant. */
#include "review/form.h"

#include "base/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A place in words: "sections.education.fields.degree". */
struct place {
    char text[256];
};

__attribute__((format(printf, 3, 4))) static int
refuse(struct td_error *reterr, const struct place *place, const char *fmt, ...)
{
    char message[200];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    return td_error_set(reterr, TD_EPLUGIN, "form.json: %s: %s", place->text, message);
}

static struct place inside(const struct place *outer, const char *part)
{
    struct place place;
    snprintf(place.text, sizeof(place.text), "%.180s%s%.60s", outer ? outer->text : "",
             outer ? "." : "", part);
    return place;
}

static bool is_listed(const char *word, const char *const *words)
{
    for (; *words; words++) {
        if (!strcmp(word, *words))
            return true;
    }
    return false;
}

static bool is_identifier(const char *id)
{
    return *id >= 'a' && *id <= 'z' && strlen(id) <= 40 &&
           strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(id);
}

static bool has_branch(const json_t *descriptor, const char *id)
{
    size_t index;
    json_t *branch;
    json_array_foreach(json_object_get(descriptor, "branches"), index, branch)
        if (!strcmp(td_json_text(branch, "id"), id))
            return true;
    return false;
}

typedef int (*entry_fn)(const json_t *entry, const struct place *place, struct td_error *reterr);

/* A non-empty array of objects that are named by distinct identifiers, each checked by `check`. */
static int each_named(const json_t *owner, const struct place *outer, const char *member,
                      const char *key, entry_fn check, struct td_error *reterr)
{
    const json_t *array = json_object_get(owner, member);
    struct place list = inside(outer, member);
    if (json_array_size(array) == 0)
        return refuse(reterr, &list, "must be a non-empty array");
    json_t *seen = json_object();
    int result = 0;
    for (size_t i = 0; result == 0 && i < json_array_size(array); i++) {
        const json_t *entry = json_array_get(array, i);
        const char *id = td_json_text(entry, key);
        struct place place = inside(&list, id);
        if (!is_identifier(id))
            result = refuse(reterr, &list, "entry %zu needs \"%s\": a-z, 0-9 and _", i, key);
        else if (json_object_get(seen, id))
            result = refuse(reterr, &place, "is there twice");
        else if (!*td_json_text(entry, "name"))
            result = refuse(reterr, &place, "needs a \"name\"");
        else if (check)
            result = check(entry, &place, reterr);
        json_object_set_new(seen, id, json_true());
    }
    json_decref(seen);
    return result;
}

static const char *const levels[] = {"junior", "intermediate", "senior", "full_senior", NULL};

static int check_level(const json_t *level, const struct place *place, struct td_error *reterr)
{
    if (!is_listed(td_json_text(level, "id"), levels))
        return refuse(reterr, place, "levels are junior, intermediate, senior, full_senior");
    if (!*td_json_text(level, "title"))
        return refuse(reterr, place, "needs a \"title\"");
    const json_t *exam_based = json_object_get(level, "exam_based");
    if (exam_based && !json_is_boolean(exam_based))
        return refuse(reterr, place, "\"exam_based\" is true or false");
    if (json_is_true(exam_based) && !*td_json_text(level, "exam_reason"))
        return refuse(reterr, place, "needs an \"exam_reason\" for those who want to apply");
    return 0;
}

static int check_branch(const json_t *branch, const struct place *place, struct td_error *reterr)
{
    const json_t *titles = json_object_get(branch, "titles");
    size_t index;
    json_t *title;
    if (json_array_size(titles) == 0)
        return refuse(reterr, place, "needs \"titles\"");
    json_array_foreach(titles, index, title)
        if (!is_listed(td_json_text(title, "level"), levels) || !*td_json_text(title, "title"))
            return refuse(reterr, place, "title %zu needs a \"level\" and a \"title\"", index);
    return 0;
}

static int check_specialty(const json_t *specialty, const struct place *place,
                           struct td_error *reterr)
{
    if (!json_is_boolean(json_object_get(specialty, "exam_based")))
        return refuse(reterr, place, "needs \"exam_based\": true or false");
    return 0;
}

/* The branches that specialties name are there. */
static int check_branches(const json_t *descriptor, struct td_error *reterr)
{
    if (json_object_get(descriptor, "branches")) {
        int result = each_named(descriptor, NULL, "branches", "id", check_branch, reterr);
        if (result)
            return result;
    }
    struct place list = {.text = "specialties"};
    size_t index;
    json_t *specialty;
    json_array_foreach(json_object_get(descriptor, "specialties"), index, specialty) {
        struct place place = inside(&list, td_json_text(specialty, "id"));
        const char *branch = td_json_text(specialty, "branch");
        if (*branch && !has_branch(descriptor, branch))
            return refuse(reterr, &place, "there is no branch \"%s\"", branch);
    }
    return 0;
}

static int check_limits(const json_t *object, const char *low, const char *high,
                        const struct place *place, struct td_error *reterr)
{
    const json_t *min = json_object_get(object, low);
    const json_t *max = json_object_get(object, high);
    if ((min && !json_is_number(min)) || (max && !json_is_number(max)))
        return refuse(reterr, place, "\"%s\" and \"%s\" are numbers", low, high);
    if (min && max && json_number_value(min) > json_number_value(max))
        return refuse(reterr, place, "\"%s\" is above \"%s\"", low, high);
    return 0;
}

/* The same for what is counted: entries and characters. */
static int check_counts(const json_t *object, const char *low, const char *high,
                        const struct place *place, struct td_error *reterr)
{
    const json_t *min = json_object_get(object, low);
    const json_t *max = json_object_get(object, high);
    if ((min && (!json_is_integer(min) || json_integer_value(min) < 0)) ||
        (max && (!json_is_integer(max) || json_integer_value(max) < 0)))
        return refuse(reterr, place, "\"%s\" and \"%s\" are whole numbers from 0", low, high);
    return check_limits(object, low, high, place, reterr);
}

static int check_field(const json_t *field, const struct place *place, struct td_error *reterr)
{
    static const char *const types[] = {"text", "longtext", "integer", "decimal",
                                        "date", "choice",   "yesno",   NULL};
    const char *type = td_json_text(field, "type");
    if (!is_listed(type, types))
        return refuse(reterr, place, "unknown type \"%s\"", type);
    static const char *const named[] = {"people", "unit", "", NULL};
    const char *names = td_json_text(field, "names");
    if (!is_listed(names, named) || (*names && strcmp(type, "text")))
        return refuse(reterr, place, "\"names\" is people or unit, and of a text");
    if (!strcmp(td_json_text(field, "id"), "id"))
        return refuse(reterr, place, "\"id\" names the item and cannot be a field");
    int result = check_limits(field, "min", "max", place, reterr);
    if (result == 0)
        result = check_counts(field, "min_length", "max_length", place, reterr);
    if (result == 0 && !strcmp(type, "choice"))
        result = each_named(field, place, "options", "value", NULL, reterr);
    return result;
}

static int check_section(const json_t *section, const struct place *place, struct td_error *reterr)
{
    static const char *const fillers[] = {"applicant", "unit", "district_industry", NULL};
    static const char *const evidence[] = {"required", "optional", "none", "", NULL};
    if (!is_listed(td_json_text(section, "by"), fillers))
        return refuse(reterr, place, "\"by\" is applicant, unit or district_industry");
    if (!is_listed(td_json_text(section, "evidence"), evidence))
        return refuse(reterr, place, "\"evidence\" is required, optional or none");
    const json_t *blind = json_object_get(section, "blind");
    if (blind && !json_is_boolean(blind))
        return refuse(reterr, place, "\"blind\" is true or false");
    int result = check_counts(section, "min", "max", place, reterr);
    return result ? result : each_named(section, place, "fields", "id", check_field, reterr);
}

int td_form_check_descriptor(const json_t *descriptor, struct td_error *reterr)
{
    struct place top = {.text = "series"};
    if (!is_identifier(td_json_text(descriptor, "series")) || !*td_json_text(descriptor, "name") ||
        !*td_json_text(descriptor, "version"))
        return refuse(reterr, &top, "\"series\", \"name\" and \"version\" are needed");
    int result = each_named(descriptor, NULL, "levels", "id", check_level, reterr);
    if (result == 0)
        result = each_named(descriptor, NULL, "specialties", "id", check_specialty, reterr);
    if (result == 0)
        result = check_branches(descriptor, reterr);
    if (result == 0)
        result = each_named(descriptor, NULL, "sections", "id", check_section, reterr);
    if (result == 0 && json_object_get(descriptor, "facts"))
        result = each_named(descriptor, NULL, "facts", "id", NULL, reterr);
    return result;
}
