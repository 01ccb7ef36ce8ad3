/* demo_steps.c - one dossier, one step: what the applicant, the unit, the district and the office
 * send. */
#include "cli/demo.h"

#include "base/json.h"
#include "cli/demo_dossier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_of(const struct td_demo_case *one, const char *series)
{
    return strcmp(one->series ? one->series : "teacher", series) == 0;
}

static int64_t version_of(const json_t *value)
{
    return json_integer_value(json_object_get(value, "version"));
}

/* --- the applicant ---------------------------------------------------------------------------- */

/* What people would call a scan for this section. */
static const char *file_title(const char *section)
{
    static const struct {
        const char *section, *title;
    } titles[] = {
        {"education", "学历学位"},
        {"qualification", "教师资格"},
        {"employment", "工作经历"},
        {"current_title", "现任职称"},
        {"teaching", "任教情况"},
        {"homeroom", "班主任等工作"},
        {"annual_assessment", "年度考核"},
        {"ethics_assessment", "师德考核"},
        {"village_service", "驻村工作"},
        {"honours", "表彰荣誉"},
        {"open_lessons", "公开课、示范课、优质课"},
        {"mentoring", "传帮带"},
        {"student_awards", "指导学生获奖"},
        {"research", "教研成果"},
        {"continuing_education", "继续教育"},
        {"exam", "专业考试"},
        {"representative_work", "代表性成果"},
        {"licence", "执业资格"},
        {"work_years", "工作量"},
        {"public_tasks", "公共卫生任务"},
        {"case_records", "病案"},
        {"techniques", "适宜技术"},
        {"achievements", "成果"},
        {"projects", "推广项目"},
        {"trainings", "培训签到表"},
        {"documents", "技术材料"},
        {"households", "示范户名册"},
        {"awards", "获奖证书"},
    };
    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
        if (strcmp(titles[i].section, section) == 0)
            return titles[i].title;
    return "佐证材料";
}

static int attach(struct td_demo *demo, const struct td_demo_case *one, const char *section,
                  const char *item, struct td_error *reterr)
{
    char title[128], name[96];
    size_t length = 0;
    snprintf(title, sizeof(title), "%s %s %s", one->login, section, item);
    snprintf(name, sizeof(name), "%s.pdf", file_title(section));
    char *pdf = td_demo_pdf(title, &length);
    char *path = td_client_path("/api/v1/applications/%s/evidence", one->application);
    json_t *form = json_pack("{s:s, s:s}", "section", section, "item", item);
    struct td_client *client;
    int result = pdf && path && form ? td_demo_as(demo, one->login, &client, reterr) : TD_ENOMEM;
    if (result == 0)
        result = td_client_send(client,
                                &(struct td_request){.method = "POST",
                                                     .path = path,
                                                     .body = form,
                                                     .file_field = "file",
                                                     .file_name = name,
                                                     .file_type = "application/pdf",
                                                     .file_bytes = pdf,
                                                     .file_length = length},
                                NULL, reterr);
    json_decref(form);
    free(path);
    free(pdf);
    return result;
}

/* A file for the section, or for each of its items. */
static int attach_all(struct td_demo *demo, const struct td_demo_case *one, const char *section,
                      const json_t *content, struct td_error *reterr)
{
    size_t index;
    json_t *item;
    if (!json_is_array(content))
        return attach(demo, one, section, "", reterr);
    json_array_foreach((json_t *)content, index, item) {
        int result = attach(demo, one, section, td_json_text(item, "id"), reterr);
        if (result < 0)
            return result;
    }
    return 0;
}

static int save_section(struct td_demo *demo, const struct td_demo_case *one, const char *section,
                        const json_t *content, int64_t *version, struct td_error *reterr)
{
    char *path = td_client_path("/api/v1/applications/%s/sections/%s", one->application, section);
    json_t *body = json_pack("{s:{s:O}}", "content", section, content);
    struct td_answer answer = {0};
    struct td_client *client;
    int result = path && body ? td_demo_as(demo, one->login, &client, reterr) : TD_ENOMEM;
    if (result == 0)
        result = td_client_send(
            client,
            &(struct td_request){.method = "PUT", .path = path, .body = body, .version = *version},
            &answer, reterr);
    json_t *problem = json_array_get(json_object_get(answer.value, "problems"), 0);
    if (result == 0 && problem)
        result = td_error_set(reterr, TD_EFIELDS, "%s: %s %s", section,
                              td_json_text(problem, "field"), td_json_text(problem, "code"));
    if (result == 0)
        *version = version_of(answer.value);
    td_answer_done(&answer);
    json_decref(body);
    free(path);
    return result;
}

