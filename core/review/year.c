/* year.c - see year.h. Reads; owns nothing. */
#include "review/year.h"

#include "review/committee.h"
#include "review/row.h"
#include "review/window.h"
#include "review/workflow.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

enum { OFFICES_MAX = 100 };

static void fixed_day(struct td_year_day *day, int year, int month, int date)
{
    td_date_format(td_date_from(year, month, date), day->day);
    day->confirmed = true;
}

static int counted_day(const struct td_calendar *calendar, const char *from, int count,
                       struct td_year_day *ret_day, struct td_error *reterr)
{
    td_date start, end = TD_DATE_NONE;
    *ret_day = (struct td_year_day){.confirmed = true};
    if (td_date_parse(from, &start) != 0)
        return 0;
    int result = td_calendar_add(calendar, start, count, &end, &ret_day->confirmed, reterr);
    if (!result)
        td_date_format(end, ret_day->day);
    return result;
}

int td_year_days(const struct td_calendar *calendar, int year, const char *begins, const char *ends,
                 struct td_year_days *ret_days, struct td_error *reterr)
{
    struct td_year_days days;
    fixed_day(&days.notice, year, TD_YEAR_NOTICE_MONTH, TD_YEAR_NOTICE_DAY);
    fixed_day(&days.review, year, TD_YEAR_REVIEW_MONTH, TD_YEAR_REVIEW_DAY);
    int result = counted_day(calendar, begins, -TD_YEAR_FILING_DAYS, &days.plan, reterr);
    if (!result)
        result = counted_day(calendar, *ends ? ends : days.review.day, TD_YEAR_FILING_DAYS,
                             &days.report, reterr);
    if (!result)
        *ret_days = days;
    return result;
}

static bool is_soon(const char *today, const char *due)
{
    td_date now, then;
    return td_date_parse(today, &now) == 0 && td_date_parse(due, &then) == 0 &&
           then - now <= TD_YEAR_SOON_DAYS;
}

const char *td_year_progress(const char *today, const char *due, const char *done)
{
    if (*done)
        return *due && strcmp(done, due) > 0 ? "done_late" : "done";
    if (*due && strcmp(today, due) > 0)
        return "late";
    return is_soon(today, due) ? "due" : "open";
}

/* --- what has happened ------------------------------------------------------------------------ */

/* Counts and days of a cycle; empty for the public, who must not learn them from here. */
struct facts {
    json_t *counts;   /* [{"state", "level", "count"}] */
    json_t *overdue;  /* [{"state", "overdue", "oldest_due_at"}] */
    json_t *meetings; /* [{"level", "meetings", "running", "first_at", "last_at"}] */
    json_t *filed;    /* [{"kind", "first_at"}] */
    char begun[TD_DATE_TEXT], ended[TD_DATE_TEXT]; /* of the review; "" */
};

static void free_facts(struct facts *facts)
{
    json_decref(facts->counts);
    json_decref(facts->overdue);
    json_decref(facts->meetings);
    json_decref(facts->filed);
}

/* The Shanghai day of a time; "" of none. */
static void day_of(const char *time, char day[TD_DATE_TEXT])
{
    td_date date;
    day[0] = 0;
    if (td_time_day(time, &date) == 0)
        td_date_format(date, day);
}

static int64_t count_in(const struct facts *facts, const char *state, const char *level)
{
    int64_t count = 0;
    size_t i;
    json_t *row;
    json_array_foreach(facts->counts, i, row)
        if (td_row_equals(row, "state", state) && (!*level || td_row_equals(row, "level", level)))
            count += td_row_int(row, "count");
    return count;
}

/* Dossiers that the committee has still to decide on: from acceptance to the vote. */
static int64_t undecided(const struct facts *facts, const char *level)
{
    return count_in(facts, "accepted", level) + count_in(facts, "panel_review", level) +
           count_in(facts, "committee_vote", level);
}

/* The review has begun with its first meeting, and is over once nobody waits for a decision. */
static void bound_review(struct facts *facts)
{
    size_t i;
    json_t *row;
    int64_t running = undecided(facts, "");
    const char *first = "", *last = "";
    json_array_foreach(facts->meetings, i, row) {
        const char *begun = td_row_text(row, "first_at"), *ended = td_row_text(row, "last_at");
        running += td_row_int(row, "running");
        if (*begun && (!*first || strcmp(begun, first) < 0))
            first = begun;
        if (strcmp(ended, last) > 0)
            last = ended;
    }
    day_of(first, facts->begun);
    if (!running)
        day_of(last, facts->ended);
}

