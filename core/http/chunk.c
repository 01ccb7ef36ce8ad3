/* chunk.c - see chunk.h. A state machine over single bytes; data is skipped in one step. */
#include "http/chunk.h"

#include "http/text.h"

#include <stdbool.h>

#define DIGITS_MAX   15         /* fits 64 bits with room to spare */
#define OVERHEAD_MAX (8 * 1024) /* extensions and trailers of one body */

enum { SIZE, EXTENSION, SIZE_LF, PAYLOAD, PAYLOAD_CR, PAYLOAD_LF, TRAILER, TRAILER_LF, LAST_LF };

static int size_byte(struct td_chunk_guard *guard, char c)
{
    int digit = td_text_hex(c);
    if (digit >= 0 && guard->digits < DIGITS_MAX) {
        guard->left = guard->left << 4 | (unsigned)digit;
        guard->digits++;
        return 0;
    }
    if (guard->digits == 0 || (c != '\r' && c != ';'))
        return -1;
    guard->state = c == ';' ? EXTENSION : SIZE_LF;
    return 0;
}

static bool text_byte(char c)
{
    return c == '\t' || ((unsigned char)c >= 0x20 && c != 0x7f);
}

/* One byte of a trailer line: token, colon, text. An empty line ends the body. */
static int trailer_byte(struct td_chunk_guard *guard, char c)
{
    if (c == '\r') {
        if (guard->name_length != 0 && guard->name_length != SIZE_MAX)
            return -1;
        guard->state = guard->name_length == 0 ? LAST_LF : TRAILER_LF;
        return 0;
    }
    if (guard->name_length == SIZE_MAX)
        return text_byte(c) ? 0 : -1;
    if (c == ':' && guard->name_length > 0)
        guard->name_length = SIZE_MAX;
    else if (td_text_is_token(&c, 1))
        guard->name_length++;
    else
        return -1;
    return 0;
}

static int line_feed(struct td_chunk_guard *guard, char c)
{
    if (c != '\n')
        return -1;
    switch (guard->state) {
    case SIZE_LF:
        guard->state = guard->left ? PAYLOAD : TRAILER;
        guard->name_length = 0;
        return 0;
    case PAYLOAD_LF:
        guard->state = SIZE;
        guard->digits = 0;
        return 0;
    case TRAILER_LF:
        guard->state = TRAILER;
        guard->name_length = 0;
        return 0;
    default: /* LAST_LF */ return 1;
    }
}

static int one_byte(struct td_chunk_guard *guard, char c)
{
    switch (guard->state) {
    case SIZE: return size_byte(guard, c);
    case EXTENSION:
        if (++guard->overhead > OVERHEAD_MAX)
            return -1;
        if (c == '\r')
            guard->state = SIZE_LF;
        return c == '\r' || text_byte(c) ? 0 : -1;
    case TRAILER: return ++guard->overhead > OVERHEAD_MAX ? -1 : trailer_byte(guard, c);
    case PAYLOAD_CR: guard->state = PAYLOAD_LF; return c == '\r' ? 0 : -1;
    default: return line_feed(guard, c);
    }
}

int td_chunk_read(struct td_chunk_guard *guard, const char *bytes, size_t length, size_t *ret_used)
{
    for (size_t i = 0; i < length;) {
        if (guard->state == PAYLOAD) {
            size_t n = guard->left < length - i ? (size_t)guard->left : length - i;
            guard->left -= n;
            i += n;
            if (guard->left == 0)
                guard->state = PAYLOAD_CR;
            continue;
        }
        int step = one_byte(guard, bytes[i++]);
        if (step != 0) {
            *ret_used = i;
            return step;
        }
    }
    *ret_used = length;
    return 0;
}
