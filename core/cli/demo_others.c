/* demo_others.c - farming and health in the demonstration, from ops/demo/others.json: dossiers that
 * are in order and one for each way to fail. They ride on the clock of the teachers' first wave. */
#include "cli/demo.h"

#include "base/clock.h"
#include "base/json.h"
#include "cli/demo_dossier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPERTS = TD_DEMO_OTHER_EXPERTS, PANEL = 3, FIRST_PERSON = 20000, YEAR = 2026 };

static const char *const series_names[] = {"agriculture", "health"};

const json_t *td_demo_other_plan(const struct td_demo *demo, bool small, size_t number)
{
    size_t index;
    json_t *plan;
    json_array_foreach(json_object_get(demo->others, "dossiers"), index, plan) {
        if (small && !json_is_true(json_object_get(plan, "small")))
            continue;
        if (number-- == 0)
            return plan;
    }
    return NULL;
}

size_t td_demo_other_count(const struct td_demo *demo, bool small)
{
    size_t count = 0;
    while (td_demo_other_plan(demo, small, count))
        count++;
    return count;
}

/* --- the offices ------------------------------------------------------------------------------ */

static json_t *grant(const char *role, const char *scope)
{
    return json_pack("{s:s, s:s}", "role", role, "scope", scope);
}

/* Takes over `grants`; *ret_id (may be NULL) is the new account's. */
static int create(struct td_demo *demo, const char *login, const char *name, const char *unit_id,
                  json_t *grants, char ret_id[27], struct td_error *reterr)
{
    json_t *value = NULL;
    int result =
        td_demo_call(demo, "", "POST",
                     json_pack("{s:s, s:s, s:s, s:s, s:o}", "login", login, "name", name,
                               "password", TD_DEMO_PASSWORD, "unit_id", unit_id, "grants", grants),
                     &value, reterr, "/api/v1/accounts");
    if (result == 0 && ret_id) {
        const json_t *account = json_object_get(value, "account");
        snprintf(ret_id, 27, "%s", td_json_text(account ? account : value, "id"));
    }
    json_decref(value);
    return result;
}

static bool is_health(const json_t *unit)
{
    const char *kind = td_json_text(unit, "kind");
    return strcmp(kind, "township_hospital") == 0 || strcmp(kind, "village_clinic") == 0 ||
           strcmp(kind, "community_centre") == 0;
}

static bool is_station(const json_t *unit)
{
    const char *kind = td_json_text(unit, "kind");
    size_t length = strlen(kind);
    return length > 8 && strcmp(kind + length - 8, "_station") == 0;
}

/* The district's authority of one series, where the city has such units. */
static int create_districts(struct td_demo *demo, const char *kind, const char *series,
                            const char *name, bool (*wanted)(const json_t *unit),
                            struct td_error *reterr)
{
    size_t index;
    json_t *unit, *seen = json_object();
    int result = 0;
    json_array_foreach(demo->units, index, unit) {
        char login[TD_DEMO_LOGIN], scope[48];
        const char *code = td_json_text(unit, "division_code");
        if (result < 0 || !wanted(unit) || json_object_get(seen, code))
            continue;
        json_object_set_new(seen, code, json_true());
        td_demo_district_login(unit, kind, login);
        snprintf(scope, sizeof(scope), "%s/%s", code, series);
        result = create(demo, login, name, "", json_pack("[o]", grant("district_industry", scope)),
                        NULL, reterr);
    }
    json_decref(seen);
    return result;
}

static int create_offices(struct td_demo *demo, struct td_error *reterr)
{
    int result =
        create(demo, "office-2", "市继续教育和职称评价管理中心", "",
               json_pack("[o, o]", grant("office", "agriculture"), grant("office", "health")), NULL,
               reterr);
    if (result == 0)
        result =
            create_districts(demo, "agri", "agriculture", "区县农业农村局", is_station, reterr);
    return result == 0
               ? create_districts(demo, "health", "health", "区县卫生健康委", is_health, reterr)
               : result;
}

