/* package_committee.c - the packages of committee and expert pool. Writes nothing. */
#include "review/package.h"

#include "review/committee.h"
#include "review/row.h"
#include "store/store.h"

/* As the committee will be once it is approved. */
static int members(struct td_tx *tx, const char *committee_id, json_t **ret_rows)
{
    return td_tx_rows(
        tx, ret_rows,
        "select p.name, coalesce(u.name, '') as unit_name, n.position, n.outside_reason from"
        " (" TD_COMMITTEE_NEXT_MEMBERS_SQL ") n join account p on p.id = n.account_id"
        " left join unit u on u.id = p.unit_id order by case n.position"
        " when 'chair' then 0 when 'deputy' then 1 else 2 end, p.id",
        "s", committee_id);
}

int td_package_committee(struct td_review *review, const json_t *cycle, const json_t *committee,
                         json_t **ret_package)
{
    static const char *const texts[] = {"id", "name", "founding_unit", "series", "level", "kind"};
    json_t *people = NULL, *specialties = NULL;
    const char *id = td_row_text(committee, "id");
    int rc = members(review->tx, id, &people);
    if (rc == 0)
        rc = td_tx_rows(review->tx, &specialties,
                        "select specialty from committee_specialty where committee_id = $1"
                        " order by specialty",
                        "s", id);
    json_t *described = json_object();
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        json_object_set_new(described, texts[i], json_string(td_row_text(committee, texts[i])));
    json_object_set_new(described, "term_years", json_integer(td_row_int(committee, "term_years")));
    json_object_set_new(described, "minimum",
                        json_integer(td_committee_minimum(review, committee)));
    json_object_set_new(described, "size", json_integer((json_int_t)json_array_size(people)));
    json_t *package =
        rc == 0 ? json_pack("{s:s, s:o, s:s, s:s, s:O, s:O, s:O}", "format", "titled.committee.1",
                            "cycle", td_package_cycle(cycle), "prepared_on", review->today,
                            "approver", td_committee_approver(committee), "committee", described,
                            "members", people, "specialties", specialties)
                : NULL;
    json_decref(described);
    json_decref(people);
    json_decref(specialties);
    if (!package)
        return rc < 0 ? rc : TD_ENOMEM;
    *ret_package = package;
    return 0;
}

int td_package_pool(struct td_review *review, const json_t *cycle, const json_t *pool,
                    json_t **ret_package)
{
    json_t *experts = NULL;
    int rc = td_tx_rows(review->tx, &experts,
                        "select p.name, coalesce(u.name, e.employer) as unit_name, coalesce("
                        "u.division_code, '') as division_code, e.title_level, e.term_from,"
                        " e.term_until, e.state as expert_state from pool_expert e"
                        " join account p on p.id = e.account_id left join unit u on u.id ="
                        " p.unit_id where e.pool_id = $1 and e.state <> 'suspended' order by e.id",
                        "s", td_row_text(pool, "id"));
    if (rc < 0)
        return rc;
    *ret_package = json_pack("{s:s, s:o, s:s, s:s, s:s, s:s, s:o}", "format", "titled.pool.1",
                             "cycle", td_package_cycle(cycle), "prepared_on", review->today, "pool",
                             td_row_text(pool, "id"), "series", td_row_text(pool, "series"), "tier",
                             td_row_text(pool, "tier"), "experts", experts);
    return *ret_package ? 0 : TD_ENOMEM;
}
