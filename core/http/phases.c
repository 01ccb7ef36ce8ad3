/* phases.c - the order of things for one request (frame.h), on the loop.
 *
 * Each phase either goes on to the next one, hands the serving to another thread or to Redis and
 * goes on in a callback, or ends it. Life of a serving: made in on_head, freed by td_serving_free
 * after its reply; when the client goes meanwhile, `exchange` is NULL and the reply is dropped. */
#include "http/serving.h"

#include "base/clock.h"
#include "config.h"
#include "http/cookie.h"
#include "http/payload.h"
#include "http/rate.h"
#include "http/static.h"
#include "redis/queue.h"
#include "store/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOGIN_BODY_MAX = 16 << 10 };

/* --- failures and hand-over -------------------------------------------------------- */

void td_serving_fail(struct td_serving *serving, int code)
{
    serving->error.code = code;
    td_reply_problem(serving, code);
}

static void open_letter(struct td_letter *letter)
{
    struct td_serving *serving =
        (struct td_serving *)((char *)letter - offsetof(struct td_serving, letter));
    serving->next(serving);
}

void td_serving_post(struct td_serving *serving, td_serving_fn next)
{
    serving->next = next;
    serving->letter.open = open_letter;
    td_mailbox_post(serving->frame->options.mailbox, &serving->letter);
}

static bool is_form_post(const struct td_serving *serving)
{
    const char *type = td_exchange_header(serving->exchange, "Content-Type");
    return strcmp(serving->exchange->method, "POST") == 0 && type &&
           strncasecmp(type, "application/x-www-form-urlencoded", 33) == 0;
}

/* --- lease and throttle ------------------------------------------------------------ */

static void on_leased(void *arg, int result, const char *id, const char *holder)
{
    struct td_serving *serving = arg;
    (void)id;
    if (result == TD_ELEASED)
        serving->lease_holder = td_arena_strdup(serving->arena, holder ? holder : "");
    serving->leased_anew = result == 0 && !holder;
    serving->leased = result == 0; /* without Redis the write step's own checks must do */
    td_steps_run(serving);
}

static void take_lease(struct td_serving *serving)
{
    const struct td_call *call = &serving->call;
    bool wanted = (call->route->flags & TD_ROUTE_LEASE) && call->who && !serving->is_control;
    if (!wanted || td_queue_lease(serving->frame->options.queue, call->who->id,
                                  td_call_param(call, "application"), on_leased, serving) < 0)
        td_steps_run(serving);
}

static void refuse(struct td_serving *serving, const char *key, int wait_seconds)
{
    td_error_key(&serving->error, TD_ETHROTTLED, key, json_pack("{s:i}", "seconds", wait_seconds));
    td_serving_fail(serving, TD_ETHROTTLED);
}

/* Counts the request for the subject. False: it has had too many, and this one has been refused. A
 * form goes on for now, if there were not many of those either: refused with its content, it can be
 * shown again, so that nobody types it twice. */
static bool count(struct td_serving *serving, enum td_rate rate, const char *subject)
{
    struct td_rates *rates = serving->frame->rates;
    int64_t now = td_clock_mono_ms();
    int wait = serving->is_control ? 0 : td_rate_take(rates, rate, subject, now);
    if (wait > serving->wait_seconds)
        serving->wait_seconds = wait;
    if (wait == 0 ||
        (is_form_post(serving) && td_rate_take(rates, TD_RATE_SHOWN, subject, now) == 0))
        return true;
    refuse(serving, "wait_seconds", wait);
    return false;
}

static void on_lockout(void *arg, int result, int wait_seconds, int failures)
{
    struct td_serving *serving = arg;
    serving->call.failures = failures;
    if (result == 0) {
        take_lease(serving);
        return;
    }
    serving->subject[0] = 0; /* it did not come to a try */
    if (result == TD_ETHROTTLED)
        refuse(serving, "locked_for", wait_seconds);
    else
        td_serving_fail(serving, result);
}

/* Whose secret is tried: whose login was sent, or else his who is logged in, or half so. The
 * session of who guesses must not count for the one whose password he guesses. Without Redis
 * nothing is tried: there is no session to be had, and guesses would be free. */
