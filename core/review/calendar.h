/* calendar.h - working days in Urumqi: the nation's days off and make-up days, and the region's
 * own.
 *
 * The yearly notices are data (ops/calendar.json), loaded once into a value that never changes and
 * may be read from every thread. A year whose regional days (Rouzi, Corban) are not known yet is
 * computed with the national days alone and answers `confirmed` false: whoever shows the date
 * warns. So is a year after the last one in the file, with weekends and New Year's Day off: the
 * notices for a year come out at the end of the one before, and deadlines must be set before that.
 *
 * Rule: the day of publication is not counted (Civil Code, article 201); a period of n working days
 * ends at 24:00 of the n-th working day after it (td_clock_day_end_ms). */
#ifndef TD_REVIEW_CALENDAR_H
#define TD_REVIEW_CALENDAR_H

#include "base/clock.h"
#include "base/error.h"

#include <stdbool.h>

struct td_calendar;

/* Loads the file named in td_config.calendar_file. TD_EINVALID with the year and the bad day. */
int td_calendar_load(const char *path, struct td_calendar **ret_calendar, struct td_error *reterr);
void td_calendar_free(struct td_calendar *calendar);

/* TD_EINVALID, key "calendar_missing_year" {year}, for a year before or between those of the file.
 * `calendar` may be NULL: then every year is missing. */
int td_calendar_working(const struct td_calendar *calendar, td_date date, bool *ret_working,
                        struct td_error *reterr);

/* The n-th working day after `start` (n > 0) or before it (n < 0); n = 0 is `start` itself.
 * *ret_confirmed (may be NULL) is false when a year that was walked through lacks its regional
 * days. |n| up to 2000. */
int td_calendar_add(const struct td_calendar *calendar, td_date start, int n, td_date *ret_date,
                    bool *ret_confirmed, struct td_error *reterr);

/* Working days in (start, end]: 0 when end <= start. */
int td_calendar_between(const struct td_calendar *calendar, td_date start, td_date end,
                        int *ret_days, struct td_error *reterr);

#endif
