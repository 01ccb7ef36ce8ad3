/* framing.c - see framing.h. Holds no state: what is missing stays in the buffer. */
#include "scoring/framing.h"

#include "base/error.h"
#include "scoring/protocol.h"

#include <event2/buffer.h>

int td_framing_take(struct evbuffer *input, json_t **ret_message)
{
    unsigned char header[TD_PROTOCOL_HEADER];
    if (evbuffer_copyout(input, header, sizeof(header)) < (ev_ssize_t)sizeof(header))
        return TD_EBUSY;
    size_t length = td_protocol_length(header);
    if (!length)
        return TD_EINVALID;
    if (evbuffer_get_length(input) < sizeof(header) + length)
        return TD_EBUSY;
    evbuffer_drain(input, sizeof(header));
    const char *text = (const char *)evbuffer_pullup(input, (ev_ssize_t)length);
    json_t *message = text ? json_loadb(text, length, 0, NULL) : NULL;
    evbuffer_drain(input, length);
    if (!message)
        return TD_EINVALID;
    *ret_message = message;
    return 0;
}
