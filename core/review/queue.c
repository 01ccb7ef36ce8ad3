/* queue.c - see queue.h. A grant is turned into lanes: one state in one unit, or in one series and
 * division, so that each lane is an index range already in waiting order. */
#include "review/queue.h"

#include "review/application.h"
#include "review/row.h"
#include "review/unit.h"
#include "review/workflow.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CANDIDATES_PER_LANE = 50 };

static const struct {
    enum td_role role;
    const char *state;
    bool takeable; /* dossiers that clerks take one by one to verify */
} desks[] = {
    {TD_ROLE_UNIT, "submitted", true},
    {TD_ROLE_UNIT, "unit_review", true},
    {TD_ROLE_UNIT, "unit_notice", false},
    {TD_ROLE_DISTRICT_INDUSTRY, "district_industry_review", true},
    {TD_ROLE_DISTRICT_HR, "district_hr_review", true},
    {TD_ROLE_OFFICE, "office_review", true},
    {TD_ROLE_OFFICE, "fee_due", false},
    {TD_ROLE_OFFICE, "accepted", false},
    {TD_ROLE_OFFICE, "panel_review", false},
    {TD_ROLE_OFFICE, "committee_vote", false},
    {TD_ROLE_OFFICE, "passed", false},
    {TD_ROLE_BUREAU, "result_notice", false},
    {TD_ROLE_BUREAU, "objection_hold", false},
    {TD_ROLE_BUREAU, "confirmed", false},
    {TD_ROLE_BUREAU, "filed", false},
    {TD_ROLE_UNIT, "certified", false},
};

#define DESK_COUNT (sizeof(desks) / sizeof(desks[0]))

struct lane {
    const char *state;
    const char *unit; /* "" = by series and division */
    const char *series, *division;
};

struct lanes {
    struct lane *items; /* arena */
    size_t count, room;
    json_t *divisions; /* loaded once */
};

static int add_lane(struct td_review *review, struct lanes *lanes, struct lane lane)
{
    if (lanes->count == lanes->room) {
        size_t room = lanes->room ? 2 * lanes->room : 32;
        struct lane *items = td_arena_alloc(review->arena, room * sizeof(*items));
        if (!items)
            return TD_ENOMEM;
        if (lanes->count)
            memcpy(items, lanes->items, lanes->count * sizeof(*items));
        lanes->items = items;
        lanes->room = room;
    }
    lanes->items[lanes->count++] = lane;
    return 0;
}

/* One lane per series and division that match; NULL = all. */
static int add_lanes(struct td_review *review, struct lanes *lanes, const char *state,
                     const char *series, const char *division)
{
    const char *each;
    json_t *descriptor, *row;
    size_t i;
    int result = 0;
    json_object_foreach((json_t *)review->catalog, each, descriptor) {
        if (series && strcmp(series, each))
            continue;
        json_array_foreach(lanes->divisions, i, row) {
            const char *code = td_row_text(row, "code");
            if (!result && (!division || !strcmp(division, code)))
                result = add_lane(review, lanes, (struct lane){state, "", each, code});
        }
    }
    return result;
}

static int add_grant(struct td_review *review, struct lanes *lanes, const struct td_grant *grant,
                     const char *state)
{
    char division[16];
    const char *slash = strchr(grant->scope, '/');
    switch (grant->role) {
    case TD_ROLE_UNIT: return add_lane(review, lanes, (struct lane){state, grant->scope, "", ""});
    case TD_ROLE_DISTRICT_INDUSTRY:
        if (!slash)
            return 0;
        snprintf(division, sizeof(division), "%.*s", (int)(slash - grant->scope), grant->scope);
        return add_lanes(review, lanes, state, slash + 1, division);
    case TD_ROLE_DISTRICT_HR: return add_lanes(review, lanes, state, NULL, grant->scope);
    case TD_ROLE_OFFICE: return add_lanes(review, lanes, state, grant->scope, NULL);
    default: return add_lanes(review, lanes, state, NULL, NULL);
    }
}

/* The caller's lanes of a state ("" = those that can be taken). `lanes` must be zero before;
 * release with done_lanes. */
static int find_lanes(struct td_review *review, const char *state, struct lanes *lanes)
{
    const struct td_account *who = review->who;
    int result = td_unit_divisions(review->tx, &lanes->divisions);
    for (size_t d = 0; d < DESK_COUNT; d++) {
        if (*state ? strcmp(desks[d].state, state) : !desks[d].takeable)
            continue;
        for (size_t g = 0; !result && g < who->grant_count; g++)
            if (who->grants[g].role == desks[d].role)
                result = add_grant(review, lanes, &who->grants[g], desks[d].state);
    }
    return result;
}

