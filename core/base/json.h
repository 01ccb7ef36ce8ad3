/* json.h - reading members of JSON objects without asking twice. */
#ifndef TD_BASE_JSON_H
#define TD_BASE_JSON_H

#include <jansson.h>

/* The member's text; "" when it is absent or no text. Borrowed from `object`, which may be NULL. */
static inline const char *td_json_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

#endif