/* Their ids stand in demo->others["experts"][series]. Like the teachers' experts they work where
 * nobody declares. */
static int create_experts(struct td_demo *demo, const char *series, json_t *ids,
                          struct td_error *reterr)
{
    const json_t *unit = json_array_get(demo->units, json_array_size(demo->units) - 1);
    for (int i = 1; i <= EXPERTS; i++) {
        char login[TD_DEMO_LOGIN], id[27] = "";
        td_demo_expert_login(td_demo_desk(series), i, login);
        char *name =
            td_demo_name(demo->city, (uint32_t)(9100 + i) + (uint32_t)strlen(series) * 10u, i % 2);
        int result = create(demo, login, name ? name : login, td_json_text(unit, "id"),
                            json_pack("[o]", grant("expert", series)), id, reterr);
        free(name);
        if (result < 0)
            return result;
        json_array_append_new(ids, json_string(id));
    }
    return 0;
}

static int open_cycle(struct td_demo *demo, const char *series, char ret_cycle[27],
                      struct td_error *reterr)
{
    bool health = strcmp(series, "health") == 0;
    json_t *value = NULL;
    json_t *body = json_pack(
        "{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:{s:{s:i, s:i, s:i, s:i}}}", "series",
        series, "year", 2026, "name",
        health ? "2026年度基层卫生专业技术人员定向评价" : "2026年度农业技术人员定向评价",
        "notice_number", health ? "乌人社（演示）〔2026〕10号" : "乌人社（演示）〔2026〕9号",
        "notice_text",
        "各区（县）人社局、行业主管部门，各有关单位：现就2026年度“定向评价、定向使用”评审工作通知如"
        "下。"
        "任职年限、工作年限、继续教育计算截止2026年8月31日。",
        "notice_date", "2026-08-28", "cutoff_date", "2026-08-31", "opens_on", "2026-09-01",
        "closes_on", "2026-11-30", "parameters", "fee_cents", "junior", 10000, "intermediate",
        18000, "senior", 28000, "full_senior", 28000);
    int result = td_demo_call(demo, "bureau", "POST", body, &value, reterr, "/api/v1/cycles");
    snprintf(ret_cycle, 27, "%s", td_json_text(value, "id"));
    json_decref(value);
    return result < 0 ? result
                      : td_demo_call(demo, "bureau", "POST", json_object(), NULL, reterr,
                                     "/api/v1/cycles/%s/open", ret_cycle);
}

static int bootstrap(struct td_demo *demo, const char *series, struct td_error *reterr)
{
    static const char *const levels[] = {"junior", "intermediate", "senior", "full_senior"};
    for (size_t i = strcmp(series, "health") == 0 ? 2 : 0; i < 4; i++) {
        int result = td_demo_call(
            demo, "", "POST",
            json_pack("{s:s, s:s, s:b}", "series", series, "level", levels[i], "bootstrap", 1),
            NULL, reterr, "/api/v1/standards");
        if (result < 0)
            return result;
    }
    return 0;
}

int td_demo_other_city(struct td_demo *demo, struct td_error *reterr)
{
    json_t *cycles = json_object(), *experts = json_object();
    json_object_set_new(demo->others, "cycles", cycles);
    json_object_set_new(demo->others, "experts", experts);
    int result = create_offices(demo, reterr);
    for (size_t i = 0; result == 0 && i < 2; i++) {
        char cycle[27] = "";
        json_t *ids = json_array();
        json_object_set_new(experts, series_names[i], ids);
        result = create_experts(demo, series_names[i], ids, reterr);
        if (result == 0)
            result = bootstrap(demo, series_names[i], reterr);
        if (result == 0)
            result = open_cycle(demo, series_names[i], cycle, reterr);
        if (result == 0)
            result = td_demo_grant_posts(demo, series_names[i], YEAR, reterr);
        json_object_set_new(cycles, series_names[i], json_string(cycle));
    }
    return result;
}