static void done_lanes(struct lanes *lanes)
{
    json_decref(lanes->divisions);
}

/* The caller's own dossiers lie in no queue of his. */
static int count_lane(struct td_review *review, const struct lane *lane, int64_t *ret_count)
{
    if (*lane->unit)
        return td_tx_int(review->tx, ret_count,
                         "select count(*) from application where unit_id = $1 and state = $2", "ss",
                         lane->unit, lane->state);
    return td_tx_int(review->tx, ret_count,
                     "select count from application_count where state = $1 and series = $2 and "
                     "division_code = $3",
                     "sss", lane->state, lane->series, lane->division);
}

static int count_own(struct td_review *review, const struct lane *lane, int64_t *ret_count)
{
    return td_tx_int(review->tx, ret_count,
                     "select count(*) from application where account_id = $1 and state = $2 and "
                     "case when $3 <> '' then unit_id = $3 "
                     "else series = $4 and division_code = $5 end",
                     "sssss", review->who->id, lane->state, lane->unit, lane->series,
                     lane->division);
}

static int count_state(struct td_review *review, const char *state, size_t *ret_lanes,
                       int64_t *ret_count)
{
    struct lanes lanes = {0};
    int64_t total = 0, count = 0;
    bool applies = review->who->roles & TD_ROLE_APPLICANT;
    int result = find_lanes(review, state, &lanes);
    for (size_t i = 0; !result && i < lanes.count; i++) {
        result = count_lane(review, &lanes.items[i], &count);
        total += count;
        if (!result && count && applies)
            result = count_own(review, &lanes.items[i], &count);
        total -= count && applies ? count : 0;
    }
    *ret_lanes = lanes.count;
    *ret_count = total;
    done_lanes(&lanes);
    return result;
}

int td_queue_counts(struct td_review *review, json_t **ret_counts)
{
    json_t *counts = json_array();
    int result = 0;
    for (size_t d = 0; !result && d < DESK_COUNT; d++) {
        size_t lanes = 0;
        int64_t count = 0;
        if (!(review->who->roles & desks[d].role))
            continue;
        result = count_state(review, desks[d].state, &lanes, &count);
        if (!result && lanes)
            json_array_append_new(counts, json_pack("{s:s, s:I, s:b}", "state", desks[d].state,
                                                    "count", (json_int_t)count, "chosen", 0));
    }
    if (result)
        json_decref(counts);
    else
        *ret_counts = counts;
    return result;
}

static int compare(const json_t *a, const json_t *b, const char *const *members)
{
    int order = 0;
    for (; !order && *members; members++)
        order = strcmp(td_row_text(a, *members), td_row_text(b, *members));
    return order;
}

static int by_waiting(const void *a, const void *b)
{
    static const char *const members[] = {"state_at", "id", NULL};
    return compare(*(json_t *const *)a, *(json_t *const *)b, members);
}

/* A dossier without a due date waits behind those with one. */
static int by_urgency(const void *a, const void *b)
{
    static const char *const members[] = {"due_at", "state_at", "id", NULL};
    const json_t *one = *(json_t *const *)a, *other = *(json_t *const *)b;
    int late = !*td_row_text(one, "due_at") - !*td_row_text(other, "due_at");
    return late ? late : compare(one, other, members);
}

/* The rows in order, as many as wanted, in a new array. */
static json_t *sorted(struct td_review *review, const json_t *rows, size_t limit,
                      int (*order)(const void *, const void *))
{
    size_t count = json_array_size(rows);
    json_t **items = td_arena_alloc(review->arena, (count + 1) * sizeof(*items));
    json_t *list = items ? json_array() : NULL;
    if (!list)
        return NULL;
    for (size_t i = 0; i < count; i++)
        items[i] = json_array_get(rows, i);
    qsort(items, count, sizeof(*items), order);
    for (size_t i = 0; i < count && i < limit; i++)
        json_array_append(list, items[i]);
    return list;
}

#define LANE_SELECT                                                                                \
    "select a.id, a.number, a.series, a.level, a.specialty, a.state, a.state_at, a.due_at, "       \
    "p.name as applicant_name, u.name as unit_name, d.name as division_name from application a "   \
    "join account p on p.id = a.account_id join unit u on u.id = a.unit_id "                       \
    "join division d on d.code = a.division_code where "
