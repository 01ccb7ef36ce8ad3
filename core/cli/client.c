/* client.c - see client.h. libcurl does the wire: keep-alive, chunked replies,
 * cookies, deadlines. */
#include "cli/client.h"

#include "base/json.h"
#include "base/strbuf.h"

#include <curl/curl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { CONNECT_MS = 5000, ANSWER_MS = 60000, BUSY_TRIES = 8, BUSY_SECONDS_MAX = 10 };

#define ANSWER_MAX ((size_t)64 << 20)

struct td_client {
    CURL *curl;
    char *base;    /* "http://127.0.0.1:8080" */
    char *control; /* path of the socket; NULL when remote */
    bool remote, patient;
    char csrf[160];
    char reason[CURL_ERROR_SIZE];
};

int td_client_new(const char *control, const char *url, struct td_client **ret_client,
                  struct td_error *reterr)
{
    bool remote = !control || !control[0];
    if (remote && (!url || (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)))
        return td_error_set(reterr, TD_EINVALID, "give the control socket, or an http:// address");
    struct td_client *client = calloc(1, sizeof(*client));
    if (client) {
        client->remote = remote;
        client->curl = curl_easy_init();
        client->base = strdup(remote ? url : "http://localhost");
        client->control = remote ? NULL : strdup(control);
    }
    if (!client || !client->curl || !client->base || (!remote && !client->control)) {
        td_client_free(client);
        return td_error_set(reterr, TD_ENOMEM, "memory is short");
    }
    size_t length = strlen(client->base);
    while (length > 0 && client->base[length - 1] == '/')
        client->base[--length] = 0;
    if (!remote)
        curl_easy_setopt(client->curl, CURLOPT_UNIX_SOCKET_PATH, control);
    curl_easy_setopt(client->curl, CURLOPT_COOKIEFILE, "");
    curl_easy_setopt(client->curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(client->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(client->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(client->curl, CURLOPT_TIMEOUT_MS, (long)ANSWER_MS);
    curl_easy_setopt(client->curl, CURLOPT_ERRORBUFFER, client->reason);
    *ret_client = client;
    return 0;
}

void td_client_be_patient(struct td_client *client)
{
    client->patient = true;
}

void td_client_free(struct td_client *client)
{
    if (!client)
        return;
    curl_easy_cleanup(client->curl);
    free(client->base);
    free(client->control);
    free(client);
}

/* --- the request ----------------------------------------------------------------------------- */

/* What libcurl borrows while a request is under way. */
struct sending {
    struct curl_slist *headers;
    curl_mime *form;
    char *json;
    char *url;
};

static void add_header(struct sending *sending, const char *name, const char *value)
{
    char line[600];
    snprintf(line, sizeof(line), "%s: %s", name, value);
    struct curl_slist *list = curl_slist_append(sending->headers, line);
    if (list)
        sending->headers = list;
}

static void add_headers(const struct td_client *client, const struct td_request *request,
                        struct sending *sending)
{
    add_header(sending, "Accept", request->accept ? request->accept : "application/json");
    add_header(sending, "Expect", ""); /* no 100-continue round trip */
    if (!sending->form)                /* libcurl's own guess would be a form */
        add_header(sending, "Content-Type", sending->json ? "application/json" : "");
    if (request->version > 0 || request->unsaved) {
        char tag[32];
        snprintf(tag, sizeof(tag), "\"%lld\"", (long long)request->version);
        add_header(sending, "If-Match", tag);
    }
    if (request->key)
        add_header(sending, "Idempotency-Key", request->key);
    if (client->remote && strcmp(request->method, "GET") != 0) {
        add_header(sending, "Origin", client->base);
        if (client->csrf[0])
            add_header(sending, "X-CSRF-Token", client->csrf);
    }
}

static curl_mime *make_form(struct td_client *client, const struct td_request *request)
{
    curl_mime *form = curl_mime_init(client->curl);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)request->body, name, value) {
        curl_mimepart *part = curl_mime_addpart(form);
        curl_mime_name(part, name);
        curl_mime_data(part, json_string_value(value), CURL_ZERO_TERMINATED);
    }
    curl_mimepart *part = curl_mime_addpart(form);
    curl_mime_name(part, request->file_field);
    curl_mime_filename(part, request->file_name);
    if (request->file_type)
        curl_mime_type(part, request->file_type);
    curl_mime_data(part, request->file_bytes, request->file_length);
    return form;
}

static int prepare(struct td_client *client, const struct td_request *request,
                   struct sending *sending)
{
    CURL *curl = client->curl;
    if (asprintf(&sending->url, "%s%s", client->base, request->path) < 0) {
        sending->url = NULL;
        return TD_ENOMEM;
    }
    curl_easy_setopt(curl, CURLOPT_URL, sending->url);
    curl_easy_setopt(curl, CURLOPT_MIMEPOST, NULL);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, NULL);
    curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    if (request->file_field) {
        sending->form = make_form(client, request);
        curl_easy_setopt(curl, CURLOPT_MIMEPOST, sending->form);
    } else if (request->body) {
        sending->json = json_dumps(request->body, JSON_COMPACT | JSON_ENCODE_ANY);
        if (!sending->json)
            return TD_ENOMEM;
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, sending->json);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(sending->json));
    } else if (strcmp(request->method, "GET") != 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "");
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)0);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    add_headers(client, request, sending);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, sending->headers);
    return 0;
}

