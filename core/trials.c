/* trials.c - see trials.h. A run is a chain of steps that hop between store threads, workers and
 * the loop:
 *
 *     plan -> golden cases -> begin -> batches (read -> score -> store), many at a time -> summary
 * -> end
 *
 * A store thread hands a finished step back through the lane; everything else is only touched on
 * the loop. */
#include "trials.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "lane.h"
#include "redis/live.h"
#include "review/row.h"
#include "review/trial.h"
#include "review/trial_run.h"
#include "review/trial_summary.h"
#include "scoring/pool.h"
#include "scoring/protocol.h"
#include "store/store.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum {
    BATCH = 128,
    BATCH_BYTES = 2 << 20, /* of a frame; the largest may have 8 MiB */
    SWEEP_MS = 5000,
    RETRY_MS = 200,
    ATTEMPTS = 6, /* of a batch whose worker is lost without a word */
    PROGRESS_MS = 250,
    PER_WORKER = 2,
    ARENA_MAX = 4 << 20
};

struct batch {
    struct td_step step; /* first */
    struct td_trials *trials;
    TAILQ_ENTRY(batch) entry;
    char after[TD_ID_TEXT], last[TD_ID_TEXT];
    struct td_strbuf frame;
    json_t *dossiers, *results;
    int attempts; /* that failed; six are enough */
    int waits;    /* in a row, for whatever reason */
    int64_t done;
    bool over;
    struct event *retry;
};
TAILQ_HEAD(batches, batch);

struct td_trials {
    struct td_step step; /* first: of the run as a whole */
    struct td_lane lane;
    struct td_trials_options options;
    struct event *sweep;
    json_t *plan; /* of the run; NULL = none */
    json_t *golden, *summary, *refusal;
    const char *end_state; /* what the run ends as; NULL = it goes on */
    struct batches batches;
    int in_flight;
    bool busy;      /* the run's own step is under way */
    bool reading;   /* one batch is being read: the next begins where it ends */
    bool exhausted; /* all were read */
    bool over;      /* it does not run any more: somebody cancelled or replaced it */
    bool more;      /* there may be another trial, or rows to sweep */
    char after[TD_ID_TEXT];
    int64_t total, done, told_ms, began_ms;
    int attempts; /* at the golden cases, in a row */
};

static void take_up(struct td_trials *trials);
static void fill(struct td_trials *trials);

static const char *trial_id(const struct td_trials *trials)
{
    return td_row_text(trials->plan, "id");
}

static void set_timer(struct event *timer, int ms)
{
    struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    event_add(timer, &wait);
}

static void tell(struct td_trials *trials)
{
    int64_t now = td_clock_mono_ms();
    if (now - trials->told_ms < PROGRESS_MS)
        return;
    trials->told_ms = now;
    json_t *message = json_pack(
        "{s:o, s:s, s:I, s:I}", "topic", json_sprintf("trial/%s", trial_id(trials)), "event",
        "progress", "done", (json_int_t)trials->done, "total", (json_int_t)trials->total);
    if (message && trials->options.live)
        td_live_publish(trials->options.live, message);
    json_decref(message);
}

/* --- the end of a run ------------------------------------------------------------------------- */

static void forget_run(struct td_trials *trials)
{
    json_decref(trials->plan);
    json_decref(trials->golden);
    json_decref(trials->summary);
    json_decref(trials->refusal);
    trials->plan = trials->golden = trials->summary = trials->refusal = NULL;
    trials->end_state = NULL;
    trials->over = trials->exhausted = false;
}

static void run_ended(struct td_step *step)
{
    struct td_trials *trials = (struct td_trials *)step;
    trials->busy = false;
    if (step->result < 0)
        TD_LOG(TD_LOG_ERROR, "trial.end_failed", TD_S("trial", trial_id(trials)),
               TD_S("because", step->failure));
    else
        TD_LOG(TD_LOG_INFO, "trial.ended", TD_S("trial", trial_id(trials)),
               TD_S("state", trials->end_state ? trials->end_state : "over"),
               TD_I("dossiers", trials->done), TD_I("ms", td_clock_mono_ms() - trials->began_ms));
    bool again = step->result == 0;
    forget_run(trials);
    if (again)
        take_up(trials); /* the next one */
}

