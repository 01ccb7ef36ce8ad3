/* forge.c - see check.h (td_forge): dossiers of a series made from its own form.
 *
 * A proper dossier is filled field by field within the form's limits, leaning to the edges. An
 * improper one is a proper one with one to four changes, each of which puts into one place
 * something that the core would refuse or that an older version of the form may have let in: a
 * plugin must not fall over it. U+0000 and lone surrogates are not among them: the core takes no
 * such text. */
#include "cli/check.h"

#include "base/json.h"
#include "review/form.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum style { LEAST, USUAL, MOST, STYLES };

#define PROPER_RANDOM 12 /* proper dossiers beside those of each level and style */
#define ITEMS_MOST    100
#define ITEMS_FEW     8
#define TEXT_FEW      100
#define ITEMS_FAR     200        /* no form of the core takes as many */
#define LONG_TEXT     (64 << 10) /* bytes */
#define DEPTH         500

struct forge {
    const json_t *descriptor;
    uint64_t state;
    enum style style;
    int items_most; /* of a list, and */
    int text_most;  /* characters of a text: every limit of the form in a few dossiers only, for the
                       time it takes */
};

/* --- numbers ---------------------------------------------------------------------------------- */

/* SplitMix64: the same on every machine. */
static uint64_t next(struct forge *forge)
{
    uint64_t z = forge->state += 0x9e3779b97f4a7c15ULL;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
}

static int below(struct forge *forge, int limit)
{
    return limit > 0 ? (int)(next(forge) % (uint64_t)limit) : 0;
}

static const json_t *any_of(struct forge *forge, const json_t *array)
{
    return json_array_get(array, (size_t)below(forge, (int)json_array_size(array)));
}

/* --- proper values ---------------------------------------------------------------------------- */

static json_t *text_of(size_t characters)
{
    static const char letters[] = "林业技术推广"; /* three bytes each */
    char *text = malloc(characters * 3 + 1);
    if (!text)
        return NULL;
    for (size_t i = 0; i < characters; i++)
        memcpy(text + i * 3, letters + i % 6 * 3, 3);
    text[characters * 3] = 0;
    json_t *value = json_string(text);
    free(text);
    return value;
}

static json_t *some_text(struct forge *forge, const json_t *field)
{
    bool long_one = !strcmp(td_json_text(field, "type"), "longtext");
    const json_t *limit = json_object_get(field, "max_length");
    json_int_t most = json_is_integer(limit) ? json_integer_value(limit)
                      : long_one             ? TD_FORM_LONGTEXT_MAX
                                             : TD_FORM_TEXT_MAX;
    json_int_t least = json_integer_value(json_object_get(field, "min_length"));
    json_int_t length = forge->style == MOST ? most : least > 6 ? least : 1 + below(forge, 6);
    if (length > most)
        length = most;
    if (length > forge->text_most && length > least)
        length = least > forge->text_most ? least : forge->text_most;
    return text_of((size_t)(length > 0 ? length : 1));
}

static json_t *some_number(struct forge *forge, const json_t *field)
{
    const json_t *low = json_object_get(field, "min"), *high = json_object_get(field, "max");
    double least = low                                   ? json_number_value(low)
                   : high && json_number_value(high) < 0 ? json_number_value(high)
                                                         : 0;
    double most = high ? json_number_value(high) : least + 100000;
    double value = forge->style == LEAST  ? least
                   : forge->style == MOST ? most
                                          : least + (most - least) * below(forge, 1001) / 1000;
    if (!strcmp(td_json_text(field, "type"), "integer"))
        return json_integer((json_int_t)value);
    return json_real(value);
}

static json_t *some_date(struct forge *forge)
{
    static const char *const edges[] = {"2024-02-29", "2026-08-31", "2026-09-01", "1960-01-01",
                                        "2025-12-31", "2026-01-01", "1999-12-31"};
    if (forge->style != USUAL && below(forge, 2))
        return json_string(edges[below(forge, (int)(sizeof(edges) / sizeof(edges[0])))]);
    int year = 1980 + below(forge, 47), month = 1 + below(forge, 12), day = 1 + below(forge, 28);
    return json_sprintf("%04d-%02d-%02d", year, month, day);
}

