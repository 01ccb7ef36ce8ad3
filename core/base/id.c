/* id.c - ULIDs from the wall clock and libsodium's generator. Within a process they grow: of two
 * made in the same millisecond (or just after the clock was set back a little) the later one is the
 * former plus one, so that "order by id" is the order of creation. */
#include "base/id.h"

#include "base/clock.h"

#include <pthread.h>
#include <sodium.h>
#include <stdint.h>
#include <string.h>

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

enum { SET_BACK_MS = 10000 }; /* a clock set back further than this is believed */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t last_ms;
static unsigned char last_random[16]; /* base 32 digits */

/* The digits of the next id of this or the last millisecond; after 2^80 of them the next
 * millisecond. */
static void count_up(void)
{
    for (int i = 15; i >= 0; i--) {
        last_random[i] = (last_random[i] + 1) & 31;
        if (last_random[i])
            return;
    }
    last_ms++;
}

void td_id_new(char text[TD_ID_TEXT])
{
    pthread_mutex_lock(&lock);
    uint64_t ms = (uint64_t)td_clock_now_ms();
    if (ms > last_ms || ms + SET_BACK_MS < last_ms) {
        last_ms = ms;
        randombytes_buf(last_random, sizeof(last_random));
        for (int i = 0; i < 16; i++)
            last_random[i] &= 31;
    } else {
        count_up();
    }
    ms = last_ms;
    for (int i = 0; i < 16; i++)
        text[10 + i] = alphabet[last_random[i]];
    pthread_mutex_unlock(&lock);
    for (int i = 9; i >= 0; i--, ms >>= 5)
        text[i] = alphabet[ms & 31];
    text[26] = 0;
}

bool td_id_valid(const char *text)
{
    return text && strlen(text) == 26 && strspn(text, alphabet) == 26 && text[0] <= '7';
}

void td_id_random_hex(char *text, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        unsigned char byte;
        randombytes_buf(&byte, 1);
        text[2 * i] = digits[byte >> 4];
        text[2 * i + 1] = digits[byte & 15];
    }
    text[2 * count] = 0;
}
