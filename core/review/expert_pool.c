/* expert_pool.c - the expert pools of the series: made, looked at, handed in, approved. Writes
 * `expert_pool`, and the state of the entries that an approval takes in. See expert.h. */
#include "review/committee.h"
#include "review/expert.h"
#include "review/form.h"
#include "review/row.h"
#include "store/store.h"

#include <string.h>

int td_expert_pool_for(struct td_tx *tx, const char *series, const char *level, json_t **ret_pool)
{
    bool senior = td_expert_level(level) >= td_expert_level("senior");
    return td_tx_row(tx, ret_pool, "select * from expert_pool where series = $1 and tier = $2",
                     "ss", series, senior ? "senior" : "general");
}

static const char *state_of(const json_t *pool, const char *today)
{
    bool approved = td_row_equals(pool, "state", "approved");
    if (approved && strcmp(td_row_text(pool, "valid_until"), today) < 0)
        return "lapsed";
    if (approved)
        return "approved";
    return *td_row_text(pool, "submitted_at") ? "submitted" : "drafted";
}

int td_expert_pool_check_valid(const json_t *pool, const char *today, struct td_error *reterr)
{
    const char *state = state_of(pool, today);
    if (!strcmp(state, "approved"))
        return 0;
    return td_error_key(reterr, TD_ECONFLICT, "pool_not_approved",
                        json_pack("{s:s}", "pool_state", state));
}

const char *td_expert_pool_approver(const json_t *pool)
{
    return td_row_equals(pool, "tier", "senior") ? "region" : "city";
}

static void describe(const struct td_review *review, json_t *pool)
{
    td_row_name_series(review, pool);
    json_object_set_new(pool, "pool_state", json_string(state_of(pool, review->today)));
    json_object_set_new(pool, "approver", json_string(td_expert_pool_approver(pool)));
    json_object_del(pool, "state");
}

int td_expert_pool_list(struct td_review *review, json_t **ret_page)
{
    json_t *rows = NULL, *row = NULL;
    size_t i;
    int rc = td_tx_rows(
        review->tx, &rows,
        "select p.*, (select count(*) from pool_expert e where e.pool_id = p.id) as entries,"
        " (select count(*) from pool_expert e where e.pool_id = p.id and e.state = 'active')"
        " as active from expert_pool p where " TD_COMMITTEE_SCOPE_SQL(
            "$1", "p.series") " order by p.series, p.tier limit 100",
        "s", td_committee_scope(review->who));
    if (rc < 0)
        return rc;
    json_array_foreach(rows, i, row)
        describe(review, row);
    *ret_page = json_pack("{s:o, s:n}", "items", rows, "next");
    return *ret_page ? 0 : TD_ENOMEM;
}

/* "specialties" of each entry: [{"id", "name", "name_en"}]. */
static int add_specialties(const struct td_review *review, json_t *rows)
{
    size_t i, n;
    json_t *row = NULL, *one = NULL;
    json_array_foreach(rows, i, row) {
        const json_t *series = json_object_get(review->catalog, td_row_text(row, "series"));
        json_t *list = NULL;
        int rc = td_tx_rows(review->tx, &list,
                            "select specialty as id from pool_expert_specialty"
                            " where expert_id = $1 order by specialty",
                            "s", td_row_text(row, "id"));
        if (rc < 0)
            return rc;
        json_array_foreach(list, n, one) {
            const json_t *known = td_form_specialty(series, td_row_text(one, "id"));
            json_object_set_new(one, "name", json_string(td_row_text(known, "name")));
            json_object_set_new(one, "name_en", json_string(td_row_text(known, "name_en")));
        }
        json_object_set_new(row, "specialties", list);
        td_row_name_series(review, row);
    }
    return 0;
}

#define ENTRY_SQL                                                                                  \
    "select e.id, e.account_id, a.name, a.login, coalesce(u.name, e.employer) as unit_name,"       \
    " e.title_level, e.term_from, e.term_until,"                                                   \
    " e.state as expert_state, e.outside, e.confirmed_at, e.remark, p.series, p.tier"              \
    " from pool_expert e join expert_pool p on p.id = e.pool_id"                                   \
    " join account a on a.id = e.account_id left join unit u on u.id = a.unit_id"

