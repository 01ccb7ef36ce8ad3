/* server.c - wiring: makes the parts in the order of their dependencies, connects them, takes them
 * down in reverse. No behaviour of its own but signals and the order of start and stop.
 *
 * Start: everything is opened, the scorer describes its plugins, then we listen. Stop (SIGTERM,
 * SIGINT): the listeners close, requests in flight end, then the loop does. A store that stopped
 * writing ends the process the same way, as a failure: only a new process knows again what is on
 * the disk, and starting one is its supervisor's work. */
#include "app.h"

#include "api/api.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/seal.h"
#include "dispatch.h"
#include "examining/examiners.h"
#include "http/cpu.h"
#include "http/frame.h"
#include "http/mailbox.h"
#include "http/spool.h"
#include "http/stall.h"
#include "http/static.h"
#include "http/tls.h"
#include "keeper.h"
#include "outgoing/outgoing.h"
#include "redis/client.h"
#include "redis/live.h"
#include "redis/lockout.h"
#include "redis/queue.h"
#include "redis/session.h"
#include "redis/throttle.h"
#include "review/calendar.h"
#include "review/installation.h"
#include "review/plugin.h"
#include "review/payment.h"
#include "review/policy.h"
#include "scoring/pool.h"
#include "store/store.h"
#include "store/witness.h"
#include "ticker.h"
#include "trials.h"

#include <event2/event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    STOP_SECONDS = 10,
    WATCH_SECONDS = 1,
    CPU_QUEUE = 256,
    SIGNALS = 3,
    OTHER_DESCRIPTORS = 256
};

struct td_server {
    const struct td_config *config;
    struct event_base *base;
    struct td_seal_key *seal;
    struct td_calendar *calendar;
    struct td_views *views;
    struct td_static *assets;
    struct td_store *store;
    struct td_witness *witness;
    struct td_redis *redis;
    struct td_sessions *sessions;
    struct td_queue *queue;
    struct td_live *live;
    struct td_mailbox *mailbox;
    struct td_cpu *cpu;
    struct td_spool *spool;
    struct td_stall *stall;
    struct td_pool *pool;
    struct td_examiners *examiners;
    struct td_frame *frame;
    struct td_dispatch *dispatch;
    struct td_trials *trials;
    struct td_outgoing *outgoing;
    struct td_ticker *ticker;
    struct td_keeper *keeper;
    struct td_tls *tls; /* NULL = plain */
    struct td_http_server *http;
    struct event *signals[SIGNALS];
    struct event *deadline; /* of an orderly stop */
    struct event *watch;    /* over the store */
    bool listening, stopping;
    int result; /* of listening, then of running */
    struct td_error error;
};

/* --- stopping ---------------------------------------------------------------------- */

static void on_stopped(void *arg)
{
    struct td_server *server = arg;
    event_base_loopexit(server->base, NULL);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct td_server *server = arg;
    TD_LOG(TD_LOG_WARNING, "server.stop_deadline", TD_I("open", td_frame_open(server->frame)));
    event_base_loopexit(server->base, NULL);
}

static void stop(struct td_server *server)
{
    if (server->stopping)
        return;
    server->stopping = true;
    TD_LOG(TD_LOG_INFO, "server.stopping", TD_I("open", td_frame_open(server->frame)));
    evtimer_add(server->deadline, &(struct timeval){.tv_sec = STOP_SECONDS});
    td_http_server_stop(server->http);
}

static void on_watch(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct td_server *server = arg;
    if (server->stopping || !td_store_stopped(server->store))
        return;
    server->result = td_error_set(&server->error, TD_EIO,
                                  "the store stopped writing after a failed write or fsync");
    TD_LOG(TD_LOG_ERROR, "server.store_stopped", TD_S("reason", server->error.detail));
    stop(server);
}

/* One that is not good leaves the former one in use, and the operator a line that says why. */
static void reload_certificate(struct td_server *server)
{
    struct td_error err = TD_ERROR_INIT;
    if (td_tls_reload(server->tls, &err) < 0)
        TD_LOG(TD_LOG_ERROR, "tls.refused", TD_S("reason", err.detail));
    td_error_done(&err);
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
    (void)what;
    struct td_server *server = arg;
    if (number != SIGHUP) {
        stop(server);
        return;
    }
    td_keeper_reload(server->keeper);
    if (server->tls)
        reload_certificate(server);
}

/* --- listening --------------------------------------------------------------------- */

