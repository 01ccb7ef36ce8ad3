/* Bytes of a client, through a real connection on a socket pair.
 *
 * The first byte of a sample says in how many pieces the rest is sent, two bytes each where to cut;
 * 0xff: every byte alone. What the frame gets to see and what is answered must not depend on that,
 * must keep the promises of connection.h, and nobody may be left behind. The path says what the
 * frame does, so that refusals, late answers and uploads are met too. llhttp is the second reader:
 * of every request that we take it must have read the same (second_reader.c). */
#include "second_reader.h"

#include "http/spool.h"
#include "base/utf8.h"
#include "http/text.h"
#include "http/wire.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BODY_LIMIT 3000

/* What one way of sending the bytes led to. */
struct outcome {
    struct td_strbuf seen;    /* by the frame */
    struct td_strbuf replies; /* as sent */
    struct second_message taken[SECOND_MESSAGES];
    size_t count;                   /* of taken */
    struct second_message *present; /* the last one, NULL when it is not kept */
};

static struct event_base *base;
static struct td_http_server *server;
static struct td_spool *spool;
static struct outcome *now;
static struct td_exchange *waiting; /* for the frame to act later */
static bool waits_with_body;

static void demand(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "http_request: %s\n", what);
    abort();
}

static void reply(struct td_exchange *exchange, int status)
{
    struct td_http_reply head = {.status = status};
    td_exchange_reply(exchange, &head, "ok", 2);
}

/* Of this process alone; the one before is gone. */
static const char *new_place(void)
{
    static char path[64];
    unlink(path);
    snprintf(path, sizeof(path), "/tmp/http_request-%d", (int)getpid());
    return path;
}

static void take_body(struct td_exchange *exchange)
{
    if (exchange->path[1] == 'u')
        td_exchange_accept_upload(exchange, new_place(), BODY_LIMIT);
    else
        td_exchange_accept_body(exchange, BODY_LIMIT);
}

static void note_head(const struct td_exchange *exchange)
{
    struct second_message *message = now->present =
        now->count < SECOND_MESSAGES ? &now->taken[now->count++] : NULL;
    if (!message)
        return;
    second_init(message);
    td_strbuf_adds(&message->method, exchange->method);
    td_strbuf_adds(&message->target, exchange->target);
    for (const struct td_http_header *header = exchange->headers; header->name; header++)
        second_add_field(message, header->name, strlen(header->name), header->value,
                         strlen(header->value));
}

static void on_head(void *frame, struct td_exchange *exchange)
{
    (void)frame;
    size_t path = strlen(exchange->path);
    demand(exchange->path[0] == '/' && td_utf8_is(exchange->path, path), "path is not proper");
    demand(!td_text_has_controls(exchange->path, path) && !strstr(exchange->path, "/../"),
           "path is not safe");
    demand(exchange->http_1_0 || td_exchange_header(exchange, "host"), "no Host");
    td_strbuf_addf(&now->seen, "%s %s %s %lld|", exchange->method, exchange->path, exchange->query,
                   (long long)exchange->announced_length);
    for (const struct td_http_header *header = exchange->headers; header->name; header++) {
        demand(td_text_is_token(header->name, strlen(header->name)), "header name is no token");
        demand(!strpbrk(header->value, "\r\n"), "header value has a line end");
        td_strbuf_addf(&now->seen, "%s=%s|", header->name, header->value);
    }
    note_head(exchange);
    switch (exchange->path[1]) {
    case 'r': reply(exchange, 403); break;
    case 'd': td_exchange_drop(exchange); break;
    case 'l':
        waiting = exchange;
        waits_with_body = false;
        break;
    default: take_body(exchange);
    }
}

static void on_request(void *frame, struct td_exchange *exchange)
{
    (void)frame;
    if (!exchange->body_error && !exchange->upload) {
        demand(strlen(exchange->body) <= exchange->body_length, "body is not ended");
        demand(exchange->announced_length < 0 ||
                   (size_t)exchange->announced_length == exchange->body_length,
               "body has not the announced length");
        td_strbuf_add(&now->seen, exchange->body, exchange->body_length);
        if (now->present) {
            td_strbuf_add(&now->present->body, exchange->body, exchange->body_length);
            now->present->complete = true;
        }
    } else if (exchange->upload) {
        td_strbuf_addf(&now->seen, "%s %zu %s", exchange->upload->name, exchange->upload->size,
                       exchange->upload->hash);
    }
    td_strbuf_addf(&now->seen, "|%d\n", exchange->body_error);
    if (exchange->path[1] != 'a') {
        reply(exchange, 200);
        return;
    }
    waiting = exchange;
    waits_with_body = true;
}

