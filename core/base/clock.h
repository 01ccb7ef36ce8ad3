/* clock.h - what time it is, and dates.
 *
 * Two clocks: td_clock_mono_ms for deadlines and leases, never moved by anybody; td_clock_now_ms for
 * what is written down. The demo may push the second one forward with td_clock_shift_ms; nothing else
 * may. Times are milliseconds since 1970 UTC; dates are days since 1970-01-01 of the Shanghai calendar
 * day (UTC+8, no summer time since 1991). */
#ifndef TD_BASE_CLOCK_H
#define TD_BASE_CLOCK_H

#include <stdint.h>

typedef int32_t td_date; /* days since 1970-01-01 */

#define TD_DATE_NONE INT32_MIN
#define TD_DATE_TEXT 11 /* "2026-10-01" and the NUL */
#define TD_TIME_TEXT 25 /* "2026-10-01T02:03:04.567Z" and the NUL */

int64_t td_clock_now_ms(void);
int64_t td_clock_mono_ms(void);
void td_clock_shift_ms(int64_t offset); /* sets (does not add) the demo offset; thread-safe */
td_date td_clock_today(void);           /* in Asia/Shanghai */

/* The end of that day (24:00 Asia/Shanghai) as UTC milliseconds: deadlines end there. */
int64_t td_clock_day_end_ms(td_date date);

/* Strict YYYY-MM-DD, years 1900 to 2199; TD_EINVALID otherwise. */
int td_date_parse(const char *text, td_date *ret_date);
void td_date_format(td_date date, char text[TD_DATE_TEXT]);
td_date td_date_from(int year, int month, int day); /* proleptic Gregorian; arguments must be valid */
void td_date_split(td_date date, int *ret_year, int *ret_month, int *ret_day);
int td_date_weekday(td_date date); /* 1 Monday ... 7 Sunday */

void td_time_format(int64_t ms, char text[TD_TIME_TEXT]); /* UTC, milliseconds */
int td_time_parse(const char *text, int64_t *ret_ms);     /* what td_time_format wrote; TD_EINVALID otherwise */
int td_time_day(const char *text, td_date *ret_day);      /* the day of it in Asia/Shanghai; the same */

#endif
