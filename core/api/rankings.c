/* rankings.c - who passed against the posts that are free: before it is published, and as it was
 * published. */
#include "api/api.h"
#include "review/ranking.h"
#include "review/row.h"

#define READERS (TD_ROLE_OFFICE | TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR)

/* What a page asks of whom. */
static void add_waits(json_t *ranking)
{
    size_t i, j;
    json_t *group, *entry;
    json_array_foreach(json_object_get(ranking, "groups"), i, group) {
        bool revote = false;
        json_array_foreach(json_object_get(group, "entries"), j, entry) {
            json_object_set_new(entry, "waits_choice",
                                json_boolean(td_row_equals(entry, "ranking_outcome", "tied")));
            revote = revote || td_row_equals(entry, "ranking_outcome", "revote");
        }
        json_object_set_new(group, "waits_revote", json_boolean(revote));
        json_object_set_new(group, "waits_choice",
                            json_boolean(td_row_int(group, "contested") > 0));
    }
}

static int show(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *cycle = NULL, *ranking = NULL, *stored = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_ranking_cycle(&review, td_call_param(call, "cycle"), &cycle);
    bool bureau = td_row_is(&review, TD_ROLE_BUREAU);
    bool office = td_account_has(call->who, TD_ROLE_OFFICE, td_row_text(cycle, "series"));
    if (!result && !bureau && !office && !td_row_is(&review, TD_ROLE_SUPERVISOR))
        result = td_error_key(reterr, TD_EFORBIDDEN, "role_missing", NULL);
    if (!result)
        result = td_ranking_compute(&review, cycle, &ranking);
    if (!result)
        result = td_ranking_list(review.tx, td_row_text(cycle, "id"), &stored);
    if (!result) {
        add_waits(ranking);
        reply->value = json_pack(
            "{s:O, s:O, s:O, s:b, s:b, s:b}", "ranking", ranking, "rankings", stored, "cycle_name",
            json_object_get(cycle, "name"), "can_choose", (int)bureau, "can_publish",
            (int)((bureau || office) && td_row_int(ranking, "in") + td_row_int(ranking, "out") > 0),
            "can_revote", (int)(bureau || office));
    }
    json_decref(cycle);
    json_decref(ranking);
    json_decref(stored);
    return result;
}

static int back(struct td_call *call, struct td_reply *reply, json_t *value)
{
    reply->value = value;
    reply->location =
        td_arena_printf(call->arena, "/cycles/%s/ranking", td_call_param(call, "cycle"));
    return value && reply->location ? 0 : TD_ENOMEM;
}

static int choose(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const json_t *chosen = td_call_json(call, "chosen");
    int result = td_api_review(call, &review);
    if (!result)
        result = td_ranking_choose(&review, td_call_param(call, "cycle"), chosen,
                                   td_call_text(call, "reason"), reterr);
    return result ? result
                  : back(call, reply, json_pack("{s:i}", "chosen", (int)json_array_size(chosen)));
}

static int revote(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int64_t count = 0;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_ranking_revote(&review, td_call_param(call, "cycle"),
                                   td_call_text(call, "division"), td_call_text(call, "level"),
                                   td_call_text(call, "reason"), &count, reterr);
    return result ? result : back(call, reply, json_pack("{s:I}", "revote", (json_int_t)count));
}

static int show_stored(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *ranking = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_ranking_load(&review, td_call_param(call, "ranking"), &ranking, reterr);
    if (result)
        return result;
    reply->value = json_pack("{s:o}", "ranking", ranking);
    return reply->value ? 0 : TD_ENOMEM;
}

static const struct td_field choose_body[] = {
    {"chosen", TD_FIELD_ARRAY, true, 1, 200, NULL, "ids of the dossiers that get the posts"},
    {"reason", TD_FIELD_TEXT, true, 5, 2000, NULL, "Why they among equals"},
    {0},
};

static const struct td_field revote_body[] = {
    {"division", TD_FIELD_TEXT, true, 1, 16, NULL, "District of the group"},
    {"level", TD_FIELD_TEXT, true, 1, 32, NULL, "Level of the group"},
    {"reason", TD_FIELD_TEXT, true, 5, 2000, NULL, "Why it is voted on anew"},
    {0},
};

const struct td_route td_rankings_routes[] = {
    {TD_GET, "/cycles/{cycle}/ranking", READERS, "Who passed, by place, against the free posts",
     .read = show, .page = "ranking"},
    {TD_POST, "/cycles/{cycle}/ranking/choice", TD_ROLE_BUREAU,
     "Choose among equals at the last post", .write = choose, .body = choose_body,
     .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/cycles/{cycle}/ranking/revote", TD_ROLE_OFFICE | TD_ROLE_BUREAU,
     "Have a group voted on anew that is larger than its posts", .write = revote,
     .body = revote_body, .flags = TD_ROUTE_STEP_UP},
    {TD_GET, "/rankings/{ranking}", READERS, "A ranking as it was published, computed again",
     .read = show_stored, .page = "ranking_record"},
    {0},
};
