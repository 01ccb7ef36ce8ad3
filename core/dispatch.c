/* dispatch.c - see dispatch.h.
 *
 * Two things happen here, both as chains of steps that hop between store threads and the loop.
 * The pump reads open rows; it publishes "live" ones and marks them done, and puts the ids of the
 * others on the stream. One runs at a time; a commit, a reconnect, a retry or the sweep starts it.
 * A job runs per stream entry: read -> work -> write -> done, or -> failure noted.
 *
 * A store thread hands a finished step back through the lane; everything else is only touched on
 * the loop. */
#include "dispatch.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "lane.h"
#include "redis/client.h"
#include "redis/live.h"
#include "redis/session.h"
#include "redis/stream.h"
#include "scoring/pool.h"
#include "store/store.h"

#include <event2/event.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

enum {
    PAGE = TD_STREAM_BATCH,
    SWEEP_MS = 30000,
    RETRY_MS = 2000,
    RETRY_FACTOR = 4,
    BUSY_MS = 1000,      /* the store, the pool or Redis is not free: not the job's failure */
    TIMER_SLACK_MS = 50, /* a marker in Redis expires before our timer looks again */
    ARENA_CAP = 16 << 20,
    ENTRY_TEXT = 48
};

struct pump {
    struct td_step step; /* first: resume casts back */
    struct td_dispatch *dispatch;
    json_t *live; /* rows to publish: [{"id", "payload"}] */
    json_t *ids;  /* jobs to put on the stream */
    bool running, again, more;
};

struct job {
    struct td_step step; /* first: resume casts back */
    struct td_dispatch *dispatch;
    LIST_ENTRY(job) link;
    char entry[ENTRY_TEXT];
    char id[TD_ID_TEXT];
    const struct td_dispatch_kind *kind;
    json_t *payload, *request, *answer, *catalog;
    json_t *blame; /* of a scorer that failed */
    int64_t attempts;
    bool gone;     /* done or given up already: nothing to do but forget the entry */
    bool asked;    /* Redis owes an answer */
    bool detached; /* the dispatcher was freed meanwhile */
};

struct td_dispatch {
    struct td_dispatch_options options;
    struct td_stream *stream;
    struct td_lane lane;
    struct event *sweep, *retry;
    int64_t waits_until; /* when the last of the jobs that wait to be tried again may be */
    struct td_letter outbox_letter;
    atomic_bool outbox_grew; /* outbox_letter is on its way */
    struct pump pump;
    LIST_HEAD(, job) jobs;
    size_t in_flight;
    int64_t done, failed, given_up;
};

/* --- between store threads and the loop ------------------------------------------------------- */

static void pump(struct td_dispatch *dispatch);

static void outbox_grew(struct td_letter *letter)
{
    struct td_dispatch *dispatch =
        (struct td_dispatch *)((char *)letter - offsetof(struct td_dispatch, outbox_letter));
    atomic_store(&dispatch->outbox_grew, false);
    if (!dispatch->lane.closing)
        pump(dispatch);
}

static void on_outbox(void *arg)
{
    struct td_dispatch *dispatch = arg;
    if (!atomic_exchange(&dispatch->outbox_grew, true))
        td_mailbox_post(dispatch->lane.mailbox, &dispatch->outbox_letter);
}

static void set_timer(struct event *timer, int ms)
{
    struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    event_add(timer, &wait);
}

/* --- the pump --------------------------------------------------------------------------------- */

static int pump_read(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct pump *pump_ = arg;
    json_t *rows = NULL;
    int result = td_tx_rows(tx, &pump_->live,
                            "select id, payload from outbox where done_at is null and kind = 'live'"
                            " order by id limit $1",
                            "i", (int64_t)PAGE);
    if (result == 0)
        result = td_tx_rows(
            tx, &rows,
            "select id from outbox where done_at is null and kind <> 'live' and attempts < $1"
            " order by attempts, id limit $2",
            "ii", (int64_t)TD_DISPATCH_ATTEMPTS, (int64_t)PAGE);
    if (result < 0)
        return td_error_set(reterr, result, "reading the outbox failed: %s", td_tx_failure(tx));
    pump_->ids = json_array();
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
        json_array_append(pump_->ids, json_object_get(row, "id"));
    json_decref(rows);
    return pump_->ids ? 0 : TD_ENOMEM;
}

