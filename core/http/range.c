/* range.c - see range.h. No state. */
#include "http/range.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* Digits at *text, which moves behind them; false when there are none or too many. */
static bool read_number(const char **text, size_t *ret_number)
{
    size_t digits = strspn(*text, "0123456789"), number = 0;
    if (digits == 0 || digits > 18)
        return false;
    for (size_t i = 0; i < digits; i++)
        number = number * 10 + (size_t)((*text)[i] - '0');
    *text += digits;
    *ret_number = number;
    return true;
}

static enum td_range_kind tail(const char *text, size_t size, struct td_range *ret_range)
{
    size_t length;
    if (!read_number(&text, &length) || *text)
        return TD_RANGE_NONE;
    if (length == 0 || size == 0)
        return TD_RANGE_OUTSIDE;
    length = length < size ? length : size;
    *ret_range = (struct td_range){size - length, length};
    return TD_RANGE_PART;
}

enum td_range_kind td_range_parse(const char *header, size_t size, struct td_range *ret_range)
{
    static const char unit[] = "bytes=";
    size_t first, last = SIZE_MAX - 1;
    if (strncasecmp(header, unit, sizeof(unit) - 1) != 0)
        return TD_RANGE_NONE;
    const char *text = header + sizeof(unit) - 1;
    if (*text == '-')
        return tail(text + 1, size, ret_range);
    if (!read_number(&text, &first) || *text++ != '-')
        return TD_RANGE_NONE;
    if (*text && !read_number(&text, &last))
        return TD_RANGE_NONE;
    if (*text || last < first)
        return TD_RANGE_NONE;
    if (first >= size)
        return TD_RANGE_OUTSIDE;
    last = last < size ? last : size - 1;
    *ret_range = (struct td_range){first, last - first + 1};
    return TD_RANGE_PART;
}
