/* parameter.h - values with parameters: `form-data; name="a"; filename="b"` (RFC 9110, 5.6.6). */
#ifndef TD_HTTP_PARAMETER_H
#define TD_HTTP_PARAMETER_H

#include <stdbool.h>
#include <stddef.h>

/* True when the text before the first ';' is `word`, in any case. */
bool td_parameter_leads(const char *text, const char *word);

/* Copies the parameter `name` into `value`. Length, -1 when absent, -2 when the text is malformed, the
 * parameter is given twice, or does not fit `size`. In a quoted value, \" and \\ are one character; other
 * backslashes stay, as browsers mean them. */
long td_parameter_find(const char *text, const char *name, char *value, size_t size);

/* The same for `name*=UTF-8''percent%20encoded` (RFC 8187); another character set is malformed. */
long td_parameter_find_extended(const char *text, const char *name, char *value, size_t size);

#endif
