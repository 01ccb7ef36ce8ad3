/* error.h - the one list of failures, and the detail that travels with one.
 *
 * Every function that can fail returns 0 or a negative TD_E* code. A function that knows more than
 * the code says fills a `struct td_error` passed as `reterr` (which may be NULL): written only on
 * failure, never on success. The texts may be shown to users; nothing secret goes into them. */
#ifndef TD_BASE_ERROR_H
#define TD_BASE_ERROR_H

#include <jansson.h>

/*      code           number  HTTP  slug                 text */
#define TD_ERRORS(X)                                                                               \
    X(TD_EINVALID,      -1,    400, "invalid",             "The request is not valid.")            \
    X(TD_ELOGIN,        -2,    401, "login-required",      "Log in to do this.")                   \
    X(TD_EFORBIDDEN,    -3,    403, "forbidden",           "Your role does not allow this.")       \
    X(TD_ENOTFOUND,     -4,    404, "not-found",           "There is nothing at this address.")    \
    X(TD_EMETHOD,       -5,    405, "method-not-allowed",  "This address does not answer that method.") \
    X(TD_ECONFLICT,     -6,    409, "conflict",            "This does not fit the present state.") \
    X(TD_ESTALE,        -7,    412, "changed-meanwhile",   "Somebody changed this meanwhile.")     \
    X(TD_ETOOLARGE,     -8,    413, "too-large",           "The request is larger than allowed.")  \
    X(TD_EMEDIA,        -9,    415, "unsupported-type",    "This type of content is not accepted.") \
    X(TD_EFIELDS,      -10,    422, "fields",              "Some fields need another look.")       \
    X(TD_ELEASED,      -11,    423, "leased",              "Somebody else is working on this.")    \
    X(TD_EPRECOND,     -12,    428, "precondition",        "Send If-Match with the version you read.") \
    X(TD_ETHROTTLED,   -13,    429, "too-many-requests",   "Too many requests. Wait a moment.")    \
    X(TD_ENOMEM,       -14,    500, "memory",              "The server could not do this.")        \
    X(TD_EINTERNAL,    -15,    500, "internal",            "The server could not do this.")        \
    X(TD_EBUSY,        -16,    503, "busy",                "The server is busy. Try again shortly.") \
    X(TD_EREDIS,       -17,    503, "sessions-unavailable", "Sessions are unavailable for the moment. Nothing you saved is lost.") \
    X(TD_EIO,          -18,    503, "storage",             "The store refused the write. Nothing was changed.") \
    X(TD_EFULL,        -19,    507, "storage-full",        "The store is full. Nothing was changed.") \
    X(TD_ESCRIPT,      -20,    422, "script",              "The scoring script failed.")           \
    X(TD_EPLUGIN,      -21,    500, "plugin",              "The plugin of this series failed.")    \
    X(TD_ETIMEOUT,     -22,    504, "timeout",             "This took too long.")                  \
    X(TD_ESTEPUP,      -23,    403, "step-up-required",    "Prove again who you are: POST /session/step-up.")

enum {
#define X(code, number, http, slug, text) code = number,
    TD_ERRORS(X)
#undef X
};

/* One failure in words. What people read comes from the locales: `key` names a sentence under
 * "problem" there, `parameters` fills its {places}. `detail` is the technical English sentence for
 * logs, scripts and callers that have no locale. `fields`, when set, is a JSON array of
 * {"field": "content.education.0.degree", "code": "required", "message": "..."}. The error owns both. */
struct td_error {
    int code;
    char key[48];
    char detail[512];
    json_t *parameters;
    json_t *fields;
};

#define TD_ERROR_INIT { .code = 0 }

/* Sets code and printf-formatted detail; returns `code` so that `return td_error_set(...)` reads well.
 * `reterr` may be NULL. Earlier fields are kept. */
int td_error_set(struct td_error *reterr, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Sets code and locale key; `parameters` is a new reference handed over, or NULL. Returns `code`.
 * The detail becomes the key followed by the parameters, for logs. */
int td_error_key(struct td_error *reterr, int code, const char *key, json_t *parameters);

/* Appends one field error and sets the code to TD_EFIELDS; returns TD_EFIELDS. `code` is a locale
 * key under "field_problem" ("required", "too_long" ...); the message is for callers without a locale. */
int td_error_field(struct td_error *reterr, const char *field, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Releases what the error owns and makes it empty again. */
void td_error_done(struct td_error *err);

const char *td_error_name(int code);   /* "TD_EINVALID"; "TD_E?" when unknown */
const char *td_error_slug(int code);   /* "invalid" */
const char *td_error_text(int code);   /* the sentence for users */
int td_error_http(int code);           /* 400 ... 507; 500 when unknown */

#endif
