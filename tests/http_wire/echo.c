/* echo.c - the HTTP connection layer alone, behind a frame that tells what it got. For
 * http_wire.test.mjs and its like.
 *
 *     http_echo [--control PATH] [--folder DIR] [--trusted-proxy LIST] [--tell yes]
 *               [--certificate FILE --key FILE] [--<limit> NUMBER]...
 *
 * Prints one line of JSON with the port, then serves until standard input ends, then stops
 * gracefully. With --tell the log has method, target and body of every request that came whole.
 *
 *     /echo      200 with {"method", "path", "query", "headers", "body"} as JSON
 *     /plain     200 "ok"
 *     /refuse    403 in on_head, before the body
 *     /later     the reply comes from a timer; ?ms=
 *     /decide    the body is accepted from a timer
 *     /hold      never answers until the client is gone
 *     /large     ?bytes= of 'x', without copying
 *     /none      204
 *     /drop      ends without a reply
 *     /file      the program itself
 *     /inject    a header value with a line break
 *     /upload    stores into --folder and tells name, size, hash, fields
 *     /events    an event stream: ?count= events of ?bytes=, then open until dropped
 *     /gone      how many exchanges were lost, and the counters */
#include "base/log.h"
#include "http/connection.h"
#include "http/spool.h"
#include "http/sse.h"
#include "http/static.h"
#include "http/tls.h"

#include <event2/event.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BODY_LIMIT 100000

struct echo {
    struct event_base *base;
    struct td_http_server *server;
    struct td_static *assets;
    const char *folder;
    int lost;
    bool tells;
};

struct pending {
    struct echo *echo;
    struct td_exchange *exchange;
    struct event *timer;
    bool decide;
};

static long query_number(const struct td_exchange *exchange, const char *name, long otherwise)
{
    const char *at = strstr(exchange->query, name);
    return at ? strtol(at + strlen(name) + 1, NULL, 10) : otherwise;
}

static void reply_json(struct td_exchange *exchange, int status, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);
    struct td_http_reply reply = {.status = status, .type = "application/json"};
    td_exchange_reply(exchange, &reply, text, strlen(text));
    free(text);
    json_decref(value);
}

static void reply_echo(struct td_exchange *exchange)
{
    json_t *headers = json_array();
    for (const struct td_http_header *h = exchange->headers; h->name; h++)
        json_array_append_new(headers, json_pack("[s, s]", h->name, h->value));
    json_t *body = json_stringn(exchange->body, exchange->body_length);
    reply_json(exchange, 200,
               json_pack("{s:s, s:s, s:s, s:s, s:o, s:o?, s:b, s:s, s:s}", "method",
                         exchange->method, "target", exchange->target, "path", exchange->path,
                         "query", exchange->query, "headers", headers, "body", body, "control",
                         exchange->is_control, "address", exchange->address, "request_id",
                         exchange->request_id));
}

static void reply_upload(struct td_exchange *exchange)
{
    const struct td_http_upload *upload = exchange->upload;
    json_t *value = json_pack("{s:s, s:s, s:s, s:I, s:s, s:b, s:s#}", "name", upload->name, "type",
                              upload->type, "field", upload->field, "size",
                              (json_int_t)upload->size, "hash", upload->hash, "present",
                              upload->present, "fields", exchange->body, exchange->body_length);
    reply_json(exchange, 201, value);
}

static void release(const void *bytes, size_t length, void *arg)
{
    (void)length;
    (void)arg;
    free((void *)bytes);
}

static void reply_large(struct td_exchange *exchange)
{
    size_t length = (size_t)query_number(exchange, "bytes", 100000);
    char *bytes = malloc(length + 1);
    memset(bytes, 'x', length);
    struct td_http_reply reply = {.status = 200, .type = "text/plain"};
    td_exchange_reply_owned(exchange, &reply, bytes, length, release, NULL);
}

static void reply_file(struct td_exchange *exchange)
{
    struct td_http_reply reply = {.status = 200, .type = "text/plain"};
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    td_exchange_reply_file(exchange, &reply, fd, 0, (size_t)lseek(fd, 0, SEEK_END));
}

static void reply_inject(struct td_exchange *exchange)
{
    struct td_http_header headers[] = {{"X-Split", "a\r\nX-Injected: b"}, {0}};
    struct td_http_reply reply = {.status = 200, .headers = headers};
    td_exchange_reply(exchange, &reply, "", 0);
}

