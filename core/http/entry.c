/* entry.c - who may come in, and in what shape: cookies, roles, origin, and the body's members for
 * the frame. */
#include "http/serving.h"

#include "config.h"
#include "http/cookie.h"
#include "http/payload.h"
#include "http/text.h"

#include <stdio.h>
#include <string.h>

const char *td_entry_cookie(struct td_serving *serving, const char *name)
{
    const char *header = td_exchange_header(serving->exchange, "Cookie");
    size_t length;
    const char *value = header ? td_cookie_find(header, name, &length) : NULL;
    return value ? td_arena_strndup(serving->arena, value, length) : NULL;
}

int td_entry_check_role(const struct td_route *route, const struct td_account *who,
                        struct td_error *reterr)
{
    if (route->roles & TD_ROLE_PUBLIC)
        return 0;
    if (!who)
        return td_error_key(reterr, TD_ELOGIN, "login_required", NULL);
    if ((route->roles & TD_ROLE_ANY) != TD_ROLE_ANY && !(route->roles & who->roles))
        return td_error_key(reterr, TD_EFORBIDDEN, "forbidden_role", NULL);
    if (who->must_change && !(route->flags & TD_ROUTE_ANYTIME))
        return td_error_key(reterr, TD_EFORBIDDEN, "must_change_password", NULL);
    if (who->must_enrol && !(route->flags & (TD_ROUTE_ANYTIME | TD_ROUTE_ENROL)))
        return td_error_key(reterr, TD_EFORBIDDEN, "must_enrol", NULL);
    return 0;
}

int td_entry_check_serving(const struct td_serving *serving, const struct td_route *route,
                           struct td_error *reterr)
{
    int r = td_entry_check_role(route, serving->call.who, reterr);
    if (r != TD_ELOGIN || !serving->sessions_down)
        return r;
    td_error_done(reterr);
    return TD_EREDIS; /* nobody knows who asks */
}

/* The host part of "http://host:port". */
static const char *host_of(const char *url)
{
    const char *host = strstr(url, "://");
    return host ? host + 3 : "";
}

int td_entry_check_origin(const struct td_serving *serving, struct td_error *reterr)
{
    const char *site = td_exchange_header(serving->exchange, "Sec-Fetch-Site");
    const char *origin = td_exchange_header(serving->exchange, "Origin");
    const char *host = td_exchange_header(serving->exchange, "Host");
    const char *url = serving->call.config->public_url;
    bool secure = td_config_is_secure(serving->call.config);
    if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return td_error_key(reterr, TD_EFORBIDDEN, "origin", NULL);
    if (!origin || strcmp(origin, url) == 0)
        return 0;
    bool fits = !secure || strncmp(origin, "https://", 8) == 0; /* plain HTTP is anybody's page */
    if (fits && host && strcmp(host_of(origin), host) == 0)
        return 0;
    return td_error_key(reterr, TD_EFORBIDDEN, "origin", NULL);
}

/* A text member that the frame reads and the row's schema never sees. */
static const char *own_member(const struct td_serving *serving, const char *name)
{
    return serving->is_form ? json_string_value(json_object_get(serving->sent, name)) : NULL;
}

static int take_own_members(struct td_serving *serving, const char **ret_csrf,
                            enum td_method *ret_method, struct td_error *reterr)
{
    const char *method = own_member(serving, "_method");
    const char *version = own_member(serving, "_version");
    const char *back = own_member(serving, "_back");
    const char *key = own_member(serving, "_key");
    *ret_csrf = own_member(serving, "_csrf");
    if (back && td_text_is_local_path(back))
        serving->back = back;
    if (version && *version && !serving->call.if_match)
        serving->call.if_match = version;
    if (key && *key && !serving->key)
        serving->key = key;
    if (serving->key && strlen(serving->key) > 100)
        return td_error_set(reterr, TD_EINVALID, "an Idempotency-Key has at most 100 characters");
    const struct td_route *route = serving->call.route;
    bool carried = route && (route->flags & TD_ROUTE_CARRIES); /* meant for another row */
    bool may_change = serving->method == TD_POST && method && *method && !carried;
    if (may_change && td_method_parse(method, ret_method) < 0)
        return td_error_set(reterr, TD_EINVALID, "_method is not a method");
    if (may_change && *ret_method == TD_GET)
        return td_error_set(reterr, TD_EINVALID, "_method is not a method that writes");
    return 0;
}

/* To decode, hash and free a megabyte of JSON takes a processor up to a tenth of a second. */
enum { LARGE_BODY = 32 << 10 };

static bool is_type(const char *type, const char *wanted)
{
    size_t length = strlen(wanted);
    return strncasecmp(type, wanted, length) == 0 &&
           (!type[length] || strchr("; \t", type[length]));
}

