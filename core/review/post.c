/* post.c - see post.h: appointment, pay and their end. Owns `post` and a title's
 * `pre_directed_grade`; moves are post_move.c's, the dossier's state is the workflow's, the posts
 * to be had are quota.c's. */
#include "review/post_row.h"

#include "base/id.h"
#include "review/cycle.h"
#include "review/quota.h"
#include "review/row.h"
#include "review/workflow.h"
#include "store/store.h"

#include <string.h>

void td_post_grades(const char *level, int *ret_first, int *ret_last)
{
    static const struct {
        const char *level;
        int first, last;
    } rows[] = {
        {"full_senior", 1, 4}, {"senior", 5, 7}, {"intermediate", 8, 10}, {"junior", 11, 13}};
    *ret_first = *ret_last = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (!strcmp(rows[i].level, level)) {
            *ret_first = rows[i].first;
            *ret_last = rows[i].last;
        }
}

int td_post_load(struct td_review *review, const char *title_id, json_t **ret_title)
{
    return td_tx_row(review->tx, ret_title,
                     "select a.id, t.id as title_id, a.account_id, a.state, a.returned_to, a.year,"
                     " a.series, a.level, a.cycle_id, a.number, t.awarded_on, t.track,"
                     " t.number as certificate_number,"
                     " t.pre_directed_grade, coalesce(t.unit_id, '') as unit_id,"
                     " coalesce(u.division_code, '') as division_code,"
                     " coalesce(u.name, '') as unit_name from title t"
                     " join application a on a.id = t.application_id"
                     " left join unit u on u.id = t.unit_id where t.id = $1",
                     "s", title_id);
}

bool td_post_is_directed(const json_t *title)
{
    return !td_row_equals(title, "track", "general");
}

/* The unit where the holder serves, or the bureau; never the holder himself. */
static int check_who(const struct td_review *review, const json_t *title, bool unit_too,
                     struct td_error *reterr)
{
    const char *unit = td_row_text(title, "unit_id");
    bool unit_official = *unit && td_account_has(review->who, TD_ROLE_UNIT, unit);
    if (!unit_official && !td_row_is(review, TD_ROLE_BUREAU))
        return td_error_set(reterr, TD_ENOTFOUND, "not this caller's");
    if (td_row_equals(title, "account_id", review->who->id))
        return td_error_key(reterr, TD_EFORBIDDEN, "own_dossier", NULL);
    if (!unit_too && !td_row_is(review, TD_ROLE_BUREAU))
        return td_error_key(reterr, TD_EFORBIDDEN, "role_missing", NULL);
    return 0;
}

int td_post_load_for(struct td_review *review, const char *title_id, bool unit_too,
                     json_t **ret_title, struct td_error *reterr)
{
    json_t *title = NULL;
    int rc = td_post_load(review, title_id, &title);
    if (rc == 0)
        rc = check_who(review, title, unit_too, reterr);
    if (rc < 0)
        json_decref(title);
    else
        *ret_title = title;
    return rc;
}

int td_post_state_wrong(const json_t *title, const char *action, struct td_error *reterr)
{
    return td_error_key(
        reterr, TD_ECONFLICT, "state_wrong",
        json_pack("{s:s, s:s}", "action", action, "state", td_row_text(title, "state")));
}

/* A day that is not before `from` nor after today. */
static void check_day(const struct td_review *review, const char *field, const char *day,
                      const char *from, struct td_error *reterr)
{
    if (strcmp(day, review->today) > 0)
        td_error_field(reterr, field, "future", "this day is still to come");
    else if (strcmp(day, from) < 0)
        td_error_field(reterr, field, "before_title", "this is before the title was awarded");
}

/* Not before what is recorded last of a title: an appointment or a move. */
static int check_last(struct td_review *review, const json_t *title, const char *day,
                      struct td_error *reterr)
{
    json_t *last = NULL;
    int rc = td_tx_row(review->tx, &last,
                       "select coalesce(max(day), '') as day from (select max(moved_on) as day from"
                       " title_move where title_id = $1 union all select max(from_on) from post"
                       " where title_id = $1) s",
                       "s", td_row_text(title, "title_id"));
    if (rc == 0 && strcmp(day, td_row_text(last, "day")) < 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "move_out_of_order",
                          json_pack("{s:O}", "last", json_object_get(last, "day")));
    json_decref(last);
    return rc;
}

