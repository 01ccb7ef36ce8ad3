/* connection.c - the life of one connection: phases, deadlines, the order of requests and replies.
 *
 * `run` moves a connection from phase to phase until it must wait: for bytes, for the frame, or for
 * the client to read. It is called when bytes arrive, when output has drained, and by
 * td_connection_wake after the frame did something outside of it; calls of the frame from inside a
 * callback only change the phase, and the loop in `run` sees it. A connection is freed only at the
 * end of `run`, by the event and tick callbacks, or with the server, never inside a call of the
 * frame.
 *
 * A plain socket is written to at once (td_connection_push); only what it does not take waits for
 * the loop. So the usual reply costs one call, no turn of the loop and no change of what epoll
 * watches. */
#include "http/wire.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A refused client may still be sending an upload that is too large: how much of it is read away,
 * and how many times linger_ms, which is for one pause, that may take. */
#define LINGER_MAX   (64u << 20)
#define LINGER_TIMES 10
#define READ_AHEAD   (64 * 1024)  /* unread input kept per connection, beyond a header block */
#define WRITE_MOST   (128 * 1024) /* in one call: a file may have to come from the disk */

enum { WRITES_AT_ONCE = 3 /* head, file, and what is left of that */ };

static size_t unsent(const struct td_connection *connection)
{
    return evbuffer_get_length(bufferevent_get_output(connection->bev));
}

static bool has_input(const struct td_connection *connection)
{
    return evbuffer_get_length(bufferevent_get_input(connection->bev)) > 0;
}

static void on_output(struct evbuffer *output, const struct evbuffer_cb_info *change, void *arg)
{
    (void)output;
    td_pace_wrote(arg, change->n_added);
}

static void set_phase(struct td_connection *connection, enum td_phase phase)
{
    connection->phase = phase;
    connection->phase_ms = td_clock_mono_ms();
}

/* Parts with the exchange, if any: the frame hears of it and will end it. */
static void lose_exchange(struct td_connection *connection)
{
    struct td_exchange_own *own = connection->exchange;
    if (!own)
        return;
    connection->exchange = NULL;
    own->connection = NULL;
    own->was_gone = true;
    if (own->is_stream)
        connection->server->counters.streams--;
    connection->server->callbacks.on_gone(connection->server->frame, &own->exchange);
}

void td_connection_free(struct td_connection *connection)
{
    struct td_http_server *server = connection->server;
    lose_exchange(connection);
    td_tail_end(connection);
    if (connection->is_tls)
        td_tls_bye(connection->bev);
    LIST_REMOVE(connection, link);
    server->counters.open--;
    if (connection->is_control)
        server->control_open--;
    else if (!connection->is_proxy)
        td_address_leave(&server->addresses, &connection->key);
    bufferevent_free(connection->bev);
    free(connection);
    td_http_server_settle(server);
}

void td_connection_wake(struct td_connection *connection)
{
    if (!connection->running)
        bufferevent_trigger(connection->bev, EV_READ,
                            (int)BEV_TRIG_IGNORE_WATERMARKS | (int)BEV_TRIG_DEFER_CALLBACKS);
}

/* As far as the socket takes it now; errors are left for the loop to meet. */
static void write_now(struct td_connection *connection, struct evbuffer *output)
{
    int sent = 1;
    evbuffer_unfreeze(output, 1); /* a bufferevent keeps the front of its output to itself */
    for (int i = 0; i < WRITES_AT_ONCE && sent > 0 && evbuffer_get_length(output) > 0; i++)
        sent = evbuffer_write_atmost(output, bufferevent_getfd(connection->bev), WRITE_MOST);
    evbuffer_freeze(output, 1);
}

void td_connection_push(struct td_connection *connection)
{
    struct evbuffer *output = bufferevent_get_output(connection->bev);
    if (connection->is_tls || connection->sending || evbuffer_get_length(output) == 0)
        return;
    write_now(connection, output);
    connection->sending = evbuffer_get_length(output) > 0;
    if (connection->sending)
        bufferevent_enable(connection->bev, EV_WRITE);
}

/* Refuses a request and says so in the reply; an exchange in hand is lost to the frame. */
static void refuse(struct td_connection *connection, int status, const char *reason)
{
    struct td_http_counters *counters = &connection->server->counters;
    connection->too_late = status == 408;
    if (status == 408)
        counters->timeouts++;
    else
        counters->bad_requests++;
    td_connection_refuse(connection, status, reason);
    if (connection->exchange)
        connection->exchange->refusal = status;
    lose_exchange(connection);
    set_phase(connection, TD_PHASE_CLOSE);
}

