/* A picture of either kind, by its first byte: what is accepted was written and is accepted again;
 * what is not has a finding and is not called rewritten. */
#include "examiner/picture.h"
#include "examiner/verdict.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT_MAX = 1 << 20 };

struct keeper {
    struct td_sink sink;
    size_t length;
    unsigned char bytes[KEPT_MAX];
};

static struct keeper first, second;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static bool keep(struct td_sink *sink, const void *bytes, size_t length)
{
    struct keeper *keeper = (struct keeper *)sink;
    if (length > KEPT_MAX - keeper->length) {
        sink->failure = ENOSPC;
        return false;
    }
    memcpy(keeper->bytes + keeper->length, bytes, length);
    keeper->length += length;
    return true;
}

static struct td_verdict examine(const uint8_t *bytes, size_t length, struct keeper *keeper)
{
    struct td_verdict verdict = {0};
    keeper->sink = (struct td_sink){.write = keep};
    keeper->length = 0;
    if (length && bytes[0] == 0xff)
        td_jpeg_examine(bytes, length, &keeper->sink, &verdict);
    else
        td_png_examine(bytes, length, &keeper->sink, &verdict);
    if (verdict.rewritten == (verdict.findings != 0))
        abort();
    if (verdict.rewritten && !keeper->length)
        abort();
    return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    td_picture_orientation(bytes, length);
    if (!examine(bytes, length, &first).rewritten)
        return 0;
    if (!examine(first.bytes, first.length, &second).rewritten && !second.sink.failure)
        abort();
    return 0;
}
