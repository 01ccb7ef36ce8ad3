/* idempotency.c - the same write twice gives the same answer.
 *
 * The answer is stored in the transaction of the write itself, under account and key. Failures are
 * not kept: they changed nothing and may be tried again. */
#include "http/serving.h"

#include "base/clock.h"
#include "store/ledger.h"
#include "store/store.h"

#include <string.h>
#include <time.h>

/* Two days are promised; the rest is for a clock that is up to three days ahead of what it was when
 * the key was written. */
enum { KEPT_SECONDS = 5 * 24 * 3600 };

/* Keys age by real time: the demonstration's clock may jump over days between a request and its
 * repeat. */
static void real_time(int64_t offset_seconds, char text[TD_TIME_TEXT])
{
    td_time_format(((int64_t)time(NULL) + offset_seconds) * 1000, text);
}

bool td_idempotency_wanted(const struct td_serving *serving)
{
    const struct td_route *route = serving->call.route;
    return serving->key && *serving->key && route->write && route->limit != TD_LIMIT_LOGIN &&
           !(route->flags & (TD_ROUTE_SECRET | TD_ROUTE_ONCE));
}

static const char *owner_of(const struct td_serving *serving)
{
    return serving->call.who ? serving->call.who->id : "public";
}

int td_idempotency_hash(struct td_serving *serving)
{
    const struct td_call *call = &serving->call;
    json_t *request =
        json_pack("{s:s, s:s, s:O?, s:O?, s:s}", "method", td_method_name(call->route->method),
                  "path", serving->path, "query", call->query, "body", call->body, "upload",
                  call->upload ? call->upload->hash : "");
    int r = request ? td_ledger_hash_json(request, serving->body_hash) : TD_ENOMEM;
    json_decref(request);
    return r;
}

int td_idempotency_find(struct td_serving *serving, struct td_tx *tx, bool *ret_found,
                        struct td_error *reterr)
{
    json_t *row;
    *ret_found = false;
    int r = td_tx_row(tx, &row,
                      "select body_hash, status, reply, location from idempotency"
                      " where account_id = $1 and key = $2",
                      "ss", owner_of(serving), serving->key);
    if (r == TD_ENOTFOUND)
        return 0;
    if (r < 0)
        return r;
    td_arena_json(serving->arena, row);
    const char *hash = json_string_value(json_object_get(row, "body_hash"));
    const char *location = json_string_value(json_object_get(row, "location"));
    if (!hash || strcmp(hash, serving->body_hash) != 0)
        return td_error_key(reterr, TD_EFIELDS, "idempotency_reused", NULL);
    json_t *value = json_object_get(row, "reply");
    serving->reply = (struct td_reply){
        .status = (int)json_integer_value(json_object_get(row, "status")),
        .value = json_is_object(value) ? json_incref(value) : NULL,
        .location = location && *location ? location : NULL,
    };
    serving->replayed = true;
    *ret_found = true;
    return 0;
}

int td_idempotency_store(struct td_serving *serving, struct td_tx *tx)
{
    const struct td_reply *reply = &serving->reply;
    char now[TD_TIME_TEXT];
    real_time(0, now);
    return td_tx_exec(
        tx, NULL,
        "insert into idempotency (account_id, key, route, body_hash, status, reply, location, at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8)",
        "ssssijss", owner_of(serving), serving->key, serving->call.route->path, serving->body_hash,
        (int64_t)reply->status, reply->value, reply->location ? reply->location : "", now);
}

int td_idempotency_forget(struct td_tx *tx)
{
    char before[TD_TIME_TEXT];
    real_time(-KEPT_SECONDS, before);
    return td_tx_exec(tx, NULL, "delete from idempotency where at < $1", "s", before);
}
