/* payload.h - request bodies and query strings as JSON: decoding, then checking against a row's
 * schema.
 *
 * Decoding refuses what is broken (TD_EINVALID: percent signs, UTF-8, NUL, JSON syntax, duplicate
 * keys) or too big (TD_ETOOLARGE: members, depth); checking collects every field error before it
 * answers. */
#ifndef TD_HTTP_PAYLOAD_H
#define TD_HTTP_PAYLOAD_H

#include "base/error.h"
#include "http/route.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TD_PAYLOAD_MEMBERS_MAX = 2000, /* pairs of a form or query */
    TD_PAYLOAD_NAME_MAX = 200,     /* bytes of a name */
    TD_PAYLOAD_SEGMENTS_MAX = 16,  /* of a dotted name */
    TD_PAYLOAD_INDEX_MAX = 999,    /* of an array member in a dotted name */
    TD_PAYLOAD_DEPTH_MAX = 32      /* of JSON */
};

/* "a=1&b=x+y" as a flat object of texts. A repeated name keeps its first value. */
int td_payload_decode_query(const char *query, json_t **ret_query, struct td_error *reterr);

/* A form as nested objects and arrays: "content.education.0.degree=b" gives
 * {"content": {"education": [{"degree": "b"}]}}; a repeated name gives an array of texts. An object
 * whose members are all numbers becomes an array in their order; gaps close. CR LF of text areas
 * becomes LF. */
int td_payload_decode_form(const char *bytes, size_t length, json_t **ret_form,
                           struct td_error *reterr);

/* A JSON object; any other value is refused. */
int td_payload_decode_json(const char *bytes, size_t length, json_t **ret_value,
                           struct td_error *reterr);

/* The members that `fields` names, checked and converted; `sent` is borrowed. *ret_body is a new
 * reference, set only on success. `is_form`: texts are converted by type, empty ones that are not
 * TEXT count as absent, and further members that begin with '_' are let through unseen. `fields`
 * may be NULL: then nothing may be sent. A JSON null counts as absent. */
int td_payload_check(const struct td_field *fields, const json_t *sent, bool is_form,
                     json_t **ret_body, struct td_error *reterr);

/* Decimal text with up to two places as hundredths: "6.5" is 650. TD_EINVALID. */
int td_payload_points(const char *text, int64_t *ret_points);

#endif
