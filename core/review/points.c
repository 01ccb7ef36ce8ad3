/* points.c - see points.h. Never uses binary fractions: what was typed is what is kept. */
#include "review/points.h"

#include <string.h>

static bool parse_text(const char *text, int64_t *ret_hundredths)
{
    size_t whole = strspn(text, "0123456789");
    if (whole < 1 || whole > 9)
        return false;
    int64_t value = 0;
    for (size_t i = 0; i < whole; i++)
        value = value * 10 + (text[i] - '0');
    value *= 100;
    text += whole;
    if (*text == '.') {
        size_t places = strspn(++text, "0123456789");
        if (places < 1 || places > 2)
            return false;
        value += (text[0] - '0') * 10 + (places == 2 ? text[1] - '0' : 0);
        text += places;
    }
    if (*text)
        return false;
    *ret_hundredths = value;
    return true;
}

bool td_points_parse(const json_t *value, int64_t *ret_hundredths)
{
    if (json_is_integer(value)) {
        *ret_hundredths = json_integer_value(value);
        return true;
    }
    return json_is_string(value) && parse_text(json_string_value(value), ret_hundredths);
}
