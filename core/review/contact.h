/* contact.h - what the system tells a person, sent to the telephone or by e-mail as well.
 *
 * Every message (review/message.h) of somebody who wants it posts one delivery to the target "gateway", when
 * the outgoing file names one; without it messages stay inside. The text is that of the message, in the
 * person's language. Telephone and e-mail are sealed at rest, opened for the attempt alone and neither logged
 * nor stored with the delivery. One that the gateway did not take for three days is given up: the message
 * itself stays. */
#ifndef TD_REVIEW_CONTACT_H
#define TD_REVIEW_CONTACT_H

#include "review/review.h"

#include <stdbool.h>

/* Posts the delivery of a message, or does nothing. */
int td_contact_post(struct td_review *review, const char *account_id, const char *message_id);

/* Whether what this person is told leaves the system. */
int td_contact_reaches(struct td_review *review, const char *account_id, bool *ret_reached);

/* Tells somebody without an account, in words of his own how to reach him: at the mobile number, else the e-mail
 * address that the contact holds; nobody when it holds neither or no gateway is there. `parameters` is borrowed.
 * The delivery looks like that of any other message. */
int td_contact_tell(struct td_review *review, const char *contact_sealed, const char *language,
                    const char *kind, const json_t *parameters);

enum { TD_CONTACT_TO_TEXT = 128 };

/* "sms" or "email" with what to send to, or NULL. A landline takes no messages and is none. */
const char *td_contact_find(const char *contact, char to[TD_CONTACT_TO_TEXT]);

/* The body for an attempt (a td_delivery_kind's make): {"message", "channel", "to", "locale", "say", "parameters"}.
 * TD_ENOTFOUND when the person does not want it any more. */
int td_contact_make(struct td_review *review, const json_t *delivery, json_t **ret_body,
                    struct td_error *reterr);

/* The caller's: {"notify": "off" | "sms" | "email", "language", "has_phone", "has_email", "gateway": whether
 * anything is sent}. */
int td_contact_view(struct td_review *review, json_t **ret_contact);

/* From {"notify", "language", "phone", "email"}: "" keeps the number or address that is there. TD_EFIELDS. */
int td_contact_set(struct td_review *review, const json_t *contact, struct td_error *reterr);

#endif
