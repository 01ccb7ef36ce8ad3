/* response.c - the bytes of replies: status line, the headers every reply has, and the body.
 *
 * A head is built in the server's scratch buffer and added to the output in one piece, together
 * with a small body. */
#include "http/wire.h"

#include "base/log.h"
#include "http/text.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SMALL_BODY (8 * 1024) /* cheaper to copy beside the head than to link */

const char td_http_policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src "
                              "'self' data:; connect-src 'self'; "
                              "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

static const char security_headers[] =
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: same-origin\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Permissions-Policy: camera=(), geolocation=(), microphone=()\r\n";

static const struct {
    int status;
    const char *text;
} reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

static const char *reason_of(int status)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return "";
}

/* Name and value, unless there is none. */
static void add_header(struct td_strbuf *out, const char *name, const char *value)
{
    if (!value)
        return;
    td_strbuf_adds(out, name);
    td_strbuf_add(out, ": ", 2);
    td_strbuf_adds(out, value);
    td_strbuf_add(out, "\r\n", 2);
}

static void add_number(struct td_strbuf *out, const char *name, size_t value)
{
    char text[24];
    snprintf(text, sizeof(text), "%zu", value);
    add_header(out, name, text);
}

static bool proper_value(const char *value)
{
    return !value || !td_text_has_controls(value, strlen(value));
}

static bool proper_head(const struct td_http_reply *reply)
{
    bool proper =
        proper_value(reply->type) && proper_value(reply->cache) && proper_value(reply->policy);
    for (const struct td_http_header *header = reply->headers; proper && header && header->name;
         header++)
        proper =
            td_text_is_token(header->name, strlen(header->name)) && proper_value(header->value);
    return proper;
}

static void add_common(struct td_strbuf *out, const struct td_connection *connection,
                       const struct td_http_reply *reply)
{
    struct td_http_server *server = connection->server;
    const char digits[] = {(char)('0' + reply->status / 100), (char)('0' + reply->status / 10 % 10),
                           (char)('0' + reply->status % 10), ' '};
    td_strbuf_adds(out, "HTTP/1.1 ");
    td_strbuf_add(out, digits, sizeof(digits));
    td_strbuf_adds(out, reason_of(reply->status));
    td_strbuf_adds(out, "\r\n");
    add_header(out, "Date", td_http_server_date(server));
    add_header(out, "Content-Type", reply->type);
    add_header(out, "Cache-Control", reply->cache ? reply->cache : "no-store");
    add_header(out, "Content-Security-Policy", reply->policy ? reply->policy : td_http_policy);
    td_strbuf_add(out, security_headers, sizeof(security_headers) - 1);
    if (server->hsts && !connection->site) /* not on the way there (RFC 6797, 7.2) */
        td_strbuf_adds(out, "Strict-Transport-Security: max-age=31536000\r\n");
    for (const struct td_http_header *header = reply->headers; header && header->name; header++)
        add_header(out, header->name, header->value);
}

