/* application_list.c - lists of dossiers (td_application_list of application.h), as long as the
 * page and not as the table.
 *
 * What the caller may see is a union of ranges: each fixes columns that begin an index which ends
 * in the id, so that it is read backwards from the cursor. The newest ids of all ranges together
 * are kept; once a page is full, its oldest id bounds what the next range is asked for. Only then
 * are the rows read.
 *
 * A search by name goes through the names in their order instead, and the page is in that order. */
#include "review/application.h"

#include "base/json.h"
#include "review/row.h"
#include "review/unit.h"
#include "review/workflow.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS                                                                                    \
    "select a.id, a.number, a.year, a.series, a.level, a.specialty, a.state, a.state_at, "         \
    "a.due_at, "                                                                                   \
    "p.name as applicant_name, u.name as unit_name, d.name as division_name from application a "   \
    "join account p on p.id = a.account_id join unit u on u.id = a.unit_id "                       \
    "join division d on d.code = a.division_code where "

enum { WANTED = TD_ROW_PAGE + 1 };

static const char *const levels[] = {"junior", "intermediate", "senior", "full_senior"};

enum { LEVELS = sizeof(levels) / sizeof(levels[0]) };

struct filter {
    const char *state, *level, *division, *q, *cursor; /* "" = any */
};

/* Fixed columns; "" = any. Without an account, of submitted dossiers only. */
struct range {
    const char *account, *unit, *state, *series, *division, *level;
};

struct listing {
    struct td_review *review;
    struct filter filter;
    json_t *all_series, *all_divisions;  /* [{"series"}], [{"code"}] */
    char newest[WANTED + 1][TD_ID_TEXT]; /* descending; room for one more while it is placed */
    size_t count;
};

static bool is_full(const struct listing *listing)
{
    return listing->count == WANTED;
}

static int keep(json_t *row, void *arg)
{
    struct listing *listing = arg;
    const char *id = td_row_text(row, "id");
    size_t at = listing->count;
    while (at > 0 && strcmp(listing->newest[at - 1], id) < 0)
        at--;
    if (at == WANTED || (at > 0 && !strcmp(listing->newest[at - 1], id)))
        return 0;
    memmove(listing->newest[at + 1], listing->newest[at],
            (listing->count - at) * sizeof(listing->newest[0]));
    snprintf(listing->newest[at], TD_ID_TEXT, "%s", id);
    listing->count += !is_full(listing);
    return 0;
}

static int read_range(struct listing *listing, const struct range *range)
{
    const char *cursor = listing->filter.cursor;
    const char *sql = td_arena_printf(
        listing->review->arena,
        "select id from application where %s%s%s%s%s%s%s and id > $8 order by id desc limit %d",
        *range->account ? "account_id = $1" : "submitted_at is not null and $1 = ''",
        *range->unit ? " and unit_id = $2" : " and $2 = ''",
        *range->state ? " and state = $3" : " and $3 = ''",
        *range->series ? " and series = $4" : " and $4 = ''",
        *range->division ? " and division_code = $5" : " and $5 = ''",
        *range->level ? " and level = $6" : " and $6 = ''",
        *cursor ? " and id < $7" : " and $7 = ''", (int)WANTED);
    if (!sql)
        return TD_ENOMEM;
    return td_tx_each(listing->review->tx, keep, listing, sql, "ssssssss", range->account,
                      range->unit, range->state, range->series, range->division, range->level,
                      cursor, is_full(listing) ? listing->newest[WANTED - 1] : "");
}

/* Ranges by series, division and level, so that no combination of filters, however rare, is looked
 * for by reading others. */