int td_post_check_order(struct td_review *review, const json_t *title, const char *field,
                        const char *day, struct td_error *reterr)
{
    check_day(review, field, day, td_row_text(title, "awarded_on"), reterr);
    return reterr->code == TD_EFIELDS ? TD_EFIELDS : check_last(review, title, day, reterr);
}

/* --- posts ------------------------------------------------------------------------------------ */

/* The last day on which the pay is honoured in time. */
static int pay_due(struct td_review *review, const json_t *title, const char *pay_on,
                   char due[TD_DATE_TEXT])
{
    json_t *cycle = NULL;
    td_date day;
    int rc = td_date_parse(pay_on, &day);
    if (rc == 0)
        rc = td_cycle_load(review->tx, td_row_text(title, "cycle_id"), &cycle);
    if (rc == 0)
        td_date_format(day + (td_date)td_cycle_parameter(cycle, "pay_days", 30), due);
    json_decref(cycle);
    return rc;
}

int td_post_open(struct td_review *review, const json_t *title, const char *unit_id,
                 const struct td_post_opening *opening)
{
    char id[TD_ID_TEXT], due[TD_DATE_TEXT];
    int rc = pay_due(review, title, opening->pay_on, due);
    if (rc < 0)
        return rc;
    td_id_new(id);
    return td_tx_exec(review->tx, NULL,
                      "insert into post (id, title_id, account_id, unit_id, place, ladder, grade,"
                      " from_on, pay_effective_on, document, recorded_by, recorded_at, pay_due_on)"
                      " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
                      "ssssssissssss", id, td_row_text(title, "title_id"),
                      td_row_text(title, "account_id"), *unit_id ? unit_id : NULL, opening->place,
                      opening->ladder, opening->grade, opening->from_on, opening->pay_on,
                      opening->document, td_row_actor(review), review->now, due);
}

int td_post_close(struct td_review *review, const char *title_id, const char *on)
{
    char until[TD_DATE_TEXT];
    td_date day;
    int rc = td_date_parse(on, &day);
    if (rc < 0)
        return rc;
    td_date_format(day - 1, until);
    return td_tx_exec(review->tx, NULL,
                      "update post set until_on = case when from_on > $2 then from_on else $2 end"
                      " where title_id = $1 and until_on is null",
                      "ss", title_id, until);
}

/* --- appointment and pay ---------------------------------------------------------------------- */

static int check_appointment(const struct td_review *review, const json_t *title,
                             const json_t *below, const json_t *post, struct td_error *reterr)
{
    int first, last;
    int64_t grade = td_row_int(post, "grade"), before = td_row_int(post, "pre_directed_grade");
    int64_t known = before;
    const char *on = td_row_text(post, "appointed_on"),
               *pay = td_row_text(post, "pay_effective_on");
    td_post_grades(td_row_text(title, "level"), &first, &last);
    if (grade < first || grade > last)
        td_error_field(reterr, "grade", "post_grade", "this level has grades %d to %d", first,
                       last);
    else if (before != 0 && before <= grade)
        td_error_field(reterr, "pre_directed_grade", "post_grade_order",
                       "the post held before is lower than the new one");
    else if (td_post_is_directed(title) && td_post_grade_before(below, &known) && known != before)
        td_error_field(reterr, "pre_directed_grade", "post_grade_directed",
                       "before the first directed evaluation it was %lld", (long long)known);
    check_day(review, "appointed_on", on, td_row_text(title, "awarded_on"), reterr);
    if (strcmp(pay, td_row_text(title, "awarded_on")) < 0)
        td_error_field(reterr, "pay_effective_on", "before_title",
                       "this is before the title was awarded");
    return reterr->code == TD_EFIELDS ? TD_EFIELDS : 0;
}

