/* second_factor.h - codes of an authenticator (RFC 6238) beside the password, and one-time codes for
 * the day it is lost.
 *
 * A secret is made and shown, and counts once a code of it has come back. It is sealed at rest. A
 * code is taken once: the store keeps the time step of the last one, so a code that was seen on its
 * way, on whatever node, is worth nothing. Clocks may differ by one step. Time is real time, not the
 * demonstration's. */
#ifndef TD_REVIEW_SECOND_FACTOR_H
#define TD_REVIEW_SECOND_FACTOR_H

#include "review/review.h"

enum { TD_RECOVERY_CODES = 10 };

/* What the account sees of its own: {"policy": "off|offered|required", "confirmed",
 * "confirmed_at", "may_remove", "codes_left"} and, while one is offered and not confirmed, {"secret": in groups of
 * four, "uri": otpauth}. A new reference. */
int td_second_factor_view(struct td_review *review, json_t **ret_view);

/* Offers a new secret to who acts; the confirmed one, if any, keeps counting until the new one is
 * confirmed. TD_ECONFLICT ("second_factor_off") when the policy is off. */
int td_second_factor_offer(struct td_review *review, struct td_error *reterr);

/* Takes a code of the offered secret; then it counts, former recovery codes are void, and all other
 * sessions of the account end after commit. *ret_codes: an array of TD_RECOVERY_CODES texts, shown
 * once; a new reference. TD_EFIELDS for field "one_time_code": code_wrong; TD_ECONFLICT when none is offered. */
int td_second_factor_confirm(struct td_review *review, const char *code, const char *keep_session,
                             json_t **ret_codes, struct td_error *reterr);

/* Voids the recovery codes of who acts and makes new ones. TD_ECONFLICT without a second factor. */
int td_second_factor_renew(struct td_review *review, json_t **ret_codes, struct td_error *reterr);

/* Takes a code or a recovery code of the account, in a write transaction. TD_EINVALID when it is
 * none, was taken before, or the account has no second factor. */
int td_second_factor_take(struct td_review *review, const char *account_id, const char *code);

/* The same at a moment, in seconds since 1970: for tests. */
int td_second_factor_take_at(struct td_review *review, const char *account_id, const char *code,
                             int64_t seconds);

/* Removes the own one, where the policy does not require it ("second_factor_required"). */
int td_second_factor_remove(struct td_review *review, struct td_error *reterr);

/* Removes another's, as security administrator; its sessions end after commit. "own_second_factor"
 * on oneself. */
int td_second_factor_reset(struct td_review *review, const char *account_id,
                           struct td_error *reterr);

#endif
