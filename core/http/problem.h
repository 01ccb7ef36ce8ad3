/* problem.h - failures in words: RFC 9457 documents for API clients, the same for pages. */
#ifndef TD_HTTP_PROBLEM_H
#define TD_HTTP_PROBLEM_H

#include "base/error.h"
#include "http/locale.h"

#include <jansson.h>

/* {"type": "/problems/fields", "title", "status", "detail", "instance": request id, "key"?,
 * "parameters"?, "errors"?: [{"field", "code", "message"}]}; a new reference. Title and detail come
 * from the locale: problem.<slug with _> and problem.<key>; field messages from
 * field_problem.<code>, after field.<first part of path>_<field> or field.<field>. What the locale
 * lacks is said in technical English, but for failures of the server itself, whose detail is for
 * the log. */
json_t *td_problem_make(const struct td_locale *locale, const char *path, int code,
                        const struct td_error *error, const char *request_id);

/* A reply that succeeded may say what it did not take: the messages of `value`'s "problems"
 * [{"field", "code", "message", "name"?, "name_en"?}] are put into the language. */
void td_problem_say(const struct td_locale *locale, const char *path, json_t *value);

/* The same for `page.problem`: `errors` is called `fields` there. Borrows `problem`, a new
 * reference. */
json_t *td_problem_for_page(const json_t *problem);

#endif
