/* tenure.h - how long somebody was appointed: periods of both ladders, each day counted once. */
#ifndef TD_REVIEW_TENURE_H
#define TD_REVIEW_TENURE_H

#include "base/clock.h"

#include <stddef.h>
#include <stdint.h>

/* First and last day, both counted. A period that ends before it begins counts nothing. */
struct td_tenure_period {
    td_date from, until;
};

struct td_tenure {
    int64_t days;         /* on which at least one period ran */
    int64_t years;        /* the same as years, months and days: of each run without a gap the whole */
    int64_t months, rest; /* the days beyond whole months are added up; 31 make a month, so that no year is given too early */
};

/* The union of the periods up to and with the day `on`. Sorts `periods`. */
struct td_tenure td_tenure_count(struct td_tenure_period *periods, size_t count, td_date on);

#endif
