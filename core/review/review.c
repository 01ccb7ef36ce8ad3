/* review.c - see review.h. */
#include "review/review.h"

void td_review_now(struct td_review *review)
{
    td_time_format(td_clock_now_ms(), review->now);
    td_date_format(td_clock_today(), review->today);
}