static int pump_mark(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct pump *pump_ = arg;
    char now[TD_TIME_TEXT];
    td_time_format(td_clock_now_ms(), now);
    size_t i;
    json_t *row;
    json_array_foreach(pump_->live, i, row) {
        int result =
            td_tx_exec(tx, NULL, "update outbox set done_at = $1 where id = $2 and done_at is null",
                       "ss", now, json_string_value(json_object_get(row, "id")));
        if (result < 0)
            return td_error_set(reterr, result, "marking live rows failed: %s", td_tx_failure(tx));
    }
    return 0;
}

static void pump_ends(struct td_dispatch *dispatch, bool again)
{
    struct pump *pump_ = &dispatch->pump;
    if (pump_->step.result < 0) {
        TD_LOG(TD_LOG_WARNING, "dispatch.pump", TD_S("because", td_error_name(pump_->step.result)),
               TD_S("detail", pump_->step.failure));
        set_timer(dispatch->retry, BUSY_MS);
    }
    json_decref(pump_->live);
    json_decref(pump_->ids);
    pump_->live = pump_->ids = NULL;
    again = (again || pump_->again) && pump_->step.result == 0;
    pump_->running = pump_->again = false;
    if (again)
        pump(dispatch);
}

static void pump_marked(struct td_step *step)
{
    struct pump *pump_ = (struct pump *)step;
    pump_ends(pump_->dispatch, json_array_size(pump_->live) == PAGE);
}

static void pump_loaded(struct td_step *step)
{
    struct pump *pump_ = (struct pump *)step;
    struct td_dispatch *dispatch = pump_->dispatch;
    size_t jobs = json_array_size(pump_->ids);
    if (step->result == 0 && jobs)
        step->result = td_stream_put(dispatch->stream, pump_->ids);
    pump_->more = jobs == PAGE;
    size_t i;
    json_t *row;
    if (step->result == 0)
        json_array_foreach(pump_->live, i, row) {
            int result = td_live_publish(dispatch->options.live, json_object_get(row, "payload"));
            if (result == TD_EREDIS || result == TD_EBUSY) {
                step->result = result; /* the rows wait for the next round */
                break;
            }
        }
    if (step->result == 0 && json_array_size(pump_->live))
        td_lane_go(step, true, pump_mark, pump_marked);
    else
        pump_ends(dispatch, false);
}

static void pump(struct td_dispatch *dispatch)
{
    if (!td_redis_available(dispatch->options.commands))
        return; /* the reconnect pumps */
    if (dispatch->pump.running) {
        dispatch->pump.again = true;
        return;
    }
    dispatch->pump.running = true;
    dispatch->pump.dispatch = dispatch;
    dispatch->pump.step.lane = &dispatch->lane;
    td_lane_go(&dispatch->pump.step, false, pump_read, pump_loaded);
}

/* --- a job ------------------------------------------------------------------------------------ */

static void job_free(struct job *job)
{
    json_decref(job->payload);
    json_decref(job->request);
    json_decref(job->answer);
    json_decref(job->catalog);
    json_decref(job->blame);
    free(job);
}

/* One timer for all that wait: it looks now and then until the last of them is due. */
static void look_again(struct td_dispatch *dispatch)
{
    int64_t left = dispatch->waits_until - td_clock_mono_ms();
    int64_t most = dispatch->options.retry_ms + TIMER_SLACK_MS;
    if (left > 0 && !event_pending(dispatch->retry, EV_TIMEOUT, NULL))
        set_timer(dispatch->retry, (int)(left < most ? left : most));
}

/* Forgets the stream entry; the outbox row may be dealt out again after `again_ms`. */
static void job_ends(struct job *job, int again_ms)
{
    struct td_dispatch *dispatch = job->dispatch;
    /* When Redis is gone the entry comes again, and then finds the row done. */
    td_stream_done(dispatch->stream, job->entry, job->id, again_ms);
    if (again_ms > 0) {
        int64_t until = td_clock_mono_ms() + again_ms + TIMER_SLACK_MS;
        if (until > dispatch->waits_until)
            dispatch->waits_until = until;
        look_again(dispatch);
    }
    LIST_REMOVE(job, link);
    dispatch->in_flight--;
    job_free(job);
    if (dispatch->in_flight == 0 && dispatch->pump.more)
        pump(dispatch);
    td_stream_resume(dispatch->stream);
}

