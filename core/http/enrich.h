/* enrich.h - what pages see beyond a handler's value (the table in web/README.md).
 *
 * Nothing is copied: a member that a template names and the handler did not set is made at that moment. */
#ifndef TD_HTTP_ENRICH_H
#define TD_HTTP_ENRICH_H

#include "http/locale.h"

#include <jansson.h>

/* The member `name` of `object`, borrowed: what the handler set, in the page's language when there is an
 * x_<lang>; else a label, the text of a time or of points, has_xs, xs_count, say_text; and of the
 * `position`-th member of a list (from 1, 0 = of none) index and is_first. What had to be made is appended
 * to the array `made`, which keeps it. NULL when there is no such member. */
const json_t *td_enrich_member(const struct td_locale *locale, const json_t *object,
                               size_t position, const char *name, json_t *made);

#endif