static int read_scope(struct listing *listing, const char *series, const char *division)
{
    const struct filter *filter = &listing->filter;
    struct range range = {"", "", filter->state, "", "", ""};
    if (!*series && !*division && !*filter->level && !*filter->division)
        return read_range(listing, &range);
    const char *only = *filter->division ? filter->division : division;
    if (*division && strcmp(only, division) != 0)
        return 0;
    size_t s, d;
    json_t *each_series, *each_division;
    int result = 0;
    json_array_foreach(listing->all_series, s, each_series) {
        range.series = td_row_text(each_series, "series");
        if (*series && strcmp(series, range.series) != 0)
            continue;
        json_array_foreach(listing->all_divisions, d, each_division) {
            range.division = td_row_text(each_division, "code");
            for (int l = 0; !result && l < LEVELS; l++) {
                range.level = levels[l];
                bool wanted = (!*only || !strcmp(only, range.division)) &&
                              (!*filter->level || !strcmp(filter->level, range.level));
                if (wanted)
                    result = read_range(listing, &range);
            }
        }
    }
    return result;
}

static int read_grant(struct listing *listing, const struct td_grant *grant)
{
    const struct filter *filter = &listing->filter;
    char division[16];
    const char *slash = strchr(grant->scope, '/');
    bool whole = grant->role == TD_ROLE_BUREAU || grant->role == TD_ROLE_SUPERVISOR;
    if (!whole && (!*grant->scope || slash == grant->scope))
        return 0; /* in a range, no value means any: an empty scope must not become all of them */
    switch (grant->role) {
    case TD_ROLE_UNIT:
        return read_range(listing, &(struct range){"", grant->scope, filter->state, "",
                                                   filter->division, filter->level});
    case TD_ROLE_DISTRICT_INDUSTRY:
        if (!slash || !slash[1])
            return 0;
        snprintf(division, sizeof(division), "%.*s", (int)(slash - grant->scope), grant->scope);
        return read_scope(listing, slash + 1, division);
    case TD_ROLE_DISTRICT_HR: return read_scope(listing, "", grant->scope);
    case TD_ROLE_OFFICE: return read_scope(listing, grant->scope, "");
    case TD_ROLE_BUREAU:
    case TD_ROLE_SUPERVISOR: return read_scope(listing, "", "");
    default: return 0;
    }
}

static int read_all(struct listing *listing)
{
    const struct td_account *who = listing->review->who;
    const struct filter *filter = &listing->filter;
    int result = td_tx_rows(listing->review->tx, &listing->all_series,
                            "select distinct series from cycle", "");
    if (!result)
        result = td_unit_divisions(listing->review->tx, &listing->all_divisions);
    if (!result)
        result = read_range(listing, &(struct range){who->id, "", filter->state, "",
                                                     filter->division, filter->level});
    for (size_t i = 0; !result && i < who->grant_count; i++)
        result = read_grant(listing, &who->grants[i]);
    json_decref(listing->all_series);
    json_decref(listing->all_divisions);
    return result;
}

static int list_newest(struct td_review *review, const struct filter *filter, json_t *rows)
{
    struct listing listing = {.review = review, .filter = *filter};
    int result = read_all(&listing);
    for (size_t i = 0; !result && i < listing.count; i++) {
        json_t *row = NULL;
        result = td_tx_row(review->tx, &row, COLUMNS "a.id = $1", "s", listing.newest[i]);
        if (!result)
            json_array_append_new(rows, row);
    }
    return result;
}

/* --- searches ---------------------------------------------------------------------- */

static bool fits(const char *wanted, const json_t *row, const char *member)
{
    return !*wanted || td_row_equals(row, member, wanted);
}

static int list_number(struct td_review *review, const struct filter *filter, json_t *rows)
{
    json_t *found = NULL, *application = NULL, *row = NULL;
    int result = *filter->cursor
                     ? TD_ENOTFOUND
                     : td_tx_row(review->tx, &found, "select id from application where number = $1",
                                 "s", filter->q);
    if (!result)
        result = td_application_load(review, td_row_text(found, "id"), &application, NULL);
    bool shown = !result && fits(filter->state, application, "state") &&
                 fits(filter->level, application, "level") &&
                 fits(filter->division, application, "division_code");
    if (shown)
        result = td_tx_row(review->tx, &row, COLUMNS "a.id = $1", "s", td_row_text(found, "id"));
    if (row)
        json_array_append_new(rows, row);
    json_decref(found);
    json_decref(application);
    return result == TD_ENOTFOUND ? 0 : result;
}