static void take_lockout(struct td_serving *serving)
{
    const struct td_call *call = &serving->call;
    const char *login = td_call_text(call, "login");
    if (!*login && call->who)
        login = call->who->login;
    if (*login)
        td_lockout_subject(login, serving->subject);
    else if (call->pending)
        snprintf(serving->subject, sizeof(serving->subject), "%s", serving->session.subject);
    if (!serving->subject[0]) {
        take_lease(serving);
        return;
    }
    int r = td_lockout_take(serving->frame->options.redis, serving->subject, call->address,
                            on_lockout, serving);
    if (r < 0)
        on_lockout(serving, r, 0, 0);
}

static void on_throttled(void *arg, int result, int wait_seconds)
{
    struct td_serving *serving = arg;
    if (result == TD_ETHROTTLED)
        refuse(serving, "wait_seconds", wait_seconds);
    else if (serving->call.route->limit == TD_LIMIT_LOGIN)
        take_lockout(serving);
    else
        take_lease(serving);
}

static void throttle(struct td_serving *serving)
{
    const struct td_call *call = &serving->call;
    struct td_throttle_use use = {.class = TD_THROTTLE_PUBLIC, .subject = serving->from};
    if (call->route->limit == TD_LIMIT_LOGIN) {
        use.class = TD_THROTTLE_LOGIN_ADDRESS;
    } else if (call->who && call->route->limit != TD_LIMIT_GUESS) {
        use.class = call->route->limit == TD_LIMIT_UPLOAD ? TD_THROTTLE_UPLOAD : TD_THROTTLE_WRITE;
        use.subject = call->who->id;
    }
    bool wanted = call->route->method != TD_GET && !serving->is_control;
    if (!wanted) {
        take_lease(serving);
        return;
    }
    int r = td_throttle_take(serving->frame->options.redis, &use, 1, on_throttled, serving);
    if (r < 0)
        on_throttled(serving, r, 0);
}

/* --- what the body says ------------------------------------------------------------ */

static int check_csrf(const struct td_serving *serving, const char *sent, struct td_error *reterr)
{
    if (serving->call.route->method == TD_GET || serving->is_control)
        return 0;
    int r = td_entry_check_origin(serving, reterr);
    if (r < 0 || !serving->has_session || (serving->call.route->flags & TD_ROUTE_NO_CSRF))
        return r;
    const char *header = td_exchange_header(serving->exchange, "X-CSRF-Token");
    if (td_session_check_csrf(&serving->session, header ? header : sent) < 0)
        return td_error_key(reterr, TD_EFORBIDDEN, "csrf", NULL);
    return 0;
}

static int check_payload(struct td_serving *serving, struct td_error *reterr)
{
    struct td_call *call = &serving->call;
    if (call->route->method == TD_GET)
        return 0;
    json_t *nothing = td_arena_json(serving->arena, json_object());
    json_t *body, *sent = serving->sent ? serving->sent : nothing;
    if ((call->route->flags & TD_ROUTE_CARRIES) && serving->is_form)
        sent = td_arena_json(serving->arena, td_step_up_members(serving));
    int r = sent ? td_payload_check(call->route->body, sent, serving->is_form, &body, reterr)
                 : TD_ENOMEM;
    if (r < 0)
        return r;
    call->body = serving->checked = td_arena_json(serving->arena, body);
    if (!call->body)
        return TD_ENOMEM;
    if ((call->route->flags & TD_ROUTE_IF_MATCH) && !call->if_match)
        return td_error_key(reterr, TD_EPRECOND, "precondition", NULL);
    return 0;
}

/* Another row, when a form asked for another method with _method. */
static int change_route(struct td_serving *serving, enum td_method method, struct td_error *reterr)
{
    if (method == serving->method && serving->call.route)
        return 0;
    struct td_match match;
    int r = td_router_find(serving->frame->router, method, serving->path, &match);
    if (r < 0)
        return r;
    json_t *params = td_arena_json(serving->arena, match.params);
    if (!params)
        return TD_ENOMEM;
    bool upload = match.route->limit == TD_LIMIT_UPLOAD;
    if (upload || ((match.route->flags & TD_ROUTE_DEMO) && !serving->frame->options.config->demo))
        return TD_EMETHOD;
    serving->method = method;
    td_entry_choose(serving, match.route);
    serving->call.params = params;
    return td_entry_check_serving(serving, match.route, reterr);
}

/* The phases between a complete body and the first step, in their order. */
static int check_request(struct td_serving *serving, struct td_error *reterr)
{
    const char *csrf = NULL;
    enum td_method method = serving->method;
    int r = td_entry_decode(serving, &csrf, &method, reterr);
    if (r == 0)
        r = change_route(serving, method, reterr);
    if (r == 0)
        r = check_csrf(serving, csrf, reterr);
    if (r == 0)
        r = check_payload(serving, reterr);
    return r == 0 ? td_step_up_check(serving, reterr) : r;
}

