/* ranking.c - see ranking.h. Owns `ranking`, `ranking_entry` and `ranking_choice`. */
#include "review/ranking.h"

#include "base/json.h"
#include "review/application.h"
#include "review/committee.h"
#include "review/cycle.h"
#include "review/notice.h"
#include "review/quota.h"
#include "review/row.h"
#include "review/workflow.h"
#include "store/ledger.h"
#include "store/store.h"

#include <string.h>

/* --- gathering -------------------------------------------------------------------------------- */

static const char *policy_of(const json_t *cycle)
{
    if (td_cycle_parameter(cycle, "revote_beyond_posts", 0))
        return "revote";
    return td_cycle_parameter(cycle, "rank_by_posts", 1) ? "rank" : "all";
}

/* The latest vote of an application with alias a. */
#define VOTE_SQL                                                                                   \
    "(select o.id from motion o where o.application_id = a.id and o.state = 'counted' order by "   \
    "o.counted_at desc, o.id desc limit 1)"

/* Those who passed, in the order of their places. */
static int load_passed(struct td_review *review, const char *cycle_id, json_t **ret_rows)
{
    json_t *rows = NULL, *row;
    size_t i;
    int result = td_tx_rows(
        review->tx, &rows,
        "select a.id as application_id, a.number, a.account_id, a.unit_id, a.division_code, "
        "a.series, a.level, a.track, a.specialty, a.plugin_version, p.name, u.name as unit_name, "
        "v.name as division_name, o.id as motion_id, o.yes, o.present, coalesce(s.total, -1) as "
        "total, c.chosen, c.reason as choice_reason from application a "
        "join account p on p.id = a.account_id join unit u on u.id = a.unit_id "
        "join division v on v.code = a.division_code left join motion o on o.id = " VOTE_SQL
        " left join score s on s.id = a.score_id left join ranking_choice c on c.motion_id = o.id "
        "where a.cycle_id = $1 and a.state = 'passed' order by a.level, a.division_code, a.track, "
        "o.yes desc, coalesce(s.total, -1) desc, a.number, a.id",
        "s", cycle_id);
    json_array_foreach(rows, i, row) {
        td_application_name(review, row);
        json_object_del(row, "account_id");
        json_object_del(row, "plugin_version");
    }
    if (!result)
        *ret_rows = rows;
    return result;
}

/* Units of dossiers that a result notice has promised a post which is not reserved yet. */
static int add_promised(struct td_review *review, const json_t *cycle, json_t *group)
{
    json_t *rows = NULL, *row, *promised = json_array();
    size_t i;
    int result = td_tx_rows(
        review->tx, &rows,
        "select unit_id from application where year = $1 and series = $2 and division_code = $3 "
        "and level = $4 and track <> 'general' and state in ('result_notice', 'objection_hold', "
        "'confirmed', 'filed') "
        "order by id",
        "isss", td_row_int(cycle, "year"), td_row_text(cycle, "series"),
        td_row_text(group, "division_code"), td_row_text(group, "level"));
    json_array_foreach(rows, i, row)
        json_array_append(promised, json_object_get(row, "unit_id"));
    json_decref(rows);
    json_object_set_new(group, "promised", promised);
    return result;
}

static int add_pool(struct td_review *review, const struct td_quota_pot *pot, json_t *pools)
{
    int64_t posts = 0;
    int result = td_quota_available(review->tx, pot, &posts);
    if (!result && posts > 0)
        json_object_set_new(pools, pot->pool, json_integer(posts));
    return result;
}

/* The free posts of the group's district, and of the units whose people are ranked or promised one.
 */
static int add_posts(struct td_review *review, const json_t *cycle, json_t *group)
{
    json_t *pools = json_object(), *entry, *unit;
    int64_t shared = -1, granted = 1;
    size_t i;
    int result = 0;
    struct td_quota_pot pot = {td_row_int(cycle, "year"), td_row_text(group, "division_code"),
                               td_row_text(cycle, "series"), td_row_text(group, "level"), ""};
    json_object_set_new(group, "pools", pools);
    if (td_quota_controlled(pot.level) && !td_row_equals(group, "track", "general")) {
        result = td_quota_available(review->tx, &pot, &shared);
        if (!result)
            result = td_tx_int(review->tx, &granted,
                               "select count(*) from quota_entry where year = $1 and "
                               "division_code = $2 and series = $3 and level = $4",
                               "isss", pot.year, pot.division, pot.series, pot.level);
        json_array_foreach(json_object_get(group, "entries"), i, entry) {
            pot.pool = td_row_text(entry, "unit_id");
            result = result ? result : add_pool(review, &pot, pools);
        }
        json_array_foreach(json_object_get(group, "promised"), i, unit) {
            pot.pool = json_string_value(unit);
            result = result ? result : add_pool(review, &pot, pools);
        }
    }
    json_object_set_new(group, "shared", json_integer(shared));
    json_object_set_new(group, "granted", json_boolean(granted > 0));
    return result;
}

