/* ticker.h - lets time pass for the records: runs review/tick.h as the system, every minute and
 * when the demo's clock was moved. */
#ifndef TD_TICKER_H
#define TD_TICKER_H

struct event_base;
struct td_calendar;
struct td_config;
struct td_error;
struct td_mailbox;
struct td_pool;
struct td_seal_key;
struct td_store;
struct td_ticker;
struct td_tx;

/* Takes the demonstration's clock from the setting clock_shift_ms; a td_store_fn without arg. */
int td_ticker_take_clock(struct td_tx *tx, void *unused, struct td_error *reterr);

/* Everything is borrowed and outlives the ticker; `pool` may be NULL. NULL when memory is short. */
struct td_ticker_options {
    struct event_base *base;
    struct td_store *store;
    struct td_mailbox *mailbox;
    struct td_pool *pool;
    const struct td_config *config;
    const struct td_calendar *calendar;
    const struct td_seal_key *seal;
};
struct td_ticker *td_ticker_new(const struct td_ticker_options *options);
/* Only when no run is under way: after td_store_close and the mailbox was emptied. NULL is fine. */
void td_ticker_free(struct td_ticker *ticker);

/* Runs soon; `done` (may be NULL) is called on the loop once a run that began after this call has
 * ended, well or not. In demo mode every run first takes the clock. */
void td_ticker_run(struct td_ticker *ticker, void (*done)(void *arg), void *arg);

#endif
