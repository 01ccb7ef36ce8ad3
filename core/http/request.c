/* request.c - the header block of a request: its parsing by llhttp, and the checks on top.
 *
 * The raw bytes have passed head.c. The complete block is copied into the exchange and parsed there
 * by llhttp with nothing lenient; the callbacks collect the names as pointers into the copy.
 * Then the rules that decide where the body ends are applied once more by hand (RFC 9112, 6), and
 * llhttp must have come to the same result. Owns no connection state. */
#include "http/wire.h"

#include "base/clock.h"
#include "http/target.h"
#include "http/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int refuse(struct td_exchange_own *own, int status, const char *reason)
{
    if (!own->refusal) {
        own->refusal = status;
        own->reason = reason;
    }
    return -1;
}

static struct td_exchange_own *parsed(llhttp_t *parser)
{
    return parser->data;
}

static int on_header_field(llhttp_t *parser, const char *at, size_t length)
{
    struct td_exchange_own *own = parsed(parser);
    if (own->head_done)
        return 0; /* a trailer: accepted and dropped */
    if (own->header_count >= own->header_room || at[length] != ':' || !td_text_is_token(at, length))
        return refuse(own, 400, "A header name is not proper.");
    own->headers[own->header_count].name = at;
    return 0;
}

static int on_header_value_complete(llhttp_t *parser)
{
    struct td_exchange_own *own = parsed(parser);
    if (!own->head_done)
        own->header_count++;
    return 0;
}

static int on_headers_complete(llhttp_t *parser)
{
    struct td_exchange_own *own = parsed(parser);
    own->head_done = true;
    own->keep_alive = llhttp_should_keep_alive(parser) != 0;
    own->chunked = (parser->flags & F_CHUNKED) != 0;
    own->exchange.announced_length = own->chunked ? -1 : (int64_t)parser->content_length;
    parser->upgrade =
        0; /* RFC 9110, 7.8: an upgrade may be ignored, and then the body is an ordinary one */
    return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t length)
{
    return td_body_take(parsed(parser), at, length);
}

static int on_message_complete(llhttp_t *parser)
{
    parsed(parser)->complete = true;
    return 0;
}

static const llhttp_settings_t settings = {
    .on_header_field = on_header_field,
    .on_header_value_complete = on_header_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/* Turns the collected places into strings. The parser has read the block; now its copy may be cut.
 * A value is what stands between the colon and the CR: for an empty one the parser points
 * elsewhere. */
static void cut_headers(struct td_exchange_own *own)
{
    for (size_t i = 0; i < own->header_count; i++) {
        struct td_http_header *header = &own->headers[i];
        char *colon = strchr(header->name, ':');
        char *value = colon + 1 + strspn(colon + 1, " \t");
        char *end = strchr(value, '\r');
        while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
            end--;
        *colon = *end = 0;
        header->value = value;
    }
    own->headers[own->header_count] = (struct td_http_header){0};
}

static size_t count_named(const struct td_exchange_own *own, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < own->header_count; i++)
        count += strcasecmp(own->headers[i].name, name) == 0;
    return count;
}

static int check_host(struct td_exchange_own *own, const struct td_target *target)
{
    size_t count = count_named(own, "Host");
    const char *host = td_exchange_header(&own->exchange, "Host");
    if (count > 1 || (count == 0 && !target->http_1_0))
        return refuse(own, 400, "There must be exactly one Host header.");
    if (host && !td_target_is_host(host, strlen(host)))
        return refuse(own, 400, "The Host header is not proper.");
    if (host && target->authority &&
        (strlen(host) != target->authority_length ||
         strncasecmp(host, target->authority, strlen(host)) != 0))
        return refuse(own, 400, "The Host header and the target name different hosts.");
    return 0;
}

/* Strict 1*DIGIT of at most 18 digits, or -1. */
static int64_t read_length(const char *text)
{
    int64_t value = 0;
    size_t digits = 0;
    for (; *text >= '0' && *text <= '9' && digits < 18; text++, digits++)
        value = value * 10 + (*text - '0');
    return digits && !*text ? value : -1;
}

/* RFC 9112, 6: where the body ends. Anything that two readers could read differently is refused. */
static int check_framing(struct td_exchange_own *own)
{
    const char *coding = td_exchange_header(&own->exchange, "Transfer-Encoding");
    const char *length = td_exchange_header(&own->exchange, "Content-Length");
    if (count_named(own, "Content-Length") > 1 || count_named(own, "Transfer-Encoding") > 1)
        return refuse(own, 400, "The length of the body is given twice.");
    if (coding && length)
        return refuse(own, 400, "Content-Length and Transfer-Encoding exclude each other.");
    if (coding && own->exchange.http_1_0)
        return refuse(own, 400, "HTTP/1.0 has no transfer codings.");
    if (coding && strcasecmp(coding, "chunked") != 0)
        return refuse(own, 501, "The only transfer coding known here is a single chunked.");
    if (length && read_length(length) < 0)
        return refuse(own, 400, "The Content-Length is not a number.");
    return 0;
}

