/* text.h - small rules about the characters of HTTP and of file names. Pure functions. */
#ifndef TD_HTTP_TEXT_H
#define TD_HTTP_TEXT_H

#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

/* RFC 9110 token: the only characters of method and header names. False when empty. */
bool td_text_is_token(const char *bytes, size_t length);

/* True when a byte is below 0x20 or 0x7f. */
bool td_text_has_controls(const char *bytes, size_t length);

/* A path of this server: not another host's, nor one that a browser turns into such ("//", "/\\", and
 * what it leaves out: controls). False for NULL. */
bool td_text_is_local_path(const char *path);

/* Value of a hexadecimal digit, or -1. */
int td_text_hex(char c);

/* Replaces %XX in place of `out` (room for `length` + 1; may be `in`); the result's length, or -1 for a
 * broken escape. */
long td_text_percent_decode(const char *in, size_t length, char *out);

/* Appends for application/x-www-form-urlencoded: letters, digits and -._* as they are, the rest as %XX. */
void td_text_add_form(struct td_strbuf *buf, const char *bytes, size_t length);

#define TD_TEXT_NAME_MAX 120                      /* characters of a safe file name */
#define TD_TEXT_NAME_ROOM (TD_TEXT_NAME_MAX * 4 + 1) /* bytes */

/* A file name fit to be shown and sent back: what follows the last / or \, without control characters
 * (also U+0080-9F and the bidirectional overrides), spaces trimmed, leading dots removed, cut to
 * TD_TEXT_NAME_MAX characters but keeping a short extension. "file" when nothing is left or the bytes are
 * not UTF-8. */
void td_text_safe_name(const char *bytes, size_t length, char name[TD_TEXT_NAME_ROOM]);

#endif
