/* attachment.h - files that people hand in, and those of the records on their way out. */
#ifndef TD_API_ATTACHMENT_H
#define TD_API_ATTACHMENT_H

#include "http/route.h"
#include "review/evidence.h"

/* The file of this call, borrowed from it. TD_EFIELDS when none came, or an empty one. */
int td_attachment_of(const struct td_call *call, struct td_evidence_upload *ret_upload, struct td_error *reterr);

/* Lets the examiner look at the file as `type`, in the row's work step. */
int td_attachment_examine(struct td_call *call, const char *type);

/* Answers with the file of `row` {"path", "hash", "type", "name"}: always an attachment, for nothing that was handed
 * in is ever rendered in this server's origin. */
int td_attachment_reply(struct td_call *call, struct td_reply *reply, const json_t *row);

#endif
