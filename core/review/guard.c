/* guard.c - see guard.h. Holds no state; asks verification.c, notice tables and the cycle. */
#include "review/guard.h"

#include "review/calendar.h"
#include "review/complaint.h"
#include "review/cycle.h"
#include "review/integrity.h"
#include "review/ladder.h"
#include "review/notice.h"
#include "review/panel.h"
#include "review/row.h"
#include "review/verification.h"
#include "store/store.h"

#include <string.h>

static int refuse(struct td_error *reterr, const char *key, json_t *parameters)
{
    return td_error_key(reterr, TD_ECONFLICT, key, parameters);
}

int td_guard_submission(struct td_review *review, const json_t *application,
                        struct td_error *reterr)
{
    int64_t ready = 0;
    int result =
        td_tx_int(review->tx, &ready,
                  "select count(*) from snapshot s join application a on a.snapshot_id = s.id "
                  "where a.id = $1 and a.pledge_at is not null and s.created_at >= a.state_at",
                  "s", td_row_text(application, "id"));
    if (result)
        return result;
    return ready ? 0 : refuse(reterr, "submission_incomplete", NULL);
}

int td_guard_first_submission(struct td_review *review, const json_t *application,
                              struct td_error *reterr)
{
    int result = td_integrity_check(review, td_row_text(application, "account_id"),
                                    TD_INTEGRITY_APPLYING, reterr);
    return result ? result : td_guard_submission(review, application, reterr);
}

int td_guard_unit_verified(struct td_review *review, const json_t *application,
                           struct td_error *reterr)
{
    return td_verification_check(review, application, "unit", reterr);
}

int td_guard_industry_verified(struct td_review *review, const json_t *application,
                               struct td_error *reterr)
{
    return td_verification_check(review, application, "district_industry", reterr);
}

int td_guard_hr_verified(struct td_review *review, const json_t *application,
                         struct td_error *reterr)
{
    return td_verification_check(review, application, "district_hr", reterr);
}

/* Objections to the latest notice of this kind that name the dossier: open ones and upheld ones. Of
 * a result also complaints that hold it. */
static int count_objections(struct td_review *review, const char *application_id, const char *kind,
                            int64_t *ret_open, int64_t *ret_upheld)
{
    json_t *row = NULL;
    int result = td_tx_row(
        review->tx, &row,
        "select coalesce(sum(case when o.decided_at is null then 1 else 0 end), 0) as open, "
        "coalesce(sum(case when o.decided_at is not null and o.upheld then 1 else 0 end), 0) "
        "as upheld from objection o where o.application_id = $1 and o.notice_id = "
        "(select n.id from public_notice n join public_notice_entry e on e.notice_id = n.id "
        "where e.application_id = $1 and n.kind = $2 order by n.id desc limit 1)",
        "ss", application_id, kind);
    if (result)
        return result;
    *ret_open = td_row_int(row, "open");
    *ret_upheld = td_row_int(row, "upheld");
    json_decref(row);
    int64_t held = 0, founded = 0;
    if (!strcmp(kind, "result"))
        result = td_complaint_count_holds(review, application_id, &held, &founded);
    *ret_open += held;
    *ret_upheld += founded;
    return result;
}

/* Counted again on the calendar of today: days off of the region that were not known when the
 * notice was published lengthen it, so that it has run its five working days whatever its last day
 * was said to be. */
static int check_days(struct td_review *review, const json_t *notice, struct td_error *reterr)
{
    td_date starts, today;
    int days = 0;
    int result = td_date_parse(td_row_text(notice, "starts_on"), &starts);
    if (!result)
        result = td_date_parse(review->today, &today);
    if (!result)
        result = td_calendar_between(review->calendar, starts, today - 1, &days, reterr);
    if (!result && days < TD_NOTICE_MIN_DAYS)
        result = refuse(reterr, "notice_too_short",
                        json_pack("{s:i, s:i}", "days", days, "needed", TD_NOTICE_MIN_DAYS));
    return result;
}

