/* demo_people.c - sets the city up: units, accounts of every role, the year's cycle, standards,
 * committees. */
#include "cli/demo.h"

#include "base/json.h"
#include "cli/demo_dossier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The clerk of the n-th unit of the city: "unit-01". */
static void add_clerk(json_t *unit, size_t index)
{
    char login[TD_DEMO_LOGIN];
    snprintf(login, sizeof(login), "unit-%02zu", index + 1);
    json_object_set_new(unit, "clerk", json_string(login));
}

int td_demo_register_units(struct td_demo *demo, struct td_error *reterr)
{
    size_t index;
    json_t *unit;
    json_array_foreach(json_object_get(demo->city, "units"), index, unit) {
        json_t *saved = NULL;
        int result =
            td_demo_call(demo, "", "POST", json_incref(unit), &saved, reterr, "/api/v1/units");
        json_decref(saved);
        if (result < 0)
            return result;
    }
    return td_demo_load_units(demo, reterr);
}

/* Registered ids by name, over all pages of the list. */
static int unit_ids(struct td_demo *demo, json_t *ids, struct td_error *reterr)
{
    char cursor[128] = "";
    do {
        json_t *page = NULL, *unit;
        size_t index;
        int result = td_demo_call(demo, "", "GET", NULL, &page, reterr, "/api/v1/units%s%s",
                                  cursor[0] ? "?cursor=" : "", cursor);
        if (result < 0)
            return result;
        json_array_foreach(json_object_get(page, "items"), index, unit)
            json_object_set(ids, td_json_text(unit, "name"), json_object_get(unit, "id"));
        snprintf(cursor, sizeof(cursor), "%s", td_json_text(page, "next"));
        json_decref(page);
    } while (cursor[0]);
    return 0;
}

int td_demo_load_units(struct td_demo *demo, struct td_error *reterr)
{
    size_t index;
    json_t *unit, *ids = json_object();
    int result = unit_ids(demo, ids, reterr);
    json_decref(demo->units);
    demo->units = json_deep_copy(json_object_get(demo->city, "units"));
    json_array_foreach(demo->units, index, unit) {
        add_clerk(unit, index);
        json_t *id = json_object_get(ids, td_json_text(unit, "name"));
        if (result == 0 && !id)
            result = td_error_set(reterr, TD_ENOTFOUND,
                                  "the demo city is not there: run `titlectl demo seed` first");
        if (id)
            json_object_set(unit, "id", id);
    }
    json_decref(ids);
    return result;
}

static int create(struct td_demo *demo, const char *login, const char *name, const char *unit_id,
                  json_t *grants, json_t *person, struct td_error *reterr)
{
    json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:o}", "login", login, "name", name, "password",
                             TD_DEMO_PASSWORD, "unit_id", unit_id, "grants", grants);
    if (person)
        json_object_update_missing(body, person);
    return td_demo_call(demo, "", "POST", body, NULL, reterr, "/api/v1/accounts");
}

/* One role and scope. */
static json_t *grant(const char *role, const char *scope)
{
    return json_pack("[{s:s, s:s}]", "role", role, "scope", scope);
}

static int create_city_officials(struct td_demo *demo, struct td_error *reterr)
{
    static const struct {
        const char *login, *name, *role, *scope;
    } people[] = {
        {"admin", "系统管理员", "admin", ""},
        {"security", "安全管理员", "security", ""},
        {"audit", "审计管理员", "audit", ""},
        {"bureau", "市人社局职称科", "bureau", ""},
        {"bureau-2", "市人社局复核岗", "bureau", ""},
        {"supervisor", "驻局纪检监察组", "supervisor", ""},
        {"office", "市教育局评委会办公室", "office", "teacher"},
    };
    for (size_t i = 0; i < sizeof(people) / sizeof(people[0]); i++) {
        int result = create(demo, people[i].login, people[i].name, "",
                            grant(people[i].role, people[i].scope), NULL, reterr);
        if (result < 0)
            return result;
    }
    return 0;
}

/* Education authority and HR bureau of every district. */
static int create_district_officials(struct td_demo *demo, struct td_error *reterr)
{
    json_t *divisions = NULL, *division;
    size_t index;
    int result = td_demo_call(demo, "", "GET", NULL, &divisions, reterr, "/api/v1/divisions");
    json_array_foreach(json_object_get(divisions, "items"), index, division) {
        char login[TD_DEMO_LOGIN], name[128], scope[32];
        const char *code = td_json_text(division, "code");
        snprintf(login, sizeof(login), "edu-%s", code);
        snprintf(name, sizeof(name), "%s教育局", td_json_text(division, "name"));
        snprintf(scope, sizeof(scope), "%s/teacher", code);
        if (result == 0)
            result = create(demo, login, name, "", grant("district_industry", scope), NULL, reterr);
        snprintf(login, sizeof(login), "hr-%s", code);
        snprintf(name, sizeof(name), "%s人社局", td_json_text(division, "name"));
        if (result == 0)
            result = create(demo, login, name, "", grant("district_hr", code), NULL, reterr);
    }
    json_decref(divisions);
    return result;
}