static void on_gone(void *frame, struct td_exchange *exchange)
{
    (void)frame;
    if (waiting == exchange)
        waiting = NULL;
    td_strbuf_adds(&now->seen, "|gone\n");
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
    limits.pipeline = 3;
    td_log_set_level(TD_LOG_ERROR);
    base = event_base_new();
    demand(td_http_server_new(base, &callbacks, NULL, &limits, &server, NULL) == 0, "no server");
    demand(td_spool_new(base, &spool, NULL) == 0, "no spool");
    td_http_server_use_spool(server, spool);
}

static bool act_later(void)
{
    struct td_exchange *exchange = waiting;
    waiting = NULL;
    if (exchange && waits_with_body)
        reply(exchange, 201);
    else if (exchange)
        take_body(exchange);
    return exchange != NULL;
}

static void turn(void)
{
    event_base_loop(base, EVLOOP_NONBLOCK);
    while (td_spool_busy(spool))
        event_base_loop(base, EVLOOP_ONCE);
}

/* Lets everybody act until nothing moves any more. */
static void settle(int fd)
{
    char bytes[16 * 1024];
    for (int quiet = 0; quiet < 3; quiet++) {
        turn();
        if (act_later())
            quiet = 0;
        ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        if (n > 0) {
            td_strbuf_add(&now->replies, bytes, (size_t)n);
            quiet = 0;
        }
    }
}

static void put(int fd, const uint8_t *bytes, size_t length)
{
    if (length == 0)
        return;
    ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
    (void)sent; /* it may have been refused already */
    settle(fd);
}

static void run(const uint8_t *bytes, size_t length, const uint8_t *cuts, size_t count,
                bool each_byte, struct outcome *outcome)
{
    int pair[2];
    struct td_http_counters after;
    demand(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0,
           "no socket");
    *outcome = (struct outcome){0};
    now = outcome;
    td_strbuf_init(&outcome->seen);
    td_strbuf_init(&outcome->replies);
    static struct td_listener control = {.is_control = true};
    control.server = server;
    td_connection_new(&control, pair[0], &(struct td_address_key){{0}}, "fuzz");
    size_t at = 0;
    for (size_t i = 0; each_byte ? i + 1 < length : i < count; i++) {
        size_t piece = each_byte ? 1 : cuts[2 * i] | (size_t)cuts[2 * i + 1] << 8;
        if (piece > length - at)
            piece = length - at;
        put(pair[1], bytes + at, piece);
        at += piece;
    }
    put(pair[1], bytes + at, length - at);
    shutdown(pair[1], SHUT_WR);
    settle(pair[1]);
    close(pair[1]);
    for (int i = 0; i < 3; i++)
        turn();
    td_http_server_counters(server, &after);
    demand(after.open == 0, "a connection is left behind");
}

/* The statuses of all replies: dates and ids differ, and whether 100 Continue is sent may depend on
 * whether the body is there already. */
static void note_statuses(struct outcome *outcome)
{
    const char *text = outcome->replies.bytes ? outcome->replies.bytes : "";
    for (const char *at = text; (at = strstr(at, "HTTP/1.1 ")); at += 9)
        if (strncmp(at + 9, "100", 3) != 0)
            td_strbuf_addf(&outcome->seen, "%.3s ", at + 9);
}

static void done(struct outcome *outcome)
{
    td_strbuf_done(&outcome->seen);
    td_strbuf_done(&outcome->replies);
    for (size_t i = 0; i < outcome->count; i++)
        second_done(&outcome->taken[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length == 0 || length > 16 * 1024)
        return 0;
    if (!server)
        start();
    bool each_byte = bytes[0] == 0xff;
    size_t cuts = each_byte ? 0 : bytes[0] % 8;
    if (length < 1 + 2 * cuts)
        return 0;
    const uint8_t *text = bytes + 1 + 2 * cuts;
    length -= 1 + 2 * cuts;
    struct outcome whole, pieces;
    run(text, length, NULL, 0, false, &whole);
    run(text, length, bytes + 1, cuts, each_byte, &pieces);
    note_statuses(&whole);
    note_statuses(&pieces);
    demand(whole.seen.length == pieces.seen.length &&
               (whole.seen.length == 0 ||
                memcmp(whole.seen.bytes, pieces.seen.bytes, whole.seen.length) == 0),
           "the split changes the meaning");
    second_compare((const char *)text, length, whole.taken, whole.count);
    done(&whole);
    done(&pieces);
    return 0;
}
