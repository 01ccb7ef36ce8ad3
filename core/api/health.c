/* health.c - whether the server lives, and whether it can do its work. For probes and for
 * operators. */
#include "api/api.h"

#include "store/files.h"
#include "store/store.h"

static int live_work(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)call;
    (void)reterr;
    reply->value = json_pack("{s:s}", "status", "live");
    return reply->value ? 0 : TD_ENOMEM;
}

/* A read transaction that works; what Redis and the scorer say comes in ready_work. */
static int ready_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    int64_t settings;
    (void)reply;
    (void)reterr;
    bool stopped = td_store_stopped(td_tx_store(call->tx));
    int r = td_tx_int(call->tx, &settings, "select count(*) from setting", "");
    call->kept = td_arena_json(call->arena, json_boolean(r == 0 && !stopped));
    return 0;
}

static int ready_work(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reterr;
    bool redis = json_is_true(json_object_get(call->result, "redis"));
    bool scorer = json_is_true(json_object_get(call->result, "scorer"));
    bool store = json_is_true(call->kept);
    bool ready = redis && scorer && store;
    reply->status = ready ? 200 : 503;
    reply->value = json_pack("{s:b, s:b, s:b, s:b}", "ready", ready, "store", store, "redis", redis,
                             "scorer", scorer);
    return reply->value ? 0 : TD_ENOMEM;
}

static int status_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct {
        const char *member, *sql;
    } const counts[] = {
        {"applications", "select sum(count) from application_count"},
        {"outbox_open", "select count(*) from outbox where done_at is null"},
        {"ledger_entries", "select max(sequence) from ledger"},
    };
    (void)reterr;
    reply->value = json_object();
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        int64_t count;
        int r = td_tx_int(call->tx, &count, counts[i].sql, "");
        if (r < 0)
            return r;
        json_object_set_new(reply->value, counts[i].member, json_integer(count));
    }
    json_object_set_new(reply->value, "batches", td_store_batches(td_tx_store(call->tx)));
    return reply->value ? 0 : TD_ENOMEM;
}

const struct td_route td_health_routes[] = {
    {.method = TD_GET,
     .path = "/health",
     .roles = TD_ROLE_PUBLIC,
     .summary = "The process lives",
     .work = TD_WORK_LOOP,
     .work_fn = live_work},
    {.method = TD_GET,
     .path = "/ready",
     .roles = TD_ROLE_PUBLIC,
     .summary = "Store, Redis and scorer work; 503 when one does not",
     .read = ready_read,
     .work = TD_WORK_STATUS,
     .work_fn = ready_work},
    {.method = TD_GET,
     .path = "/status",
     .roles = TD_ROLE_ADMIN | TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR,
     .summary = "How the parts of the server are, for operators",
     .read = status_read,
     .work = TD_WORK_STATUS},
    {0},
};
