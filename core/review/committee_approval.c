/* committee_approval.c - how a committee becomes one that may review, and how long: submission,
 * approval, refusal, changes of its members, withdrawal. Writes `committee` and `committee_change`;
 * who sits where before that is committee.c's. */
#include "review/committee.h"

#include "config.h"
#include "review/meeting.h"
#include "review/recusal.h"
#include "review/row.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

enum { OTHER_BY_SERIES = 15, OTHER_BY_SPECIALTY = 7 }; /* without settings */

static bool is_senior(const json_t *committee)
{
    return strstr(td_row_text(committee, "level"), "senior") != NULL;
}

const char *td_committee_state(const json_t *committee, const char *today)
{
    static const char *const names[] = {"drafted", "submitted", "approved", "withdrawn"};
    const char *state = td_row_text(committee, "state");
    if (!strcmp(state, "approved") && strcmp(td_row_text(committee, "valid_until"), today) < 0)
        return "lapsed";
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!strcmp(state, names[i]))
            return names[i];
    return "drafted";
}

const char *td_committee_approver(const json_t *committee)
{
    return is_senior(committee) ? "region" : "city";
}

int td_committee_check_approver(const char *named, const char *decides, struct td_error *reterr)
{
    if (!*named || !strcmp(named, decides))
        return 0;
    return td_error_field(reterr, "approver", "approver_other", "the other authority decides");
}

int64_t td_committee_minimum(const struct td_review *review, const json_t *committee)
{
    int64_t adjusted = td_row_int(committee, "adjusted_minimum");
    bool by_specialty = td_row_equals(committee, "kind", "specialty");
    if (adjusted > 0)
        return adjusted;
    if (is_senior(committee))
        return by_specialty ? TD_COMMITTEE_SENIOR_SPECIALTY : TD_COMMITTEE_SENIOR_SERIES;
    const struct td_config *config = review->config;
    if (!config)
        return by_specialty ? OTHER_BY_SPECIALTY : OTHER_BY_SERIES;
    return by_specialty ? config->committee_specialty_minimum : config->committee_series_minimum;
}

int td_committee_check_valid(struct td_review *review, const char *committee_id,
                             struct td_error *reterr)
{
    json_t *committee = NULL;
    int rc = td_committee_load(review->tx, committee_id, &committee);
    if (rc < 0)
        return rc;
    const char *state = td_committee_state(committee, review->today);
    if (!strcmp(state, "lapsed"))
        rc = td_error_key(reterr, TD_ECONFLICT, "committee_lapsed",
                          json_pack("{s:s}", "valid_until", td_row_text(committee, "valid_until")));
    else if (strcmp(state, "approved") != 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "committee_not_approved",
                          json_pack("{s:s}", "committee_state", state));
    json_decref(committee);
    return rc;
}

/* --- composition ------------------------------------------------------------------------------ */

static int count_pending(struct td_tx *tx, const char *committee_id, int64_t *ret_pending)
{
    return td_tx_int(
        tx, ret_pending,
        "select count(*) from committee_change where committee_id = $1 and state = 'pending'", "s",
        committee_id);
}

/* The list as it will be once approved. */
static int check_composition(struct td_review *review, const json_t *committee,
                             struct td_error *reterr)
{
    const char *id = td_row_text(committee, "id");
    int64_t count = 0, chairs = 0, outsiders = 0, minimum = td_committee_minimum(review, committee);
    int rc = td_tx_int(review->tx, &count,
                       "select count(*) from (" TD_COMMITTEE_NEXT_MEMBERS_SQL ") n", "s", id);
    if (rc == 0)
        rc = td_tx_int(review->tx, &chairs,
                       "select count(*) from (" TD_COMMITTEE_NEXT_MEMBERS_SQL
                       ") n where position = 'chair'",
                       "s", id);
    if (rc == 0)
        rc = td_committee_outsiders(review, committee, &outsiders);
    if (rc < 0)
        return rc;
    if (chairs != 1)
        return td_error_key(reterr, TD_ECONFLICT, "no_chair", NULL);
    if (count < minimum)
        return td_error_key(reterr, TD_ECONFLICT, "few_members",
                            json_pack("{s:I, s:I}", "count", count, "minimum", minimum));
    if (count % 2 == 0)
        return td_error_key(reterr, TD_ECONFLICT, "even_members",
                            json_pack("{s:I}", "count", count));
    if (outsiders)
        return td_error_key(reterr, TD_ECONFLICT, "members_outside_pool",
                            json_pack("{s:I}", "count", outsiders));
    return 0;
}

/* --- states ----------------------------------------------------------------------------------- */

static int refuse_state(const json_t *committee, const char *today, struct td_error *reterr)
{
    return td_error_key(
        reterr, TD_ECONFLICT, "committee_state",
        json_pack("{s:s}", "committee_state", td_committee_state(committee, today)));
}