static int load_entries(struct td_review *review, const char *pool_id,
                        const struct td_expert_filter *filter, json_t **ret_rows)
{
    return td_tx_rows(
        review->tx, ret_rows,
        ENTRY_SQL " where e.pool_id = $1 and e.id > $2 and ($3 = '' or e.state = $3)"
                  " and ($4 = '' or e.title_level = $4) and ($5 = '' or exists (select 1 from"
                  " pool_expert_specialty x where x.expert_id = e.id and x.specialty = $5))"
                  " and ($6 = '' or a.name like '%' || $6 || '%' or a.login like '%' || $6 || '%')"
                  " order by e.id limit $7",
        "ssssssi", pool_id, filter->cursor, filter->state, filter->level, filter->specialty,
        filter->query, (int64_t)TD_ROW_PAGE + 1);
}

static json_t *find_acts(const struct td_review *review, const json_t *pool, int64_t proposed)
{
    bool office = td_committee_may_run(review, td_row_text(pool, "series"), NULL) == 0;
    bool waits = *td_row_text(pool, "submitted_at");
    bool approved = !strcmp(state_of(pool, review->today), "approved");
    return json_pack("{s:b, s:b, s:b, s:b}", "write", office, "add", office && !waits, "submit",
                     office && !waits && (proposed > 0 || !approved), "approve",
                     waits && td_row_is(review, TD_ROLE_BUREAU));
}

static int count_proposed(struct td_tx *tx, const char *pool_id, int64_t *ret_count)
{
    return td_tx_int(tx, ret_count,
                     "select count(*) from pool_expert where pool_id = $1 and state = 'proposed'",
                     "s", pool_id);
}

int td_expert_pool_view(struct td_review *review, const char *pool_id,
                        const struct td_expert_filter *filter, json_t **ret_pool,
                        struct td_error *reterr)
{
    json_t *pool = NULL, *rows = NULL;
    int64_t proposed = 0;
    int rc = td_tx_row(review->tx, &pool, "select * from expert_pool where id = $1", "s", pool_id);
    if (rc < 0)
        return rc;
    rc = td_committee_may_read(review, td_row_text(pool, "series"), reterr);
    if (rc == 0)
        rc = count_proposed(review->tx, pool_id, &proposed);
    if (rc == 0)
        rc = load_entries(review, pool_id, filter, &rows);
    if (rc == 0)
        rc = add_specialties(review, rows);
    if (rc < 0) {
        json_decref(rows);
        json_decref(pool);
        return rc;
    }
    json_object_set_new(pool, "can", find_acts(review, pool, proposed));
    json_object_set_new(pool, "proposed", json_integer(proposed));
    describe(review, pool);
    json_t *page = td_row_page(rows, "id");
    json_object_update(pool, page);
    json_decref(page);
    *ret_pool = pool;
    return 0;
}

int td_expert_mine(struct td_review *review, json_t **ret_page)
{
    json_t *rows = NULL;
    int rc = td_tx_rows(review->tx, &rows, ENTRY_SQL " where e.account_id = $1 order by e.id", "s",
                        review->who->id);
    if (rc == 0)
        rc = add_specialties(review, rows);
    if (rc < 0) {
        json_decref(rows);
        return rc;
    }
    *ret_page = json_pack("{s:o, s:n}", "items", rows, "next");
    return *ret_page ? 0 : TD_ENOMEM;
}

/* --- writing ---------------------------------------------------------------------------------- */

int td_expert_pool_create(struct td_review *review, const char *series, const char *tier,
                          char ret_id[TD_ID_TEXT], struct td_error *reterr)
{
    int rc = td_committee_may_run(review, series, reterr);
    if (rc < 0)
        return rc;
    td_id_new(ret_id);
    rc =
        td_tx_exec(review->tx, NULL,
                   "insert into expert_pool (id, series, tier, created_at) values ($1, $2, $3, $4)",
                   "ssss", ret_id, series, tier, review->now);
    if (rc == TD_ECONFLICT)
        return td_error_key(reterr, TD_ECONFLICT, "pool_exists", NULL);
    return rc < 0 ? rc
                  : td_row_log(review, "pool.create", "pool", ret_id,
                               json_pack("{s:s, s:s}", "series", series, "tier", tier));
}