/* --- dossiers --------------------------------------------------------------------------------- */

struct filling {
    const json_t *unit;
    int year, start, title;
};

/* "@start+2 12-01", "@-3", "@unit": NULL for a text that is none of these. */
static json_t *fill_in(const struct filling *filling, const char *text)
{
    int month = 0, day = 0, year = filling->year;
    char *rest;
    const json_t *unit = filling->unit;
    if (*text++ != '@')
        return NULL;
    if (strcmp(text, "unit") == 0)
        return json_incref(json_object_get(unit, "name"));
    if (strcmp(text, "kind") == 0)
        return json_incref(json_object_get(unit, "kind"));
    if (strcmp(text, "place") == 0)
        return json_incref(json_object_get(unit, "grassroots"));
    if (strcmp(text, "hardship") == 0)
        return json_incref(json_object_get(unit, "hardship"));
    bool start = strncmp(text, "start", 5) == 0, title = strncmp(text, "title", 5) == 0;
    if (start || title) {
        year = start ? filling->start : filling->title;
        text += 5;
    }
    rest = (char *)text;
    if (*text != ' ')
        year += (int)strtol(text, &rest, 10);
    if (sscanf(rest, " %d-%d", &month, &day) != 2)
        return json_integer(year);
    char date[TD_DATE_TEXT];
    td_date_format(td_date_from(year, month, day), date);
    return json_string(date);
}

static json_t *fill(const struct filling *filling, const json_t *value)
{
    size_t index;
    const char *key;
    json_t *member, *filled;
    if (json_is_string(value)) {
        filled = fill_in(filling, json_string_value(value));
        return filled ? filled : json_incref((json_t *)value);
    }
    if (json_is_object(value)) {
        filled = json_object();
        json_object_foreach((json_t *)value, key, member)
            json_object_set_new(filled, key, fill(filling, member));
        return filled;
    }
    if (json_is_array(value)) {
        filled = json_array();
        json_array_foreach((json_t *)value, index, member)
            json_array_append_new(filled, fill(filling, member));
        return filled;
    }
    return json_incref((json_t *)value);
}

/* Items of a repeated section get ids: letters of the section and of their place. */
static void give_ids(json_t *sections)
{
    const char *section;
    json_t *items, *one;
    size_t index;
    json_object_foreach(sections, section, items)
        json_array_foreach(items, index, one) {
            char id[9];
            snprintf(id, sizeof(id), "%.3saaaa%c", section, (char)('a' + index % 26));
            json_object_set_new(one, "id", json_string(id));
        }
}

static bool is_kind(const json_t *unit, const char *kind)
{
    return strcmp(td_json_text(unit, "kind"), kind) == 0;
}

/* The n-th unit of the kind; the last one of it when there are fewer. */
static const json_t *find_unit(const struct td_demo *demo, const char *kind, json_int_t nth)
{
    size_t index;
    json_t *unit;
    const json_t *found = NULL;
    json_array_foreach(demo->units, index, unit)
        if (is_kind(unit, kind) && (!found || nth-- > 0))
            found = unit;
    return found;
}

/* Sections and assessments as the plan has them. */
static json_t *work_of(const struct td_demo *demo, const json_t *plan,
                       const struct filling *filling)
{
    const json_t *series =
        json_object_get(json_object_get(demo->others, "series"), td_json_text(plan, "series"));
    json_t *work = json_deep_copy(series);
    json_object_update(json_object_get(work, "sections"), json_object_get(plan, "change"));
    json_object_update_recursive(json_object_get(json_object_get(work, "assessments"), "unit"),
                                 json_object_get(plan, "unit_change"));
    json_t *filled = fill(filling, work);
    json_decref(work);
    give_ids(json_object_get(filled, "sections"));
    json_object_set(filled, "specialty", json_object_get(plan, "specialty"));
    json_object_set_new(filled, "expert_ratio", json_integer(80));
    return filled;
}

