/* Bytes of a client, through a real connection on a socket pair. What the frame gets to see must
 * not depend on how the bytes are split, must keep the promises of connection.h, and nobody may be
 * left behind. */
#include "http/text.h"
#include "http/wire.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct event_base *base;
static struct td_http_server *server;
static struct td_strbuf *seen; /* what the frame got in the present run */

static void demand(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "http_request: %s\n", what);
    abort();
}

static void on_head(void *frame, struct td_exchange *exchange)
{
    (void)frame;
    size_t path = strlen(exchange->path);
    demand(exchange->path[0] == '/' && td_text_is_utf8(exchange->path, path), "path is not proper");
    demand(!td_text_has_controls(exchange->path, path) && !strstr(exchange->path, "/../"),
           "path is not safe");
    demand(exchange->http_1_0 || td_exchange_header(exchange, "host"), "no Host");
    td_strbuf_addf(seen, "%s %s %s %lld|", exchange->method, exchange->path, exchange->query,
                   (long long)exchange->announced_length);
    for (const struct td_http_header *header = exchange->headers; header->name; header++) {
        demand(td_text_is_token(header->name, strlen(header->name)), "header name is no token");
        td_strbuf_addf(seen, "%s=%s|", header->name, header->value);
    }
    td_exchange_accept_body(exchange, 3000);
}

static void on_request(void *frame, struct td_exchange *exchange)
{
    (void)frame;
    if (!exchange->body_error) {
        demand(strlen(exchange->body) <= exchange->body_length, "body is not ended");
        demand(exchange->announced_length < 0 ||
                   (size_t)exchange->announced_length == exchange->body_length,
               "body has not the announced length");
        td_strbuf_add(seen, exchange->body, exchange->body_length);
    }
    td_strbuf_addf(seen, "|%d\n", exchange->body_error);
    struct td_http_reply reply = {.status = 200};
    td_exchange_reply(exchange, &reply, "ok", 2);
}

static void on_gone(void *frame, struct td_exchange *exchange)
{
    (void)frame;
    td_strbuf_adds(seen, "|gone\n");
    td_exchange_drop(exchange);
}

static void start(void)
{
    struct td_http_callbacks callbacks = {on_head, on_request, on_gone, NULL};
    struct td_http_limits limits;
    td_http_limits_default(&limits);
    limits.request_line = 200;
    limits.header_bytes = 600;
    limits.header_count = 10;
    td_log_set_level(TD_LOG_ERROR);
    base = event_base_new();
    demand(td_http_server_new(base, &callbacks, NULL, &limits, &server, NULL) == 0, "no server");
}

static void turn(void)
{
    for (int i = 0; i < 4; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
}

/* Sends `bytes` in two writes and notes what the frame saw and what was refused. */
static void run(const uint8_t *bytes, size_t length, size_t split, struct td_strbuf *out)
{
    int pair[2];
    struct td_http_counters before, after;
    demand(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0,
           "no socket");
    seen = out;
    td_http_server_counters(server, &before);
    static struct td_listener control = {.is_control = true};
    control.server = server;
    td_connection_new(&control, pair[0], &(struct td_address_key){{0}}, "fuzz");
    demand(split == 0 || send(pair[1], bytes, split, MSG_NOSIGNAL) == (ssize_t)split,
           "short write");
    turn();
    ssize_t sent = send(pair[1], bytes + split, length - split, MSG_NOSIGNAL);
    (void)sent; /* it may have been refused already */
    turn();
    shutdown(pair[1], SHUT_WR);
    turn();
    close(pair[1]);
    turn();
    td_http_server_counters(server, &after);
    demand(after.open == 0, "a connection is left behind");
    td_strbuf_addf(out, "bad %d", (int)(after.bad_requests - before.bad_requests));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length > 16 * 1024)
        return 0;
    if (!server)
        start();
    struct td_strbuf whole, pieces;
    td_strbuf_init(&whole);
    td_strbuf_init(&pieces);
    run(bytes, length, 0, &whole);
    size_t split = length ? (bytes[0] * 31u + bytes[length - 1] * 7u + length) % length : 0;
    run(bytes, length, split, &pieces);
    demand(whole.length == pieces.length && memcmp(whole.bytes, pieces.bytes, whole.length) == 0,
           "the split changes the meaning");
    td_strbuf_done(&whole);
    td_strbuf_done(&pieces);
    return 0;
}
