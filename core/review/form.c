/* form.c - sections and fields of a series: typed values of what was sent, and their checks.
 *
 * What is still to do is in form_completeness.c, the model for templates in form_model.c, the check
 * of a descriptor itself in form_descriptor.c. */
#include "review/form.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/utf8.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 256 };

/* --- parts of a descriptor -------------------------------------------------------------------- */

static const json_t *by_id(const json_t *array, const char *id)
{
    size_t index;
    json_t *entry;
    json_array_foreach(array, index, entry) {
        if (!strcmp(td_json_text(entry, "id"), id))
            return entry;
    }
    return NULL;
}

const json_t *td_form_section(const json_t *descriptor, const char *id)
{
    return by_id(json_object_get(descriptor, "sections"), id);
}

const json_t *td_form_field(const json_t *section, const char *id)
{
    return by_id(json_object_get(section, "fields"), id);
}

const json_t *td_form_level(const json_t *descriptor, const char *id)
{
    return by_id(json_object_get(descriptor, "levels"), id);
}

const json_t *td_form_specialty(const json_t *descriptor, const char *id)
{
    return by_id(json_object_get(descriptor, "specialties"), id);
}

const json_t *td_form_title(const json_t *descriptor, const char *level, const char *specialty)
{
    const json_t *chosen = td_form_specialty(descriptor, specialty);
    const json_t *branch =
        by_id(json_object_get(descriptor, "branches"), td_json_text(chosen, "branch"));
    size_t index;
    json_t *title;
    json_array_foreach(json_object_get(branch, "titles"), index, title)
        if (!strcmp(td_json_text(title, "level"), level))
            return title;
    return td_form_level(descriptor, level);
}

const char *td_form_section_by(const json_t *section)
{
    const char *by = td_json_text(section, "by");
    return *by ? by : "applicant";
}

bool td_form_section_repeats(const json_t *section)
{
    return json_is_true(json_object_get(section, "repeat"));
}

bool td_form_section_required(const json_t *section)
{
    const json_t *min = json_object_get(section, "min");
    if (min || td_form_section_repeats(section))
        return json_integer_value(min) > 0;
    size_t index;
    json_t *field;
    json_array_foreach(json_object_get(section, "fields"), index, field) {
        if (json_is_true(json_object_get(field, "required")))
            return true;
    }
    return false;
}

size_t td_form_section_max(const json_t *section)
{
    const json_t *max = json_object_get(section, "max");
    return max ? (size_t)json_integer_value(max) : TD_FORM_ITEMS_MAX;
}

/* --- from what was sent to typed values ------------------------------------------------------- */

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++) {
        if (!strcmp(text, *words))
            return true;
    }
    return false;
}

static json_t *yesno_of(const char *text)
{
    static const char *const yes[] = {"yes", "true", "1", "on", NULL};
    static const char *const no[] = {"no", "false", "0", "off", NULL};
    if (is_one_of(text, yes))
        return json_true();
    return is_one_of(text, no) ? json_false() : NULL;
}

/* Digits with an optional sign and, for decimals, an optional fraction. Nothing else: no exponents,
 * no hexadecimal, no blanks, whatever strtod would take. */
static json_t *number_of(const char *text, bool decimal)
{
    const char *p = text + (*text == '-');
    size_t whole = strspn(p, "0123456789");
    if (!whole || whole > 15)
        return NULL;
    p += whole;
    if (!*p)
        return json_integer(strtoll(text, NULL, 10));
    if (!decimal || *p != '.')
        return NULL;
    size_t fraction = strspn(p + 1, "0123456789");
    return fraction && fraction <= 6 && !p[1 + fraction] ? json_real(strtod(text, NULL)) : NULL;
}

/* People also write 2020/9/1 and 2020.9.1: all three become 2020-09-01 when that day exists. */
static json_t *date_of(const char *text)
{
    int year, month, day, used = 0;
    char first, second;
    if (!isdigit((unsigned char)*text) ||
        sscanf(text, "%4d%c%2d%c%2d%n", &year, &first, &month, &second, &day, &used) != 5 ||
        text[used] || first != second || !strchr("-/.", first) || month < 0 || day < 0)
        return NULL;
    char iso[32];
    td_date date;
    snprintf(iso, sizeof(iso), "%04d-%02d-%02d", year, month, day);
    return td_date_parse(iso, &date) == 0 ? json_string(iso) : NULL;
}

static json_t *trimmed(const char *text, size_t length)
{
    while (length && isspace((unsigned char)*text))
        text++, length--;
    while (length && isspace((unsigned char)text[length - 1]))
        length--;
    return json_stringn(text, length);
}