static bool needs_evidence(const json_t *form, const char *section)
{
    size_t index;
    json_t *one;
    json_array_foreach(json_object_get(form, "sections"), index, one)
        if (strcmp(td_json_text(one, "id"), section) == 0)
            return strcmp(td_json_text(one, "evidence"), "required") == 0;
    return false;
}

int td_demo_begin(struct td_demo *demo, struct td_demo_case *one, const char *cycle,
                  const char *level, struct td_error *reterr)
{
    json_t *created = NULL;
    int result = td_demo_call(demo, one->login, "POST",
                              json_pack("{s:s, s:s, s:s}", "cycle", cycle, "level", level,
                                        "specialty", td_json_text(one->dossier, "specialty")),
                              &created, reterr, "/api/v1/applications");
    snprintf(one->application, sizeof(one->application), "%s", td_json_text(created, "id"));
    json_decref(created);
    return result;
}

/* The version that the next save must name: a file changes the dossier too. */
static int load_version(struct td_demo *demo, const struct td_demo_case *one, int64_t *ret_version,
                        struct td_error *reterr)
{
    json_t *now = NULL;
    int result = td_demo_call(demo, one->login, "GET", NULL, &now, reterr,
                              "/api/v1/applications/%s", one->application);
    *ret_version = version_of(json_object_get(now, "application"));
    json_decref(now);
    return result;
}

int td_demo_fill(struct td_demo *demo, const struct td_demo_case *one, struct td_error *reterr)
{
    json_t *form = NULL, *content;
    const char *section;
    int64_t version = 0;
    int result = td_demo_call(demo, "", "GET", NULL, &form, reterr, "/api/v1/series/%s",
                              one->series ? one->series : "teacher");
    if (result == 0)
        result = load_version(demo, one, &version, reterr);
    json_object_foreach(json_object_get(one->dossier, "sections"), section, content) {
        if (result == 0)
            result = save_section(demo, one, section, content, &version, reterr);
        if (result < 0 || !needs_evidence(form, section) ||
            (one->without && strcmp(one->without, section) == 0))
            continue;
        result = attach_all(demo, one, section, content, reterr);
        if (result == 0)
            result = load_version(demo, one, &version, reterr);
    }
    json_decref(form);
    return result;
}

int td_demo_submit(struct td_demo *demo, const struct td_demo_case *one, struct td_error *reterr)
{
    return td_demo_call(demo, one->login, "POST",
                        json_pack("{s:b, s:b}", "pledge", 1, "consequences", 1), NULL, reterr,
                        "/api/v1/applications/%s/submit", one->application);
}

/* --- officials -------------------------------------------------------------------------------- */

int td_demo_act(struct td_demo *demo, const struct td_demo_case *one, const char *login,
                const char *action, struct td_error *reterr)
{
    return td_demo_call(demo, login, "POST", json_object(), NULL, reterr,
                        "/api/v1/applications/%s/actions/%s", one->application, action);
}

/* Finds every item of the present stage in order. */
static int approve_items(struct td_demo *demo, const struct td_demo_case *one, const char *login,
                         struct td_error *reterr)
{
    json_t *todo = NULL, *item, *verdicts = json_array();
    size_t index;
    int result = td_demo_call(demo, login, "GET", NULL, &todo, reterr,
                              "/api/v1/applications/%s/verifications", one->application);
    json_array_foreach(json_object_get(todo, "items"), index, item)
        json_array_append_new(verdicts,
                              json_pack("{s:s, s:s, s:s}", "section", td_json_text(item, "section"),
                                        "item", td_json_text(item, "item"), "verdict", "ok"));
    if (result == 0 && json_array_size(verdicts) > 0)
        result = td_demo_call(demo, login, "PUT", json_pack("{s:O}", "verdicts", verdicts), NULL,
                              reterr, "/api/v1/applications/%s/verifications", one->application);
    json_decref(verdicts);
    json_decref(todo);
    return result;
}

