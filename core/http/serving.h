/* serving.h - one request on its way through the phases: what the frame's files share. Nobody else
 * includes it.
 *
 * A serving is touched by one thread at a time: the loop, or the store or CPU thread that runs its
 * step. `exchange` belongs to the loop alone and becomes NULL when the client has gone. */
#ifndef TD_HTTP_SERVING_H
#define TD_HTTP_SERVING_H

#include "base/arena.h"
#include "base/strbuf.h"
#include "http/cpu.h"
#include "http/frame.h"
#include "http/mailbox.h"
#include "http/route.h"
#include "redis/live.h"
#include "redis/lockout.h"
#include "redis/session.h"
#include "redis/throttle.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

struct td_frame {
    struct td_frame_options options;
    const struct td_dispatch *dispatch;
    const struct td_http_server *http;
    struct td_router *router;
    struct td_views *views;
    int64_t views_looked_ms;
    json_t *asset; /* addresses of web/assets for templates */
    char *openapi; /* the document, made at start */
    size_t openapi_length;
    struct td_rates *rates;
    struct td_memo *memo;
    TAILQ_HEAD(td_stream_list, td_stream) streams; /* oldest first */
    size_t open;
};

/* What exchange->frame_state points to: a serving, or the event stream it became. */
struct td_owner {
    void (*gone)(struct td_owner *owner);
};

struct td_serving;
typedef void (*td_serving_fn)(struct td_serving *serving);

struct td_serving {
    struct td_owner owner; /* first: an owner of this kind is its serving */
    struct td_letter letter;
    struct td_cpu_job job;
    td_serving_fn next; /* where the loop goes on when the letter is opened */
    td_serving_fn then; /* and after the account was loaded */

    struct td_frame *frame;
    struct td_exchange *exchange;
    struct td_arena *arena;
    struct td_views *views;
    const struct td_locale *locale;

    /* the request */
    enum td_method method;
    const char *path;  /* without /api/v1 */
    const char *query; /* as sent */
    const char *agent; /* User-Agent, "" when absent */
    bool is_control;
    bool waits_for_body;       /* nothing is under way but the body's arrival */
    const char *if_none_match; /* as sent; NULL */
    char heard[TD_LIVE_ID_TEXT]; /* for a page: the last live message before it; "" when not known */
    const char *upload_path;   /* temporary file; unlinked at the end */
    const char *table_name;    /* Content-Disposition of a list sent as a table; NULL */
    const char *output_path;   /* another: what the examiner writes */
    int input, output;         /* both, open, on their way to the examiner */
    struct td_upload upload;

    /* the body, before the row's schema */
    json_t *sent; /* decoded, arena-owned; NULL without a body */
    json_t *checked; /* as the row's schema takes it, arena-owned; NULL before */
    bool is_form;
    bool is_secret; /* meant for a row with TD_ROUTE_SECRET: overwritten at the end */
    const char *large; /* the bytes of a body that only threads decode, hash and free; NULL */
    size_t large_length;
    const char *back; /* _back, a path of this server; NULL */
    const char *refused; /* path of the write whose form is shown again; NULL */
    const char *key;  /* Idempotency-Key; NULL */
    char body_hash[65];

    /* who */
    struct td_session session;
    bool has_session;
    bool sessions_down; /* a cookie came, but Redis did not answer */
    char subject[TD_LOCKOUT_SUBJECT_TEXT]; /* whose password or code this tries; "" = nobody's */
    const char *from; /* the address, as counted: of IPv6 the first 64 bits */
    int wait_seconds; /* too many requests: this one is refused, once its form can be shown again */
    int64_t unread;

    /* the steps */
    struct td_call call;
    struct td_reply reply;
    struct td_error error;
    int result;
    bool replayed;            /* an earlier reply to the same Idempotency-Key */
    const char *lease_holder; /* another account that holds the lease on {application} */
    bool leased;              /* this request took or renewed the lease on {application} */
    bool leased_anew;         /* it took it */
    bool moved_on;            /* the dossier changed its state: the lease is over */
    bool is_back;             /* the page that `_back` names is being made for `problem` */
    json_t *problem;          /* arena-owned; the failure that a page shows */
    int problem_status;

    /* the reply */
    struct td_strbuf out;
    const char *type; /* of out; NULL while nothing is composed */
    int file;         /* reply.file, opened by td_reply_compose; -1 */
    size_t file_size;
    const char *cookie;
};

/* --- begin.c ----------------------------------------------------------------------- */

/* A serving for this exchange, which then knows it; NULL when memory is short. */
struct td_serving *td_serving_begin(struct td_frame *frame, struct td_exchange *exchange,
                                    void (*gone)(struct td_owner *owner));

/* --- phases.c: the order of things, all on the loop -------------------------------- */

/* Ends the request with this failure: problem document, page, or the page it came from. */
void td_serving_fail(struct td_serving *serving, int code);

/* Has `next` called on the loop; from any thread. */
void td_serving_post(struct td_serving *serving, td_serving_fn next);

/* --- entry.c: who may come in, and in what shape ----------------------------------- */

