/* error.c - lookups over the error X-macro, and the detail record. Holds no state. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct row {
    int code;
    int http;
    const char *name;
    const char *slug;
    const char *text;
};

static const struct row rows[] = {
#define X(code, number, http, slug, text) {code, http, #code, slug, text},
    TD_ERRORS(X)
#undef X
};

static const struct row unknown = {0, 500, "TD_E?", "internal", "The server could not do this."};

static const struct row *find(int code)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].code == code)
            return &rows[i];
    return &unknown;
}

/* A text that did not fit must not end inside a character: JSON would refuse it whole. */
static void format_text(char *text, size_t size, const char *fmt, va_list ap)
{
    int whole = vsnprintf(text, size, fmt, ap);
    if (whole < 0)
        text[0] = 0;
    if (whole < (int)size)
        return;
    size_t end = size - 1;
    while (end > 0 && ((unsigned char)text[end - 1] & 0xc0) == 0x80)
        end--;
    if (end > 0 && (unsigned char)text[end - 1] >= 0xc0)
        text[end - 1] = 0;
}

int td_error_set(struct td_error *reterr, int code, const char *fmt, ...)
{
    if (!reterr)
        return code;
    va_list ap;
    va_start(ap, fmt);
    format_text(reterr->detail, sizeof(reterr->detail), fmt, ap);
    va_end(ap);
    reterr->code = code;
    reterr->key[0] = 0; /* an earlier sentence does not explain this failure */
    json_decref(reterr->parameters);
    reterr->parameters = NULL;
    return code;
}

int td_error_key(struct td_error *reterr, int code, const char *key, json_t *parameters)
{
    if (!reterr) {
        json_decref(parameters);
        return code;
    }
    char *text = parameters ? json_dumps(parameters, JSON_COMPACT) : NULL;
    td_error_set(reterr, code, "%s%s%s", key, text ? " " : "", text ? text : "");
    free(text);
    snprintf(reterr->key, sizeof(reterr->key), "%s", key);
    reterr->parameters = parameters;
    return code;
}

int td_error_field(struct td_error *reterr, const char *field, const char *code, const char *fmt,
                   ...)
{
    if (!reterr)
        return TD_EFIELDS;
    char message[sizeof(reterr->detail)];
    va_list ap;
    va_start(ap, fmt);
    format_text(message, sizeof(message), fmt, ap);
    va_end(ap);
    if (!reterr->fields)
        reterr->fields = json_array();
    json_t *entry = json_pack("{s:s, s:s, s:s}", "field", field, "code", code, "message", message);
    if (!entry) /* the field's name or the message repeats bytes that are not UTF-8 */
        entry = json_pack("{s:s, s:s, s:s}", "field", "", "code", code, "message",
                          td_error_text(TD_EFIELDS));
    json_array_append_new(reterr->fields, entry);
    reterr->code = TD_EFIELDS;
    return TD_EFIELDS;
}

void td_error_done(struct td_error *err)
{
    if (!err)
        return;
    json_decref(err->parameters);
    json_decref(err->fields);
    *err = (struct td_error)TD_ERROR_INIT;
}

const char *td_error_name(int code)
{
    return find(code)->name;
}

const char *td_error_slug(int code)
{
    return find(code)->slug;
}

const char *td_error_text(int code)
{
    return find(code)->text;
}

int td_error_http(int code)
{
    return find(code)->http;
}