static int listen_all(struct td_server *server, struct td_error *reterr)
{
    const struct td_config *config = server->config;
    int port, plain = 0;
    int r = td_http_server_listen(server->http, config->listen_address, (int)config->listen_port,
                                  &port, reterr);
    if (r == 0 && config->redirect_port >= 0)
        r = td_http_server_listen_redirect(server->http, config->listen_address,
                                           (int)config->redirect_port, config->public_url, &plain,
                                           reterr);
    if (r == 0 && *config->control_socket)
        r = td_http_server_listen_control(server->http, config->control_socket, reterr);
    if (r == 0)
        TD_LOG(TD_LOG_INFO, "server.listening", TD_S("address", config->listen_address),
               TD_I("port", port), TD_I("tls", server->tls != NULL), TD_I("redirect_port", plain),
               TD_S("control", config->control_socket), TD_I("demo", config->demo),
               TD_I("pid", getpid()));
    return r;
}

/* The scorer's first generation is there, or could not start: the server serves all the same. */
static void on_pool_ready(void *arg, int result)
{
    struct td_server *server = arg;
    if (result < 0)
        TD_LOG(TD_LOG_ERROR, "scorer.absent", TD_S("code", td_error_name(result)));
    else if (!server->stopping)
        td_keeper_started(server->keeper);
    if (server->listening || server->stopping)
        return;
    server->listening = true;
    server->result = listen_all(server, &server->error);
    if (server->result < 0)
        event_base_loopexit(server->base, NULL);
    else
        td_ticker_run(server->ticker, NULL, NULL);
}

static void on_moved(void *arg, void (*done)(void *done_arg), void *done_arg)
{
    struct td_server *server = arg;
    td_ticker_run(server->ticker, done, done_arg);
}

/* --- opening, in the order of dependencies ----------------------------------------- */

static int need(const void *part, struct td_error *reterr, const char *what)
{
    return part ? 0 : td_error_set(reterr, TD_ENOMEM, "cannot make the %s", what);
}

static int open_files(struct td_server *server, struct td_error *reterr)
{
    const struct td_config *config = server->config;
    char assets[4096];
    snprintf(assets, sizeof(assets), "%s/assets", config->web_folder);
    struct td_store_options options = {.folder = config->state_folder,
                                       .readers = (int)config->readers};
    int r = td_calendar_load(config->calendar_file, &server->calendar, reterr);
    if (r == 0)
        r = td_payment_configure(config->payment_key_file, reterr);
    if (r == 0)
        r = td_views_load(config->web_folder, &server->views, reterr);
    if (r == 0)
        r = td_static_load(assets, &server->assets, reterr);
    if (r == 0)
        r = td_store_open(&options, &server->store, reterr);
    if (r == 0) /* after the store, which makes the state folder */
        r = td_seal_load(config->key_file, &server->seal, reterr);
    if (r == 0)
        r = td_installation_check(server->store, server->seal, config->key_file, reterr);
    return r;
}

static int open_ledger(struct td_server *server, struct td_error *reterr)
{
    const struct td_config *config = server->config;
    struct td_witness_options options = {.key_file = config->ledger_key_file,
                                         .file = config->checkpoint_file,
                                         .beside = config->key_file,
                                         .origin = config->ledger_origin};
    return td_witness_open(server->store, &options, &server->witness, reterr);
}

static struct td_redis_options redis_options(const struct td_server *server, const char *name)
{
    const struct td_config *config = server->config;
    return (struct td_redis_options){.base = server->base,
                                     .socket = config->redis_socket,
                                     .user = config->redis_user,
                                     .password = config->redis_password,
                                     .name = name};
}

static void set_policy(const struct td_config *config)
{
    struct td_policy policy = {.password_max_days = config->password_max_days,
                               .password_history = config->password_history,
                               .password_classes = config->password_classes,
                               .cheap_hashes = strcmp(config->password_cost, "least") == 0};
    if (strcmp(config->second_factor, "off") != 0)
        policy.second_factor = strcmp(config->second_factor, "required") == 0
                                   ? TD_SECOND_FACTOR_REQUIRED
                                   : TD_SECOND_FACTOR_OFFERED;
    if (strcmp(config->password_policy, "mlps") == 0)
        td_policy_add_mlps(&policy);
    td_policy_set(&policy);
}