static bool parser_agrees(const struct td_exchange_own *own)
{
    const char *length = td_exchange_header(&own->exchange, "Content-Length");
    bool chunked = td_exchange_header(&own->exchange, "Transfer-Encoding") != NULL;
    return own->head_done && own->chunked == chunked &&
           (chunked || own->exchange.announced_length == (length ? read_length(length) : 0)) &&
           own->complete == (!chunked && own->exchange.announced_length == 0);
}

static int check_expect(struct td_exchange_own *own)
{
    const char *expect =
        own->exchange.http_1_0 ? NULL : td_exchange_header(&own->exchange, "Expect");
    if (expect && strcasecmp(expect, "100-continue") != 0)
        return refuse(own, 417, "That expectation cannot be met.");
    own->expects_continue = expect != NULL;
    return 0;
}

/* The block is at `head`, writable and NUL-terminated; `target` points into it. */
static int parse(struct td_exchange_own *own, llhttp_t *parser, char *head, size_t length,
                 const struct td_target *target)
{
    llhttp_init(parser, HTTP_REQUEST, &settings);
    parser->data = own;
    llhttp_errno_t err = llhttp_execute(parser, head, length);
    if (own->refusal)
        return own->refusal;
    cut_headers(own);
    /* The rules by hand come first also when llhttp has refused: they know the better reason. */
    if (check_framing(own) != 0 ||
        (err == HPE_OK && (check_host(own, target) != 0 || check_expect(own) != 0)))
        return own->refusal;
    if (err != HPE_OK || !parser_agrees(own)) {
        refuse(own, 400, "The header block is not proper.");
        return own->refusal;
    }
    return 0;
}

/* One allocation: the exchange, its header list, the block, the decoded path. */
static struct td_exchange_own *allocate(size_t line_count, size_t head_length, size_t path_length,
                                        char **ret_head, char **ret_path)
{
    size_t list = sizeof(struct td_http_header) * (line_count + 1);
    struct td_exchange_own *own = calloc(1, sizeof(*own) + list + head_length + path_length + 2);
    if (!own)
        return NULL;
    own->headers = (struct td_http_header *)(own + 1);
    own->header_room = line_count;
    *ret_head = (char *)own->headers + list;
    *ret_path = *ret_head + head_length + 1;
    return own;
}

static void fill(struct td_exchange_own *own, struct td_connection *connection,
                 const struct td_target *target)
{
    struct td_exchange *exchange = &own->exchange;
    own->connection = connection;
    own->server = connection->server;
    td_strbuf_init(&own->buffer);
    exchange->headers = own->headers;
    exchange->method = target->method;
    exchange->http_1_0 = target->http_1_0;
    exchange->body_error_detail = "";
    exchange->is_control = connection->is_control;
    exchange->started_ms = td_clock_mono_ms();
    memcpy(exchange->address, connection->address, sizeof(exchange->address));
    td_id_new(exchange->request_id);
}

/* Cuts target and query out of the request line; the end of the target is its space. */
static void cut_target(struct td_exchange_own *own, const struct td_target *target)
{
    if (target->origin_length > 1 || target->origin[1] == ' ')
        ((char *)target->origin)[target->origin_length] = 0;
    own->exchange.target = target->origin;
    own->exchange.query = target->path_length < target->origin_length
                              ? target->origin + target->path_length + 1
                              : target->origin + target->origin_length;
}

int td_exchange_new(struct td_connection *connection, const char *head, size_t length,
                    struct td_exchange_own **ret_own, const char **ret_reason)
{
    *ret_own = NULL;
    const char *start = head + connection->scan.start;
    size_t head_length = length - connection->scan.start;
    const char *line_end = memchr(start, '\r', head_length);
    size_t line_length = (size_t)(line_end - start);
    char *copy, *path;
    struct td_exchange_own *own =
        allocate(connection->scan.line_count, head_length, line_length, &copy, &path);
    if (!own) {
        *ret_reason = "The server is short of memory.";
        return 503;
    }
    memcpy(copy, start, head_length);
    struct td_target target;
    int status = td_target_read(copy, line_length, &target, ret_reason);
    if (status == 0)
        status = td_target_path(&target, path, ret_reason);
    if (status != 0) {
        free(own);
        return status;
    }
    fill(own, connection, &target);
    status = parse(own, &connection->parser, copy, head_length, &target);
    if (status != 0) {
        *ret_reason = own->reason;
        td_exchange_free(own);
        return status;
    }
    cut_target(own, &target);
    own->exchange.path = path;
    own->exchange.has_body = own->exchange.announced_length != 0;
    *ret_own = own;
    return 0;
}

void td_exchange_free(struct td_exchange_own *own)
{
    if (!own)
        return;
    td_upload_free(own->upload);
    td_strbuf_done(&own->buffer);
    free(own);
}

const char *td_exchange_header(const struct td_exchange *exchange, const char *name)
{
    for (const struct td_http_header *header = exchange->headers; header->name; header++)
        if (strcasecmp(header->name, name) == 0)
            return header->value;
    return NULL;
}
