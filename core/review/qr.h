/* qr.h - QR codes as SVG. */
#ifndef TD_REVIEW_QR_H
#define TD_REVIEW_QR_H

#include "base/strbuf.h"

/* Appends an SVG picture of `text` (UTF-8) with the quiet zone that readers need. TD_EINVALID when
 * it is too long for a QR code. */
int td_qr_svg(const char *text, struct td_strbuf *svg);

#endif
