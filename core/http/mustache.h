/* mustache.h - Mustache templates over JSON values.
 *
 * A template is parsed once into a compact tree and rendered any number of times, from any thread.
 * It passes the official specification (without the optional modules). Where the specification is
 * silent: an empty text is false in a section, a number is always true. Values are HTML-escaped by
 * default. */
#ifndef TD_HTTP_MUSTACHE_H
#define TD_HTTP_MUSTACHE_H

#include "base/error.h"
#include "base/strbuf.h"

#include <jansson.h>
#include <stddef.h>

struct td_mustache;

/* Parses `source` (borrowed, copied). TD_EINVALID with the line: a tag or section that is not
 * closed, a closing tag of another section, an empty or too deep one. */
int td_mustache_parse(const char *source, size_t length, struct td_mustache **ret_template,
                      struct td_error *reterr);
void td_mustache_free(struct td_mustache *template);

/* Finds a partial; NULL = there is none, which renders as nothing. */
typedef const struct td_mustache *(*td_mustache_find_fn)(void *arg, const char *name);

/* Calls `each` for the name of every partial the template uses: for checks at start-up. */
void td_mustache_partials(const struct td_mustache *template,
                          void (*each)(void *arg, const char *name), void *arg);

/* How a template sees the world beyond its values; members may be NULL. `member` answers the member of an
 * object instead of json_object_get, borrowed until the rendering ends; `position` is the object's place in
 * the list that is being shown, from 1, 0 for none. */
struct td_mustache_ways {
    td_mustache_find_fn find; /* partials; NULL = there are none */
    const json_t *(*member)(void *arg, const json_t *object, size_t position, const char *name);
    void *arg;
};

/* Appends the rendering over `root` to `out`. TD_ETOOLARGE when sections and partials nest deeper
 * than 100 levels or `out` would pass `limit` bytes; TD_ENOMEM when memory is short. What was
 * appended before a failure stays in `out`. `ways` may be NULL: plain members, no partials. */
int td_mustache_render(const struct td_mustache *template, const json_t *root,
                       const struct td_mustache_ways *ways, size_t limit, struct td_strbuf *out,
                       struct td_error *reterr);

#endif
