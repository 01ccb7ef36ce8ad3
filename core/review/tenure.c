/* tenure.c - see tenure.h. Pure: no records, no clock. */
#include "review/tenure.h"

#include <stdlib.h>

static int compare(const void *left, const void *right)
{
    const struct td_tenure_period *a = left, *b = right;
    return (a->from > b->from) - (a->from < b->from);
}

/* The same day of the month so many months later, or the last one of a shorter month. */
static td_date add_months(td_date date, int months)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;
    td_date_split(date, &year, &month, &day);
    month += months - 1;
    year += month / 12;
    month %= 12;
    int length = lengths[month];
    if (month == 1 && (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)))
        length++;
    return td_date_from(year, month + 1, day < length ? day : length);
}

/* One run from `from` up to but without `end`. */
static void add_run(struct td_tenure *tenure, td_date from, td_date end)
{
    int year, month, day, end_year, end_month;
    td_date_split(from, &year, &month, &day);
    td_date_split(end, &end_year, &end_month, &day);
    int months = (end_year - year) * 12 + end_month - month;
    if (months > 0 && add_months(from, months) > end)
        months--;
    tenure->days += end - from;
    tenure->months += months;
    tenure->rest += end - add_months(from, months);
}

struct td_tenure td_tenure_count(struct td_tenure_period *periods, size_t count, td_date on)
{
    struct td_tenure tenure = {0};
    td_date from = TD_DATE_NONE, end = TD_DATE_NONE;
    if (count > 1)
        qsort(periods, count, sizeof(*periods), compare);
    for (size_t i = 0; i < count; i++) {
        td_date until = periods[i].until < on ? periods[i].until : on;
        if (until < periods[i].from)
            continue;
        if (from != TD_DATE_NONE && periods[i].from <= end) {
            end = until + 1 > end ? until + 1 : end;
            continue;
        }
        if (from != TD_DATE_NONE)
            add_run(&tenure, from, end);
        from = periods[i].from;
        end = until + 1;
    }
    if (from != TD_DATE_NONE)
        add_run(&tenure, from, end);
    tenure.months += tenure.rest / 31;
    tenure.rest %= 31;
    tenure.years = tenure.months / 12;
    tenure.months %= 12;
    return tenure;
}