static void set_throttles(const struct td_config *config)
{
    const int64_t limits[TD_THROTTLE_CLASS_COUNT] = {
        [TD_THROTTLE_LOGIN_ADDRESS] = config->throttle_login_address,
        [TD_THROTTLE_PUBLIC] = config->throttle_public,
        [TD_THROTTLE_WRITE] = config->throttle_write,
        [TD_THROTTLE_UPLOAD] = config->throttle_upload,
    };
    for (int class = 0; class < TD_THROTTLE_CLASS_COUNT; class ++)
        td_throttle_set_limit((enum td_throttle_class) class, limits[class]);
    td_lockout_set(config->lockout_failures, config->lockout_first_seconds,
                   config->lockout_most_seconds);
}

static int open_redis(struct td_server *server, struct td_error *reterr)
{
    const struct td_config *config = server->config;
    struct td_redis_options options = redis_options(server, "commands");
    server->redis = td_redis_new(&options);
    set_throttles(config);
    set_policy(config);
    if (server->redis) {
        server->sessions = td_sessions_new(server->redis, config->session_idle_seconds,
                                           config->session_absolute_seconds);
        server->queue = td_queue_new(server->redis, config->lease_seconds);
        server->live = td_live_new(server->redis, &options);
    }
    int r = need(server->sessions, reterr, "sessions");
    if (r == 0)
        r = need(server->queue, reterr, "leases");
    return r == 0 ? need(server->live, reterr, "live updates") : r;
}

/* What is missing is missed by the first upload or score, long after the start. */
static void warn_when_no_program(const char *setting, const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0)
        return;
    TD_LOG(TD_LOG_ERROR, "server.program_missing", TD_S("setting", setting), TD_S("path", path),
           TD_S("advice", "there is no executable file: give the setting the whole path of the"
                          " program that came with titled, and start again"));
}

static int read_used(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    return td_plugin_used(tx, arg);
}

static int open_threads(struct td_server *server, struct td_error *reterr)
{
    const struct td_config *config = server->config;
    char shelf[4096];
    json_t *used = NULL;
    snprintf(shelf, sizeof(shelf), "%s/plugins", config->state_folder);
    struct td_pool_options options = {.base = server->base,
                                      .executable = config->scorer,
                                      .plugin_folder = config->plugin_folder,
                                      .shelf_folder = shelf,
                                      .rebuilt = config->plugin_rebuilt,
                                      .workers = (int)config->workers};
    struct td_examiners_options examiners = {.base = server->base,
                                             .executable = config->examiner,
                                             .slots = (int)config->examiners,
                                             .queue_limit = (int)config->examiner_queue,
                                             .per_owner = (int)config->examiner_per_account,
                                             .seconds = (int)config->examiner_seconds,
                                             .file_max = (size_t)config->limit_upload};
    warn_when_no_program("scorer", config->scorer);
    warn_when_no_program("examiner", config->examiner);
    server->mailbox = examiners.mailbox = td_mailbox_new(server->base);
    server->stall = td_stall_new(server->base, config->stall_warn_ms);
    int r = need(server->mailbox, reterr, "mailbox");
    if (r == 0)
        r = need(server->stall, reterr, "watch over the loop");
    if (r == 0)
        r = td_cpu_new((int)config->cpu_threads, CPU_QUEUE, &server->cpu, reterr);
    if (r == 0)
        r = td_spool_new(server->base, &server->spool, reterr);
    if (r == 0)
        r = td_examiners_new(&examiners, &server->examiners, reterr);
    if (r == 0)
        r = td_store_read_wait(server->store, read_used, &used, reterr);
    options.used = used;
    if (r == 0)
        r = td_pool_new(&options, on_pool_ready, server, &server->pool, reterr);
    json_decref(used);
    return r;
}

static int open_frame(struct td_server *server, struct td_error *reterr)
{
    struct td_frame_options options = {.base = server->base,
                                       .config = server->config,
                                       .calendar = server->calendar,
                                       .seal = server->seal,
                                       .store = server->store,
                                       .redis = server->redis,
                                       .sessions = server->sessions,
                                       .queue = server->queue,
                                       .live = server->live,
                                       .mailbox = server->mailbox,
                                       .cpu = server->cpu,
                                       .spool = server->spool,
                                       .stall = server->stall,
                                       .pool = server->pool,
                                       .examiners = server->examiners,
                                       .assets = server->assets,
                                       .views = server->views,
                                       .resources = td_api_resources,
                                       .moved = on_moved,
                                       .moved_arg = server,
                                       .stopped = on_stopped,
                                       .stopped_arg = server};
    return td_frame_new(&options, &server->frame, reterr);
}

/* What a person is told, for what is sent out. */
static char *speak(void *arg, const char *locale, const char *say, const json_t *parameters)
{
    const struct td_locale *words = td_views_language(arg, locale);
    const char *sentence = words ? td_locale_text(words, "say", say) : NULL;
    return sentence ? td_locale_fill(words, sentence, parameters) : NULL;
}

