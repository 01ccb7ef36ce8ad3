/* base58.c - see base58.h. */
#include "ballot/base58.h"

#include <sodium.h>

const char td_base58[TD_BASE58 + 1] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

void td_base58_random(char *ret, int count)
{
    for (int i = 0; i < count; i++)
        ret[i] = td_base58[randombytes_uniform(TD_BASE58)];
    ret[count] = 0;
}
