/* request.c - the header block of a request: split into fields, then the rules that decide where
 * the body ends and whether the connection stays (RFC 9110, RFC 9112).
 *
 * The raw bytes have passed head.c: every line ends with CR LF, nothing is folded, no controls. The
 * complete block is copied into the exchange and cut into strings there. What two readers could
 * read differently is refused. Owns no connection state.
 *
 * The parser is our own because llhttp could not be held to the rules here: it refuses quoted chunk
 * extensions and a tab after a Content-Length, which are legal, and keeps an HTTP/1.0 connection
 * that says both keep-alive and close. The fuzz target reads everything with llhttp too and
 * compares. */
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

static char *skip_blanks(char *text)
{
    return text + strspn(text, " \t");
}

/* Cuts one line "name: value" whose CR is at `end`. */
static int read_field(struct td_exchange_own *own, char *line, char *end)
{
    char *colon = memchr(line, ':', (size_t)(end - line));
    if (!colon || own->header_count == own->header_room ||
        !td_text_is_token(line, (size_t)(colon - line)))
        return refuse(own, 400, "A header name is not proper.");
    *colon = *end = 0;
    char *value = skip_blanks(colon + 1);
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        *--end = 0;
    own->headers[own->header_count++] = (struct td_http_header){.name = line, .value = value};
    return 0;
}

/* `line` is the first header line, or the empty line that ends the block. */
static int read_fields(struct td_exchange_own *own, char *line)
{
    int rc = 0;
    for (char *end; rc == 0 && *line != '\r'; line = end + 2) {
        end = strchr(line, '\r');
        rc = read_field(own, line, end);
    }
    own->headers[own->header_count] = (struct td_http_header){0};
    return rc;
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

/* The next member of a comma-separated list, without blanks and perhaps empty; *list moves behind
 * it, and is NULL after the last. */
static const char *next_member(const char **list, size_t *ret_length)
{
    const char *member = *list + strspn(*list, " \t");
    const char *end = member + strcspn(member, ",");
    *list = *end ? end + 1 : NULL;
    while (end > member && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *ret_length = (size_t)(end - member);
    return member;
}

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && strncasecmp(text, word, length) == 0;
}

/* RFC 9112, 6.1 and 6.3: 501 for a coding that is not known; 400 for chunked in any other place
 * than alone. */
static int check_coding(struct td_exchange_own *own, const char *coding)
{
    if (strcasecmp(coding, "chunked") == 0)
        return 0;
    for (const char *list = coding; list;) {
        size_t length;
        const char *member = next_member(&list, &length);
        if (is_word(member, length, "chunked"))
            break;
        if (length > 0)
            return refuse(own, 501, "The only transfer coding known here is chunked.");
    }
    return refuse(own, 400, "The transfer coding must be a single chunked.");
}

/* RFC 9112, 6: where the body ends. Anything that two readers could read differently is refused. */
static int read_framing(struct td_exchange_own *own)
{
    const char *coding = td_exchange_header(&own->exchange, "Transfer-Encoding");
    const char *length = td_exchange_header(&own->exchange, "Content-Length");
    if (count_named(own, "Content-Length") > 1 || count_named(own, "Transfer-Encoding") > 1)
        return refuse(own, 400, "The length of the body is given twice.");
    if (coding && length)
        return refuse(own, 400, "Content-Length and Transfer-Encoding exclude each other.");
    if (coding && own->exchange.http_1_0)
        return refuse(own, 400, "HTTP/1.0 has no transfer codings.");
    if (coding && check_coding(own, coding) != 0)
        return -1;
    if (length && read_length(length) < 0)
        return refuse(own, 400, "The Content-Length is not a number.");
    own->chunked = coding != NULL;
    own->exchange.announced_length = coding ? -1 : length ? read_length(length) : 0;
    own->complete = own->exchange.announced_length == 0;
    return 0;
}

/* RFC 9112, 9.3: close wins; HTTP/1.0 stays only when asked to. An upgrade is ignored (RFC 9110,
 * 7.8), and what else Connection names has no meaning here. */
static void read_connection(struct td_exchange_own *own)
{
    bool keep = !own->exchange.http_1_0, close = false;
    for (const struct td_http_header *header = own->headers; header->name; header++) {
        const char *list = strcasecmp(header->name, "Connection") == 0 ? header->value : NULL;
        while (list) {
            size_t length;
            const char *member = next_member(&list, &length);
            close |= is_word(member, length, "close");
            keep |= is_word(member, length, "keep-alive");
        }
    }
    own->keep_alive = keep && !close;
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

/* Behind a trusted proxy the client is who the proxy says spoke to it: the last address of the
 * list. What stands before it anybody may have written. */
static void take_forwarded(struct td_exchange *exchange)
{
    const char *list = NULL;
    for (const struct td_http_header *header = exchange->headers; header->name; header++)
        if (strcasecmp(header->name, "X-Forwarded-For") == 0)
            list = header->value;
    if (!list)
        return;
    const char *comma = strrchr(list, ',');
    const char *last = comma ? comma + 1 + strspn(comma + 1, " \t") : list;
    struct td_address_key key;
    td_address_parse(last, &key, exchange->address, sizeof(exchange->address));
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
    if (read_fields(own, copy + line_length + 2) != 0 || read_framing(own) != 0 ||
        check_host(own, &target) != 0 || check_expect(own) != 0) {
        status = own->refusal;
        *ret_reason = own->reason;
        td_exchange_free(own);
        return status;
    }
    read_connection(own);
    if (connection->is_proxy)
        take_forwarded(&own->exchange);
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
    if (own->exchange.is_secret && own->buffer.room)
        explicit_bzero(own->buffer.bytes, own->buffer.room);
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
