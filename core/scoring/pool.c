/* pool.c - see pool.h. Generations and their workers; jobs.c has the jobs, process.c knows the
 * processes.
 *
 * A generation starts with one worker, which finds out which plugins can be loaded; the others
 * follow with the same list of files to leave out. All of this is on the loop; what would hold it
 * up is starter.c's. */
#include "scoring/pool.h"

#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "scoring/found.h"
#include "scoring/jobs.h"
#include "scoring/process.h"
#include "scoring/starter.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#define SKIP_MAX       64
#define DELAY_FIRST_MS 20
#define DELAY_MAX_MS   2000
#define START_TRIES    3 /* in a row, before a generation counts as failed */

static const char no_worker[] = "no scorer worker can be started";

enum worker_state { STARTING, IDLE, BUSY, ENDING };

struct generation;

struct worker {
    TAILQ_ENTRY(worker) entry;
    struct generation *generation;
    struct td_process *process;
    enum worker_state state;
    struct td_job *job;
    char loading[256]; /* the plugin file whose code runs while STARTING */
};
TAILQ_HEAD(workers, worker);

struct waiter {
    TAILQ_ENTRY(waiter) entry;
    void (*ready)(void *arg, int result);
    void *arg;
};
TAILQ_HEAD(waiters, waiter);

struct generation {
    TAILQ_ENTRY(generation) entry;
    struct td_pool *pool;
    int number;
    bool ready;
    bool leaving; /* finishes its jobs and goes */
    struct workers workers;
    struct waiters waiters;
    struct event *respawn;
    int deaths; /* in a row, without a job or a start in between that went well */
    json_t *catalog;
    json_t *refused;      /* by the workers */
    json_t *crashed;      /* left out by the pool: same shape */
    char suspect[256];    /* a file whose loading was cut short once from outside */
    struct td_look *look; /* under way */
    bool only_if_changed;
    json_t *found; /* by td_shelf_look; NULL without a shelf */
};
TAILQ_HEAD(generations, generation);

struct td_pool {
    struct td_pool_options options;
    json_t *used;
    struct td_starter *starter;
    bool ending;
    struct generations generations;
    struct generation *current; /* takes jobs */
    struct generation *next;    /* is starting */
    struct td_jobs *jobs;
    int64_t served, lost;
    int last_number;
};

static void dispatch(struct td_pool *pool);
static void spawn_missing(struct generation *generation);

/* --- jobs ------------------------------------------------------------------------------------- */

/* Why no job is taken; NULL when one is. */
static const char *closed(const struct td_pool *pool)
{
    if (pool->ending)
        return "the server is ending";
    return pool->current || pool->next ? NULL : no_worker;
}

void td_pool_submit(struct td_pool *pool, const json_t *message, td_pool_done_fn done, void *arg)
{
    const char *why = closed(pool);
    if (why) {
        td_jobs_refuse(pool->jobs, TD_EBUSY, why, done, arg);
        return;
    }
    td_jobs_add(pool->jobs, message, done, arg);
    dispatch(pool);
}

void td_pool_submit_background(struct td_pool *pool, unsigned char *frame, size_t length,
                               td_pool_done_fn done, void *arg)
{
    const char *why = closed(pool);
    if (why) {
        free(frame);
        td_jobs_refuse(pool->jobs, TD_EBUSY, why, done, arg);
        return;
    }
    td_jobs_add_background(pool->jobs, frame, length, done, arg);
    dispatch(pool);
}

static void give(struct worker *worker, struct td_job *job)
{
    worker->job = job;
    worker->state = BUSY;
    td_process_deadline(worker->process, worker->generation->pool->options.deadline_ms);
    td_process_send(worker->process, job->frame, job->length);
    job->frame = NULL;
}

static void dispatch(struct td_pool *pool)
{
    struct worker *worker;
    if (!pool->current)
        return;
    TAILQ_FOREACH(worker, &pool->current->workers, entry)
    {
        if (worker->state != IDLE || !td_process_alive(worker->process))
            continue;
        struct td_job *job = td_jobs_next(pool->jobs);
        if (!job)
            return;
        give(worker, job);
    }
}

/* --- generations ------------------------------------------------------------------------------ */

