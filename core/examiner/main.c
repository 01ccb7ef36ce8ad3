/* main.c - titled-examiner: looks at one uploaded file in a sandbox and ends.
 *
 * Standard input is the file, standard output takes what is to be kept in its place, descriptor 3
 * gets one frame (scoring/protocol.h):
 *   {"findings": ["pdf_script", ...], "rewritten": true}   no findings = accepted
 *   {"failure": "full"|"io"|"sandbox", "message": "..."}   nothing is known about the file
 * The server starts one process for each file, so that nothing of one outlives it. */
#include "examiner/verdict.h"
#include "examiner/walls.h"
#include "scoring/protocol.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const keys[] = {
#define X(name, key) key,
    TD_FINDINGS(X)
#undef X
};

static bool write_all(int fd, const unsigned char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, bytes, length);
        if (n <= 0)
            return false;
        bytes += n;
        length -= (size_t)n;
    }
    return true;
}

static int say(json_t *message)
{
    size_t length = 0;
    unsigned char *frame = td_protocol_encode(message, &length);
    bool said = frame && write_all(TD_WALLS_FD, frame, length);
    free(frame);
    json_decref(message);
    return said ? 0 : 1;
}

static int say_failure(const char *code, const char *message)
{
    return say(json_pack("{s:s, s:s}", "failure", code, "message", message));
}

static bool to_output(struct td_sink *sink, const void *bytes, size_t length)
{
    if (!sink->failure && !write_all(STDOUT_FILENO, bytes, length))
        sink->failure = errno;
    return !sink->failure;
}

static int say_verdict(const struct td_verdict *verdict)
{
    json_t *findings = json_array();
    for (size_t i = 0; i < TD_FINDING_COUNT; i++)
        if (verdict->findings & 1u << i)
            json_array_append_new(findings, json_string(keys[i]));
    return say(json_pack("{s:o, s:b}", "findings", findings, "rewritten", verdict->rewritten));
}

/* One byte more than the file may have, so that a longer one shows. */
static unsigned char *read_input(size_t room, size_t *ret_length)
{
    unsigned char *bytes = malloc(room + 1);
    size_t length = 0;
    ssize_t n = 1;
    while (bytes && length <= room && n > 0) {
        n = read(STDIN_FILENO, bytes + length, room + 1 - length);
        length += n > 0 ? (size_t)n : 0;
    }
    if (bytes && (n < 0 || length > room)) {
        free(bytes);
        bytes = NULL;
    }
    *ret_length = length;
    return bytes;
}

static int examine(const char *type, size_t input_max)
{
    struct td_sink sink = {.write = to_output};
    struct td_verdict verdict = {0};
    size_t length = 0;
    unsigned char *bytes = read_input(input_max, &length);
    if (!bytes)
        return say_failure("io", "the file cannot be read");
    if (!strcmp(type, "image/jpeg"))
        td_jpeg_examine(bytes, length, &sink, &verdict);
    else if (!strcmp(type, "image/png"))
        td_png_examine(bytes, length, &sink, &verdict);
    else
        td_pdf_examine(bytes, length, &verdict);
    if (!strcmp(type, TD_EXAMINE_PDF_ANEW) && !verdict.findings)
        td_pdf_write_anew(bytes, length, &sink, &verdict);
    free(bytes);
    if (sink.failure == ENOSPC || sink.failure == EDQUOT)
        return say_failure("full", strerror(sink.failure));
    if (sink.failure && sink.failure != EFBIG) /* grown past its limit: a finding */
        return say_failure("io", strerror(sink.failure));
    return say_verdict(&verdict);
}

int main(int argc, char **argv)
{
    char why[256] = "";
    if (argc != 5) {
        fprintf(stderr, "usage: titled-examiner TYPE INPUT_MAX OUTPUT_MAX SECONDS   (verdict on "
                        "descriptor 3)\n");
        return 2;
    }
    size_t input_max = strtoul(argv[2], NULL, 10), output_max = strtoul(argv[3], NULL, 10);
    if (td_walls_enter(output_max, (int)strtol(argv[4], NULL, 10), why, sizeof(why)) < 0) {
        say_failure("sandbox", why);
        return 3;
    }
    _exit(examine(argv[1], input_max)); /* the libraries' farewells ask for more than is allowed */
}
