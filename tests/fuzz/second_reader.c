/* second_reader.c - see second_reader.h. llhttp with nothing lenient. */
#include "second_reader.h"

#include <llhttp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct second {
    struct second_message messages[SECOND_MESSAGES];
    size_t begun, complete; /* more than SECOND_MESSAGES are only counted */
    struct td_strbuf name, value;
    bool in_trailer;
};

void second_init(struct second_message *message)
{
    td_strbuf_init(&message->method);
    td_strbuf_init(&message->target);
    td_strbuf_init(&message->fields);
    td_strbuf_init(&message->body);
    message->complete = false;
}

void second_done(struct second_message *message)
{
    td_strbuf_done(&message->method);
    td_strbuf_done(&message->target);
    td_strbuf_done(&message->fields);
    td_strbuf_done(&message->body);
}

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

void second_add_field(struct second_message *message, const char *name, size_t name_length,
                      const char *value, size_t value_length)
{
    while (value_length > 0 && blank(value[0])) {
        value++;
        value_length--;
    }
    while (value_length > 0 && blank(value[value_length - 1]))
        value_length--;
    td_strbuf_add(&message->fields, name, name_length);
    td_strbuf_addc(&message->fields, '=');
    td_strbuf_add(&message->fields, value, value_length);
    td_strbuf_addc(&message->fields, '\n');
}

static struct second_message *present(llhttp_t *parser)
{
    struct second *second = parser->data;
    return second->begun <= SECOND_MESSAGES ? &second->messages[second->begun - 1] : NULL;
}

static int on_message_begin(llhttp_t *parser)
{
    struct second *second = parser->data;
    second->begun++;
    second->in_trailer = false;
    if (present(parser))
        second_init(present(parser));
    return 0;
}

static int on_url(llhttp_t *parser, const char *at, size_t length)
{
    if (present(parser))
        td_strbuf_add(&present(parser)->target, at, length);
    return 0;
}

static int on_header_field(llhttp_t *parser, const char *at, size_t length)
{
    struct second *second = parser->data;
    td_strbuf_add(&second->name, at, length);
    return 0;
}

static int on_header_value(llhttp_t *parser, const char *at, size_t length)
{
    struct second *second = parser->data;
    td_strbuf_add(&second->value, at, length);
    return 0;
}

static int on_header_value_complete(llhttp_t *parser)
{
    struct second *second = parser->data;
    if (present(parser) && !second->in_trailer)
        second_add_field(present(parser), second->name.length ? second->name.bytes : "",
                         second->name.length, second->value.length ? second->value.bytes : "",
                         second->value.length);
    td_strbuf_cut(&second->name, 0);
    td_strbuf_cut(&second->value, 0);
    return 0;
}

static int on_headers_complete(llhttp_t *parser)
{
    struct second *second = parser->data;
    second->in_trailer = true;
    if (present(parser))
        td_strbuf_adds(&present(parser)->method,
                       llhttp_method_name((llhttp_method_t)parser->method));
    parser->upgrade = 0; /* ignored, as we do */
    return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t length)
{
    if (present(parser))
        td_strbuf_add(&present(parser)->body, at, length);
    return 0;
}

static int on_message_complete(llhttp_t *parser)
{
    struct second *second = parser->data;
    second->complete++;
    if (present(parser))
        present(parser)->complete = true;
    return 0;
}

static bool same(const struct td_strbuf *a, const struct td_strbuf *b)
{
    return a->length == b->length && (a->length == 0 || memcmp(a->bytes, b->bytes, a->length) == 0);
}

/* Ours is in origin form; llhttp gives what was sent. */
static bool same_target(const struct td_strbuf *ours, const struct td_strbuf *sent)
{
    if (sent->length > 0 && sent->bytes[0] == '/')
        return same(ours, sent);
    bool root = ours->length == 1;
    return root || (ours->length < sent->length && memcmp(sent->bytes + sent->length - ours->length,
                                                          ours->bytes, ours->length) == 0);
}

static void complain(const char *what, size_t number, const char *reason)
{
    fprintf(stderr, "http_request: llhttp reads request %zu differently: %s (%s)\n", number, what,
            reason ? reason : "");
    abort();
}

/* What it refuses although RFC 9110 and 9112 allow it: a tab around a length or a coding, chunk
 * extensions beyond plain tokens, and in trailers, which are not to count, what would be wrong
 * among headers. */
static bool too_strict(const struct second *second, llhttp_errno_t err)
{
    return err == HPE_INVALID_CONTENT_LENGTH || err == HPE_INVALID_TRANSFER_ENCODING ||
           err == HPE_INVALID_CHUNK_SIZE || err == HPE_STRICT ||
           (second->in_trailer && err == HPE_UNEXPECTED_CONTENT_LENGTH);
}

static void compare_one(const struct second_message *ours, const struct second_message *other,
                        size_t number)
{
    if (!same(&ours->method, &other->method))
        complain("method", number, other->method.bytes);
    if (!same_target(&ours->target, &other->target))
        complain("target", number, other->target.bytes);
    if (!same(&ours->fields, &other->fields))
        complain("fields", number, other->fields.bytes);
    if (ours->complete && (!other->complete || !same(&ours->body, &other->body)))
        complain("body", number, other->body.bytes);
}

void second_compare(const char *bytes, size_t length, const struct second_message *taken,
                    size_t count)
{
    static const llhttp_settings_t settings = {
        .on_message_begin = on_message_begin,
        .on_url = on_url,
        .on_header_field = on_header_field,
        .on_header_value = on_header_value,
        .on_header_value_complete = on_header_value_complete,
        .on_headers_complete = on_headers_complete,
        .on_body = on_body,
        .on_message_complete = on_message_complete,
    };
    struct second second = {0};
    td_strbuf_init(&second.name);
    td_strbuf_init(&second.value);
    llhttp_t parser;
    llhttp_init(&parser, HTTP_REQUEST, &settings);
    parser.data = &second;
    llhttp_errno_t err = llhttp_execute(&parser, bytes, length);
    for (size_t i = 0; i < count; i++) {
        bool at_error = err != HPE_OK && second.complete <= i;
        if (at_error && too_strict(&second, err))
            break;
        bool head_read = i < second.begun && second.messages[i].method.length > 0;
        if (!head_read || (at_error && taken[i].complete))
            complain("refused", i, llhttp_get_error_reason(&parser));
        compare_one(&taken[i], &second.messages[i], i);
    }
    for (size_t i = 0; i < second.begun && i < SECOND_MESSAGES; i++)
        second_done(&second.messages[i]);
    td_strbuf_done(&second.name);
    td_strbuf_done(&second.value);
}
