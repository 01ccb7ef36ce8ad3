/* committee.c - committees and their members. Writes `committee` and `committee_member`, and
 * changes of an approved one's members to `committee_change`; what is made of those is in
 * committee_approval.c, what people see in committee_view.c. */
#include "review/committee.h"

#include "base/utf8.h"
#include "config.h"
#include "review/expert.h"
#include "review/form.h"
#include "review/integrity.h"
#include "review/meeting.h"
#include "review/recusal.h"
#include "review/row.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

int td_committee_may_run(const struct td_review *review, const char *series,
                         struct td_error *reterr)
{
    if (review->who && td_account_has(review->who, TD_ROLE_OFFICE, series))
        return 0;
    return td_error_set(reterr, TD_EFORBIDDEN, "only the office of the series does this");
}

int td_committee_may_read(const struct td_review *review, const char *series,
                          struct td_error *reterr)
{
    if (td_row_is(review, TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR) ||
        (review->who && td_account_has(review->who, TD_ROLE_OFFICE, series)))
        return 0;
    return td_error_set(reterr, TD_ENOTFOUND, "not within this account's scope");
}

const char *td_committee_scope(const struct td_account *who)
{
    if (!who)
        return "";
    if (who->roles & (TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR))
        return "*";
    return who->id;
}

int td_committee_load(struct td_tx *tx, const char *committee_id, json_t **ret_committee)
{
    return td_tx_row(tx, ret_committee, "select * from committee where id = $1", "s", committee_id);
}

int td_committee_load_own(struct td_review *review, const char *committee_id,
                          json_t **ret_committee)
{
    json_t *committee = NULL;
    int rc = td_committee_load(review->tx, committee_id, &committee);
    if (rc == 0 && td_committee_may_run(review, td_row_text(committee, "series"), NULL) < 0)
        rc = TD_ENOTFOUND;
    if (rc < 0)
        json_decref(committee);
    else
        *ret_committee = committee;
    return rc;
}

int td_committee_members(struct td_tx *tx, const char *committee_id, json_t **ret_members)
{
    return td_tx_rows(
        tx, ret_members,
        "select m.account_id, c.name, c.login, m.position, m.outside_reason,"
        " coalesce(u.name, '') as unit_name"
        " from committee_member m join account c on c.id = m.account_id"
        " left join unit u on u.id = c.unit_id where m.committee_id = $1"
        " order by case m.position when 'chair' then 0 when 'deputy' then 1 else 2 end, c.name",
        "s", committee_id);
}

int td_committee_experts(struct td_tx *tx, const char *series, json_t **ret_experts)
{
    return td_tx_rows(
        tx, ret_experts,
        "select c.id as account_id, c.name, coalesce(u.name, '') as unit_name"
        " from account_grant g join account c on c.id = g.account_id"
        " left join unit u on u.id = c.unit_id"
        " where g.role = 'expert' and g.scope = $1 and not c.disabled order by c.name, c.id"
        " limit 500",
        "s", series);
}

int td_committee_is_expert(struct td_tx *tx, const char *account_id, const char *series,
                           bool *ret_is)
{
    int64_t count = 0;
    int rc = td_tx_int(
        tx, &count,
        "select count(*) from account_grant g join account c on c.id = g.account_id"
        " where g.account_id = $1 and g.role = 'expert' and g.scope = $2 and not c.disabled",
        "ss", account_id, series);
    if (rc == 0)
        *ret_is = count > 0;
    return rc;
}

int td_committee_check_voter(const struct td_account *who, const char *series,
                             struct td_error *reterr)
{
    if (!td_account_has(who, TD_ROLE_EXPERT, series))
        return td_error_key(reterr, TD_EFORBIDDEN, "not_an_expert", NULL);
    if (who->roles & TD_ROLE_OFFICE)
        return td_error_key(reterr, TD_EFORBIDDEN, "office_does_not_vote", NULL);
    return 0;
}

