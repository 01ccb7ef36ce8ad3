/* certificate.h - what a certificate says, signed: short enough for a QR code, checked without the server.
 *
 *     TDC1.<base64url of the statement>.<base64url of the signature>
 *
 * The statement is UTF-8 text: "titled-certificate/1", a newline, and one JSON object {"number", "name", "title",
 * "specialty", "series", "level", "track", "awarded_on", "issued_on", "issuer"}. The signature is the server's SM2
 * (store/signer.h: r and s, 64 bytes) over it, made when the title is issued. The token stands in the QR code behind the
 * '#' of the address, so that a telephone opens the check page and sends nothing of it, and in the
 * PDF's keywords. Whether the title is suspended, converted or revoked only the server knows. */
#ifndef TD_REVIEW_CERTIFICATE_H
#define TD_REVIEW_CERTIFICATE_H

#include "base/error.h"
#include "base/strbuf.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define TD_CERTIFICATE_MARK "TDC1."

enum { TD_CERTIFICATE_SIGNATURE = 64, TD_CERTIFICATE_STATEMENT_MAX = 2048 };

struct td_certificate {
    char statement[TD_CERTIFICATE_STATEMENT_MAX + 1]; /* with the first line */
    size_t length;
    unsigned char signature[TD_CERTIFICATE_SIGNATURE];
};

/* The statement's text of {"number", ...} (extra members are left out), appended to `out`. TD_EINVALID when it is
 * too long. */
int td_certificate_state(const json_t *title, struct td_strbuf *out);

/* Appends the token. */
void td_certificate_token(const char *statement, size_t length,
                          const unsigned char signature[TD_CERTIFICATE_SIGNATURE],
                          struct td_strbuf *out);

/* Finds the token in a PDF's bytes or a QR code's text and takes it apart, strictly: one spelling for each token.
 * TD_EINVALID with words: none there, two that differ, or not well formed. */
int td_certificate_find(const char *bytes, size_t length, struct td_certificate *ret_certificate,
                        struct td_error *reterr);

/* The object of a statement, a new reference; NULL when it is none. */
json_t *td_certificate_content(const struct td_certificate *certificate);

/* True when the server that has this public key (PEM) signed it. */
bool td_certificate_holds(const struct td_certificate *certificate, const char *public_key);

#endif