static void finish(struct td_client *client, struct sending *sending)
{
    curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(client->curl, CURLOPT_MIMEPOST, NULL);
    curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, NULL);
    curl_slist_free_all(sending->headers);
    curl_mime_free(sending->form);
    free(sending->json);
    free(sending->url);
}

/* --- the answer ------------------------------------------------------------------------------ */

static size_t take_bytes(char *bytes, size_t size, size_t count, void *arg)
{
    struct td_strbuf *body = arg;
    if (body->length + count > ANSWER_MAX)
        return 0;
    td_strbuf_add(body, bytes, count);
    return body->failed ? 0 : size * count;
}

static const char *header(struct td_client *client, const char *name)
{
    struct curl_header *found;
    return curl_easy_header(client->curl, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK
               ? found->value
               : "";
}

static void read_answer(struct td_client *client, struct td_strbuf *body, struct td_answer *answer)
{
    long status = 0;
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    answer->status = (int)status;
    snprintf(answer->location, sizeof(answer->location), "%s", header(client, "Location"));
    snprintf(answer->type, sizeof(answer->type), "%s", header(client, "Content-Type"));
    const char *tag = header(client, "ETag");
    answer->version = tag[0] == '"' ? strtoll(tag + 1, NULL, 10) : 0;
    answer->bytes = td_strbuf_take(body, &answer->length);
    if (answer->bytes && answer->length > 0 && strstr(answer->type, "json"))
        answer->value = json_loadb(answer->bytes, answer->length, JSON_DECODE_ANY, NULL);
}

static int code_of(const struct td_answer *answer)
{
    const char *type = json_string_value(json_object_get(answer->value, "type"));
    const char *slug = type ? strrchr(type, '/') : NULL;
    slug = slug ? slug + 1 : type && strrchr(type, ':') ? strrchr(type, ':') + 1 : type;
#define X(code, number, http, slug_, text)                                                         \
    if (slug && strcmp(slug, slug_) == 0)                                                          \
        return code;
    TD_ERRORS(X)
#undef X
#define X(code, number, http, slug_, text)                                                         \
    if (answer->status == (http))                                                                  \
        return code;
    TD_ERRORS(X)
#undef X
    return TD_EINTERNAL;
}

static int problem(const struct td_answer *answer, const struct td_request *request,
                   struct td_error *reterr)
{
    const char *title = td_json_text(answer->value, "title"),
               *detail = td_json_text(answer->value, "detail");
    if (strcmp(title, detail) == 0)
        detail = "";
    td_error_set(reterr, code_of(answer), "%s %s: %d %s%s%s", request->method, request->path,
                 answer->status, title, title[0] && detail[0] ? ": " : "", detail);
    json_t *fields = json_object_get(answer->value, "errors");
    if (reterr && fields) {
        json_decref(reterr->fields);
        reterr->fields = json_incref(fields);
    }
    return code_of(answer);
}

void td_answer_done(struct td_answer *answer)
{
    json_decref(answer->value);
    free(answer->bytes);
    *answer = (struct td_answer){0};
}

static int send_once(struct td_client *client, const struct td_request *request,
                     struct td_answer *ret_answer, struct td_error *reterr)
{
    struct sending sending = {0};
    struct td_answer answer = {0};
    struct td_strbuf body;
    td_strbuf_init(&body);
    client->reason[0] = 0;
    int result = prepare(client, request, &sending);
    if (result == 0) {
        curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, take_bytes);
        curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, &body);
        CURLcode code = curl_easy_perform(client->curl);
        if (code == CURLE_OK)
            read_answer(client, &body, &answer);
        else if (code == CURLE_COULDNT_CONNECT && !client->remote)
            result = td_error_set(
                reterr, TD_EIO,
                "no server answers at the control socket %s: does titled run, and "
                "may you reach the socket? (--state, --config or --control name another)",
                client->control);
        else
            result =
                td_error_set(reterr, TD_EIO, "%s %s: no answer: %s", request->method, request->path,
                             client->reason[0] ? client->reason : curl_easy_strerror(code));
    }
    finish(client, &sending);
    td_strbuf_done(&body);
    if (result == 0 && answer.status >= 400)
        result = problem(&answer, request, reterr);
    *ret_answer = answer;
    return result;
}