static int check_notice(struct td_review *review, const json_t *application, const char *kind,
                        struct td_error *reterr)
{
    json_t *notice = NULL;
    const char *id = td_row_text(application, "id");
    int result =
        td_tx_row(review->tx, &notice,
                  "select n.starts_on, n.ends_on from public_notice n join public_notice_entry e "
                  "on e.notice_id = n.id where e.application_id = $1 and n.kind = $2 "
                  "order by n.id desc limit 1",
                  "ss", id, kind);
    if (result == TD_ENOTFOUND)
        return refuse(reterr, "notice_missing", NULL);
    if (result)
        return result;
    /* The period ends at 24:00 of its last day. */
    if (strcmp(td_row_text(notice, "ends_on"), review->today) >= 0)
        result = refuse(reterr, "notice_running",
                        json_pack("{s:s}", "ends_on", td_row_text(notice, "ends_on")));
    else
        result = check_days(review, notice, reterr);
    json_decref(notice);
    int64_t open = 0, upheld = 0;
    if (!result)
        result = count_objections(review, id, kind, &open, &upheld);
    if (!result && open)
        result = refuse(reterr, "objection_open", json_pack("{s:I}", "count", (json_int_t)open));
    if (!result && upheld)
        result =
            refuse(reterr, "objection_upheld", json_pack("{s:I}", "count", (json_int_t)upheld));
    return result;
}

/* A doubt that came up while the notice ran holds the recommendation back too. */
int td_guard_unit_notice_over(struct td_review *review, const json_t *application,
                              struct td_error *reterr)
{
    int result = check_notice(review, application, "unit", reterr);
    return result ? result : td_verification_check(review, application, "unit", reterr);
}

int td_guard_result_notice_over(struct td_review *review, const json_t *application,
                                struct td_error *reterr)
{
    return check_notice(review, application, "result", reterr);
}

int td_guard_objected(struct td_review *review, const json_t *application, struct td_error *reterr)
{
    int64_t open = 0, upheld = 0;
    int result = count_objections(review, td_row_text(application, "id"), "result", &open, &upheld);
    if (result)
        return result;
    return open || upheld ? 0 : refuse(reterr, "objection_none", NULL);
}

int td_guard_no_objection(struct td_review *review, const json_t *application,
                          struct td_error *reterr)
{
    int64_t open = 0, upheld = 0;
    int result = count_objections(review, td_row_text(application, "id"), "result", &open, &upheld);
    if (result)
        return result;
    if (open)
        return refuse(reterr, "objection_open", json_pack("{s:I}", "count", (json_int_t)open));
    return upheld
               ? refuse(reterr, "objection_upheld", json_pack("{s:I}", "count", (json_int_t)upheld))
               : 0;
}

int td_guard_objection_upheld(struct td_review *review, const json_t *application,
                              struct td_error *reterr)
{
    int64_t open = 0, upheld = 0;
    int result = count_objections(review, td_row_text(application, "id"), "result", &open, &upheld);
    if (result)
        return result;
    return upheld ? 0 : refuse(reterr, "objection_not_upheld", NULL);
}

/* The first finding of a list that is met, or not met, as `bad` says, refuses with its own words.
 */
static int check_findings(const json_t *findings, bool bad, const char *key,
                          struct td_error *reterr)
{
    size_t i;
    json_t *entry;
    json_array_foreach((json_t *)findings, i, entry) {
        if (td_row_bool(entry, "met") != bad)
            continue;
        return refuse(reterr, key,
                      json_pack("{s:s, s:s, s:s}", "name", td_row_text(entry, "name"), "because",
                                td_row_text(entry, "because"), "basis",
                                td_row_text(entry, "basis")));
    }
    return 0;
}

/* The hard gates of the snapshot's facts: an unmet one names itself and its legal basis. */
static int check_gates(struct td_review *review, const json_t *application, struct td_error *reterr)
{
    json_t *facts = NULL;
    int result =
        td_tx_row(review->tx, &facts,
                  "select f.gates from fact_set f join snapshot s on s.hash = f.snapshot_hash "
                  "where f.application_id = $1 and s.id = $2 order by f.id desc limit 1",
                  "ss", td_row_text(application, "id"), td_row_text(application, "snapshot_id"));
    if (result == TD_ENOTFOUND)
        return refuse(reterr, "facts_pending", NULL);
    if (result)
        return result;
    result = check_findings(json_object_get(facts, "gates"), false, "gate_unmet", reterr);
    json_decref(facts);
    return result;
}