static void call_waiters(struct generation *generation, int result)
{
    struct waiter *waiter;
    while ((waiter = TAILQ_FIRST(&generation->waiters))) {
        TAILQ_REMOVE(&generation->waiters, waiter, entry);
        waiter->ready(waiter->arg, result);
        free(waiter);
    }
}

static void free_worker(struct worker *worker)
{
    td_process_free(worker->process);
    free(worker);
}

static void free_generation(struct generation *generation)
{
    struct td_pool *pool = generation->pool;
    struct worker *worker;
    struct waiter *waiter;
    while ((worker = TAILQ_FIRST(&generation->workers))) {
        TAILQ_REMOVE(&generation->workers, worker, entry);
        if (worker->job)
            td_job_failed(worker->job, TD_EBUSY, "the server is ending");
        free_worker(worker);
    }
    while ((waiter = TAILQ_FIRST(&generation->waiters))) {
        TAILQ_REMOVE(&generation->waiters, waiter, entry);
        free(waiter);
    }
    TAILQ_REMOVE(&pool->generations, generation, entry);
    if (pool->current == generation)
        pool->current = NULL;
    if (pool->next == generation)
        pool->next = NULL;
    if (generation->respawn)
        event_free(generation->respawn);
    json_decref(generation->catalog);
    json_decref(generation->refused);
    json_decref(generation->crashed);
    json_decref(generation->found);
    td_look_forget(generation->look);
    free(generation);
}

/* Idle workers go at once, busy ones after their job; the last one to go frees the generation. */
static void retire(struct generation *generation)
{
    struct worker *worker;
    generation->leaving = true;
    event_del(generation->respawn);
    TAILQ_FOREACH(worker, &generation->workers, entry)
    {
        if (worker->state == BUSY)
            continue;
        worker->state = ENDING;
        td_process_kill(worker->process);
    }
    if (TAILQ_EMPTY(&generation->workers))
        free_generation(generation);
}

static void on_respawn(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    spawn_missing(arg);
}

static struct generation *new_generation(struct td_pool *pool)
{
    struct generation *generation = td_memory_record(sizeof(*generation));
    generation->pool = pool;
    generation->number = ++pool->last_number;
    generation->crashed = json_array();
    TAILQ_INIT(&generation->workers);
    TAILQ_INIT(&generation->waiters);
    TAILQ_INSERT_TAIL(&pool->generations, generation, entry);
    generation->respawn = evtimer_new(pool->options.base, on_respawn, generation);
    if (!generation->respawn)
        abort();
    return generation;
}

static void give_up(struct generation *generation, const char *reason)
{
    struct td_pool *pool = generation->pool;
    TD_LOG(TD_LOG_ERROR, "scorer.generation_failed", TD_I("generation", generation->number),
           TD_S("reason", reason));
    if (generation == pool->next) {
        pool->next = NULL;
        call_waiters(generation, TD_EPLUGIN);
        retire(generation);
        if (pool->current)
            return;
    }
    td_jobs_fail(pool->jobs, no_worker);
}

static void log_refused(const json_t *refused)
{
    size_t i;
    json_t *entry;
    json_array_foreach((json_t *)refused, i, entry)
        TD_LOG(TD_LOG_WARNING, "scorer.plugin_refused",
               TD_S("file", json_string_value(json_object_get(entry, "file"))),
               TD_S("reason", json_string_value(json_object_get(entry, "message"))));
}

/* The shelf remembers what was present, for a start after the plugin folder lost it. */
static void remember_present(const struct generation *generation)
{
    if (!generation->found)
        return;
    json_t *files = json_array(), *descriptor;
    const char *id;
    json_object_foreach(generation->catalog, id, descriptor)
        json_array_append_new(
            files, json_sprintf("%s@%s.so", id, td_json_text(descriptor, "plugin_hash")));
    td_starter_served(generation->pool->starter, files);
}

static void serve(struct generation *generation)
{
    struct td_pool *pool = generation->pool;
    struct generation *old = pool->current;
    generation->ready = true;
    if (pool->next == generation)
        pool->next = NULL;
    pool->current = generation;
    TD_LOG(TD_LOG_INFO, "scorer.ready", TD_I("generation", generation->number),
           TD_I("series", json_object_size(generation->catalog)),
           TD_I("refused", json_array_size(json_object_get(generation->found, "refused")) +
                               json_array_size(generation->refused) +
                               json_array_size(generation->crashed)));
    log_refused(json_object_get(generation->found, "refused"));
    log_refused(generation->refused);
    remember_present(generation);
    if (old && old != generation)
        retire(old);
    spawn_missing(generation);
    call_waiters(generation, 0);
}

