/* protocol.c - see protocol.h. Used by both ends; no I/O here. */
#include "scoring/protocol.h"

#include "base/memory.h"

#include <stdlib.h>

unsigned char *td_protocol_encode(const json_t *message, size_t *ret_length)
{
    size_t length = json_dumpb(message, NULL, 0, JSON_COMPACT);
    if (!length || length > TD_PROTOCOL_FRAME_MAX)
        return NULL;
    unsigned char *frame = td_memory_alloc(TD_PROTOCOL_HEADER + length);
    if (!frame)
        return NULL;
    frame[0] = (unsigned char)(length >> 24);
    frame[1] = (unsigned char)(length >> 16);
    frame[2] = (unsigned char)(length >> 8);
    frame[3] = (unsigned char)length;
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
