/* objection.h - what the public says against a dossier of an open notice, and what comes of it (Order 40, article 26).
 *
 * Anybody may object. The receipt (receipt.h) shows how it stands and, in the end, whether it was upheld and the answer
 * written for who objected; what was found stays inside. Who objected is kept in the clear only in the message that
 * tells him of the answer: neither the person objected to nor those who decide learn of an account. Decided within the
 * cycle's objection_hold_days. */
#ifndef TD_REVIEW_OBJECTION_H
#define TD_REVIEW_OBJECTION_H

#include "base/id.h"
#include "review/receipt.h"
#include "review/review.h"

#include <stdbool.h>

struct td_objection {
    const char *notice_id, *application_id, *text;
    const char *contact_sealed; /* "" = none */
    const char *language;       /* in which he is told that the answer is there */
    bool anonymous;             /* who is logged in is not kept, and not told here */
};

struct td_objection_receipt {
    char id[TD_ID_TEXT]; /* of the objection */
    struct td_receipt receipt;
    char decide_by[TD_DATE_TEXT];
};

/* Tells who decides, once while objections to the notice wait. TD_ECONFLICT "notice_not_open" when the notice
 * is over or does not list the dossier. */
int td_objection_file(struct td_review *review, const struct td_objection *objection,
                      struct td_objection_receipt *ret_receipt, struct td_error *reterr);

/* What the receipt opens, for receipt.h, which has checked the code. */
int td_objection_status(struct td_review *review, const char *number, json_t **ret_status);

/* Objections the caller decides or supervises: unit notices of his unit, results for office and bureau. `open` = only
 * undecided ones. {"items": [{"id", "receipt_number", "decide_by", "overdue", ...}], "next"}. */
int td_objection_list(struct td_review *review, bool open, const char *cursor, json_t **ret_page);

/* One of them, "own" when it is who asks that objected; "contact_sealed" is the caller's to open and take off.
 * TD_ENOTFOUND "objection_unknown". */
int td_objection_load(struct td_review *review, const char *objection_id, json_t **ret_objection,
                      struct td_error *reterr);

/* Decides, with a finding for those inside (and for the applicant whose result it ends) and an answer for who objected,
 * "" = the outcome in words. TD_EFORBIDDEN "objection_own" for who objected himself. Upheld ones keep the dossier where
 * it is until it is sent back. */
int td_objection_decide(struct td_review *review, const char *objection_id, bool upheld, const char *finding,
                        const char *answer, struct td_error *reterr);

#endif