static bool ends_as(const json_t *plan, const char *end)
{
    return strcmp(td_json_text(plan, "end"), end) == 0;
}

/* The plan's dossier, handed in by the person with this number. */
static int make_case(const struct td_demo *demo, const json_t *plan, uint32_t person, int year,
                     struct td_demo_case *one)
{
    const json_t *unit = find_unit(demo, td_json_text(plan, "unit"),
                                   json_integer_value(json_object_get(plan, "nth")));
    struct filling filling = {unit, year,
                              year - (int)json_integer_value(json_object_get(plan, "years")),
                              year - (int)json_integer_value(json_object_get(plan, "title"))};
    one->unit = unit;
    one->series = td_json_text(plan, "series");
    one->without = json_string_value(json_object_get(plan, "without"));
    one->dossier = td_demo_person(demo->city, unit, person, person % 3 != 0, filling.start - 23);
    json_t *work = work_of(demo, plan, &filling);
    json_object_update(one->dossier, work);
    json_decref(work);
    return one->dossier ? 0 : TD_ENOMEM;
}

int td_demo_other_walker(const struct td_demo *demo, const char *series, uint32_t person, int year,
                         struct td_demo_case *one, const char **ret_level)
{
    const json_t *plan;
    for (size_t i = 0; (plan = td_demo_other_plan(demo, true, i)); i++)
        if (strcmp(td_json_text(plan, "series"), series) == 0 && ends_as(plan, "panel"))
            break;
    if (!plan)
        return TD_ENOTFOUND;
    *ret_level = td_json_text(plan, "level");
    return make_case(demo, plan, person, year, one);
}

int td_demo_other_case(struct td_demo *demo, bool small, size_t number, int year,
                       struct td_demo_case *one, const char **ret_level, const char **ret_cycle)
{
    const json_t *plan = td_demo_other_plan(demo, small, number);
    int result = make_case(demo, plan, FIRST_PERSON + (uint32_t)number * 13u, year, one);
    size_t nth = 1; /* of the series */
    for (size_t i = 0; i < number; i++)
        nth += !strcmp(td_json_text(td_demo_other_plan(demo, small, i), "series"), one->series);
    snprintf(one->login, sizeof(one->login), "%s-%02zu",
             strcmp(one->series, "health") == 0 ? "medic" : "farmer", nth);
    *ret_level = td_json_text(plan, "level");
    *ret_cycle = td_json_text(json_object_get(demo->others, "cycles"), one->series);
    return result;
}

/* What is won by examination must not even begin. */
static int see_refused(struct td_demo *demo, struct td_demo_case *one, const char *cycle,
                       const char *level, struct td_error *reterr)
{
    struct td_error refused = TD_ERROR_INIT;
    int result = td_demo_begin(demo, one, cycle, level, &refused);
    td_error_done(&refused);
    return result == TD_ECONFLICT
               ? 0
               : td_error_set(reterr, TD_EINTERNAL, "%s: a level that is examined was not refused",
                              one->login);
}

int td_demo_other_declare(struct td_demo *demo, const json_t *plan, struct td_demo_case *one,
                          const char *cycle, const char *level, struct td_error *reterr)
{
    int result = td_demo_create_teacher(demo, one->login, one->unit, one->dossier, reterr);
    if (result == 0 && ends_as(plan, "refused"))
        return see_refused(demo, one, cycle, level, reterr);
    if (result == 0)
        result = td_demo_begin(demo, one, cycle, level, reterr);
    if (result == 0)
        result = td_demo_fill(demo, one, reterr);
    return result < 0 || ends_as(plan, "draft") ? result : td_demo_submit(demo, one, reterr);
}

/* --- after that ------------------------------------------------------------------------------- */

static bool submitted(const json_t *plan)
{
    return ends_as(plan, "office") || ends_as(plan, "panel");
}