static void reply_counters(struct echo *echo, struct td_exchange *exchange)
{
    struct td_http_counters c;
    td_http_server_counters(echo->server, &c);
    reply_json(exchange, 200,
               json_pack("{s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "lost", echo->lost, "accepted",
                         (json_int_t)c.accepted, "refused", (json_int_t)c.refused, "requests",
                         (json_int_t)c.requests, "bad", (json_int_t)c.bad_requests, "timeouts",
                         (json_int_t)c.timeouts, "open", (json_int_t)c.open, "streams",
                         (json_int_t)c.streams));
}

static void stream(struct td_exchange *exchange)
{
    if (td_sse_open(exchange) != 0)
        return;
    long bytes = query_number(exchange, "bytes", 0);
    char *text = malloc((size_t)bytes + 32);
    memset(text, 'y', (size_t)bytes);
    int rc = td_sse_retry(exchange, 1000);
    for (long i = 0; rc == 0 && i < query_number(exchange, "count", 2); i++) {
        char id[24];
        snprintf(id, sizeof(id), "%ld", i);
        strcpy(text + bytes, "one\ntwo");
        rc = td_sse_send(exchange, id, "changed", text);
    }
    free(text);
    if (strstr(exchange->query, "end"))
        td_exchange_drop(exchange);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct pending *pending = arg;
    struct td_exchange *exchange = pending->exchange;
    exchange->frame_state = NULL;
    if (pending->decide)
        td_exchange_accept_body(exchange, BODY_LIMIT);
    else
        reply_echo(exchange);
    event_free(pending->timer);
    free(pending);
}

static void later(struct echo *echo, struct td_exchange *exchange, bool decide)
{
    struct pending *pending = calloc(1, sizeof(*pending));
    *pending = (struct pending){echo, exchange, NULL, decide};
    pending->timer = event_new(echo->base, -1, 0, on_timer, pending);
    long ms = query_number(exchange, "ms", 5);
    event_add(pending->timer, &(struct timeval){ms / 1000, ms % 1000 * 1000});
    exchange->frame_state = pending;
}

static void accept_upload(struct echo *echo, struct td_exchange *exchange)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/upload-%s", echo->folder, exchange->request_id);
    td_exchange_accept_upload(exchange, path, (size_t)query_number(exchange, "limit", 1000000));
}

static void on_head(void *frame, struct td_exchange *exchange)
{
    struct echo *echo = frame;
    if (strcmp(exchange->path, "/refuse") == 0)
        td_exchange_problem(exchange, 403, "forbidden", "Forbidden", "Not here.");
    else if (strcmp(exchange->path, "/upload") == 0)
        accept_upload(echo, exchange);
    else if (strcmp(exchange->path, "/decide") == 0)
        later(echo, exchange, true);
    else if (!echo->assets || !td_static_reply(echo->assets, exchange))
        td_exchange_accept_body(exchange, BODY_LIMIT);
}

/* Into the log: what came whole, for tests whose replies go elsewhere. */
static void tell(const struct td_exchange *exchange)
{
    TD_LOG(TD_LOG_INFO, "echo.request", TD_S("method", exchange->method),
           TD_S("target", exchange->target), TD_S("body", exchange->body));
}

static void on_request(void *frame, struct td_exchange *exchange)
{
    struct echo *echo = frame;
    const char *path = exchange->path;
    if (echo->tells && !exchange->body_error)
        tell(exchange);
    struct td_http_reply plain = {.status = 200, .type = "text/plain"};
    if (exchange->body_error)
        td_exchange_problem(exchange, td_error_http(exchange->body_error),
                            td_error_slug(exchange->body_error),
                            td_error_text(exchange->body_error), exchange->body_error_detail);
    else if (strcmp(path, "/plain") == 0)
        td_exchange_reply(exchange, &plain, "ok", 2);
    else if (strcmp(path, "/none") == 0)
        td_exchange_reply(exchange, &(struct td_http_reply){.status = 204}, NULL, 0);
    else if (strcmp(path, "/later") == 0)
        later(echo, exchange, false);
    else if (strcmp(path, "/large") == 0)
        reply_large(exchange);
    else if (strcmp(path, "/file") == 0)
        reply_file(exchange);
    else if (strcmp(path, "/inject") == 0)
        reply_inject(exchange);
    else if (strcmp(path, "/upload") == 0)
        reply_upload(exchange);
    else if (strcmp(path, "/events") == 0)
        stream(exchange);
    else if (strcmp(path, "/gone") == 0)
        reply_counters(echo, exchange);
    else if (strcmp(path, "/drop") == 0)
        td_exchange_drop(exchange);
    else if (strcmp(path, "/hold") != 0)
        reply_echo(exchange);
}