static void begin_exchange(struct td_connection *connection, const char *head, size_t length)
{
    struct td_http_server *server = connection->server;
    const char *reason;
    struct td_exchange_own *own;
    int status = td_exchange_new(connection, head, length, &own, &reason);
    evbuffer_drain(bufferevent_get_input(connection->bev), length);
    connection->scan = (struct td_head_scan){0};
    if (status != 0) {
        refuse(connection, status, reason);
        return;
    }
    server->counters.requests++;
    connection->exchange = own;
    set_phase(connection, TD_PHASE_DECIDE);
    if (connection->site)
        td_response_redirect(own, connection->site);
    else
        server->callbacks.on_head(server->frame, &own->exchange);
}

/* True when something happened. */
static bool step_head(struct td_connection *connection)
{
    struct td_http_server *server = connection->server;
    struct evbuffer *input = bufferevent_get_input(connection->bev);
    if (unsent(connection) > server->limits.output_bytes)
        return false; /* the write callback comes back here */
    size_t most = server->limits.request_line + server->limits.header_bytes + 16; /* line ends */
    size_t length = evbuffer_get_length(input);
    if (length == 0)
        return false;
    if (connection->scan.seen == 0) { /* the deadline of the header counts from here */
        connection->phase_ms = td_clock_mono_ms() - connection->handshake_ms;
        connection->handshake_ms = 0;
    }
    if (length > most)
        length = most;
    const char *bytes = (const char *)evbuffer_pullup(input, (ev_ssize_t)length);
    long head = bytes ? td_head_scan(&connection->scan, &server->limits, bytes, length) : -503;
    if (head == 0)
        return false;
    if (head < 0)
        refuse(connection, (int)-head,
               bytes ? connection->scan.reason : "The server is short of memory.");
    else
        begin_exchange(connection, bytes, (size_t)head);
    return true;
}

static void body_complete(struct td_connection *connection)
{
    struct td_http_server *server = connection->server;
    struct td_exchange_own *own = connection->exchange;
    struct td_exchange *exchange = &own->exchange;
    if (!exchange->body_error && own->upload)
        td_body_upload_done(own);
    else if (!exchange->body_error) {
        exchange->body = own->buffer.bytes;
        exchange->body_length = own->buffer.length;
    }
    if (!own->complete)
        own->keep_alive = false;
    set_phase(connection, TD_PHASE_ANSWER);
    server->callbacks.on_request(server->frame, exchange);
}

static bool step_body(struct td_connection *connection)
{
    const char *reason = NULL;
    enum td_body_step step =
        connection->exchange->exchange.body_error ? TD_BODY_END : td_body_read(connection, &reason);
    if (step == TD_BODY_MORE)
        return false;
    if (step == TD_BODY_END)
        body_complete(connection);
    else
        refuse(connection, 400, reason);
    return true;
}

/* Everything is sent: shut our side and wait for the client's end, or for linger_ms. */
static bool step_close(struct td_connection *connection)
{
    if (unsent(connection) > 0)
        return false;
    if (connection->is_tls)
        td_tls_bye(connection->bev);
    if (connection->eof || shutdown(bufferevent_getfd(connection->bev), SHUT_WR) != 0) {
        set_phase(connection, TD_PHASE_GONE);
        return false;
    }
    set_phase(connection, TD_PHASE_LINGER);
    connection->beat_ms = connection->phase_ms;
    return true;
}

static bool step_linger(struct td_connection *connection)
{
    struct evbuffer *input = bufferevent_get_input(connection->bev);
    if (evbuffer_get_length(input) > 0)
        connection->beat_ms = td_clock_mono_ms();
    connection->lingered += evbuffer_get_length(input);
    evbuffer_drain(input, evbuffer_get_length(input));
    if (connection->eof || connection->lingered > LINGER_MAX)
        set_phase(connection, TD_PHASE_GONE);
    return false;
}

/* The client has shut its side. What it asked for completely is still answered. */
static void step_eof(struct td_connection *connection)
{
    switch (connection->phase) {
    case TD_PHASE_HEAD:
        if (unsent(connection) <= connection->server->limits.output_bytes)
            set_phase(connection, unsent(connection) ? TD_PHASE_CLOSE : TD_PHASE_GONE);
        break;
    case TD_PHASE_BODY:
        if (!td_body_waits(connection->exchange))
            set_phase(connection, TD_PHASE_GONE);
        break;
    case TD_PHASE_STREAM:
    case TD_PHASE_LINGER: set_phase(connection, TD_PHASE_GONE); break;
    default: break;
    }
}

static bool step(struct td_connection *connection)
{
    if (connection->tail.left > 0)
        return false; /* the reply is still on its way; the write callback comes back here */
    switch (connection->phase) {
    case TD_PHASE_HEAD: return step_head(connection);
    case TD_PHASE_BODY: return step_body(connection);
    case TD_PHASE_CLOSE: return step_close(connection);
    case TD_PHASE_LINGER: return step_linger(connection);
    default: return false;
    }
}