/* --- workers ---------------------------------------------------------------------------------- */

static void schedule_respawn(struct generation *generation)
{
    int ms = 0;
    if (generation->deaths > 0) {
        int doublings = generation->deaths > 8 ? 8 : generation->deaths;
        ms = DELAY_FIRST_MS << doublings;
    }
    ms = ms > DELAY_MAX_MS ? DELAY_MAX_MS : ms;
    struct timeval delay = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    event_add(generation->respawn, &delay);
}

static void on_ready(struct worker *worker, const json_t *message)
{
    struct generation *generation = worker->generation;
    json_t *catalog = json_object_get(message, "catalog"),
           *refused = json_object_get(message, "refused");
    td_found_mark_retired(generation->found, catalog);
    td_process_deadline(worker->process, 0);
    worker->state = IDLE;
    if (!generation->catalog) {
        generation->deaths = 0;
        generation->catalog = json_incref(catalog);
        generation->refused = json_incref(refused);
        serve(generation);
    } else if (!json_equal(generation->catalog, catalog)) {
        worker->state = ENDING;
        td_process_kill(worker->process);
        TD_LOG(TD_LOG_INFO, "scorer.plugins_changed", TD_I("generation", generation->number));
        if (generation == generation->pool->current && !generation->pool->next)
            td_pool_reload(generation->pool, NULL, NULL);
        return;
    }
    dispatch(generation->pool);
}

static void on_start_frame(struct worker *worker, const json_t *message)
{
    const char *loading = json_string_value(json_object_get(message, "loading"));
    const json_t *ready = json_object_get(message, "ready");
    if (loading) {
        snprintf(worker->loading, sizeof(worker->loading), "%s", loading);
    } else if (json_is_true(ready) && json_is_object(json_object_get(message, "catalog")) &&
               json_is_array(json_object_get(message, "refused"))) {
        on_ready(worker, message);
    } else {
        TD_LOG(TD_LOG_ERROR, "scorer.not_ready", TD_S("reason", td_json_text(message, "message")));
        worker->loading[0] = 0;
        td_process_kill(worker->process);
    }
}

static void on_answer(struct worker *worker, const json_t *answer)
{
    struct generation *generation = worker->generation;
    struct td_job *job = worker->job;
    bool ending = json_is_true(json_object_get(answer, "ending"));
    td_process_deadline(worker->process, ending ? generation->pool->options.deadline_ms : 0);
    worker->job = NULL;
    worker->state = ending || generation->leaving ? ENDING : IDLE;
    if (!ending)
        generation->deaths = 0;
    if (generation->leaving)
        td_process_kill(worker->process);
    generation->pool->served++;
    dispatch(generation->pool);
    td_job_answered(job, (json_t *)answer);
}

static void on_frame(void *arg, const json_t *message)
{
    struct worker *worker = arg;
    if (worker->state == STARTING)
        on_start_frame(worker, message);
    else if (worker->state == BUSY)
        on_answer(worker, message);
    else
        td_process_kill(worker->process);
}

/* By the system, short of memory, or by a person: not the plugin's fault, unless it happens again.
 */
static bool is_killed_by_others(const struct td_process_end *end)
{
    return !end->asked && !strcmp(end->reason, "ended by signal 9");
}

/* Died while a plugin was loading: the others do without that plugin. True when that was it. */
static bool leave_out(struct worker *worker, const struct td_process_end *end)
{
    struct generation *generation = worker->generation;
    char message[256];
    if (worker->state != STARTING || !worker->loading[0] ||
        json_array_size(generation->crashed) >= SKIP_MAX)
        return false;
    if (is_killed_by_others(end) && strcmp(generation->suspect, worker->loading) != 0) {
        snprintf(generation->suspect, sizeof(generation->suspect), "%s", worker->loading);
        return false;
    }
    snprintf(message, sizeof(message), "the worker that loaded it %s", end->reason);
    TD_LOG(TD_LOG_ERROR, "scorer.plugin_crashed", TD_S("file", worker->loading),
           TD_S("reason", end->reason));
    json_array_append_new(generation->crashed,
                          json_pack("{s:s, s:s}", "file", worker->loading, "message", message));
    return true;
}

