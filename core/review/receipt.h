/* receipt.h - what whoever objects or complains takes home: a number and a code. With both he reads how it stands,
 * whose turn it is and until when, and what he is answered, without an account and without a name.
 *
 * The number is drawn by lot: it says nothing of how many there are. The code is shown once and kept as a keyed digest.
 * What is read says nothing of the person it is about, of what was found inside, nor of who decided. */
#ifndef TD_REVIEW_RECEIPT_H
#define TD_REVIEW_RECEIPT_H

#include "base/seal.h"
#include "review/review.h"

enum { TD_RECEIPT_NUMBER_TEXT = 24, TD_RECEIPT_CODE_TEXT = 17 };

enum td_receipt_kind { TD_RECEIPT_COMPLAINT, TD_RECEIPT_OBJECTION };

struct td_receipt {
    char number[TD_RECEIPT_NUMBER_TEXT]; /* "XF-2026-80512634" of a complaint, "YY-..." of an objection */
    char code[TD_RECEIPT_CODE_TEXT];     /* 16 hex digits */
    char key[TD_SEAL_FINGERPRINT_TEXT];  /* what is kept of the code */
};

/* A new one, which the caller stores with its case in the same transaction. */
int td_receipt_issue(struct td_review *review, enum td_receipt_kind kind, struct td_receipt *ret_receipt);

/* What its holder is shown, this once: {"receipt_kind", "receipt_number", "receipt_code", "received_at", "accept_by" ("" =
 * not accepted apart), "answer_by", "address" where it is looked up}. NULL when memory is short. */
json_t *td_receipt_json(const struct td_review *review, enum td_receipt_kind kind,
                        const struct td_receipt *receipt, const char *accept_by, const char *answer_by);

/* What number and code open: {"receipt_number", "receipt_kind", "subject" (title of the notice, "" of a complaint),
 * "receipt_state": received | accepted | not_ours | answered | closed, "received_at", "accept_by" ("" of an objection),
 * "answer_by", "accepted_at", "answered_at", "closed_at" (null = not yet), "receipt_turn": complaint | unit | office |
 * "" = nobody's, "due_on", "overdue", "receipt_outcome": founded | partly | unfounded | upheld | dismissed | "",
 * "answer"}. Spaces, hyphens in the code and the case of letters do not matter. Whatever does not match is the same
 * TD_EFIELDS "receipt_unknown" of "receipt_code". */
int td_receipt_open(struct td_review *review, const char *number, const char *code, json_t **ret_status,
                    struct td_error *reterr);

/* Tells once that the answer can be read, never what it says: in a message to `account_id` ("" = none), and at the
 * telephone number or e-mail address that the contact holds, unless the account is told there already. */
int td_receipt_tell(struct td_review *review, const char *number, const char *account_id,
                    const char *contact_sealed, const char *language);

#endif