int td_committee_position(struct td_tx *tx, const char *committee_id, const char *account_id,
                          const char **ret_position)
{
    json_t *row = NULL;
    int rc = td_tx_row(
        tx, &row,
        "select position from committee_member where committee_id = $1 and account_id = $2", "ss",
        committee_id, account_id);
    if (rc == TD_ENOTFOUND) {
        *ret_position = "";
        return 0;
    }
    if (rc < 0)
        return rc;
    const char *position = td_row_text(row, "position");
    *ret_position = !strcmp(position, "chair")    ? "chair"
                    : !strcmp(position, "deputy") ? "deputy"
                                                  : "member";
    json_decref(row);
    return 0;
}

int td_committee_check_person(struct td_review *review, const char *account_id, const char *series,
                              struct td_error *reterr)
{
    bool expert = false;
    int64_t count = 0;
    json_t *record = NULL;
    int rc = td_committee_is_expert(review->tx, account_id, series, &expert);
    if (rc == 0 && !expert)
        rc = td_error_key(reterr, TD_ECONFLICT, "not_an_expert", NULL);
    if (rc == 0)
        rc = td_tx_int(
            review->tx, &count,
            "select count(*) from account_grant where account_id = $1 and role = 'office'", "s",
            account_id);
    if (rc == 0 && count > 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "office_does_not_vote", NULL);
    if (rc == 0)
        rc = td_integrity_barred(review->tx, account_id, review->today, TD_INTEGRITY_JUDGING,
                                 &record);
    if (rc == 0 && record) /* the record itself is not the office's to read */
        rc = td_error_field(reterr, "account_id", "barred", "may not judge");
    json_decref(record);
    return rc;
}

/* --- the pool --------------------------------------------------------------------------------- */

/* True when the account is active in the pool $2 on the day $3. */
#define IN_POOL_SQL(account)                                                                       \
    "exists (select 1 from pool_expert e where e.pool_id = $2 and e.account_id = " account         \
    " and e.state = 'active' and e.term_from <= $3 and e.term_until >= $3)"

/* The id of the approved pool of the committee's level; "" when there is none. */
static int find_pool(struct td_review *review, const json_t *committee, char id[TD_ID_TEXT])
{
    json_t *pool = NULL;
    int rc = td_expert_pool_for(review->tx, td_row_text(committee, "series"),
                                td_row_text(committee, "level"), &pool);
    bool valid = rc == 0 && td_expert_pool_check_valid(pool, review->today, NULL) == 0;
    snprintf(id, TD_ID_TEXT, "%s", valid ? td_row_text(pool, "id") : "");
    json_decref(pool);
    return rc == TD_ENOTFOUND ? 0 : rc;
}

static bool is_strict(const struct td_review *review)
{
    return review->config && !strcmp(review->config->committee_outside_pool, "refuse");
}

int td_committee_outsiders(struct td_review *review, const json_t *committee, int64_t *ret_count)
{
    char pool[TD_ID_TEXT];
    int rc = find_pool(review, committee, pool);
    return rc < 0 ? rc
                  : td_tx_int(review->tx, ret_count,
                              "select count(*) from (" TD_COMMITTEE_NEXT_MEMBERS_SQL
                              ") n where not " IN_POOL_SQL(
                                  "n.account_id") " and (n.outside_reason = '' or $4)",
                              "sssb", td_row_text(committee, "id"), pool, review->today,
                              (int)is_strict(review));
}

