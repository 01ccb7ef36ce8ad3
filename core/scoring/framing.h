/* framing.h - frames of a worker (protocol.h) out of the bytes that it sent. Internal to scoring/. */
#ifndef TD_SCORING_FRAMING_H
#define TD_SCORING_FRAMING_H

#include <jansson.h>

struct evbuffer;

/* Takes one whole frame off the input: 0 and *ret_message, a new reference. TD_EBUSY when it has not
 * arrived yet and nothing was taken. TD_EINVALID for a length out of bounds or text that is no JSON:
 * nothing after it can be trusted. */
int td_framing_take(struct evbuffer *input, json_t **ret_message);

#endif
