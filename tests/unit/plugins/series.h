/* series.h - what the tests of all series plugins share: the plugin as the server loads it, a
 * glance at facts, problems and gates, and the tests that hold a plugin and its form.json together.
 *
 * A test defines SERIES ("teacher"), SERIES_PLUGIN (the object) and GOLDEN_MIN, includes this, and
 * then defines dossier() and dossier_in_order(). */
#ifndef TITLED_TEST_SERIES_H
#define TITLED_TEST_SERIES_H

#include "review/form.h"

#include <titled/plugin.h>

#include <dirent.h>
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A dossier with the given content and assessments, otherwise in order. */
static json_t *dossier(const char *content, const char *assessments);
/* One that meets every gate. */
static json_t *dossier_in_order(void);

static const struct titled_plugin *plugin;
static char failure[200];

static void note_failure(const struct titled_host *host, const char *sentence)
{
    (void)host;
    snprintf(failure, sizeof(failure), "%s", sentence);
}

static const struct titled_host host = {.struct_size = sizeof(host), .fail = note_failure};

static int load_plugin(void **state)
{
    (void)state;
    void *object = dlopen(SERIES_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    if (!object)
        fail_msg("%s", dlerror());
    titled_plugin_v1_fn entry;
    *(void **)&entry = dlsym(object, "titled_plugin_v1");
    assert_non_null(entry);
    plugin = entry();
    return 0;
}

/* JSON with single quotes, to be readable in C. */
static json_t *parse(const char *text)
{
    char *copy = strdup(text);
    for (char *p = copy; *p; p++) {
        if (*p == '\'')
            *p = '"';
    }
    json_error_t error;
    json_t *value = json_loads(copy, JSON_DECODE_ANY, &error);
    if (!value)
        fail_msg("%s at %d of %s", error.text, error.position, text);
    free(copy);
    return value;
}

static json_t *facts_of(const char *content, const char *assessments)
{
    json_t *input = dossier(content, assessments);
    json_t *found = plugin->facts(&host, input);
    assert_non_null(found);
    json_decref(input);
    return found;
}

static json_t *fact(const json_t *found, const char *name)
{
    json_t *entry = json_object_get(json_object_get(found, "facts"), name);
    if (!entry)
        fail_msg("no fact %s", name);
    return entry;
}

static void assert_fact(const char *content, const char *name, const char *value,
                        const char *because)
{
    json_t *found = facts_of(content, "{}"), *expected = parse(value), *entry = fact(found, name);
    if (!json_equal(json_object_get(entry, "value"), expected)) {
        char *text = json_dumps(json_object_get(entry, "value"), JSON_ENCODE_ANY);
        fail_msg("%s is %s, expected %s", name, text, value);
    }
    if (because)
        assert_string_equal(json_string_value(json_object_get(entry, "because")), because);
    json_decref(expected);
    json_decref(found);
}

/* The problems as "field=code ...", blocking ones with a '!'. */
static void assert_problems(const char *content, const char *expected)
{
    json_t *found = facts_of(content, "{}"), *problem;
    char text[1000] = "";
    size_t index;
    json_array_foreach(json_object_get(found, "problems"), index, problem) {
        size_t length = strlen(text);
        snprintf(text + length, sizeof(text) - length, "%s%s=%s%s", length ? " " : "",
                 json_string_value(json_object_get(problem, "field")),
                 json_string_value(json_object_get(problem, "code")),
                 json_is_true(json_object_get(problem, "blocks")) ? "!" : "");
        assert_true(strlen(json_string_value(json_object_get(problem, "message"))) > 0);
    }
    assert_string_equal(text, expected);
    json_decref(found);
}

/* --- gates ---------------------------------------------------------------------------------------
 */

/* The ids of the gates not met, each with a space after it; every gate says its basis and why. */
static void unmet_gates(const json_t *input, char text[500])
{
    json_t *found = plugin->facts(&host, input), *gates = plugin->gates(&host, input, found), *gate;
    size_t index;
    *text = 0;
    json_array_foreach(gates, index, gate) {
        assert_true(strlen(json_string_value(json_object_get(gate, "basis"))) > 0);
        assert_true(strlen(json_string_value(json_object_get(gate, "because"))) > 0);
        if (json_is_false(json_object_get(gate, "met"))) {
            strcat(text, json_string_value(json_object_get(gate, "id")));
            strcat(text, " ");
        }
    }
    json_decref(gates);
    json_decref(found);
}

/* The ids of the gates not met, after setting `place` ("person.sex") of a dossier in order. */
static void assert_gates(const char *place, const char *value, const char *unmet)
{
    json_t *input = dossier_in_order();
    char path[100];
    snprintf(path, sizeof(path), "%s", place);
    char *last = strrchr(path, '.');
    json_t *object = input;
    if (last) {
        *last = 0;
        for (char *part = strtok(path, "."); part; part = strtok(NULL, "."))
            object = json_object_get(object, part);
    }
    if (*place)
        json_object_set_new(object, last ? last + 1 : path, parse(value));
    char text[500];
    unmet_gates(input, text);
    if (strcmp(text, unmet) != 0)
        fail_msg("%s = %s: unmet \"%s\", expected \"%s\"", place, value, text, unmet);
    json_decref(input);
}

/* A general dossier passes where the cycle takes it, and the plan's scope is not asked of it. */
static void general_titles_pass_where_they_are_taken(void **state)
{
    (void)state;
    static const struct {
        const char *track, *tracks, *unmet;
    } rows[] = {{"'general'", "['directed', 'general']", ""},
                {"'general'", "['directed']", "track "},
                {"'directed'", "['directed', 'general']", "grassroots_unit grassroots_post "},
                {"'directed'", "['general']", "grassroots_unit grassroots_post track "},
                {"'regular'", "['directed', 'regular']", "grassroots_unit grassroots_post track "}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[500];
        json_t *input = dossier_in_order(), *content = json_object_get(input, "content");
        json_t *job = json_array_get(json_object_get(content, "employment"), 0);
        json_object_set_new(job, "unit_kind", json_string("other"));
        json_object_set_new(json_object_get(input, "unit"), "kind", json_string("other"));
        json_object_set_new(input, "track", parse(rows[i].track));
        json_object_set_new(input, "tracks", parse(rows[i].tracks));
        unmet_gates(input, text);
        if (strcmp(text, rows[i].unmet) != 0)
            fail_msg("%s of %s: unmet \"%s\", expected \"%s\"", rows[i].track, rows[i].tracks,
                     text, rows[i].unmet);
        json_decref(input);
    }
}

/* --- the plugin against its form -----------------------------------------------------------------
 */

static void the_form_lists_exactly_the_facts(void **state)
{
    (void)state;
    json_t *form = plugin->describe(&host), *listed = json_object_get(form, "facts"), *row;
    json_t *found = facts_of("{}", "{}");
    size_t index;
    assert_int_equal(json_array_size(listed), json_object_size(json_object_get(found, "facts")));
    json_array_foreach(listed, index, row) {
        json_t *entry = fact(found, json_string_value(json_object_get(row, "id")));
        assert_true(json_equal(json_object_get(row, "name"), json_object_get(entry, "name")));
        assert_true(json_equal(json_object_get(row, "unit"), json_object_get(entry, "unit")));
        assert_true(json_equal(json_object_get(row, "by"), json_object_get(entry, "by")));
    }
    json_decref(found);
    json_decref(form);
}

/* Every option of a field, put into a dossier, must come back in the fact as the option's name. */
static void assert_words(const json_t *form, const char *section, const char *field,
                         const char *frame, const char *name, const char *member, bool assessed)
{
    const json_t *description = td_form_field(td_form_section(form, section), field);
    json_t *option;
    size_t index;
    assert_true(json_array_size(json_object_get(description, "options")) > 0);
    json_array_foreach(json_object_get(description, "options"), index, option) {
        char content[300];
        snprintf(content, sizeof(content), frame,
                 json_string_value(json_object_get(option, "value")));
        json_t *found = assessed ? facts_of("{}", content) : facts_of(content, "{}");
        json_t *value = json_object_get(fact(found, name), "value");
        if (member)
            value = json_object_get(json_array_get(value, 0), member);
        if (!json_equal(value, json_object_get(option, "name")))
            fail_msg("%s of %s.%s is not \"%s\"", name, section, field,
                     json_string_value(json_object_get(option, "name")));
        json_decref(found);
    }
}

/* Whoever has a text in Chinese has it in English. */
static void assert_english(const json_t *value, const char *place)
{
    static const char *const members[] = {"name", "title", "hint", "evidence_hint", "approval"};
    const char *key;
    json_t *member;
    size_t index;
    if (json_is_array(value)) {
        json_array_foreach(value, index, member)
            assert_english(member, place);
        return;
    }
    const char *id = json_string_value(json_object_get(value, "id"));
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        char english[40];
        snprintf(english, sizeof(english), "%s_en", members[i]);
        if (json_is_string(json_object_get(value, members[i])) &&
            !json_string_length(json_object_get(value, english)))
            fail_msg("%s of \"%s\" has no %s", id ? id : place, members[i], english);
    }
    json_object_foreach((json_t *)value, key, member) {
        if (json_is_array(member))
            assert_english(member, key);
    }
}