/* A new reference, or NULL when there is no answer. */
static json_t *coerce_field(const json_t *field, json_t *sent)
{
    if (!sent || json_is_null(sent))
        return NULL;
    if (!json_is_string(sent))
        return json_incref(sent);
    json_t *text = trimmed(json_string_value(sent), json_string_length(sent));
    const char *words = json_string_value(text);
    if (!words || !*words) {
        json_decref(text);
        return NULL;
    }
    const char *type = td_json_text(field, "type");
    json_t *typed = NULL;
    if (!strcmp(type, "yesno"))
        typed = yesno_of(words);
    else if (!strcmp(type, "integer") || !strcmp(type, "decimal"))
        typed = number_of(words, *type == 'd');
    else if (!strcmp(type, "date"))
        typed = date_of(words);
    if (!typed)
        return text;
    json_decref(text);
    return typed;
}

/* The answers of one object. Members that the section does not know stay, for the check to name. */
static json_t *coerce_object(const json_t *section, json_t *sent)
{
    if (!json_is_object(sent))
        return json_incref(sent);
    json_t *typed = json_object();
    const char *key;
    json_t *value;
    json_object_foreach(sent, key, value) {
        if (!strcmp(key, "_remove"))
            continue;
        json_t *answer = coerce_field(td_form_field(section, key), value);
        if (answer)
            json_object_set_new(typed, key, answer);
    }
    return typed;
}

static bool is_removed(const json_t *item)
{
    json_t *mark = json_object_get(item, "_remove");
    if (!json_is_string(mark))
        return json_is_true(mark);
    json_t *yes = yesno_of(json_string_value(mark));
    bool removed = json_is_true(yes);
    json_decref(yes);
    return removed;
}

static bool has_answers(const json_t *item)
{
    return json_object_size(item) > (json_object_get(item, "id") ? 1u : 0u);
}

/* The random half of a ULID, in lower case: 32^8 ids are enough for the few items of one dossier.
 */
static void give_id(json_t *item)
{
    if (!json_is_object(item) || json_object_get(item, "id"))
        return;
    char id[TD_ID_TEXT];
    td_id_new(id);
    char *tail = id + TD_ID_TEXT - 1 - TD_FORM_ITEM_ID_LENGTH;
    for (char *p = tail; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    json_object_set_new(item, "id", json_string(tail));
}

static json_t *coerce_items(const json_t *section, const json_t *sent)
{
    json_t *items = json_array();
    size_t index;
    json_t *item;
    json_array_foreach(sent, index, item) {
        if (json_is_null(item) || is_removed(item))
            continue;
        json_t *typed = coerce_object(section, item);
        if (json_is_object(typed) && !has_answers(typed)) {
            json_decref(typed);
            continue;
        }
        give_id(typed);
        json_array_append_new(items, typed);
    }
    return items;
}

json_t *td_form_coerce(const json_t *section, const json_t *sent)
{
    bool repeats = td_form_section_repeats(section);
    if (!sent || json_is_null(sent))
        return repeats ? json_array() : json_object();
    if (repeats)
        return json_is_array(sent) ? coerce_items(section, sent) : json_deep_copy(sent);
    return coerce_object(section, (json_t *)sent);
}

/* --- checks ----------------------------------------------------------------------------------- */

struct check {
    bool complete;
    struct td_error *reterr;
    int result;
};

__attribute__((format(printf, 4, 5))) static void fault(struct check *check, const char *path,
                                                        const char *code, const char *fmt, ...)
{
    char message[200];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    check->result = td_error_field(check->reterr, path, code, "%s", message);
}

static void check_text(struct check *check, const json_t *field, const char *text, bool is_long,
                       const char *path)
{
    size_t length = td_utf8_count(text, strlen(text));
    json_t *limit = json_object_get(field, "max_length");
    size_t max = limit     ? (size_t)json_integer_value(limit)
                 : is_long ? TD_FORM_LONGTEXT_MAX
                           : TD_FORM_TEXT_MAX;
    size_t min = (size_t)json_integer_value(json_object_get(field, "min_length"));
    if (length > max)
        fault(check, path, "too_long", "%zu characters, at most %zu", length, max);
    else if (length < min && check->complete)
        fault(check, path, "too_short", "%zu characters, at least %zu", length, min);
}

static void check_number(struct check *check, const json_t *field, const json_t *value,
                         const char *path)
{
    const json_t *min = json_object_get(field, "min");
    const json_t *max = json_object_get(field, "max");
    double number = json_number_value(value);
    if (min && number < json_number_value(min))
        fault(check, path, "too_small", "at least %g", json_number_value(min));
    else if (max && number > json_number_value(max))
        fault(check, path, "too_large", "at most %g", json_number_value(max));
}

static void check_choice(struct check *check, const json_t *field, const char *text,
                         const char *path)
{
    size_t index;
    json_t *option;
    json_array_foreach(json_object_get(field, "options"), index, option) {
        if (!strcmp(td_json_text(option, "value"), text))
            return;
    }
    fault(check, path, "choice", "not one of the options");
}

static bool is_of_type(const char *type, const json_t *value)
{
    if (!strcmp(type, "integer"))
        return json_is_integer(value);
    if (!strcmp(type, "decimal"))
        return json_is_number(value);
    if (!strcmp(type, "yesno"))
        return json_is_boolean(value);
    return json_is_string(value);
}

static void check_value(struct check *check, const json_t *field, const json_t *value,
                        const char *path)
{
    const char *type = td_json_text(field, "type");
    if (!is_of_type(type, value)) {
        bool is_number = !strcmp(type, "integer") || !strcmp(type, "decimal");
        fault(check, path,
              is_number               ? "number"
              : !strcmp(type, "date") ? "date"
                                      : "type",
              "must be %s", type);
    } else if (json_is_number(value)) {
        check_number(check, field, value, path);
    } else if (!strcmp(type, "choice")) {
        check_choice(check, field, json_string_value(value), path);
    } else if (!strcmp(type, "date")) {
        td_date date;
        if (td_date_parse(json_string_value(value), &date) != 0)
            fault(check, path, "date", "must be a day as YYYY-MM-DD");
    } else if (json_is_string(value)) {
        check_text(check, field, json_string_value(value), !strcmp(type, "longtext"), path);
    }
}

/* Faults from `first` on are called as the form calls the field. */
static void name_faults(struct check *check, size_t first, const json_t *field)
{
    json_t *faults = check->reterr ? check->reterr->fields : NULL;
    for (size_t i = first; i < json_array_size(faults); i++) {
        json_object_set(json_array_get(faults, i), "name", json_object_get(field, "name"));
        json_object_set(json_array_get(faults, i), "name_en", json_object_get(field, "name_en"));
    }
}

static void check_object(struct check *check, const json_t *section, const json_t *object,
                         const char *place)
{
    char path[PATH_SIZE];
    size_t index;
    json_t *field;
    json_array_foreach(json_object_get(section, "fields"), index, field) {
        const char *id = td_json_text(field, "id");
        const json_t *value = json_object_get(object, id);
        size_t first = check->reterr ? json_array_size(check->reterr->fields) : 0;
        snprintf(path, sizeof(path), "%s.%s", place, id);
        if (value)
            check_value(check, field, value, path);
        else if (check->complete && json_is_true(json_object_get(field, "required")))
            fault(check, path, "required", "%s is missing", id);
        name_faults(check, first, field);
    }
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value) {
        bool is_id = !strcmp(key, "id") && td_form_section_repeats(section);
        if (is_id || td_form_field(section, key))
            continue;
        bool plain = strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(key);
        snprintf(path, sizeof(path), plain ? "%s.%.40s" : "%s", place, key);
        fault(check, path, "unknown", "there is no such field");
    }
}

