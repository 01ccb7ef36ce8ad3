/* ranking_view.c - stored rankings for those who read them: once more computed, for a letter, for
 * minutes. Writes nothing. Declared in ranking.h. */
#include "review/ranking.h"

#include "review/application.h"
#include "review/committee.h"
#include "review/row.h"
#include "store/ledger.h"
#include "store/store.h"

#include <string.h>

int td_ranking_list(struct td_tx *tx, const char *cycle_id, json_t **ret_rows)
{
    return td_tx_rows(tx, ret_rows,
                      "select r.id, r.notice_id, r.policy, r.made_at, r.hash, "
                      "(select count(*) from ranking_entry e where e.ranking_id = r.id and "
                      "e.ranking_outcome = 'in') as ranked_in, (select count(*) from ranking_entry "
                      "e where e.ranking_id = r.id and e.ranking_outcome = 'out') as ranked_out "
                      "from ranking r where r.cycle_id = $1 order by r.id desc limit 100",
                      "s", cycle_id);
}

/* Do the outcomes follow from what is stored? */
static bool follows(const json_t *groups)
{
    size_t i, j;
    json_t *group, *entry;
    bool same = true;
    json_array_foreach((json_t *)groups, i, group) {
        json_t *again = json_deep_copy(group);
        json_array_foreach(json_object_get(again, "entries"), j, entry) {
            json_object_del(entry, "place");
            json_object_del(entry, "ranking_outcome");
        }
        td_ranking_allot(again);
        same = same && json_equal(group, again);
        json_decref(again);
    }
    return same;
}

/* Are the votes still those of the records? */
static int votes_stand(struct td_tx *tx, const json_t *groups, bool *ret_stand)
{
    size_t i, j;
    json_t *group, *entry;
    int result = 0;
    json_array_foreach((json_t *)groups, i, group)
        json_array_foreach(json_object_get(group, "entries"), j, entry) {
            int64_t stands = 0;
            if (result || !*td_row_text(entry, "motion_id"))
                continue;
            result = td_tx_int(tx, &stands,
                               "select count(*) from motion where id = $1 and application_id = $2 "
                               "and state = 'counted' and yes = $3 and passed",
                               "ssi", td_row_text(entry, "motion_id"),
                               td_row_text(entry, "application_id"), td_row_int(entry, "yes"));
            *ret_stand = *ret_stand && stands == 1;
        }
    return result;
}

static int recompute(struct td_review *review, json_t *ranking)
{
    const json_t *groups = json_object_get(ranking, "groups");
    char hash[65];
    bool stand = true;
    int64_t logged = 0;
    int result = td_ledger_hash_json(groups, hash);
    if (!result)
        result = votes_stand(review->tx, groups, &stand);
    if (!result)
        result = td_tx_int(review->tx, &logged,
                           "select count(*) from ledger where subject = 'ranking/' || $1 and "
                           "action = 'ranking.make'",
                           "s", td_row_text(ranking, "id"));
    json_object_set_new(ranking, "recomputed",
                        json_boolean(stand && logged == 1 && follows(groups) &&
                                     td_row_equals(ranking, "hash", hash)));
    return result;
}

int td_ranking_load(struct td_review *review, const char *id, json_t **ret_ranking,
                    struct td_error *reterr)
{
    json_t *ranking = NULL;
    int result = td_tx_row(
        review->tx, &ranking,
        "select r.id, r.cycle_id, r.notice_id, r.policy, r.groups, r.hash, r.made_at, "
        "y.name as cycle_name, y.notice_number from ranking r join cycle y on y.id = r.cycle_id "
        "where r.id = $2 and " TD_COMMITTEE_SCOPE_SQL("$1", "y.series"),
        "ss", td_committee_scope(review->who), id);
    if (result == TD_ENOTFOUND)
        return td_error_key(reterr, TD_ENOTFOUND, "nothing_here", NULL);
    if (!result)
        result = recompute(review, ranking);
    if (result)
        json_decref(ranking);
    else
        *ret_ranking = ranking;
    return result;
}

/* The entry of a dossier among the groups, and its group. */
static const json_t *find_entry(const json_t *groups, const char *id, const json_t **ret_group)
{
    size_t i, j;
    json_t *group, *entry;
    json_array_foreach((json_t *)groups, i, group)
        json_array_foreach(json_object_get(group, "entries"), j, entry)
            if (td_row_equals(entry, "application_id", id)) {
                *ret_group = group;
                return entry;
            }
    return NULL;
}

int td_ranking_of(struct td_review *review, const char *application_id, json_t **ret_entry)
{
    json_t *ranking = NULL;
    const json_t *group = NULL;
    *ret_entry = NULL;
    int result = td_tx_row(review->tx, &ranking,
                           "select r.groups from ranking r join ranking_entry e on e.ranking_id = "
                           "r.id where e.application_id = $1 order by r.id desc limit 1",
                           "s", application_id);
    if (result)
        return result == TD_ENOTFOUND ? 0 : result;
    const json_t *entry = find_entry(json_object_get(ranking, "groups"), application_id, &group);
    if (entry)
        *ret_entry = json_pack(
            "{s:O, s:O, s:O, s:O, s:I, s:s}", "place", json_object_get(entry, "place"), "tied",
            json_object_get(entry, "tied"), "ranking_outcome",
            json_object_get(entry, "ranking_outcome"), "posts", json_object_get(group, "posts"),
            "passed", (json_int_t)json_array_size(json_object_get(group, "entries")),
            "choice_reason", td_row_text(entry, "choice_reason"));
    json_decref(ranking);
    return 0;
}

int td_ranking_annex(struct td_review *review, const char *meeting_id, json_t **ret_rows)
{
    json_t *rows = NULL, *row;
    size_t i;
    int result = td_tx_rows(
        review->tx, &rows,
        "select e.place, e.ranking_outcome, a.number, a.series, a.level, a.specialty, p.name, "
        "u.name as unit_name, v.name as division_name, o.yes, s.total from ranking_entry e "
        "join application a on a.id = e.application_id join account p on p.id = a.account_id "
        "join unit u on u.id = a.unit_id join division v on v.code = a.division_code "
        "join motion o on o.application_id = a.id and o.meeting_id = $1 "
        "left join score s on s.id = a.score_id where not exists (select 1 from ranking_entry l "
        "where l.application_id = e.application_id and l.ranking_id > e.ranking_id) "
        "order by a.level, a.division_code, e.place, a.number limit 5000",
        "s", meeting_id);
    json_array_foreach(rows, i, row)
        td_application_name(review, row);
    if (!result)
        *ret_rows = rows;
    return result;
}