/* A cookie of the request, copied into the arena; NULL when absent. */
const char *td_entry_cookie(struct td_serving *serving, const char *name);

/* 0 when the row's roles let this account (NULL = nobody logged in) in; TD_ELOGIN, TD_EFORBIDDEN, also
 * to an account that must change its password or set up its second factor first. */
int td_entry_check_role(const struct td_route *route, const struct td_account *who,
                        struct td_error *reterr);

/* The same for who asks here; TD_EREDIS instead of TD_ELOGIN while sessions cannot be looked up, so that
 * nobody is sent to log in again whose session only Redis could confirm. */
int td_entry_check_serving(const struct td_serving *serving, const struct td_route *route,
                           struct td_error *reterr);

/* 0 when a write comes from our own pages or from no browser at all. */
int td_entry_check_origin(const struct td_serving *serving, struct td_error *reterr);

/* The row that answers. td_entry_wipe overwrites what was sent to a secret one, and what that made of it. */
void td_entry_choose(struct td_serving *serving, const struct td_route *route);
void td_entry_wipe(struct td_serving *serving);

/* Has a large body decoded into `sent` by a thread, then goes on with `next` on the loop: serving->result
 * says how that went, and the client may have gone. Calls `next` at once for any other body. */
void td_entry_take(struct td_serving *serving, td_serving_fn next);

/* Decodes the body into `sent`, if that is not done, and takes _back, _key, _version, and the CSRF value. *ret_method is
 * changed by a form's _method. */
int td_entry_decode(struct td_serving *serving, const char **ret_csrf, enum td_method *ret_method,
                    struct td_error *reterr);

/* --- steps.c: read, work, write ---------------------------------------------------- */

/* Loads the session's account on a reader thread, checks the role, goes on with `next`; failures
 * end it. */
void td_steps_load_account(struct td_serving *serving, td_serving_fn next);

/* Runs the row's steps, then td_session_change_apply. */
void td_steps_run(struct td_serving *serving);

/* --- examine.c --------------------------------------------------------------------- */

/* Has the upload examined, then goes on with `next` on the loop. 0, or negative when nobody took it. */
int td_examine_begin(struct td_serving *serving, td_serving_fn next);

/* --- step_up.c: a fresh proof of who acts ------------------------------------------ */

/* 0 when the row needs none or the session has one; TD_ESTEPUP. */
int td_step_up_check(const struct td_serving *serving, struct td_error *reterr);

/* True when this failure is answered with the page that asks for the proof, and its value: {"to",
 * "kept": [{"name", "value"}], "code"}; a new reference, NULL when memory is short. */
bool td_step_up_asks(const struct td_serving *serving, int code);
json_t *td_step_up_value(struct td_serving *serving);

/* What a form on its way through TD_ROUTE_CARRIES says to that row itself; a new reference. */
json_t *td_step_up_members(const struct td_serving *serving);

/* --- session_change.c: the session change that a reply asks for -------------------- */

/* Starts or ends sessions as the reply says, then td_reply_send. On the loop, after the commit. */
void td_session_change_apply(struct td_serving *serving);

/* The request fails, but not for a wrong password or code: it does not count as a guess. */
void td_session_change_forgive(struct td_serving *serving);

/* --- idempotency.c ----------------------------------------------------------------- */

/* 0 with *ret_found when this key has an answer, which is put into the reply; TD_EFIELDS when the
 * key was used for another request. */
int td_idempotency_find(struct td_serving *serving, struct td_tx *tx, bool *ret_found,
                        struct td_error *reterr);
int td_idempotency_store(struct td_serving *serving, struct td_tx *tx);
bool td_idempotency_wanted(const struct td_serving *serving);

/* Hashes all that makes two requests the same one, for find and store. */
int td_idempotency_hash(struct td_serving *serving);

/* --- reply.c ----------------------------------------------------------------------- */

/* Makes `out` of the reply's value: JSON, page or CSV; opens its file. On any thread. */
int td_reply_compose(struct td_serving *serving, struct td_error *reterr);

/* Sends what was composed (or composes now), then ends the serving. On the loop. */
void td_reply_send(struct td_serving *serving);
void td_reply_redirect(struct td_serving *serving, const char *location);
void td_reply_problem(struct td_serving *serving, int code);

/* Ends the serving; the exchange must have been ended. */
void td_serving_free(struct td_serving *serving);

/* --- shared.c: what replies have in common ----------------------------------------- */

/* Of reply->shared: its members as JSON text without the braces, or {partial: HTML}; kept or made. A new
 * reference. On a store thread, in the transaction that the handler read in. */
int td_shared_json(struct td_serving *serving, json_t **ret_text, struct td_error *reterr);
int td_shared_page(struct td_serving *serving, json_t **ret_texts, struct td_error *reterr);

/* --- builtin.c: what the frame answers itself -------------------------------------- */

/* True when it was one of: /language, /openapi.json; the serving is ended then. */
bool td_builtin_reply(struct td_serving *serving);

/* --- stream.c ---------------------------------------------------------------------- */

/* Turns the exchange into an event stream on the topics in reply.value; the serving is ended. */
void td_stream_open(struct td_serving *serving);

#endif
