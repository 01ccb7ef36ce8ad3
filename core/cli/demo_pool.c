/* demo_pool.c - the demonstration's expert pools, the draw of a panel, and what is filed around a
 * year. */
#include "cli/demo.h"

#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PANEL_SIZE = 3, TERM_YEARS = 2 };

static const char drawn[] = "抽取产生的学科评议组";

/* --- filings ---------------------------------------------------------------------------------- */

static int decide(struct td_demo *demo, const char *filing, struct td_error *reterr)
{
    char date[11];
    int result = td_demo_today(demo, date, reterr);
    return result < 0 ? result
                      : td_demo_call(demo, "bureau", "POST",
                                     json_pack("{s:s, s:s}", "reference",
                                               "新人社备（演示）〔2026〕12号", "approved_on", date),
                                     NULL, reterr, "/api/v1/filings/%s/approve", filing);
}

int td_demo_file_kind(struct td_demo *demo, const char *cycle, const char *kind, const char *pool,
                      bool by_region, struct td_error *reterr)
{
    json_t *value = NULL, *order = json_pack("{s:s, s:s}", "cycle_id", cycle, "kind", kind);
    struct td_error open = TD_ERROR_INIT;
    if (pool)
        json_object_set_new(order, "pool_id", json_string(pool));
    int result = td_demo_call(demo, "bureau", "POST", order, &value, &open, "/api/v1/filings");
    const char *id = td_json_text(value, "id");
    if (result == TD_ECONFLICT && !pool)
        result = 0; /* this year's is on its way from an earlier walk */
    else if (result < 0)
        td_error_set(reterr, result, "%s", open.detail);
    if (result == 0 && *id && pool && !by_region)
        result = decide(demo, id, reterr);
    if (result == 0 && *id)
        result = td_demo_send_filing(demo, id, reterr);
    if (result == 0 && *id && pool && by_region)
        result = decide(demo, id, reterr);
    td_error_done(&open);
    json_decref(value);
    return result;
}

/* --- the pool --------------------------------------------------------------------------------- */

static int find_pool(struct td_demo *demo, const struct td_demo_desk *desk, const char *tier,
                     char ret_id[27], struct td_error *reterr)
{
    json_t *page = NULL, *pool;
    size_t i;
    ret_id[0] = 0;
    int result = td_demo_call(demo, desk->office, "GET", NULL, &page, reterr, "/api/v1/pools");
    json_array_foreach(json_object_get(page, "items"), i, pool)
        if (strcmp(td_json_text(pool, "series"), desk->series) == 0 &&
            strcmp(td_json_text(pool, "tier"), tier) == 0)
            snprintf(ret_id, 27, "%s", td_json_text(pool, "id"));
    json_decref(page);
    return result;
}

/* Every expert of the series, for every specialty of it. */
static int propose(struct td_demo *demo, const struct td_demo_desk *desk, const char *pool,
                   struct td_error *reterr)
{
    json_t *form = NULL, *specialty, *ids = json_array();
    char from[11], until[11];
    size_t index;
    int result = td_demo_today(demo, from, reterr);
    if (result == 0)
        result =
            td_demo_call(demo, "", "GET", NULL, &form, reterr, "/api/v1/series/%s", desk->series);
    json_array_foreach(json_object_get(form, "specialties"), index, specialty)
        json_array_append(ids, json_object_get(specialty, "id"));
    snprintf(until, sizeof(until), "%04u-12-31", (unsigned)(strtol(from, NULL, 10) + TERM_YEARS) % 10000u);
    for (int i = 1; result == 0 && i <= desk->experts; i++) {
        char login[TD_DEMO_LOGIN];
        td_demo_expert_login(desk, i, login);
        result = td_demo_call(demo, desk->office, "POST",
                              json_pack("{s:s, s:s, s:O, s:s, s:s}", "login", login, "title_level",
                                        "senior", "specialties", ids, "term_from", from,
                                        "term_until", until),
                              NULL, reterr, "/api/v1/pools/%s/experts", pool);
    }
    json_decref(ids);
    json_decref(form);
    return result;
}

/* Each says that his own entry is right. */
static int confirm_entries(struct td_demo *demo, const struct td_demo_desk *desk,
                           struct td_error *reterr)
{
    int result = 0;
    for (int i = 1; result == 0 && i <= desk->experts; i++) {
        char login[TD_DEMO_LOGIN];
        json_t *mine = NULL, *entry;
        size_t index;
        td_demo_expert_login(desk, i, login);
        result = td_demo_call(demo, login, "GET", NULL, &mine, reterr, "/api/v1/experts/mine");
        json_array_foreach(json_object_get(mine, "items"), index, entry)
            if (result == 0 && !*td_json_text(entry, "confirmed_at"))
                result = td_demo_call(demo, login, "POST", json_object(), NULL, reterr,
                                      "/api/v1/experts/%s/confirm", td_json_text(entry, "id"));
        json_decref(mine);
    }
    return result;
}

