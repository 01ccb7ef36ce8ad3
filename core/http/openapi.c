/* openapi.c - rows to paths, fields to schemas. Members are in a fixed order, so the text never
 * wobbles. */
#include "http/openapi.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static json_t *text_schema(const struct td_field *field)
{
    json_t *schema = json_pack("{s:s, s:I}", "type", "string", "maxLength",
                               (json_int_t)(field->max ? field->max : 2000));
    if (field->min)
        json_object_set_new(schema, "minLength", json_integer(field->min));
    return schema;
}

static json_t *number_schema(const struct td_field *field)
{
    bool points = field->type == TD_FIELD_POINTS;
    json_t *schema = json_pack("{s:s}", "type", points ? "number" : "integer");
    if (points)
        json_object_set_new(schema, "multipleOf", json_real(0.01));
    if (field->min || field->max) {
        json_object_set_new(schema, "minimum",
                            points ? json_real((double)field->min / 100)
                                   : json_integer(field->min));
        json_object_set_new(schema, "maximum",
                            points ? json_real((double)field->max / 100)
                                   : json_integer(field->max));
    }
    return schema;
}

static json_t *choice_schema(const struct td_field *field)
{
    json_t *options = json_array();
    for (const char *at = field->options; at && *at;) {
        size_t length = strcspn(at, "|");
        json_array_append_new(options, json_stringn(at, length));
        at += length + (at[length] == '|');
    }
    return json_pack("{s:s, s:o}", "type", "string", "enum", options);
}

static json_t *field_schema(const struct td_field *field)
{
    json_t *schema = NULL;
    switch (field->type) {
    case TD_FIELD_TEXT: schema = text_schema(field); break;
    case TD_FIELD_INT:
    case TD_FIELD_POINTS: schema = number_schema(field); break;
    case TD_FIELD_DATE: schema = json_pack("{s:s, s:s}", "type", "string", "format", "date"); break;
    case TD_FIELD_BOOL: schema = json_pack("{s:s}", "type", "boolean"); break;
    case TD_FIELD_CHOICE: schema = choice_schema(field); break;
    case TD_FIELD_ID:
        schema =
            json_pack("{s:s, s:s}", "type", "string", "pattern", "^[0-7][0-9A-HJKMNP-TV-Z]{25}$");
        break;
    case TD_FIELD_OBJECT: schema = json_pack("{s:s}", "type", "object"); break;
    case TD_FIELD_ARRAY: schema = json_pack("{s:s}", "type", "array"); break;
    }
    if (field->summary)
        json_object_set_new(schema, "description", json_string(field->summary));
    return schema;
}

static json_t *make_body(const struct td_route *row)
{
    json_t *properties = json_object(), *required = json_array();
    for (const struct td_field *field = row->body; field && field->name; field++) {
        json_object_set_new(properties, field->name, field_schema(field));
        if (field->required)
            json_array_append_new(required, json_string(field->name));
    }
    bool upload = row->limit == TD_LIMIT_UPLOAD;
    if (upload)
        json_object_set_new(properties, "file",
                            json_pack("{s:s, s:s}", "type", "string", "format", "binary"));
    json_t *schema = json_pack("{s:s, s:o, s:b}", "type", "object", "properties", properties,
                               "additionalProperties", 0);
    if (json_array_size(required))
        json_object_set(schema, "required", required);
    json_decref(required);
    return json_pack("{s:b, s:{s:{s:o}}}", "required", 1, "content",
                     upload ? "multipart/form-data" : "application/json", "schema", schema);
}

/* What parameters of many rows mean; the others say it with their name. */
static const char *meaning_of(const char *name)
{
    static const struct {
        const char *name, *meaning;
    } known[] = {
        {"cursor", "The \"next\" of the page before"},
        {"q", "The beginning of a name, or a number"},
        {"format", "csv or xlsx: the list from there to its end as a table"},
        {"code", "The check code of the certificate"},
        {"show", "all: also what is decided"},
        {"after", "An event's id, instead of Last-Event-ID: what happened since comes first"},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(known[i].name, name) == 0)
            return known[i].meaning;
    return NULL;
}

static void add_query(json_t *parameters, const char *text, size_t length)
{
    char name[40];
    snprintf(name, sizeof(name), "%.*s", (int)length, text);
    json_t *parameter =
        json_pack("{s:s, s:s, s:{s:s}}", "name", name, "in", "query", "schema", "type", "string");
    if (meaning_of(name))
        json_object_set_new(parameter, "description", json_string(meaning_of(name)));
    json_array_append_new(parameters, parameter);
}

/* The row's own, the format of lists, and where a stream begins. */
static void add_queries(json_t *parameters, const struct td_route *row)
{
    for (const char *at = row->query; at && *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        add_query(parameters, at, length);
        at += length;
    }
    if (row->query && td_route_reads(row, "cursor"))
        add_query(parameters, "format", 6);
    if (row->flags & TD_ROUTE_STREAM)
        add_query(parameters, "after", 5);
}