static void on_ended(void *arg, const struct td_process_end *process_end)
{
    struct worker *worker = arg;
    struct generation *generation = worker->generation;
    struct td_job *job = worker->job;
    const struct td_process_end copy = *process_end,
                                *end = &copy; /* the original goes with the process */
    bool left_out = leave_out(worker, end), unready = worker->state == STARTING && !left_out;
    TAILQ_REMOVE(&generation->workers, worker, entry);
    free_worker(worker);
    if (!generation->leaving) {
        generation->pool->lost++;
        generation->deaths += left_out ? 0 : 1;
        TD_LOG(TD_LOG_WARNING, "scorer.worker_lost", TD_S("reason", end->reason),
               TD_I("in_a_row", generation->deaths));
        schedule_respawn(generation);
        if (unready && generation->deaths >= START_TRIES)
            give_up(generation, end->reason);
    } else if (TAILQ_EMPTY(&generation->workers)) {
        free_generation(generation);
    }
    if (job)
        td_job_died(job, end);
}

static void not_started(struct generation *generation)
{
    generation->deaths++;
    schedule_respawn(generation);
    if (generation->deaths >= START_TRIES)
        give_up(generation, "it cannot be executed");
}

static void on_started(void *arg, int result, const struct td_error *error)
{
    struct worker *worker = arg;
    struct generation *generation = worker->generation;
    if (result == 0 || generation->pool->ending)
        return;
    TD_LOG(TD_LOG_ERROR, "scorer.start_failed", TD_S("reason", error->detail));
    TAILQ_REMOVE(&generation->workers, worker, entry);
    free_worker(worker);
    if (!generation->leaving)
        not_started(generation);
    else if (TAILQ_EMPTY(&generation->workers))
        free_generation(generation);
}

static int start_worker(struct generation *generation)
{
    static const struct td_process_events events = {on_frame, on_ended};
    struct td_pool *pool = generation->pool;
    struct worker *worker = td_memory_record(sizeof(*worker));
    struct td_error error = TD_ERROR_INIT;
    worker->generation = generation;
    int result = td_process_new(pool->options.base, &events, worker, &worker->process, &error);
    if (result == 0)
        result = td_starter_exec(pool->starter, worker->process,
                                 json_object_get(generation->found, "files"), generation->crashed,
                                 on_started, worker);
    if (result < 0) {
        TD_LOG(TD_LOG_ERROR, "scorer.start_failed", TD_S("reason", error.detail));
        td_error_done(&error);
        free_worker(worker);
        return result;
    }
    td_process_deadline(worker->process, pool->options.start_ms);
    TAILQ_INSERT_TAIL(&generation->workers, worker, entry);
    return 0;
}

static void spawn_missing(struct generation *generation)
{
    int alive = 0, wanted = generation->ready ? generation->pool->options.workers : 1;
    struct worker *worker;
    if (generation->leaving)
        return;
    TAILQ_FOREACH(worker, &generation->workers, entry)
    alive++;
    for (; alive < wanted; alive++) {
        if (start_worker(generation) < 0) {
            not_started(generation);
            return;
        }
    }
}

/* --- the pool --------------------------------------------------------------------------------- */

static void on_looked(void *arg, int result, json_t *found, const struct td_error *error)
{
    struct generation *generation = arg;
    struct td_pool *pool = generation->pool;
    const struct generation *current = pool->current;
    generation->look = NULL;
    generation->found = json_incref(found);
    if (pool->ending)
        return;
    if (result < 0) {
        give_up(generation, error->detail);
    } else if (generation->only_if_changed && current &&
               td_found_same_folder(current->found, found)) {
        pool->next = NULL;
        call_waiters(generation, 0);
        retire(generation);
    } else {
        schedule_respawn(generation);
    }
}

/* With a shelf, a generation begins with a look at the plugin folder. Always on the loop, so that a
 * failure is told from there. */
