/* payment.h - money that came, by whatever way, and whether both sides say the same about it.
 *
 * The platform is the target "payment" of the outgoing file (outgoing/target.h). With the setting payment_key_file it
 * is used, without it fees are recorded by hand. What goes out (review/delivery.h):
 *   payment_order      POST {"order", "amount_cents", "title", "notify"} -> {"receipt", "pay_url"}
 *   payment_cancel     POST {"order"} -> {"receipt"}
 *   payment_refund     POST {"refund", "order", "payment", "amount_cents", "cause"} -> {"receipt"}
 *   payment_query      GET ?order=<number> -> {"payments": [{"order", "payment", "amount_cents", "paid_on"}]}
 *   payment_statement  GET ?day=<day>      -> {"payments": [the same]}
 * What comes in is one notification, the same four members and "signature": HMAC-SM3 with the shared key, hex, of
 * order "\n" payment "\n" amount_cents "\n" paid_on. It is no newer for being late and no other for being sent twice:
 * a payment is taken once by the platform's number for it, whichever way it is heard of first.
 *
 * What it is worth here ("standing"):
 *   applied   it settles its order               amount    another sum than the order's: settles nothing
 *   double    the order is settled already       late      the order was cancelled meanwhile
 *   unknown   there is no such order
 * All but the first wait on the list of differences until they are refunded (refund.h) or settled by a note. */
#ifndef TD_REVIEW_PAYMENT_H
#define TD_REVIEW_PAYMENT_H

#include "review/review.h"

#include <stdbool.h>

/* Reads the shared key, before threads run; "" = no platform. */
int td_payment_configure(const char *key_file, struct td_error *reterr);
bool td_payment_has_platform(void);

/* A payment: the four members of a notification. */
struct td_payment {
    const char *order, *reference, *paid_on; /* paid_on: a Shanghai day */
    int64_t amount_cents;
};

/* Takes it once: *ret_standing is a constant. `via` is "notified", "asked" or "statement". TD_EFIELDS when it is none. */
int td_payment_take(struct td_review *review, const struct td_payment *payment, const char *via,
                    const char **ret_standing, struct td_error *reterr);

/* 0 when the signature is the platform's (compared in constant time); else TD_EFORBIDDEN "payment_signature". */
int td_payment_check(const struct td_payment *payment, const char *signature, struct td_error *reterr);

/* Asks the platform about one dossier's order; its answer is taken like a notification. Whoever may see the dossier. */
int td_payment_ask(struct td_review *review, const char *application_id, struct td_error *reterr);

/* Asks for a past day's statement. Bureau, or the system. */
int td_payment_ask_day(struct td_review *review, const char *day, struct td_error *reterr);

/* The tick: asks for each day that is over and was not asked for, from the first day with a platform on. */
int td_payment_run(struct td_review *review, int64_t *changed);

/* What the two sides say differently, newest first: {"items": [{"id", "difference", "order_number", "reference",
 * "amount_cents", "order_cents", "there_cents", "paid_on", "refund_id", "refund_state", "settled_note", "open"}],
 * "next"}. difference: double, amount, late, unknown, missing_here (only the statement told of it; it has been taken),
 * missing_there (the statement of its day does not have it), refunded_twice (a receipt came after it was given back by
 * hand; open until settled). Only the open ones unless `all`. */
int td_payment_differences(struct td_review *review, bool all, const char *cursor, json_t **ret_page);

/* Notes why a difference is none any more. Bureau only. */
int td_payment_settle(struct td_review *review, const char *payment_id, const char *note, struct td_error *reterr);

/* What deliveries bring back; rows of delivery_kinds.c. */
int td_payment_ordered(struct td_review *review, const json_t *delivery, const json_t *answer, struct td_error *reterr);
int td_payment_answered(struct td_review *review, const json_t *delivery, const json_t *answer, struct td_error *reterr);

#endif
