/* route.h - a route row, the call a handler sees, and the reply it fills.
 *
 * A row says everything about an endpoint; authorisation (default deny), validation, 404/405, HEAD,
 * OPTIONS, the OpenAPI document and the role matrix test are derived from it. `path` is the page's
 * path; the same resource as JSON is at /api/v1 + path, or at `path` with `Accept: application/json`.
 *
 * Steps run in this order, each optional but one of them present:
 *   read   on a reader thread inside a read transaction: loads, may leave JSON in call->kept
 *   work   outside any transaction: a CPU-pool function, a scorer job or a queue lease (see enum)
 *          After a job of the loop (every td_work but TD_WORK_CPU) work_fn, when the row has one, is
 *          called on the loop with call->result and may finish the reply: quick JSON work only. A row
 *          with neither work_fn nor write answers the result: as the value when `read` left none, else as
 *          its member "result"
 *   write  on the writer thread inside its own savepoint: checks that nothing moved, then writes.
 *          The reply leaves the server only after the commit is durable.
 * Handlers are plain sequential C. They never touch sockets, Redis or other processes, and they never
 * keep a pointer past the call: all memory is the call's arena. */
#ifndef TD_HTTP_ROUTE_H
#define TD_HTTP_ROUTE_H

#include "base/arena.h"
#include "base/error.h"
#include "review/account.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct td_calendar;
struct td_seal_key;
struct td_tx;
struct td_call;
struct td_reply;

enum td_method { TD_GET, TD_POST, TD_PUT, TD_PATCH, TD_DELETE };

enum td_limit_class {
    TD_LIMIT_NORMAL, /* body up to limits.body (1 MB), usual request rate */
    TD_LIMIT_LOGIN,  /* small body, strict rate per address and login */
    TD_LIMIT_GUESS,  /* a code is tried: rate per address as of the public, also for who has a session */
    TD_LIMIT_UPLOAD  /* body streamed to a temporary file, up to limits.upload (20 MB) */
};

/* A row's body schema: flat list of members, ended by a NULL name. Unknown members are refused for
 * JSON and, but for those that begin with '_', for forms too. A form's members arrive as text and are
 * converted by type; dotted names ("content.education.0.degree") build nested objects and arrays. */
enum td_field_type {
    TD_FIELD_TEXT,   /* min/max = characters (Unicode code points); max 0 = 2000; trimmed */
    TD_FIELD_INT,    /* min/max = value */
    TD_FIELD_POINTS, /* decimal with up to 2 places; handlers get an integer in hundredths */
    TD_FIELD_DATE,   /* YYYY-MM-DD */
    TD_FIELD_BOOL,   /* JSON true/false; form "1"/"true"/"on"/"yes" or absent */
    TD_FIELD_CHOICE, /* one of the '|'-separated options */
    TD_FIELD_ID,     /* ULID */
    TD_FIELD_OBJECT, /* any JSON object; its inside is checked by the handler */
    TD_FIELD_ARRAY   /* any JSON array; a form's single value becomes an array of one */
};

struct td_field {
    const char *name;
    enum td_field_type type;
    bool required;
    int64_t min, max;
    const char *options; /* TD_FIELD_CHOICE: "accept|return|reject" */
    const char *summary; /* one English line for the OpenAPI document */
};

typedef int (*td_step_fn)(struct td_call *call, struct td_reply *reply, struct td_error *reterr);

enum td_work {
    TD_WORK_NONE,
    TD_WORK_LOOP,   /* work_fn runs on the loop at once: for what takes microseconds and needs no store */
    TD_WORK_CPU,    /* route->work_fn runs on the CPU pool; call->tx is NULL */
    TD_WORK_SCORER, /* call->job (JSON, see scoring/protocol.h) goes to a worker; answer in call->result */
    TD_WORK_CHECK,  /* the same, but a mistake in the script is an answer: {"error": {"file", "line", "rule",
                     * "message", ...}} */
    TD_WORK_EXAMINE, /* call->job is the media type (text) that the upload's first bytes name: the sandboxed
                     * examiner looks at it; refused with what was found, or the upload is from here on
                     * what may be kept. No result, no work_fn: a write follows */
    TD_WORK_TAKE,   /* call->job is an array of ids, best first; the loop leases the first free one to
                     * this account (result: {"id": ...} or null) */
    TD_WORK_SESSIONS, /* the loop lists sessions: of the account whose id is call->job (text), else of this one
                       * (result: td_session_list_json) */
    TD_WORK_HOLDERS, /* call->job is an array of ids; result {id: account id} of those on lease, {} without Redis */
    TD_WORK_RELEASE, /* call->job is an id (text): this account's lease on it is given back */
    TD_WORK_PLUGINS, /* call->job is td_plugin_used: a new generation of workers with what is in the plugin folder
                     * now. Result {"generation": 3, "catalog": {...}, "refused": [...]}, as scoring/pool.h has them;
                     * TD_EPLUGIN: none could be started and the present one serves on */
    TD_WORK_STATUS   /* how the parts of the server are (result: td_frame_status) */
};