static int end_write(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct td_trials *trials = arg;
    struct td_review review = {
        .tx = tx, .arena = td_arena_new(ARENA_MAX), .config = trials->options.config};
    if (!review.arena)
        return TD_ENOMEM;
    td_review_now(&review);
    int rc = td_trial_end(&review, trial_id(trials), trials->end_state, trials->summary,
                          trials->refusal);
    if (rc < 0)
        td_error_set(reterr, rc, "ending a trial failed: %s", td_tx_failure(tx));
    td_arena_free(review.arena);
    return rc;
}

static int summary_read(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct td_trials *trials = arg;
    int rc = td_trial_summarise(tx, trial_id(trials), &trials->summary);
    return rc < 0 ? td_error_set(reterr, rc, "the summary failed: %s", td_tx_failure(tx)) : 0;
}

static void write_end(struct td_trials *trials)
{
    trials->busy = true;
    td_lane_go(&trials->step, true, end_write, run_ended);
}

/* The trial's own fault is a refusal, ours a failure; both stop the run. The first reason counts.
 */
static void stop_as(struct td_trials *trials, const char *state, json_t *refusal)
{
    if (trials->end_state) {
        json_decref(refusal);
        return;
    }
    trials->end_state = state;
    trials->refusal = refusal;
}

static void fail_run(struct td_trials *trials, const char *why)
{
    stop_as(trials, "failed", json_pack("{s:s, s:s}", "reason", "failed", "message", why));
}

static void summarised(struct td_step *step)
{
    struct td_trials *trials = (struct td_trials *)step;
    trials->busy = false;
    if (step->result < 0)
        fail_run(trials, step->failure);
    else
        trials->end_state = "done";
    write_end(trials);
}

/* Once nothing is under way any more. */
static void finish(struct td_trials *trials)
{
    if (trials->busy || trials->reading || trials->in_flight > 0)
        return;
    if (trials->over) {
        trials->end_state = NULL;
        trials->step.result = 0;
        run_ended(&trials->step);
    } else if (trials->end_state) {
        write_end(trials);
    } else if (trials->exhausted) {
        trials->busy = true;
        td_lane_go(&trials->step, false, summary_read, summarised);
    }
}

/* "kind" of the first finding says what it is refused for. */
static void refuse(struct td_trials *trials, json_t *findings)
{
    const char *kind = td_row_text(json_array_get(findings, 0), "kind");
    stop_as(trials, "refused", json_pack("{s:s, s:O}", "reason", kind, "findings", findings));
}

/* What a worker could not survive, as a finding. */
static json_t *finding_of(const struct td_error *error)
{
    const json_t *known = error->parameters;
    return json_pack("[{s:s, s:s, s:s, s:s, s:I, s:s}]", "kind",
                     td_row_bool(known, "killed") ? "limit" : "script", "dossier",
                     td_row_text(known, "item"), "message", td_row_text(known, "message"), "file",
                     td_row_text(known, "file"), "line", (json_int_t)td_row_int(known, "line"),
                     "rule", td_row_text(known, "rule"));
}

static bool blames_script(int result, const struct td_error *error)
{
    return result == TD_ESCRIPT && *td_row_text(error->parameters, "file");
}

/* --- batches ---------------------------------------------------------------------------------- */

static void free_batch(struct batch *batch)
{
    TAILQ_REMOVE(&batch->trials->batches, batch, entry);
    td_strbuf_done(&batch->frame);
    json_decref(batch->dossiers);
    json_decref(batch->results);
    if (batch->retry)
        event_free(batch->retry);
    free(batch);
}

static void batch_ends(struct batch *batch)
{
    struct td_trials *trials = batch->trials;
    trials->in_flight--;
    free_batch(batch);
    fill(trials);
}