/* To be appointed: not yet, or no more on a higher one. */
static int check_appointable(struct td_review *review, const json_t *title, struct td_error *reterr)
{
    const char *higher = "";
    if (!td_row_equals(title, "state", "certified") && !td_row_equals(title, "state", "superseded"))
        return td_post_state_wrong(title, "appoint", reterr);
    int rc = td_post_outranked(review, title, &higher);
    return rc < 0 || !*higher ? rc
                              : td_error_key(reterr, TD_ECONFLICT, "higher_appointed",
                                             json_pack("{s:s}", "number", higher));
}

/* Whether the appointment may be made, also in the order of what is recorded of the other
 * titles. */
static int check_post(struct td_review *review, const json_t *title, const json_t *post,
                      struct td_error *reterr)
{
    json_t *below = NULL, *lower;
    const char *on = td_row_text(post, "appointed_on");
    size_t i;
    int rc = check_appointable(review, title, reterr);
    if (rc == 0)
        rc = td_post_below(review, title, &below);
    if (rc == 0)
        rc = check_appointment(review, title, below, post, reterr);
    if (rc == 0)
        rc = td_post_check_order(review, title, "appointed_on", on, reterr);
    if (rc == 0)
        rc = td_post_check_ended(review, title, on, reterr);
    json_array_foreach(below, i, lower)
        if (rc == 0)
            rc = check_last(review, lower, on, reterr);
    json_decref(below);
    return rc;
}

/* Takes the post of the ledger and begins the appointment. */
static int take_up(struct td_review *review, const json_t *title,
                   const struct td_post_opening *opening, int64_t before, struct td_error *reterr)
{
    const char *id = td_row_text(title, "title_id");
    int rc = td_post_is_directed(title)
                 ? td_quota_consume(review, title, td_row_text(title, "unit_id"),
                                    td_row_text(title, "division_code"), reterr)
                 : 0;
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update title set pre_directed_grade = nullif($2, 0) where id = $1", "si",
                        id, before);
    if (rc == 0)
        rc = td_post_open(review, title, td_row_text(title, "unit_id"), opening);
    return rc < 0 ? rc
                  : td_row_log(review, "title.appoint", "title", id,
                               json_pack("{s:I, s:I, s:s, s:s, s:s}", "grade",
                                         (json_int_t)opening->grade, "pre_directed_grade",
                                         (json_int_t)before, "appointed_on", opening->from_on,
                                         "pay_effective_on", opening->pay_on, "unit",
                                         td_row_text(title, "unit_id")));
}

int td_post_appoint(struct td_review *review, const char *title_id, const json_t *post,
                    struct td_error *reterr)
{
    json_t *title = NULL;
    int rc = td_post_load_for(review, title_id, true, &title, reterr);
    if (rc < 0)
        return rc;
    struct td_post_opening opening = {td_post_is_directed(title) ? "directed" : "general",
                                      td_row_text(post, "appointed_on"),
                                      td_row_text(post, "pay_effective_on"),
                                      "",
                                      td_row_text(post, "document"),
                                      td_row_int(post, "grade")};
    rc = check_post(review, title, post, reterr);
    if (rc == 0)
        rc = take_up(review, title, &opening, td_row_int(post, "pre_directed_grade"), reterr);
    if (rc == 0)
        rc = td_workflow_apply_as(review, td_row_text(title, "id"),
                                  td_row_is(review, TD_ROLE_BUREAU) ? "bureau" : "unit", "appoint",
                                  opening.document, reterr);
    if (rc == 0)
        rc = td_post_supersede_below(review, title, td_row_text(title, "certificate_number"),
                                     opening.from_on, reterr);
    json_decref(title);
    return rc;
}

