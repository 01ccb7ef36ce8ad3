/* reply.c - what a handler answered, in the face that was asked for; and failures likewise.
 *
 * A page that failed with _back is made by running the GET row of that path again with page.problem
 * and page.form (begin_back): the serving goes through steps.c a second time. */
#include "http/serving.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "config.h"
#include "http/payload.h"
#include "http/problem.h"
#include "http/range.h"
#include "http/refill.h"
#include "http/spool.h"
#include "http/table.h"
#include "http/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char api_type[] = "application/json";
static const char page_type[] = "text/html; charset=utf-8";

/* For files of people: saved, and should a browser open one all the same, without any right. */
static const char attachment_policy[] = "sandbox; default-src 'none'";

/* For what the server made itself: shown by the browser at most, never run. */
static const char file_policy[] =
    "default-src 'none'; img-src 'self'; object-src 'self'; media-src 'self';"
    " style-src 'unsafe-inline'; frame-ancestors 'self'";

/* --- composing, on any thread ------------------------------------------------------ */

static int compose_json(struct td_serving *serving, const json_t *value, const char *type)
{
    td_json_write(value, &serving->out);
    serving->type = type;
    return serving->out.failed ? TD_ENOMEM : 0;
}

/* The value and what it shares with others, as one object. */
static int compose_shared(struct td_serving *serving, const json_t *value, struct td_error *reterr)
{
    json_t *text;
    int r = td_shared_json(serving, &text, reterr);
    if (r < 0)
        return r;
    struct td_strbuf *out = &serving->out;
    td_strbuf_addc(out, '{');
    td_json_write_members(value, out);
    if (json_object_size(value) && json_string_length(text))
        td_strbuf_addc(out, ',');
    td_strbuf_add(out, json_string_value(text), json_string_length(text));
    td_strbuf_addc(out, '}');
    json_decref(text);
    serving->type = api_type;
    return out->failed ? TD_ENOMEM : 0;
}

/* What the form of a failed page is filled with again: never a password, never the frame's own
 * members. */
static json_t *make_form(struct td_serving *serving)
{
    json_t *form = json_object(), *value;
    const char *name;
    json_object_foreach(serving->sent, name, value)
        if (name[0] != '_' && !strstr(name, "password"))
            json_object_set(form, name, value);
    return td_arena_json(serving->arena, form);
}

/* What was typed and chosen in the form that was refused, unless it is nobody's to keep, or in the
 * filter of the list. */
static int choose_again(struct td_serving *serving, const json_t *form)
{
    size_t length;
    const char *method = form ? "post" : "get", *action = form ? serving->refused : serving->path;
    const json_t *sent = form ? form : serving->call.query;
    bool keeps = action && !serving->is_secret && json_object_size(sent);
    char *html = keeps ? td_strbuf_take(&serving->out, &length) : NULL;
    if (html)
        td_refill(html, length, method, action, sent, &serving->out);
    free(html);
    return serving->out.failed ? TD_ENOMEM : 0;
}

static int compose_page(struct td_serving *serving, const char *name, const json_t *value,
                        struct td_error *reterr)
{
    const struct td_call *call = &serving->call;
    json_t *form = serving->problem ? make_form(serving) : NULL;
    struct td_page page = {
        .name = name,
        .path = serving->path,
        .query = serving->query,
        .asked = call->query,
        .csrf = serving->has_session ? serving->session.csrf : "",
        .heard = serving->heard,
        .who = call->who,
        .demo = serving->frame->options.config->demo,
        .clock_ms = td_clock_now_ms(),
        .unread = serving->unread,
        .asset = serving->frame->asset,
        .problem = serving->problem,
        .form = form,
    };
    serving->type = page_type;
    json_t *shared = NULL;
    int r = 0;
    if (value && serving->reply.shared.make && value == serving->reply.value)
        r = td_shared_page(serving, &shared, reterr);
    if (shared)
        json_object_set_new(serving->reply.value, "shared", shared);
    if (r == 0)
        r = td_views_render(serving->views, serving->locale, &page, value, &serving->out, reterr);
    return r < 0 ? r : choose_again(serving, form);
}

