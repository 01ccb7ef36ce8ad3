/* The bytes of a plugin's form.json: refused with its place, or a form that pages and checks can
 * work with: every section has a model, an empty answer is accepted as a draft, completeness can be
 * told. */
#include "review/form.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void demand(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "form: %s\n", what);
    abort();
}

static void use_section(const json_t *section)
{
    json_t *nothing = td_form_section_repeats(section) ? json_array() : json_object(),
           *value = NULL;
    struct td_error err = TD_ERROR_INIT;
    demand(td_form_accept(section, nothing, "content", false, &value, &err) == 0,
           "an empty draft is refused");
    json_t *model = td_form_model(section, value, NULL, "content", true);
    demand(model && json_object_get(model, "items"), "a section without a model");
    json_decref(model);
    json_decref(value);
    json_decref(nothing);
    td_error_done(&err);
}

static void use(const json_t *descriptor)
{
    size_t index;
    json_t *section;
    json_array_foreach(json_object_get(descriptor, "sections"), index, section) {
        demand(td_form_section(descriptor, json_string_value(json_object_get(section, "id"))) !=
                   NULL,
               "a section cannot be found");
        use_section(section);
    }
    json_t *nothing = json_object(),
           *told = td_form_completeness(descriptor, "applicant", nothing, nothing);
    demand(json_is_boolean(json_object_get(told, "complete")), "completeness is not told");
    json_decref(told);
    json_decref(nothing);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    json_t *descriptor = json_loadb((const char *)bytes, length, JSON_DECODE_ANY, NULL);
    struct td_error err = TD_ERROR_INIT;
    if (!descriptor)
        return 0;
    if (td_form_check_descriptor(descriptor, &err) == 0)
        use(descriptor);
    else
        demand(!strncmp(err.detail, "form.json: ", 11), "a refusal without its place");
    td_error_done(&err);
    json_decref(descriptor);
    return 0;
}
