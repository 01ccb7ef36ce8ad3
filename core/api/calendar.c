/* calendar.c - working days in Urumqi, for anybody who wants to check a deadline. */
#include "api/api.h"
#include "base/clock.h"
#include "review/calendar.h"

#include <stdlib.h>

enum { DAYS_MAX = 500 };

static int compute(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    const char *from = td_call_query(call, "start"), *count = td_call_query(call, "days");
    char start_text[TD_DATE_TEXT], end_text[TD_DATE_TEXT], *rest = NULL;
    td_date start = td_clock_today(), end;
    bool confirmed = false, working = false;
    long days = *count ? strtol(count, &rest, 10) : 5;
    int result = 0;
    if (*from && td_date_parse(from, &start))
        result = td_error_field(reterr, "start", "date", "a date is YYYY-MM-DD");
    if ((rest && *rest) || days < -DAYS_MAX || days > DAYS_MAX)
        result = td_error_field(reterr, "days", "too_large", "working days from -%d to %d",
                                DAYS_MAX, DAYS_MAX);
    if (!result)
        result = td_calendar_add(call->calendar, start, (int)days, &end, &confirmed, reterr);
    if (!result)
        result = td_calendar_working(call->calendar, start, &working, reterr);
    if (result)
        return result;
    td_date_format(start, start_text);
    td_date_format(end, end_text);
    reply->value =
        json_pack("{s:s, s:I, s:s, s:b, s:b}", "start", start_text, "days", (json_int_t)days, "end",
                  end_text, "start_is_working", (int)working, "calendar_confirmed", (int)confirmed);
    return 0;
}

const struct td_route td_calendar_routes[] = {
    {.method = TD_GET,
     .path = "/calendar",
     .roles = TD_ROLE_PUBLIC,
     .summary = "The day that ends a period of working days: start, days",
     .query = "start days",
     .read = compute},
    {0},
};