static int open_background(struct td_server *server, struct td_error *reterr)
{
    struct td_redis_options redis = redis_options(server, "jobs");
    struct td_dispatch_options options = {.base = server->base,
                                          .store = server->store,
                                          .pool = server->pool,
                                          .commands = server->redis,
                                          .redis = &redis,
                                          .live = server->live,
                                          .sessions = server->sessions,
                                          .wake = td_trials_wake,
                                          .config = server->config,
                                          .calendar = server->calendar,
                                          .seal = server->seal};
    struct td_ticker_options ticker = {.base = server->base,
                                       .store = server->store,
                                       .mailbox = server->mailbox,
                                       .pool = server->pool,
                                       .config = server->config,
                                       .calendar = server->calendar,
                                       .seal = server->seal};
    struct td_trials_options trials = {.base = server->base,
                                       .store = server->store,
                                       .pool = server->pool,
                                       .live = server->live,
                                       .config = server->config};
    struct td_keeper_options keeper = {.store = server->store,
                                       .mailbox = server->mailbox,
                                       .pool = server->pool,
                                       .live = server->live};
    struct td_outgoing_options outgoing = {.base = server->base,
                                           .store = server->store,
                                           .config = server->config,
                                           .calendar = server->calendar,
                                           .seal = server->seal,
                                           .speak = speak,
                                           .speak_arg = server->views};
    server->ticker = td_ticker_new(&ticker);
    server->keeper = td_keeper_new(&keeper);
    int r = need(server->ticker, reterr, "ticker");
    if (r == 0)
        r = need(server->keeper, reterr, "keeper of plugins");
    if (r == 0)
        r = td_trials_new(&trials, &server->trials, reterr);
    options.wake_arg = server->trials;
    if (r == 0)
        r = td_outgoing_new(&outgoing, &server->outgoing, reterr);
    options.wake_outgoing = td_outgoing_wake;
    options.wake_outgoing_arg = server->outgoing;
    if (r == 0)
        r = td_dispatch_new(&options, &server->dispatch, reterr);
    if (r == 0)
        td_frame_set_dispatch(server->frame, server->dispatch);
    return r;
}

/* Every connection may hold a file besides its socket; the store, Redis and workers need some too.
 */
static void raise_descriptors(int64_t connections)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)connections * 2 + OTHER_DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    bool raised = setrlimit(RLIMIT_NOFILE, &limit) == 0;
    if (!raised || limit.rlim_cur < wanted)
        TD_LOG(TD_LOG_WARNING, "server.descriptors", TD_I("wanted", wanted),
               TD_I("allowed", limit.rlim_cur),
               TD_S("reason", "raise the hard limit of open files or lower limit_connections"));
}

static int open_http(struct td_server *server, struct td_error *reterr)
{
    const struct td_config *config = server->config;
    struct td_http_limits limits;
    td_http_limits_default(&limits);
    limits.request_line = (size_t)config->limit_request_line;
    limits.header_bytes = (size_t)config->limit_header_bytes;
    limits.header_count = (size_t)config->limit_header_count;
    limits.header_ms = config->limit_header_seconds * 1000;
    limits.idle_ms = config->limit_idle_seconds * 1000;
    limits.body_rate = config->limit_body_rate;
    limits.grace_ms = config->limit_rate_seconds * 1000;
    limits.output_bytes = (size_t)config->limit_output;
    limits.linger_ms = config->limit_linger_seconds * 1000;
    limits.connections = (size_t)config->limit_connections;
    limits.per_address = (size_t)config->limit_per_address;
    limits.pipeline = (size_t)config->limit_pipeline;
    limits.heartbeat_ms = config->stream_heartbeat_seconds * 1000;
    raise_descriptors(config->limit_connections);
    int r = td_http_server_new(server->base, &td_frame_callbacks, server->frame, &limits,
                               &server->http, reterr);
    if (r == 0)
        r = td_http_server_trust(server->http, config->trusted_proxy, reterr);
    if (r == 0 && *config->tls_certificate)
        r = td_tls_new(config->tls_certificate, config->tls_key, &server->tls, reterr);
    if (r < 0)
        return r;
    td_frame_set_http(server->frame, server->http);
    td_http_server_use_tls(server->http, server->tls);
    td_http_server_use_spool(server->http, server->spool);
    if (td_config_is_secure(config))
        td_http_server_use_hsts(server->http);
    return 0;
}

