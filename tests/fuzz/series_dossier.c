/* Bytes of a dossier's content as JSON: typed values, checks and template models of any section
 * hold their promises, and the series' plugin (SERIES_PLUGIN) answers whatever it is given. */
#include "review/form.h"

#include <titled/plugin.h>

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct titled_plugin *plugin;
static json_t *form;

static void demand(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "series_dossier: %s\n", what);
    abort();
}

static void on_failure(const struct titled_host *host, const char *sentence)
{
    (void)host;
    demand(false, sentence);
}

static const struct titled_host host = {.struct_size = sizeof(host), .fail = on_failure};

static void prepare(void)
{
    if (form)
        return;
    void *object = dlopen(SERIES_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    demand(object, "the plugin does not load");
    titled_plugin_v1_fn entry;
    *(void **)&entry = dlsym(object, "titled_plugin_v1");
    plugin = entry();
    form = plugin->describe(&host);
}

/* What was accepted stays as it is when it is sent again, and has a model. */
static void try_section(const json_t *section, const json_t *sent)
{
    json_t *value = NULL, *again = NULL;
    struct td_error err = TD_ERROR_INIT;
    int result = td_form_accept(section, sent, "content", false, &value, &err);
    demand(result == 0 || (result == TD_EFIELDS && json_array_size(err.fields) > 0),
           "a refusal names no field");
    demand((result == 0) == (value != NULL), "a refused value came back");
    if (value) {
        demand(td_form_accept(section, value, "content", false, &again, NULL) == 0,
               "an accepted value is refused");
        demand(json_equal(value, again), "accepting twice changes a value");
    }
    json_t *typed = td_form_coerce(section, sent),
           *model = td_form_model(section, typed, NULL, "content", true);
    demand(json_array_size(json_object_get(model, "items")) > 0 || td_form_section_repeats(section),
           "no items");
    json_decref(model);
    json_decref(typed);
    json_decref(again);
    json_decref(value);
    td_error_done(&err);
}

static void try_plugin(const json_t *content)
{
    json_t *dossier = json_pack("{ss ss sO sO s{ss ss sb} s{ss ss}}", "cutoff_date", "2026-08-31",
                                "level", "junior", "content", content, "assessments", content,
                                "person", "sex", "male", "birth_date", "1990-02-28", "in_service",
                                1, "unit", "kind", "school", "grassroots", "village");
    json_t *first = plugin->facts(&host, dossier), *second = plugin->facts(&host, dossier);
    json_t *gates = plugin->gates(&host, dossier, first);
    demand(json_equal(first, second), "the same dossier has other facts");
    demand(json_array_size(gates) > 0, "no gates");
    json_decref(gates);
    json_decref(second);
    json_decref(first);
    json_decref(dossier);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    prepare();
    json_t *content =
        json_loadb((const char *)bytes, length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (!content)
        return 0;
    size_t index;
    json_t *section;
    json_array_foreach(json_object_get(form, "sections"), index, section)
    {
        const char *id = json_string_value(json_object_get(section, "id"));
        try_section(section, json_object_get(content, id));
    }
    json_decref(td_form_completeness(form, "applicant", content, content));
    try_plugin(content);
    json_decref(content);
    return 0;
}