/* True for work that does what call->job says, which the read step sets. */
bool td_work_needs_job(enum td_work work);

enum td_route_flags {
    TD_ROUTE_LEASE = 1,      /* writes need the lease on {application}: taken when free, 423 when another's */
    TD_ROUTE_IF_MATCH = 2,   /* If-Match (or form field _version) is required: 428 without */
    TD_ROUTE_STREAM = 4,     /* server-sent events: the handler answers topics, see http/sse.h */
    TD_ROUTE_NO_CSRF = 8,    /* only for login; the Origin check still holds */
    TD_ROUTE_DEMO = 16,      /* 404 unless the server runs in demo mode */
    TD_ROUTE_SECRET = 32,    /* the body leaves no trace: an Idempotency-Key is not kept, memory is overwritten (passwords, ballots) */
    TD_ROUTE_ANYTIME = 64,   /* also for an account that must change its password first; browsers are sent to
                              * the first GET page with this flag */
    TD_ROUTE_STEP_UP = 128,  /* the session must have proven a password or code a short while ago, http/step_up.c */
    TD_ROUTE_CARRIES = 256,  /* the proof itself: a form's members belong to another row and are carried on; this one
                              * reads those of its schema with '_' before their names */
    TD_ROUTE_ENROL = 512,    /* also for an account that must set up its second factor first; browsers are sent to the
                              * first GET page with this flag */
    TD_ROUTE_UNTOLD = 1024,  /* no line of the access log, and the answer is overwritten, too (secret ballots) */
    TD_ROUTE_ONCE = 2048     /* the answer is shown once: an Idempotency-Key is not kept (a receipt with its code) */
};

struct td_route {
    enum td_method method;
    const char *path;    /* "/applications/{application}/evidence" */
    uint32_t roles;      /* union of td_role; 0 = nobody */
    const char *summary; /* one English line for the OpenAPI document */
    td_step_fn read;
    td_step_fn work_fn;
    td_step_fn write;
    const char *page; /* template name; NULL = JSON only */
    const struct td_field *body;
    const char *query; /* names of the query parameters that the steps read, with blanks between */
    enum td_work work;
    enum td_limit_class limit;
    unsigned flags;
};

/* A streamed upload, complete on disk and not yet owned by anybody. The server unlinks `path` after
 * the call unless td_files_adopt took it. */
struct td_upload {
    const char *path;
    const char *name; /* file name as sent, made safe; never used as a path */
    size_t size;
    char hash[65]; /* SHA-256 of the content, hex: the name it will have */
    char sent_hash[65]; /* of what was sent, when TD_WORK_EXAMINE put something else in its place; else "" */
};

enum td_face { TD_FACE_JSON, TD_FACE_PAGE };

