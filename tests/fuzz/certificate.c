/* certificate.c - the finder of signed statements against files and texts that anybody may have
 * written. */
#include "review/certificate.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct td_certificate found;
    char *copy = malloc(length ? length : 1); /* exactly as long, so that a step too far shows */
    if (!copy)
        return 0;
    memcpy(copy, bytes, length);
    if (td_certificate_find(copy, length, &found, NULL) == 0) {
        if (found.length > TD_CERTIFICATE_STATEMENT_MAX || strlen(found.statement) != found.length)
            abort();
        json_decref(td_certificate_content(&found));
    }
    free(copy);
    return 0;
}
