/* sse.c - see sse.h. The stream has no length: it ends with the connection. The output of a stream
 * is bounded by limits.stream_bytes; who does not read that fast is let go and connects again by
 * itself. */
#include "http/sse.h"

#include "base/clock.h"
#include "http/wire.h"

#include <string.h>

int td_sse_open(struct td_exchange *exchange)
{
    struct td_exchange_own *own = td_exchange_own(exchange);
    struct td_connection *connection = own->connection;
    if (!connection)
        return TD_ECONFLICT;
    if (strcmp(exchange->method, "HEAD") == 0) {
        struct td_http_reply reply = {.status = 200, .type = "text/event-stream", .close = true};
        td_exchange_reply(exchange, &reply, "", 0);
        return TD_EMETHOD;
    }
    td_response_stream_head(own);
    own->is_stream = true;
    connection->phase = TD_PHASE_STREAM;
    connection->beat_ms = td_clock_mono_ms();
    own->server->counters.streams++;
    td_connection_wake(connection); /* the client may have shut its side already */
    return 0;
}

static void add_line(struct td_strbuf *out, const char *name, const char *text, size_t length)
{
    td_strbuf_adds(out, name);
    td_strbuf_adds(out, ": ");
    td_strbuf_add(out, text, length);
    td_strbuf_addc(out, '\n');
}

/* One data line per line of text; CR LF, LF and CR all end one. */
static void add_text(struct td_strbuf *out, const char *text)
{
    for (;;) {
        size_t length = strcspn(text, "\r\n");
        add_line(out, "data", text, length);
        text += length;
        if (!*text)
            return;
        text += text[0] == '\r' && text[1] == '\n' ? 2 : 1;
    }
}

/* Sends the scratch buffer when there is room for it. */
static int send_event(struct td_exchange_own *own, const struct td_strbuf *out)
{
    struct td_connection *connection = own->connection;
    size_t queued = evbuffer_get_length(bufferevent_get_output(connection->bev));
    if (out->failed || out->length + queued > own->server->limits.stream_bytes) {
        connection->phase = TD_PHASE_GONE;
        td_connection_wake(connection);
        return TD_EBUSY;
    }
    bufferevent_write(connection->bev, out->bytes, out->length);
    td_connection_push(connection);
    connection->beat_ms = td_clock_mono_ms();
    return 0;
}

static bool on_one_line(const char *text)
{
    return !text || !text[strcspn(text, "\r\n")];
}

int td_sse_send(struct td_exchange *exchange, const char *id, const char *event, const char *text)
{
    struct td_exchange_own *own = td_exchange_own(exchange);
    if (!own->connection || own->connection->phase != TD_PHASE_STREAM)
        return TD_ECONFLICT;
    if (!on_one_line(id) || !on_one_line(event))
        return TD_EINVALID;
    struct td_strbuf *out = td_http_server_scratch(own->server);
    if (id)
        add_line(out, "id", id, strlen(id));
    if (event)
        add_line(out, "event", event, strlen(event));
    add_text(out, text);
    td_strbuf_addc(out, '\n');
    return send_event(own, out);
}

int td_sse_mark(struct td_exchange *exchange, const char *id)
{
    struct td_exchange_own *own = td_exchange_own(exchange);
    if (!own->connection || own->connection->phase != TD_PHASE_STREAM)
        return TD_ECONFLICT;
    if (!on_one_line(id))
        return TD_EINVALID;
    struct td_strbuf *out = td_http_server_scratch(own->server);
    add_line(out, "id", id, strlen(id));
    td_strbuf_addc(out, '\n');
    return send_event(own, out);
}

int td_sse_retry(struct td_exchange *exchange, int64_t ms)
{
    struct td_exchange_own *own = td_exchange_own(exchange);
    if (!own->connection || own->connection->phase != TD_PHASE_STREAM)
        return TD_ECONFLICT;
    struct td_strbuf *out = td_http_server_scratch(own->server);
    td_strbuf_addf(out, "retry: %lld\n\n", (long long)ms);
    return send_event(own, out);
}

void td_sse_check(struct td_connection *connection, int64_t now)
{
    struct td_exchange_own *own = connection->exchange;
    if (now - connection->beat_ms < own->server->limits.heartbeat_ms)
        return;
    struct td_strbuf *out = td_http_server_scratch(own->server);
    td_strbuf_adds(out, ": still here\n\n");
    send_event(own, out);
}