static json_t *new_group(const json_t *first, const char *policy)
{
    return json_pack("{s:O, s:O, s:O, s:O, s:s, s:[]}", "division_code",
                     json_object_get(first, "division_code"), "division_name",
                     json_object_get(first, "division_name"), "level",
                     json_object_get(first, "level"), "track", json_object_get(first, "track"),
                     "policy", policy, "entries");
}

static bool same_group(const json_t *group, const json_t *row)
{
    return td_row_equals(group, "division_code", td_row_text(row, "division_code")) &&
           td_row_equals(group, "level", td_row_text(row, "level")) &&
           td_row_equals(group, "track", td_row_text(row, "track"));
}

static json_t *group_rows(const json_t *rows, const char *policy)
{
    json_t *groups = json_array(), *group = NULL, *row;
    size_t i;
    json_array_foreach((json_t *)rows, i, row) {
        if (!group || !same_group(group, row)) {
            group = new_group(row, policy);
            json_array_append_new(groups, group);
        }
        json_array_append(json_object_get(group, "entries"), row);
    }
    return groups;
}

static int64_t count_outcome(const json_t *groups, const char *outcome)
{
    size_t i, j;
    json_t *group, *entry;
    int64_t count = 0;
    json_array_foreach((json_t *)groups, i, group)
        json_array_foreach(json_object_get(group, "entries"), j, entry)
            count += td_row_equals(entry, "ranking_outcome", outcome);
    return count;
}

int td_ranking_compute(struct td_review *review, const json_t *cycle, json_t **ret_ranking)
{
    json_t *rows = NULL, *groups = NULL, *group;
    size_t i;
    int result = load_passed(review, td_row_text(cycle, "id"), &rows);
    if (result)
        return result;
    groups = group_rows(rows, policy_of(cycle));
    json_decref(rows);
    json_array_foreach(groups, i, group) {
        if (!result)
            result = add_promised(review, cycle, group);
        if (!result)
            result = add_posts(review, cycle, group);
        if (!result)
            td_ranking_allot(group);
    }
    if (result) {
        json_decref(groups);
        return result;
    }
    int64_t waiting = count_outcome(groups, "tied") + count_outcome(groups, "revote") +
                      count_outcome(groups, "no_posts");
    *ret_ranking = json_pack(
        "{s:O, s:s, s:o, s:I, s:I, s:I}", "cycle_id", json_object_get(cycle, "id"), "policy",
        policy_of(cycle), "groups", groups, "waiting", (json_int_t)waiting, "in",
        (json_int_t)count_outcome(groups, "in"), "out", (json_int_t)count_outcome(groups, "out"));
    return *ret_ranking ? 0 : TD_ENOMEM;
}

/* --- publishing ------------------------------------------------------------------------------- */

int td_ranking_cycle(struct td_review *review, const char *cycle_id, json_t **ret_cycle)
{
    json_t *cycle = NULL;
    int result = td_cycle_load(review->tx, cycle_id, &cycle);
    if (!result && td_row_equals(cycle, "state", "planned") &&
        !td_cycle_insider(review->who, td_row_text(cycle, "series")))
        result = TD_ENOTFOUND; /* to who does not plan it there is none yet */
    if (result)
        json_decref(cycle);
    else
        *ret_cycle = cycle;
    return result;
}

static int check_runs(struct td_review *review, const json_t *cycle, struct td_error *reterr)
{
    if (td_row_is(review, TD_ROLE_BUREAU) ||
        (review->who && td_account_has(review->who, TD_ROLE_OFFICE, td_row_text(cycle, "series"))))
        return 0;
    return td_error_key(reterr, TD_EFORBIDDEN, "role_missing", NULL);
}

static json_t *ids_of(const json_t *ranking, const char *outcome)
{
    json_t *ids = json_array(), *group, *entry;
    size_t i, j;
    json_array_foreach(json_object_get(ranking, "groups"), i, group)
        json_array_foreach(json_object_get(group, "entries"), j, entry)
            if (td_row_equals(entry, "ranking_outcome", outcome))
                json_array_append(ids, json_object_get(entry, "application_id"));
    return ids;
}

