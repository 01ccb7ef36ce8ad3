/* static.h - the files of web/assets, in memory, under /assets/.
 *
 * Read once at start: no disk on the request path, and no path of a request ever reaches the file
 * system. Each has a strong ETag (SHA-256 of its bytes). An address with ?v=<hash> never changes and is
 * cached for ever; without it the browser asks again each time and mostly gets a 304. */
#ifndef TD_HTTP_STATIC_H
#define TD_HTTP_STATIC_H

#include "base/error.h"
#include "http/connection.h"

struct td_static;

/* Loads `folder` with its sub-folders. Hidden files and symbolic links are left out; a file of an unknown
 * extension, above 4 MB, or more than 64 MB in all, is refused with its name. */
int td_static_load(const char *folder, struct td_static **ret_assets, struct td_error *reterr);
/* Only after the server that sends them is freed. NULL is fine. */
void td_static_free(struct td_static *assets);

/* True when exchange->path begins with /assets/: the exchange is ended here (200, 304, 404, 405). */
bool td_static_reply(const struct td_static *assets, struct td_exchange *exchange);

/* "/assets/titled.css?v=0123456789abcdef" for "titled.css"; NULL when there is no such file. Lives as
 * long as `assets`. */
const char *td_static_url(const struct td_static *assets, const char *name);

/* Calls `visit` for every file, in order of their names: for a page's table of addresses. */
typedef void (*td_static_visit_fn)(void *arg, const char *name, const char *url);
void td_static_each(const struct td_static *assets, td_static_visit_fn visit, void *arg);

#endif
