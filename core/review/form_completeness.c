/* form_completeness.c - what an applicant or official has still to fill in or attach
 * (td_form_completeness of form.h). */
#include "review/form.h"

#include "base/json.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 256 };

static size_t evidence_count(const json_t *evidence, const char *section, const char *item)
{
    char key[PATH_SIZE];
    snprintf(key, sizeof(key), *item ? "%s/%s" : "%s", section, item);
    return (size_t)json_integer_value(json_object_get(evidence, key));
}

static void add_missing(json_t *missing, const char *path, const char *code, const json_t *named,
                        const char *item)
{
    json_array_append_new(missing, json_pack("{ss ss ss ss ss}", "field", path, "code", code,
                                             "name", td_json_text(named, "name"), "name_en",
                                             td_json_text(named, "name_en"), "item", item));
}

/* Field errors as entries of "missing": the path's last part names the field, the one before the
 * item. */
static void add_faults(json_t *missing, const json_t *section, const json_t *value,
                       const json_t *faults)
{
    size_t index;
    json_t *entry;
    json_array_foreach(faults, index, entry) {
        const char *path = td_json_text(entry, "field");
        const char *rest = strchr(path, '.');       /* after the prefix */
        rest = rest ? strchr(rest + 1, '.') : NULL; /* after the section */
        const char *last = strrchr(path, '.');
        const json_t *field = rest ? td_form_field(section, last + 1) : NULL;
        const char *item = "";
        if (rest && isdigit((unsigned char)rest[1]))
            item = td_json_text(json_array_get(value, strtoul(rest + 1, NULL, 10)), "id");
        add_missing(missing, path, td_json_text(entry, "code"), field ? field : section, item);
    }
}

static void add_evidence(json_t *missing, const json_t *section, const json_t *value,
                         const json_t *evidence)
{
    if (strcmp(td_json_text(section, "evidence"), "required") != 0)
        return;
    const char *id = td_json_text(section, "id");
    char path[PATH_SIZE];
    if (!td_form_section_repeats(section)) {
        snprintf(path, sizeof(path), "evidence.%s", id);
        bool counts = json_object_size(value) > 0 || td_form_section_required(section);
        if (counts && !evidence_count(evidence, id, ""))
            add_missing(missing, path, "evidence", section, "");
        return;
    }
    size_t index;
    json_t *item;
    json_array_foreach(value, index, item) {
        const char *item_id = td_json_text(item, "id");
        snprintf(path, sizeof(path), "evidence.%s.%zu", id, index);
        if (!evidence_count(evidence, id, item_id))
            add_missing(missing, path, "evidence", section, item_id);
    }
}

static json_t *section_progress(const json_t *section, const json_t *value, const json_t *evidence)
{
    struct td_error err = TD_ERROR_INIT;
    json_t *missing = json_array();
    td_form_check(section, value, "content", true, &err);
    add_faults(missing, section, value, err.fields);
    add_evidence(missing, section, value, evidence);
    td_error_done(&err);
    bool empty = json_array_size(value) == 0 && json_object_size(value) == 0;
    bool complete = !empty && json_array_size(missing) == 0;
    const char *state = empty ? "empty" : complete ? "complete" : "partial";
    return json_pack("{ss ss ss sb ss sb sb sb so}", "id", td_json_text(section, "id"), "name",
                     td_json_text(section, "name"), "name_en", td_json_text(section, "name_en"),
                     "required", td_form_section_required(section), "state", state, "is_empty",
                     empty, "is_partial", !empty && !complete, "is_complete", complete, "missing",
                     missing);
}

json_t *td_form_completeness(const json_t *descriptor, const char *by, const json_t *content,
                             const json_t *evidence)
{
    json_t *sections = json_array();
    bool complete = true;
    size_t index;
    json_t *section;
    json_array_foreach(json_object_get(descriptor, "sections"), index, section) {
        if (strcmp(td_form_section_by(section), by) != 0)
            continue;
        const json_t *value = json_object_get(content, td_json_text(section, "id"));
        json_t *progress = section_progress(section, value, evidence);
        complete = complete && json_array_size(json_object_get(progress, "missing")) == 0;
        json_array_append_new(sections, progress);
    }
    return json_pack("{sb so}", "complete", complete, "sections", sections);
}