struct td_call {
    const struct td_route *route;
    struct td_arena *arena;
    const struct td_account *who; /* NULL without a session */
    const char *pending;          /* id of the account whose code is missing in this session; NULL else */
    int failures;                 /* TD_LIMIT_LOGIN rows: refused attempts since the last login */
    bool proven;                  /* such a row found the secret right: should it fail now, that is no guess */
    const char *session_id;       /* hash of the session token; NULL without */
    const char *csrf;             /* what writes of this session must send; NULL without */
    const char *request_id;
    const char *address; /* client's address as text */
    enum td_face face;
    const char *language; /* of who asks: "zh", "en" */
    json_t *params;  /* {"application": "01J..."}; ids in paths are not yet checked to exist */
    json_t *query;   /* {"q": "...", "cursor": "..."}: text values */
    json_t *body;    /* validated against the row; NULL when the row has no body */
    const char *if_match;          /* the tags without the outer quotation marks, NULL when not sent */
    const struct td_upload *upload; /* TD_LIMIT_UPLOAD rows */
    const json_t *catalog; /* series descriptors of the present plugin generation (scoring/pool.h) */
    const struct td_config *config;
    const struct td_calendar *calendar; /* working days, review/calendar.h */
    const struct td_seal_key *seal;     /* for identity numbers and phones, base/seal.h */
    struct td_tx *tx;  /* open in read and write */
    json_t *typed;     /* a page made again for a form that failed: what the form held; NULL else */
    json_t *kept;      /* read leaves here what work and write need; arena-owned */
    json_t *job;       /* read sets it where td_work_needs_job; arena-owned */
    json_t *result;    /* what work answered */
};

enum td_session_action { TD_SESSION_KEEP, TD_SESSION_START, TD_SESSION_START_PENDING, TD_SESSION_PROVE,
                         TD_SESSION_UNLOCK, TD_SESSION_END, TD_SESSION_END_OTHERS, TD_SESSION_END_ALL };

/* The part of a reply that everybody gets alike who may have it: it depends on nothing but the key, the face and
 * the page's language. Its text is kept (http/memo.h) and `make` called only when there is none, in the same
 * transaction. It must read nothing of call->who, and nothing that the key does not stand for. For read steps of
 * rows without work and write only: what is kept must have been committed. */
struct td_shared {
    const char *key; /* any bytes, arena memory */
    size_t length;
    const json_t *holds; /* what the key names by its address, see td_memo_keep; NULL */
    /* An object, a new reference. As JSON its members follow those of reply->value; a page shows it with the
     * partials of these names, as {{{shared.<name>}}}; they see the value and the texts, nothing of the page. */
    int (*make)(struct td_call *call, const void *arg, json_t **ret_value, struct td_error *reterr);
    const void *arg;
    const char *const *partials; /* NULL-ended */
};

/* What a handler answers. Zero is a 200 with no value. */
struct td_reply {
    int status;           /* 0 = 200; 201, 202, 204, 303 ... */
    json_t *value;        /* an object; owned by the reply (the server decrefs) */
    struct td_shared shared; /* more of it; none when `make` is NULL */
    const char *location; /* after a write, a browser is sent there (303, or `status` 307: with its form); JSON gets it as Location. A
                           * page path without /api/v1; arena memory */
    int64_t version;      /* > 0: ETag is "<version>" */
    const char *file;     /* send this file instead: path on disk, arena memory */
    const char *tag;      /* of file: what its content is called, for ETag and If-Range; arena memory */
    const char *bytes;    /* or these bytes; arena memory */
    size_t length;        /* of bytes */
    const char *type;     /* media type of file/bytes */
    const char *filename; /* attachment; NULL = inline */
    const char *announce; /* after a write: subscribers of this topic ("meeting/01J...") hear that it changed. As
                           * td_row_live, but nothing of it is stored; arena memory */
    enum td_session_action session;
    const char *session_account; /* TD_SESSION_START, _PENDING: for whom; _UNLOCK: which login waits no more */
    const char *session_id;      /* TD_SESSION_END: which session of `who`; NULL = the present one */
};

/* True when the row names this query parameter. */
bool td_route_reads(const struct td_route *route, const char *name);

/* Path parameter and query value as text; "" when absent, never NULL. A query parameter that is
 * asked for must stand in the row. */
const char *td_call_param(const struct td_call *call, const char *name);
const char *td_call_query(const struct td_call *call, const char *name);

/* Members of the validated body: borrowed. Text "" / 0 / false / NULL when absent. */
const char *td_call_text(const struct td_call *call, const char *name);
int64_t td_call_int(const struct td_call *call, const char *name);
bool td_call_bool(const struct td_call *call, const char *name);
json_t *td_call_json(const struct td_call *call, const char *name);

/* 412 unless If-Match was sent and names `version`, alone or as one of several (RFC 9110, 13.1.1): who saves again before
 * he heard of his last save names what both may have led to. The detail of both versions goes into reterr. */
int td_call_check_version(const struct td_call *call, int64_t version, struct td_error *reterr);

#endif
