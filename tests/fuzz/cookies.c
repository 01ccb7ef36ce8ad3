/* A Cookie header, looked at by the server and by the plainest reader there can be: pairs between
 * semicolons, blanks before a name forgotten. Both find the same value, and it lies in the header.
 */
#include "http/cookie.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const char *plainest(char *copy, const char *name)
{
    for (char *pair; (pair = strsep(&copy, ";"));) {
        while (*pair == ' ')
            pair++;
        size_t length = strlen(name);
        if (!strncmp(pair, name, length) && pair[length] == '=')
            return pair + length + 1;
    }
    return NULL;
}

static void compare(const char *header, const char *name)
{
    size_t length = 0;
    const char *found = td_cookie_find(header, name, &length);
    char *copy = strdup(header);
    const char *other = plainest(copy, name);
    if (!found != !other || (found && (strlen(other) != length || memcmp(found, other, length)))) {
        fprintf(stderr, "cookies: the readers differ about %s\n", name);
        abort();
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char *header = malloc(length + 1);
    memcpy(header, bytes, length);
    header[length] = 0; /* headers hold no NUL: what follows one is not looked at */
    compare(header, "td_session");
    compare(header, "__Host-td_session");
    compare(header, "td_lang");
    free(header);
    return 0;
}