int td_post_pay(struct td_review *review, const char *title_id, const char *honoured_on,
                struct td_error *reterr)
{
    json_t *title = NULL, *post = NULL;
    int64_t changed = 0;
    int rc = td_post_load_for(review, title_id, true, &title, reterr);
    if (rc < 0)
        return rc;
    if (!td_row_equals(title, "state", "appointed"))
        rc = td_post_state_wrong(title, "pay", reterr);
    if (rc == 0)
        rc = td_tx_row(review->tx, &post,
                       "select id, from_on from post where title_id = $1 and until_on is null", "s",
                       title_id);
    if (rc == 0) {
        check_day(review, "honoured_on", honoured_on, td_row_text(title, "awarded_on"), reterr);
        rc = reterr->code == TD_EFIELDS ? TD_EFIELDS : 0;
    }
    if (rc == 0)
        rc = td_tx_exec(review->tx, &changed,
                        "update post set pay_honoured_on = $2 where id = $1"
                        " and pay_honoured_on is null",
                        "ss", td_row_text(post, "id"), honoured_on);
    if (rc == 0 && !changed)
        rc = td_error_key(reterr, TD_ECONFLICT, "pay_recorded", NULL);
    if (rc == 0)
        rc = td_row_log(review, "title.pay", "title", title_id,
                        json_pack("{s:s}", "honoured_on", honoured_on));
    json_decref(title);
    json_decref(post);
    return rc;
}

/* --- the end ---------------------------------------------------------------------------------- */

static int retire_one(struct td_review *review, const json_t *title, const char *retired_on,
                      struct td_error *reterr)
{
    const char *title_id = td_row_text(title, "title_id");
    int rc = td_post_close(review, title_id, retired_on);
    if (rc == 0)
        rc = td_row_log(review, "title.retire", "title", title_id,
                        json_pack("{s:s}", "retired_on", retired_on));
    return rc < 0 ? rc
                  : td_workflow_apply(review, td_row_text(title, "id"), "retire", retired_on, NULL,
                                      reterr);
}

/* Who is appointed on a higher title retires from that one, and with it from this. */
static int check_retirable(struct td_review *review, const json_t *title, struct td_error *reterr)
{
    const char *higher = "";
    bool ends = !td_row_equals(title, "state", "suspended");
    int rc = 0;
    if (td_row_equals(title, "state", "superseded"))
        rc = td_post_outranked(review, title, &higher);
    return rc < 0 || (ends && !*higher) ? rc : td_post_state_wrong(title, "retire", reterr);
}

int td_post_retire(struct td_review *review, const char *title_id, const char *retired_on,
                   struct td_error *reterr)
{
    json_t *title = NULL, *others = NULL, *other;
    size_t i;
    int rc = td_post_load_for(review, title_id, false, &title, reterr);
    if (rc < 0)
        return rc;
    rc = check_retirable(review, title, reterr);
    if (rc == 0)
        rc = td_post_check_order(review, title, "retired_on", retired_on, reterr);
    if (rc == 0)
        rc = td_tx_rows(review->tx, &others,
                        "select a.id, t.id as title_id from title t join application a on a.id ="
                        " t.application_id where t.account_id = $1 and t.id <> $2 and t.series = $3"
                        " and (a.state = 'superseded' or (a.state = 'suspended'"
                        " and a.returned_to = 'superseded')) order by t.id",
                        "sss", td_row_text(title, "account_id"), title_id,
                        td_row_text(title, "series"));
    if (rc == 0)
        rc = retire_one(review, title, retired_on, reterr);
    json_array_foreach(others, i, other)
        if (rc == 0)
            rc = retire_one(review, other, retired_on, reterr);
    json_decref(others);
    json_decref(title);
    return rc;
}

int td_post_follow(struct td_review *review, const json_t *application, const char *to,
                   struct td_error *reterr)
{
    static const char *const ends[] = {"superseded", "suspended", "converted", "revoked",
                                       "retired"};
    bool over = false;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        over |= !strcmp(ends[i], to);
    if (!over)
        return 0;
    const char *id = td_row_text(application, "id");
    json_t *title = NULL;
    int rc = td_quota_release(review, id, to, reterr);
    if (rc == 0 && strcmp(to, "suspended") != 0)
        rc = td_tx_row(review->tx, &title, "select id from title where application_id = $1", "s",
                       id);
    if (rc == 0 && title)
        rc = td_post_close(review, td_row_text(title, "id"), review->today);
    json_decref(title);
    return rc == TD_ENOTFOUND ? 0 : rc;
}