static void on_gone(void *frame, struct td_exchange *exchange)
{
    struct echo *echo = frame;
    echo->lost++;
    struct pending *pending = exchange->frame_state;
    if (pending) {
        event_free(pending->timer);
        free(pending);
    }
    td_exchange_drop(exchange);
}

static void on_stopped(void *frame)
{
    struct echo *echo = frame;
    event_base_loopbreak(echo->base);
}

static void on_input(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    struct echo *echo = arg;
    char bytes[64];
    if (read(fd, bytes, sizeof(bytes)) > 0)
        return;
    struct event *self = event_base_get_running_event(echo->base);
    event_del(self);
    td_http_server_stop(echo->server);
}

static void set_limit(struct td_http_limits *limits, const char *name, long value)
{
    if (strcmp(name, "--output-bytes") == 0)
        limits->output_bytes = (size_t)value;
    else if (strcmp(name, "--header-ms") == 0)
        limits->header_ms = value;
    else if (strcmp(name, "--idle-ms") == 0)
        limits->idle_ms = value;
    else if (strcmp(name, "--grace-ms") == 0)
        limits->grace_ms = value;
    else if (strcmp(name, "--linger-ms") == 0)
        limits->linger_ms = value;
    else if (strcmp(name, "--heartbeat-ms") == 0)
        limits->heartbeat_ms = value;
    else if (strcmp(name, "--body-rate") == 0)
        limits->body_rate = value;
    else if (strcmp(name, "--per-address") == 0)
        limits->per_address = (size_t)value;
    else if (strcmp(name, "--connections") == 0)
        limits->connections = (size_t)value;
    else {
        fprintf(stderr, "http_echo: unknown option %s\n", name);
        exit(2);
    }
}

static void check(int rc, const struct td_error *err)
{
    if (rc == 0)
        return;
    fprintf(stderr, "http_echo: %s\n", err->detail);
    exit(1);
}

int main(int argc, char **argv)
{
    struct echo echo = {.folder = "/tmp"};
    struct td_http_limits limits;
    td_http_limits_default(&limits);
    const char *control = NULL, *assets = NULL, *proxies = "", *certificate = NULL, *key = NULL;
    struct td_tls *tls = NULL;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--control") == 0)
            control = argv[i + 1];
        else if (strcmp(argv[i], "--folder") == 0)
            echo.folder = argv[i + 1];
        else if (strcmp(argv[i], "--tell") == 0)
            echo.tells = true;
        else if (strcmp(argv[i], "--trusted-proxy") == 0)
            proxies = argv[i + 1];
        else if (strcmp(argv[i], "--assets") == 0)
            assets = argv[i + 1];
        else if (strcmp(argv[i], "--certificate") == 0)
            certificate = argv[i + 1];
        else if (strcmp(argv[i], "--key") == 0)
            key = argv[i + 1];
        else
            set_limit(&limits, argv[i], strtol(argv[i + 1], NULL, 10));
    }
    signal(SIGPIPE, SIG_IGN);
    struct td_error err = TD_ERROR_INIT;
    struct event_config *config = event_config_new();
    event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    echo.base = event_base_new_with_config(config);
    event_config_free(config);
    struct td_http_callbacks callbacks = {on_head, on_request, on_gone, on_stopped};
    int port;
    check(td_http_server_new(echo.base, &callbacks, &echo, &limits, &echo.server, &err), &err);
    check(td_http_server_trust(echo.server, proxies, &err), &err);
    if (certificate)
        check(td_tls_new(certificate, key, &tls, &err), &err);
    td_http_server_use_tls(echo.server, tls);
    struct td_spool *spool;
    check(td_spool_new(echo.base, &spool, &err), &err);
    td_http_server_use_spool(echo.server, spool);
    check(td_http_server_listen(echo.server, "127.0.0.1", 0, &port, &err), &err);
    if (control)
        check(td_http_server_listen_control(echo.server, control, &err), &err);
    if (assets)
        check(td_static_load(assets, &echo.assets, &err), &err);
    struct event *input = event_new(echo.base, STDIN_FILENO, EV_READ | EV_PERSIST, on_input, &echo);
    event_add(input, NULL);
    printf("{\"port\": %d, \"asset\": \"%s\"}\n", port,
           echo.assets && td_static_url(echo.assets, "titled.css")
               ? td_static_url(echo.assets, "titled.css")
               : "");
    fflush(stdout);
    event_base_dispatch(echo.base);
    td_http_server_free(echo.server);
    td_spool_free(spool);
    td_tls_free(tls);
    td_static_free(echo.assets);
    event_free(input);
    event_base_free(echo.base);
    return 0;
}
