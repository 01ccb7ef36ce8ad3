/* utf8.h - what well-formed UTF-8 is: no overlong forms, no surrogates, nothing past U+10FFFF. Needs no memory. */
#ifndef TD_BASE_UTF8_H
#define TD_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Length of the well-formed sequence at `s`, 0 when there is none; its code point in *ret_point. */
size_t td_utf8_next(const unsigned char *s, size_t length, unsigned *ret_point);

/* Whether all of the bytes are. */
bool td_utf8_is(const char *bytes, size_t length);

/* How many characters (code points) a well-formed text has. */
size_t td_utf8_count(const char *bytes, size_t length);

/* Whether a text has what no field takes: controls other than tabs and line ends, and marks that turn the order of
 * what follows. */
bool td_utf8_has_controls(const char *text, size_t length);

#endif
