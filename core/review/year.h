/* year.h - a cycle's year as people see it: what must have happened by when, what is late, whose turn it is.
 *
 * The days that the seed notice fixes (section 2 (2)):
 *   the notice is issued by the end of August of the cycle's year, the review is done by the end of November,
 *   the work plan is filed 15 working days before the review begins,
 *   the report on the review and its results within 15 working days after it ends.
 * Working days are the region's (calendar.h); a day that was computed without the region's days of a year says so.
 * They are shown and never block: a year that began late goes on, and everybody sees that it is late. Levels are
 * independent of each other: each has its committee when that is ready. */
#ifndef TD_REVIEW_YEAR_H
#define TD_REVIEW_YEAR_H

#include "review/calendar.h"
#include "review/review.h"

#include <stdbool.h>

enum { TD_YEAR_NOTICE_MONTH = 8, TD_YEAR_NOTICE_DAY = 31 };  /* the last day of the notice */
enum { TD_YEAR_REVIEW_MONTH = 11, TD_YEAR_REVIEW_DAY = 30 }; /* and of the review */
enum { TD_YEAR_FILING_DAYS = 15 };                           /* working days, before and after */
enum { TD_YEAR_SOON_DAYS = 7 };                              /* what is due so soon is shown so */

struct td_year_day {
    char day[TD_DATE_TEXT]; /* "" when what it depends on is not known yet */
    bool confirmed;
};

struct td_year_days {
    struct td_year_day notice, review, plan, report;
};

/* The days of a year by when it must be done. `begins` and `ends` are the first and last day of the review, planned or
 * real; with "" as `ends` the report counts from the last day that the review may take. */
int td_year_days(const struct td_calendar *calendar, int year, const char *begins, const char *ends,
                 struct td_year_days *ret_days, struct td_error *reterr);

/* How something stands that should be `done` by `due` (days, "" = unknown): "done", "done_late", "late", "due" within
 * TD_YEAR_SOON_DAYS, "open". */
const char *td_year_progress(const char *today, const char *due, const char *done);

/* {"milestones": [{"milestone", "holder", "from", "due_on", "done_on", "progress", "confirmed", "is_late"}]} in the
 * order of the year, and for who runs or watches it (`inside`) also "waiting" and "overdue" of each stage, "levels":
 * [{"level", "committees": [{"id", "name", "committee_state", "valid_until"}], "is_ready", "dossiers", "decided",
 * "meetings", "first_on", "last_on"}], "stages": [{"state", "holder", "waiting", "overdue", "oldest_due_at"}] and
 * "offices": [{"state", "holder", "name", "overdue", "oldest_due_at"}], the latest first, at most 100. */
int td_year_view(struct td_review *review, const json_t *cycle, bool inside, json_t **ret_view,
                 struct td_error *reterr);

#endif