static int open_signals(struct td_server *server, struct td_error *reterr)
{
    static const int numbers[SIGNALS] = {SIGTERM, SIGINT, SIGHUP};
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of its write */
    for (int i = 0; i < SIGNALS; i++) {
        server->signals[i] = evsignal_new(server->base, numbers[i], on_signal, server);
        if (!server->signals[i] || event_add(server->signals[i], NULL) < 0)
            return td_error_set(reterr, TD_EINTERNAL, "cannot wait for signal %d", numbers[i]);
    }
    server->deadline = evtimer_new(server->base, on_deadline, server);
    server->watch = event_new(server->base, -1, EV_PERSIST, on_watch, server);
    if (!server->deadline || !server->watch ||
        event_add(server->watch, &(struct timeval){.tv_sec = WATCH_SECONDS}) < 0)
        return td_error_set(reterr, TD_ENOMEM, "cannot make the timers");
    return 0;
}

int td_server_new(const struct td_config *config, struct td_server **ret_server,
                  struct td_error *reterr)
{
    static int (*const opening[])(struct td_server *, struct td_error *) = {
        open_files, open_ledger,     open_redis, open_threads,
        open_frame, open_background, open_http,  open_signals};
    struct td_server *server = calloc(1, sizeof(*server));
    if (!server)
        return TD_ENOMEM;
    server->config = config;
    server->base = event_base_new();
    int r = need(server->base, reterr, "event loop");
    for (size_t i = 0; i < sizeof(opening) / sizeof(opening[0]) && r == 0; i++)
        r = opening[i](server, reterr);
    if (r == 0 && config->demo) /* a demonstration goes on at the day it had reached */
        r = td_store_read_wait(server->store, td_ticker_take_clock, NULL, reterr);
    if (r < 0) {
        td_server_free(server);
        return r;
    }
    *ret_server = server;
    return 0;
}

/* One turn after the other; the log lines of a turn go out together. */
static void run_loop(struct event_base *base)
{
    bool over = false;
    td_log_hold();
    while (!over) {
        over = event_base_loop(base, EVLOOP_ONCE) != 0 || event_base_got_exit(base);
        td_log_flush();
    }
    td_log_release();
}

int td_server_run(struct td_server *server, struct td_error *reterr)
{
    run_loop(server->base);
    if (server->result < 0 && reterr) {
        *reterr = server->error;
        server->error = (struct td_error)TD_ERROR_INIT;
    }
    TD_LOG(TD_LOG_INFO, "server.stopped",
           TD_I("open", server->frame ? td_frame_open(server->frame) : 0));
    return server->result;
}

/* Requests that did not end in time: their threads are done after this, so the rest may go. */
static void drain(struct td_server *server)
{
    td_keeper_stop(server->keeper);
    td_pool_free(server->pool);
    server->pool = NULL;
    td_examiners_free(server->examiners);
    server->examiners = NULL;
    td_outgoing_stop(server->outgoing);
    td_witness_finish(server->witness, server->store);
    td_store_close(server->store);
    server->store = NULL;
    td_cpu_free(server->cpu);
    server->cpu = NULL;
}

void td_server_free(struct td_server *server)
{
    if (!server)
        return;
    if (server->frame && td_frame_open(server->frame) > 0) {
        /* A client or Redis holds a request open past the deadline. What was acknowledged is on
         * disk; the system takes the rest back. */
        td_witness_finish(server->witness, server->store);
        td_store_close(server->store);
        _exit(server->result < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
    }
    drain(server);
    td_dispatch_free(server->dispatch);
    td_trials_free(server->trials);
    td_outgoing_free(server->outgoing);
    td_http_server_free(server->http);
    td_tls_free(server->tls);
    td_mailbox_free(server->mailbox);
    td_spool_free(server->spool);
    td_stall_free(server->stall);
    td_ticker_free(server->ticker);
    td_keeper_free(server->keeper);
    td_frame_free(server->frame);
    td_live_free(server->live);
    td_queue_free(server->queue);
    td_sessions_free(server->sessions);
    td_redis_free(server->redis);
    td_static_free(server->assets);
    td_views_unref(server->views);
    td_calendar_free(server->calendar);
    td_witness_close(server->witness);
    td_seal_free(server->seal);
    for (int i = 0; i < SIGNALS; i++)
        if (server->signals[i])
            event_free(server->signals[i]);
    if (server->deadline)
        event_free(server->deadline);
    if (server->watch)
        event_free(server->watch);
    if (server->base)
        event_base_free(server->base);
    td_error_done(&server->error);
    free(server);
}
