/* cookie.h - our two cookies: what they are called and how a browser keeps them.
 *
 * For a site that is reached by https (td_config_is_secure) names begin with __Host-: a browser then takes them
 * over TLS only, for this host only, so that neither plain HTTP nor a sibling host can plant one; a cookie of
 * the short name counts for nothing there. */
#ifndef TD_HTTP_COOKIE_H
#define TD_HTTP_COOKIE_H

#include "base/arena.h"

#include <stddef.h>

struct td_config;

enum td_cookie { TD_COOKIE_SESSION, TD_COOKIE_LANGUAGE };

const char *td_cookie_name(const struct td_config *config, enum td_cookie cookie);

/* The value of the first cookie of this name in a Cookie header (RFC 6265, 4.2), a place in `header` of
 * *ret_length bytes; NULL when there is none. */
const char *td_cookie_find(const char *header, const char *name, size_t *ret_length);

/* The value of Set-Cookie, in the arena; NULL when that is full. A `value` of NULL makes the browser forget. */
const char *td_cookie_make(const struct td_config *config, enum td_cookie cookie, const char *value,
                           struct td_arena *arena);

#endif
