/* ticker.c - one run at a time: a write that repeats while there is more to do, then the waiters
 * are told. */
#include "ticker.h"

#include "base/clock.h"
#include "base/log.h"
#include "config.h"
#include "http/frame.h"
#include "http/mailbox.h"
#include "review/tick.h"
#include "scoring/pool.h"
#include "store/checkpoint.h"
#include "store/store.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>

enum { PERIOD_SECONDS = 60, ARENA_MAX = 16 << 20 };

struct waiter {
    struct waiter *next;
    void (*done)(void *arg);
    void *arg;
};

struct td_ticker {
    struct td_letter letter; /* first: a letter is its ticker */
    struct td_ticker_options options;
    struct event *timer;
    struct waiter *waiting; /* for the next run to begin */
    struct waiter *served;  /* by the run under way */
    json_t *catalog;        /* of the run under way */
    bool running, again;
    int result;
    int64_t changed;
};

static void begin(struct td_ticker *ticker);

int td_ticker_take_clock(struct td_tx *tx, void *unused, struct td_error *reterr)
{
    (void)unused, (void)reterr;
    int64_t shift = 0;
    int r = td_tx_int(
        tx, &shift, "select cast(value as bigint) from setting where name = 'clock_shift_ms'", "");
    if (r == 0)
        td_clock_shift_ms(shift);
    return r;
}

static int run(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct td_ticker *ticker = arg;
    const struct td_ticker_options *options = &ticker->options;
    int r = options->config->demo ? td_ticker_take_clock(tx, NULL, reterr) : 0;
    struct td_review review = {.tx = tx,
                               .arena = td_arena_new(ARENA_MAX),
                               .catalog = ticker->catalog,
                               .config = options->config,
                               .calendar = options->calendar,
                               .seal = options->seal};
    if (!review.arena)
        return TD_ENOMEM;
    td_review_now(&review);
    ticker->changed = 0;
    if (r == 0)
        r = td_tick_run(&review, &ticker->changed, reterr);
    if (r == 0)
        r = td_idempotency_forget(tx);
    if (r == 0)
        r = td_checkpoint_tick(tx, options->config->checkpoint_seconds);
    td_arena_free(review.arena);
    return r;
}

static void tell(struct waiter *waiter)
{
    for (struct waiter *next; waiter; waiter = next) {
        next = waiter->next;
        waiter->done(waiter->arg);
        free(waiter);
    }
}

static void finished(struct td_letter *letter)
{
    struct td_ticker *ticker = (struct td_ticker *)letter;
    ticker->running = false;
    json_decref(ticker->catalog);
    ticker->catalog = NULL;
    if (ticker->result == 0 && ticker->changed > 0) {
        begin(ticker);
        return;
    }
    struct waiter *served = ticker->served;
    ticker->served = NULL;
    tell(served);
    if (ticker->again || ticker->waiting)
        begin(ticker);
}

static void on_done(void *arg, int result, struct td_error *error)
{
    struct td_ticker *ticker = arg;
    ticker->result = result;
    if (result < 0)
        TD_LOG(TD_LOG_ERROR, "tick.failed", TD_S("code", td_error_name(result)),
               TD_S("detail", error->detail));
    td_mailbox_post(ticker->options.mailbox, &ticker->letter);
}

static void begin(struct td_ticker *ticker)
{
    if (ticker->running)
        return;
    while (ticker->waiting) {
        struct waiter *waiter = ticker->waiting;
        ticker->waiting = waiter->next;
        waiter->next = ticker->served;
        ticker->served = waiter;
    }
    ticker->running = true;
    ticker->again = false;
    ticker->letter.open = finished;
    ticker->catalog = ticker->options.pool ? td_pool_catalog(ticker->options.pool) : json_object();
    int r = td_store_write(ticker->options.store, run, on_done, ticker);
    if (r < 0) {
        struct td_error err = TD_ERROR_INIT;
        on_done(ticker, r, &err);
    }
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    td_ticker_run(arg, NULL, NULL);
}

struct td_ticker *td_ticker_new(const struct td_ticker_options *options)
{
    struct td_ticker *ticker = calloc(1, sizeof(*ticker));
    if (!ticker)
        return NULL;
    ticker->options = *options;
    ticker->timer = event_new(options->base, -1, EV_PERSIST, on_timer, ticker);
    if (!ticker->timer ||
        event_add(ticker->timer, &(struct timeval){.tv_sec = PERIOD_SECONDS}) < 0) {
        td_ticker_free(ticker);
        return NULL;
    }
    return ticker;
}

static void forget(struct waiter *waiter)
{
    for (struct waiter *next; waiter; waiter = next) {
        next = waiter->next;
        free(waiter);
    }
}

void td_ticker_free(struct td_ticker *ticker)
{
    if (!ticker)
        return;
    if (ticker->timer)
        event_free(ticker->timer);
    forget(ticker->waiting);
    forget(ticker->served);
    json_decref(ticker->catalog);
    free(ticker);
}

void td_ticker_run(struct td_ticker *ticker, void (*done)(void *arg), void *arg)
{
    struct waiter *waiter = done ? malloc(sizeof(*waiter)) : NULL;
    if (waiter) {
        *waiter = (struct waiter){.next = ticker->waiting, .done = done, .arg = arg};
        ticker->waiting = waiter;
    } else if (done) {
        done(arg); /* no memory to wait with */
    }
    ticker->again = ticker->running;
    begin(ticker);
}
