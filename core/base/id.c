/* id.c - ULIDs from the wall clock and libsodium's generator. */
#include "base/id.h"

#include "base/clock.h"

#include <sodium.h>
#include <stdint.h>
#include <string.h>

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void td_id_new(char text[TD_ID_TEXT])
{
    uint64_t ms = (uint64_t)td_clock_now_ms();
    for (int i = 9; i >= 0; i--, ms >>= 5)
        text[i] = alphabet[ms & 31];
    unsigned char random[16];
    randombytes_buf(random, sizeof(random));
    for (int i = 0; i < 16; i++)
        text[10 + i] = alphabet[random[i] & 31];
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
