/* home.c - the first page: what this is for the public, what waits for those who work here. */
#include "api/api.h"
#include "review/application.h"
#include "review/cycle.h"
#include "review/message.h"
#include "review/notice.h"
#include "review/queue.h"
#include "review/row.h"
#include "store/store.h"

#include <string.h>

enum { SHOWN = 5 };

#define OFFICIALS                                                                                  \
    (TD_ROLE_UNIT | TD_ROLE_DISTRICT_INDUSTRY | TD_ROLE_DISTRICT_HR | TD_ROLE_OFFICE |             \
     TD_ROLE_BUREAU)

/* The first few items of a page (stolen). */
static json_t *first_items(json_t *page)
{
    json_t *few = json_array();
    for (size_t i = 0; i < SHOWN && i < json_array_size(json_object_get(page, "items")); i++)
        json_array_append(few, json_array_get(json_object_get(page, "items"), i));
    json_decref(page);
    return few;
}

static int add_public(struct td_review *review, json_t *value)
{
    json_t *cycles = NULL, *cycle, *listed = json_array(), *notices = NULL;
    char division[16];
    size_t i;
    int result = td_cycle_division(review, division);
    if (!result)
        result = td_cycle_open_ones(review->tx, "", &cycles);
    json_array_foreach(cycles, i, cycle)
        json_array_append_new(
            listed, json_pack("{s:O, s:O, s:O, s:O, s:O, s:b}", "id", json_object_get(cycle, "id"),
                              "name", json_object_get(cycle, "name"), "notice_number",
                              json_object_get(cycle, "notice_number"), "opens_on",
                              json_object_get(cycle, "opens_on"), "closes_on",
                              json_object_get(cycle, "closes_on"), "accepts",
                              td_cycle_check_open(review, cycle, division, NULL) == 0));
    json_decref(cycles);
    if (!result)
        result = td_notice_list(review, "", "", &notices);
    json_object_set_new(value, "cycles", listed);
    if (!result)
        json_object_set_new(value, "notices", first_items(notices));
    return result;
}

/* Attempts to log in that were refused before this one, when there were any. */
static int add_failures(struct td_review *review, json_t *value)
{
    int64_t failures = 0;
    int result = td_tx_int(review->tx, &failures,
                           "select coalesce(sum(login_failures), 0) from account where id = $1",
                           "s", review->who->id);
    if (failures)
        json_object_set_new(value, "login_failures", json_integer(failures));
    return result;
}

static int add_own(struct td_review *review, json_t *value)
{
    json_t *counts = NULL, *count, *own = NULL;
    int64_t unread = 0, waiting = 0;
    size_t i;
    int result = td_message_unread(review, &unread);
    if (!result && td_row_is(review, OFFICIALS))
        result = td_queue_counts(review, &counts);
    json_array_foreach(counts, i, count)
        waiting += td_row_int(count, "count");
    if (counts) {
        json_object_set_new(value, "counts", counts);
        json_object_set_new(value, "waiting", json_integer(waiting));
    }
    if (!result && td_row_is(review, TD_ROLE_APPLICANT)) {
        json_t *filter = json_object();
        result = td_application_list(review, filter, &own);
        json_decref(filter);
        if (!result)
            json_object_set_new(value, "applications", first_items(own));
    }
    json_object_set_new(value, "unread_messages", json_integer(unread));
    if (!result)
        result = add_failures(review, value);
    return result;
}

static int show(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *value = json_pack("{s:b}", "guest", call->who == NULL);
    int result = td_api_review(call, &review);
    if (!result)
        result = add_public(&review, value);
    if (!result && call->who)
        result = add_own(&review, value);
    if (result) {
        json_decref(value);
        return td_error_set(reterr, result, "gathering the first page");
    }
    reply->value = value;
    return 0;
}

const struct td_route td_home_routes[] = {
    {.method = TD_GET,
     .path = "/",
     .roles = TD_ROLE_PUBLIC,
     .summary = "The first page",
     .read = show,
     .page = "home"},
    {0},
};
