/* demo.c - the demonstration's clock. It only moves forward, and only where the setting `demo` is on. */
#include "api/api.h"

#include "store/ledger.h"
#include "store/store.h"

#include <stdio.h>

enum { DAYS_MAX = 3660 };

static int advance_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    const int64_t day_ms = INT64_C(86400000);
    int64_t shift = 0, days = td_call_int(call, "days");
    int r = td_tx_int(call->tx, &shift,
                      "select cast(value as bigint) from setting where name = 'clock_shift_ms'", "");
    if (r < 0)
        return r;
    shift += days * day_ms;
    if (shift > DAYS_MAX * day_ms)
        return td_error_key(reterr, TD_ECONFLICT, "clock_too_far", json_pack("{s:i}", "days", DAYS_MAX));
    char value[24], today[TD_DATE_TEXT];
    snprintf(value, sizeof(value), "%lld", (long long)shift);
    r = td_tx_exec(call->tx, NULL,
                   "insert into setting (name, value) values ('clock_shift_ms', $1)"
                   " on conflict (name) do update set value = excluded.value",
                   "s", value);
    json_t *payload = json_pack("{s:I}", "days", (json_int_t)days);
    if (r == 0)
        r = td_ledger_append(call->tx, call->who->id, "demo.advance", "clock", payload);
    json_decref(payload);
    td_date_format(td_clock_today() + (td_date)days, today);
    reply->value = json_pack("{s:s, s:I}", "today", today, "days", (json_int_t)days);
    return r;
}

static const struct td_field advance_body[] = {
    {"days", TD_FIELD_INT, true, 1, 366, NULL, "How many days to move on"},
    {0},
};

const struct td_route td_demo_routes[] = {
    {.method = TD_POST, .path = "/demo/advance", .roles = TD_ROLE_ADMIN,
     .summary = "Move the demonstration's clock forward and do what falls due", .write = advance_write,
     .body = advance_body, .flags = TD_ROUTE_DEMO},
    {0},
};
