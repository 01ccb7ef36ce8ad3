/* frame.c - the frame itself: compiles rows, keeps what all requests share. Lives on the loop. */
#include "http/frame.h"

#include "config.h"
#include "dispatch.h"
#include "examining/examiners.h"
#include "http/cookie.h"
#include "http/memo.h"
#include "http/openapi.h"
#include "http/rate.h"
#include "http/serving.h"
#include "http/stall.h"
#include "http/static.h"
#include "redis/client.h"
#include "scoring/pool.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_PER_MINUTE = 20 };

static bool has_page(void *arg, const char *name)
{
    return td_views_has(arg, name);
}

/* "titled.css" is page.asset.titled_css in templates. */
static void add_asset(void *arg, const char *name, const char *url)
{
    char key[128];
    size_t length = 0;
    for (; *name && length < sizeof(key) - 1; name++)
        key[length++] = isalnum((unsigned char)*name) ? *name : '_';
    key[length] = 0;
    json_object_set_new(arg, key, json_string(url));
}

int td_frame_new(const struct td_frame_options *options, struct td_frame **ret_frame,
                 struct td_error *reterr)
{
    struct td_frame *frame = calloc(1, sizeof(*frame));
    if (!frame)
        return TD_ENOMEM;
    frame->options = *options;
    TAILQ_INIT(&frame->streams);
    frame->views = td_views_ref(options->views);
    frame->rates = td_rates_new(
        (const int64_t[TD_RATE_COUNT]){[TD_RATE_ADDRESS] = options->config->throttle_address,
                                       [TD_RATE_ACCOUNT] = options->config->throttle_account,
                                       [TD_RATE_SHOWN] = SHOWN_PER_MINUTE});
    frame->memo = td_memo_new((size_t)options->config->memo_bytes);
    int r = td_router_new(options->resources, has_page, options->views, &frame->router, reterr);
    if (r == 0 && (!frame->rates || !frame->memo))
        r = TD_ENOMEM;
    if (r == 0) {
        frame->asset = json_object();
        td_static_each(options->assets, add_asset, frame->asset);
        json_t *openapi =
            td_openapi_make(frame->router, td_cookie_name(options->config, TD_COOKIE_SESSION));
        frame->openapi = json_dumps(openapi, JSON_COMPACT | JSON_REAL_PRECISION(15));
        json_decref(openapi);
        r = frame->openapi ? 0 : TD_ENOMEM;
    }
    if (r < 0) {
        td_frame_free(frame);
        return r;
    }
    frame->openapi_length = strlen(frame->openapi);
    *ret_frame = frame;
    return 0;
}

void td_frame_free(struct td_frame *frame)
{
    if (!frame)
        return;
    td_router_free(frame->router);
    td_views_unref(frame->views);
    td_rates_free(frame->rates);
    td_memo_free(frame->memo);
    json_decref(frame->asset);
    free(frame->openapi);
    free(frame);
}

size_t td_frame_open(const struct td_frame *frame)
{
    return frame->open;
}

void td_frame_set_dispatch(struct td_frame *frame, const struct td_dispatch *dispatch)
{
    frame->dispatch = dispatch;
}

void td_frame_set_http(struct td_frame *frame, const struct td_http_server *http)
{
    frame->http = http;
}

static json_t *connections(const struct td_http_server *http)
{
    struct td_http_counters counters;
    td_http_server_counters(http, &counters);
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "open", (json_int_t)counters.open,
                     "accepted", (json_int_t)counters.accepted, "refused",
                     (json_int_t)counters.refused, "requests", (json_int_t)counters.requests,
                     "bad_requests", (json_int_t)counters.bad_requests, "timeouts",
                     (json_int_t)counters.timeouts, "streams", (json_int_t)counters.streams);
}

static json_t *workers(const struct td_pool *pool)
{
    struct td_pool_stats stats = td_pool_stats(pool);
    return json_pack("{s:i, s:i, s:i, s:I, s:I, s:I}", "ready", stats.workers, "busy", stats.busy,
                     "generation", stats.generation, "waiting", (json_int_t)stats.waiting, "served",
                     (json_int_t)stats.served, "lost", (json_int_t)stats.lost);
}

static json_t *memo(struct td_memo *memo)
{
    struct td_memo_stats stats = td_memo_stats(memo);
    return json_pack("{s:I, s:I, s:I, s:I}", "entries", (json_int_t)stats.entries, "bytes",
                     (json_int_t)stats.bytes, "hits", (json_int_t)stats.hits, "misses",
                     (json_int_t)stats.misses);
}

static json_t *examiners(const struct td_examiners *examiners)
{
    struct td_examiners_stats stats = td_examiners_stats(examiners);
    return json_pack("{s:i, s:i}", "running", stats.running, "waiting", stats.waiting);
}

json_t *td_frame_status(const struct td_frame *frame)
{
    struct td_pool *pool = frame->options.pool;
    json_t *catalog = pool ? td_pool_catalog(pool) : json_object(), *descriptor;
    json_t *series = json_array();
    const char *id;
    json_object_foreach(catalog, id, descriptor)
        json_array_append_new(series,
                              json_pack("{s:s, s:O?, s:O?}", "id", id, "name",
                                        json_object_get(descriptor, "name"), "plugin_version",
                                        json_object_get(descriptor, "plugin_version")));
    json_t *status = json_pack(
        "{s:b, s:b, s:o, s:o, s:I}", "redis", td_redis_available(frame->options.redis), "scorer",
        json_array_size(series) > 0, "series", series, "refused",
        pool ? td_pool_refusals(pool) : json_array(), "open_requests", (json_int_t)frame->open);
    json_object_set_new(status, "memo", memo(frame->memo));
    if (frame->dispatch)
        json_object_set_new(status, "dispatch", td_dispatch_status(frame->dispatch));
    if (pool)
        json_object_set_new(status, "workers", workers(pool));
    if (frame->http)
        json_object_set_new(status, "connections", connections(frame->http));
    if (frame->options.examiners)
        json_object_set_new(status, "examiners", examiners(frame->options.examiners));
    if (frame->options.stall)
        json_object_set_new(status, "loop", td_stall_status(frame->options.stall));
    json_decref(catalog);
    return status;
}
