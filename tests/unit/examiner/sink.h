/* sink.h - a sink that keeps what it gets, for tests; fails once it has `limit` bytes. */
#ifndef TD_TESTS_EXAMINER_SINK_H
#define TD_TESTS_EXAMINER_SINK_H

#include "examiner/verdict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct memory_sink {
    struct td_sink sink;
    unsigned char *bytes;
    size_t length, limit;
};

static bool memory_write(struct td_sink *sink, const void *bytes, size_t length)
{
    struct memory_sink *memory = (struct memory_sink *)sink;
    if (memory->length + length > memory->limit) {
        sink->failure = ENOSPC;
        return false;
    }
    memory->bytes = realloc(memory->bytes, memory->length + length);
    memcpy(memory->bytes + memory->length, bytes, length);
    memory->length += length;
    return true;
}

static struct memory_sink memory_sink(size_t limit)
{
    return (struct memory_sink){.sink = {.write = memory_write}, .limit = limit};
}

#endif