static int store_entries(struct td_review *review, const char *id, const json_t *groups)
{
    size_t i, j;
    json_t *group, *entry;
    int result = 0;
    json_array_foreach((json_t *)groups, i, group)
        json_array_foreach(json_object_get(group, "entries"), j, entry) {
            bool settled = td_row_equals(entry, "ranking_outcome", "in") ||
                           td_row_equals(entry, "ranking_outcome", "out");
            if (result || !settled)
                continue;
            result = td_tx_exec(review->tx, NULL,
                                "insert into ranking_entry (ranking_id, application_id, place, "
                                "ranking_outcome) values ($1, $2, $3, $4)",
                                "ssis", id, td_row_text(entry, "application_id"),
                                td_row_int(entry, "place"), td_row_text(entry, "ranking_outcome"));
        }
    return result;
}

static int store(struct td_review *review, const json_t *ranking, const char *notice_id)
{
    char id[TD_ID_TEXT], hash[65];
    const json_t *groups = json_object_get(ranking, "groups");
    int result = td_ledger_hash_json(groups, hash);
    td_id_new(id);
    if (!result)
        result = td_tx_exec(review->tx, NULL,
                            "insert into ranking (id, cycle_id, notice_id, policy, groups, hash, "
                            "made_by, made_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
                            "ssssjsss", id, td_row_text(ranking, "cycle_id"),
                            *notice_id ? notice_id : NULL, td_row_text(ranking, "policy"), groups,
                            hash, td_row_actor(review), review->now);
    if (!result)
        result = store_entries(review, id, groups);
    return result ? result
                  : td_row_log(review, "ranking.make", "ranking", id,
                               json_pack("{s:O, s:s, s:O, s:O, s:O, s:s}", "cycle",
                                         json_object_get(ranking, "cycle_id"), "notice", notice_id,
                                         "policy", json_object_get(ranking, "policy"), "in",
                                         json_object_get(ranking, "in"), "out",
                                         json_object_get(ranking, "out"), "hash", hash));
}

static int apply_all(struct td_review *review, const json_t *ids, const char *action,
                     const char *note, struct td_error *reterr)
{
    size_t i;
    json_t *id;
    int result = 0;
    json_array_foreach((json_t *)ids, i, id)
        if (!result)
            result = td_workflow_apply(review, json_string_value(id), action, note, NULL, reterr);
    return result;
}

/* Nothing can be published: because nothing passed, or because everybody waits. */
static int refuse(const json_t *ranking, struct td_error *reterr)
{
    int64_t waiting = td_row_int(ranking, "waiting");
    if (!waiting)
        return td_error_key(reterr, TD_ECONFLICT, "nothing_to_publish", NULL);
    return td_error_key(reterr, TD_ECONFLICT, "ranking_waits",
                        json_pack("{s:I}", "count", (json_int_t)waiting));
}

int td_ranking_publish(struct td_review *review, const char *cycle_id, json_t **ret_notice,
                       struct td_error *reterr)
{
    json_t *cycle = NULL, *ranking = NULL, *in = NULL, *out = NULL, *notice = NULL;
    int result = td_ranking_cycle(review, cycle_id, &cycle);
    if (!result)
        result = check_runs(review, cycle, reterr);
    if (!result)
        result = td_ranking_compute(review, cycle, &ranking);
    if (!result) {
        in = ids_of(ranking, "in");
        out = ids_of(ranking, "out");
        if (!json_array_size(in) && !json_array_size(out))
            result = refuse(ranking, reterr);
    }
    if (!result && !json_array_size(in))
        notice = json_pack("{s:n}", "id"); /* nobody to publicise: all posts are taken */
    else if (!result)
        result = td_notice_publish(review, "result", cycle_id, "", in, &notice, reterr);
    if (!result)
        result = apply_all(review, out, "outrank", NULL, reterr);
    if (!result)
        result = store(review, ranking, td_row_text(notice, "id"));
    if (!result) {
        json_object_set(notice, "outranked", json_object_get(ranking, "out"));
        json_object_set(notice, "waiting", json_object_get(ranking, "waiting"));
        *ret_notice = json_incref(notice);
    }
    json_decref(cycle);
    json_decref(ranking);
    json_decref(in);
    json_decref(out);
    json_decref(notice);
    return result;
}

/* --- equals, and a new vote ------------------------------------------------------------------- */

/* The group in which every chosen dossier is one of the tied; NULL when there is none. */
static json_t *find_contest(const json_t *ranking, const json_t *chosen)
{
    size_t i, j;
    json_t *group, *entry;
    json_array_foreach(json_object_get(ranking, "groups"), i, group) {
        size_t found = 0;
        json_array_foreach(json_object_get(group, "entries"), j, entry)
            found += td_row_equals(entry, "ranking_outcome", "tied") &&
                     td_json_lists(chosen, td_row_text(entry, "application_id"));
        if (found && found == json_array_size(chosen))
            return group;
    }
    return NULL;
}

