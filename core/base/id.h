/* id.h - names of records: ULIDs (48 bits of time, 80 random bits, Crockford base 32, upper case).
 * They sort by time of creation and say nothing else. Source: the ULID specification. */
#ifndef TD_BASE_ID_H
#define TD_BASE_ID_H

#include <stdbool.h>
#include <stddef.h>

#define TD_ID_TEXT 27 /* 26 characters and the NUL */

void td_id_new(char text[TD_ID_TEXT]);
bool td_id_valid(const char *text);

/* `count` random bytes as 2*count lower-case hex digits and a NUL. */
void td_id_random_hex(char *text, size_t count);

#endif
