/* clock.c - the process's clocks and civil-date arithmetic (days-from-civil over 400-year eras). */
#include "base/clock.h"

#include "base/error.h"

#include <ctype.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { SHANGHAI_MS = 8 * 3600 * 1000 };
#define DAY_MS INT64_C(86400000)

static _Atomic int64_t shift_ms;

static int64_t read_ms(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t td_clock_now_ms(void)
{
    return read_ms(CLOCK_REALTIME) + atomic_load_explicit(&shift_ms, memory_order_relaxed);
}

int64_t td_clock_mono_ms(void)
{
    return read_ms(CLOCK_MONOTONIC);
}

void td_clock_shift_ms(int64_t offset)
{
    atomic_store_explicit(&shift_ms, offset, memory_order_relaxed);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

td_date td_clock_today(void)
{
    return (td_date)floor_div(td_clock_now_ms() + SHANGHAI_MS, DAY_MS);
}

int64_t td_clock_day_end_ms(td_date date)
{
    return ((int64_t)date + 1) * DAY_MS - SHANGHAI_MS;
}

td_date td_date_from(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = (int)floor_div(y, 400);
    int year_of_era = y - era * 400;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void td_date_split(td_date date, int *ret_year, int *ret_month, int *ret_day)
{
    int64_t days = (int64_t)date + 719468;
    int era = (int)floor_div(days, 146097);
    int day_of_era = (int)(days - (int64_t)era * 146097);
    int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int shifted = (5 * day_of_year + 2) / 153; /* March = 0 */
    *ret_day = day_of_year - (153 * shifted + 2) / 5 + 1;
    *ret_month = shifted < 10 ? shifted + 3 : shifted - 9;
    *ret_year = year_of_era + era * 400 + (*ret_month <= 2);
}

int td_date_weekday(td_date date)
{
    return (int)(((int64_t)date + 3) - floor_div((int64_t)date + 3, 7) * 7) + 1;
}

int td_date_parse(const char *text, td_date *ret_date)
{
    if (!text || strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return TD_EINVALID;
    for (int i = 0; i < 10; i++)
        if (i != 4 && i != 7 && !isdigit((unsigned char)text[i]))
            return TD_EINVALID;
    int year, month, day;
    if (sscanf(text, "%4d-%2d-%2d", &year, &month, &day) != 3)
        return TD_EINVALID;
    if (year < 1900 || year > 2199 || month < 1 || month > 12 || day < 1 || day > 31)
        return TD_EINVALID;
    td_date date = td_date_from(year, month, day);
    int y, m, d;
    td_date_split(date, &y, &m, &d);
    if (m != month || d != day) /* 31 February and the like */
        return TD_EINVALID;
    *ret_date = date;
    return 0;
}

/* The last `count` digits of a number. By hand: every log line and every row has a time. */
static void put_digits(char *text, unsigned number, int count)
{
    for (; count > 0; number /= 10)
        text[--count] = (char)('0' + number % 10);
}

void td_date_format(td_date date, char text[TD_DATE_TEXT])
{
    int year, month, day;
    td_date_split(date, &year, &month, &day);
    memcpy(text, "0000-00-00", TD_DATE_TEXT);
    put_digits(text, (unsigned)year, 4);
    put_digits(text + 5, (unsigned)month, 2);
    put_digits(text + 8, (unsigned)day, 2);
}

void td_time_format(int64_t ms, char text[TD_TIME_TEXT])
{
    int64_t days = floor_div(ms, DAY_MS);
    unsigned rest = (unsigned)(ms - days * DAY_MS);
    td_date_format((td_date)days, text);
    memcpy(text + 10, "T00:00:00.000Z", TD_TIME_TEXT - 10);
    put_digits(text + 11, rest / 3600000, 2);
    put_digits(text + 14, rest / 60000 % 60, 2);
    put_digits(text + 17, rest / 1000 % 60, 2);
    put_digits(text + 20, rest % 1000, 3);
}

int td_time_parse(const char *text, int64_t *ret_ms)
{
    char date[TD_DATE_TEXT] = {0}, again[TD_TIME_TEXT];
    unsigned hour, minute, second, ms;
    td_date day;
    if (sscanf(text, "%10cT%2u:%2u:%2u.%3uZ", date, &hour, &minute, &second, &ms) != 5 ||
        td_date_parse(date, &day) < 0)
        return TD_EINVALID;
    int64_t time = (int64_t)day * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + ms;
    td_time_format(time, again); /* of all spellings one is right */
    if (strcmp(text, again) != 0)
        return TD_EINVALID;
    *ret_ms = time;
    return 0;
}

int td_time_day(const char *text, td_date *ret_day)
{
    int64_t ms;
    int result = td_time_parse(text, &ms);
    if (result == 0)
        *ret_day = (td_date)floor_div(ms + SHANGHAI_MS, DAY_MS);
    return result;
}
