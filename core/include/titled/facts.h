/* titled/facts.h - the frame of what facts() answers: small functions, nothing to link.
 *
 *     struct titled_facts found;
 *     if (!titled_facts_begin(&found, form, form_size()))      every fact of form.json, value null
 *         return NULL;
 *     titled_fact_set(&found, "tenure_months", json_integer(30), "30 months since %s", start);
 *     titled_fact_source(&found, "tenure_months", "employment", 0);
 *     titled_problem(&found, "employment", 0, "end", "order", true, "ends before it starts");
 *     return titled_facts_end(&found);
 *
 * Names, units and who gives a fact come from the list "facts" of form.json, so that they are written
 * once. Using this header is optional. C99 and C++. */
#ifndef TITLED_FACTS_H
#define TITLED_FACTS_H

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct titled_facts {
    json_t *facts;    /* the answer under construction */
    json_t *problems;
};

/* Starts an answer with every fact that `form` (form.json) lists. False when it is no JSON or memory is
 * short. */
static inline bool titled_facts_begin(struct titled_facts *found, const char *form, size_t size)
{
    json_t *descriptor = json_loadb(form, size, 0, NULL), *row;
    size_t i;
    found->facts = json_object();
    found->problems = json_array();
    json_array_foreach(json_object_get(descriptor, "facts"), i, row) {
        json_t *fact = json_pack("{s:n, s:O?, s:O?, s:O?, s:s, s:[]}", "value", "name",
                                 json_object_get(row, "name"), "unit", json_object_get(row, "unit"), "by",
                                 json_object_get(row, "by"), "because", "", "sources");
        json_object_set_new(found->facts, json_string_value(json_object_get(row, "id")), fact);
    }
    json_decref(descriptor);
    if (i > 0 && found->problems)
        return true;
    json_decref(found->facts);
    json_decref(found->problems);
    return false;
}

/* Gives a fact its value, a reference handed over, and the sentence that explains it. A fact that
 * form.json does not list is not set. */
__attribute__((format(printf, 4, 5))) static inline void
titled_fact_set(struct titled_facts *found, const char *id, json_t *value, const char *because, ...)
{
    json_t *fact = json_object_get(found->facts, id);
    va_list args;
    va_start(args, because);
    json_object_set_new(fact, "because", json_vsprintf(because, args));
    va_end(args);
    json_object_set_new(fact, "value", value);
}

/* Notes where a fact comes from: item `index` of a repeated section, or index < 0 for a plain one. */
static inline void titled_fact_source(struct titled_facts *found, const char *id, const char *section,
                                      int index)
{
    json_t *sources = json_object_get(json_object_get(found->facts, id), "sources");
    json_array_append_new(sources,
                          index < 0 ? json_string(section) : json_sprintf("%s.%d", section, index));
}

/* A problem of a field that shows when several fields are looked at together; index as above.
 * `blocks` stops the submission. */
__attribute__((format(printf, 7, 8))) static inline void
titled_problem(struct titled_facts *found, const char *section, int index, const char *field,
               const char *code, bool blocks, const char *message, ...)
{
    va_list args;
    va_start(args, message);
    json_t *text = json_vsprintf(message, args);
    va_end(args);
    json_t *place = index < 0 ? json_sprintf("%s.%s", section, field)
                              : json_sprintf("%s.%d.%s", section, index, field);
    json_array_append_new(found->problems, json_pack("{s:o, s:s, s:o, s:b}", "field", place, "code", code,
                                                     "message", text, "blocks", (int)blocks));
}

/* {"facts", "problems"}: what facts() answers, a new reference. */
static inline json_t *titled_facts_end(struct titled_facts *found)
{
    return json_pack("{s:o, s:o}", "facts", found->facts, "problems", found->problems);
}

/* Answers of a form; "" when there is none. */
static inline const char *titled_text(const json_t *object, const char *field)
{
    const char *text = json_string_value(json_object_get(object, field));
    return text ? text : "";
}

/* What the applicant, or for an official's section unit or district, has given: NULL when nothing. */
static inline const json_t *titled_section(const json_t *dossier, const char *section)
{
    const json_t *given = json_object_get(json_object_get(dossier, "content"), section);
    return given ? given : json_object_get(json_object_get(dossier, "assessments"), section);
}

#endif
