/* begin.c - makes a serving of an exchange: copies what outlives it, chooses face and language. */
#include "http/serving.h"

#include "base/clock.h"
#include "base/log.h"
#include "config.h"
#include "http/address.h"
#include "http/cookie.h"
#include "scoring/pool.h"

#include <stdlib.h>
#include <string.h>

enum { ARENA_MAX = 16 << 20, VIEWS_LOOK_MS = 500 };

/* Under a demo server pages are edited while it runs. */
static void refresh_views(struct td_frame *frame)
{
    int64_t now = td_clock_mono_ms();
    if (!frame->options.config->demo || now - frame->views_looked_ms < VIEWS_LOOK_MS)
        return;
    frame->views_looked_ms = now;
    if (!td_views_changed(frame->views))
        return;
    struct td_views *views;
    struct td_error err = TD_ERROR_INIT;
    if (td_views_load(frame->options.config->web_folder, &views, &err) < 0) {
        TD_LOG(TD_LOG_WARNING, "views.refused", TD_S("reason", err.detail));
        return;
    }
    td_views_unref(frame->views);
    frame->views = views;
}

static bool prefers_json(const struct td_exchange *exchange)
{
    const char *accept = td_exchange_header(exchange, "Accept");
    const char *json = accept ? strstr(accept, "json") : NULL;
    const char *html = accept ? strstr(accept, "text/html") : NULL;
    return json && (!html || json < html);
}

static void choose_face(struct td_serving *serving)
{
    static const char prefix[] = "/api/v1";
    size_t length = sizeof(prefix) - 1;
    bool api = strncmp(serving->path, prefix, length) == 0 && serving->path[length] == '/';
    if (api)
        serving->path += length;
    serving->call.face = api || prefers_json(serving->exchange) ? TD_FACE_JSON : TD_FACE_PAGE;
}

/* Copies what outlives the exchange; 0 or TD_ENOMEM. */
static int copy_request(struct td_serving *serving)
{
    struct td_exchange *exchange = serving->exchange;
    struct td_call *call = &serving->call;
    const char *agent = td_exchange_header(exchange, "User-Agent");
    const char *version = td_exchange_header(exchange, "If-Match");
    const char *key = td_exchange_header(exchange, "Idempotency-Key");
    serving->path = td_arena_strdup(serving->arena, exchange->path);
    serving->query = td_arena_strdup(serving->arena, exchange->query);
    serving->agent = td_arena_strdup(serving->arena, agent ? agent : "");
    serving->key = td_arena_strdup(serving->arena, key);
    serving->if_none_match =
        td_arena_strdup(serving->arena, td_exchange_header(exchange, "If-None-Match"));
    call->request_id = td_arena_strdup(serving->arena, exchange->request_id);
    call->address = td_arena_strdup(serving->arena, exchange->address);
    char group[TD_ADDRESS_GROUP_TEXT];
    td_address_group(exchange->address, group);
    serving->from = td_arena_strdup(serving->arena, group);
    if (version && strncmp(version, "W/", 2) == 0)
        version += 2;
    if (version && *version == '"' && strlen(version) > 2)
        call->if_match = td_arena_strndup(serving->arena, version + 1, strlen(version) - 2);
    else
        call->if_match = td_arena_strdup(serving->arena, version);
    return serving->path && serving->query && serving->agent && call->request_id && call->address &&
                   serving->from
               ? 0
               : TD_ENOMEM;
}

static int fill_call(struct td_serving *serving)
{
    const struct td_frame_options *options = &serving->frame->options;
    struct td_call *call = &serving->call;
    call->arena = serving->arena;
    call->config = options->config;
    call->calendar = options->calendar;
    call->seal = options->seal;
    call->catalog = td_arena_json(serving->arena,
                                  options->pool ? td_pool_catalog(options->pool) : json_object());
    return call->catalog ? copy_request(serving) : TD_ENOMEM;
}

struct td_serving *td_serving_begin(struct td_frame *frame, struct td_exchange *exchange,
                                    void (*gone)(struct td_owner *owner))
{
    refresh_views(frame);
    struct td_serving *serving = calloc(1, sizeof(*serving));
    if (!serving)
        return NULL;
    serving->owner.gone = gone;
    serving->frame = frame;
    serving->exchange = exchange;
    serving->is_control = exchange->is_control;
    serving->file = -1;
    td_strbuf_init(&serving->out);
    serving->arena = td_arena_new(ARENA_MAX);
    serving->views = td_views_ref(frame->views);
    frame->open++;
    if (!serving->arena || fill_call(serving) < 0) {
        td_serving_free(serving);
        return NULL;
    }
    serving->locale = td_views_locale(
        serving->views,
        td_entry_cookie(serving, td_cookie_name(serving->call.config, TD_COOKIE_LANGUAGE)),
        td_exchange_header(exchange, "Accept-Language"));
    serving->call.language = serving->locale->lang;
    exchange->frame_state = serving;
    choose_face(serving);
    if (serving->call.face == TD_FACE_PAGE)
        td_live_position(frame->options.live, serving->heard);
    return serving;
}
