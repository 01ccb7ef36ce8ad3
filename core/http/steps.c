/* steps.c - a row's steps, each where it belongs: read on a reader thread, work on the CPU pool, in
 * the scorer or in Redis, write on the writer thread. The first failure ends the request; what a
 * step left in the reply then counts for nothing. */
#include "http/serving.h"

#include "base/log.h"
#include "base/memory.h"
#include "http/table.h"
#include "redis/live.h"
#include "redis/queue.h"
#include "scoring/pool.h"
#include "store/store.h"

#include <string.h>

static void after_read(struct td_serving *serving);
static void after_work(struct td_serving *serving);
static void after_write(struct td_serving *serving);

static void take_error(struct td_serving *serving, int result, struct td_error *error)
{
    serving->result = result;
    if (result < 0 && error) {
        td_error_done(&serving->error);
        serving->error = *error;
        *error = (struct td_error)TD_ERROR_INIT;
    }
}

static void drop_reply(struct td_serving *serving)
{
    json_decref(serving->reply.value);
    serving->reply = (struct td_reply){0};
    serving->replayed = false;
}

static bool is_outsider(int result)
{
    return result == TD_ENOTFOUND || result == TD_EFORBIDDEN;
}

/* The lease goes when the dossier has moved on or is no business of the caller, and with a write
 * that failed when it came with it: nobody keeps a dossier from its clerk by asking for what is
 * refused. */
static void release_lease(struct td_serving *serving)
{
    bool in_vain = serving->result < 0 && (serving->leased_anew || is_outsider(serving->result));
    if (serving->leased && (serving->moved_on || in_vain))
        td_queue_release(serving->frame->options.queue, serving->call.who->id,
                         td_call_param(&serving->call, "application"), NULL, NULL);
    serving->leased = false;
}

/* Fails the request when the last step did. */
static bool failed(struct td_serving *serving)
{
    if (serving->result >= 0)
        return false;
    release_lease(serving);
    drop_reply(serving);
    if (serving->call.proven)
        td_session_change_forgive(serving);
    td_serving_fail(serving, serving->result);
    return true;
}

/* --- read -------------------------------------------------------------------------- */

static int load_account(struct td_serving *serving, struct td_tx *tx, struct td_error *reterr)
{
    struct td_call *call = &serving->call;
    if (!serving->has_session || call->who || call->pending)
        return 0;
    int r = td_account_load(tx, serving->arena, serving->session.account_id, &call->who);
    if (r == TD_ENOTFOUND) { /* disabled meanwhile: as if logged out */
        serving->has_session = false;
        return 0;
    }
    if (r < 0)
        return td_error_set(reterr, r, "loading the account");
    if (call->who && call->face == TD_FACE_PAGE)
        r = td_tx_int(tx, &serving->unread,
                      "select count(*) from message where account_id = $1 and read_at is null", "s",
                      call->who->id);
    return r;
}

/* Who must first change a password or set up a second factor sees of public pages what the public
 * sees. */
static void be_public(struct td_serving *serving)
{
    struct td_call *call = &serving->call;
    bool stuck = call->who && (call->who->must_change || call->who->must_enrol);
    if (stuck && (call->route->roles & TD_ROLE_PUBLIC) &&
        !(call->route->flags & (TD_ROUTE_ANYTIME | TD_ROUTE_ENROL)))
        call->who = NULL;
}

static int admit(struct td_serving *serving, struct td_tx *tx, struct td_error *reterr)
{
    const struct td_route *route = serving->call.route;
    int r = load_account(serving, tx, reterr);
    if (r < 0 || !route)
        return r;
    be_public(serving);
    return td_entry_check_serving(serving, route, reterr);
}

static int admit_step(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    return admit(arg, tx, reterr);
}

static void admit_done(void *arg, int result, struct td_error *error)
{
    struct td_serving *serving = arg;
    take_error(serving, result, error);
    td_serving_post(serving, serving->next);
}

static void after_account(struct td_serving *serving)
{
    if (!failed(serving))
        serving->then(serving);
}

void td_steps_load_account(struct td_serving *serving, td_serving_fn next)
{
    serving->then = next;
    serving->next = after_account;
    int r = td_store_read(serving->frame->options.store, admit_step, admit_done, serving);
    if (r < 0)
        td_serving_fail(serving, r);
}

static int read_step(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct td_serving *serving = arg;
    struct td_call *call = &serving->call;
    int r = admit(serving, tx, reterr);
    if (r == 0 && serving->body_hash[0])
        r = td_idempotency_find(serving, tx, &serving->replayed, reterr);
    if (r < 0 || serving->replayed)
        return r;
    call->tx = tx;
    r = call->route->read(call, &serving->reply, reterr);
    /* A table says what is recorded, not what the row's work would add: who is at it just now. */
    bool table = r == 0 && td_table_asked(call, &serving->reply) != TD_TABLE_NONE;
    bool complete = table || (call->route->work == TD_WORK_NONE && !call->route->write);
    if (table)
        r = td_table_gather(call, &serving->reply, reterr);
    if (r == 0 && complete)
        r = td_reply_compose(serving, reterr);
    call->tx = NULL;
    if (r == 0 && complete &&
        serving->type) { /* freed where it was made: the loop has better to do */
        json_decref(serving->reply.value);
        serving->reply.value = NULL;
    }
    return r;
}

