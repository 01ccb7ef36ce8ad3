/* check_answer.c - see check.h: is what facts() and gates() gave what titled/plugin.h promises for
 * them? */
#include "cli/check.h"

#include "base/json.h"
#include "review/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct answering {
    struct td_check *check;
    const json_t *descriptor;
    const json_t *dossier;
    json_t *types;
    const char *where;
};

static const char *type_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING: return "text";
    case JSON_INTEGER:
    case JSON_REAL: return "a number";
    case JSON_TRUE:
    case JSON_FALSE: return "true or false";
    case JSON_ARRAY: return "a list";
    default: return NULL;
    }
}

static const json_t *declared(const json_t *descriptor, const char *id)
{
    const json_t *facts = json_object_get(descriptor, "facts");
    for (size_t i = 0; i < json_array_size(facts); i++)
        if (!strcmp(td_json_text(json_array_get(facts, i), "id"), id))
            return json_array_get(facts, i);
    return NULL;
}

/* "employment.3", "summary": where something of the dossier came from. */
static bool is_source(const struct answering *answering, const char *source)
{
    char section[64];
    size_t length = strcspn(source, ".");
    if (length >= sizeof(section))
        return false;
    snprintf(section, sizeof(section), "%.*s", (int)length, source);
    const json_t *description = td_form_section(answering->descriptor, section);
    if (!description)
        return false;
    if (!source[length])
        return true;
    char *end;
    const json_t *content = json_object_get(answering->dossier, "content");
    const json_t *given = json_object_get(answering->dossier, "assessments");
    unsigned long index = strtoul(source + length + 1, &end, 10);
    size_t items = json_array_size(json_object_get(content, section));
    if (!items)
        items = json_array_size(json_object_get(given, section));
    return end != source + length + 1 && !*end && index < items;
}

/* --- facts ------------------------------------------------------------------------------------ */

static void check_value(const struct answering *answering, const char *id, const json_t *fact)
{
    const json_t *value = json_object_get(fact, "value"),
                 *seen = json_object_get(answering->types, id);
    if (!value) {
        td_check_error(answering->check, "give \"value\" always; null while nobody has given it",
                       "the fact %.60s has no \"value\" (%s)", id, answering->where);
        return;
    }
    if (json_is_null(value)) {
        const char *by = td_json_text(fact, "by");
        if (strcmp(by, "applicant") != 0 && strcmp(by, "unit") != 0 &&
            strcmp(by, "district_industry") != 0 && strcmp(by, "system") != 0)
            td_check_error(answering->check,
                           "add \"by\": applicant, unit, district_industry or system, so that "
                           "pages can say who has "
                           "still to give it",
                           "the fact %.60s is null and does not say who gives it (%s)", id,
                           answering->where);
        return;
    }
    const char *type = type_of(value);
    if (!type)
        td_check_error(answering->check, "a value is a number, text, true or false, a list or null",
                       "the value of the fact %.60s is an object (%s)", id, answering->where);
    else if (seen && strcmp(json_string_value(seen), type) != 0)
        td_check_error(answering->check, "give a fact one type; null when there is no value",
                       "the fact %.60s is %s for one dossier and %s for another (%s)", id,
                       json_string_value(seen), type, answering->where);
    else if (!seen)
        json_object_set_new(answering->types, id, json_string(type));
}

static void check_fact(const struct answering *answering, const char *id, const json_t *fact)
{
    const json_t *sources = json_object_get(fact, "sources");
    if (!declared(answering->descriptor, id)) {
        td_check_error(answering->check, "add it to \"facts\" in form.json, or stop giving it",
                       "gives the fact %.60s, which form.json does not list", id);
        return;
    }
    check_value(answering, id, fact);
    if (!*td_json_text(fact, "name"))
        td_check_error(answering->check, "give \"name\", as in form.json",
                       "the fact %.60s has no name (%s)", id, answering->where);
    if (!json_is_string(json_object_get(fact, "because")) &&
        !json_is_null(json_object_get(fact, "value")))
        td_check_error(
            answering->check,
            "say in \"because\" how the value came about: people read it beside the points",
            "the fact %.60s has a value and no \"because\" (%s)", id, answering->where);
    if (sources && !json_is_array(sources))
        td_check_error(answering->check, "\"sources\" is a list of texts such as \"employment.0\"",
                       "the sources of the fact %.60s are no list", id);
    for (size_t i = 0; i < json_array_size(sources); i++) {
        const char *source = json_string_value(json_array_get(sources, i));
        if (!source || !is_source(answering, source))
            td_check_error(
                answering->check,
                "name a section of form.json, and of a repeated one the place in the list, from 0",
                "the fact %.60s comes from \"%.60s\", which is not in the dossier (%s)", id,
                source ? source : "(no text)", answering->where);
    }
}

