/* protocol.c - see protocol.h. Used by both ends; no I/O here. */
#include "scoring/protocol.h"

#include "base/memory.h"

#include <stdlib.h>

void td_protocol_header(unsigned char header[TD_PROTOCOL_HEADER], size_t length)
{
    for (int i = 0; i < TD_PROTOCOL_HEADER; i++)
        header[i] = (unsigned char)(length >> (8 * (TD_PROTOCOL_HEADER - 1 - i)));
}

unsigned char *td_protocol_encode(const json_t *message, size_t *ret_length)
{
    size_t length = json_dumpb(message, NULL, 0, JSON_COMPACT);
    if (!length || length > TD_PROTOCOL_FRAME_MAX)
        return NULL;
    unsigned char *frame = td_memory_alloc(TD_PROTOCOL_HEADER + length);
    if (!frame)
        return NULL;
    td_protocol_header(frame, length);
    json_dumpb(message, (char *)frame + TD_PROTOCOL_HEADER, length, JSON_COMPACT);
    *ret_length = TD_PROTOCOL_HEADER + length;
    return frame;
}

size_t td_protocol_length(const unsigned char header[TD_PROTOCOL_HEADER])
{
    size_t length =
        (size_t)header[0] << 24 | (size_t)header[1] << 16 | (size_t)header[2] << 8 | header[3];
    return length > TD_PROTOCOL_FRAME_MAX ? 0 : length;
}
