/* committee.c - committees and their members. Writes `committee` and `committee_member`. */
#include "review/committee.h"

#include "review/form.h"
#include "review/row.h"
#include "store/store.h"

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
        "select m.account_id, c.name, c.login, m.position, coalesce(u.name, '') as unit_name"
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

int td_committee_list(struct td_review *review, const char *cursor, json_t **ret_page)
{
    json_t *rows = NULL;
    int rc = td_tx_rows(
        review->tx, &rows,
        "select k.*, (select count(*) from committee_member m where m.committee_id = k.id)"
        " as size from committee k where " TD_COMMITTEE_SCOPE_SQL(
            "$1", "k.series") " and k.id > $2"
                              " order by k.id limit $3",
        "ssi", td_committee_scope(review->who), cursor, (int64_t)TD_ROW_PAGE + 1);
    if (rc < 0)
        return rc;
    *ret_page = td_row_page(rows, "id");
    return *ret_page ? 0 : TD_ENOMEM;
}

static void warn(json_t *warnings, const char *code)
{
    json_array_append_new(warnings, json_pack("{s:s}", "code", code));
}

static json_t *find_warnings(const json_t *committee, const json_t *members)
{
    json_t *warnings = json_array(), *member;
    size_t i, count = json_array_size(members), chairs = 0;
    json_array_foreach((json_t *)members, i, member)
        chairs += !strcmp(td_row_text(member, "position"), "chair");
    if (chairs != 1)
        warn(warnings, "no_chair");
    if (count % 2 == 0)
        warn(warnings, "even_members");
    if (strstr(td_row_text(committee, "level"), "senior") && count < 11)
        warn(warnings, "few_members");
    return warnings;
}

int td_committee_view(struct td_review *review, const char *committee_id, json_t **ret_committee,
                      struct td_error *reterr)
{
    json_t *committee = NULL, *members = NULL, *experts = NULL;
    int rc = td_committee_load(review->tx, committee_id, &committee);
    if (rc < 0)
        return rc;
    rc = td_committee_may_read(review, td_row_text(committee, "series"), reterr);
    if (rc == 0)
        rc = td_committee_members(review->tx, committee_id, &members);
    if (rc == 0)
        rc = td_committee_experts(review->tx, td_row_text(committee, "series"), &experts);
    if (rc < 0) {
        json_decref(members);
        json_decref(committee);
        return rc;
    }
    json_object_set_new(committee, "warnings", find_warnings(committee, members));
    json_object_set_new(committee, "members", members);
    json_object_set_new(committee, "experts", experts);
    *ret_committee = committee;
    return 0;
}

static int check_seat(struct td_review *review, const json_t *committee, const char *account_id,
                      const char *position, struct td_error *reterr)
{
    const char *id = td_row_text(committee, "id"), *series = td_row_text(committee, "series");
    if (strcmp(position, "chair") && strcmp(position, "deputy") && strcmp(position, "member"))
        return td_error_field(reterr, "position", "choice", "chair, deputy or member");
    bool expert;
    int rc = td_committee_is_expert(review->tx, account_id, series, &expert);
    if (rc == 0 && !expert)
        rc = td_error_key(reterr, TD_ECONFLICT, "not_an_expert", NULL);
    int64_t count = 0;
    if (rc == 0)
        rc = td_tx_int(
            review->tx, &count,
            "select count(*) from account_grant where account_id = $1 and role = 'office'", "s",
            account_id);
    if (rc == 0 && count > 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "office_does_not_vote", NULL);
    if (rc == 0)
        rc = td_tx_int(
            review->tx, &count,
            "select count(*) from committee_member where committee_id = $1 and account_id <> $2"
            " and position = 'chair' and $3 = 'chair'",
            "sss", id, account_id, position);
    if (rc == 0 && count > 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "second_chair", NULL);
    return rc;
}

static int seat(struct td_review *review, const json_t *committee, const char *account_id,
                const char *position, struct td_error *reterr)
{
    const char *id = td_row_text(committee, "id");
    int rc = check_seat(review, committee, account_id, position, reterr);
    if (rc < 0)
        return rc;
    rc = td_tx_exec(
        review->tx, NULL,
        "insert into committee_member (committee_id, account_id, position) values ($1, $2, $3)"
        " on conflict (committee_id, account_id) do update set position = excluded.position",
        "sss", id, account_id, position);
    if (rc < 0)
        return rc;
    return td_row_log(review, "committee.seat", "committee", id,
                      json_pack("{s:s, s:s}", "account", account_id, "position", position));
}

int td_committee_create(struct td_review *review, const json_t *committee, char ret_id[TD_ID_TEXT],
                        struct td_error *reterr)
{
    const char *series = td_row_text(committee, "series"), *level = td_row_text(committee, "level");
    int rc = td_committee_may_run(review, series, reterr);
    if (rc < 0)
        return rc;
    const json_t *reviewed = td_form_level(json_object_get(review->catalog, series), level);
    if (!reviewed)
        return td_error_field(reterr, "level", "choice", "not a level of this series");
    if (td_row_bool(reviewed, "exam_based"))
        return td_error_field(reterr, "level", "exam_based", "a level won by examination");
    td_id_new(ret_id);
    rc = td_tx_exec(review->tx, NULL,
                    "insert into committee (id, series, level, name, founding_unit, created_at)"
                    " values ($1, $2, $3, $4, $5, $6)",
                    "ssssss", ret_id, series, level, td_row_text(committee, "name"),
                    td_row_text(committee, "founding_unit"), review->now);
    if (rc == 0)
        rc = td_row_log(review, "committee.create", "committee", ret_id,
                        json_pack("{s:s, s:s}", "series", series, "level", level));
    json_t *created = json_pack("{s:s, s:s}", "id", ret_id, "series", series);
    size_t i;
    json_t *member = NULL;
    json_array_foreach(json_object_get(committee, "members"), i, member) {
        const char *position = td_row_text(member, "position");
        if (rc == 0)
            rc = seat(review, created, td_row_text(member, "account_id"),
                      *position ? position : "member", reterr);
    }
    json_decref(created);
    return rc;
}

/* Loads a committee that may be changed now by the caller. */
static int load_for_change(struct td_review *review, const char *committee_id,
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
    if (rc < 0)
        json_decref(committee);
    else
        *ret_committee = committee;
    return rc;
}

int td_committee_seat(struct td_review *review, const char *committee_id, const char *account_id,
                      const char *position, struct td_error *reterr)
{
    json_t *committee = NULL;
    int rc = load_for_change(review, committee_id, &committee, reterr);
    if (rc < 0)
        return rc;
    rc = seat(review, committee, account_id, position, reterr);
    json_decref(committee);
    return rc;
}

int td_committee_unseat(struct td_review *review, const char *committee_id, const char *account_id,
                        struct td_error *reterr)
{
    json_t *committee = NULL;
    int rc = load_for_change(review, committee_id, &committee, reterr);
    if (rc < 0)
        return rc;
    json_decref(committee);
    int64_t changed = 0;
    rc = td_tx_exec(review->tx, &changed,
                    "delete from committee_member where committee_id = $1 and account_id = $2",
                    "ss", committee_id, account_id);
    if (rc == 0 && !changed)
        return td_error_set(reterr, TD_ENOTFOUND, "not a member of this committee");
    if (rc == 0)
        rc = td_row_log(review, "committee.unseat", "committee", committee_id,
                        json_pack("{s:s}", "account", account_id));
    return rc;
}