static int retry_delay(const struct td_dispatch *dispatch, int64_t attempts)
{
    int64_t delay = dispatch->options.retry_ms;
    for (int64_t i = 1; i < attempts; i++)
        delay *= RETRY_FACTOR;
    return delay > INT32_MAX / 2 ? INT32_MAX / 2 : (int)delay;
}

/* The system's own view: no account. NULL arena when memory is short. */
static struct td_review review_of(const struct job *job, struct td_tx *tx)
{
    const struct td_dispatch_options *options = &job->dispatch->options;
    struct td_review review = {.tx = tx,
                               .arena = td_arena_new(ARENA_CAP),
                               .catalog = job->catalog,
                               .config = options->config,
                               .calendar = options->calendar,
                               .seal = options->seal};
    td_review_now(&review);
    return review;
}

/* What the kind makes of a scorer that failed. */
static int tell_kind(struct job *job, struct td_tx *tx, struct td_error *reterr)
{
    if (!job->blame || !job->kind || !job->kind->failed)
        return 0;
    struct td_review review = review_of(job, tx);
    int result = review.arena
                     ? job->kind->failed(&review, job->payload, job->request, job->blame, reterr)
                     : TD_ENOMEM;
    td_arena_free(review.arena);
    return result;
}

static int failure_write(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct job *job = arg;
    int result = td_tx_exec(tx, NULL,
                            "update outbox set attempts = attempts + 1, failure = $1"
                            " where id = $2 and done_at is null",
                            "ss", job->step.failure, job->id);
    if (result == 0)
        result = tell_kind(job, tx, reterr);
    return result < 0
               ? td_error_set(reterr, result, "noting a failure failed: %s", td_tx_failure(tx))
               : 0;
}

static void failure_noted(struct td_step *step)
{
    struct job *job = (struct job *)step;
    job_ends(job, step->result < 0 ? BUSY_MS : retry_delay(job->dispatch, job->attempts));
}

/* The last step failed with step->result. */
static void job_failed(struct job *job)
{
    struct td_dispatch *dispatch = job->dispatch;
    if (job->step.result == TD_EBUSY || job->step.result == TD_EREDIS) {
        job_ends(job, BUSY_MS);
        return;
    }
    job->attempts++;
    bool last = job->attempts >= TD_DISPATCH_ATTEMPTS;
    dispatch->failed++;
    dispatch->given_up += last;
    TD_LOG(last ? TD_LOG_ERROR : TD_LOG_WARNING, last ? "job.given_up" : "job.failed",
           TD_S("job", job->id), TD_S("kind", job->kind ? job->kind->kind : ""),
           TD_I("attempt", job->attempts), TD_S("because", job->step.failure));
    td_lane_go(&job->step, true, failure_write, failure_noted);
}

static const struct td_dispatch_kind *kind_of(const struct td_dispatch *dispatch, const char *name)
{
    for (const struct td_dispatch_kind *kind = dispatch->options.kinds; kind->kind; kind++)
        if (!strcmp(kind->kind, name))
            return kind;
    return NULL;
}

static int job_read(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct job *job = arg;
    json_t *row = NULL;
    int result = td_tx_row(tx, &row,
                           "select kind, payload, attempts from outbox"
                           " where id = $1 and done_at is null and attempts < $2",
                           "si", job->id, (int64_t)TD_DISPATCH_ATTEMPTS);
    if (result == TD_ENOTFOUND) {
        job->gone = true;
        return 0;
    }
    if (result < 0)
        return td_error_set(reterr, result, "reading a job failed: %s", td_tx_failure(tx));
    const char *name = json_string_value(json_object_get(row, "kind"));
    job->attempts = json_integer_value(json_object_get(row, "attempts"));
    job->payload = json_incref(json_object_get(row, "payload"));
    job->kind = kind_of(job->dispatch, name ? name : "");
    if (!job->kind)
        result = td_error_set(reterr, TD_EINTERNAL, "nobody handles outbox rows of kind \"%s\"",
                              name ? name : "");
    json_decref(row);
    if (result < 0 || !job->kind->read)
        return result;
    struct td_review review = review_of(job, tx);
    result =
        review.arena ? job->kind->read(&review, job->payload, &job->request, reterr) : TD_ENOMEM;
    td_arena_free(review.arena);
    return result;
}

