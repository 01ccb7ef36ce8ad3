/* calendar.c - see calendar.h. One byte per day from a little before the first known year to the
 * end of the last; a day that no notice names follows its weekday. */
#include "review/calendar.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>

enum { FIRST_YEAR = 1990, LAST_YEAR = 2199, YEARS = LAST_YEAR - FIRST_YEAR + 1, STEPS_MAX = 2000 };

enum day { DAY_BY_WEEK, DAY_OFF, DAY_WORK };

struct td_calendar {
    struct {
        bool known;
        bool confirmed; /* its regional days are known */
    } years[YEARS];
    td_date first;
    td_date last;
    uint8_t days[]; /* enum day, last - first + 1 of them */
};

static int year_of(td_date date)
{
    int year, month, day;
    td_date_split(date, &year, &month, &day);
    return year;
}

static int mark(struct td_calendar *calendar, const json_t *year, const char *list, enum day kind,
                const char *name, struct td_error *reterr)
{
    size_t index;
    json_t *item;
    json_t *dates = json_object_get(year, list);
    if (!json_is_array(dates))
        return td_error_set(reterr, TD_EINVALID, "calendar: %s has no array \"%s\"", name, list);
    json_array_foreach(dates, index, item) {
        td_date date;
        const char *text = json_string_value(item);
        if (td_date_parse(text, &date) < 0 || date < calendar->first || date > calendar->last)
            return td_error_set(reterr, TD_EINVALID,
                                "calendar: %s.%s: \"%s\" is not a date near that year", name, list,
                                text ? text : "?");
        calendar->days[date - calendar->first] = (uint8_t)kind;
    }
    return 0;
}

/* The region's days come last: they win over the nation's. */
static int mark_year(struct td_calendar *calendar, const char *name, const json_t *year,
                     struct td_error *reterr)
{
    static const struct {
        const char *list;
        enum day kind;
    } lists[] = {{"national_off", DAY_OFF},
                 {"national_work", DAY_WORK},
                 {"regional_off", DAY_OFF},
                 {"regional_work", DAY_WORK}};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        int result = mark(calendar, year, lists[i].list, lists[i].kind, name, reterr);
        if (result < 0)
            return result;
    }
    const json_t *confirmed = json_object_get(year, "regional_confirmed");
    if (!json_is_boolean(confirmed))
        return td_error_set(reterr, TD_EINVALID, "calendar: %s has no \"regional_confirmed\"",
                            name);
    int index = (int)strtol(name, NULL, 10) - FIRST_YEAR;
    calendar->years[index].known = true;
    calendar->years[index].confirmed = json_is_true(confirmed);
    return 0;
}

static int year_range(json_t *years, int *ret_first, int *ret_last, struct td_error *reterr)
{
    const char *name;
    json_t *year;
    int first = LAST_YEAR + 1, last = FIRST_YEAR - 1;
    json_object_foreach(years, name, year) {
        char *end;
        long value = strtol(name, &end, 10);
        if (*end || value < FIRST_YEAR || value > LAST_YEAR)
            return td_error_set(reterr, TD_EINVALID, "calendar: \"%s\" is not a year", name);
        first = value < first ? (int)value : first;
        last = value > last ? (int)value : last;
    }
    if (first > last)
        return td_error_set(reterr, TD_EINVALID, "calendar: no \"years\"");
    *ret_first = first;
    *ret_last = last;
    return 0;
}

static int build(json_t *years, struct td_calendar **ret_calendar, struct td_error *reterr)
{
    int first_year = 0, last_year = 0;
    int result = year_range(years, &first_year, &last_year, reterr);
    if (result < 0)
        return result;
    td_date first =
        td_date_from(first_year - 1, 12, 1); /* a notice may name days of the year before */
    td_date last = td_date_from(last_year, 12, 31);
    struct td_calendar *calendar = calloc(1, sizeof(*calendar) + (size_t)(last - first) + 1);
    if (!calendar)
        return td_error_set(reterr, TD_ENOMEM, "calendar: memory is short");
    calendar->first = first;
    calendar->last = last;
    const char *name;
    json_t *year;
    json_object_foreach(years, name, year) {
        result = mark_year(calendar, name, year, reterr);
        if (result < 0)
            break;
    }
    if (result < 0)
        td_calendar_free(calendar);
    else
        *ret_calendar = calendar;
    return result;
}

int td_calendar_load(const char *path, struct td_calendar **ret_calendar, struct td_error *reterr)
{
    json_error_t where;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &where);
    if (!root)
        return td_error_set(reterr, TD_EINVALID, "calendar %s, line %d: %s", path, where.line,
                            where.text);
    int result = build(json_object_get(root, "years"), ret_calendar, reterr);
    json_decref(root);
    return result;
}

void td_calendar_free(struct td_calendar *calendar)
{
    free(calendar);
}

static bool knows(const struct td_calendar *calendar, int year)
{
    return calendar && year >= FIRST_YEAR && year <= LAST_YEAR &&
           calendar->years[year - FIRST_YEAR].known;
}

/* A day of a year whose notices are not out yet: the work does not stop for that. */
static bool works_ahead(td_date date)
{
    int year, month, day;
    td_date_split(date, &year, &month, &day);
    return td_date_weekday(date) <= 5 && !(month == 1 && day == 1);
}

int td_calendar_working(const struct td_calendar *calendar, td_date date, bool *ret_working,
                        struct td_error *reterr)
{
    int year = year_of(date);
    if (calendar && date > calendar->last && year <= LAST_YEAR) {
        *ret_working = works_ahead(date);
        return 0;
    }
    if (!knows(calendar, year))
        return td_error_key(reterr, TD_EINVALID, "calendar_missing_year",
                            json_pack("{s:i}", "year", year));
    uint8_t kind = calendar->days[date - calendar->first];
    *ret_working = kind == DAY_WORK || (kind == DAY_BY_WEEK && td_date_weekday(date) <= 5);
    return 0;
}

int td_calendar_add(const struct td_calendar *calendar, td_date start, int n, td_date *ret_date,
                    bool *ret_confirmed, struct td_error *reterr)
{
    if (n > STEPS_MAX || n < -STEPS_MAX)
        return td_error_set(reterr, TD_EINVALID, "%d working days are more than a calendar holds",
                            n);
    int step = n < 0 ? -1 : 1;
    td_date date = start;
    bool working = false;
    int result = td_calendar_working(calendar, start, &working, reterr);
    if (result < 0)
        return result;
    bool confirmed = calendar->years[year_of(start) - FIRST_YEAR].confirmed;
    while (n != 0) {
        date += step;
        result = td_calendar_working(calendar, date, &working, reterr);
        if (result < 0)
            return result;
        confirmed = confirmed && calendar->years[year_of(date) - FIRST_YEAR].confirmed;
        if (working)
            n -= step;
    }
    *ret_date = date;
    if (ret_confirmed)
        *ret_confirmed = confirmed;
    return 0;
}

int td_calendar_between(const struct td_calendar *calendar, td_date start, td_date end,
                        int *ret_days, struct td_error *reterr)
{
    int days = 0;
    for (td_date date = start + 1; date <= end; date++) {
        bool working = false;
        int result = td_calendar_working(calendar, date, &working, reterr);
        if (result < 0)
            return result;
        days += working;
    }
    *ret_days = days;
    return 0;
}