/* How long until it may go, as the answer says; -1 when waiting is no use. */
static long wait_for(struct td_client *client, int result, const struct td_answer *answer)
{
    if (result == TD_ECONFLICT)
        return strcmp(td_json_text(answer->value, "key"), "facts_pending") ? -1 : 1;
    if (result != TD_EBUSY)
        return -1;
    long seconds = strtol(header(client, "Retry-After"), NULL, 10);
    return seconds < 0 ? 0 : seconds < BUSY_SECONDS_MAX ? seconds : BUSY_SECONDS_MAX;
}

int td_client_send(struct td_client *client, const struct td_request *request,
                   struct td_answer *ret_answer, struct td_error *reterr)
{
    struct td_answer answer;
    int result = send_once(client, request, &answer, reterr);
    for (int tries = 1; client->patient && tries < BUSY_TRIES; tries++) {
        long seconds = wait_for(client, result, &answer);
        if (seconds < 0)
            break;
        sleep((unsigned)seconds);
        td_answer_done(&answer);
        td_error_done(reterr);
        result = send_once(client, request, &answer, reterr);
    }
    if (ret_answer)
        *ret_answer = answer;
    else
        td_answer_done(&answer);
    return result;
}

int td_client_json(struct td_client *client, const char *method, const char *path, json_t *body,
                   json_t **ret_value, struct td_error *reterr)
{
    struct td_request request = {.method = method, .path = path, .body = body};
    struct td_answer answer;
    int result = td_client_send(client, &request, &answer, reterr);
    json_decref(body);
    if (result == 0 && ret_value)
        *ret_value = json_incref(answer.value);
    td_answer_done(&answer);
    return result;
}

int td_client_login(struct td_client *client, const char *login, const char *password,
                    json_t **ret_account, struct td_error *reterr)
{
    json_t *value = NULL;
    client->csrf[0] = 0;
    int result = td_client_json(client, "POST", "/api/v1/session",
                                json_pack("{s:s, s:s}", "login", login, "password", password),
                                &value, reterr);
    if (result < 0)
        return result;
    snprintf(client->csrf, sizeof(client->csrf), "%s", td_json_text(value, "csrf"));
    if (!client->csrf[0])
        result = td_error_set(reterr, TD_EINTERNAL, "the answer to the login has no csrf token");
    else if (ret_account)
        *ret_account = json_incref(json_object_get(value, "account"));
    json_decref(value);
    return result;
}

char *td_client_path(const char *format, ...)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    struct td_strbuf path;
    td_strbuf_init(&path);
    va_list ap;
    va_start(ap, format);
    for (; *format; format++) {
        if (strncmp(format, "%s", 2) != 0) {
            td_strbuf_addc(&path, *format);
            continue;
        }
        format++;
        for (const char *c = va_arg(ap, const char *); *c; c++) {
            if (strchr(plain, *c))
                td_strbuf_addc(&path, *c);
            else
                td_strbuf_addf(&path, "%%%02X", (unsigned char)*c);
        }
    }
    va_end(ap);
    return td_strbuf_take(&path, NULL);
}