int td_demo_found_pool(struct td_demo *demo, const struct td_demo_desk *desk, const char *cycle,
                       const char *level, struct td_error *reterr)
{
    bool senior = strstr(level, "senior") != NULL;
    const char *tier = senior ? "senior" : "general";
    json_t *value = NULL;
    char pool[27];
    int result = find_pool(demo, desk, tier, pool, reterr);
    if (result < 0 || pool[0])
        return result;
    result = td_demo_call(demo, desk->office, "POST",
                          json_pack("{s:s, s:s}", "series", desk->series, "tier", tier), &value,
                          reterr, "/api/v1/pools");
    snprintf(pool, sizeof(pool), "%s", td_json_text(value, "id"));
    json_decref(value);
    if (result == 0)
        result = propose(demo, desk, pool, reterr);
    if (result == 0)
        result = td_demo_call(demo, desk->office, "POST", json_object(), NULL, reterr,
                              "/api/v1/pools/%s/submit", pool);
    if (result == 0)
        result = td_demo_file_kind(demo, cycle, "pool", pool, senior, reterr);
    return result == 0 ? confirm_entries(demo, desk, reterr) : result;
}

/* --- the draw --------------------------------------------------------------------------------- */

/* Who was drawn confirms; the demonstration's experts always have time. */
static int answer(struct td_demo *demo, const struct td_demo_desk *desk, const char *draw,
                  struct td_error *reterr)
{
    int result = 0;
    for (int i = 1; result == 0 && i <= desk->experts; i++) {
        char login[TD_DEMO_LOGIN];
        json_t *mine = NULL, *one;
        size_t index;
        td_demo_expert_login(desk, i, login);
        result = td_demo_call(demo, login, "GET", NULL, &mine, reterr, "/api/v1/invitations");
        json_array_foreach(json_object_get(mine, "items"), index, one)
            if (result == 0 && strcmp(td_json_text(one, "id"), draw) == 0)
                result =
                    td_demo_call(demo, login, "POST", json_pack("{s:s}", "answer", "confirmed"),
                                 NULL, reterr, "/api/v1/draws/%s/answer", draw);
        json_decref(mine);
    }
    return result;
}

static int act(struct td_demo *demo, const char *login, const char *draw, const char *what,
               json_t *body, struct td_error *reterr)
{
    return td_demo_call(demo, login, "POST", body, NULL, reterr, "/api/v1/draws/%s/%s", draw, what);
}

/* The newest one that was drawn for the cycle. */
static int find_panel(struct td_demo *demo, const struct td_demo_desk *desk, const char *cycle,
                      char ret_panel[27], struct td_error *reterr)
{
    json_t *page = NULL, *panel;
    size_t i;
    ret_panel[0] = 0;
    int result = td_demo_call(demo, desk->office, "GET", NULL, &page, reterr, "/api/v1/panels");
    json_array_foreach(json_object_get(page, "items"), i, panel)
        if (strcmp(td_json_text(panel, "cycle_id"), cycle) == 0 &&
            strcmp(td_json_text(panel, "name"), drawn) == 0 &&
            strcmp(td_json_text(panel, "id"), ret_panel) > 0)
            snprintf(ret_panel, 27, "%s", td_json_text(panel, "id"));
    json_decref(page);
    return result == 0 && !ret_panel[0]
               ? td_error_set(reterr, TD_EINTERNAL, "the draw left no panel")
               : result;
}

int td_demo_draw_panel(struct td_demo *demo, const struct td_demo_desk *desk, const char *committee,
                       const char *cycle, char ret_draw[27], char ret_panel[27],
                       struct td_error *reterr)
{
    json_t *value = NULL;
    int result = td_demo_call(demo, desk->office, "POST",
                              json_pack("{s:s, s:s, s:s, s:s, s:i, s:i}", "committee_id", committee,
                                        "kind", "panel", "cycle_id", cycle, "name", drawn, "size",
                                        PANEL_SIZE, "reserves", 1),
                              &value, reterr, "/api/v1/draws");
    snprintf(ret_draw, 27, "%s", td_json_text(value, "id"));
    json_decref(value);
    if (result == 0)
        result = act(demo, "supervisor", ret_draw, "witness",
                     json_pack("{s:s}", "number", "20261126"), reterr);
    if (result == 0)
        result = act(demo, desk->office, ret_draw, "reveal", json_object(), reterr);
    if (result == 0)
        result = answer(demo, desk, ret_draw, reterr);
    if (result == 0)
        result = act(demo, desk->office, ret_draw, "close", json_object(), reterr);
    return result == 0 ? find_panel(demo, desk, cycle, ret_panel, reterr) : result;
}