static void read_done(void *arg, int result, struct td_error *error)
{
    struct td_serving *serving = arg;
    take_error(serving, result, error);
    td_serving_post(serving, after_read);
}

/* --- work -------------------------------------------------------------------------- */

static int run_work(struct td_serving *serving, struct td_error *reterr)
{
    (void)td_memory_was_short(); /* what came before is not this request's */
    int r = serving->call.route->work_fn(&serving->call, &serving->reply, reterr);
    return td_memory_was_short() ? td_memory_error(reterr) : r;
}

static void cpu_run(struct td_cpu_job *job)
{
    struct td_serving *serving =
        (struct td_serving *)((char *)job - offsetof(struct td_serving, job));
    struct td_error error = TD_ERROR_INIT;
    int r = run_work(serving, &error);
    take_error(serving, r, &error);
    td_serving_post(serving, after_work);
}

/* The loop's work is done: lets the row use it. */
static void loop_worked(struct td_serving *serving, int result, json_t *answer)
{
    struct td_call *call = &serving->call;
    const struct td_route *route = call->route;
    serving->result = result;
    call->result = result == 0 ? td_arena_json(serving->arena, answer) : NULL;
    if (result < 0)
        json_decref(answer);
    else if (route->work_fn)
        serving->result = run_work(serving, &serving->error);
    else if (!route->write && !serving->reply.value && json_is_object(call->result))
        serving->reply.value = json_incref(call->result);
    else if (!route->write && serving->reply.value)
        json_object_set(serving->reply.value, "result", call->result);
    after_work(serving);
}

static void on_scored(void *arg, int result, json_t *answer, struct td_error *error)
{
    struct td_serving *serving = arg;
    if (result == TD_ESCRIPT && serving->call.route->work == TD_WORK_CHECK) {
        loop_worked(serving, 0, json_pack("{s:O}", "error", error->parameters));
        return;
    }
    take_error(serving, result, error);
    loop_worked(serving, result, json_incref(answer));
}

static void on_taken(void *arg, int result, const char *id, const char *holder)
{
    (void)holder;
    loop_worked(arg, result, result == 0 && id ? json_pack("{s:s}", "id", id) : json_null());
}

static void on_released(void *arg, int result, const char *id, const char *holder)
{
    (void)id;
    (void)holder;
    loop_worked(arg, result, json_null());
}

static void on_holders(void *arg, int result, const json_t *holders)
{
    loop_worked(arg, 0, result == 0 ? json_incref((json_t *)holders) : json_object());
}

static void on_sessions(void *arg, int result, const struct td_session *list, size_t count)
{
    struct td_serving *serving = arg;
    loop_worked(serving, result,
                result == 0 ? td_session_list_json(list, count, serving->call.session_id) : NULL);
}

static int begin_scorer(struct td_serving *serving)
{
    struct td_pool *pool = serving->frame->options.pool;
    if (!pool)
        return TD_EBUSY;
    td_pool_submit(pool, serving->call.job, on_scored, serving);
    return 0;
}

static void on_generation(void *arg, int result)
{
    struct td_serving *serving = arg;
    struct td_pool *pool = serving->frame->options.pool;
    json_t *answer = NULL;
    if (result == 0)
        answer = json_pack("{s:i, s:o, s:o}", "generation", td_pool_stats(pool).generation,
                           "catalog", td_pool_catalog(pool), "refused", td_pool_refusals(pool));
    else
        result = td_error_key(&serving->error, TD_EPLUGIN, "plugins_not_started", NULL);
    loop_worked(serving, result, answer);
}

static int begin_plugins(struct td_serving *serving)
{
    struct td_pool *pool = serving->frame->options.pool;
    if (!pool)
        return TD_EBUSY;
    td_pool_use(pool, json_deep_copy(serving->call.job));
    td_pool_reload(pool, on_generation, serving);
    return 0;
}

/* Hands the work on: 0, or negative when nobody took it. */
static int begin_work(struct td_serving *serving)
{
    const struct td_frame_options *options = &serving->frame->options;
    const struct td_call *call = &serving->call;
    const char *account = call->who ? call->who->id : "";
    switch (call->route->work) {
    case TD_WORK_NONE: break;
    case TD_WORK_LOOP: loop_worked(serving, 0, NULL); return 0;
    case TD_WORK_CPU: serving->job.run = cpu_run; return td_cpu_submit(options->cpu, &serving->job);
    case TD_WORK_SCORER:
    case TD_WORK_CHECK: return begin_scorer(serving);
    case TD_WORK_EXAMINE: return td_examine_begin(serving, after_work);
    case TD_WORK_TAKE: return td_queue_take(options->queue, account, call->job, on_taken, serving);
    case TD_WORK_RELEASE:
        return td_queue_release(options->queue, account, json_string_value(call->job), on_released,
                                serving);
    case TD_WORK_SESSIONS:
        if (call->job)
            account = json_string_value(call->job);
        return td_session_list(options->sessions, account, on_sessions, serving);
    case TD_WORK_HOLDERS:
        if (td_queue_holders(options->queue, call->job, on_holders, serving) < 0)
            on_holders(serving, TD_EREDIS, NULL);
        return 0;
    case TD_WORK_PLUGINS: return begin_plugins(serving);
    case TD_WORK_STATUS: loop_worked(serving, 0, td_frame_status(serving->frame)); return 0;
    }
    return TD_EINTERNAL;
}