static json_t *some_value(struct forge *forge, const json_t *field)
{
    const char *type = td_json_text(field, "type");
    if (!strcmp(type, "integer") || !strcmp(type, "decimal"))
        return some_number(forge, field);
    if (!strcmp(type, "date"))
        return some_date(forge);
    if (!strcmp(type, "choice"))
        return json_incref(
            json_object_get(any_of(forge, json_object_get(field, "options")), "value"));
    if (!strcmp(type, "yesno"))
        return json_boolean(below(forge, 2));
    return some_text(forge, field);
}

static json_t *some_item(struct forge *forge, const json_t *section, int number)
{
    json_t *item = json_object(), *field;
    size_t i;
    if (td_form_section_repeats(section))
        json_object_set_new(item, "id", json_sprintf("item%04d", number));
    json_array_foreach(json_object_get(section, "fields"), i, field) {
        bool wanted = json_is_true(json_object_get(field, "required")) || forge->style == MOST ||
                      (forge->style == USUAL && below(forge, 4));
        if (wanted)
            json_object_set_new(item, td_json_text(field, "id"), some_value(forge, field));
    }
    return item;
}

static json_t *some_section(struct forge *forge, const json_t *section)
{
    if (!td_form_section_repeats(section))
        return some_item(forge, section, 0);
    json_int_t least = json_integer_value(json_object_get(section, "min"));
    int most = (int)td_form_section_max(section), count = (int)(least > 0 ? least : 0);
    if (most > forge->items_most)
        most = count > forge->items_most ? count : forge->items_most;
    if (forge->style == MOST)
        count = most;
    else if (forge->style == USUAL && most > count)
        count += below(forge, most - count < 4 ? most - count + 1 : 4);
    json_t *items = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(items, some_item(forge, section, i));
    return items;
}

static void fill(struct forge *forge, json_t *dossier)
{
    json_t *content = json_object(), *given = json_object(), *files = json_object(), *section;
    size_t i, k;
    json_array_foreach(json_object_get(forge->descriptor, "sections"), i, section) {
        const char *id = td_json_text(section, "id");
        bool own = !strcmp(td_form_section_by(section), "applicant");
        if (forge->style == LEAST && (!own || !td_form_section_required(section)))
            continue;
        if (!own && forge->style == USUAL && below(forge, 3) == 0)
            continue; /* not given yet */
        json_t *value = some_section(forge, section), *item;
        json_object_set_new(own ? content : given, id, value);
        if (!strcmp(td_json_text(section, "evidence"), "none"))
            continue;
        if (!json_is_array(value))
            json_object_set_new(files, id, json_integer(1));
        json_array_foreach(value, k, item) {
            char key[128];
            snprintf(key, sizeof(key), "%.60s/%.40s", id, td_json_text(item, "id"));
            json_object_set_new(files, key, json_integer(1 + below(forge, 3)));
        }
    }
    json_object_set_new(dossier, "content", content);
    json_object_set_new(dossier, "assessments", given);
    json_object_set_new(dossier, "evidence", files);
}

/* Of the two ladders, in no order, with days that overlap. */
static json_t *some_appointments(struct forge *forge)
{
    static const char *const tracks[] = {"directed", "general"};
    json_t *levels = json_object_get(forge->descriptor, "levels"), *list = json_array();
    for (int i = below(forge, 4); i > 0; i--) {
        const json_t *level =
            json_array_get(levels, (size_t)below(forge, (int)json_array_size(levels)));
        int year = 2000 + below(forge, 26);
        char from[16], until[16];
        snprintf(from, sizeof(from), "%04d-09-01", year % 10000);
        snprintf(until, sizeof(until), "%04d-03-31", (year + below(forge, 6)) % 10000);
        json_t *one = json_pack("{s:O?, s:s, s:s}", "level", json_object_get(level, "id"), "track",
                                tracks[below(forge, 2)], "from", from);
        if (below(forge, 2))
            json_object_set_new(one, "until", json_string(until));
        json_array_append_new(list, one);
    }
    return list;
}