static void every_text_is_in_both_languages(void **state)
{
    (void)state;
    static const char *const parts[] = {"levels", "branches", "specialties", "sections"};
    json_t *form = plugin->describe(&host);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        assert_english(json_object_get(form, parts[i]), parts[i]);
    assert_true(json_string_length(json_object_get(form, "name_en")) > 0);
    json_decref(form);
}

static void the_core_accepts_the_form(void **state)
{
    (void)state;
    struct td_error err = TD_ERROR_INIT;
    json_t *form = plugin->describe(&host);
    assert_string_equal(json_string_value(json_object_get(form, "version")), plugin->version);
    assert_string_equal(plugin->id, SERIES);
    if (td_form_check_descriptor(form, &err) != 0)
        fail_msg("%s", err.detail);
    td_error_done(&err);
    json_decref(form);
}

static void the_same_dossier_gives_the_same_answer(void **state)
{
    (void)state;
    json_t *input = dossier_in_order(), *before = json_deep_copy(input);
    json_t *first = plugin->facts(&host, input), *second = plugin->facts(&host, input);
    json_t *gates = plugin->gates(&host, input, first),
           *again = plugin->gates(&host, input, second);
    assert_true(json_equal(first, second));
    assert_true(json_equal(gates, again));
    assert_true(json_equal(input, before));
    json_t *values[] = {input, before, first, second, gates, again};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        json_decref(values[i]);
}