static bool has_length(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

static bool stays_open(const struct td_exchange_own *own, const struct td_http_reply *reply)
{
    return own->complete && own->keep_alive && !reply->close && !own->server->stopping;
}

/* Starts the head in the scratch buffer; the caller sends it. */
static struct td_strbuf *build_head(const struct td_exchange_own *own,
                                    const struct td_http_reply *reply, size_t length)
{
    struct td_strbuf *out = td_http_server_scratch(own->server);
    add_common(out, own->connection, reply);
    add_header(out, "X-Request-Id", own->exchange.request_id);
    if (has_length(reply->status))
        add_number(out, "Content-Length", length);
    if (!stays_open(own, reply))
        add_header(out, "Connection", "close");
    else if (own->exchange.http_1_0)
        add_header(out, "Connection", "keep-alive");
    td_strbuf_add(out, "\r\n", 2);
    return out;
}

static bool sends_body(const struct td_exchange_own *own, const struct td_http_reply *reply)
{
    return has_length(reply->status) && strcmp(own->exchange.method, "HEAD") != 0;
}

/* False when the head cannot be sent: then a problem has been answered and the exchange is over. */
static bool check_head(struct td_exchange_own *own, const struct td_http_reply *reply)
{
    if (proper_head(reply))
        return true;
    TD_LOG(TD_LOG_ERROR, "http.header", TD_S("request", own->exchange.request_id));
    td_exchange_problem(&own->exchange, 500, td_error_slug(TD_EINTERNAL),
                        td_error_text(TD_EINTERNAL), "");
    return false;
}

/* Adds the scratch buffer; short of memory the connection cannot be saved. */
static bool send_scratch(struct td_exchange_own *own)
{
    struct td_strbuf *out = &own->server->scratch;
    return !out->failed && bufferevent_write(own->connection->bev, out->bytes, out->length) == 0;
}

void td_exchange_reply(struct td_exchange *exchange, const struct td_http_reply *reply,
                       const void *bytes, size_t length)
{
    struct td_exchange_own *own = td_exchange_own(exchange);
    if (!check_head(own, reply))
        return;
    size_t sent = own->connection && sends_body(own, reply) ? length : 0;
    bool failed = false;
    if (own->connection) {
        struct td_strbuf *out = build_head(own, reply, length);
        if (sent > 0 && sent <= SMALL_BODY)
            td_strbuf_add(out, bytes, sent);
        failed = !send_scratch(own);
        if (!failed && sent > SMALL_BODY)
            failed = bufferevent_write(own->connection->bev, bytes, sent) != 0;
    }
    td_exchange_finish(own, reply->status, sent, reply->close || failed);
}

void td_exchange_reply_owned(struct td_exchange *exchange, const struct td_http_reply *reply,
                             const void *bytes, size_t length, td_http_release_fn release,
                             void *arg)
{
    struct td_exchange_own *own = td_exchange_own(exchange);
    bool linked =
        own->connection && sends_body(own, reply) && length > SMALL_BODY && proper_head(reply);
    if (!linked) {
        td_exchange_reply(exchange, reply, bytes, length);
        if (release)
            release(bytes, length, arg);
        return;
    }
    build_head(own, reply, length);
    bool failed = !send_scratch(own);
    struct evbuffer *output = bufferevent_get_output(own->connection->bev);
    if (!failed && evbuffer_add_reference(output, bytes, length, release, arg) != 0)
        failed = true;
    if (failed && release)
        release(bytes, length, arg);
    td_exchange_finish(own, reply->status, failed ? 0 : length, reply->close || failed);
}

void td_exchange_reply_file(struct td_exchange *exchange, const struct td_http_reply *reply, int fd,
                            off_t offset, size_t length)
{
    struct td_exchange_own *own = td_exchange_own(exchange);
    if (!check_head(own, reply)) {
        close(fd);
        return;
    }
    bool wanted = own->connection && sends_body(own, reply) && length > 0;
    bool failed = false;
    if (own->connection) {
        build_head(own, reply, length);
        failed = !send_scratch(own);
    }
    if (wanted && !failed && own->connection->is_tls) {
        failed = !td_tail_begin(own->connection, fd, offset, length);
        fd = -1;
    } else if (wanted && !failed) { /* the buffer owns fd from here on; on failure it does not */
        struct evbuffer *output = bufferevent_get_output(own->connection->bev);
        failed = evbuffer_add_file(output, fd, offset, (ev_off_t)length) != 0;
    }
    if (fd >= 0 && (!wanted || failed))
        close(fd);
    td_exchange_finish(own, reply->status, wanted && !failed ? length : 0, reply->close || failed);
}

static char *problem_text(int status, const char *slug, const char *title, const char *detail,
                          const char *request_id)
{
    json_t *problem =
        json_pack("{s:s+, s:s, s:i}", "type", "/problems/", slug, "title", title, "status", status);
    if (problem && detail && *detail)
        json_object_set_new(problem, "detail", json_string(detail));
    if (problem && request_id)
        json_object_set_new(problem, "request_id", json_string(request_id));
    char *text = problem ? json_dumps(problem, JSON_COMPACT) : NULL;
    json_decref(problem);
    return text;
}

void td_exchange_problem(struct td_exchange *exchange, int status, const char *slug,
                         const char *title, const char *detail)
{
    char *text = problem_text(status, slug, title, detail, exchange->request_id);
    struct td_http_reply reply = {.status = status, .type = "application/problem+json"};
    td_exchange_reply(exchange, &reply, text ? text : "{}", text ? strlen(text) : 2);
    free(text);
}

/* "Content Too Large" -> "content-too-large" */
static void slug_of(const char *reason, char *slug, size_t size)
{
    size_t i = 0;
    for (; reason[i] && i + 1 < size; i++)
        slug[i] = reason[i] == ' ' ? '-' : (char)(reason[i] | 0x20);
    slug[i] = 0;
}

void td_connection_refuse(struct td_connection *connection, int status, const char *reason)
{
    struct td_http_server *server = connection->server;
    char slug[48], fresh[TD_ID_TEXT];
    const char *request_id =
        connection->exchange ? connection->exchange->exchange.request_id : fresh;
    td_id_new(fresh);
    slug_of(reason_of(status), slug, sizeof(slug));
    char *text = problem_text(status, slug, reason_of(status), reason, request_id);
    struct td_http_reply reply = {.status = status, .type = "application/problem+json"};
    struct td_strbuf *out = td_http_server_scratch(server);
    add_common(out, connection, &reply);
    add_header(out, "X-Request-Id", request_id);
    add_number(out, "Content-Length", text ? strlen(text) : 2);
    add_header(out, "Connection", "close");
    td_strbuf_adds(out, "\r\n");
    td_strbuf_adds(out, text ? text : "{}");
    if (!out->failed)
        bufferevent_write(connection->bev, out->bytes, out->length);
    free(text);
    if (!connection->exchange)
        TD_LOG(TD_LOG_INFO, "http.request", TD_S("method", "-"), TD_S("path", "-"),
               TD_I("status", status), TD_S("reason", reason), TD_S("request", request_id),
               TD_S("address", connection->address));
}

static size_t whole_reply(char *text, size_t size, const char *status, const char *more,
                          const char *problem)
{
    int length = snprintf(text, size,
                          "HTTP/1.1 %s\r\nContent-Type: application/problem+json\r\n"
                          "Cache-Control: no-store\r\nContent-Security-Policy: %s\r\n%s%s"
                          "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
                          status, td_http_policy, security_headers, more, strlen(problem), problem);
    return length > 0 && (size_t)length < size ? (size_t)length : 0;
}

size_t td_response_turn_away(char *text, size_t size)
{
    return whole_reply(text, size, "503 Service Unavailable", "Retry-After: 5\r\n",
                       "{\"type\":\"/problems/busy\",\"title\":\"Service Unavailable\","
                       "\"status\":503,"
                       "\"detail\":\"There are too many connections from this address.\"}");
}

size_t td_response_wrong_scheme(char *text, size_t size)
{
    return whole_reply(text, size, "400 Bad Request", "",
                       "{\"type\":\"/problems/bad-request\",\"title\":\"Bad Request\","
                       "\"status\":400,"
                       "\"detail\":\"This port speaks TLS: write https:// before the address.\"}");
}

void td_response_redirect(struct td_exchange_own *own, const char *site)
{
    char *location = NULL;
    if (asprintf(&location, "%s%s", site, own->exchange.target) < 0)
        location = NULL;
    struct td_http_header headers[] = {{"Location", location ? location : site}, {0}};
    struct td_http_reply reply = {.status = 308, .headers = headers, .close = true};
    td_exchange_reply(&own->exchange, &reply, "", 0);
    free(location);
}

void td_response_stream_head(struct td_exchange_own *own)
{
    struct td_http_reply reply = {.status = 200, .type = "text/event-stream", .close = true};
    struct td_strbuf *out = td_http_server_scratch(own->server);
    add_common(out, own->connection, &reply);
    add_header(out, "X-Request-Id", own->exchange.request_id);
    td_strbuf_adds(out, "Connection: close\r\nX-Accel-Buffering: no\r\n\r\n");
    send_scratch(own);
}