static void begin_generation(struct generation *generation)
{
    struct td_pool *pool = generation->pool;
    generation->look = td_starter_look(pool->starter, pool->used, on_looked, generation);
    if (!generation->look)
        schedule_respawn(generation);
}

void td_pool_use(struct td_pool *pool, json_t *used)
{
    json_decref(pool->used);
    pool->used = used;
}

static void reload(struct td_pool *pool, bool only_if_changed, void (*ready)(void *arg, int result),
                   void *arg)
{
    struct generation *before = pool->next, *generation = new_generation(pool);
    generation->only_if_changed = only_if_changed && !before;
    if (ready) {
        struct waiter *waiter = td_memory_record(sizeof(*waiter));
        *waiter = (struct waiter){.ready = ready, .arg = arg};
        TAILQ_INSERT_TAIL(&generation->waiters, waiter, entry);
    }
    pool->next = generation;
    if (before) {
        TAILQ_CONCAT(&generation->waiters, &before->waiters, entry);
        retire(before);
    }
    begin_generation(generation);
}

void td_pool_reload(struct td_pool *pool, void (*ready)(void *arg, int result), void *arg)
{
    reload(pool, false, ready, arg);
}

void td_pool_look(struct td_pool *pool, void (*ready)(void *arg, int result), void *arg)
{
    reload(pool, true, ready, arg);
}

int td_pool_new(const struct td_pool_options *options, void (*ready)(void *arg, int result),
                void *arg, struct td_pool **ret_pool, struct td_error *reterr)
{
    struct td_pool *pool = calloc(1, sizeof(*pool));
    if (!pool)
        return td_error_set(reterr, TD_ENOMEM, "no memory for the scorer pool");
    pool->options = *options;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (pool->options.workers <= 0)
        pool->options.workers = cores > 0 ? (int)cores : 1;
    if (pool->options.queue_limit <= 0)
        pool->options.queue_limit = 10000;
    if (pool->options.job_ms <= 0)
        pool->options.job_ms = 500;
    if (pool->options.deadline_ms <= 0)
        pool->options.deadline_ms = 10 * pool->options.job_ms;
    if (pool->options.start_ms <= 0)
        pool->options.start_ms = 10000;
    TAILQ_INIT(&pool->generations);
    pool->used = json_deep_copy(options->used);
    pool->jobs = td_jobs_new(options->base, pool->options.queue_limit);
    int result = td_starter_new(&pool->options, &pool->starter, reterr);
    if (result == 0 && !pool->jobs)
        result = td_error_set(reterr, TD_ENOMEM, "no memory for the scorer pool");
    if (result < 0) {
        td_pool_free(pool);
        return result;
    }
    td_pool_reload(pool, ready, arg);
    *ret_pool = pool;
    return 0;
}

void td_pool_free(struct td_pool *pool)
{
    struct generation *generation;
    if (!pool)
        return;
    pool->ending = true;
    td_starter_free(pool->starter); /* the workers die with it, see sandbox/sandbox.h */
    while ((generation = TAILQ_FIRST(&pool->generations)))
        free_generation(generation); /* NOLINT: the analyzer misses that it leaves the list */
    td_jobs_free(pool->jobs);
    json_decref(pool->used);
    free(pool);
}

json_t *td_pool_catalog(struct td_pool *pool)
{
    return pool->current ? json_incref(pool->current->catalog) : json_object();
}

json_t *td_pool_refusals(struct td_pool *pool)
{
    const struct generation *generation = pool->current;
    json_t *all = json_array();
    if (generation) {
        td_found_add_refusals(generation->found, json_object_get(generation->found, "refused"),
                              all);
        td_found_add_refusals(generation->found, generation->refused, all);
        td_found_add_refusals(generation->found, generation->crashed, all);
    }
    return all;
}

struct td_pool_stats td_pool_stats(const struct td_pool *pool)
{
    struct td_pool_stats stats = {
        .waiting = td_jobs_waiting(pool->jobs), .served = pool->served, .lost = pool->lost};
    const struct worker *worker;
    if (!pool->current)
        return stats;
    stats.generation = pool->current->number;
    TAILQ_FOREACH(worker, &pool->current->workers, entry)
    {
        stats.workers += worker->state == IDLE || worker->state == BUSY;
        stats.busy += worker->state == BUSY;
    }
    return stats;
}