static void a_cutoff_date_is_needed(void **state)
{
    (void)state;
    json_t *input = parse("{'cutoff_date': '2026-8-31', 'content': {}}");
    failure[0] = 0;
    assert_null(plugin->facts(&host, input));
    assert_non_null(strstr(failure, "cutoff_date"));
    json_decref(input);
}

/* --- what no form would send ---------------------------------------------------------------------
 */

static void assert_survives(const char *section, json_t *value)
{
    json_t *content = json_pack("{so}", section, value), *input = dossier("{}", "{}");
    json_object_set(input, "content", content);
    json_object_set_new(input, "assessments", content);
    json_t *found = plugin->facts(&host, input), *gates = plugin->gates(&host, input, found);
    assert_non_null(found);
    assert_true(json_array_size(gates) > 0);
    json_decref(gates);
    json_decref(found);
    json_decref(input);
}

/* An item whose fields all have the same value. */
static json_t *item_of(const json_t *section, const char *value)
{
    json_t *item = json_object(), *field;
    size_t index;
    json_array_foreach(json_object_get(section, "fields"), index, field)
        json_object_set_new(item, json_string_value(json_object_get(field, "id")), parse(value));
    return item;
}

static void nonsense_is_no_crash(void **state)
{
    (void)state;
    static const char *const wholes[] = {"null", "3", "'x'", "[]", "{}", "[null, 3, 'x', [], {}]"};
    static const char *const values[] = {"null",
                                         "-1",
                                         "1e300",
                                         "true",
                                         "'x'",
                                         "[{}]",
                                         "0",
                                         "'2199-12-31'",
                                         "9223372036854775807",
                                         "-9223372036854775807"};
    json_t *form = plugin->describe(&host), *section;
    size_t index;
    json_array_foreach(json_object_get(form, "sections"), index, section) {
        const char *id = json_string_value(json_object_get(section, "id"));
        for (size_t i = 0; i < sizeof(wholes) / sizeof(wholes[0]); i++)
            assert_survives(id, parse(wholes[i]));
        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
            assert_survives(id, item_of(section, values[i]));
            assert_survives(id, json_pack("[ooo]", item_of(section, values[i]),
                                          item_of(section, values[i]),
                                          item_of(section, "'1900-01-01'")));
        }
    }
    json_decref(form);
}

/* --- golden cases -------------------------------------------------------------------------------
 */

/* Golden dossiers must be ones that the form could have produced. */
static void golden_dossiers_fit_the_form(void **state)
{
    (void)state;
    json_t *form = plugin->describe(&host);
    DIR *folder = opendir(TD_SOURCE_FOLDER "/scripts/" SERIES "/cases");
    assert_non_null(folder);
    int count = 0;
    for (struct dirent *file; (file = readdir(folder));) {
        char path[1000];
        snprintf(path, sizeof(path), "%s/scripts/" SERIES "/cases/%s", TD_SOURCE_FOLDER,
                 file->d_name);
        json_t *golden = json_load_file(path, 0, NULL), *input = json_object_get(golden, "dossier");
        const char *const parts[] = {"content", "assessments"};
        for (size_t i = 0; i < 2; i++) {
            const char *section;
            json_t *value;
            json_object_foreach(json_object_get(input, parts[i]), section, value) {
                struct td_error err = TD_ERROR_INIT;
                assert_non_null(td_form_section(form, section));
                if (td_form_check(td_form_section(form, section), value, parts[i], false, &err) !=
                    0) {
                    char *text = json_dumps(err.fields, 0);
                    fail_msg("%s: %s", file->d_name, text);
                }
            }
        }
        count += golden != NULL;
        json_decref(golden);
    }
    closedir(folder);
    json_decref(form);
    assert_true(count >= GOLDEN_MIN);
}

#define SERIES_TESTS                                                                               \
    cmocka_unit_test(the_form_lists_exactly_the_facts),                                            \
        cmocka_unit_test(every_text_is_in_both_languages),                                         \
        cmocka_unit_test(the_core_accepts_the_form),                                               \
        cmocka_unit_test(the_same_dossier_gives_the_same_answer),                                  \
        cmocka_unit_test(a_cutoff_date_is_needed), cmocka_unit_test(nonsense_is_no_crash),         \
        cmocka_unit_test(general_titles_pass_where_they_are_taken),                                \
        cmocka_unit_test(golden_dossiers_fit_the_form)

#endif
