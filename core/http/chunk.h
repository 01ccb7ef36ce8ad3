/* chunk.h - checks the raw framing of a chunked body before the parser sees it.
 *
 * llhttp decodes; this decides what is proper: CR LF everywhere, no sign or space around a size, bounded
 * extensions and trailers of visible characters, and where exactly the message ends. Two readers that must
 * agree leave no room for a second request hidden in a body. */
#ifndef TD_HTTP_CHUNK_H
#define TD_HTTP_CHUNK_H

#include <stddef.h>
#include <stdint.h>

struct td_chunk_guard {
    int state;        /* zero at the start of a body */
    uint64_t left;    /* bytes of the present chunk */
    unsigned digits;  /* of its size */
    size_t overhead;  /* bytes of extensions and trailers so far */
    size_t name_length; /* of the trailer line being read; SIZE_MAX after its colon */
};

/* Reads on. 1: the body ends after *ret_used bytes. 0: all bytes were read, more must come. -1: improper. */
int td_chunk_read(struct td_chunk_guard *guard, const char *bytes, size_t length, size_t *ret_used);

#endif