/* *ret_reason is what is recorded of who comes from outside, "" of who is in the pool. */
static int check_pool(struct td_review *review, const json_t *committee, const char *account_id,
                      const char *reason, const char **ret_reason, struct td_error *reterr)
{
    char pool[TD_ID_TEXT];
    int64_t inside = 0;
    int rc = find_pool(review, committee, pool);
    if (rc == 0)
        rc = td_tx_int(review->tx, &inside,
                       "select 1 from account c where c.id = $1 and " IN_POOL_SQL("c.id"), "sss",
                       account_id, pool, review->today);
    if (rc == 0 && !inside && is_strict(review))
        rc = td_error_key(reterr, TD_ECONFLICT, "outside_pool", NULL);
    else if (rc == 0 && !inside && !*reason)
        rc = td_error_field(reterr, "outside_reason", "outside_pool", "in no approved pool");
    else if (rc == 0 && !inside && td_utf8_count(reason, strlen(reason)) > TD_COMMITTEE_REASON)
        rc = td_error_field(reterr, "outside_reason", "too_long", "at most %d characters",
                            TD_COMMITTEE_REASON);
    if (rc == 0)
        *ret_reason = inside ? "" : reason;
    return rc;
}

static int check_seat(struct td_review *review, const json_t *committee, const char *account_id,
                      const char *position, struct td_error *reterr)
{
    const char *id = td_row_text(committee, "id"), *series = td_row_text(committee, "series");
    int64_t count = 0;
    if (strcmp(position, "chair") && strcmp(position, "deputy") && strcmp(position, "member"))
        return td_error_field(reterr, "position", "choice", "chair, deputy or member");
    int rc = td_committee_check_person(review, account_id, series, reterr);
    if (rc == 0)
        rc = td_tx_int(review->tx, &count,
                       "select count(*) from (" TD_COMMITTEE_NEXT_MEMBERS_SQL
                       ") n where account_id <> $2"
                       " and position = 'chair' and $3 = 'chair'",
                       "sss", id, account_id, position);
    if (rc == 0 && count > 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "second_chair", NULL);
    return rc;
}

/* Of an approved committee: what will be once it is approved again; position "" = leaves. */
static int propose(struct td_review *review, const char *id, const char *account_id,
                   const char *position, const char *outside_reason)
{
    char change[TD_ID_TEXT];
    td_id_new(change);
    int rc = td_tx_exec(review->tx, NULL,
                        "update committee_change set state = 'dropped', settled_at = $3"
                        " where committee_id = $1 and account_id = $2 and state = 'pending'",
                        "sss", id, account_id, review->now);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "insert into committee_change (id, committee_id, account_id, position,"
                        " by_account, at, outside_reason) values ($1, $2, $3, $4, $5, $6, $7)",
                        "sssssss", change, id, account_id, position, review->who->id, review->now,
                        outside_reason);
    if (rc == 0)
        rc = td_row_log(review, "committee.propose", "committee", id,
                        json_pack("{s:s, s:s, s:s}", "account", account_id, "position", position,
                                  "outside_reason", outside_reason));
    return rc;
}

static int seat(struct td_review *review, const json_t *committee, const char *account_id,
                const char *position, const char *reason, struct td_error *reterr)
{
    const char *id = td_row_text(committee, "id"), *outside = "";
    int rc = check_seat(review, committee, account_id, position, reterr);
    if (rc == 0)
        rc = check_pool(review, committee, account_id, reason, &outside, reterr);
    if (rc < 0)
        return rc;
    if (td_row_equals(committee, "state", "approved"))
        return propose(review, id, account_id, position, outside);
    rc = td_tx_exec(
        review->tx, NULL,
        "insert into committee_member (committee_id, account_id, position, outside_reason)"
        " values ($1, $2, $3, $4) on conflict (committee_id, account_id) do update set"
        " position = excluded.position, outside_reason = excluded.outside_reason",
        "ssss", id, account_id, position, outside);
    if (rc < 0)
        return rc;
    return td_row_log(review, "committee.seat", "committee", id,
                      json_pack("{s:s, s:s, s:s}", "account", account_id, "position", position,
                                "outside_reason", outside));
}

/* --- registration ----------------------------------------------------------------------------- */

