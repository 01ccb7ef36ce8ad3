/* evidence.h - files attached to a section or an item of a dossier.
 *
 * PDF, JPEG and PNG only, by content and by name; a file is stored once under its hash and never
 * overwritten. Removal is soft: what a snapshot names stays. Bytes go only to who may see the
 * dossier. */
#ifndef TD_REVIEW_EVIDENCE_H
#define TD_REVIEW_EVIDENCE_H

#include "base/id.h"
#include "review/review.h"

#include <stdbool.h>
#include <stddef.h>

enum { TD_EVIDENCE_PER_ITEM = 20, TD_EVIDENCE_PER_DOSSIER = 300 };

/* A complete file on disk that nobody owns yet. */
struct td_evidence_upload {
    const char *path; /* temporary; gone once adopted */
    const char *name; /* as sent, made safe */
    const char *hash; /* SHA-256, hex */
    const char *sent_hash; /* of what was sent, when it was written anew; else "" */
    size_t size;
};

/* 0 when this file might be attached: the place and the room for it, *ret_type, the media type that
 * its first bytes and its name agree on, and *ret_blind, whether the section is reviewed blindly, so that
 * the file's own properties must go. Fails as td_evidence_add does. */
int td_evidence_check(struct td_review *review, const char *application_id, const char *section,
                      const char *item, const struct td_evidence_upload *upload,
                      const char **ret_type, bool *ret_blind, struct td_error *reterr);

/* Attaches to section and item ("" in a plain section) of an editable dossier. TD_EMEDIA for
 * another type, TD_EFIELDS for a place that takes no evidence, TD_ECONFLICT when there is enough.
 */
int td_evidence_add(struct td_review *review, const char *application_id, const char *section,
                    const char *item, const struct td_evidence_upload *upload,
                    char ret_id[TD_ID_TEXT], struct td_error *reterr);

/* For files of other records. The media type that first bytes and name agree on: TD_EMEDIA for what is no file of
 * ours, TD_EBUSY when no descriptor is left: the file may be fine. Notes a file that td_files_adopt then takes. */
int td_evidence_sniff(const struct td_evidence_upload *upload, const char **ret_type,
                      struct td_error *reterr);
int td_evidence_note(struct td_review *review, const struct td_evidence_upload *upload,
                     const char *type);

/* Takes it off an editable dossier. */
int td_evidence_remove(struct td_review *review, const char *application_id,
                       const char *evidence_id, struct td_error *reterr);

/* What is attached: [{"id", "section", "item", "name", "size", "size_text", "type", "type_text",
 * "uploaded_at", "hash", "sent_hash", "rewritten", "ordinal": its place in the section}], of one section when `section` is not ""; to others than the applicant, as it was last
 * submitted. Access is the caller's to check. */
int td_evidence_list(struct td_review *review, const char *application_id, const char *section,
                     json_t **ret_rows);

/* One file of a dossier the caller may see: its row, "path" on disk included. Who reviews the dossier
 * blindly sees the files of its blind sections only, by number. TD_ENOTFOUND. */
int td_evidence_open(struct td_review *review, const char *application_id, const char *evidence_id,
                     json_t **ret_evidence, struct td_error *reterr);

/* The media type of an upload: TD_EMEDIA for what is no file of ours. TD_EBUSY when no descriptor is left: the
 * file may be fine. */
int td_evidence_sniff(const struct td_evidence_upload *upload, const char **ret_type,
                      struct td_error *reterr);

/* The media type that the first bytes and the name agree on; NULL when it is not allowed. */
const char *td_evidence_type(const unsigned char *head, size_t length, const char *name);

#endif
