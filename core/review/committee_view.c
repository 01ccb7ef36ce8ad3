/* committee_view.c - what people see of a committee: the list and the page, with what is odd about
 * it and what the caller may do. Reads only. */
#include "review/committee.h"

#include "review/form.h"
#include "review/row.h"
#include "store/store.h"

#include <string.h>

/* What follows from the row: the members that pages and clients read instead of its state. */
static void describe(const struct td_review *review, json_t *row)
{
    td_row_name_series(review, row);
    json_object_set_new(row, "committee_state",
                        json_string(td_committee_state(row, review->today)));
    json_object_set_new(row, "committee_kind", json_string(td_row_text(row, "kind")));
    json_object_set_new(row, "approver", json_string(td_committee_approver(row)));
    json_object_set_new(row, "minimum", json_integer(td_committee_minimum(review, row)));
    json_object_del(row, "state");
    json_object_del(row, "kind");
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
    size_t i;
    json_t *row = NULL;
    json_array_foreach(rows, i, row)
        describe(review, row);
    *ret_page = td_row_page(rows, "id");
    return *ret_page ? 0 : TD_ENOMEM;
}

static void warn(json_t *warnings, const char *code)
{
    json_array_append_new(warnings, json_pack("{s:s}", "code", code));
}

static json_t *find_warnings(const json_t *members, int64_t minimum, int64_t strangers)
{
    json_t *warnings = json_array(), *member;
    size_t i, count = json_array_size(members), chairs = 0;
    json_array_foreach((json_t *)members, i, member)
        chairs += !strcmp(td_row_text(member, "position"), "chair");
    if (chairs != 1)
        warn(warnings, "no_chair");
    if (count % 2 == 0)
        warn(warnings, "even_members");
    if ((int64_t)count < minimum)
        warn(warnings, "few_members");
    if (strangers > 0)
        warn(warnings, "not_in_pool");
    return warnings;
}

/* What the caller may try now: buttons of the page. */
static json_t *find_acts(const struct td_review *review, const json_t *committee, bool changes)
{
    const char *state = td_committee_state(committee, review->today);
    bool office = td_committee_may_run(review, td_row_text(committee, "series"), NULL) == 0;
    bool bureau = td_row_is(review, TD_ROLE_BUREAU);
    bool waits = *td_row_text(committee, "submitted_at");
    bool over = !strcmp(state, "withdrawn"), approved = !strcmp(state, "approved");
    bool seat = office && !waits && !over;
    return json_pack("{s:b, s:b, s:b, s:b, s:b, s:b}", "edit", seat && !strcmp(state, "drafted"),
                     "seat", seat, "submit", seat && (!approved || changes), "drop",
                     seat && changes, "approve", bureau && waits, "withdraw",
                     !over && (bureau || (office && !approved)));
}

static int load_parts(struct td_review *review, const char *id, json_t *committee)
{
    json_t *part = NULL;
    int rc = td_committee_members(review->tx, id, &part);
    if (rc == 0)
        json_object_set_new(committee, "members", part);
    if (rc == 0 &&
        (rc = td_committee_experts(review->tx, td_row_text(committee, "series"), &part)) == 0)
        json_object_set_new(committee, "experts", part);
    if (rc == 0 &&
        (rc = td_tx_rows(review->tx, &part,
                         "select c.account_id, a.name, c.position, c.outside_reason, c.at from "
                         "committee_change c"
                         " join account a on a.id = c.account_id"
                         " where c.committee_id = $1 and c.state = 'pending' order by c.id",
                         "s", id)) == 0)
        json_object_set_new(committee, "changes", part);
    if (rc == 0 &&
        (rc = td_tx_rows(review->tx, &part,
                         "select specialty from committee_specialty where committee_id = $1"
                         " order by specialty",
                         "s", id)) == 0)
        json_object_set_new(committee, "specialties", part);
    return rc;
}

/* Names of the specialties in the words of the series. */
static void name_specialties(const struct td_review *review, json_t *committee)
{
    const json_t *descriptor = json_object_get(review->catalog, td_row_text(committee, "series"));
    size_t i;
    json_t *row = NULL;
    json_array_foreach(json_object_get(committee, "specialties"), i, row) {
        const json_t *known = td_form_specialty(descriptor, td_row_text(row, "specialty"));
        json_object_set_new(row, "name", json_string(td_row_text(known, "name")));
        json_object_set_new(row, "name_en", json_string(td_row_text(known, "name_en")));
    }
}

int td_committee_view(struct td_review *review, const char *committee_id, json_t **ret_committee,
                      struct td_error *reterr)
{
    json_t *committee = NULL, *next = NULL;
    int64_t strangers = 0;
    int rc = td_committee_load(review->tx, committee_id, &committee);
    if (rc < 0)
        return rc;
    rc = td_committee_may_read(review, td_row_text(committee, "series"), reterr);
    if (rc == 0)
        rc = load_parts(review, committee_id, committee);
    if (rc == 0)
        rc = td_tx_rows(review->tx, &next, TD_COMMITTEE_NEXT_MEMBERS_SQL, "s", committee_id);
    if (rc == 0)
        rc = td_committee_outsiders(review, committee, &strangers);
    if (rc < 0) {
        json_decref(next);
        json_decref(committee);
        return rc;
    }
    bool changes = json_array_size(json_object_get(committee, "changes")) > 0;
    json_object_set_new(committee, "can", find_acts(review, committee, changes));
    name_specialties(review, committee);
    describe(review, committee);
    json_object_set_new(committee, "warnings",
                        find_warnings(next, td_row_int(committee, "minimum"), strangers));
    json_decref(next);
    *ret_committee = committee;
    return 0;
}
