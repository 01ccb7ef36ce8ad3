/* body.c - from the input buffer to what the frame accepted: memory or an upload.
 *
 * Takes the framing off, and hands on the content piece by piece. Never reads past the end of the
 * message, so that a pipelined request stays in the buffer. */
#include "http/wire.h"

#include "base/clock.h"

#include <assert.h>

static int take_failed(struct td_exchange_own *own, int code, const char *detail)
{
    own->exchange.body_error = code;
    own->exchange.body_error_detail = detail;
    return -1;
}

/* Keeps what an upload says in the buffer that is otherwise unused then. */
static int upload_result(struct td_exchange_own *own, int rc, struct td_error *err)
{
    if (rc != 0) {
        td_strbuf_adds(&own->buffer, err->detail);
        take_failed(own, rc, own->buffer.bytes);
    }
    td_error_done(err);
    return rc == 0 ? 0 : -1;
}

static int take_upload(struct td_exchange_own *own, const char *bytes, size_t length)
{
    struct td_error err = TD_ERROR_INIT;
    return upload_result(own, td_upload_write(own->upload, bytes, length, &err), &err);
}

/* The framing is read to its end: so is the form, and the file goes to disk as a whole. */
static int end_upload(struct td_exchange_own *own)
{
    struct td_error err = TD_ERROR_INIT;
    own->upload_ended = true;
    return upload_result(own, td_upload_end(own->upload, &err), &err);
}

static bool upload_failed(struct td_exchange_own *own)
{
    struct td_error err = TD_ERROR_INIT;
    return upload_result(own, td_upload_failure(own->upload, &err), &err) != 0;
}

/* Where an upload stands after `step` of the wire. */
static enum td_body_step upload_step(struct td_exchange_own *own, enum td_body_step step)
{
    if (step == TD_BODY_BROKEN || own->exchange.body_error || upload_failed(own))
        return step == TD_BODY_BROKEN ? step : TD_BODY_END;
    if (!own->complete)
        return TD_BODY_MORE;
    if (!own->upload_ended && end_upload(own) != 0)
        return TD_BODY_END;
    return td_upload_waits(own->upload) ? TD_BODY_MORE : TD_BODY_END;
}

void td_body_upload_done(struct td_exchange_own *own)
{
    own->exchange.upload = td_upload_result(own->upload);
    own->exchange.body = td_upload_fields(own->upload, &own->exchange.body_length);
}

bool td_body_waits(const struct td_exchange_own *own)
{
    return own->upload && !own->exchange.body_error && td_upload_waits(own->upload);
}

static int take(struct td_exchange_own *own, const char *bytes, size_t length)
{
    if (own->upload)
        return take_upload(own, bytes, length);
    if (length > own->body_limit - own->buffer.length)
        return take_failed(own, TD_ETOOLARGE, "The body is larger than allowed here.");
    td_strbuf_add(&own->buffer, bytes, length);
    return own->buffer.failed ? take_failed(own, TD_ENOMEM, "The server is short of memory.") : 0;
}

/* One step into the next `length` bytes, more than none. */
static enum td_body_step read_piece(struct td_connection *connection, const char *bytes,
                                    size_t length, size_t *ret_used)
{
    struct td_exchange_own *own = connection->exchange;
    size_t content = 0;
    if (own->chunked) {
        enum td_chunk_step step =
            td_chunk_read(&connection->chunk, bytes, length, ret_used, &content);
        if (step == TD_CHUNK_BROKEN)
            return TD_BODY_BROKEN;
        own->complete = step == TD_CHUNK_END;
    } else {
        content = connection->body_left < length ? (size_t)connection->body_left : length;
        connection->body_left -= content;
        *ret_used = content;
        own->complete = connection->body_left == 0;
    }
    connection->in.bytes += (int64_t)*ret_used;
    bool taken = content == 0 || take(own, bytes + *ret_used - content, content) == 0;
    return own->complete || !taken ? TD_BODY_END : TD_BODY_MORE;
}

enum td_body_step td_body_read(struct td_connection *connection, const char **ret_reason)
{
    struct evbuffer *input = bufferevent_get_input(connection->bev);
    struct td_exchange_own *own = connection->exchange;
    enum td_body_step step = own->complete ? TD_BODY_END : TD_BODY_MORE;
    struct evbuffer_iovec piece;
    /* The length first: a drained buffer may keep an empty piece, which peek would give for ever.
     */
    while (step == TD_BODY_MORE && !td_body_waits(own) && evbuffer_get_length(input) > 0 &&
           evbuffer_peek(input, -1, NULL, &piece, 1) > 0) {
        size_t used = 0;
        step = read_piece(connection, piece.iov_base, piece.iov_len, &used);
        evbuffer_drain(input, used);
    }
    *ret_reason = "The chunked body is not proper.";
    return own->upload ? upload_step(own, step) : step;
}

/* The head alone may tell that the body will not be taken. */
static void accept_head(struct td_exchange_own *own, size_t limit)
{
    own->accepted = true;
    own->body_limit = limit;
    if (own->connection && !own->exchange.body_error && own->exchange.announced_length > 0 &&
        (uint64_t)own->exchange.announced_length > limit)
        take_failed(own, TD_ETOOLARGE, "The body is larger than allowed here.");
}

static void begin(struct td_exchange_own *own)
{
    struct td_connection *connection = own->connection;
    if (!connection)
        return;
    connection->phase = TD_PHASE_BODY;
    connection->body_left = own->chunked ? 0 : (uint64_t)own->exchange.announced_length;
    connection->chunk = (struct td_chunk_reader){0};
    connection->in = (struct td_pace){.looked_ms = td_clock_mono_ms()};
    bool nothing_sent = evbuffer_get_length(bufferevent_get_input(connection->bev)) == 0;
    if (own->expects_continue && !own->complete && !own->exchange.body_error && nothing_sent)
        bufferevent_write(connection->bev, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    td_connection_wake(connection);
}

void td_exchange_accept_body(struct td_exchange *exchange, size_t limit)
{
    struct td_exchange_own *own = td_exchange_own(exchange);
    assert(!own->accepted);
    accept_head(own, limit);
    begin(own);
}

/* Room for the parts around the file when the length of a whole form is announced. */
#define FORM_OVERHEAD (16 * 1024)

static void on_upload_moved(void *arg)
{
    struct td_exchange_own *own = arg;
    if (own->connection)
        td_connection_wake(own->connection);
}

void td_exchange_accept_upload(struct td_exchange *exchange, const char *path, size_t limit)
{
    struct td_exchange_own *own = td_exchange_own(exchange);
    assert(!own->accepted);
    if (!own->connection) /* perhaps not even the server is there any more */
        return;
    struct td_upload_options options = {.spool = own->server->spool,
                                        .path = path,
                                        .type = td_exchange_header(exchange, "Content-Type"),
                                        .limit = limit,
                                        .fields_limit = own->server->limits.form_fields_bytes,
                                        .moved = on_upload_moved,
                                        .arg = own};
    struct td_error err = TD_ERROR_INIT;
    assert(options.spool);
    upload_result(own, td_upload_new(&options, &own->upload, &err), &err);
    accept_head(own, limit + options.fields_limit + FORM_OVERHEAD);
    begin(own);
}
