/* Bytes of a form with the boundary "xX": what the parser says must not depend on how they are
 * split. */
#include "base/strbuf.h"
#include "http/multipart.h"
#include "base/utf8.h"
#include "http/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int on_part(void *arg, const struct td_multipart_part *part, struct td_error *reterr)
{
    (void)reterr;
    char name[TD_TEXT_NAME_ROOM];
    td_strbuf_addf(arg, "[%s|%s|", part->name, part->type);
    if (part->filename) {
        td_text_safe_name(part->filename, strlen(part->filename), name);
        if (strchr(name, '/') || !td_utf8_is(name, strlen(name)) ||
            td_text_has_controls(name, strlen(name)))
            abort();
        td_strbuf_adds(arg, name);
    }
    return 0;
}

static int on_bytes(void *arg, const char *bytes, size_t length, struct td_error *reterr)
{
    (void)reterr;
    td_text_add_form(arg, bytes, length);
    return 0;
}

static int on_part_end(void *arg, struct td_error *reterr)
{
    (void)reterr;
    td_strbuf_addc(arg, ']');
    return 0;
}

static void run(const char *bytes, size_t length, size_t piece, struct td_strbuf *out)
{
    static const struct td_multipart_events events = {on_part, on_bytes, on_part_end};
    struct td_multipart *multipart;
    struct td_error err = TD_ERROR_INIT;
    int rc = td_multipart_new("multipart/form-data; boundary=xX", &events, out, &multipart, &err);
    for (size_t at = 0; rc == 0 && at < length; at += piece)
        rc = td_multipart_read(multipart, bytes + at, piece < length - at ? piece : length - at,
                               &err);
    if (rc == 0)
        rc = td_multipart_end(multipart, &err);
    td_multipart_free(multipart);
    td_strbuf_addf(out, "%d %s", rc, err.detail);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct td_strbuf whole, pieces;
    td_strbuf_init(&whole);
    td_strbuf_init(&pieces);
    run((const char *)bytes, length, length + 1, &whole);
    run((const char *)bytes, length, length % 5 + 1, &pieces);
    if (whole.length != pieces.length || memcmp(whole.bytes, pieces.bytes, whole.length) != 0) {
        fprintf(stderr, "%s\n%s\n", whole.bytes, pieces.bytes);
        abort();
    }
    td_strbuf_done(&whole);
    td_strbuf_done(&pieces);
    return 0;
}