int td_committee_load_for_change(struct td_review *review, const char *committee_id,
                                 json_t **ret_committee, struct td_error *reterr)
{
    json_t *committee = NULL;
    int64_t open = 0;
    int rc = td_committee_load_own(review, committee_id, &committee);
    if (rc < 0)
        return rc;
    rc = td_tx_int(review->tx, &open,
                   "select count(*) from meeting where committee_id = $1 and state = 'open'", "s",
                   committee_id);
    if (rc == 0 && open > 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "committee_meets", NULL);
    else if (rc == 0 && td_row_equals(committee, "state", "withdrawn"))
        rc = refuse_state(committee, review->today, reterr);
    else if (rc == 0 && *td_row_text(committee, "submitted_at"))
        rc = td_error_key(reterr, TD_ECONFLICT, "committee_submitted", NULL);
    if (rc < 0)
        json_decref(committee);
    else
        *ret_committee = committee;
    return rc;
}

int td_committee_submit(struct td_review *review, const char *committee_id, struct td_error *reterr)
{
    json_t *committee = NULL;
    int64_t pending = 0;
    int rc = td_committee_load_for_change(review, committee_id, &committee, reterr);
    if (rc < 0)
        return rc;
    bool valid = !strcmp(td_committee_state(committee, review->today), "approved");
    rc = count_pending(review->tx, committee_id, &pending);
    if (rc == 0 && valid && pending == 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "nothing_changed", NULL);
    if (rc == 0)
        rc = check_composition(review, committee, reterr);
    json_decref(committee);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update committee set state = case when $2 then state else 'submitted' end,"
                        " submitted_at = $3, remark = '' where id = $1",
                        "sbs", committee_id, (int)valid, review->now);
    if (rc == 0)
        rc = td_row_log(review, "committee.submit", "committee", committee_id,
                        json_pack("{s:I}", "changes", pending));
    return rc;
}

/* What was submitted, for who decides: the bureau, or the system for the region. */
static int load_submitted(struct td_review *review, const char *committee_id,
                          json_t **ret_committee, struct td_error *reterr)
{
    json_t *committee = NULL;
    if (review->who && !td_row_is(review, TD_ROLE_BUREAU))
        return td_error_set(reterr, TD_EFORBIDDEN, "only the bureau records this");
    int rc = td_committee_load(review->tx, committee_id, &committee);
    if (rc < 0)
        return rc;
    if (!*td_row_text(committee, "submitted_at")) {
        rc = refuse_state(committee, review->today, reterr);
        json_decref(committee);
        return rc;
    }
    *ret_committee = committee;
    return 0;
}

void td_committee_term_end(td_date day, int years, char text[TD_DATE_TEXT])
{
    int year, month, number;
    td_date_split(day, &year, &month, &number);
    bool leap_day = month == 2 && number == 29;
    bool leap = (year + years) % 4 == 0 && ((year + years) % 100 != 0 || (year + years) % 400 == 0);
    td_date_format(td_date_from(year + years, month, leap_day && !leap ? 28 : number), text);
}

static int check_approval(struct td_review *review, const json_t *committee,
                          const struct td_committee_approval *approval,
                          char valid_until[TD_DATE_TEXT], struct td_error *reterr)
{
    td_date day;
    const char *approved_on = approval->approved_on;
    int rc =
        td_committee_check_approver(approval->approver, td_committee_approver(committee), reterr);
    if (rc < 0)
        return rc;
    if (!*approval->reference)
        return td_error_field(reterr, "reference", "required", "the number of the approval");
    if (td_date_parse(approved_on, &day) < 0)
        return td_error_field(reterr, "approved_on", "date", "needs a date, YYYY-MM-DD");
    if (strcmp(approved_on, review->today) > 0)
        return td_error_field(reterr, "approved_on", "order", "not before it happened");
    td_committee_term_end(day, (int)td_row_int(committee, "term_years"), valid_until);
    if (td_row_equals(committee, "state", "submitted") && strcmp(valid_until, review->today) < 0)
        return td_error_field(reterr, "approved_on", "term_over", "the term is over already");
    return check_composition(review, committee, reterr);
}

/* What lies on the agenda already, those who join must keep out of as those do who sit. */
static int record_recusals(struct td_review *review, const char *committee_id)
{
    json_t *rows = NULL, *row;
    size_t i;
    int rc = td_tx_rows(review->tx, &rows,
                        "select account_id from committee_change where committee_id = $1"
                        " and state = 'pending' and position <> '' order by id",
                        "s", committee_id);
    json_array_foreach(rows, i, row)
        if (rc == 0)
            rc = td_recusal_record_account(review, td_row_text(row, "account_id"));
    json_decref(rows);
    return rc;
}