int td_demo_other_publicise(struct td_demo *demo, struct td_demo_case *cases, size_t count,
                            bool small, struct td_error *reterr)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < count; i++) {
        struct td_demo_case *one = &cases[i];
        if (!submitted(td_demo_other_plan(demo, small, i)))
            continue;
        result = td_demo_verify_unit(demo, one, reterr);
        if (result == 0)
            result = td_demo_publicise(demo, &one, 1, reterr);
    }
    return result;
}

static int to_office(struct td_demo *demo, const struct td_demo_case *one, struct td_error *reterr)
{
    int result = td_demo_act(demo, one, td_json_text(one->unit, "clerk"), "recommend", reterr);
    if (result == 0)
        result = td_demo_verify_district(demo, one, reterr);
    return result == 0 ? td_demo_forward_hr(demo, one, reterr) : result;
}

/* A committee of the series and level, and a panel of three of it. */
static int form_panel(struct td_demo *demo, const char *series, const char *level,
                      const json_t *applications, struct td_error *reterr)
{
    const json_t *ids = json_object_get(json_object_get(demo->others, "experts"), series);
    json_t *panel = NULL, *members = json_array(), *three = json_array();
    char committee[27];
    for (size_t i = 0; i < EXPERTS; i++)
        json_array_append_new(members, json_pack("{s:O, s:s}", "account_id", json_array_get(ids, i),
                                                 "position", i ? "member" : "chair"));
    for (size_t i = 0; i < PANEL; i++)
        json_array_append(three, json_array_get(ids, i + 1));
    int result = td_demo_found_committee(demo, "office-2", series, level, "定向评审委员会（演示）",
                                         members, committee, reterr);
    if (result == 0)
        result = td_demo_call(
            demo, "office-2", "POST",
            json_pack("{s:s, s:s, s:s, s:O, s:O}", "committee_id", committee, "cycle_id",
                      td_json_text(json_object_get(demo->others, "cycles"), series), "name",
                      "学科评议组", "members", three, "lead", json_array_get(three, 0)),
            &panel, reterr, "/api/v1/panels");
    if (result == 0)
        result =
            td_demo_call(demo, "office-2", "POST", json_pack("{s:O}", "applications", applications),
                         NULL, reterr, "/api/v1/panels/%s/assignments", td_json_text(panel, "id"));
    json_decref(three);
    json_decref(panel);
    json_decref(members);
    return result;
}

/* The accepted ones by series/level, {"health/senior": [ids]}. */
static int form_panels(struct td_demo *demo, const json_t *accepted, struct td_error *reterr)
{
    const char *place;
    json_t *applications;
    int result = 0;
    json_object_foreach((json_t *)accepted, place, applications) {
        char series[32];
        const char *slash = strchr(place, '/');
        snprintf(series, sizeof(series), "%.*s", (int)(slash - place), place);
        if (result == 0)
            result = form_panel(demo, series, slash + 1, applications, reterr);
    }
    return result;
}

int td_demo_other_carry(struct td_demo *demo, struct td_demo_case *cases, size_t count, bool small,
                        struct td_error *reterr)
{
    json_t *accepted = json_object();
    int result = 0;
    for (size_t i = 0; result == 0 && i < count; i++) {
        const json_t *plan = td_demo_other_plan(demo, small, i);
        char place[64];
        if (!submitted(plan))
            continue;
        result = to_office(demo, &cases[i], reterr);
        if (result < 0 || ends_as(plan, "office"))
            continue;
        result = td_demo_accept(demo, &cases[i], reterr);
        if (result == 0)
            result = td_demo_pay(demo, &cases[i], reterr);
        snprintf(place, sizeof(place), "%s/%s", cases[i].series, td_json_text(plan, "level"));
        if (!json_object_get(accepted, place))
            json_object_set_new(accepted, place, json_array());
        json_array_append_new(json_object_get(accepted, place), json_string(cases[i].application));
    }
    if (result == 0)
        result = form_panels(demo, accepted, reterr);
    json_decref(accepted);
    return result;
}
