/* What a worker sends to the server, as a worker in the hands of an attacker would: the first byte
 * says how the rest is cut into pieces. The frames do not depend on the cuts, and whatever a frame
 * claims about a failure becomes an error of ours with its key. */
#include "base/error.h"
#include "scoring/answer.h"
#include "scoring/framing.h"
#include "scoring/protocol.h"

#include <event2/buffer.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES_MAX = 64 };

struct taken {
    json_t *frames[FRAMES_MAX];
    int count, result;
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void demand(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "worker_frames: %s\n", what);
    abort();
}

static void take(struct evbuffer *input, struct taken *taken)
{
    while (taken->count < FRAMES_MAX && taken->result != TD_EINVALID) {
        taken->result = td_framing_take(input, &taken->frames[taken->count]);
        if (taken->result < 0)
            return;
        taken->count++;
    }
}

static void feed(const uint8_t *bytes, size_t length, size_t piece, struct taken *taken)
{
    struct evbuffer *input = evbuffer_new();
    *taken = (struct taken){0};
    for (size_t at = 0; at < length; at += piece) {
        evbuffer_add(input, bytes + at, piece < length - at ? piece : length - at);
        take(input, taken);
    }
    evbuffer_free(input);
}

static void read_answer(const json_t *frame)
{
    struct td_error err = TD_ERROR_INIT;
    int result = td_answer_read(frame, &err);
    demand((result == 0) == (json_object_get(frame, "error") == NULL), "a failure is no failure");
    demand(result == 0 || result == TD_ESCRIPT || result == TD_EPLUGIN, "an unknown failure");
    demand(result == 0 || strlen(err.detail) < sizeof(err.detail), "a detail without end");
    td_error_done(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct taken whole, parts;
    if (length == 0)
        return 0;
    feed(bytes + 1, length - 1, length, &whole);
    feed(bytes + 1, length - 1, 1 + bytes[0] % 16, &parts);
    demand(whole.count == parts.count, "the number of frames depends on the cuts");
    demand((whole.result == TD_EINVALID) == (parts.result == TD_EINVALID),
           "and so does the refusal");
    for (int i = 0; i < whole.count; i++) {
        demand(json_equal(whole.frames[i], parts.frames[i]), "and so does a frame");
        read_answer(whole.frames[i]);
        json_decref(whole.frames[i]);
        json_decref(parts.frames[i]);
    }
    return 0;
}