static int gather(struct td_review *review, const char *cycle_id, struct facts *facts)
{
    int result = td_tx_rows(review->tx, &facts->counts,
                            "select state, level, count(*) as count from application where "
                            "cycle_id = $1 and state <> 'draft' group by state, level",
                            "s", cycle_id);
    if (!result)
        result = td_tx_rows(review->tx, &facts->overdue,
                            "select state, count(*) as overdue, min(due_at) as oldest_due_at from "
                            "application where cycle_id = $1 and due_at < $2 group by state",
                            "ss", cycle_id, review->now);
    if (!result)
        result = td_tx_rows(
            review->tx, &facts->meetings,
            "select c.level, count(*) as meetings, sum(case when m.opened_at is not null and "
            "m.closed_at is null then 1 else 0 end) as running, min(m.opened_at) as first_at, "
            "max(m.closed_at) as last_at from meeting m join committee c on c.id = m.committee_id "
            "where m.cycle_id = $1 group by c.level",
            "s", cycle_id);
    if (!result)
        result =
            td_tx_rows(review->tx, &facts->filed,
                       "select kind, min(sent_at) as first_at from filing where "
                       "cycle_id = $1 and state <> 'refused' and sent_at is not null group by kind",
                       "s", cycle_id);
    if (!result)
        bound_review(facts);
    return result;
}

/* --- milestones ------------------------------------------------------------------------------- */

static json_t *milestone(const char *name, const char *holder, const char *from,
                         const struct td_year_day *due, const char *done, const char *progress)
{
    bool late = !strcmp(progress, "late") || !strcmp(progress, "done_late");
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b}", "milestone", name, "holder",
                     holder, "from", from, "due_on", due->day, "done_on", done, "progress",
                     progress, "confirmed", (int)due->confirmed, "is_late", (int)late);
}

static const char *window_progress(const char *today, const struct td_window *window)
{
    if (strcmp(today, window->opens) < 0)
        return "coming";
    return *window->closes && strcmp(today, window->closes) > 0 ? "over" : "running";
}

static const json_t *find(const json_t *rows, const char *member, const char *value)
{
    size_t i;
    json_t *row;
    json_array_foreach((json_t *)rows, i, row)
        if (td_row_equals(row, member, value))
            return row;
    return NULL;
}

/* How many dossiers stand in the states of a stage, and how many of them are late. */
static void stage_figures(const struct facts *facts, const char *stage, int64_t *ret_waiting,
                          int64_t *ret_overdue)
{
    *ret_waiting = *ret_overdue = 0;
    for (int i = 0; i < TD_STATE_COUNT; i++) {
        const char *state = td_state_name((enum td_state)i);
        if (strcmp(td_window_stage_of(state), stage) != 0)
            continue;
        *ret_waiting += count_in(facts, state, "");
        *ret_overdue += td_row_int(find(facts->overdue, "state", state), "overdue");
    }
}

/* The stages that have bounds, or where something waits; "late" when what waits there is. */
static void add_windows(const struct td_review *review, const json_t *cycle,
                        const struct facts *facts, bool inside, json_t *milestones)
{
    size_t count;
    const struct td_window_stage *stage = td_window_stages(&count);
    for (size_t i = 0; i + 1 < count; i++) {
        struct td_window window;
        int64_t waiting, overdue;
        td_window_of(cycle, stage[i].name, "", &window);
        stage_figures(facts, stage[i].name, &waiting, &overdue);
        if (!*window.opens && !*window.closes && !waiting)
            continue;
        struct td_year_day due = {.confirmed = true};
        snprintf(due.day, sizeof(due.day), "%s", window.closes);
        json_t *entry = milestone(stage[i].name, stage[i].holder, window.opens, &due, "",
                                  overdue ? "late" : window_progress(review->today, &window));
        if (inside) {
            json_object_set_new(entry, "waiting", json_integer(waiting));
            json_object_set_new(entry, "overdue", json_integer(overdue));
            json_object_set_new(entry, "has_work", json_boolean(waiting > 0));
            json_object_set_new(entry, "has_late", json_boolean(overdue > 0));
        }
        json_array_append_new(milestones, entry);
    }
}

static void filed_on(const struct facts *facts, const char *kind, char day[TD_DATE_TEXT])
{
    day_of(td_row_text(find(facts->filed, "kind", kind), "first_at"), day);
}