static bool has_work(const struct td_serving *serving)
{
    enum td_work work = serving->call.route->work;
    return !serving->table_name && work != TD_WORK_NONE &&
           (serving->call.job || !td_work_needs_job(work));
}

/* --- write ------------------------------------------------------------------------- */

static int state_of(struct td_tx *tx, const struct td_call *call, json_t **ret_row)
{
    return td_tx_row(tx, ret_row, "select state from application where id = $1", "s",
                     td_call_param(call, "application"));
}

/* A lease ends with the work it was for: when the dossier moves on, the next holder's people need
 * it. */
static void notice_move(struct td_serving *serving, struct td_tx *tx, const json_t *before)
{
    json_t *after;
    if (!before || state_of(tx, &serving->call, &after) < 0)
        return;
    serving->moved_on = !json_equal((json_t *)before, after);
    json_decref(after);
}

/* What the handler did is rolled back. Its own refusals come first: who may not see the dossier
 * must not learn from a 423 that somebody works on it. */
static int refuse_lease(const struct td_serving *serving, struct td_error *reterr)
{
    return td_error_key(reterr, TD_ELEASED, "leased",
                        json_pack("{s:s}", "holder", serving->lease_holder));
}

static int write_step(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct td_serving *serving = arg;
    struct td_call *call = &serving->call;
    int r =
        serving->body_hash[0] ? td_idempotency_find(serving, tx, &serving->replayed, reterr) : 0;
    if (r < 0 || serving->replayed)
        return r;
    json_t *before = NULL;
    if (serving->leased && state_of(tx, call, &before) < 0)
        before = NULL;
    call->tx = tx;
    r = call->route->write(call, &serving->reply, reterr);
    call->tx = NULL;
    if (serving->lease_holder && r == 0)
        r = refuse_lease(serving, reterr);
    if (r == 0)
        notice_move(serving, tx, before);
    if (r == 0 && serving->body_hash[0])
        r = td_idempotency_store(serving, tx);
    json_decref(before);
    return r;
}

static void write_done(void *arg, int result, struct td_error *error)
{
    struct td_serving *serving = arg;
    take_error(serving, result, error);
    td_serving_post(serving, after_write);
}

static void begin_write(struct td_serving *serving)
{
    int r = td_store_write(serving->frame->options.store, write_step, write_done, serving);
    if (r < 0) {
        drop_reply(serving);
        td_serving_fail(serving, r);
    }
}

/* --- after the commit -------------------------------------------------------------- */

static void on_moved(void *arg)
{
    td_session_change_apply(arg);
}

/* Straight to who listens; nothing keeps it while Redis is away, and then everybody looks again. */
static void announce(struct td_serving *serving)
{
    struct td_live *live = serving->frame->options.live;
    if (!serving->reply.announce || serving->replayed || !live)
        return;
    json_t *message = json_pack("{s:s, s:s}", "topic", serving->reply.announce, "event", "changed");
    if (message)
        td_live_publish(live, message);
    json_decref(message);
}

static void after_write(struct td_serving *serving)
{
    const struct td_frame_options *options = &serving->frame->options;
    if (failed(serving))
        return;
    release_lease(serving);
    announce(serving);
    if ((serving->call.route->flags & TD_ROUTE_DEMO) && options->moved && !serving->replayed)
        options->moved(options->moved_arg, on_moved, serving);
    else
        td_session_change_apply(serving);
}

static void after_work(struct td_serving *serving)
{
    if (failed(serving))
        return;
    if (serving->call.route->write)
        begin_write(serving);
    else
        td_session_change_apply(serving);
}

static void after_read(struct td_serving *serving)
{
    if (failed(serving))
        return;
    if (!serving->replayed && has_work(serving)) {
        int r = begin_work(serving);
        if (r < 0) {
            drop_reply(serving);
            td_serving_fail(serving, r);
        }
        return;
    }
    if (serving->call.route->write && !serving->replayed)
        begin_write(serving);
    else
        td_session_change_apply(serving);
}

void td_steps_run(struct td_serving *serving)
{
    serving->result = 0;
    if (!serving->call.route->read) {
        after_read(serving);
        return;
    }
    struct td_store *store = serving->frame->options.store;
    int r = td_table_may_be(&serving->call)
                ? td_store_read_long(store, read_step, read_done, serving)
                : td_store_read(store, read_step, read_done, serving);
    if (r < 0)
        td_serving_fail(serving, r);
}
