/* target.h - the request line and the names of hosts in it. Pure functions over text. */
#ifndef TD_HTTP_TARGET_H
#define TD_HTTP_TARGET_H

#include <stdbool.h>
#include <stddef.h>

struct td_target {
    const char *method;     /* a literal */
    bool http_1_0;
    const char *origin;     /* the target in origin form, inside the line; "/" when an absolute one has no path */
    size_t origin_length;
    size_t path_length;     /* of origin, before the '?' */
    const char *authority;  /* of an absolute target, else NULL */
    size_t authority_length;
};

/* Reads "METHOD target HTTP/1.x" without its line end. 0, or the HTTP status of a refusal (400, 501)
 * and its reason. */
int td_target_read(const char *line, size_t length, struct td_target *ret_target, const char **ret_reason);

/* Decodes the path of `target` into `path` (room for path_length + 1). 0, or 400 and the reason: broken
 * escapes, not UTF-8, controls, an encoded slash, "." or ".." segments. */
int td_target_path(const struct td_target *target, char *path, const char **ret_reason);

/* host[:port] as RFC 3986 writes it: a name, an IPv4 address or [IPv6], not empty. */
bool td_target_is_host(const char *text, size_t length);

#endif