/* The last day of a result notice's start, when nobody who passed waits for his. */
static int published_on(struct td_review *review, const char *cycle_id, char day[TD_DATE_TEXT])
{
    json_t *row = NULL;
    int result = td_tx_row(review->tx, &row,
                           "select max(starts_on) as day from public_notice where cycle_id = $1 "
                           "and kind = 'result'",
                           "s", cycle_id);
    if (!result)
        snprintf(day, TD_DATE_TEXT, "%.10s", td_row_text(row, "day"));
    json_decref(row);
    return result;
}

/* What the committees and the bureau owe, from the plan to the region's approval. */
static int add_duties(struct td_review *review, const json_t *cycle, const struct facts *facts,
                      bool inside, json_t *milestones, struct td_error *reterr)
{
    struct td_window planned;
    struct td_year_days days;
    char plan[TD_DATE_TEXT], report[TD_DATE_TEXT], result_on[TD_DATE_TEXT] = "",
                                                   approved[TD_DATE_TEXT];
    td_window_of(cycle, "review", "", &planned);
    const char *begins = *facts->begun ? facts->begun : planned.opens;
    int result = td_year_days(review->calendar, (int)td_row_int(cycle, "year"), begins,
                              *facts->ended ? facts->ended : planned.closes, &days, reterr);
    if (!result)
        result = published_on(review, td_row_text(cycle, "id"), result_on);
    if (result)
        return result;
    const char *today = review->today, *notice = td_row_text(cycle, "notice_date");
    json_array_insert_new(milestones, 0,
                          milestone("notice", "bureau", "", &days.notice, notice,
                                    td_year_progress(today, days.notice.day, notice)));
    filed_on(facts, "plan", plan);
    filed_on(facts, "report", report);
    filed_on(facts, "results", approved);
    if (inside)
        json_array_append_new(milestones, milestone("plan", "office", "", &days.plan, plan,
                                                    td_year_progress(today, days.plan.day, plan)));
    const char *running = *begins && strcmp(today, begins) < 0 ? "coming" : "running";
    const char *stand = td_year_progress(today, days.review.day, facts->ended);
    json_array_append_new(milestones,
                          milestone("review", "office", begins, &days.review, facts->ended,
                                    !strcmp(stand, "open") ? running : stand));
    struct td_year_day none = {.confirmed = true};
    bool waits = count_in(facts, "passed", "") > 0;
    json_array_append_new(milestones,
                          milestone("result_notice", "office", "", &none, waits ? "" : result_on,
                                    *result_on && !waits ? "done" : "open"));
    if (inside) {
        json_array_append_new(milestones,
                              milestone("report", "office", "", &days.report, report,
                                        td_year_progress(today, days.report.day, report)));
        json_array_append_new(milestones, milestone("filing", "bureau", "", &none, approved,
                                                    *approved ? "done" : "open"));
    }
    return 0;
}

/* --- levels, stages, offices ------------------------------------------------------------------ */

/* The committees of a level and how each stands today; *ret_ready when one may review. */
static json_t *committees_of(const struct td_review *review, const json_t *committees,
                             const char *level, bool *ret_ready)
{
    json_t *list = json_array(), *committee;
    size_t i;
    *ret_ready = false;
    json_array_foreach((json_t *)committees, i, committee) {
        const char *state = td_committee_state(committee, review->today);
        if (!td_row_equals(committee, "level", level) || !strcmp(state, "withdrawn"))
            continue;
        *ret_ready = *ret_ready || !strcmp(state, "approved");
        json_array_append_new(
            list, json_pack("{s:O, s:O, s:s, s:O?}", "id", json_object_get(committee, "id"), "name",
                            json_object_get(committee, "name"), "committee_state", state,
                            "valid_until", json_object_get(committee, "valid_until")));
    }
    return list;
}

static json_t *level_row(const struct td_review *review, const struct facts *facts,
                         const json_t *committees, const char *level)
{
    bool ready = false;
    char first[TD_DATE_TEXT], last[TD_DATE_TEXT];
    const json_t *meeting = find(facts->meetings, "level", level);
    json_t *own = committees_of(review, committees, level, &ready);
    int64_t dossiers = 0, waiting = undecided(facts, level), decided = 0;
    for (int i = 0; i < TD_STATE_COUNT; i++)
        dossiers += count_in(facts, td_state_name((enum td_state)i), level);
    for (int i = TD_STATE_PASSED; i <= TD_STATE_RETIRED; i++)
        decided += count_in(facts, td_state_name((enum td_state)i), level);
    day_of(td_row_text(meeting, "first_at"), first);
    day_of(waiting ? "" : td_row_text(meeting, "last_at"), last);
    return json_pack("{s:s, s:o, s:b, s:I, s:I, s:I, s:I, s:s, s:s}", "level", level, "committees",
                     own, "is_ready", (int)ready, "dossiers", (json_int_t)dossiers, "waiting",
                     (json_int_t)waiting, "decided", (json_int_t)decided, "meetings",
                     (json_int_t)td_row_int(meeting, "meetings"), "first_on", first, "last_on",
                     last);
}