static int decode_bytes(struct td_serving *serving, const char *bytes, size_t length,
                        struct td_error *reterr)
{
    json_t *sent = NULL;
    int r = serving->is_form ? td_payload_decode_form(bytes, length, &sent, reterr)
                             : td_payload_decode_json(bytes, length, &sent, reterr);
    if (r < 0)
        return r;
    serving->sent = td_arena_json(serving->arena, sent);
    return serving->sent ? 0 : TD_ENOMEM;
}

/* 0 with *ret_any false: there is no body. */
static int find_type(struct td_serving *serving, bool *ret_any, struct td_error *reterr)
{
    const struct td_exchange *exchange = serving->exchange;
    const char *type = td_exchange_header(exchange, "Content-Type");
    serving->is_form =
        exchange->upload || (type && is_type(type, "application/x-www-form-urlencoded"));
    *ret_any = serving->is_form || exchange->body_length > 0;
    if (!*ret_any || serving->is_form || (type && is_type(type, "application/json")))
        return 0;
    return td_error_key(reterr, TD_EMEDIA, "send_json_or_form", NULL);
}

static int decode(struct td_serving *serving, struct td_error *reterr)
{
    const struct td_exchange *exchange = serving->exchange;
    bool any = false;
    int r = find_type(serving, &any, reterr);
    if (r < 0 || !any)
        return r;
    return decode_bytes(serving, exchange->body ? exchange->body : "", exchange->body_length,
                        reterr);
}

void td_entry_choose(struct td_serving *serving, const struct td_route *route)
{
    bool secret = (route->flags & TD_ROUTE_SECRET) != 0;
    serving->call.route = route;
    serving->is_secret |= secret;
    serving->exchange->is_secret |= secret;
    serving->exchange->untold = (route->flags & TD_ROUTE_UNTOLD) != 0;
}

static void wipe(json_t *value)
{
    size_t i;
    const char *name;
    json_t *one;
    if (json_is_string(value))
        explicit_bzero((char *)json_string_value(value), json_string_length(value));
    json_object_foreach(value, name, one)
        wipe(one);
    json_array_foreach(value, i, one)
        wipe(one);
}

/* By now another row may answer: the page that a form came from, shown again. */
void td_entry_wipe(struct td_serving *serving)
{
    const struct td_route *route = serving->call.route;
    if (!serving->is_secret)
        return;
    wipe(serving->sent);
    wipe(serving->checked);
    if (route->flags & TD_ROUTE_UNTOLD) /* of others it may hold values that all share */
        wipe(serving->reply.value);
    if (serving->large)
        explicit_bzero((char *)serving->large, serving->large_length);
    if (serving->out.room)
        explicit_bzero(serving->out.bytes, serving->out.room);
}

static void decode_large(struct td_cpu_job *job)
{
    struct td_serving *serving =
        (struct td_serving *)((char *)job - offsetof(struct td_serving, job));
    serving->result = decode_bytes(serving, serving->large, serving->large_length, &serving->error);
    td_serving_post(serving, serving->then);
}

/* A copy, because the client, and the exchange with it, may go meanwhile. */
static int begin_large(struct td_serving *serving)
{
    const struct td_exchange *exchange = serving->exchange;
    char *copy = td_arena_alloc(serving->arena, exchange->body_length + 1);
    if (!copy)
        return TD_ENOMEM;
    memcpy(copy, exchange->body, exchange->body_length + 1);
    serving->large = copy;
    serving->large_length = exchange->body_length;
    serving->job.run = decode_large;
    return td_cpu_submit(serving->frame->options.cpu, &serving->job);
}

void td_entry_take(struct td_serving *serving, td_serving_fn next)
{
    bool any = false;
    serving->then = next;
    serving->result = 0;
    if (!serving->exchange->upload && serving->exchange->body_length > LARGE_BODY) {
        serving->result = find_type(serving, &any, &serving->error);
        if (serving->result == 0)
            serving->result = begin_large(serving);
        if (serving->result == 0)
            return;
    }
    next(serving);
}

static int take_upload(struct td_serving *serving)
{
    const struct td_http_upload *upload = serving->exchange->upload;
    if (!upload || !upload->present)
        return 0;
    serving->upload.path = serving->upload_path;
    serving->upload.name = td_arena_strdup(serving->arena, upload->name);
    serving->upload.size = upload->size;
    memcpy(serving->upload.hash, upload->hash, sizeof(serving->upload.hash));
    serving->call.upload = &serving->upload;
    /* A file sent as the bare body has its fields in the query. */
    if (!*upload->field && json_object_size(serving->sent) == 0 && serving->call.query)
        serving->sent = serving->call.query;
    return serving->upload.name ? 0 : TD_ENOMEM;
}

int td_entry_decode(struct td_serving *serving, const char **ret_csrf, enum td_method *ret_method,
                    struct td_error *reterr)
{
    int r = serving->large ? 0 : decode(serving, reterr);
    if (r == 0)
        r = take_upload(serving);
    return r == 0 ? take_own_members(serving, ret_csrf, ret_method, reterr) : r;
}
