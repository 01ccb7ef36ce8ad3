/* message.h - what a person is told inside the system. A message is a kind and its parameters; the
 * words come from the locales ("say": message_<kind>), so they follow the reader's language. */
#ifndef TD_REVIEW_MESSAGE_H
#define TD_REVIEW_MESSAGE_H

#include "review/review.h"

#include <stdint.h>

/* Leaves a message; `application_id` may be NULL; `parameters` is borrowed and may be NULL.
 * Subscribers of "account/<id>" are told after commit. */
int td_message_send(struct td_review *review, const char *account_id, const char *application_id,
                    const char *kind, const json_t *parameters);

/* The same to each of rows with "account_id". */
int td_message_send_each(struct td_review *review, const json_t *people, const char *application_id,
                         const char *kind, const json_t *parameters);

/* The same to everybody who has a role ("unit", "office") in a scope, but `except` (an account; "" = nobody). */
int td_message_send_role(struct td_review *review, const char *role, const char *scope, const char *except,
                         const char *application_id, const char *kind, const json_t *parameters);

/* The caller's messages, newest first: {"items": [{"id", "application_id", "number", "kind", "say", "parameters",
 * "sent_at", "read_at", "unread", "delivery_state" (to telephone or e-mail; null = only here)}], "next", "unread":
 * count}. */
int td_message_list(struct td_review *review, const char *cursor, json_t **ret_page);

/* How many the caller has not read. */
int td_message_unread(struct td_review *review, int64_t *ret_count);

/* Marks one (or, with "", all) of the caller's messages as read. */
int td_message_read(struct td_review *review, const char *message_id);

#endif