/* Where a page of names goes on: after this name, person and dossier. */
struct place {
    const char *name, *person, *id; /* arena */
};

/* Of a cursor that the caller may see: others must not tell where in the order a stranger's name
 * stands. */
static int find_place(struct td_review *review, const struct filter *filter, struct place *place)
{
    *place = (struct place){filter->q, "", ""};
    if (!*filter->cursor)
        return 0;
    json_t *last = NULL;
    int result = td_application_load(review, filter->cursor, &last, NULL);
    if (result)
        return result;
    *place = (struct place){
        td_arena_strdup(review->arena, td_row_text(last, "applicant_name")),
        td_arena_strdup(review->arena, td_row_text(last, "account_id")),
        filter->cursor,
    };
    json_decref(last);
    return place->name && place->person ? 0 : TD_ENOMEM;
}

/* Names from `place` on that begin with q: an index range that ends before q and the last character
 * there is. */
static int list_names(struct td_review *review, const struct filter *filter, json_t *rows)
{
    struct place place;
    json_t *found = NULL;
    const char *visible = td_application_filter(review);
    int result = find_place(review, filter, &place);
    if (result)
        return result == TD_ENOTFOUND ? 0 : result;
    const char *end = td_arena_printf(review->arena, "%s\U0010FFFF", filter->q);
    const char *sql =
        visible && end
            ? td_arena_printf(review->arena,
                              COLUMNS "%s and p.name >= $2 and p.name < $3 and (p.name > $2 or "
                                      "p.id > $4 or (p.id = $4 and a.id > $5))%s%s%s "
                                      "order by p.name, p.id, a.id limit %d",
                              visible, *filter->state ? " and a.state = $6" : " and $6 = ''",
                              *filter->level ? " and a.level = $7" : " and $7 = ''",
                              *filter->division ? " and a.division_code = $8" : " and $8 = ''",
                              (int)WANTED)
            : NULL;
    if (!sql)
        return TD_ENOMEM;
    result = td_tx_rows(review->tx, &found, sql, "ssssssss", review->who->id, place.name, end,
                        place.person, place.id, filter->state, filter->level, filter->division);
    if (!result)
        json_array_extend(rows, found);
    json_decref(found);
    return result;
}

int td_application_list(struct td_review *review, const json_t *filter, json_t **ret_page)
{
    struct filter wanted = {
        .state = td_row_text(filter, "state"),
        .level = td_row_text(filter, "level"),
        .division = td_row_text(filter, "division"),
        .q = td_row_text(filter, "q"),
        .cursor = td_row_text(filter, "cursor"),
    };
    json_t *rows = json_array(), *row;
    size_t i;
    int result = !rows                                ? TD_ENOMEM
                 : !*wanted.q                         ? list_newest(review, &wanted, rows)
                 : strspn(wanted.q, "0123456789") > 0 ? list_number(review, &wanted, rows)
                                                      : list_names(review, &wanted, rows);
    if (result) {
        json_decref(rows);
        return result;
    }
    json_array_foreach(rows, i, row) {
        enum td_state state = TD_STATE_DRAFT;
        const char *due = td_row_text(row, "due_at");
        td_state_parse(td_row_text(row, "state"), &state);
        td_application_name(review, row);
        json_object_set_new(row, "holder", json_string(td_state_holder(state)));
        json_object_set_new(row, "overdue", json_boolean(*due && strcmp(due, review->now) < 0));
    }
    *ret_page = td_row_page(rows, "id");
    return 0;
}
