/* material.c - see material.h. */
#include "api/material.h"

#include "api/dossier.h"
#include "review/application.h"
#include "review/blind.h"
#include "review/form.h"
#include "review/row.h"
#include "store/store.h"

/* Of a file what a blind expert needs to open it. */
static json_t *blind_file(const json_t *file, const char *section, int64_t number)
{
    static const char *const members[] = {"id",   "application_id", "section", "item",
                                          "size", "size_text",      "type",    "type_text"};
    char name[TD_BLIND_NAME_TEXT];
    json_t *shown = json_object();
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        json_object_set(shown, members[i], json_object_get(file, members[i]));
    td_blind_file_name(section, number, td_row_text(file, "type"), name);
    json_object_set_new(shown, "name", json_string(name));
    return shown;
}

/* The files of a section's items by number, as td_evidence_open counts them, and no verdicts. */
static void hide_items(json_t *section)
{
    size_t i, j;
    json_t *item, *file;
    json_array_foreach(json_object_get(section, "items"), i, item) {
        json_t *files = json_array();
        json_array_foreach(json_object_get(item, "files"), j, file)
            json_array_append_new(
                files, blind_file(file, td_row_text(section, "id"), td_row_int(file, "ordinal")));
        json_object_set_new(item, "files", files);
        json_object_del(item, "verdicts");
    }
}

static json_t *blind_sections(const json_t *sections)
{
    json_t *kept = json_array(), *section;
    size_t i;
    json_array_foreach((json_t *)sections, i, section) {
        if (!td_blind_section(section))
            continue;
        hide_items(section);
        json_array_append(kept, section);
    }
    return kept;
}

int td_material_add(struct td_review *review, const char *application_id, json_t *page,
                    struct td_error *reterr)
{
    json_t *application = NULL, *snapshot = NULL, *sections = NULL, *assessments = NULL;
    bool blind = false;
    int rc = td_application_row(review, application_id, &application, reterr);
    if (rc < 0)
        return rc;
    rc = td_blind(review, application_id, &blind);
    if (rc == 0)
        rc = td_tx_row(review->tx, &snapshot, "select dossier from snapshot where id = $1", "s",
                       td_row_text(application, "snapshot_id"));
    if (rc == 0)
        rc = td_dossier_views(review, application,
                              json_object_get(json_object_get(snapshot, "dossier"), "content"), "",
                              &sections, &assessments);
    if (rc == 0) {
        json_object_set_new(page, "sections",
                            blind ? blind_sections(sections) : json_incref(sections));
        json_object_set_new(page, "assessments", blind ? json_array() : json_incref(assessments));
        json_decref(sections);
        json_decref(assessments);
    }
    json_decref(snapshot);
    json_decref(application);
    return rc;
}
