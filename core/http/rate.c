/* rate.c - see rate.h. A bucket is one number: when it will be full again (the generic cell rate
 * algorithm). Sets of WAYS buckets; the hash of a subject is keyed, so that nobody can choose whose
 * set he crowds. */
#include "http/rate.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { SETS = 16384, WAYS = 4 }; /* 1 MB */

#define MINUTE_US 60000000

struct bucket {
    uint64_t subject;
    int64_t full_us; /* 0 = never used */
};

struct td_rates {
    int64_t cost_us[TD_RATE_COUNT]; /* of one request; 0 = not counted */
    unsigned char key[crypto_shorthash_KEYBYTES];
    struct bucket buckets[SETS][WAYS];
};

struct td_rates *td_rates_new(const int64_t per_minute[TD_RATE_COUNT])
{
    struct td_rates *rates = calloc(1, sizeof(*rates));
    if (!rates)
        return NULL;
    for (int rate = 0; rate < TD_RATE_COUNT; rate++) {
        int64_t most = per_minute[rate] < MINUTE_US ? per_minute[rate] : MINUTE_US;
        rates->cost_us[rate] = most > 0 ? MINUTE_US / most : 0;
    }
    crypto_shorthash_keygen(rates->key);
    return rates;
}

void td_rates_free(struct td_rates *rates)
{
    free(rates);
}

static uint64_t hash(const struct td_rates *rates, enum td_rate rate, const char *subject)
{
    unsigned char out[crypto_shorthash_BYTES];
    uint64_t value;
    crypto_shorthash(out, (const unsigned char *)subject, strlen(subject), rates->key);
    memcpy(&value, out, sizeof(value));
    return value ^ ((uint64_t)rate << 62);
}

static struct bucket *find(struct td_rates *rates, uint64_t subject)
{
    struct bucket *set = rates->buckets[subject % SETS], *least = set;
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].subject == subject)
            return &set[i];
        if (set[i].full_us < least->full_us)
            least = &set[i];
    }
    *least = (struct bucket){.subject = subject};
    return least;
}

int td_rate_take(struct td_rates *rates, enum td_rate rate, const char *subject, int64_t now_ms)
{
    int64_t cost = rates->cost_us[rate], now = now_ms * 1000;
    if (cost == 0)
        return 0;
    struct bucket *bucket = find(rates, hash(rates, rate, subject));
    int64_t full = (bucket->full_us > now ? bucket->full_us : now) + cost;
    int64_t late = full - now - MINUTE_US;
    if (late > 0)
        return (int)((late + 999999) / 1000000);
    bucket->full_us = full;
    return 0;
}
