/* builtin.c - what the frame answers without a row: the language switch and the OpenAPI document.
 */
#include "http/cookie.h"
#include "http/serving.h"
#include "http/text.h"

#include <string.h>

static void reply_language(struct td_serving *serving)
{
    const char *to = td_call_query(&serving->call, "to");
    const char *next = td_call_query(&serving->call, "next");
    if (!td_views_language(serving->views, to)) {
        td_serving_fail(serving, TD_ENOTFOUND);
        return;
    }
    serving->cookie = td_cookie_make(serving->call.config, TD_COOKIE_LANGUAGE, to, serving->arena);
    td_reply_redirect(serving, td_text_is_local_path(next) ? next : "/");
}

static void reply_openapi(struct td_serving *serving)
{
    static const struct td_http_header headers[] = {{"Access-Control-Allow-Origin", "*"}, {0}};
    struct td_http_reply head = {.status = 200, .type = "application/json", .headers = headers};
    td_exchange_reply(serving->exchange, &head, serving->frame->openapi,
                      serving->frame->openapi_length);
    td_serving_free(serving);
}

static const struct {
    const char *path;
    enum td_face face;
    td_serving_fn reply;
} builtins[] = {
    {"/language", TD_FACE_PAGE, reply_language},
    {"/openapi.json", TD_FACE_JSON, reply_openapi},
};

bool td_builtin_reply(struct td_serving *serving)
{
    const char *method = serving->exchange->method;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return false;
    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++)
        if (serving->call.face == builtins[i].face &&
            strcmp(serving->path, builtins[i].path) == 0) {
            builtins[i].reply(serving);
            return true;
        }
    return false;
}
