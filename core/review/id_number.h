/* id_number.h - the citizen identity number (GB 11643): 17 digits and a check character. */
#ifndef TD_REVIEW_ID_NUMBER_H
#define TD_REVIEW_ID_NUMBER_H

#include "base/clock.h"

#include <stdbool.h>

enum { TD_ID_NUMBER_TEXT = 19, TD_MASKED_TEXT = 24 };

struct td_id_number {
    char text[TD_ID_NUMBER_TEXT]; /* with an upper-case X */
    td_date birth_date;
    bool female;
};

/* What pages show, in out[TD_MASKED_TEXT]: "650103********1234", "138****5678"; of what is too short for
 * that, stars alone. */
void td_id_number_mask(const char *text, char *out);
void td_phone_mask(const char *text, char *out);

/* Parses and checks length, date and check character (ISO 7064 MOD 11-2). TD_EINVALID. */
int td_id_number_parse(const char *text, struct td_id_number *ret_number);

#endif
