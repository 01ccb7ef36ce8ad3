/* refill.h - a page that a refused form leads back to: what was typed and chosen is there again. */
#ifndef TD_HTTP_REFILL_H
#define TD_HTTP_REFILL_H

#include "base/strbuf.h"

#include <jansson.h>
#include <stddef.h>

/* Appends `html` to `out`. In its form that sends by `method` to `action`, hiding what was sent as
 * hidden, texts are as `form` (td_payload_decode_form) has them, and options, radio buttons and
 * checkboxes chosen. Left as they are: what a disabled control says or one with `autocomplete` or
 * `data-secret`, passwords and files, a list without the option that was sent, names below an array
 * or beginning with '_'. */
void td_refill(const char *html, size_t length, const char *method, const char *action,
               const json_t *form, struct td_strbuf *out);

#endif
