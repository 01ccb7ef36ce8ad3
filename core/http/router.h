/* router.h - finds the row of a request.
 *
 * The rows are checked and compiled once at start into a tree by path segment; nothing is allocated
 * per request but the parameters. A literal segment wins over a parameter at the same place. */
#ifndef TD_HTTP_ROUTER_H
#define TD_HTTP_ROUTER_H

#include "base/error.h"
#include "http/route.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct td_router;

/* True when the page template `name` exists; the router refuses rows that name another. */
typedef bool (*td_router_has_page_fn)(void *arg, const char *name);

/* Compiles `resources`, a NULL-ended list of row arrays, each ended by a row without a path.
 * Refused with the row's method and path in words: a path that is not "/a/{b}", a parameter twice,
 * no role, no step, a write step or a body on GET, an unknown page, a second row for the same
 * requests, a work that lacks its function. The rows are borrowed. */
int td_router_new(const struct td_route *const *resources, td_router_has_page_fn has_page,
                  void *arg, struct td_router **ret_router, struct td_error *reterr);
void td_router_free(struct td_router *router);

/* All rows in the order of their paths, then methods. */
const struct td_route *const *td_router_rows(const struct td_router *router, size_t *ret_count);

/* What a request's path leads to. */
struct td_match {
    const struct td_route *route; /* NULL: no row for this method */
    json_t *params;               /* of route; a new reference */
    unsigned methods;             /* union of 1 << td_method that the path has; 0 = not found */
};

/* Matches a decoded path without /api/v1. 0; TD_ENOTFOUND; TD_EMETHOD with ret_match->methods set;
 * TD_ENOMEM. */
int td_router_find(const struct td_router *router, enum td_method method, const char *path,
                   struct td_match *ret_match);

/* "GET, HEAD, POST, OPTIONS" for a set of methods, written to `text`. */
#define TD_ALLOW_TEXT 64
void td_router_allow(unsigned methods, char text[TD_ALLOW_TEXT]);

const char *td_method_name(enum td_method method);
/* HEAD counts as GET. TD_EMETHOD for a method that no row can have (OPTIONS too). */
int td_method_parse(const char *name, enum td_method *ret_method);

#endif