/* May free the connection. */
static void run(struct td_connection *connection)
{
    if (connection->running)
        return;
    connection->running = true;
    uint64_t most = connection->server->counters.requests + connection->server->limits.pipeline;
    bool moved = true;
    while (moved && connection->server->counters.requests < most)
        moved = step(connection);
    size_t queued = unsent(connection);
    td_connection_push(connection);
    bool drained = queued > 0 && unsent(connection) == 0;
    if (connection->eof && !moved)
        step_eof(connection);
    connection->running = false;
    if (drained && (connection->phase == TD_PHASE_CLOSE || has_input(connection)))
        moved = true; /* it may have waited for that */
    if (moved)
        td_connection_wake(connection); /* others first */
    else if (connection->phase == TD_PHASE_GONE)
        td_connection_free(connection);
}

static void on_read(struct bufferevent *bev, void *arg)
{
    (void)bev;
    run(arg);
}

static void on_drained(struct bufferevent *bev, void *arg)
{
    struct td_connection *connection = arg;
    connection->sending = false;
    if (!connection->is_tls)
        bufferevent_disable(bev, EV_WRITE);
    if (!td_tail_push(connection))
        set_phase(connection, TD_PHASE_GONE);
    run(connection);
}

/* Somebody typed the address without https: says so, in the only way that is understood. */
static void answer_http(struct td_connection *connection)
{
    char text[2048];
    int fd = bufferevent_getfd(connection->bev);
    size_t length = td_response_wrong_scheme(text, sizeof(text));
    char unread[4096]; /* would reset the reply; who sends more than a few has no browser */
    for (size_t i = 0; i < READ_AHEAD / sizeof(unread); i++)
        if (recv(fd, unread, sizeof(unread), MSG_DONTWAIT) <= 0)
            break;
    if (send(fd, text, length, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
        shutdown(fd, SHUT_WR);
    connection->server->counters.bad_requests++;
}

static void on_handshake(struct td_connection *connection)
{
    int64_t now = td_clock_mono_ms();
    connection->handshaking = false;
    connection->handshake_ms = now - connection->phase_ms;
    connection->phase_ms = now;
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    struct td_connection *connection = arg;
    if (what & BEV_EVENT_CONNECTED) {
        on_handshake(connection);
    } else if ((what & BEV_EVENT_EOF) && (what & BEV_EVENT_READING)) {
        connection->eof = true;
        if (connection->is_tls) { /* libevent has stopped both ways, but we may still answer */
            bufferevent_disable(bev, EV_READ);
            bufferevent_enable(bev, EV_WRITE);
        }
        run(connection);
    } else if (what & (BEV_EVENT_ERROR | BEV_EVENT_EOF)) {
        if (connection->handshaking && td_tls_heard_http(bev))
            answer_http(connection);
        td_connection_free(connection);
    }
}

/* The one place where a socket becomes a bufferevent. */
static struct bufferevent *new_bufferevent(struct td_http_server *server, int fd, bool is_tls)
{
    struct bufferevent *bev = is_tls
                                  ? td_tls_bufferevent(server->tls, server->base, fd)
                                  : bufferevent_socket_new(server->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (!bev)
        return NULL;
    size_t most = server->limits.request_line + server->limits.header_bytes;
    bufferevent_setwatermark(bev, EV_READ, 0, most + READ_AHEAD);
    bufferevent_set_max_single_read(bev, READ_AHEAD);
    bufferevent_set_max_single_write(bev, WRITE_MOST);
    return bev;
}

void td_connection_new(struct td_listener *listener, int fd, const struct td_address_key *key,
                       const char *address)
{
    struct td_http_server *server = listener->server;
    bool is_control = listener->is_control;
    bool is_proxy = !is_control && td_http_server_trusts(server, address);
    struct td_connection *connection = calloc(1, sizeof(*connection));
    if (connection)
        connection->bev = new_bufferevent(server, fd, listener->is_tls);
    if (!connection || !connection->bev) {
        free(connection);
        evutil_closesocket(fd);
        if (!is_control && !is_proxy)
            td_address_leave(&server->addresses, key);
        return;
    }
    connection->server = server;
    connection->is_control = is_control;
    connection->is_proxy = is_proxy;
    connection->is_tls = connection->handshaking = listener->is_tls;
    connection->site = listener->site;
    connection->key = *key;
    memcpy(connection->address, address, strlen(address) + 1);
    set_phase(connection, TD_PHASE_HEAD);
    LIST_INSERT_HEAD(&server->connections, connection, link);
    server->counters.accepted++;
    server->counters.open++;
    if (is_control)
        server->control_open++;
    bufferevent_setcb(connection->bev, on_read, on_drained, on_event, connection);
    if (connection->is_tls)
        bufferevent_enable(connection->bev, EV_WRITE);
    else
        bufferevent_disable(connection->bev, EV_WRITE); /* libevent begins with it */
    evbuffer_add_cb(bufferevent_get_output(connection->bev), on_output, connection);
    bufferevent_enable(connection->bev, EV_READ);
}

/* Nothing of what it has not read is kept, not even by the kernel. */
static void cut(struct td_connection *connection)
{
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt(bufferevent_getfd(connection->bev), SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    connection->server->counters.timeouts++;
    TD_LOG(TD_LOG_INFO, "http.cut", TD_S("reason", "the replies are read too slowly"),
           TD_S("address", connection->address));
    td_connection_free(connection);
}

static void check_head(struct td_connection *connection, int64_t now)
{
    const struct td_http_limits *limits = &connection->server->limits;
    int64_t spent = now - connection->phase_ms;
    if (unsent(connection) > 0)
        return; /* the client reads; its own deadline holds */
    if (connection->handshaking && spent <= limits->header_ms)
        return;
    if (connection->handshaking) {
        connection->server->counters.timeouts++;
        td_connection_free(connection);
        return;
    }
    if (connection->scan.seen > 0 && spent > limits->header_ms) {
        refuse(connection, 408, "The header block did not come in time.");
        td_connection_wake(connection);
    } else if (connection->scan.seen == 0 && spent > limits->idle_ms) {
        td_connection_free(connection);
    }
}

/* A browser shows our reply only once its upload is read away, so a client that sends gets some
 * time; one that drips does not. */
static bool lingered_enough(const struct td_connection *connection, int64_t now)
{
    const struct td_http_limits *limits = &connection->server->limits;
    int64_t pause = connection->too_late ? limits->linger_ms / 4 : limits->linger_ms;
    bool once = connection->too_late || connection->server->stopping;
    int64_t whole = once ? pause : pause * LINGER_TIMES;
    int64_t spent = now - connection->phase_ms;
    bool drips = (int64_t)connection->lingered * 1000 < limits->body_rate * spent;
    return now - connection->beat_ms > pause || spent > (drips ? pause : whole);
}

void td_connection_check(struct td_connection *connection, int64_t now)
{
    if (td_pace_reads_slowly(connection, now)) {
        cut(connection);
        return;
    }
    if (connection->phase == TD_PHASE_HEAD) {
        check_head(connection, now);
    } else if (connection->phase == TD_PHASE_BODY && td_pace_sends_slowly(connection, now)) {
        refuse(connection, 408, "The body came too slowly.");
        td_connection_wake(connection);
    } else if (connection->phase == TD_PHASE_STREAM) {
        td_sse_check(connection, now);
    } else if (connection->phase == TD_PHASE_LINGER && lingered_enough(connection, now)) {
        td_connection_free(connection);
    }
}

void td_connection_quit(struct td_connection *connection)
{
    if (connection->phase == TD_PHASE_STREAM)
        lose_exchange(connection);
    else if (connection->phase != TD_PHASE_HEAD || connection->scan.seen > 0)
        return;
    set_phase(connection, TD_PHASE_CLOSE);
    td_connection_wake(connection);
}

static void log_request(const struct td_exchange *exchange, int status, size_t sent)
{
    if (exchange->untold)
        return;
    TD_LOG(TD_LOG_INFO, "http.request", TD_S("method", exchange->method),
           TD_S("path", exchange->path), TD_I("status", status), TD_I("bytes", sent),
           TD_I("ms", td_clock_mono_ms() - exchange->started_ms),
           TD_S("request", exchange->request_id), TD_S("address", exchange->address));
}

void td_exchange_finish(struct td_exchange_own *own, int status, size_t sent, bool close)
{
    struct td_connection *connection = own->connection;
    log_request(&own->exchange, own->refusal ? own->refusal : own->was_gone ? 499 : status, sent);
    if (connection) {
        bool keep = own->complete && own->keep_alive && !close && !connection->server->stopping;
        connection->exchange = NULL;
        if (connection->phase != TD_PHASE_GONE)
            set_phase(connection, keep ? TD_PHASE_HEAD : TD_PHASE_CLOSE);
        if (!connection->running)
            td_connection_push(connection); /* else at the end of `run`, together with others */
        if (connection->phase != TD_PHASE_HEAD || connection->eof || has_input(connection))
            td_connection_wake(connection);
    }
    td_exchange_free(own);
}

void td_exchange_drop(struct td_exchange *exchange)
{
    struct td_exchange_own *own = td_exchange_own(exchange);
    if (own->connection && own->is_stream)
        own->server->counters.streams--;
    td_exchange_finish(own, own->is_stream ? 200 : 0, 0, true);
}
