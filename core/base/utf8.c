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
