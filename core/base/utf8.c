/* utf8.c - see utf8.h. */
#include "base/utf8.h"

size_t td_utf8_next(const unsigned char *s, size_t length, unsigned *ret_point)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : s[0] >= 0xc0 ? 2 : 0;
    if (n == 0 || n > length || s[0] > 0xf4)
        return 0;
    unsigned point = n == 1 ? s[0] : s[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (s[i] & 0x3f);
    }
    if (point < least[n] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return 0;
    *ret_point = point;
    return n;
}

bool td_utf8_is(const char *bytes, size_t length)
{
    unsigned point;
    for (size_t i = 0; i < length;) {
        size_t n = td_utf8_next((const unsigned char *)bytes + i, length - i, &point);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

size_t td_utf8_count(const char *bytes, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)bytes[i] & 0xc0) != 0x80;
    return count;
}

/* U+202A to U+202E and U+2066 to U+2069 turn the order of what follows: a name that is not what it
 * reads. Marks without a reach (U+200E, U+200F, U+061C) are what right-to-left writing needs. */
static bool turns_order(const char *text, size_t length)
{
    if (length < 3 || text[0] != '\xe2')
        return false;
    unsigned char second = (unsigned char)text[1], third = (unsigned char)text[2];
    return (second == 0x80 && third >= 0xaa && third <= 0xae) ||
           (second == 0x81 && third >= 0xa6 && third <= 0xa9);
}

bool td_utf8_has_controls(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7f ||
            turns_order(text + i, length - i))
            return true;
    }
    return false;
}