static void check_missing(const struct answering *answering, const json_t *facts)
{
    const json_t *listed = json_object_get(answering->descriptor, "facts");
    for (size_t i = 0; i < json_array_size(listed); i++) {
        const char *id = td_json_text(json_array_get(listed, i), "id");
        if (!json_object_get(facts, id))
            td_check_error(
                answering->check,
                "give every fact of form.json always, with value null when there is none "
                "(titled_facts_begin does): a missing one cannot be told from null",
                "does not give the fact %.60s, which form.json lists (%s)", id, answering->where);
    }
}

/* --- problems and gates ----------------------------------------------------------------------- */

/* "education.0.end" or "summary.text" names a field of the form. */
static bool is_field(const struct answering *answering, const char *path)
{
    char section[64];
    size_t length = strcspn(path, ".");
    const char *last = strrchr(path, '.');
    if (length >= sizeof(section) || !last)
        return false;
    snprintf(section, sizeof(section), "%.*s", (int)length, path);
    return td_form_field(td_form_section(answering->descriptor, section), last + 1) != NULL;
}

static void check_problem(const struct answering *answering, const json_t *problem)
{
    const char *field = td_json_text(problem, "field");
    if (!is_field(answering, field))
        td_check_error(
            answering->check,
            "name a field as section.index.field, in a plain section as section.field",
            "a problem is said to be of the field \"%.80s\", which form.json does not have (%s)",
            field, answering->where);
    else if (!*td_json_text(problem, "code") || !*td_json_text(problem, "message") ||
             !json_is_boolean(json_object_get(problem, "blocks")))
        td_check_error(
            answering->check,
            "a problem has \"field\", \"code\", \"message\" and \"blocks\": true or false",
            "a problem of %.80s is not complete (%s)", field, answering->where);
}

static void check_gate(const struct answering *answering, const json_t *gate)
{
    const char *blocks = td_json_text(gate, "blocks");
    if (!*td_json_text(gate, "id") || !*td_json_text(gate, "name") ||
        !*td_json_text(gate, "because") || !*td_json_text(gate, "basis") ||
        !json_is_boolean(json_object_get(gate, "met")))
        td_check_error(answering->check,
                       "a gate has \"id\", \"name\", \"met\": true or false, \"because\" and its "
                       "legal \"basis\"",
                       "the gate \"%.60s\" is not complete (%s)", td_json_text(gate, "id"),
                       answering->where);
    else if (strcmp(blocks, "submit") != 0 && strcmp(blocks, "accept") != 0)
        td_check_error(answering->check, "\"blocks\" is submit or accept",
                       "the gate \"%.60s\" blocks \"%.40s\"", td_json_text(gate, "id"), blocks);
}

void td_check_answer(struct td_check *check, const json_t *descriptor, const json_t *dossier,
                     const json_t *answer, json_t *types, const char *where)
{
    const struct answering answering = {check, descriptor, dossier, types, where};
    json_t *facts = json_object_get(answer, "facts"), *fact;
    const json_t *problems = json_object_get(answer, "problems"),
                 *gates = json_object_get(answer, "gates");
    const char *id;
    check_missing(&answering, facts);
    json_object_foreach(facts, id, fact)
        check_fact(&answering, id, fact);
    for (size_t i = 0; i < json_array_size(problems); i++)
        check_problem(&answering, json_array_get(problems, i));
    for (size_t i = 0; i < json_array_size(gates); i++)
        check_gate(&answering, json_array_get(gates, i));
}