static int job_write(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct job *job = arg;
    int64_t open = 0;
    int result = td_tx_int(
        tx, &open, "select count(*) from outbox where id = $1 and done_at is null", "s", job->id);
    if (result == 0 && open == 0)
        return 0; /* somebody else was quicker */
    struct td_review review = review_of(job, tx);
    if (result == 0 && !review.arena)
        result = TD_ENOMEM;
    if (result == 0 && job->kind->write && (job->request || !job->kind->read))
        result = job->kind->write(&review, job->payload, job->request, job->answer, reterr);
    if (result == 0)
        result = td_tx_exec(tx, NULL, "update outbox set done_at = $1 where id = $2", "ss",
                            review.now, job->id);
    td_arena_free(review.arena);
    return result;
}

static void job_written(struct td_step *step)
{
    struct job *job = (struct job *)step;
    if (step->result < 0) {
        job_failed(job);
        return;
    }
    const struct td_dispatch_options *options = &job->dispatch->options;
    if (job->kind->work == TD_DISPATCH_OUTGOING && options->wake_outgoing)
        options->wake_outgoing(options->wake_outgoing_arg);
    job->dispatch->done++;
    job_ends(job, 0);
}

static void on_scored(void *arg, int result, json_t *answer, struct td_error *error)
{
    struct job *job = arg;
    td_lane_keep(&job->step, result, error);
    job->answer = json_incref(answer);
    job->blame = error ? json_incref(error->parameters) : NULL;
    if (result < 0)
        job_failed(job);
    else
        td_lane_go(&job->step, true, job_write, job_written);
}

static void on_sessions_ended(void *arg, int result, int64_t ended)
{
    struct job *job = arg;
    (void)ended;
    if (job->detached) {
        job_free(job);
        return;
    }
    job->asked = false;
    td_lane_keep(&job->step, result, NULL);
    if (result < 0)
        job_failed(job);
    else
        td_lane_go(&job->step, true, job_write, job_written);
}

static void end_sessions(struct job *job)
{
    const char *account = json_string_value(json_object_get(job->payload, "account"));
    const char *keep = json_string_value(json_object_get(job->payload, "keep"));
    int result = account ? td_session_end_account(job->dispatch->options.sessions, account, keep,
                                                  on_sessions_ended, job)
                         : TD_EINVALID;
    job->asked = result == 0;
    if (result < 0)
        on_sessions_ended(job, result, 0);
}

static void wake_trials(struct job *job)
{
    if (job->dispatch->options.wake)
        job->dispatch->options.wake(job->dispatch->options.wake_arg);
    td_lane_go(&job->step, true, job_write, job_written);
}

static void job_loaded(struct td_step *step)
{
    struct job *job = (struct job *)step;
    if (step->result < 0)
        job_failed(job);
    else if (job->gone)
        job_ends(job, 0);
    else if (job->kind->work == TD_DISPATCH_SESSIONS)
        end_sessions(job);
    else if (job->kind->work == TD_DISPATCH_TRIALS)
        wake_trials(job);
    else if (job->kind->work == TD_DISPATCH_SCORER && job->request)
        td_pool_submit(job->dispatch->options.pool, job->request, on_scored, job);
    else
        td_lane_go(step, true, job_write, job_written);
}

/* --- what the stream asks --------------------------------------------------------------------- */

static size_t on_room(void *arg)
{
    const struct td_dispatch *dispatch = arg;
    return dispatch->in_flight < TD_DISPATCH_IN_FLIGHT ? TD_DISPATCH_IN_FLIGHT - dispatch->in_flight
                                                       : 0;
}

static void on_entry(void *arg, const char *entry, const char *id)
{
    struct td_dispatch *dispatch = arg;
    struct job *job;
    LIST_FOREACH(job, &dispatch->jobs, link)
    if (!strcmp(job->id, id))
        return; /* running here: after a reconnect Redis tells again what it gave us */
    job = calloc(1, sizeof(*job));
    if (!job)
        return; /* the entry stays ours and is read again */
    snprintf(job->entry, sizeof(job->entry), "%s", entry);
    snprintf(job->id, sizeof(job->id), "%s", id);
    job->dispatch = dispatch;
    job->step.lane = &dispatch->lane;
    job->catalog = dispatch->options.pool ? td_pool_catalog(dispatch->options.pool) : NULL;
    LIST_INSERT_HEAD(&dispatch->jobs, job, link);
    dispatch->in_flight++;
    td_lane_go(&job->step, false, job_read, job_loaded);
}