static json_t *proper(struct forge *forge, const json_t *level, const json_t *specialty)
{
    static const char *const places[] = {"township", "village", "agri_street", "none"};
    static const char *const kinds[] = {"school", "agri_station", "hospital", "other"};
    static const char *const tracks[] = {"directed", "general"};
    json_t *dossier = json_pack(
        "{s:s, s:O?, s:O?, s:s, s:{s:s, s:s, s:b}, s:{s:s, s:s, s:s, s:s, s:b, s:s}}",
        "cutoff_date", "2026-08-31", "level", json_object_get(level, "id"), "specialty",
        json_object_get(specialty, "id"), "track", tracks[below(forge, 2)], "person", "sex",
        below(forge, 2) ? "female" : "male", "birth_date",
        forge->style == MOST ? "1966-02-28" : "1990-06-15", "in_service", below(forge, 8) > 0,
        "unit", "id", "u1", "name", "示例单位", "kind", kinds[below(forge, 4)], "grassroots",
        places[below(forge, 4)], "hardship", below(forge, 2), "division_code", "650121");
    if (forge->style != LEAST) {
        json_object_set_new(dossier, "tracks", json_pack("[s, s]", tracks[0], tracks[1]));
        json_object_set_new(dossier, "appointments", some_appointments(forge));
    }
    fill(forge, dossier);
    return dossier;
}

/* --- changes ---------------------------------------------------------------------------------- */

static json_t *deep_list(void)
{
    json_t *value = json_array();
    for (int i = 0; i < DEPTH; i++)
        value = json_pack("[o]", value);
    return value;
}

static json_t *many(const json_t *one, int count)
{
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(list, json_deep_copy(one));
    return list;
}

static json_t *long_text(void)
{
    return text_of(LONG_TEXT / 3);
}

static const char *const dates[] = {
    "2023-02-29",  "2026-13-01", "2026-00-10",           "0000-00-00", "9999-12-31",
    "1000-01-01",  "2026-8-1",   "2026/08/01",           "20260801",   "2026-08-31T00:00:00Z",
    "-2026-01-01", "2026-02-30", "１９９０－０１－０１", "2199-12-31", "1900-01-01",
    "2026-08-",    "--",         "99999999999-01-01"};
static const char *const texts[] = {"",
                                    " ",
                                    "\t\n",
                                    "%s%n%s%n",
                                    "\"\\/",
                                    "{\"a\": 1}",
                                    "../../../etc/passwd",
                                    "<script>",
                                    "😀🏳️‍🌈",
                                    "\xe2\x80\xae\xe2\x80\x8b",
                                    "\xef\xbb\xbf\xef\xbf\xbd",
                                    "null",
                                    "true",
                                    "0",
                                    "-1",
                                    "1e309",
                                    "ｎｏｎｅ"};

#define COUNT(list) ((int)(sizeof(list) / sizeof((list)[0])))

/* A value that does not belong anywhere, and the words for it. */
static json_t *odd_value(struct forge *forge, const char **ret_what)
{
    *ret_what = "a value of another type";
    switch (below(forge, 18)) {
    case 0: return json_null();
    case 1: return json_true();
    case 2: return json_false();
    case 3: return json_array();
    case 4: return json_object();
    case 5:
        *ret_what = "a huge whole number";
        return json_integer(below(forge, 2) ? INT64_MAX : INT64_MIN);
    case 6:
        *ret_what = "a number that fits no int";
        return json_integer(2147483648LL * (below(forge, 2) ? 1 : -1));
    case 7: *ret_what = "a huge decimal"; return json_real(below(forge, 2) ? 1e308 : -1e308);
    case 8: *ret_what = "a tiny decimal"; return json_real(below(forge, 2) ? 5e-324 : -0.0);
    case 9: *ret_what = "a number below zero"; return json_integer(-1 - below(forge, 1000));
    case 10: *ret_what = "a text of 64 KiB"; return long_text();
    case 11: *ret_what = "a list nested 500 deep"; return deep_list();
    case 12: *ret_what = "a list of texts"; return json_pack("[s, s, n, i]", "a", "", 1);
    case 13: return json_integer(below(forge, 3));
    case 14:
    case 15: *ret_what = "an odd text"; return json_string(texts[below(forge, COUNT(texts))]);
    default:
        *ret_what = "a date that is none or far away";
        return json_string(dates[below(forge, COUNT(dates))]);
    }
}