static void batch_again(struct batch *batch);

static void stored(struct td_step *step)
{
    struct batch *batch = (struct batch *)step;
    struct td_trials *trials = batch->trials;
    trials->over |= batch->over;
    if (step->result < 0) {
        batch_again(batch);
        return;
    }
    if (batch->done > trials->done)
        trials->done = batch->done;
    tell(trials);
    batch_ends(batch);
}

static int batch_write(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct batch *batch = arg;
    int rc = td_trial_store(tx, batch->trials->plan, batch->dossiers, batch->results, &batch->done,
                            &batch->over);
    return rc < 0 ? td_error_set(reterr, rc, "storing a batch failed: %s", td_tx_failure(tx)) : 0;
}

static void on_scored(void *arg, int result, json_t *answer, struct td_error *error)
{
    struct batch *batch = arg;
    struct td_trials *trials = batch->trials;
    if (trials->lane.closing)
        return;
    json_t *findings = json_object_get(answer, "findings");
    if (blames_script(result, error)) {
        json_t *finding = finding_of(error);
        refuse(trials, finding);
        json_decref(finding);
        batch_ends(batch);
    } else if (result < 0) {
        snprintf(batch->step.failure, sizeof(batch->step.failure), "%s", error->detail);
        batch->step.result = result;
        batch_again(batch);
    } else if (json_array_size(findings) > 0) {
        refuse(trials, findings);
        batch_ends(batch);
    } else {
        json_decref(batch->results);
        batch->results = json_incref(json_object_get(answer, "results"));
        td_lane_go(&batch->step, true, batch_write, stored);
    }
}

static void send_batch(struct batch *batch)
{
    struct td_pool *pool = batch->trials->options.pool;
    size_t length = 0;
    td_strbuf_adds(&batch->frame, "]}");
    unsigned char *frame = (unsigned char *)td_strbuf_take(&batch->frame, &length);
    size_t body = length - TD_PROTOCOL_HEADER;
    if (!frame || body > TD_PROTOCOL_FRAME_MAX) {
        free(frame);
        fail_run(batch->trials, "a batch is too large");
        batch_ends(batch);
        return;
    }
    td_protocol_header(frame, body);
    td_pool_submit_background(pool, frame, length, on_scored, batch);
}

static int batch_read(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    static const char room[TD_PROTOCOL_HEADER];
    struct batch *batch = arg;
    const struct td_trials *trials = batch->trials;
    td_strbuf_done(&batch->frame);
    td_strbuf_add(&batch->frame, room, sizeof(room)); /* for the header, send_batch */
    td_strbuf_adds(&batch->frame, td_row_text(trials->plan, "head"));
    json_decref(batch->dossiers);
    batch->dossiers = NULL;
    const struct td_trial_range range = {batch->after, batch->last, trials->options.batch,
                                         BATCH_BYTES};
    int rc = td_trial_read(tx, trials->plan, &range, &batch->frame, &batch->dossiers);
    return rc < 0 ? td_error_set(reterr, rc, "reading a batch failed: %s", td_tx_failure(tx)) : 0;
}

static void read_again(struct td_step *step)
{
    struct batch *batch = (struct batch *)step;
    if (step->result < 0)
        batch_again(batch);
    else
        send_batch(batch);
}

/* Ever more rarely, up to RETRY_MS << 5: whoever is busy gets no more of it. */
static void later(struct batch *batch)
{
    int times = batch->waits < 5 ? batch->waits++ : batch->waits;
    set_timer(batch->retry, RETRY_MS << times);
}

static void first_read(struct td_step *step);

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct batch *batch = arg;
    struct td_trials *trials = batch->trials;
    bool first = !*batch->last;
    if (!trials->over && !trials->end_state) {
        td_lane_go(&batch->step, false, batch_read, first ? first_read : read_again);
        return;
    }
    if (first) {
        trials->reading = false;
        trials->in_flight++;
    }
    batch_ends(batch);
}

