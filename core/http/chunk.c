/* chunk.c - see chunk.h. A state machine over single bytes; content is taken in one step. */
#include "http/chunk.h"

#include "http/text.h"

#include <stdbool.h>
#include <string.h>

#define DIGITS_MAX   15         /* fits 64 bits with room to spare */
#define OVERHEAD_MAX (8 * 1024) /* extensions and trailers of one body */

enum { SIZE, EXTENSION, SIZE_LF, PAYLOAD, PAYLOAD_CR, PAYLOAD_LF, TRAILER, TRAILER_LF, LAST_LF };
enum { PLAIN, QUOTED, ESCAPED }; /* in an extension */

static int size_byte(struct td_chunk_reader *reader, char c)
{
    int digit = td_text_hex(c);
    if (digit >= 0 && reader->digits < DIGITS_MAX) {
        reader->left = reader->left << 4 | (unsigned)digit;
        reader->digits++;
        return 0;
    }
    if (reader->digits == 0 || (c != '\r' && c != ';'))
        return -1;
    reader->state = c == ';' ? EXTENSION : SIZE_LF;
    return 0;
}

static bool text_byte(char c)
{
    return c == '\t' || ((unsigned char)c >= 0x20 && c != 0x7f);
}

/* One byte behind the ';': names and values are tokens or quoted strings, and a quote is closed
 * before the line ends: a reader that looks for the line's end inside it must not find another. */
static int extension_byte(struct td_chunk_reader *reader, char c)
{
    if (reader->quote == PLAIN) {
        if (c == '\r')
            reader->state = SIZE_LF;
        else if (c == '"')
            reader->quote = QUOTED;
        else if (!memchr(" \t;=", c, 4) && !td_text_is_token(&c, 1))
            return -1;
        return 0;
    }
    if (!text_byte(c))
        return -1;
    if (reader->quote == ESCAPED || (c != '"' && c != '\\'))
        reader->quote = QUOTED;
    else
        reader->quote = c == '"' ? PLAIN : ESCAPED;
    return 0;
}

/* One byte of a trailer line: token, colon, text. An empty line ends the body. */
static int trailer_byte(struct td_chunk_reader *reader, char c)
{
    if (c == '\r') {
        if (reader->name_length != 0 && reader->name_length != SIZE_MAX)
            return -1;
        reader->state = reader->name_length == 0 ? LAST_LF : TRAILER_LF;
        return 0;
    }
    if (reader->name_length == SIZE_MAX)
        return text_byte(c) ? 0 : -1;
    if (c == ':' && reader->name_length > 0)
        reader->name_length = SIZE_MAX;
    else if (td_text_is_token(&c, 1))
        reader->name_length++;
    else
        return -1;
    return 0;
}

static int line_feed(struct td_chunk_reader *reader, char c)
{
    if (c != '\n')
        return -1;
    switch (reader->state) {
    case SIZE_LF:
        reader->state = reader->left ? PAYLOAD : TRAILER;
        reader->name_length = 0;
        return 0;
    case PAYLOAD_LF:
        reader->state = SIZE;
        reader->digits = 0;
        return 0;
    case TRAILER_LF:
        reader->state = TRAILER;
        reader->name_length = 0;
        return 0;
    default: /* LAST_LF */ return 1;
    }
}

static int one_byte(struct td_chunk_reader *reader, char c)
{
    switch (reader->state) {
    case SIZE: return size_byte(reader, c);
    case EXTENSION: return ++reader->overhead > OVERHEAD_MAX ? -1 : extension_byte(reader, c);
    case TRAILER: return ++reader->overhead > OVERHEAD_MAX ? -1 : trailer_byte(reader, c);
    case PAYLOAD_CR: reader->state = PAYLOAD_LF; return c == '\r' ? 0 : -1;
    default: return line_feed(reader, c);
    }
}

static size_t content(struct td_chunk_reader *reader, size_t length)
{
    size_t n = reader->left < length ? (size_t)reader->left : length;
    reader->left -= n;
    if (reader->left == 0)
        reader->state = PAYLOAD_CR;
    return n;
}

enum td_chunk_step td_chunk_read(struct td_chunk_reader *reader, const char *bytes, size_t length,
                                 size_t *ret_used, size_t *ret_content)
{
    for (size_t i = 0; i < length;) {
        if (reader->state == PAYLOAD) {
            *ret_content = content(reader, length - i);
            *ret_used = i + *ret_content;
            return TD_CHUNK_CONTENT;
        }
        int step = one_byte(reader, bytes[i++]);
        if (step != 0) {
            *ret_used = i;
            return step < 0 ? TD_CHUNK_BROKEN : TD_CHUNK_END;
        }
    }
    *ret_used = length;
    return TD_CHUNK_MORE;
}
