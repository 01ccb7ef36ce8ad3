/* demo.c - the demonstration's clock, only where the setting `demo` is on. It is set once, on an
 * empty installation, and from then on moves forward only. */
#include "api/api.h"

#include "store/ledger.h"
#include "store/store.h"

#include <stdio.h>

enum { DAYS_MAX = 3660 };
#define MINUTE_MS INT64_C(60000)
#define DAY_MS    (24 * 60 * MINUTE_MS)

static int load_shift(struct td_call *call, int64_t *ret_shift)
{
    return td_tx_int(call->tx, ret_shift,
                     "select cast(value as bigint) from setting where name = 'clock_shift_ms'", "");
}

/* Stores the shift and writes the ledger entry; the reply shows the clock as it will be. */
static int store_shift(struct td_call *call, struct td_reply *reply, int64_t before, int64_t shift,
                       const char *action)
{
    char value[24], now[TD_TIME_TEXT], today[TD_DATE_TEXT];
    snprintf(value, sizeof(value), "%lld", (long long)shift);
    int r = td_tx_exec(call->tx, NULL,
                       "insert into setting (name, value) values ('clock_shift_ms', $1)"
                       " on conflict (name) do update set value = excluded.value",
                       "s", value);
    json_t *payload = json_pack("{s:I}", "minutes", (json_int_t)((shift - before) / MINUTE_MS));
    if (r == 0)
        r = td_ledger_append(call->tx, call->who->id, action, "clock", payload);
    json_decref(payload);
    int64_t at = td_clock_now_ms() - before + shift;
    td_time_format(at, now);
    td_date_format((td_date)((at + 8 * 60 * MINUTE_MS) / DAY_MS), today);
    reply->value = json_pack("{s:s, s:s}", "now", now, "today", today);
    return r;
}

static int advance_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    int64_t before = 0;
    int r = load_shift(call, &before);
    if (r < 0)
        return r;
    int64_t shift = before + td_call_int(call, "days") * DAY_MS;
    if (shift > DAYS_MAX * DAY_MS)
        return td_error_key(reterr, TD_ECONFLICT, "clock_too_far",
                            json_pack("{s:i}", "days", DAYS_MAX));
    return store_shift(call, reply, before, shift, "demo.advance");
}

/* Sets the clock to nine in the morning of a day. Records made before would then lie in the future.
 */
static int begin_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    int64_t before = 0, units = 0;
    td_date day = 0;
    int r = load_shift(call, &before);
    if (r == 0)
        r = td_tx_int(call->tx, &units, "select count(*) from unit", "");
    if (r == 0 && units > 0)
        return td_error_key(reterr, TD_ECONFLICT, "demo_begun", NULL);
    if (r == 0)
        r = td_date_parse(td_call_text(call, "on"), &day);
    if (r < 0)
        return r;
    int64_t real = td_clock_now_ms() - before;
    int64_t morning = td_clock_day_end_ms(day - 1) + 9 * 60 * MINUTE_MS;
    return store_shift(call, reply, before, morning - real, "demo.begin");
}

static const struct td_field advance_body[] = {
    {"days", TD_FIELD_INT, true, 1, 366, NULL, "How many days to move on"},
    {0},
};

static const struct td_field begin_body[] = {
    {"on", TD_FIELD_DATE, true, 0, 0, NULL, "The day on which the demonstration begins"},
    {0},
};

const struct td_route td_demo_routes[] = {
    {.method = TD_POST,
     .path = "/demo/advance",
     .roles = TD_ROLE_ADMIN,
     .summary = "Move the demonstration's clock forward and do what falls due",
     .write = advance_write,
     .body = advance_body,
     .flags = TD_ROUTE_DEMO},
    {.method = TD_POST,
     .path = "/demo/begin",
     .roles = TD_ROLE_ADMIN,
     .summary = "Set the clock of an empty demonstration",
     .write = begin_write,
     .body = begin_body,
     .flags = TD_ROUTE_DEMO},
    {0},
};
