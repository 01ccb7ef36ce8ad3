/* certificate.h - the certificate on paper: one A4 page as PDF.
 *
 * A certificate is one document whatever language its reader uses: Chinese with the English below. The same
 * input gives the same bytes. */
#ifndef TD_PAPER_CERTIFICATE_H
#define TD_PAPER_CERTIFICATE_H

#include "base/strbuf.h"

#include <jansson.h>

enum { TD_PAPER_MAX = 4 << 20 }; /* bytes of a file */

/* Appends the PDF of {"name", "title", "title_en", "series", "specialty", "level", "number", "awarded_on", "issued_on",
 * "issuer", "directed" (boolean), "qr" (text of the code), "check_url", "check_code", "key" (fingerprint), "token" (for the
 * keywords)}. TD_EINVALID for a QR text that is too long, TD_EFULL beyond TD_PAPER_MAX, TD_ENOMEM. */
int td_paper_certificate(const json_t *certificate, struct td_strbuf *pdf);

#endif