/* True when the '|'-separated list has the text. */
static bool listed(const char *list, const char *text)
{
    size_t length = strlen(text);
    for (const char *at = list; length && at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
        if (strcspn(at, "|") == length && !strncmp(at, text, length))
            return true;
    return false;
}

static int check_specialties(const json_t *descriptor, const json_t *committee,
                             struct td_error *reterr)
{
    const json_t *specialties = json_object_get(committee, "specialties");
    bool by_specialty = td_row_equals(committee, "kind", "specialty");
    size_t i;
    json_t *one = NULL;
    if (by_specialty != (json_array_size(specialties) > 0))
        return td_error_field(reterr, "specialties", by_specialty ? "required" : "unknown",
                              "a committee by specialty names them, one by series does not");
    json_array_foreach((json_t *)specialties, i, one) {
        const char *id = json_string_value(one);
        const json_t *known = id ? td_form_specialty(descriptor, id) : NULL;
        if (!known)
            return td_error_field(reterr, "specialties", "choice", "not of this series");
        if (td_row_bool(known, "exam_based"))
            return td_error_field(reterr, "specialties", "exam_based", "won by examination");
    }
    return 0;
}

static int check_registration(const struct td_review *review, const json_t *committee,
                              struct td_error *reterr)
{
    const json_t *descriptor = json_object_get(review->catalog, td_row_text(committee, "series"));
    const json_t *level = td_form_level(descriptor, td_row_text(committee, "level"));
    int64_t years = json_object_get(committee, "term_years") ? td_row_int(committee, "term_years")
                                                             : TD_COMMITTEE_TERM_YEARS;
    if (!level)
        return td_error_field(reterr, "level", "choice", "not a level of this series");
    if (td_row_bool(level, "exam_based"))
        return td_error_field(reterr, "level", "exam_based", "a level won by examination");
    if (review->config &&
        !listed(review->config->founding_units, td_row_text(committee, "founding_unit")))
        return td_error_field(reterr, "founding_unit", "choice", "none that may found committees");
    if (years < 1 || years > TD_COMMITTEE_TERM_YEARS)
        return td_error_field(reterr, "term_years", "range", "at most three years");
    if ((td_row_int(committee, "adjusted_minimum") > 0) !=
        (*td_row_text(committee, "adjustment_reference") != 0))
        return td_error_field(reterr, "adjustment_reference", "required",
                              "an adjusted size and the region's consent to it go together");
    return check_specialties(descriptor, committee, reterr);
}

static int store_specialties(struct td_review *review, const char *id, const json_t *committee)
{
    size_t i;
    json_t *one = NULL;
    int rc = td_tx_exec(review->tx, NULL, "delete from committee_specialty where committee_id = $1",
                        "s", id);
    json_array_foreach(json_object_get(committee, "specialties"), i, one)
        if (rc == 0)
            rc = td_tx_exec(review->tx, NULL,
                            "insert into committee_specialty (committee_id, specialty)"
                            " values ($1, $2) on conflict do nothing",
                            "ss", id, json_string_value(one));
    return rc;
}

/* Everything about a drafted committee but its members. */
static int store_registration(struct td_review *review, const char *id, const json_t *committee)
{
    const char *kind = td_row_text(committee, "kind");
    int64_t years = td_row_int(committee, "term_years");
    int rc = td_tx_exec(
        review->tx, NULL,
        "update committee set name = $2, founding_unit = $3, kind = $4,"
        " term_years = $5, adjusted_minimum = $6, adjustment_reference = $7"
        " where id = $1",
        "ssssiis", id, td_row_text(committee, "name"), td_row_text(committee, "founding_unit"),
        *kind ? kind : "series", years ? years : (int64_t)TD_COMMITTEE_TERM_YEARS,
        td_row_int(committee, "adjusted_minimum"), td_row_text(committee, "adjustment_reference"));
    return rc < 0 ? rc : store_specialties(review, id, committee);
}

int td_committee_create(struct td_review *review, const json_t *committee, char ret_id[TD_ID_TEXT],
                        struct td_error *reterr)
{
    const char *series = td_row_text(committee, "series"), *level = td_row_text(committee, "level");
    int rc = td_committee_may_run(review, series, reterr);
    if (rc < 0)
        return rc;
    rc = check_registration(review, committee, reterr);
    if (rc < 0)
        return rc;
    td_id_new(ret_id);
    rc = td_tx_exec(review->tx, NULL,
                    "insert into committee (id, series, level, name, founding_unit, created_at)"
                    " values ($1, $2, $3, $4, $5, $6)",
                    "ssssss", ret_id, series, level, td_row_text(committee, "name"),
                    td_row_text(committee, "founding_unit"), review->now);
    if (rc == 0)
        rc = store_registration(review, ret_id, committee);
    if (rc == 0)
        rc = td_row_log(review, "committee.create", "committee", ret_id,
                        json_pack("{s:s, s:s}", "series", series, "level", level));
    json_t *created = json_pack("{s:s, s:s, s:s}", "id", ret_id, "series", series, "level", level);
    size_t i;
    json_t *member = NULL;
    json_array_foreach(json_object_get(committee, "members"), i, member) {
        const char *position = td_row_text(member, "position");
        if (rc == 0)
            rc = seat(review, created, td_row_text(member, "account_id"),
                      *position ? position : "member", td_row_text(member, "outside_reason"),
                      reterr);
    }
    json_decref(created);
    return rc;
}

int td_committee_update(struct td_review *review, const char *committee_id, const json_t *changed,
                        struct td_error *reterr)
{
    json_t *committee = NULL;
    int rc = td_committee_load_for_change(review, committee_id, &committee, reterr);
    if (rc < 0)
        return rc;
    if (!td_row_equals(committee, "state", "drafted"))
        rc = td_error_key(
            reterr, TD_ECONFLICT, "committee_state",
            json_pack("{s:s}", "committee_state", td_committee_state(committee, review->today)));
    json_t *whole = json_copy((json_t *)changed);
    json_object_set(whole, "series", json_object_get(committee, "series"));
    json_object_set(whole, "level", json_object_get(committee, "level"));
    if (rc == 0)
        rc = check_registration(review, whole, reterr);
    if (rc == 0)
        rc = store_registration(review, committee_id, whole);
    if (rc == 0)
        rc = td_row_log(review, "committee.update", "committee", committee_id, NULL);
    json_decref(whole);
    json_decref(committee);
    return rc;
}

int td_committee_seat(struct td_review *review, const char *committee_id, const char *account_id,
                      const char *position, const char *outside_reason, struct td_error *reterr)
{
    json_t *committee = NULL;
    int rc = td_committee_load_for_change(review, committee_id, &committee, reterr);
    if (rc < 0)
        return rc;
    rc = seat(review, committee, account_id, position, outside_reason, reterr);
    json_decref(committee);
    if (rc == 0)
        rc = td_recusal_record_account(review, account_id);
    return rc < 0 ? rc : td_meeting_call(review, committee_id);
}

int td_committee_unseat(struct td_review *review, const char *committee_id, const char *account_id,
                        struct td_error *reterr)
{
    json_t *committee = NULL;
    int64_t seated = 0;
    int rc = td_committee_load_for_change(review, committee_id, &committee, reterr);
    if (rc < 0)
        return rc;
    bool approved = td_row_equals(committee, "state", "approved");
    json_decref(committee);
    rc = td_tx_int(review->tx, &seated,
                   "select count(*) from (" TD_COMMITTEE_NEXT_MEMBERS_SQL
                   ") n where account_id = $2",
                   "ss", committee_id, account_id);
    if (rc == 0 && !seated)
        return td_error_set(reterr, TD_ENOTFOUND, "not a member of this committee");
    if (rc == 0 && approved)
        return propose(review, committee_id, account_id, "", "");
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "delete from committee_member where committee_id = $1 and account_id = $2",
                        "ss", committee_id, account_id);
    if (rc == 0)
        rc = td_row_log(review, "committee.unseat", "committee", committee_id,
                        json_pack("{s:s}", "account", account_id));
    return rc;
}
