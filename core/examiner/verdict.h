/* verdict.h - what one examination comes to, and where a rewritten file goes. */
#ifndef TD_EXAMINER_VERDICT_H
#define TD_EXAMINER_VERDICT_H

#include "examiner/finding.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct td_verdict {
    uint32_t findings; /* bits 1 << enum td_finding; 0 = the file is accepted */
    bool rewritten;    /* the sink got what is to be kept in place of the file */
};

static inline void td_verdict_add(struct td_verdict *verdict, enum td_finding finding)
{
    verdict->findings |= 1u << finding;
}

/* Takes all bytes or remembers why not in `failure` (an errno) and answers false. */
struct td_sink {
    bool (*write)(struct td_sink *sink, const void *bytes, size_t length);
    int failure;
};

/* Each looks at a whole file in memory. Images are decoded to their end, turned upright as their
 * EXIF orientation says and written anew: pixels, nothing else. PDF files are read in every
 * revision and not rewritten, so that signatures stay valid. When the sink fails, the verdict
 * counts for nothing. */
void td_jpeg_examine(const unsigned char *bytes, size_t length, struct td_sink *sink,
                     struct td_verdict *verdict);
void td_png_examine(const unsigned char *bytes, size_t length, struct td_sink *sink,
                    struct td_verdict *verdict);
void td_pdf_examine(const unsigned char *bytes, size_t length, struct td_verdict *verdict);

/* Writes an examined PDF anew without what it says about itself (pdf_anew.c). */
void td_pdf_write_anew(const unsigned char *bytes, size_t length, struct td_sink *sink,
                       struct td_verdict *verdict);

#endif
