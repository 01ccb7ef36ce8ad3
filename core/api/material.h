/* material.h - a submitted dossier's content beside what people decide about it. */
#ifndef TD_API_MATERIAL_H
#define TD_API_MATERIAL_H

#include "review/review.h"

/* Adds "sections" (what was submitted, with files) and "assessments" (what officials added) of a dossier to
 * `page`; for who reviews it blindly only its blind sections, the files by number. Access is the caller's
 * to check. */
int td_material_add(struct td_review *review, const char *application_id, json_t *page,
                    struct td_error *reterr);

#endif
