/* titled/dates.h - calendar days and periods of service, for every series.
 *
 * Plugins link nothing of the server, so that this is a header of small functions. A day is the
 * number of days since 1970-01-01 in the Gregorian calendar. A period is [start, end): its last day
 * is not in it, so that "until 31 August" and "from 1 September" join without a gap. C99 and C++. */
#ifndef TITLED_DATES_H
#define TITLED_DATES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define DAY_NONE INT_MIN
#define DAY_TEXT 11

struct ymd {
    int year, month, day;
};

static inline bool is_leap_year(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static inline int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap_year(year) ? 29 : days[month - 1];
}

/* For years 1 to 9999. */
static inline int day_of(struct ymd date)
{
    int before = date.year - 1;
    int days = before * 365 + before / 4 - before / 100 + before / 400 - 719162;
    for (int month = 1; month < date.month; month++)
        days += days_of_month(date.year, month);
    return days + date.day - 1;
}

static inline struct ymd ymd_of(int day)
{
    /* A year that is not too late; the loop goes on from there. */
    struct ymd date = {1970 + (day < 0 ? day / 365 - 1 : day / 366), 1, 1};
    struct ymd next = {date.year + 1, 1, 1};
    for (; day_of(next) <= day; next.year++)
        date.year++;
    int rest = day - day_of(date);
    while (rest >= days_of_month(date.year, date.month))
        rest -= days_of_month(date.year, date.month++);
    date.day += rest;
    return date;
}

/* Strict YYYY-MM-DD, years 1900 to 2199; DAY_NONE for anything else, NULL included. */
static inline int day_parse(const char *text)
{
    if (!text || strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return DAY_NONE;
    int part[3] = {0, 0, 0};
    for (int i = 0, at = 0; i < 10; i++) {
        if (i == 4 || i == 7) {
            at++;
            continue;
        }
        if (text[i] < '0' || text[i] > '9')
            return DAY_NONE;
        part[at] = part[at] * 10 + (text[i] - '0');
    }
    struct ymd date = {part[0], part[1], part[2]};
    if (date.year < 1900 || date.year > 2199 || date.month < 1 || date.month > 12 || date.day < 1 ||
        date.day > days_of_month(date.year, date.month))
        return DAY_NONE;
    return day_of(date);
}

static inline void day_format(int day, char text[DAY_TEXT])
{
    struct ymd date = ymd_of(day);
    snprintf(text, DAY_TEXT, "%04u-%02u-%02u", (unsigned)date.year % 10000u,
             (unsigned)date.month % 100u, (unsigned)date.day % 100u);
}

/* The same day `months` later; the last day of the month where that month is shorter. */
static inline int day_add_months(int day, int months)
{
    struct ymd date = ymd_of(day);
    int count = date.year * 12 + date.month - 1 + months;
    struct ymd later = {count / 12, count % 12 + 1, date.day};
    int last = days_of_month(later.year, later.month);
    if (later.day > last)
        later.day = last;
    return day_of(later);
}

/* Whole months from `from` to `to`; 0 when `to` is not after it. */
static inline int months_between(int from, int to)
{
    if (to <= from)
        return 0;
    struct ymd a = ymd_of(from), b = ymd_of(to);
    int months = (b.year - a.year) * 12 + b.month - a.month;
    while (months > 0 && day_add_months(from, months) > to)
        months--;
    return months;
}

/* --- periods -----------------------------------------------------------------------------------
 */

#define PERIODS_MAX 64

struct period {
    int start, end; /* [start, end) */
};

struct periods {
    struct period list[PERIODS_MAX];
    size_t count;
};

/* Adds what is not empty, in order of start. More than PERIODS_MAX are not kept: forms allow fewer.
 */
static inline void periods_add(struct periods *periods, int start, int end)
{
    if (start >= end || periods->count == PERIODS_MAX)
        return;
    size_t at = periods->count++;
    for (; at > 0 && periods->list[at - 1].start > start; at--)
        periods->list[at] = periods->list[at - 1];
    periods->list[at].start = start;
    periods->list[at].end = end;
}

/* Joins what overlaps or touches: afterwards no day is in two periods. */
static inline void periods_merge(struct periods *periods)
{
    size_t kept = 0;
    for (size_t i = 0; i < periods->count; i++) {
        struct period next = periods->list[i];
        struct period *last = kept ? &periods->list[kept - 1] : NULL;
        if (last && next.start <= last->end) {
            if (next.end > last->end)
                last->end = next.end;
        } else {
            periods->list[kept++] = next;
        }
    }
    periods->count = kept;
}

/* What of `from` is not in `taken`. Both merged. */
static inline struct periods periods_without(const struct periods *from,
                                             const struct periods *taken)
{
    struct periods rest;
    rest.count = 0;
    for (size_t i = 0; i < from->count; i++) {
        struct period left = from->list[i];
        for (size_t j = 0; j < taken->count; j++) {
            struct period cut = taken->list[j];
            if (cut.end <= left.start || cut.start >= left.end)
                continue;
            periods_add(&rest, left.start, cut.start);
            left.start = cut.end;
        }
        periods_add(&rest, left.start, left.end);
    }
    return rest;
}

/* What of the merged periods lies in [start, end). */
static inline struct periods periods_within(const struct periods *from, int start, int end)
{
    struct periods inside;
    inside.count = 0;
    for (size_t i = 0; i < from->count; i++) {
        struct period one = from->list[i];
        periods_add(&inside, one.start > start ? one.start : start, one.end < end ? one.end : end);
    }
    return inside;
}

/* Whole months of merged periods: the days left over of each are added up, 30 of them are a month.
 * What is left over of one period is short of a month by itself, also when that month has 31 days.
 */
static inline int periods_months(const struct periods *periods)
{
    int months = 0, days = 0;
    for (size_t i = 0; i < periods->count; i++) {
        int whole = months_between(periods->list[i].start, periods->list[i].end);
        int left = periods->list[i].end - day_add_months(periods->list[i].start, whole);
        months += whole;
        days += left < 30 ? left : 29;
    }
    return months + days / 30;
}

/* Whether [start, end) lies inside one of the merged periods. */
static inline bool periods_cover(const struct periods *periods, int start, int end)
{
    for (size_t i = 0; i < periods->count; i++) {
        if (periods->list[i].start <= start && periods->list[i].end >= end)
            return true;
    }
    return false;
}

#endif
