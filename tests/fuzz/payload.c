/* A body: the first byte says as what it is decoded. Whatever is accepted must be valid JSON of bounded
 * depth, and so must what the schema lets through. */
#include "http/payload.h"

#include <stdint.h>
#include <stdlib.h>

static const struct td_field fields[] = {
    {"a", TD_FIELD_TEXT, false, 1, 10, NULL, ""},
    {"b", TD_FIELD_INT, false, -5, 5, NULL, ""},
    {"c", TD_FIELD_POINTS, false, 0, 1000, NULL, ""},
    {"d", TD_FIELD_DATE, false, 0, 0, NULL, ""},
    {"e", TD_FIELD_BOOL, true, 0, 0, NULL, ""},
    {"f", TD_FIELD_CHOICE, false, 0, 0, "x|y", ""},
    {"g", TD_FIELD_ID, false, 0, 0, NULL, ""},
    {"h", TD_FIELD_OBJECT, false, 0, 0, NULL, ""},
    {"i", TD_FIELD_ARRAY, false, 0, 0, NULL, ""},
    {0},
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void must_be_text(const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);
    if (!text)
        abort();
    free(text);
}

static void check(const json_t *sent, bool is_form)
{
    json_t *body = NULL;
    struct td_error err = TD_ERROR_INIT;
    if (td_payload_check(fields, sent, is_form, &body, &err) == 0)
        must_be_text(body);
    else if (body || json_array_size(err.fields) == 0)
        abort();
    td_error_done(&err);
    json_decref(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    json_t *value = NULL;
    int r = TD_EINVALID;
    if (length == 0)
        return 0;
    const char *text = (const char *)bytes + 1;
    if (bytes[0] == 'f')
        r = td_payload_decode_form(text, length - 1, &value, NULL);
    else if (bytes[0] == 'j')
        r = td_payload_decode_json(text, length - 1, &value, NULL);
    if ((r == 0) != (value != NULL) || (value && !json_is_object(value)))
        abort();
    if (value) {
        must_be_text(value);
        check(value, true);
        check(value, false);
        json_decref(value);
    }
    return 0;
}
