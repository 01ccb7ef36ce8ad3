/* contact.h - what the system tells a person, sent to the telephone or by e-mail as well.
 *
 * Every message (review/message.h) of somebody who wants it posts one delivery to the target "gateway", when the
 * outgoing file names one; without it messages stay inside. The text is that of the message, in the person's language.
 * Telephone and e-mail are sealed at rest, opened for the attempt alone and neither logged nor stored with the delivery. One
 * that the gateway did not take for three days is given up: the message itself stays. */
#ifndef TD_REVIEW_CONTACT_H
#define TD_REVIEW_CONTACT_H

#include "review/review.h"

/* Posts the delivery of a message, or does nothing. */
int td_contact_post(struct td_review *review, const char *account_id, const char *message_id);

/* The body for an attempt (a td_delivery_kind's make): {"message", "channel", "to", "locale", "say", "parameters"}.
 * TD_ENOTFOUND when the person does not want it any more. */
int td_contact_make(struct td_review *review, const json_t *delivery, json_t **ret_body,
                    struct td_error *reterr);

/* The caller's: {"notify": "off" | "sms" | "email", "language", "has_phone", "has_email", "gateway": whether anything is sent}. */
int td_contact_view(struct td_review *review, json_t **ret_contact);

/* From {"notify", "language", "phone", "email"}: "" keeps the number or address that is there. TD_EFIELDS. */
int td_contact_set(struct td_review *review, const json_t *contact, struct td_error *reterr);

#endif