#define LANE_REST                                                                                  \
    " and a.account_id <> $4 and ($5 = '' or a.number = $5 or substr(p.name, 1, length($5)) = "    \
    "$5) "                                                                                         \
    "and a.state_at >= $6 and a.state_at <= $7 and (a.state_at > $6 or a.id > $8) "                \
    "order by a.state_at, a.id limit $9"

/* Adds the lane's rows after (after_at, after_id) that do not wait shorter than since `until`. */
static int read_lane(struct td_review *review, const struct lane *lane, const char *q,
                     const char *after_at, const char *after_id, const char *until, int64_t limit,
                     json_t *rows)
{
    json_t *more = NULL;
    bool unit = *lane->unit != 0;
    int result = td_tx_rows(
        review->tx, &more,
        unit ? LANE_SELECT "a.state = $1 and a.unit_id = $2 and $3 = ''" LANE_REST
             : LANE_SELECT "a.state = $1 and a.series = $2 and a.division_code = $3" LANE_REST,
        "ssssssssi", lane->state, unit ? lane->unit : lane->series, unit ? "" : lane->division,
        review->who->id, q, after_at, until, after_id, limit);
    if (!result)
        json_array_extend(rows, more);
    json_decref(more);
    return result;
}

/* Once `limit` dossiers are known, a lane is asked only for those that wait as long as the last of
 * them; the rest is let go. */
static json_t *first_waiting(struct td_review *review, json_t *rows, size_t limit,
                             char until[TD_TIME_TEXT])
{
    if (json_array_size(rows) < limit)
        return rows;
    json_t *first = sorted(review, rows, limit, by_waiting);
    json_decref(rows);
    snprintf(until, TD_TIME_TEXT, "%s", td_row_text(json_array_get(first, limit - 1), "state_at"));
    return first;
}

/* The first `limit` of all lanes after the cursor, in order. */
static int read_first(struct td_review *review, const char *state, const char *q,
                      const char *cursor, size_t limit, json_t **ret_rows)
{
    struct lanes lanes = {0};
    char after_at[TD_TIME_TEXT] = "", until[TD_TIME_TEXT] = "9";
    const char *split = strchr(cursor, '_');
    if (split && (size_t)(split - cursor) < sizeof(after_at))
        snprintf(after_at, sizeof(after_at), "%.*s", (int)(split - cursor), cursor);
    json_t *rows = json_array();
    int result = find_lanes(review, state, &lanes);
    for (size_t i = 0; !result && rows && i < lanes.count; i++) {
        result = read_lane(review, &lanes.items[i], q, after_at, split ? split + 1 : "", until,
                           (int64_t)limit, rows);
        rows = first_waiting(review, rows, limit, until);
    }
    done_lanes(&lanes);
    json_t *list = result || !rows ? NULL : sorted(review, rows, limit, by_waiting);
    json_decref(rows);
    if (!list)
        return result ? result : TD_ENOMEM;
    *ret_rows = list;
    return 0;
}

int td_queue_list(struct td_review *review, const char *state, const char *q, const char *cursor,
                  json_t **ret_page)
{
    json_t *list = NULL, *row;
    size_t i;
    int result = 0;
    if (*state)
        result = read_first(review, state, q, cursor, TD_ROW_PAGE + 1, &list);
    else
        list = json_array();
    if (result)
        return result;
    json_array_foreach(list, i, row) {
        char next[TD_TIME_TEXT + 32];
        snprintf(next, sizeof(next), "%s_%s", td_row_text(row, "state_at"), td_row_text(row, "id"));
        json_object_set_new(row, "cursor", json_string(next));
        const char *due = td_row_text(row, "due_at");
        json_object_set_new(row, "overdue", json_boolean(*due && strcmp(due, review->now) < 0));
        td_application_name(review, row);
    }
    *ret_page = td_row_page(list, "cursor");
    return 0;
}

int td_queue_candidates(struct td_review *review, const char *state, json_t **ret_ids)
{
    json_t *rows = json_array(), *row;
    size_t i;
    struct lanes lanes = {0};
    int result = find_lanes(review, state, &lanes);
    for (size_t l = 0; !result && l < lanes.count; l++)
        result = read_lane(review, &lanes.items[l], "", "", "", "9", CANDIDATES_PER_LANE, rows);
    done_lanes(&lanes);
    json_t *list = result ? NULL : sorted(review, rows, json_array_size(rows), by_urgency);
    json_decref(rows);
    if (!list)
        return result ? result : TD_ENOMEM;
    json_t *ids = json_array();
    json_array_foreach(list, i, row)
        json_array_append(ids, json_object_get(row, "id"));
    json_decref(list);
    *ret_ids = ids;
    return 0;
}