static int apply_changes(struct td_review *review, const char *committee_id, const char *reference)
{
    int rc = td_tx_exec(
        review->tx, NULL,
        "delete from committee_member where committee_id = $1 and account_id in (select account_id"
        " from committee_change where committee_id = $1 and state = 'pending')",
        "s", committee_id);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "insert into committee_member (committee_id, account_id, position,"
                        " outside_reason) select committee_id, account_id, position,"
                        " outside_reason from committee_change"
                        " where committee_id = $1 and state = 'pending' and position <> ''",
                        "s", committee_id);
    if (rc == 0)
        rc = record_recusals(review, committee_id);
    if (rc == 0)
        rc = td_tx_exec(
            review->tx, NULL,
            "update committee_change set state = 'applied', reference = $2, settled_at = $3"
            " where committee_id = $1 and state = 'pending'",
            "sss", committee_id, reference, review->now);
    return rc < 0 ? rc : td_meeting_call(review, committee_id);
}

int td_committee_approve(struct td_review *review, const char *committee_id,
                         const struct td_committee_approval *approval, struct td_error *reterr)
{
    const char *reference = approval->reference, *approved_on = approval->approved_on;
    json_t *committee = NULL;
    char valid_until[TD_DATE_TEXT] = "";
    int rc = load_submitted(review, committee_id, &committee, reterr);
    if (rc < 0)
        return rc;
    bool whole = td_row_equals(committee, "state", "submitted");
    rc = check_approval(review, committee, approval, valid_until, reterr);
    if (rc == 0)
        rc = apply_changes(review, committee_id, reference);
    if (rc == 0 && whole)
        rc = td_tx_exec(review->tx, NULL,
                        "update committee set state = 'approved', submitted_at = null,"
                        " reference = $2, approved_on = $3, valid_until = $4 where id = $1",
                        "ssss", committee_id, reference, approved_on, valid_until);
    else if (rc == 0)
        rc = td_tx_exec(review->tx, NULL, "update committee set submitted_at = null where id = $1",
                        "s", committee_id);
    if (rc == 0)
        rc = td_row_log(review, whole ? "committee.approve" : "committee.approve_change",
                        "committee", committee_id,
                        json_pack("{s:s, s:s, s:s, s:s}", "reference", reference, "approved_on",
                                  approved_on, "approver", td_committee_approver(committee),
                                  "valid_until",
                                  whole ? valid_until : td_row_text(committee, "valid_until")));
    json_decref(committee);
    return rc;
}

int td_committee_refuse(struct td_review *review, const char *committee_id, const char *reason,
                        struct td_error *reterr)
{
    json_t *committee = NULL;
    int rc = load_submitted(review, committee_id, &committee, reterr);
    if (rc < 0)
        return rc;
    json_decref(committee);
    rc = td_tx_exec(review->tx, NULL,
                    "update committee set state = case state when 'submitted' then 'drafted' else"
                    " state end, submitted_at = null, remark = $2 where id = $1",
                    "ss", committee_id, reason);
    return rc < 0 ? rc
                  : td_row_log(review, "committee.refuse", "committee", committee_id,
                               json_pack("{s:s}", "reason", reason));
}

int td_committee_withdraw(struct td_review *review, const char *committee_id, const char *reason,
                          struct td_error *reterr)
{
    json_t *committee = NULL;
    int64_t open = 0;
    int rc = td_committee_load(review->tx, committee_id, &committee);
    if (rc < 0)
        return rc;
    bool bureau = td_row_is(review, TD_ROLE_BUREAU);
    const char *series = td_row_text(committee, "series");
    if (!bureau && td_committee_may_run(review, series, NULL) < 0)
        rc = td_error_set(reterr, TD_ENOTFOUND, "not a committee of this account");
    else if (td_row_equals(committee, "state", "withdrawn") ||
             (!bureau && !strcmp(td_committee_state(committee, review->today), "approved")))
        rc = refuse_state(committee, review->today, reterr);
    json_decref(committee);
    if (rc == 0)
        rc = td_tx_int(review->tx, &open,
                       "select count(*) from meeting where committee_id = $1 and state = 'open'",
                       "s", committee_id);
    if (rc == 0 && open > 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "committee_meets", NULL);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update committee set state = 'withdrawn', submitted_at = null, remark = $2"
                        " where id = $1",
                        "ss", committee_id, reason);
    return rc < 0 ? rc
                  : td_row_log(review, "committee.withdraw", "committee", committee_id,
                               json_pack("{s:s}", "reason", reason));
}

int td_committee_drop_changes(struct td_review *review, const char *committee_id,
                              struct td_error *reterr)
{
    json_t *committee = NULL;
    int rc = td_committee_load_for_change(review, committee_id, &committee, reterr);
    if (rc < 0)
        return rc;
    json_decref(committee);
    rc = td_tx_exec(review->tx, NULL,
                    "update committee_change set state = 'dropped', settled_at = $2"
                    " where committee_id = $1 and state = 'pending'",
                    "ss", committee_id, review->now);
    return rc < 0 ? rc
                  : td_row_log(review, "committee.drop_changes", "committee", committee_id, NULL);
}