static int compose_table(struct td_serving *serving, enum td_table table, struct td_error *reterr)
{
    const json_t *items = json_object_get(serving->reply.value, "items");
    const char *path = serving->call.route->path + 1;
    int r = table == TD_TABLE_XLSX
                ? td_table_xlsx(serving->locale, items, serving->frame->options.store,
                                &serving->out, reterr)
                : td_table_csv(serving->locale, items, &serving->out, reterr);
    if (r < 0)
        return r; /* what is said instead is no file */
    serving->table_name =
        td_arena_printf(serving->arena, "attachment; filename=\"%.*s.%s\"", (int)strcspn(path, "/"),
                        path, table == TD_TABLE_XLSX ? "xlsx" : "csv");
    serving->type = td_table_type(table);
    return 0;
}

/* Here, because the loop must not wait for a disk; its content is asked for now, too, so that it is
 * in memory by the time it is sent. */
static int open_file(struct td_serving *serving, struct td_error *reterr)
{
    struct stat st;
    if (serving->file >= 0)
        return 0;
    serving->file = open(serving->reply.file, O_RDONLY | O_CLOEXEC);
    if (serving->file < 0 || fstat(serving->file, &st) < 0)
        return td_error_set(reterr, TD_EIO, "%s: %s", serving->reply.file, strerror(errno));
    posix_fadvise(serving->file, 0, 0, POSIX_FADV_WILLNEED);
    serving->file_size = (size_t)st.st_size;
    return 0;
}

/* An API client that has this version already. */
static bool is_known(const struct td_serving *serving)
{
    const struct td_reply *reply = &serving->reply;
    char tag[32];
    snprintf(tag, sizeof(tag), "\"%lld\"", (long long)reply->version);
    return reply->version > 0 && serving->call.face == TD_FACE_JSON &&
           serving->call.route->method == TD_GET && serving->if_none_match &&
           strstr(serving->if_none_match, tag);
}

int td_reply_compose(struct td_serving *serving, struct td_error *reterr)
{
    const struct td_reply *reply = &serving->reply;
    const struct td_call *call = &serving->call;
    bool redirect = reply->location && call->face == TD_FACE_PAGE;
    if (reply->file)
        return open_file(serving, reterr);
    if (reply->bytes || redirect || reply->status == 204)
        return 0;
    if (call->route->flags & TD_ROUTE_STREAM)
        return 0;
    enum td_table table = td_table_asked(call, reply);
    if (table != TD_TABLE_NONE)
        return compose_table(serving, table, reterr);
    if (is_known(serving)) {
        serving->type = api_type;
        return 0;
    }
    td_problem_say(serving->locale, serving->path, reply->value);
    if (call->face == TD_FACE_PAGE && call->route->page)
        return compose_page(serving, call->route->page, reply->value, reterr);
    if (reply->shared.make && call->face == TD_FACE_JSON)
        return compose_shared(serving, reply->value, reterr);
    if (call->face == TD_FACE_PAGE && call->route->method != TD_GET)
        return 0; /* a browser is sent somewhere */
    json_t *nothing = reply->value ? NULL : json_object();
    int r = compose_json(serving, reply->value ? reply->value : nothing, api_type);
    json_decref(nothing);
    return r;
}

/* --- sending, on the loop ---------------------------------------------------------- */

static void release(struct td_cpu_job *job)
{
    struct td_serving *serving =
        (struct td_serving *)((char *)job - offsetof(struct td_serving, job));
    json_decref(serving->reply.value);
    td_error_done(&serving->error);
    td_strbuf_done(&serving->out);
    td_arena_free(serving->arena);
    free(serving);
}

void td_serving_free(struct td_serving *serving)
{
    struct td_frame *frame = serving->frame;
    frame->open--;
    td_entry_wipe(serving);
    td_spool_remove(frame->options.spool, serving->upload_path);
    td_spool_remove(frame->options.spool, serving->output_path);
    if (serving->file >= 0)
        close(serving->file);
    td_views_unref(serving->views);
    serving->job.run = release;
    if (!serving->large || td_cpu_submit(frame->options.cpu, &serving->job) < 0)
        release(&serving->job);
}

enum { HEADERS_MAX = 8 };