int td_expert_pool_submit(struct td_review *review, const char *pool_id, struct td_error *reterr)
{
    json_t *pool = NULL;
    int64_t proposed = 0;
    int rc = td_tx_row(review->tx, &pool, "select * from expert_pool where id = $1", "s", pool_id);
    if (rc < 0)
        return rc;
    bool own = td_committee_may_run(review, td_row_text(pool, "series"), NULL) == 0;
    bool waits = *td_row_text(pool, "submitted_at");
    bool valid = td_expert_pool_check_valid(pool, review->today, NULL) == 0;
    json_decref(pool);
    if (!own)
        return TD_ENOTFOUND;
    rc = count_proposed(review->tx, pool_id, &proposed);
    if (rc == 0 && waits)
        rc = td_error_key(reterr, TD_ECONFLICT, "committee_submitted", NULL);
    else if (rc == 0 && valid && !proposed)
        rc = td_error_key(reterr, TD_ECONFLICT, "nothing_changed", NULL);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update expert_pool set submitted_at = $2, remark = '' where id = $1", "ss",
                        pool_id, review->now);
    return rc < 0 ? rc
                  : td_row_log(review, "pool.submit", "pool", pool_id,
                               json_pack("{s:I}", "proposed", proposed));
}

/* What was handed in, for the bureau or the system. */
static int load_submitted(struct td_review *review, const char *pool_id, json_t **ret_pool,
                          struct td_error *reterr)
{
    json_t *pool = NULL;
    if (review->who && !td_row_is(review, TD_ROLE_BUREAU))
        return td_error_set(reterr, TD_EFORBIDDEN, "only the bureau records this");
    int rc = td_tx_row(review->tx, &pool, "select * from expert_pool where id = $1", "s", pool_id);
    if (rc == 0 && !*td_row_text(pool, "submitted_at")) {
        rc = td_error_key(reterr, TD_ECONFLICT, "pool_not_submitted", NULL);
        json_decref(pool);
    }
    if (rc == 0)
        *ret_pool = pool;
    return rc;
}

int td_expert_pool_approve(struct td_review *review, const char *pool_id,
                           const struct td_committee_approval *approval, struct td_error *reterr)
{
    const char *reference = approval->reference, *approved_on = approval->approved_on;
    json_t *pool = NULL;
    td_date day = 0;
    char until[TD_DATE_TEXT] = "";
    int rc = load_submitted(review, pool_id, &pool, reterr);
    if (rc < 0)
        return rc;
    rc = td_committee_check_approver(approval->approver, td_expert_pool_approver(pool), reterr);
    if (rc == 0 && !*reference)
        rc = td_error_field(reterr, "reference", "required", "the number of the approval");
    else if (rc == 0 &&
             (td_date_parse(approved_on, &day) < 0 || strcmp(approved_on, review->today) > 0))
        rc = td_error_field(reterr, "approved_on", "order", "a day that has come");
    else if (rc == 0)
        td_committee_term_end(day, TD_COMMITTEE_TERM_YEARS, until);
    bool valid = td_expert_pool_check_valid(pool, review->today, NULL) == 0;
    if (rc == 0 && !valid && strcmp(until, review->today) < 0)
        rc = td_error_field(reterr, "approved_on", "term_over", "the term is over already");
    if (rc == 0 && valid) /* what joins a pool does not make it last longer */
        memcpy(until, td_row_text(pool, "valid_until"), TD_DATE_TEXT);
    json_decref(pool);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update expert_pool set state = 'approved', submitted_at = null,"
                        " reference = case when $5 then reference else $2 end,"
                        " approved_on = case when $5 then approved_on else $3 end,"
                        " valid_until = $4 where id = $1",
                        "ssssb", pool_id, reference, approved_on, until, (int)valid);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update pool_expert set state = 'active' where pool_id = $1"
                        " and state = 'proposed'",
                        "s", pool_id);
    return rc < 0 ? rc
                  : td_row_log(review, "pool.approve", "pool", pool_id,
                               json_pack("{s:s, s:s, s:s}", "reference", reference, "approved_on",
                                         approved_on, "valid_until", until));
}

int td_expert_pool_refuse(struct td_review *review, const char *pool_id, const char *reason,
                          struct td_error *reterr)
{
    json_t *pool = NULL;
    int rc = load_submitted(review, pool_id, &pool, reterr);
    if (rc < 0)
        return rc;
    json_decref(pool);
    rc = td_tx_exec(review->tx, NULL,
                    "update expert_pool set submitted_at = null, remark = $2 where id = $1", "ss",
                    pool_id, reason);
    return rc < 0 ? rc
                  : td_row_log(review, "pool.refuse", "pool", pool_id,
                               json_pack("{s:s}", "reason", reason));
}