/* Beside a limit of the field, on the wrong side. */
static json_t *beyond_limit(struct forge *forge, const json_t *field, const char **ret_what)
{
    bool low = below(forge, 2);
    const json_t *limit = json_object_get(field, low ? "min" : "max");
    if (!json_is_number(limit) || strcmp(td_json_text(field, "type"), "date") == 0)
        return odd_value(forge, ret_what);
    *ret_what = low ? "a number below the least" : "a number above the most";
    return json_is_integer(limit) ? json_integer(json_integer_value(limit) + (low ? -1 : 1))
                                  : json_real(json_number_value(limit) + (low ? -0.5 : 0.5));
}

/* Where a section's value is kept; NULL when the dossier has been changed so that there is no such
 * place. */
static json_t *keeper(json_t *dossier, const json_t *section)
{
    bool own = !strcmp(td_form_section_by(section), "applicant");
    json_t *all = json_object_get(dossier, own ? "content" : "assessments");
    return json_is_object(all) ? all : NULL;
}

/* Changes one field of one item; says where. */
static void change_field(struct forge *forge, json_t *dossier, char *what, size_t room)
{
    const json_t *section = any_of(forge, json_object_get(forge->descriptor, "sections"));
    const json_t *field = any_of(forge, json_object_get(section, "fields"));
    const char *id = td_json_text(section, "id"), *name = td_json_text(field, "id"), *kind = "";
    json_t *all = keeper(dossier, section), *value = json_object_get(all, id);
    if (!json_is_object(value) && !json_array_size(value)) {
        json_object_set_new(all, id, some_section(forge, section));
        value = json_object_get(all, id);
    }
    int index = json_is_array(value) ? below(forge, (int)json_array_size(value)) : -1;
    json_t *item = index >= 0 ? json_array_get(value, (size_t)index) : value;
    if (!json_is_object(item))
        return;
    if (below(forge, 6) == 0) {
        json_object_del(item, name);
        kind = "nothing";
    } else if (!strcmp(td_json_text(field, "type"), "date") && below(forge, 2)) {
        json_object_set_new(item, name, json_string(dates[below(forge, COUNT(dates))]));
        kind = "a date that is none or far away";
    } else {
        json_object_set_new(item, name, beyond_limit(forge, field, &kind));
    }
    if (index >= 0)
        snprintf(what, room, "%s in %s.%d.%s", kind, id, index, name);
    else
        snprintf(what, room, "%s in %s.%s", kind, id, name);
}

static void change_section(struct forge *forge, json_t *dossier, char *what, size_t room)
{
    const json_t *section = any_of(forge, json_object_get(forge->descriptor, "sections"));
    const char *id = td_json_text(section, "id"), *kind = "";
    json_t *all = keeper(dossier, section), *one;
    if (!all)
        return;
    forge->style = USUAL; /* many items of the longest texts are more than a frame takes */
    switch (below(forge, 7)) {
    case 0:
        json_object_del(all, id);
        kind = "no section";
        break;
    case 1:
        json_object_set_new(all, id, json_array());
        kind = "an empty list as";
        break;
    case 2:
        json_object_set_new(all, id, json_pack("[n, i, s, [], {}]", 1, "x"));
        kind = "a list of things that are no items as";
        break;
    case 3:
        one = some_item(forge, section, 0);
        json_object_set_new(all, id, many(one, ITEMS_FAR));
        json_decref(one);
        kind = "a list of 200 items as";
        break;
    case 4:
        json_object_set_new(all, id, json_object());
        kind = "an empty object as";
        break;
    case 5:
        json_object_set_new(all, id, some_item(forge, section, 0));
        kind = "an item without a list as";
        break;
    default:
        json_object_set_new(all, id, odd_value(forge, &kind));
        snprintf(what, room, "%s as %s", kind, id);
        return;
    }
    snprintf(what, room, "%s %s", kind, id);
}