/* Its last step failed; a pool or store that is busy is nobody's failure. */
static void batch_again(struct batch *batch)
{
    struct td_trials *trials = batch->trials;
    bool busy = batch->step.result == TD_EBUSY;
    if (!busy || !batch->waits)
        TD_LOG(TD_LOG_WARNING, "trial.batch_failed", TD_S("trial", trial_id(trials)),
               TD_I("attempt", batch->attempts), TD_S("because", batch->step.failure));
    if (!busy && ++batch->attempts >= ATTEMPTS) {
        fail_run(trials, batch->step.failure);
        batch_ends(batch);
        return;
    }
    later(batch);
}

static void first_read(struct td_step *step)
{
    struct batch *batch = (struct batch *)step;
    struct td_trials *trials = batch->trials;
    size_t count = json_array_size(batch->dossiers);
    if (step->result == TD_EBUSY) { /* nobody's failure: the next batch still waits for this one */
        later(batch);
        return;
    }
    batch->waits = 0;
    trials->reading = false;
    trials->in_flight++;
    if (step->result < 0) {
        fail_run(trials, step->failure);
    } else if (count == 0) {
        trials->exhausted = true;
    } else {
        const json_t *last = json_array_get(batch->dossiers, count - 1);
        snprintf(trials->after, sizeof(trials->after), "%s", td_row_text(last, "id"));
        snprintf(batch->last, sizeof(batch->last), "%s", trials->after);
        send_batch(batch);
        fill(trials);
        return;
    }
    batch_ends(batch);
}

static bool has_room(const struct td_trials *trials)
{
    int workers = td_pool_stats(trials->options.pool).workers;
    return trials->in_flight < PER_WORKER * (workers > 0 ? workers : 1);
}

/* Reads the next batch when there is room for it, and ends the run when there is nothing more. */
static void fill(struct td_trials *trials)
{
    if (!trials->plan || trials->busy)
        return;
    if (trials->over || trials->end_state || trials->exhausted) {
        finish(trials);
        return;
    }
    struct batch *batch = trials->reading || !has_room(trials) ? NULL : calloc(1, sizeof(*batch));
    if (!batch)
        return; /* the next batch that ends comes here again */
    batch->trials = trials;
    batch->step.lane = &trials->lane;
    td_strbuf_init(&batch->frame);
    batch->retry = evtimer_new(trials->options.base, on_retry, batch);
    if (!batch->retry)
        abort();
    memcpy(batch->after, trials->after, sizeof(batch->after));
    TAILQ_INSERT_TAIL(&trials->batches, batch, entry);
    trials->reading = true;
    td_lane_go(&batch->step, false, batch_read, first_read);
}

/* --- the beginning of a run ------------------------------------------------------------------- */

static int begin_write(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct td_trials *trials = arg;
    int rc = td_trial_begin(tx, trials->plan, trials->golden, &trials->total, &trials->over);
    return rc < 0 ? td_error_set(reterr, rc, "beginning failed: %s", td_tx_failure(tx)) : 0;
}

static void begun(struct td_step *step)
{
    struct td_trials *trials = (struct td_trials *)step;
    trials->busy = false;
    if (step->result < 0)
        fail_run(trials, step->failure);
    trials->exhausted = trials->total == 0;
    fill(trials);
}

/* No worker was free, or the one that had it was lost. */
static bool is_passing(int result, const struct td_error *error)
{
    return result == TD_EBUSY || result == TD_ETIMEOUT ||
           (result == TD_EPLUGIN && !*td_row_text(error->parameters, "file"));
}

