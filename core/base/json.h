/* json.h - reading members of JSON objects without asking twice, and writing values. */
#ifndef TD_BASE_JSON_H
#define TD_BASE_JSON_H

#include "base/strbuf.h"

#include <jansson.h>
#include <stdbool.h>

/* The member's text; "" when it is absent or no text. Borrowed from `object`, which may be NULL. */
static inline const char *td_json_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* Is the text one of an array's? False when that is NULL or no array. */
bool td_json_lists(const json_t *array, const char *text);

/* Appends any value, byte for byte as json_dumps writes it with JSON_COMPACT | JSON_ENCODE_ANY: members in the
 * order of their making. The value is a tree, its texts are UTF-8, as jansson's parser and constructors have them:
 * neither is checked again, which is what makes this several times faster. A fault shows in out->failed. */
void td_json_write(const json_t *value, struct td_strbuf *out);

/* Whether the text is the value as td_json_write writes it; false, too, when memory is short. */
bool td_json_is_written(const json_t *value, const char *text, size_t length);

/* Appends the members of an object as td_json_write does, without the braces. */
void td_json_write_members(const json_t *object, struct td_strbuf *out);

/* A text; NULL when it is no UTF-8. Plain ASCII is seen at a glance, the rest checked as json_stringn does. */
json_t *td_json_string(const char *text, size_t length);

/* The value of a text as json_loadb reads it with JSON_DECODE_ANY | JSON_ALLOW_NUL, in half the time for what
 * td_json_write wrote. A new reference; NULL when the text is no JSON or memory is short. */
json_t *td_json_read(const char *text, size_t length);

#endif