/* The standard's conditions and vetoes, by the latest score of what was submitted. Points decide
 * nothing here. */
static int check_conditions(struct td_review *review, const json_t *application,
                            struct td_error *reterr)
{
    json_t *score = NULL;
    int result =
        td_tx_row(review->tx, &score,
                  "select c.breakdown from score c join snapshot s on s.hash = c.snapshot_hash "
                  "where c.application_id = $1 and s.id = $2 order by c.id desc limit 1",
                  "ss", td_row_text(application, "id"), td_row_text(application, "snapshot_id"));
    if (result == TD_ENOTFOUND)
        return refuse(reterr, "facts_pending", NULL);
    if (result)
        return result;
    const json_t *breakdown = json_object_get(score, "breakdown");
    result =
        check_findings(json_object_get(breakdown, "conditions"), false, "condition_unmet", reterr);
    if (!result)
        result = check_findings(json_object_get(breakdown, "vetoes"), true, "vetoed", reterr);
    json_decref(score);
    return result;
}

int td_guard_acceptable(struct td_review *review, const json_t *application,
                        struct td_error *reterr)
{
    int result = td_verification_check(review, application, "office", reterr);
    if (!result)
        result = td_ladder_check_application(review, application, reterr);
    if (!result)
        result = check_gates(review, application, reterr);
    return result ? result : check_conditions(review, application, reterr);
}

int td_guard_not_supplemented(struct td_review *review, const json_t *application,
                              struct td_error *reterr)
{
    (void)review;
    return td_row_bool(application, "supplemented") ? refuse(reterr, "supplement_used", NULL) : 0;
}

int td_guard_fee_recorded(struct td_review *review, const json_t *application,
                          struct td_error *reterr)
{
    int64_t paid = 0;
    int result =
        td_tx_int(review->tx, &paid,
                  "select count(*) from fee_order where application_id = $1 and state = 'paid'",
                  "s", td_row_text(application, "id"));
    if (result)
        return result;
    return paid ? 0 : refuse(reterr, "fee_missing", NULL);
}

/* An appointment is its post (review/post.h): grade, day, pay. */
int td_guard_post_recorded(struct td_review *review, const json_t *application,
                           struct td_error *reterr)
{
    int64_t posts = 0;
    int result = td_tx_int(review->tx, &posts,
                           "select count(*) from post p join title t on t.id = p.title_id"
                           " where t.application_id = $1 and p.until_on is null",
                           "s", td_row_text(application, "id"));
    return result ? result : posts ? 0 : refuse(reterr, "post_missing", NULL);
}

int td_guard_overdue(struct td_review *review, const json_t *application, struct td_error *reterr)
{
    const char *due = td_row_text(application, "due_at");
    if (*due && strcmp(due, review->now) < 0)
        return 0;
    return refuse(reterr, "not_overdue", json_pack("{s:s}", "due_at", due));
}

int td_guard_panel_complete(struct td_review *review, const json_t *application,
                            struct td_error *reterr)
{
    return td_panel_check_complete(review->tx, td_row_text(application, "id"), reterr);
}

bool td_when_fee_due(struct td_review *review, const json_t *application)
{
    json_t *cycle = NULL;
    if (td_cycle_load(review->tx, td_row_text(application, "cycle_id"), &cycle))
        return true; /* never let off for a failure; the change itself will fail as well */
    bool due = td_cycle_fee_cents(cycle, td_row_text(application, "level")) > 0;
    json_decref(cycle);
    return due;
}

bool td_when_unappointed(struct td_review *review, const json_t *application)
{
    (void)review;
    return td_row_equals(application, "returned_to", "certified");
}

bool td_when_nobody(struct td_review *review, const json_t *application)
{
    (void)application;
    return !review->who;
}
