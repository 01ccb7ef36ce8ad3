/* chunk.h - reads a chunked body (RFC 9112, 7.1), however its bytes are split.
 *
 * CR LF everywhere, no sign or space around a size, extensions and trailers of visible characters, bounded
 * in all. Both are dropped: nothing here knows a meaning for them, and a trailer never becomes a header. */
#ifndef TD_HTTP_CHUNK_H
#define TD_HTTP_CHUNK_H

#include <stddef.h>
#include <stdint.h>

struct td_chunk_reader {
    int state;        /* zero at the start of a body */
    uint64_t left;    /* bytes of the present chunk */
    unsigned digits;  /* of its size */
    int quote;        /* inside a quoted string of an extension */
    size_t overhead;  /* bytes of extensions and trailers so far */
    size_t name_length; /* of the trailer line being read; SIZE_MAX after its colon */
};

enum td_chunk_step { TD_CHUNK_BROKEN = -1, TD_CHUNK_MORE, TD_CHUNK_CONTENT, TD_CHUNK_END };

/* Reads on until one of these is met; *ret_used bytes have been read then.
 *   BROKEN    the framing is improper
 *   MORE      all bytes were read and more must come
 *   CONTENT   the last *ret_content of the bytes read are content; call again for the rest
 *   END       the body is complete */
enum td_chunk_step td_chunk_read(struct td_chunk_reader *reader, const char *bytes, size_t length,
                                 size_t *ret_used, size_t *ret_content);

#endif