static void after_hash(struct td_serving *serving)
{
    if (serving->result < 0)
        td_serving_fail(serving, serving->result);
    else if (serving->wait_seconds > 0)
        refuse(serving, "wait_seconds", serving->wait_seconds);
    else
        throttle(serving);
}

static void hash_large(struct td_cpu_job *job)
{
    struct td_serving *serving =
        (struct td_serving *)((char *)job - offsetof(struct td_serving, job));
    serving->result = td_idempotency_hash(serving);
    td_serving_post(serving, after_hash);
}

static void after_decode(struct td_serving *serving)
{
    if (!serving->exchange) { /* the client went meanwhile */
        td_serving_free(serving);
        return;
    }
    if (serving->result == 0)
        serving->result = check_request(serving, &serving->error);
    if (serving->result == 0 && td_idempotency_wanted(serving)) {
        serving->job.run = hash_large;
        if (serving->large && td_cpu_submit(serving->frame->options.cpu, &serving->job) == 0)
            return;
        serving->result = td_idempotency_hash(serving);
    }
    after_hash(serving);
}

static void after_body(struct td_serving *serving)
{
    struct td_exchange *exchange = serving->exchange;
    if (exchange->body_error) {
        td_error_set(&serving->error, exchange->body_error, "%s", exchange->body_error_detail);
        td_serving_fail(serving, exchange->body_error);
        return;
    }
    td_entry_take(serving, after_decode);
}

static void on_request(void *frame, struct td_exchange *exchange)
{
    (void)frame;
    struct td_serving *serving = exchange->frame_state;
    serving->waits_for_body = false;
    after_body(serving);
}

static void accept_upload(struct td_serving *serving)
{
    char path[4096];
    int r = td_files_name(serving->frame->options.store, path, sizeof(path), &serving->error);
    if (r == 0 && !(serving->upload_path = td_arena_strdup(serving->arena, path)))
        r = TD_ENOMEM;
    if (r < 0) {
        td_serving_fail(serving, r);
        return;
    }
    serving->waits_for_body = true;
    td_exchange_accept_upload(serving->exchange, path,
                              (size_t)serving->frame->options.config->limit_upload);
}

static void accept_body(struct td_serving *serving)
{
    if (!serving->exchange) { /* the client went while we asked who it is */
        td_serving_free(serving);
        return;
    }
    const struct td_route *route = serving->call.route;
    size_t limit = (size_t)serving->frame->options.config->limit_body;
    if (route && route->limit == TD_LIMIT_LOGIN)
        limit = LOGIN_BODY_MAX;
    if (serving->method == TD_GET)
        limit = 0;
    if (route && route->limit == TD_LIMIT_UPLOAD) {
        accept_upload(serving);
        return;
    }
    serving->waits_for_body = true;
    td_exchange_accept_body(serving->exchange, limit);
}

/* --- who asks ---------------------------------------------------------------------- */

/* A page's first read step loads the account itself; everything else needs to know the role before
 * it looks at a body. */
static void find_account(struct td_serving *serving)
{
    const struct td_route *route = serving->call.route;
    if (!serving->has_session || serving->call.pending) {
        int r = route ? td_entry_check_serving(serving, route, &serving->error) : 0;
        if (r < 0)
            td_serving_fail(serving, r);
        else
            accept_body(serving);
        return;
    }
    if (route && route->method == TD_GET && route->read)
        accept_body(serving);
    else
        td_steps_load_account(serving, accept_body);
}

static void on_session(void *arg, int result, const struct td_session *session, const char *token)
{
    struct td_serving *serving = arg;
    (void)token;
    if (result == 0) {
        serving->session = *session;
        serving->has_session = true;
        serving->call.session_id = serving->session.id;
        serving->call.csrf = serving->session.csrf;
        if (session->pending)
            serving->call.pending = serving->session.account_id;
    }
    serving->sessions_down = result == TD_EREDIS;
    if (serving->exchange && result == 0 &&
        !count(serving, TD_RATE_ACCOUNT, serving->session.account_id))
        return;
    find_account(serving);
}

