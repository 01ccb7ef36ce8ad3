/* title.h - titles and their certificates: number, check code, what the public may see.
 *
 * A certificate's number is <SERIES>-<year>-<level digit>-<serial>, the digit that of GB/T 8561 (1
 * full senior, 2 senior, 3 intermediate, 4 junior). With it comes the proof that its issue is on the
 * ledger ("ledger": td_checkpoint_prove, with the "checkpoint" it is under; null before there is one),
 * which holds for ever and needs nothing of this server. The check code is random: who has number and
 * code, or number and the holder's name, may see what the certificate says. It never shows identity
 * numbers. The state follows the dossier: valid, suspended (moved away), converted (to the general
 * title), revoked. */
#ifndef TD_REVIEW_TITLE_H
#define TD_REVIEW_TITLE_H

#include "base/id.h"
#include "review/review.h"

/* Issues the title of a dossier that is filed; `application` is its row (td_application_row). The
 * workflow's "certify" is the caller's, and after it the post (td_post_begin): no title without one. */
int td_title_issue(struct td_review *review, json_t *application, const char *awarded_on,
                   struct td_error *reterr);

/* The public check: by number and code, or number and name; the other is "". Anything that does not
 * match is the same TD_ENOTFOUND. */
int td_title_check(struct td_review *review, const char *number, const char *code, const char *name,
                   json_t **ret_certificate, struct td_error *reterr);

/* Titles of the caller: {"items": [...], "next": null}; each as td_title_view. */
int td_title_mine(struct td_review *review, json_t **ret_page);

/* A title with "check_code", "check_url" and "qr_path": for the holder, his unit, bureau and
 * supervisor. */
int td_title_view(struct td_review *review, const char *title_id, json_t **ret_title,
                  struct td_error *reterr);

/* What the certificate says, signed: td_certificate_token's text. The one made at the issue, or for a title from
 * before there were any, one made now. TD_ENOTFOUND without a key. malloc'd in the arena. */
int td_title_token(struct td_review *review, const char *number, const char **ret_token);

/* The text of the QR code: the check address and, behind its '#', the token; the address alone without a key. */
int td_title_qr_text(struct td_review *review, const char *number, const char *code,
                     const char **ret_text);

#endif