/* Each level for itself: one may be over before another has a committee. */
static int add_levels(struct td_review *review, const json_t *cycle, const struct facts *facts,
                      json_t *view)
{
    static const char *const levels[] = {"junior", "intermediate", "senior", "full_senior"};
    const json_t *descriptor = json_object_get(review->catalog, td_row_text(cycle, "series"));
    json_t *committees = NULL, *list = json_array();
    int result =
        td_tx_rows(review->tx, &committees, "select * from committee where series = $1 order by id",
                   "s", td_row_text(cycle, "series"));
    for (size_t i = 0; !result && i < sizeof(levels) / sizeof(levels[0]); i++) {
        const json_t *own = find(json_object_get(descriptor, "levels"), "id", levels[i]);
        if (!own || td_row_bool(own, "exam_based"))
            continue;
        json_array_append_new(list, level_row(review, facts, committees, levels[i]));
    }
    json_object_set_new(view, "levels", list);
    json_decref(committees);
    return result;
}

static void add_stages(const struct facts *facts, json_t *view)
{
    json_t *list = json_array();
    for (int i = 0; i < TD_STATE_COUNT; i++) {
        const char *state = td_state_name((enum td_state)i);
        int64_t waiting = count_in(facts, state, "");
        const json_t *late = find(facts->overdue, "state", state);
        if (!waiting || !*td_state_holder((enum td_state)i))
            continue;
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:I, s:I, s:b, s:O?}", "state", state, "holder",
                            td_state_holder((enum td_state)i), "waiting", (json_int_t)waiting,
                            "overdue", (json_int_t)td_row_int(late, "overdue"), "has_late",
                            late != NULL, "oldest_due_at", json_object_get(late, "oldest_due_at")));
    }
    json_object_set_new(view, "stages", list);
}

#define UNIT_STATES     "('submitted', 'unit_review', 'unit_notice')"
#define DISTRICT_STATES "('district_industry_review', 'district_hr_review')"

/* Who is late: units and districts by name, the others by their role alone. */
static int add_offices(struct td_review *review, const char *cycle_id, json_t *view)
{
    json_t *rows = NULL, *row;
    size_t i;
    int result = td_tx_rows(
        review->tx, &rows,
        "select a.state, case when a.state in " UNIT_STATES " then max(u.name) when a.state "
        "in " DISTRICT_STATES " then max(d.name) else '' end as name, count(*) as overdue, "
        "min(a.due_at) as oldest_due_at from application a join unit u on u.id = a.unit_id "
        "join division d on d.code = a.division_code where a.cycle_id = $1 and a.due_at < $2 "
        "and a.state not in ('returned', 'supplement', 'fee_due') "
        "group by a.state, case when a.state in " UNIT_STATES " then a.unit_id when a.state "
        "in " DISTRICT_STATES " then a.division_code else '' end "
        "order by count(*) desc, min(a.due_at) limit $3",
        "ssi", cycle_id, review->now, (int64_t)OFFICES_MAX);
    json_array_foreach(rows, i, row) {
        enum td_state state = TD_STATE_COUNT;
        td_state_parse(td_row_text(row, "state"), &state);
        json_object_set_new(row, "holder", json_string(td_state_holder(state)));
    }
    json_object_set_new(view, "offices", rows ? rows : json_array());
    return result;
}

int td_year_view(struct td_review *review, const json_t *cycle, bool inside, json_t **ret_view,
                 struct td_error *reterr)
{
    struct facts facts = {0};
    const char *id = td_row_text(cycle, "id");
    json_t *view = json_object(), *milestones = json_array();
    json_object_set_new(view, "milestones", milestones);
    int result = inside ? gather(review, id, &facts) : 0;
    add_windows(review, cycle, &facts, inside, milestones);
    if (!result)
        result = add_duties(review, cycle, &facts, inside, milestones, reterr);
    if (!result && inside)
        result = add_levels(review, cycle, &facts, view);
    if (!result && inside)
        result = add_offices(review, id, view);
    if (!result && inside)
        add_stages(&facts, view);
    free_facts(&facts);
    if (result)
        json_decref(view);
    else
        *ret_view = view;
    return result;
}