/* A page that keeps itself fresh is not a person at work: its session ends when nobody is there. */
static bool asks_by_itself(const struct td_serving *serving)
{
    const struct td_route *route = serving->call.route;
    if (!route || route->method != TD_GET)
        return false;
    return (route->flags & TD_ROUTE_STREAM) ||
           td_exchange_header(serving->exchange, "X-Background");
}

static void find_session(struct td_serving *serving)
{
    if (serving->is_control) {
        serving->call.who = td_account_console();
        find_account(serving);
        return;
    }
    const char *token =
        td_entry_cookie(serving, td_cookie_name(serving->call.config, TD_COOKIE_SESSION));
    int r = !token ? TD_ELOGIN
                   : (asks_by_itself(serving) ? td_session_look : td_session_find)(
                         serving->frame->options.sessions, token, serving->call.address,
                         serving->agent, on_session, serving);
    if (r < 0) {
        serving->sessions_down = token && r != TD_ELOGIN;
        find_account(serving);
    }
}

/* --- what is asked ----------------------------------------------------------------- */

static void reply_options(struct td_serving *serving)
{
    struct td_match match;
    char allow[TD_ALLOW_TEXT];
    td_router_find(serving->frame->router, TD_GET, serving->path, &match);
    json_decref(match.params);
    td_router_allow(match.methods, allow);
    struct td_http_header headers[] = {{"Allow", allow}, {0}};
    struct td_http_reply head = {.status = match.methods ? 204 : 404, .headers = headers};
    td_exchange_reply(serving->exchange, &head, NULL, 0);
    td_serving_free(serving);
}

static void find_route(struct td_serving *serving)
{
    struct td_match match;
    int r = td_router_find(serving->frame->router, serving->method, serving->path, &match);
    bool hidden =
        r == 0 && (match.route->flags & TD_ROUTE_DEMO) && !serving->frame->options.config->demo;
    if (r == 0) {
        serving->call.params = td_arena_json(serving->arena, match.params);
        td_entry_choose(serving, match.route);
    }
    /* A form may mean another method than POST; its body will say. */
    bool later = r == TD_EMETHOD && is_form_post(serving);
    if (hidden || (r < 0 && !later)) {
        serving->call.route = NULL;
        td_serving_fail(serving, hidden ? TD_ENOTFOUND : r);
    } else {
        find_session(serving);
    }
}

/* --- beginning and end ------------------------------------------------------------- */

static void gone(struct td_owner *owner)
{
    struct td_serving *serving = (struct td_serving *)owner;
    struct td_exchange *exchange = serving->exchange;
    serving->exchange = NULL;
    td_exchange_drop(exchange);
    if (serving->waits_for_body)
        td_serving_free(serving);
}

static void on_gone(void *frame, struct td_exchange *exchange)
{
    (void)frame;
    struct td_owner *owner = exchange->frame_state;
    if (owner)
        owner->gone(owner);
    else
        td_exchange_drop(exchange);
}

/* What watches over the server asks from an address that others may use up. */
static bool is_probe(const struct td_serving *serving)
{
    return strcmp(serving->path, "/health") == 0 || strcmp(serving->path, "/ready") == 0;
}

static void on_head(void *arg, struct td_exchange *exchange)
{
    struct td_frame *frame = arg;
    if (td_static_reply(frame->options.assets, exchange))
        return;
    struct td_serving *serving = td_serving_begin(frame, exchange, gone);
    if (!serving) {
        td_exchange_problem(exchange, 500, td_error_slug(TD_ENOMEM), td_error_text(TD_ENOMEM), "");
        return;
    }
    json_t *query;
    int r = td_payload_decode_query(serving->query, &query, &serving->error);
    if (r == 0 && !(serving->call.query = td_arena_json(serving->arena, query)))
        r = TD_ENOMEM;
    if (!is_probe(serving) && !count(serving, TD_RATE_ADDRESS, serving->from))
        return;
    if (r < 0)
        td_serving_fail(serving, r);
    else if (td_builtin_reply(serving))
        return;
    else if (strcmp(exchange->method, "OPTIONS") == 0)
        reply_options(serving);
    else if (td_method_parse(exchange->method, &serving->method) < 0)
        td_serving_fail(serving, TD_EMETHOD);
    else
        find_route(serving);
}

static void on_stopped(void *arg)
{
    struct td_frame *frame = arg;
    if (frame->options.stopped)
        frame->options.stopped(frame->options.stopped_arg);
}

const struct td_http_callbacks td_frame_callbacks = {
    .on_head = on_head, .on_request = on_request, .on_gone = on_gone, .on_stopped = on_stopped};