static void on_golden(void *arg, int result, json_t *answer, struct td_error *error)
{
    struct td_trials *trials = arg;
    if (trials->lane.closing)
        return;
    json_t *findings = json_object_get(answer, "findings");
    if (is_passing(result, error) && ++trials->attempts < ATTEMPTS) {
        forget_run(trials); /* the sweep takes it up again */
        trials->busy = false;
        return;
    }
    trials->attempts = 0;
    trials->golden = td_trial_golden(
        answer, json_object_get(json_object_get(trials->plan, "golden_job"), "cases"));
    if (blames_script(result, error)) {
        json_t *finding = finding_of(error);
        refuse(trials, finding);
        json_decref(finding);
    } else if (result < 0) {
        fail_run(trials, error->detail);
    } else if (json_array_size(findings) > 0) {
        refuse(trials, findings);
    }
    td_lane_go(&trials->step, true, begin_write, begun);
}

static int plan_read(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct td_trials *trials = arg;
    int rc = td_trial_plan(tx, trials->options.config, &trials->plan, reterr);
    return rc == TD_ENOTFOUND ? td_trial_left(tx, &trials->more) : rc;
}

static int sweep_write(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct td_trials *trials = arg;
    (void)reterr;
    return td_trial_sweep(tx, &trials->more);
}

static void swept(struct td_step *step)
{
    struct td_trials *trials = (struct td_trials *)step;
    trials->busy = false;
    if (step->result == 0 && trials->more)
        take_up(trials);
}

static void planned(struct td_step *step)
{
    struct td_trials *trials = (struct td_trials *)step;
    if (!trials->plan) {
        if (step->result < 0)
            TD_LOG(TD_LOG_WARNING, "trial.plan_failed", TD_S("because", step->failure));
        if (trials->more)
            td_lane_go(&trials->step, true, sweep_write, swept);
        else
            trials->busy = false;
        return;
    }
    trials->began_ms = td_clock_mono_ms();
    trials->after[0] = 0;
    trials->total = trials->done = 0;
    if (step->result < 0) {
        fail_run(trials, step->failure);
        trials->busy = false;
        write_end(trials);
        return;
    }
    TD_LOG(TD_LOG_INFO, "trial.begun", TD_S("trial", trial_id(trials)));
    td_pool_submit(trials->options.pool, json_object_get(trials->plan, "golden_job"), on_golden,
                   trials);
}

static void take_up(struct td_trials *trials)
{
    if (trials->busy || trials->plan || trials->lane.closing)
        return;
    trials->busy = true;
    trials->more = false;
    td_lane_go(&trials->step, false, plan_read, planned);
}

void td_trials_wake(void *arg)
{
    struct td_trials *trials = arg;
    take_up(trials);
}

/* --- life ------------------------------------------------------------------------------------- */

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    take_up(arg);
}

int td_trials_new(const struct td_trials_options *options, struct td_trials **ret_trials,
                  struct td_error *reterr)
{
    struct td_trials *trials = calloc(1, sizeof(*trials));
    if (!trials)
        return td_error_set(reterr, TD_ENOMEM, "no memory for trials");
    trials->options = *options;
    trials->lane.store = options->store;
    trials->step.lane = &trials->lane;
    TAILQ_INIT(&trials->batches);
    if (!trials->options.batch)
        trials->options.batch = BATCH;
    int ms = trials->options.sweep_ms ? trials->options.sweep_ms : SWEEP_MS;
    struct timeval period = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    trials->lane.mailbox = td_mailbox_new(options->base);
    trials->sweep = event_new(options->base, -1, EV_PERSIST, on_sweep, trials);
    if (!trials->lane.mailbox || !trials->sweep || event_add(trials->sweep, &period) < 0) {
        td_trials_free(trials);
        return td_error_set(reterr, TD_ENOMEM, "no memory for trials");
    }
    *ret_trials = trials;
    return 0;
}

void td_trials_free(struct td_trials *trials)
{
    if (!trials)
        return;
    trials->lane.closing = true;
    td_mailbox_free(trials->lane.mailbox);
    struct batch *batch;
    while ((batch = TAILQ_FIRST(&trials->batches)))
        free_batch(batch); /* NOLINT: the analyzer misses that it leaves the list */
    forget_run(trials);
    if (trials->sweep)
        event_free(trials->sweep);
    free(trials);
}
