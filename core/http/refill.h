/* refill.h - a page that a refused form leads back to: what was chosen is chosen again. */
#ifndef TD_HTTP_REFILL_H
#define TD_HTTP_REFILL_H

#include "base/strbuf.h"

#include <jansson.h>
#include <stddef.h>

/* Appends `html` to `out`. In its forms that post to `action`, options, radio buttons and
 * checkboxes are chosen as `form` (td_payload_decode_form) has them. Left as they are: what a
 * disabled control says, a list without the option that was sent, names below an array, names that
 * begin with '_'. */
void td_refill(const char *html, size_t length, const char *action, const json_t *form,
               struct td_strbuf *out);

#endif