/* The frame around the form: who, where, when. */
static void change_frame(struct forge *forge, json_t *dossier, char *what, size_t room)
{
    static const char *const members[] = {"cutoff_date", "level",  "specialty",   "track",
                                          "person",      "unit",   "content",     "assessments",
                                          "evidence",    "tracks", "appointments"};
    static const char *const inner[][2] = {{"person", "birth_date"}, {"person", "sex"},
                                           {"person", "in_service"}, {"unit", "grassroots"},
                                           {"unit", "kind"},         {"unit", "division_code"}};
    const char *kind = "nothing", *name, *outer = NULL;
    json_t *target = dossier;
    if (below(forge, 2)) {
        int i = below(forge, COUNT(inner));
        outer = inner[i][0];
        name = inner[i][1];
        target = json_object_get(dossier, outer);
    } else {
        name = members[below(forge, COUNT(members))];
    }
    if (below(forge, 4) == 0)
        json_object_del(target, name);
    else
        json_object_set_new(target, name, odd_value(forge, &kind));
    snprintf(what, room, "%s in %s%s%s", kind, outer ? outer : "", outer ? "." : "", name);
}

static void change(struct forge *forge, struct td_forged *forged)
{
    char what[128] = "";
    int kind = below(forge, 10);
    if (kind < 6)
        change_field(forge, forged->dossier, what, sizeof(what));
    else if (kind < 9)
        change_section(forge, forged->dossier, what, sizeof(what));
    else
        change_frame(forge, forged->dossier, what, sizeof(what));
    size_t length = strlen(forged->what);
    if (*what && length + 4 < sizeof(forged->what))
        snprintf(forged->what + length, sizeof(forged->what) - length, "%s%s", length ? "; " : "",
                 what);
}

/* --- all of them ------------------------------------------------------------------------------ */

int td_forge_ordered(const json_t *descriptor)
{
    return (int)json_array_size(json_object_get(descriptor, "levels")) * STYLES;
}

int td_forge_proper(const json_t *descriptor)
{
    return td_forge_ordered(descriptor) + PROPER_RANDOM;
}

/* The first improper ones, whatever the seed: each section as an empty list, then the empty
 * dossier. */
static bool set_fixed(struct forge *forge, struct td_forged *forged, int number)
{
    const json_t *sections = json_object_get(forge->descriptor, "sections");
    const json_t *section = json_array_get(sections, (size_t)number);
    if (section) {
        json_object_set_new(keeper(forged->dossier, section), td_json_text(section, "id"),
                            json_array());
        snprintf(forged->what, sizeof(forged->what), "an empty list as %s",
                 td_json_text(section, "id"));
    } else if (number == (int)json_array_size(sections)) {
        json_object_clear(forged->dossier);
        snprintf(forged->what, sizeof(forged->what), "an empty dossier");
    } else {
        return false;
    }
    return true;
}

struct td_forged td_forge(const json_t *descriptor, uint64_t seed, int number)
{
    static const char *const styles[] = {"as little as the form allows", "a usual dossier",
                                         "as much as the form allows"};
    struct forge forge = {descriptor, seed * 0x100000001b3ULL + (uint64_t)number, USUAL, ITEMS_FEW,
                          TEXT_FEW};
    struct td_forged forged = {.proper = number < td_forge_proper(descriptor)};
    const json_t *levels = json_object_get(descriptor, "levels");
    const json_t *specialty = any_of(&forge, json_object_get(descriptor, "specialties"));
    const json_t *level = any_of(&forge, levels);
    if (number < td_forge_ordered(descriptor)) {
        forge.style = (enum style)(number % STYLES);
        forge.items_most = ITEMS_MOST;
        forge.text_most = TD_FORM_LONGTEXT_MAX * 10;
        level = json_array_get(levels, (size_t)(number / STYLES));
    } else if (below(&forge, 3) == 0) {
        forge.style = (enum style)below(&forge, STYLES);
    }
    forged.dossier = proper(&forge, level, specialty);
    if (forged.proper) {
        snprintf(forged.what, sizeof(forged.what), "%s", styles[forge.style]);
    } else if (!set_fixed(&forge, &forged, number - td_forge_proper(descriptor))) {
        for (int changes = 1 + below(&forge, 4); changes > 0; changes--)
            change(&forge, &forged);
    }
    return forged;
}
