/* delivery.h - what goes to other parties: the region's platform, a gateway of messages, a payment service.
 *
 * A transaction posts a delivery; core/outgoing/ sends it over HTTP, or writes it into a folder for an upload by hand
 * when its target is not configured. Its id is the idempotency key of every attempt, so a double is harmless.
 *
 *     waiting --> sending --> delivered   the other side gave a receipt
 *        ^           |------> rejected    the other side said why not: final
 *        |           |------> unknown     it may have arrived: asked before it is sent again
 *        |           |------> waiting     it did not leave: sent again, ever more rarely
 *        |           '------> folder      written for an upload by hand; the receipt is recorded by hand
 *        '--- try again <---- rejected, given_up
 *
 * An administrator gives up what is not settled, with a reason; a kind with a lifetime is given up when that is over.
 * What is being sent while the process dies counts as unknown. Delivered, rejected and given_up have one end only: what
 * the kind does then happens in the transaction that records it. */
#ifndef TD_REVIEW_DELIVERY_H
#define TD_REVIEW_DELIVERY_H

#include "base/id.h"
#include "review/review.h"

#include <stdbool.h>
#include <stdint.h>

/* One kind of delivery. `delivery` is its row. Functions may be NULL. */
struct td_delivery_kind {
    const char *kind, *target;
    /* A question: GET with the delivery's path, nothing changes at the other side, and 404 is a
     * rejection like another. Otherwise POST. Nobody answers a question that would go into a folder: rejected. */
    bool asks;
    int64_t lifetime_hours; /* 0 = for ever */
    /* The body of one that was posted without, made for each attempt and never stored: a new reference. A member "say"
     * with "locale" and "parameters" becomes "text" in that language. TD_ENOTFOUND gives it up. */
    int (*make)(struct td_review *review, const json_t *delivery, json_t **ret_body,
                struct td_error *reterr);
    /* `answer` is the other side's object, {"receipt": "..."} at least for what is no question. */
    int (*delivered)(struct td_review *review, const json_t *delivery, const json_t *answer,
                     struct td_error *reterr);
    int (*rejected)(struct td_review *review, const json_t *delivery, const char *reason,
                    struct td_error *reterr);
    int (*given_up)(struct td_review *review, const json_t *delivery, const char *reason,
                    struct td_error *reterr);
    /* Before one that was rejected or given up is tried again: an error refuses that. */
    int (*again)(struct td_review *review, const json_t *delivery, struct td_error *reterr);
};

extern const struct td_delivery_kind td_delivery_kinds[]; /* delivery_kinds.c; ended by a NULL kind */
const struct td_delivery_kind *td_delivery_kind(const char *kind); /* NULL when there is none */

/* Whether a target is reached over HTTP. Set before threads run (core/outgoing/). */
void td_delivery_set_online(const char *target);
bool td_delivery_online(const char *target);

/* Posts one: it is sent after commit. `subject` is "<kind>/<id>"; `path` ("" or beginning with / or ?) of a question
 * only; `body` is borrowed, NULL when the kind makes it. */
int td_delivery_post(struct td_review *review, const char *kind, const char *subject, const char *path,
                     const json_t *body, char ret_id[TD_ID_TEXT]);

/* --- for people ----------------------------------------------------------------------------------------- */

/* {"items": [{"id", "delivery_kind", "target", "subject", "delivery_state", "attempts", "due_at", "sent_at", "receipt",
 * "reason", "created_at", "settled_at", "open", "filing_id" ("" of others), "filing_kind", "level", "cycle_name" (null of
 * others), "tried": again by itself}], "next"}: of one
 * state, or "" = those not settled and not well ("open"), oldest first. Bodies are not shown. */
int td_delivery_list(struct td_review *review, const char *state, const char *cursor, json_t **ret_page);
int td_delivery_counts(struct td_tx *tx, json_t **ret_counts); /* [{"target", "delivery_state", "count"}] */

/* The newest delivery about `subject` as a list row, or NULL (json_null) when there is none. */
int td_delivery_of(struct td_tx *tx, const char *subject, json_t **ret_delivery);

/* By hand, by administrator or bureau. TD_ECONFLICT "delivery_state" when the state does not allow it. `retry`: now
 * instead of later, or again after a rejection. `give_up`: needs a reason. `receive`: what came back by another
 * way; only what is in the folder, unknown or waiting. `reject`: likewise, with the other side's reason. */
int td_delivery_retry(struct td_review *review, const char *id, struct td_error *reterr);
int td_delivery_give_up(struct td_review *review, const char *id, const char *reason, struct td_error *reterr);
int td_delivery_receive(struct td_review *review, const char *id, const char *receipt, struct td_error *reterr);
int td_delivery_reject(struct td_review *review, const char *id, const char *reason, struct td_error *reterr);

/* What is not settled about `subject` is over, known by another way and recorded already: delivered with a receipt,
 * given up for `reason` without. Nothing is sent any more, and its kind is not told. */
int td_delivery_close(struct td_review *review, const char *subject, const char *receipt, const char *reason);

/* --- for core/outgoing/ --------------------------------------------------------------------------------- */

/* Takes up to `room` due deliveries of a target for `holder` and appends them to `taken` as {"id", "kind", "subject",
 * "path", "ask" (whether it arrived), "body", "say"...}. They count as unknown from `until` on. *ret_next is the due
 * time of the next one, "" when there is none (TD_TIME_TEXT). */
struct td_delivery_take {
    const char *target, *holder;
    int64_t room;
    const char *until;
};
int td_delivery_take(struct td_review *review, const struct td_delivery_take *take, json_t *taken,
                     char ret_next[TD_TIME_TEXT], struct td_error *reterr);

enum td_delivery_outcome {
    TD_DELIVERY_RECEIVED, /* `answer` */
    TD_DELIVERY_REFUSED,  /* `reason` */
    TD_DELIVERY_UNSENT,   /* nothing left here; tried again at `due_at` */
    TD_DELIVERY_UNCLEAR,  /* it may have arrived; asked at `due_at` */
    TD_DELIVERY_ABSENT,   /* it was asked for and is not there: sent at once */
    TD_DELIVERY_WRITTEN   /* into the folder */
};
/* What came of an attempt. An answer that its kind cannot carry out is TD_EFIELDS or TD_ECONFLICT: of a question the
 * caller then records TD_DELIVERY_REFUSED, in another transaction, since nothing of this one may stay. One that nobody
 * is sending any more (settled by hand, taken by another node) is left alone. */
int td_delivery_record(struct td_review *review, const char *id, enum td_delivery_outcome outcome,
                       const json_t *answer, const char *reason, const char *due_at,
                       struct td_error *reterr);

/* After a start: what `holder` was sending when it died is unknown now, not only when its time is over. */
int td_delivery_recover(struct td_review *review, const char *holder);

#endif