struct head {
    struct td_http_reply reply;
    struct td_http_header headers[HEADERS_MAX];
    int count;
};

static void add_header(struct head *head, const char *name, const char *value)
{
    if (value && head->count < HEADERS_MAX - 1)
        head->headers[head->count++] = (struct td_http_header){name, value};
    head->reply.headers = head->headers;
}

/* attachment; filename="a.pdf"; filename*=UTF-8''%E7%... (RFC 6266) */
static const char *disposition(struct td_serving *serving, const char *filename)
{
    struct td_strbuf text;
    td_strbuf_init(&text);
    td_strbuf_adds(&text, "attachment; filename=\"");
    for (const char *c = filename; *c; c++)
        td_strbuf_addc(&text,
                       (unsigned char)*c < 0x80 && *c >= ' ' && !strchr("\"\\%", *c) ? *c : '_');
    td_strbuf_adds(&text, "\"; filename*=UTF-8''");
    for (const unsigned char *c = (const unsigned char *)filename; *c; c++) {
        bool plain = (*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') ||
                     (*c >= 'a' && *c <= 'z') || strchr("-._~", *c);
        td_strbuf_addf(&text, plain ? "%c" : "%%%02X", *c);
    }
    const char *copy = td_arena_strndup(serving->arena, text.bytes, text.length);
    td_strbuf_done(&text);
    return copy;
}

static void release_bytes(const void *bytes, size_t length, void *arg)
{
    (void)length;
    (void)arg;
    free((void *)bytes);
}

/* Ends exchange and serving with what was composed. */
static void send_out(struct td_serving *serving, struct head *head)
{
    size_t length = 0;
    bool empty = serving->out.length == 0;
    head->reply.type = serving->type;
    if (!serving->exchange) {
        td_serving_free(serving);
        return;
    }
    if (head->reply.status == 429)
        add_header(head, "Retry-After",
                   td_arena_printf(serving->arena, "%d", serving->wait_seconds));
    add_header(head, "Set-Cookie", serving->cookie);
    add_header(head, "Content-Language", serving->type == page_type ? serving->locale->lang : NULL);
    add_header(head, "Vary",
               serving->type == page_type ? "Accept, Accept-Language, Cookie" : "Accept");
    char *bytes = empty ? NULL : td_strbuf_take(&serving->out, &length);
    if (bytes)
        td_exchange_reply_owned(serving->exchange, &head->reply, bytes, length, release_bytes,
                                NULL);
    else
        td_exchange_reply(serving->exchange, &head->reply, "", 0);
    td_serving_free(serving);
}

void td_reply_redirect(struct td_serving *serving, const char *location)
{
    struct head head = {.reply = {.status = serving->reply.status == 307 ? 307 : 303}};
    add_header(&head, "Location", location);
    td_strbuf_cut(&serving->out, 0);
    serving->type = NULL;
    send_out(serving, &head);
}

/* The part of the file that is asked for (RFC 9110, 14): one range, while the file is still the one
 * that If-Range names. Anything else gets the whole. */
static struct td_range wanted_part(struct td_serving *serving, struct head *head, size_t size)
{
    struct td_range whole = {0, size}, part = whole;
    const char *tag = serving->reply.tag;
    if (!tag || !serving->exchange)
        return whole;
    const char *quoted = td_arena_printf(serving->arena, "\"%s\"", tag);
    const char *range = td_exchange_header(serving->exchange, "Range");
    const char *condition = td_exchange_header(serving->exchange, "If-Range");
    add_header(head, "ETag", quoted);
    add_header(head, "Accept-Ranges", "bytes");
    if (serving->if_none_match && quoted && strstr(serving->if_none_match, quoted)) {
        head->reply.status = 304;
        return (struct td_range){0, 0};
    }
    if (!range || (condition && (!quoted || strcmp(condition, quoted) != 0)))
        return whole;
    switch (td_range_parse(range, size, &part)) {
    case TD_RANGE_NONE: return whole;
    case TD_RANGE_OUTSIDE:
        head->reply.status = 416;
        add_header(head, "Content-Range", td_arena_printf(serving->arena, "bytes */%zu", size));
        return (struct td_range){0, 0};
    case TD_RANGE_PART: break;
    }
    head->reply.status = 206;
    add_header(head, "Content-Range",
               td_arena_printf(serving->arena, "bytes %zu-%zu/%zu", part.start,
                               part.start + part.length - 1, size));
    return part;
}

static void send_file(struct td_serving *serving, struct head *head)
{
    struct td_range part = wanted_part(serving, head, serving->file_size);
    if (serving->exchange) {
        td_exchange_reply_file(serving->exchange, &head->reply, serving->file, (off_t)part.start,
                               part.length);
        serving->file = -1;
    }
    td_serving_free(serving);
}

static void send_content(struct td_serving *serving, struct head *head)
{
    const struct td_reply *reply = &serving->reply;
    head->reply.type = reply->type ? reply->type : "application/octet-stream";
    head->reply.policy = reply->filename ? attachment_policy : file_policy;
    add_header(head, "Content-Disposition",
               reply->filename ? disposition(serving, reply->filename) : NULL);
    if (reply->file) {
        send_file(serving, head);
        return;
    }
    if (serving->exchange)
        td_exchange_reply(serving->exchange, &head->reply, reply->bytes, reply->length);
    td_serving_free(serving);
}

static void send_page_problem(struct td_serving *serving, struct head *head, const json_t *problem);

/* Where a browser goes after a write that named no place: back to where it came from. */
static const char *place_after(struct td_serving *serving)
{
    const struct td_reply *reply = &serving->reply;
    if (reply->location)
        return reply->location;
    return serving->back ? serving->back : "/";
}

static void add_meta(struct td_serving *serving, struct head *head)
{
    const struct td_reply *reply = &serving->reply;
    const struct td_call *call = &serving->call;
    if (reply->version > 0)
        add_header(head, "ETag",
                   td_arena_printf(serving->arena, "\"%lld\"", (long long)reply->version));
    if (serving->replayed)
        add_header(head, "Idempotency-Replayed", "true");
    if (reply->location && call->face == TD_FACE_JSON)
        add_header(head, "Location", td_arena_printf(serving->arena, "/api/v1%s", reply->location));
    if (serving->table_name)
        add_header(head, "Content-Disposition", serving->table_name);
}

static bool sends_elsewhere(const struct td_serving *serving)
{
    const struct td_call *call = &serving->call;
    if (call->face != TD_FACE_PAGE || serving->reply.file || serving->reply.bytes ||
        serving->problem)
        return false;
    return serving->reply.location || (call->route->method != TD_GET && !call->route->page);
}

void td_reply_send(struct td_serving *serving)
{
    const struct td_reply *reply = &serving->reply;
    struct head head = {.reply = {.status = reply->status ? reply->status : 200}};
    if (serving->problem)
        head.reply.status = serving->problem_status;
    if (sends_elsewhere(serving)) {
        td_reply_redirect(serving, place_after(serving));
        return;
    }
    if (serving->call.route->flags & TD_ROUTE_STREAM) {
        td_stream_open(serving);
        return;
    }
    if (serving->problem && reply->location) { /* that page would rather be another one */
        send_page_problem(serving, &head, serving->problem);
        return;
    }
    if (serving->call.face == TD_FACE_JSON && reply->status >= 300 && reply->status < 400)
        head.reply.status = 200;
    (void)td_memory_was_short(); /* what came before is not this reply's */
    int r = serving->type ? 0 : td_reply_compose(serving, &serving->error);
    if (r == 0 && td_memory_was_short() && !serving->call.route->write)
        r = td_memory_error(
            &serving->error); /* a part may be missing; what is written was written */
    if (r < 0) {
        td_serving_fail(serving, r);
        return;
    }
    add_meta(serving, &head);
    if (is_known(serving)) {
        head.reply.status = 304;
        td_strbuf_cut(&serving->out, 0);
    }
    if (reply->file || reply->bytes)
        send_content(serving, &head);
    else
        send_out(serving, &head);
}

/* --- failures ---------------------------------------------------------------------- */

static void log_failure(const struct td_serving *serving, int code)
{
    const struct td_route *route = serving->call.route;
    if (td_error_http(code) >= 500)
        TD_LOG(TD_LOG_ERROR, "request.failed", TD_S("request", serving->call.request_id),
               TD_S("route", route ? route->path : ""), TD_S("code", td_error_name(code)),
               TD_S("detail", serving->error.detail));
}

static void send_json_problem(struct td_serving *serving, struct head *head, const json_t *problem)
{
    td_strbuf_cut(&serving->out, 0);
    if (compose_json(serving, problem, "application/problem+json") < 0)
        td_strbuf_cut(&serving->out, 0);
    send_out(serving, head);
}

/* The page `name` with this value (borrowed, or NULL), as the answer to a failure. */
static void send_page(struct td_serving *serving, struct head *head, const char *name,
                      const json_t *value, const json_t *problem)
{
    struct td_error err = TD_ERROR_INIT;
    td_strbuf_cut(&serving->out, 0);
    int r = compose_page(serving, name, value, &err);
    if (r < 0) {
        TD_LOG(TD_LOG_ERROR, "problem.page", TD_S("detail", err.detail));
        send_json_problem(serving, head, problem);
    } else {
        send_out(serving, head);
    }
    td_error_done(&err);
}

static void send_page_problem(struct td_serving *serving, struct head *head, const json_t *problem)
{
    send_page(serving, head, "problem", NULL, problem);
}

/* Asks for the proof that is missing, or was wrong. That it is missing is nobody's mistake. */
static void send_step_up(struct td_serving *serving, struct head *head, int code,
                         const json_t *problem)
{
    json_t *value = td_arena_json(serving->arena, td_step_up_value(serving));
    if (code == TD_ESTEPUP)
        serving->problem = NULL;
    send_page(serving, head, value ? "step_up" : "problem", value, problem);
}

/* The first page for an account in this strait. */
static const char *page_with(const struct td_serving *serving, unsigned flag)
{
    size_t count;
    const struct td_route *const *rows = td_router_rows(serving->frame->router, &count);
    for (size_t i = 0; i < count; i++)
        if ((rows[i]->flags & flag) && rows[i]->method == TD_GET && rows[i]->page)
            return rows[i]->path;
    return NULL;
}

/* The page of ours that a form was sent from; "" when the browser does not say. */
static const char *sent_from(struct td_serving *serving)
{
    const char *url = td_exchange_header(serving->exchange, "Referer");
    const char *host = td_exchange_header(serving->exchange, "Host");
    const char *place = url ? strstr(url, "://") : NULL;
    size_t length = host ? strlen(host) : 0;
    if (!place || length == 0 || strncmp(place + 3, host, length) != 0)
        return "";
    place += 3 + length;
    return td_text_is_local_path(place) ? place : "";
}

/* The page to log in, which goes on to what was asked for; after a form to the page that it was on,
 * and says that the form was not taken. */
static const char *login_page(struct td_serving *serving)
{
    struct td_strbuf text;
    td_strbuf_init(&text);
    if (serving->method == TD_GET) {
        td_strbuf_adds(&text, "/login?next=");
        td_text_add_form(&text, serving->path, strlen(serving->path));
        if (*serving->query) {
            td_text_add_form(&text, "?", 1);
            td_text_add_form(&text, serving->query, strlen(serving->query));
        }
    } else {
        const char *from = sent_from(serving);
        td_strbuf_adds(&text, "/login?ended=1&next=");
        td_text_add_form(&text, from, strlen(from));
    }
    const char *page =
        text.failed ? NULL : td_arena_strndup(serving->arena, text.bytes, text.length);
    td_strbuf_done(&text);
    return page ? page : "/login";
}

/* Sends a browser that must log in, or must change its password, to where it can. */
static const char *remedy(struct td_serving *serving, int code)
{
    if (serving->call.face != TD_FACE_PAGE)
        return NULL;
    const struct td_route *route = serving->call.route;
    bool is_login = route && (route->roles & TD_ROLE_PUBLIC); /* it says itself what was wrong */
    if (code == TD_ELOGIN && !is_login && serving->call.pending)
        return "/session/code";
    if (code == TD_ELOGIN && !is_login)
        return login_page(serving);
    if (strcmp(serving->error.key, "must_change_password") == 0)
        return page_with(serving, TD_ROUTE_ANYTIME);
    return strcmp(serving->error.key, "must_enrol") == 0 ? page_with(serving, TD_ROUTE_ENROL)
                                                         : NULL;
}

/* Begins the page that _back names, for this problem. False when there is no such page for this
 * account. */
static bool begin_back(struct td_serving *serving)
{
    struct td_call *call = &serving->call;
    char *path = td_arena_strdup(serving->arena, serving->back);
    if (serving->is_back || !path || call->face != TD_FACE_PAGE)
        return false;
    char *fragment = strchr(path, '#');
    if (fragment)
        *fragment = 0;
    char *query = strchr(path, '?');
    if (query)
        *query++ = 0;
    struct td_match match;
    json_t *asked;
    if (td_router_find(serving->frame->router, TD_GET, path, &match) < 0)
        return false;
    json_t *params = td_arena_json(serving->arena, match.params);
    if (!match.route->page || td_entry_check_role(match.route, call->who, NULL) < 0 ||
        td_payload_decode_query(query ? query : "", &asked, NULL) < 0)
        return false;
    serving->is_back = true;
    serving->refused = serving->path;
    call->typed = serving->sent;
    serving->method = TD_GET;
    serving->path = path;
    serving->query = query ? query : "";
    serving->body_hash[0] = 0;
    serving->leased = false;
    call->route = match.route;
    call->params = params;
    call->query = td_arena_json(serving->arena, asked);
    call->body = call->job = call->result = call->kept = NULL;
    call->upload = NULL;
    json_decref(serving->reply.value);
    serving->reply = (struct td_reply){0};
    td_strbuf_cut(&serving->out, 0);
    serving->type = NULL;
    return true;
}

/* Seconds after which it may be otherwise; NULL when waiting does not help. After TD_EIO the
 * process ends and another one starts; a full disk needs a person. */
static const char *retry_after(int code)
{
    switch (code) {
    case TD_EBUSY:
    case TD_EREDIS: return "2";
    case TD_EIO: return "5";
    case TD_EFULL: return "60";
    default: return NULL;
    }
}

static void add_problem_headers(struct td_serving *serving, struct head *head, int code)
{
    if (code == TD_EMETHOD) {
        struct td_match match;
        char *allow = td_arena_alloc(serving->arena, TD_ALLOW_TEXT);
        td_router_find(serving->frame->router, TD_GET, serving->path, &match);
        json_decref(match.params);
        if (allow)
            td_router_allow(match.methods, allow);
        add_header(head, "Allow", allow);
    }
    if (retry_after(code))
        add_header(head, "Retry-After", retry_after(code));
}

void td_reply_problem(struct td_serving *serving, int code)
{
    log_failure(serving, code);
    const char *place = serving->is_back ? NULL : remedy(serving, code);
    if (place) {
        td_reply_redirect(serving, place);
        return;
    }
    if (serving->is_back &&
        serving->problem) { /* the page it came from cannot be made: say it plainly */
        struct head again = {.reply = {.status = serving->problem_status}};
        send_page_problem(serving, &again, serving->problem);
        return;
    }
    const json_t *seconds = json_object_get(serving->error.parameters, "seconds");
    if (code == TD_ETHROTTLED && json_is_integer(seconds))
        serving->wait_seconds = (int)json_integer_value(seconds);
    struct head head = {.reply = {.status = td_error_http(code)}};
    add_problem_headers(serving, &head, code);
    json_t *problem =
        td_arena_json(serving->arena, td_problem_make(serving->locale, serving->path, code,
                                                      &serving->error, serving->call.request_id));
    if (serving->call.face == TD_FACE_JSON || !problem) {
        send_json_problem(serving, &head, problem);
        return;
    }
    serving->problem = td_arena_json(serving->arena, td_problem_for_page(problem));
    serving->problem_status = td_error_http(code);
    td_error_done(&serving->error);
    if (td_step_up_asks(serving, code))
        send_step_up(serving, &head, code, problem);
    else if (serving->back && begin_back(serving))
        td_steps_run(serving);
    else
        send_page_problem(serving, &head, problem);
}