/* Item ids name evidence: short, plain, once in a section. They may come from an API client. */
static void check_item_id(struct check *check, const json_t *items, size_t at, const char *place)
{
    const char *id = td_json_text(json_array_get(items, at), "id");
    size_t length = strlen(id);
    bool good =
        length >= 1 && length <= 16 && strspn(id, "0123456789abcdefghijklmnopqrstuvwxyz") == length;
    for (size_t i = 0; good && i < at; i++)
        good = strcmp(td_json_text(json_array_get(items, i), "id"), id) != 0;
    if (!good) {
        char path[PATH_SIZE];
        snprintf(path, sizeof(path), "%.200s.id", place);
        fault(check, path, "item_id", "1 to 16 letters and digits, used once in the section");
    }
}

static void check_items(struct check *check, const json_t *section, const json_t *items,
                        const char *place)
{
    size_t count = json_array_size(items);
    size_t min = (size_t)json_integer_value(json_object_get(section, "min"));
    size_t max = td_form_section_max(section);
    if (check->complete && count < min)
        fault(check, place, "too_few", "%zu entries, at least %zu", count, min);
    if (count > max) {
        fault(check, place, "too_many", "%zu entries, at most %zu", count, max);
        return;
    }
    char path[PATH_SIZE];
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(items, i);
        snprintf(path, sizeof(path), "%.200s.%zu", place, i);
        if (!json_is_object(item)) {
            fault(check, path, "type", "must be an object");
            continue;
        }
        check_item_id(check, items, i, path);
        check_object(check, section, item, path);
    }
}

int td_form_check(const json_t *section, const json_t *value, const char *prefix, bool complete,
                  struct td_error *reterr)
{
    struct check check = {.complete = complete, .reterr = reterr};
    char place[PATH_SIZE];
    snprintf(place, sizeof(place), "%s.%s", prefix, td_json_text(section, "id"));
    bool repeats = td_form_section_repeats(section);
    if (value && (repeats ? !json_is_array(value) : !json_is_object(value)))
        fault(&check, place, "type", "must be %s", repeats ? "an array" : "an object");
    else if (repeats)
        check_items(&check, section, value, place);
    else if (json_object_size(value) > 0 || td_form_section_required(section))
        check_object(&check, section, value, place);
    return check.result;
}

int td_form_accept(const json_t *section, const json_t *sent, const char *prefix, bool complete,
                   json_t **ret_value, struct td_error *reterr)
{
    json_t *value = td_form_coerce(section, sent);
    if (!value)
        return td_error_set(reterr, TD_ENOMEM, "no memory for a section");
    int result = td_form_check(section, value, prefix, complete, reterr);
    if (result == 0)
        *ret_value = value;
    else
        json_decref(value);
    return result;
}
