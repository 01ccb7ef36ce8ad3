/* cookie.c - see cookie.h. Rows, no state. */
#include "http/cookie.h"

#include "config.h"

#include <string.h>

/* Lax, not Strict: who follows a link from a notice is logged in there. Writes have their CSRF
 * value. */
static const struct {
    const char *name, *secure_name, *attributes;
} cookies[] = {
    [TD_COOKIE_SESSION] = {"td_session", "__Host-td_session", "; HttpOnly"},
    [TD_COOKIE_LANGUAGE] = {"td_lang", "__Host-td_lang", "; Max-Age=31536000"},
};

const char *td_cookie_name(const struct td_config *config, enum td_cookie cookie)
{
    return td_config_is_secure(config) ? cookies[cookie].secure_name : cookies[cookie].name;
}

const char *td_cookie_find(const char *header, const char *name, size_t *ret_length)
{
    size_t length = strlen(name);
    for (const char *at = header; *at;) {
        at += strspn(at, "; ");
        size_t size = strcspn(at, ";");
        if (size > length && at[length] == '=' && strncmp(at, name, length) == 0) {
            *ret_length = size - length - 1;
            return at + length + 1;
        }
        at += size;
    }
    return NULL;
}

const char *td_cookie_make(const struct td_config *config, enum td_cookie cookie, const char *value,
                           struct td_arena *arena)
{
    return td_arena_printf(arena, "%s=%s; Path=/%s; SameSite=Lax%s", td_cookie_name(config, cookie),
                           value ? value : "", value ? cookies[cookie].attributes : "; Max-Age=0",
                           td_config_is_secure(config) ? "; Secure" : "");
}
