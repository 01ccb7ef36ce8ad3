/* ceremony.h - how three trustees make the key of a meeting's elections (Pedersen's rounds, ballot/trustee.h).
 *
 * Chair (or deputy), supervisor and office of the series; any two of them open sums, none alone. The server is the board
 * that the messages hang on: it checks each, and holds no secret. Each round waits for all three:
 *
 *     certificate --all--> deal --all--> output --all--> done
 *
 * A seat belongs to who gave its certificate. The chair may begin again, with a reason, as long as no election that
 * the key is for is under way. */
#ifndef TD_REVIEW_CEREMONY_H
#define TD_REVIEW_CEREMONY_H

#include "review/review.h"

enum { TD_CEREMONY_TRUSTEES = 3, TD_CEREMONY_THRESHOLD = 2 };

/* {"id", "meeting_id", "threshold", "round": "certificate" | "deal" | "output" | "done", "trustees": [{"number", "seat",
 * "name", "given": bool, what this round asks for}], "certificates": [...], "dealt": [...], "can": {"give", "restart"},
 * "mine": null or {"number", "seat", "output"}}: the lists of JSON texts as far as they are complete, in the trustees'
 * order. For who is of the meeting; messages for trustees only. */
int td_ceremony_view(struct td_review *review, const char *meeting_id, json_t **ret_ceremony,
                     struct td_error *reterr);

/* What the check of a message needs, for who may give one now; a new reference. TD_ECONFLICT "seat_taken",
 * "ceremony_given", "ceremony_done". */
int td_ceremony_prepare(struct td_review *review, const char *meeting_id, json_t **ret_kept,
                        struct td_error *reterr);

/* Checks the message (JSON text) of the caller's turn. No transaction, tens of powers. *ret_checked is a new reference for
 * td_ceremony_give. TD_EFIELDS on "message" with what does not hold. */
int td_ceremony_check(const json_t *kept, const char *message, json_t **ret_checked, struct td_error *reterr);

/* Hangs it up. TD_ESTALE when somebody else's message came meanwhile: try again. */
int td_ceremony_give(struct td_review *review, const char *meeting_id, const json_t *checked,
                     struct td_error *reterr);

/* The chair takes everything down. */
int td_ceremony_restart(struct td_review *review, const char *meeting_id, const char *reason,
                        struct td_error *reterr);

/* The trustee's number in the meeting; 0 when the account is none. */
int td_ceremony_number(struct td_tx *tx, const char *meeting_id, const char *account_id, int *ret_number);

#endif