static void on_stream_ready(void *arg)
{
    pump(arg);
}

/* --- life ------------------------------------------------------------------------------------- */

static void on_retry(evutil_socket_t fd, short events, void *arg)
{
    (void)fd, (void)events;
    pump(arg);
    look_again(arg);
}

static void on_sweep(evutil_socket_t fd, short events, void *arg)
{
    struct td_dispatch *dispatch = arg;
    (void)fd, (void)events;
    td_stream_claim(dispatch->stream);
    pump(dispatch);
    set_timer(dispatch->sweep, dispatch->options.sweep_ms);
}

static void on_commands_change(void *arg, bool available)
{
    if (available)
        pump(arg);
}

static int start(struct td_dispatch *dispatch, const struct td_redis_options *redis)
{
    struct event_base *base = dispatch->options.base;
    char node[256] = "node";
    gethostname(node, sizeof(node) - 1);
    dispatch->lane.store = dispatch->options.store;
    dispatch->lane.mailbox = td_mailbox_new(base);
    dispatch->sweep = event_new(base, -1, 0, on_sweep, dispatch);
    dispatch->retry = event_new(base, -1, 0, on_retry, dispatch);
    dispatch->stream = td_stream_new(&(struct td_stream_options){
        .commands = dispatch->options.commands,
        .redis = redis,
        .node = dispatch->options.node ? dispatch->options.node : node,
        .room = on_room,
        .entry = on_entry,
        .ready = on_stream_ready,
        .arg = dispatch,
    });
    if (!dispatch->lane.mailbox || !dispatch->sweep || !dispatch->retry || !dispatch->stream)
        return TD_ENOMEM;
    int result = td_redis_watch(dispatch->options.commands, on_commands_change, dispatch);
    if (result < 0)
        return result;
    set_timer(dispatch->sweep, dispatch->options.sweep_ms);
    td_store_on_outbox(dispatch->options.store, on_outbox, dispatch); /* last: cannot be undone */
    return 0;
}

int td_dispatch_new(const struct td_dispatch_options *options, struct td_dispatch **ret_dispatch,
                    struct td_error *reterr)
{
    struct td_dispatch *dispatch = calloc(1, sizeof(*dispatch));
    if (!dispatch)
        return td_error_set(reterr, TD_ENOMEM, "no memory for the dispatcher");
    dispatch->options = *options;
    dispatch->options.redis = NULL; /* only needed here */
    if (!dispatch->options.kinds)
        dispatch->options.kinds = td_dispatch_kinds;
    if (!dispatch->options.sweep_ms)
        dispatch->options.sweep_ms = SWEEP_MS;
    if (!dispatch->options.retry_ms)
        dispatch->options.retry_ms = RETRY_MS;
    dispatch->outbox_letter.open = outbox_grew;
    LIST_INIT(&dispatch->jobs);
    int result = start(dispatch, options->redis);
    if (result < 0) {
        td_dispatch_free(dispatch);
        return td_error_set(reterr, result, "the dispatcher could not start");
    }
    *ret_dispatch = dispatch;
    return 0;
}

static void free_event(struct event *event)
{
    if (event)
        event_free(event);
}

void td_dispatch_free(struct td_dispatch *dispatch)
{
    if (!dispatch)
        return;
    dispatch->lane.closing = true;
    td_redis_unwatch(dispatch->options.commands, on_commands_change, dispatch);
    td_stream_free(dispatch->stream);
    td_mailbox_free(dispatch->lane.mailbox);
    struct job *job;
    while ((job = LIST_FIRST(&dispatch->jobs))) {
        LIST_REMOVE(job, link);
        if (job->asked)
            job->detached = true; /* on_sessions_ended frees it */
        else
            job_free(job);
    }
    json_decref(dispatch->pump.live);
    json_decref(dispatch->pump.ids);
    free_event(dispatch->sweep);
    free_event(dispatch->retry);
    free(dispatch);
}

/* --- for the operations page ------------------------------------------------------------------ */

json_t *td_dispatch_status(const struct td_dispatch *dispatch)
{
    return json_pack("{s:b, s:I, s:I, s:I, s:I}", "available",
                     td_redis_available(dispatch->options.commands), "in_flight",
                     (json_int_t)dispatch->in_flight, "done", (json_int_t)dispatch->done, "failed",
                     (json_int_t)dispatch->failed, "given_up", (json_int_t)dispatch->given_up);
}