static int assess(struct td_demo *demo, const struct td_demo_case *one, const char *login,
                  const char *by, struct td_error *reterr)
{
    const char *section;
    json_t *content;
    json_object_foreach(json_object_get(json_object_get(one->dossier, "assessments"), by), section,
                        content) {
        int result =
            td_demo_call(demo, login, "PUT", json_pack("{s:O}", "content", content), NULL, reterr,
                         "/api/v1/applications/%s/assessments/%s", one->application, section);
        if (result < 0)
            return result;
    }
    return 0;
}

int td_demo_verify_unit(struct td_demo *demo, const struct td_demo_case *one,
                        struct td_error *reterr)
{
    const char *clerk = td_json_text(one->unit, "clerk");
    int result = td_demo_act(demo, one, clerk, "begin", reterr);
    if (result == 0)
        result = assess(demo, one, clerk, "unit", reterr);
    return result == 0 ? approve_items(demo, one, clerk, reterr) : result;
}

int td_demo_publicise(struct td_demo *demo, struct td_demo_case *const *cases, size_t count,
                      struct td_error *reterr)
{
    json_t *ids = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(ids, json_string(cases[i]->application));
    return td_demo_call(demo, td_json_text(cases[0]->unit, "clerk"), "POST",
                        json_pack("{s:o}", "applications", ids), NULL, reterr, "/api/v1/notices");
}

int td_demo_verify_district(struct td_demo *demo, const struct td_demo_case *one,
                            struct td_error *reterr)
{
    char login[TD_DEMO_LOGIN];
    td_demo_district_login(one->unit,
                           is_of(one, "teacher")  ? "edu"
                           : is_of(one, "health") ? "health"
                                                  : "agri",
                           login);
    int result = assess(demo, one, login, "district_industry", reterr);
    if (result == 0)
        result = approve_items(demo, one, login, reterr);
    return result == 0 ? td_demo_act(demo, one, login, "forward", reterr) : result;
}

int td_demo_forward_hr(struct td_demo *demo, const struct td_demo_case *one,
                       struct td_error *reterr)
{
    char login[TD_DEMO_LOGIN];
    td_demo_district_login(one->unit, "hr", login);
    int result = approve_items(demo, one, login, reterr);
    return result == 0 ? td_demo_act(demo, one, login, "forward", reterr) : result;
}

int td_demo_today(struct td_demo *demo, char date[11], struct td_error *reterr)
{
    json_t *ready = NULL;
    int result = td_demo_call(demo, "", "GET", NULL, &ready, reterr, "/api/v1/calendar");
    if (result == 0)
        snprintf(date, 11, "%s", td_json_text(ready, "start"));
    json_decref(ready);
    return result;
}

int td_demo_accept(struct td_demo *demo, const struct td_demo_case *one, struct td_error *reterr)
{
    const char *office = td_demo_desk(one->series)->office;
    int result = approve_items(demo, one, office, reterr);
    return result == 0 ? td_demo_act(demo, one, office, "accept", reterr) : result;
}

int td_demo_pay(struct td_demo *demo, const struct td_demo_case *one, struct td_error *reterr)
{
    char date[11] = "", receipt[64];
    int result = td_demo_today(demo, date, reterr);
    snprintf(receipt, sizeof(receipt), "SK-%.20s", one->application + 14);
    if (result < 0)
        return result;
    return td_demo_call(demo, td_demo_desk(one->series)->office, "POST",
                        json_pack("{s:s, s:s}", "receipt", receipt, "paid_on", date), NULL, reterr,
                        "/api/v1/applications/%s/fee", one->application);
}

int td_demo_send_back(struct td_demo *demo, const struct td_demo_case *one, const char *login,
                      const char *action, struct td_error *reterr)
{
    const char *code = "continuing_education";
    json_t *codes = NULL;
    int result = td_demo_call(demo, "", "GET", NULL, &codes, reterr, "/api/v1/verification-codes");
    json_t *first = json_array_get(json_object_get(codes, "items"), 0);
    if (*td_json_text(first, "code"))
        code = td_json_text(first, "code");
    json_t *reasons = json_pack(
        "[{s:s, s:s, s:s, s:s}]", "code", code, "section", "continuing_education", "field", "hours",
        "text", "请补充继续教育学时登记证明，证明须加盖登记机构印章并注明年度学时。");
    if (result == 0)
        result =
            td_demo_call(demo, login, "POST", json_pack("{s:O}", "reasons", reasons), NULL, reterr,
                         "/api/v1/applications/%s/actions/%s", one->application, action);
    json_decref(reasons);
    json_decref(codes);
    return result;
}
