/* material.c - see material.h. */
#include "api/material.h"

#include "api/dossier.h"
#include "review/application.h"
#include "review/row.h"
#include "store/store.h"

int td_material_add(struct td_review *review, const char *application_id, json_t *page,
                    struct td_error *reterr)
{
    json_t *application = NULL, *snapshot = NULL, *sections = NULL, *assessments = NULL;
    int rc = td_application_row(review, application_id, &application, reterr);
    if (rc < 0)
        return rc;
    rc = td_tx_row(review->tx, &snapshot, "select dossier from snapshot where id = $1", "s",
                   td_row_text(application, "snapshot_id"));
    if (rc == 0)
        rc = td_dossier_views(review, application,
                              json_object_get(json_object_get(snapshot, "dossier"), "content"), "",
                              &sections, &assessments);
    if (rc == 0) {
        json_object_set_new(page, "sections", sections);
        json_object_set_new(page, "assessments", assessments);
    }
    json_decref(snapshot);
    json_decref(application);
    return rc;
}