/* Who is among the equals does not choose among them. */
static int check_not_own(struct td_review *review, const json_t *group, struct td_error *reterr)
{
    size_t i;
    json_t *entry;
    int64_t own = 0;
    int result = 0;
    json_array_foreach(json_object_get(group, "entries"), i, entry)
        if (!result && !own && td_row_equals(entry, "ranking_outcome", "tied"))
            result = td_tx_int(review->tx, &own,
                               "select count(*) from application where id = $1 and account_id = $2",
                               "ss", td_row_text(entry, "application_id"), review->who->id);
    return result || !own ? result : td_error_key(reterr, TD_EFORBIDDEN, "own_dossier", NULL);
}

static int store_choice(struct td_review *review, const json_t *group, const json_t *chosen,
                        const char *reason)
{
    size_t i;
    json_t *entry;
    int result = 0;
    json_array_foreach(json_object_get(group, "entries"), i, entry) {
        const char *application = td_row_text(entry, "application_id");
        if (result || !td_row_equals(entry, "ranking_outcome", "tied"))
            continue;
        bool in = td_json_lists(chosen, application);
        result = td_tx_exec(
            review->tx, NULL,
            "insert into ranking_choice (motion_id, application_id, chosen, reason, decided_by, "
            "decided_at) values ($1, $2, $3, $4, $5, $6) on conflict (motion_id) do update set "
            "chosen = $3, reason = $4, decided_by = $5, decided_at = $6",
            "ssbsss", td_row_text(entry, "motion_id"), application, (int)in, reason,
            review->who->id, review->now);
        if (!result)
            result = td_row_log(review, "ranking.choose", "application", application,
                                json_pack("{s:b, s:s}", "chosen", (int)in, "reason", reason));
    }
    return result;
}

int td_ranking_choose(struct td_review *review, const char *cycle_id, const json_t *chosen,
                      const char *reason, struct td_error *reterr)
{
    json_t *cycle = NULL, *ranking = NULL, *after = NULL, *group = NULL;
    int result = td_row_is(review, TD_ROLE_BUREAU)
                     ? td_ranking_cycle(review, cycle_id, &cycle)
                     : td_error_key(reterr, TD_EFORBIDDEN, "role_missing", NULL);
    if (!result)
        result = td_ranking_compute(review, cycle, &ranking);
    if (!result && !(group = find_contest(ranking, chosen)))
        result = td_error_field(reterr, "chosen", "choice", "choose among the equals of one group");
    if (!result)
        result = check_not_own(review, group, reterr);
    if (!result)
        result = store_choice(review, group, chosen, reason);
    if (!result)
        result = td_ranking_compute(review, cycle, &after);
    if (!result && find_contest(after, chosen)) /* the choice is there and does not fit */
        result = td_error_field(reterr, "chosen", "posts_exactly",
                                "choose as many as there are posts: %lld",
                                (long long)td_row_int(group, "contested"));
    json_decref(cycle);
    json_decref(ranking);
    json_decref(after);
    return result;
}

int td_ranking_revote(struct td_review *review, const char *cycle_id, const char *division,
                      const char *level, const char *reason, int64_t *ret_count,
                      struct td_error *reterr)
{
    json_t *cycle = NULL, *ranking = NULL, *group, *entry, *ids = json_array();
    size_t i, j;
    int result = td_ranking_cycle(review, cycle_id, &cycle);
    if (!result)
        result = check_runs(review, cycle, reterr);
    if (!result)
        result = td_ranking_compute(review, cycle, &ranking);
    json_array_foreach(json_object_get(ranking, "groups"), i, group) {
        if (!td_row_equals(group, "division_code", division) ||
            !td_row_equals(group, "level", level))
            continue;
        json_array_foreach(json_object_get(group, "entries"), j, entry)
            if (td_row_equals(entry, "ranking_outcome", "revote"))
                json_array_append(ids, json_object_get(entry, "application_id"));
    }
    if (!result && !json_array_size(ids))
        result = td_error_key(reterr, TD_ECONFLICT, "nothing_to_revote", NULL);
    if (!result)
        result = apply_all(review, ids, "revote", reason, reterr);
    *ret_count = (int64_t)json_array_size(ids);
    json_decref(ids);
    json_decref(cycle);
    json_decref(ranking);
    return result;
}