static int create_clerks(struct td_demo *demo, struct td_error *reterr)
{
    size_t index;
    json_t *unit;
    json_array_foreach(demo->units, index, unit) {
        char name[128];
        snprintf(name, sizeof(name), "%s经办人", td_json_text(unit, "name"));
        int result = create(demo, td_json_text(unit, "clerk"), name, td_json_text(unit, "id"),
                            grant("unit", td_json_text(unit, "id")), NULL, reterr);
        if (result < 0)
            return result;
    }
    return 0;
}

/* Experts work at the city school, where nobody declares, so that none must recuse for his unit. */
static int create_experts(struct td_demo *demo, struct td_error *reterr)
{
    const json_t *school = json_array_get(demo->units, json_array_size(demo->units) - 1);
    for (int i = 1; i <= TD_DEMO_EXPERTS; i++) {
        char login[TD_DEMO_LOGIN];
        snprintf(login, sizeof(login), "expert-%02d", i);
        char *name = td_demo_expert_name(demo->city, i);
        int result = create(demo, login, name ? name : login, td_json_text(school, "id"),
                            grant("expert", "teacher"), NULL, reterr);
        free(name);
        if (result < 0)
            return result;
    }
    return 0;
}

int td_demo_create_officials(struct td_demo *demo, struct td_error *reterr)
{
    int result = create_city_officials(demo, reterr);
    if (result == 0)
        result = create_district_officials(demo, reterr);
    if (result == 0)
        result = create_clerks(demo, reterr);
    return result == 0 ? create_experts(demo, reterr) : result;
}

int td_demo_create_teacher(struct td_demo *demo, const char *login, const json_t *unit,
                           const json_t *dossier, struct td_error *reterr)
{
    json_t *person = json_pack("{s:O, s:O, s:O}", "person", json_object_get(dossier, "person"),
                               "id_number", json_object_get(dossier, "id_number"), "phone",
                               json_object_get(dossier, "phone"));
    int result = create(demo, login, td_json_text(dossier, "name"), td_json_text(unit, "id"),
                        grant("applicant", ""), person, reterr);
    json_decref(person);
    return result;
}

/* The standards of all levels are put in force at the first installation. */
static int bootstrap_standards(struct td_demo *demo, struct td_error *reterr)
{
    static const char *const levels[] = {"junior", "intermediate", "senior", "full_senior"};
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        int result = td_demo_call(
            demo, "", "POST",
            json_pack("{s:s, s:s, s:b}", "series", "teacher", "level", levels[i], "bootstrap", 1),
            NULL, reterr, "/api/v1/standards");
        if (result < 0)
            return result;
    }
    return 0;
}

int td_demo_open_cycle(struct td_demo *demo, char ret_cycle[27], struct td_error *reterr)
{
    static const char notice[] = "关于开展2026年度乌鲁木齐市县以下基层事业单位中小学（含幼儿园）教"
                                 "师职称“定向评价、定向使用”评审工作的通知\n\n"
                                 "各区（县）人社局、教育局，各有关单位：按照“定向评价、定向使用”工"
                                 "作实施方案，现就2026年度评审工作通知如下。\n"
                                 "一、范围：各区（县）乡镇、涉农街道和村庄学校教学一线在岗教师。\n"
                                 "二、程序：个人申报、单位审核并公示不少于5个工作日、区（县）教育局"
                                 "和人社局审核、评委会办公室受理、专家评审、"
                                 "评委会无记名投票、结果公示不少于5个工作日、备案发证。\n"
                                 "三、任职年限、工作年限、继续教育计算截止2026年8月31日。\n"
                                 "四、通过定向评价取得的职称限定在基层事业单位聘任。";
    json_t *value = NULL;
    json_t *body = json_pack(
        "{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:{s:{s:i, s:i, s:i, s:i}, s:{s:{s:s, "
        "s:s}}}}",
        "series", "teacher", "year", 2026, "name", "2026年度中小学（含幼儿园）教师定向评价",
        "notice_number", "乌人社（演示）〔2026〕8号", "notice_text", notice, "notice_date",
        "2026-08-28", "cutoff_date", "2026-08-31", "opens_on", "2026-09-01", "closes_on",
        "2026-11-30", "parameters", "fee_cents", "junior", 10000, "intermediate", 18000, "senior",
        28000, "full_senior", 28000, "windows", "review", "opens_on", "2026-10-20", "closes_on",
        "2026-11-30");
    int result = bootstrap_standards(demo, reterr);
    if (result < 0) {
        json_decref(body);
        return result;
    }
    result = td_demo_call(demo, "bureau", "POST", body, &value, reterr, "/api/v1/cycles");
    if (result == 0) {
        snprintf(ret_cycle, 27, "%s", td_json_text(value, "id"));
        result = td_demo_call(demo, "bureau", "POST", json_object(), NULL, reterr,
                              "/api/v1/cycles/%s/open", ret_cycle);
    }
    json_decref(value);
    return result;
}
