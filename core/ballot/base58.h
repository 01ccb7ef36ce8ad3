/* base58.h - the 58 characters that codes, seeds and ids consist of: no 0, O, I or l to mistake (Belenios 2.0,
 * section 4.8). */
#ifndef TD_BALLOT_BASE58_H
#define TD_BALLOT_BASE58_H

enum { TD_BASE58 = 58 };

extern const char td_base58[TD_BASE58 + 1];

/* `count` random characters and the closing 0. */
void td_base58_random(char *ret, int count);

#endif
