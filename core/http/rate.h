/* rate.h - how often one account or one address may ask, counted in this process.
 *
 * A bucket per subject fills at so many requests a minute and holds one minute's worth. Counting costs no
 * round trip; so every node counts for itself, and a client that spreads over n nodes has n times as much. What
 * must be counted together (passwords, writes) is in redis/throttle.h.
 *
 * The table has a fixed size. When it is crowded the subject that has used least is forgotten: a flood of
 * addresses can make the server lenient to quiet clients, never strict to anybody, and takes no memory. */
#ifndef TD_HTTP_RATE_H
#define TD_HTTP_RATE_H

#include <stdint.h>

struct td_rates;

enum td_rate {
    TD_RATE_ADDRESS,
    TD_RATE_ACCOUNT,
    TD_RATE_SHOWN, /* forms shown again to a subject that has used up one of the above */
    TD_RATE_COUNT
};

/* `per_minute` of each; 0 = not counted. NULL when memory is short. */
struct td_rates *td_rates_new(const int64_t per_minute[TD_RATE_COUNT]);
void td_rates_free(struct td_rates *rates); /* NULL is fine */

/* Takes one at `now_ms` (monotonic). 0, or the seconds after which there will be one again: nothing was taken. */
int td_rate_take(struct td_rates *rates, enum td_rate rate, const char *subject, int64_t now_ms);

#endif