static json_t *make_parameters(const struct td_route *row)
{
    json_t *parameters = json_array();
    for (const char *open = strchr(row->path, '{'); open; open = strchr(open + 1, '{')) {
        size_t length = strcspn(open + 1, "}");
        json_array_append_new(parameters, json_pack("{s:o, s:s, s:b, s:{s:s}}", "name",
                                                    json_stringn(open + 1, length), "in", "path",
                                                    "required", 1, "schema", "type", "string"));
    }
    add_queries(parameters, row);
    if (row->write && !(row->flags & (TD_ROUTE_SECRET | TD_ROUTE_ONCE)) &&
        row->limit != TD_LIMIT_LOGIN)
        json_array_append_new(parameters,
                              json_pack("{s:s}", "$ref", "#/components/parameters/IdempotencyKey"));
    if (row->flags & TD_ROUTE_IF_MATCH)
        json_array_append_new(parameters,
                              json_pack("{s:s}", "$ref", "#/components/parameters/IfMatch"));
    return parameters;
}

static json_t *make_roles(const struct td_route *row)
{
    json_t *roles = json_array();
    if (row->roles & TD_ROLE_PUBLIC)
        json_array_append_new(roles, json_string("public"));
#define X(role, bit, name)                                                                         \
    if (row->roles & role)                                                                         \
        json_array_append_new(roles, json_string(name));
    TD_ROLES(X)
#undef X
    return roles;
}

static json_t *make_responses(const struct td_route *row)
{
    const char *type = row->flags & TD_ROUTE_STREAM ? "text/event-stream" : "application/json";
    return json_pack("{s:{s:s, s:{s:{}}}, s:{s:s}}", row->method == TD_GET ? "200" : "2XX",
                     "description", "Done", "content", type, "default", "$ref",
                     "#/components/responses/Problem");
}

/* "GET /applications/{application}/evidence" as "get_applications_application_evidence". */
static json_t *operation_id(const struct td_route *row)
{
    char id[200];
    size_t length = (size_t)snprintf(id, sizeof(id), "%s", td_method_name(row->method));
    for (const char *c = row->path; *c && length < sizeof(id) - 1; c++)
        if (isalnum((unsigned char)*c))
            id[length++] = *c;
        else if (id[length - 1] != '_' && *c != '}')
            id[length++] = '_';
    id[length] = 0;
    for (char *c = id; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return json_string(id);
}

static json_t *make_operation(const struct td_route *row)
{
    json_t *operation =
        json_pack("{s:s, s:o, s:o, s:o}", "summary", row->summary, "operationId", operation_id(row),
                  "x-roles", make_roles(row), "parameters", make_parameters(row));
    if (row->flags & TD_ROUTE_STEP_UP)
        json_object_set_new(operation, "x-step-up", json_true());
    if (row->body || row->limit == TD_LIMIT_UPLOAD)
        json_object_set_new(operation, "requestBody", make_body(row));
    json_object_set_new(operation, "responses", make_responses(row));
    if (!(row->roles & TD_ROLE_PUBLIC))
        json_object_set_new(operation, "security", json_pack("[{s:[]}]", "session"));
    return operation;
}

static json_t *make_components(const char *cookie)
{
    json_t *fault =
        json_pack("{s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}}}", "type", "object", "properties", "field",
                  "type", "string", "code", "type", "string", "message", "type", "string");
    json_t *problem = json_pack(
        "{s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s, s:o}}}", "type",
        "object", "properties", "type", "type", "string", "title", "type", "string", "status",
        "type", "integer", "detail", "type", "string", "instance", "type", "string", "key", "type",
        "string", "errors", "type", "array", "items", fault);
    json_t *reply =
        json_pack("{s:s, s:{s:{s:{s:s}}}}", "description", "A failure, RFC 9457", "content",
                  "application/problem+json", "schema", "$ref", "#/components/schemas/Problem");
    json_t *key =
        json_pack("{s:s, s:s, s:s, s:{s:s, s:i}}", "name", "Idempotency-Key", "in", "header",
                  "description", "The same key and body give the same answer once more", "schema",
                  "type", "string", "maxLength", 100);
    json_t *match =
        json_pack("{s:s, s:s, s:b, s:s, s:{s:s}}", "name", "If-Match", "in", "header", "required",
                  1, "description", "The ETag that was read", "schema", "type", "string");
    json_t *session = json_pack("{s:s, s:s, s:s, s:s}", "type", "apiKey", "in", "cookie", "name",
                                cookie, "description",
                                "Writes also need X-CSRF-Token with the value of the login's csrf");
    return json_pack("{s:{s:o}, s:{s:o}, s:{s:o, s:o}, s:{s:o}}", "schemas", "Problem", problem,
                     "responses", "Problem", reply, "parameters", "IdempotencyKey", key, "IfMatch",
                     match, "securitySchemes", "session", session);
}

json_t *td_openapi_make(const struct td_router *router, const char *cookie)
{
    size_t count;
    const struct td_route *const *rows = td_router_rows(router, &count);
    json_t *paths = json_object();
    for (size_t i = 0; i < count; i++) {
        json_t *path = json_object_get(paths, rows[i]->path);
        if (!path) {
            path = json_object();
            json_object_set_new(paths, rows[i]->path, path);
        }
        static const char *const names[] = {"get", "post", "put", "patch", "delete"};
        json_object_set_new(path, names[rows[i]->method], make_operation(rows[i]));
    }
    return json_pack("{s:s, s:{s:s, s:s, s:s}, s:[{s:s}], s:o, s:o}", "openapi", "3.1.0", "info",
                     "title", "titled", "version", "1", "summary", "Review of professional titles",
                     "servers", "url", "/api/v1", "paths", paths, "components",
                     make_components(cookie));
}
