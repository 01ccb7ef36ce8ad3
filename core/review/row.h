/* row.h - members of a JSON row as plain values: "" / 0 / false when absent, so that callers need no
 * second check for what a missing column means. */
#ifndef TD_REVIEW_ROW_H
#define TD_REVIEW_ROW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline const char *td_row_text(const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));
    return text ? text : "";
}

static inline int64_t td_row_int(const json_t *row, const char *name)
{
    return json_integer_value(json_object_get(row, name));
}

static inline bool td_row_bool(const json_t *row, const char *name)
{
    return json_is_true(json_object_get(row, name));
}

static inline bool td_row_is(const json_t *row, const char *name, const char *value)
{
    return !strcmp(td_row_text(row, name), value);
}

#endif
