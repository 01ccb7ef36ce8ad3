/* enrich.h - what pages see beyond a handler's value (the table in web/README.md). */
#ifndef TD_HTTP_ENRICH_H
#define TD_HTTP_ENRICH_H

#include "http/locale.h"

#include <jansson.h>

/* A new value with labels, texts of times and points, has_xs, xs_count, index and is_first added;
 * the given one is not touched. What a handler set itself is never replaced, but for x by x_<lang>.
 * Linear in the size of the value; what lies deeper than 64 levels is shared as it is. NULL when
 * memory is short. */
json_t *td_enrich(const struct td_locale *locale, const json_t *value);

#endif
