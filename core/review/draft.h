/* draft.h - the content of a dossier while its applicant may change it.
 *
 * A draft may be incomplete: what fits its type is kept, what does not is named and left out. Every
 * save bumps the dossier's version and puts the content's hash on the ledger, never the content. */
#ifndef TD_REVIEW_DRAFT_H
#define TD_REVIEW_DRAFT_H

#include "review/form.h"
#include "review/review.h"

#include <stdint.h>

enum { TD_DRAFT_ITEM_TEXT = TD_FORM_ITEM_ID_LENGTH + 1 };

/* A draft follows the present version of its series' form. When that is another one than the answers were
 * given to: {"from": "1.0.0", "to": "1.1.0", "changed": true, "left": [...], "any": true}, what the form does not ask for any more, as
 * form_change.h has it and with "shown" for readers; also what was set aside before. NULL in *ret_change
 * when nothing was left and the form is the same. A new reference. */
int td_draft_change(struct td_review *review, const json_t *application, json_t **ret_change);

/* Makes the answers fit the present form before they are changed or submitted: what is not asked for any
 * more goes from the row's "content" (also the one in memory) to set_aside, with a ledger entry. */
int td_draft_settle(struct td_review *review, json_t *application);

/* Saves a section of an editable dossier from what was sent: an object, of a repeated section an
 * array of objects. Valid values are stored, the rest is named. TD_EFIELDS when nothing of it can
 * be stored, TD_ENOTFOUND for a section that the applicant does not fill in. */
struct td_draft_saved {
    json_t *value;    /* what is stored now */
    json_t *typed;    /* the same with what did not fit, to be shown to whoever typed it */
    json_t *problems; /* [{"field", "code", "message"}], empty when all was well */
    int64_t version;  /* of the dossier, after */
};
int td_draft_save(struct td_review *review, const json_t *application, const char *section,
                  const json_t *sent, struct td_draft_saved *ret_saved, struct td_error *reterr);
void td_draft_saved_done(struct td_draft_saved *saved);

/* Adds an item (an object with at least one answer) to a repeated section; `item` gets its id. */
int td_draft_add(struct td_review *review, const json_t *application, const char *section,
                 const json_t *sent, char item[TD_DRAFT_ITEM_TEXT], int64_t *ret_version,
                 struct td_error *reterr);

/* Removes an item and what was attached to it. TD_ENOTFOUND. */
int td_draft_remove(struct td_review *review, const json_t *application, const char *section,
                    const char *item, int64_t *ret_version, struct td_error *reterr);

/* Number of files attached, by "section/item" or "section": a new reference. */
int td_draft_evidence_counts(struct td_review *review, const char *application_id,
                             json_t **ret_counts);

/* The dossier as plugins get it (titled/plugin.h), made of the present content, and under "files"
 * the hashes of what is attached. A new reference. */
int td_draft_dossier(struct td_review *review, const json_t *application, json_t **ret_dossier);

/* td_form_completeness of the applicant's sections: a new reference. */
int td_draft_completeness(struct td_review *review, const json_t *application, json_t **ret_check);

#endif
