/* demo_committee.c - committees, panels, sheets, meetings, and what follows the vote. */
#include "cli/demo.h"
#include "cli/demo_dossier.h"

#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PANEL_SIZE = 3 };

/* Answers a new record's id: at the top of the value or of the record named `member`. */
static int take_id(json_t *value, const char *member, char ret_id[27])
{
    const char *id = td_json_text(value, "id");
    if (!*id)
        id = td_json_text(json_object_get(value, member), "id");
    snprintf(ret_id, 27, "%s", id);
    return *id ? 0 : TD_EINTERNAL;
}

const struct td_demo_desk *td_demo_desk(const char *series)
{
    static const struct td_demo_desk desks[] = {
        {"teacher", "office", "expert-%02d", TD_DEMO_EXPERTS, TD_DEMO_EXPERTS - 2},
        {"agriculture", "office-2", "agriculture-expert-%d", TD_DEMO_OTHER_EXPERTS,
         TD_DEMO_OTHER_EXPERTS - 1},
        {"health", "office-2", "health-expert-%d", TD_DEMO_OTHER_EXPERTS,
         TD_DEMO_OTHER_EXPERTS - 1},
    };
    size_t i = sizeof(desks) / sizeof(desks[0]);
    while (--i > 0 && !(series && strcmp(desks[i].series, series) == 0))
        ;
    return &desks[i];
}

void td_demo_expert_login(const struct td_demo_desk *desk, int number, char login[TD_DEMO_LOGIN])
{
    snprintf(login, TD_DEMO_LOGIN, desk->expert, number);
}

/* The account id of each expert, by number from 1. */
static int expert_ids(struct td_demo *demo, const struct td_demo_desk *desk,
                      char ids[TD_DEMO_EXPERTS][27], struct td_error *reterr)
{
    for (int i = 0; i < desk->experts; i++) {
        char login[TD_DEMO_LOGIN];
        json_t *session = NULL;
        td_demo_expert_login(desk, i + 1, login);
        int result = td_demo_call(demo, login, "GET", NULL, &session, reterr, "/api/v1/session");
        if (result == 0)
            result = take_id(session, "account", ids[i]);
        json_decref(session);
        if (result < 0)
            return result;
    }
    return 0;
}

int td_demo_found_committee(struct td_demo *demo, const char *office, const char *series,
                            const char *level, const char *name, const json_t *members,
                            char ret_id[27], struct td_error *reterr)
{
    bool teachers = strcmp(series, "teacher") == 0;
    json_t *calendar = NULL, *value = NULL, *seats = json_deep_copy(members), *seat;
    size_t i;
    json_array_foreach(seats, i, seat) /* the server keeps it only of who is in no pool */
        json_object_set_new(seat, "outside_reason",
                            json_string("演示：首届评委会，专家库尚未核准"));
    int result = td_demo_call(
        demo, office, "POST",
        json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:O}", "series", series, "level", level, "name",
                  name, "founding_unit", teachers ? "市教育局" : "市继续教育和职称评价管理中心",
                  "adjusted_minimum", (json_int_t)json_array_size(members), "adjustment_reference",
                  "新人社函（演示）〔2026〕5号", "members", seats),
        &value, reterr, "/api/v1/committees");
    if (result == 0)
        result = take_id(value, "committee", ret_id);
    if (result == 0)
        result = td_demo_call(demo, office, "POST", json_object(), NULL, reterr,
                              "/api/v1/committees/%s/submit", ret_id);
    if (result == 0)
        result = td_demo_call(demo, "", "GET", NULL, &calendar, reterr, "/api/v1/calendar");
    if (result == 0)
        result = td_demo_call(demo, "bureau", "POST",
                              json_pack("{s:s, s:s}", "reference", "乌人社备（演示）〔2026〕9号",
                                        "approved_on", td_json_text(calendar, "start")),
                              NULL, reterr, "/api/v1/committees/%s/approve", ret_id);
    json_decref(seats);
    json_decref(calendar);
    json_decref(value);
    return result;
}

int td_demo_create_committees(struct td_demo *demo, struct td_error *reterr)
{
    static const struct {
        const char *level, *name;
    } committees[] = {{"junior", "初级"},
                      {"intermediate", "中级"},
                      {"senior", "高级"},
                      {"full_senior", "正高级"}};
    char ids[TD_DEMO_EXPERTS][27];
    int result = expert_ids(demo, td_demo_desk(NULL), ids, reterr);
    for (size_t i = 0; result == 0 && i < sizeof(committees) / sizeof(committees[0]); i++) {
        char name[128];
        json_t *members = json_array();
        snprintf(name, sizeof(name), "中小学（含幼儿园）教师%s职称定向评审委员会",
                 committees[i].name);
        for (int n = 0; n < TD_DEMO_EXPERTS; n++)
            json_array_append_new(members, json_pack("{s:s, s:s}", "account_id", ids[n], "position",
                                                     n == 0   ? "chair"
                                                     : n == 1 ? "deputy"
                                                              : "member"));
        char committee[27];
        result = td_demo_found_committee(demo, "office", "teacher", committees[i].level, name,
                                         members, committee, reterr);
        json_decref(members);
    }
    return result;
}

int td_demo_find_committee(struct td_demo *demo, const struct td_demo_desk *desk, const char *level,
                           char ret_id[27], struct td_error *reterr)
{
    json_t *page = NULL, *committee;
    size_t index;
    ret_id[0] = 0;
    int result = td_demo_call(demo, desk->office, "GET", NULL, &page, reterr, "/api/v1/committees");
    json_array_foreach(json_object_get(page, "items"), index, committee)
        if (strcmp(td_json_text(committee, "level"), level) == 0 &&
            strcmp(td_json_text(committee, "series"), desk->series) == 0)
            snprintf(ret_id, 27, "%s", td_json_text(committee, "id"));
    json_decref(page);
    if (result == 0 && !ret_id[0])
        result =
            td_error_set(reterr, TD_ENOTFOUND, "there is no committee for the level %s", level);
    return result;
}

static json_t *application_ids(struct td_demo_case *const *cases, size_t count)
{
    json_t *ids = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(ids, json_string(cases[i]->application));
    return ids;
}

int td_demo_assign(struct td_demo *demo, const struct td_demo_desk *desk, const char *panel,
                   struct td_demo_case *const *cases, size_t count, struct td_error *reterr)
{
    return td_demo_call(demo, desk->office, "POST",
                        json_pack("{s:o, s:i}", "applications", application_ids(cases, count),
                                  "reviews", PANEL_SIZE),
                        NULL, reterr, "/api/v1/panels/%s/assignments", panel);
}

int td_demo_panel(struct td_demo *demo, const char *cycle, const char *level,
                  struct td_demo_case *const *cases, size_t count, char ret_panel[27],
                  struct td_error *reterr)
{
    const struct td_demo_desk *desk = td_demo_desk(cases[0]->series);
    char committee[27], ids[TD_DEMO_EXPERTS][27];
    json_t *members = json_array(), *value = NULL;
    int result = td_demo_find_committee(demo, desk, level, committee, reterr);
    if (result == 0)
        result = expert_ids(demo, desk, ids, reterr);
    for (int i = 0; result == 0 && i < PANEL_SIZE; i++)
        json_array_append_new(members, json_string(ids[i + 1]));
    if (result == 0)
        result = td_demo_call(demo, desk->office, "POST",
                              json_pack("{s:s, s:s, s:s, s:O, s:s}", "committee_id", committee,
                                        "cycle_id", cycle, "name", "学科评议组", "members", members,
                                        "lead", ids[1]),
                              &value, reterr, "/api/v1/panels");
    if (result == 0)
        result = take_id(value, "panel", ret_panel);
    if (result == 0)
        result = td_demo_assign(demo, desk, ret_panel, cases, count, reterr);
    json_decref(members);
    json_decref(value);
    return result;
}

/* Points of each expert indicator: the dossier's worth, a little different for every expert. */
static json_t *sheet_of(const json_t *review, const struct td_demo_case *one, int expert)
{
    json_t *points = json_object(), *indicator;
    size_t index;
    int64_t ratio =
        json_integer_value(json_object_get(one->dossier, "expert_ratio")) + expert * 3 - 6;
    ratio = ratio > 100 ? 100 : ratio;
    json_array_foreach(json_object_get(review, "indicators"), index, indicator) {
        int64_t most = json_integer_value(json_object_get(indicator, "max"));
        int64_t worth = most * ratio / 100 / 10 * 10;
        json_object_set_new(points, td_json_text(indicator, "id"), json_integer(worth));
    }
    return json_pack("{s:o, s:s, s:s}", "points", points, "comment",
                     "材料真实，教学实绩与乡村教育实际相符。", "opinion",
                     ratio > 55 ? "recommend" : "reserve");
}

static int send_sheet(struct td_demo *demo, const struct td_demo_case *one, int expert,
                      struct td_error *reterr)
{
    char login[TD_DEMO_LOGIN];
    json_t *review = NULL;
    struct td_client *client;
    td_demo_expert_login(td_demo_desk(one->series), expert, login);
    int result = td_demo_call(demo, login, "GET", NULL, &review, reterr, "/api/v1/reviews/%s",
                              one->application);
    if (result == 0)
        result = td_demo_as(demo, login, &client, reterr);
    char *path = td_client_path("/api/v1/reviews/%s/sheet/submit", one->application);
    json_t *body = result == 0 ? sheet_of(review, one, expert) : NULL;
    if (result == 0) {
        int64_t version =
            json_integer_value(json_object_get(json_object_get(review, "sheet"), "version"));
        char *draft = td_client_path("/api/v1/reviews/%s/sheet", one->application);
        struct td_answer answer = {0};
        result = td_client_send(client,
                                &(struct td_request){.method = "PUT",
                                                     .path = draft,
                                                     .body = body,
                                                     .version = version,
                                                     .unsaved = version == 0},
                                &answer, reterr);
        version = answer.version;
        td_answer_done(&answer);
        free(draft);
        if (result == 0)
            result = td_client_send(client,
                                    &(struct td_request){.method = "POST",
                                                         .path = path,
                                                         .body = body,
                                                         .version = version,
                                                         .unsaved = version == 0},
                                    NULL, reterr);
    }
    json_decref(body);
    json_decref(review);
    free(path);
    return result;
}

static bool is_member(const json_t *panel, const char *account)
{
    size_t i;
    json_t *member;
    json_array_foreach(json_object_get(panel, "members"), i, member)
        if (strcmp(td_json_text(member, "account_id"), account) == 0)
            return true;
    return false;
}

int td_demo_sheets(struct td_demo *demo, const struct td_demo_case *one, const char *panel,
                   struct td_error *reterr)
{
    const struct td_demo_desk *desk = td_demo_desk(one->series);
    char ids[TD_DEMO_EXPERTS][27];
    json_t *view = NULL;
    int result = panel ? expert_ids(demo, desk, ids, reterr) : 0;
    if (result == 0 && panel)
        result = td_demo_call(demo, desk->office, "GET", NULL, &view, reterr, "/api/v1/panels/%s",
                              panel);
    for (int expert = 1; result == 0 && expert <= desk->experts; expert++)
        if (panel ? is_member(view, ids[expert - 1]) : expert > 1 && expert < 2 + PANEL_SIZE)
            result = send_sheet(demo, one, expert, reterr);
    json_decref(view);
    if (result < 0)
        return result;
    if (!panel)
        return 0;
    return td_demo_call(demo, td_demo_desk(one->series)->office, "POST",
                        json_pack("{s:s}", "application_id", one->application), NULL, reterr,
                        "/api/v1/panels/%s/close", panel);
}

static int plan_meeting(struct td_demo *demo, const struct td_demo_desk *desk, const char *cycle,
                        const char *level, char ret_meeting[27], struct td_error *reterr)
{
    char committee[27];
    json_t *calendar = NULL, *value = NULL;
    int result = td_demo_find_committee(demo, desk, level, committee, reterr);
    if (result == 0)
        result = td_demo_call(demo, "", "GET", NULL, &calendar, reterr, "/api/v1/calendar");
    if (result == 0)
        result = td_demo_call(demo, desk->office, "POST",
                              json_pack("{s:s, s:s, s:s, s:s}", "committee_id", committee,
                                        "cycle_id", cycle, "name", "2026年度定向评审会议",
                                        "held_on", td_json_text(calendar, "start")),
                              &value, reterr, "/api/v1/meetings");
    if (result == 0)
        result = take_id(value, "meeting", ret_meeting);
    json_decref(calendar);
    json_decref(value);
    return result;
}

/* More than two thirds come. */
static int attend(struct td_demo *demo, const struct td_demo_desk *desk, const char *meeting,
                  struct td_error *reterr)
{
    for (int expert = 1; expert <= desk->present; expert++) {
        char login[TD_DEMO_LOGIN];
        td_demo_expert_login(desk, expert, login);
        int result = td_demo_call(demo, login, "POST", json_object(), NULL, reterr,
                                  "/api/v1/meetings/%s/attendance", meeting);
        if (result < 0)
            return result;
    }
    return 0;
}

static bool has_motion(const json_t *view, const char *state)
{
    size_t index;
    json_t *motion;
    json_array_foreach(json_object_get(view, "motions"), index, motion)
        if (strcmp(td_json_text(motion, "state"), state) == 0)
            return true;
    return false;
}

int td_demo_plan_meeting(struct td_demo *demo, const char *cycle, const char *level,
                         struct td_demo_case *const *cases, size_t count, char ret_meeting[27],
                         struct td_error *reterr)
{
    const struct td_demo_desk *desk = td_demo_desk(cases[0]->series);
    int result = plan_meeting(demo, desk, cycle, level, ret_meeting, reterr);
    if (result == 0)
        result = td_demo_call(demo, desk->office, "POST",
                              json_pack("{s:o}", "applications", application_ids(cases, count)),
                              NULL, reterr, "/api/v1/meetings/%s/agenda", ret_meeting);
    return result;
}

int td_demo_open_meeting(struct td_demo *demo, const struct td_demo_desk *desk, const char *meeting,
                         struct td_error *reterr)
{
    char chair[TD_DEMO_LOGIN];
    json_t *view = NULL;
    td_demo_expert_login(desk, 1, chair);
    int result =
        td_demo_call(demo, chair, "GET", NULL, &view, reterr, "/api/v1/meetings/%s", meeting);
    if (result == 0 && strcmp(td_json_text(view, "state"), "planned") == 0) {
        result = attend(demo, desk, meeting, reterr);
        if (result == 0)
            result = td_demo_call(demo, chair, "POST", json_object(), NULL, reterr,
                                  "/api/v1/meetings/%s/open", meeting);
    }
    if (result == 0 && has_motion(view, "waiting")) {
        result = td_demo_make_key(demo, desk, meeting, reterr);
        if (result == 0)
            result = td_demo_call(demo, chair, "POST", json_object(), NULL, reterr,
                                  "/api/v1/meetings/%s/motions/open", meeting);
    }
    json_decref(view);
    return result;
}

int td_demo_hold_meeting(struct td_demo *demo, const char *meeting,
                         struct td_demo_case *const *cases, size_t count, struct td_error *reterr)
{
    const struct td_demo_desk *desk = td_demo_desk(cases[0]->series);
    char chair[TD_DEMO_LOGIN];
    json_t *view = NULL;
    td_demo_expert_login(desk, 1, chair);
    int result = td_demo_open_meeting(demo, desk, meeting, reterr);
    if (result == 0)
        result =
            td_demo_call(demo, chair, "GET", NULL, &view, reterr, "/api/v1/meetings/%s", meeting);
    if (result == 0 && has_motion(view, "voting"))
        result = td_demo_vote(demo, meeting, cases, count, reterr);
    if (result == 0 && strcmp(td_json_text(view, "state"), "closed") != 0)
        result = td_demo_call(demo, chair, "POST", json_object(), NULL, reterr,
                              "/api/v1/meetings/%s/close", meeting);
    json_decref(view);
    return result;
}

int td_demo_result_notice(struct td_demo *demo, const struct td_demo_desk *desk, const char *cycle,
                          char ret_notice[27], struct td_error *reterr)
{
    json_t *value = NULL;
    int result = td_demo_call(demo, desk->office, "POST", json_object(), &value, reterr,
                              "/api/v1/cycles/%s/result-notice", cycle);
    if (result == 0)
        result = take_id(value, "notice", ret_notice);
    json_decref(value);
    return result;
}

int td_demo_confirm(struct td_demo *demo, const char *notice, struct td_error *reterr)
{
    return td_demo_call(demo, "bureau", "POST", json_object(), NULL, reterr,
                        "/api/v1/notices/%s/confirm", notice);
}

int td_demo_file(struct td_demo *demo, const char *cycle, char ret_filing[27],
                 struct td_error *reterr)
{
    json_t *value = NULL;
    int result = td_demo_call(demo, "bureau", "POST", json_pack("{s:s}", "cycle_id", cycle), &value,
                              reterr, "/api/v1/filings");
    if (result == 0)
        result = take_id(value, "filing", ret_filing);
    json_decref(value);
    return result;
}

int td_demo_find(struct td_demo *demo, const char *login, const char *list, const char *resource,
                 const char *application, char ret_id[27], struct td_error *reterr)
{
    json_t *page = NULL, *row;
    size_t index;
    ret_id[0] = 0;
    int result = td_demo_call(demo, login, "GET", NULL, &page, reterr, "/api/v1/%s", list);
    json_array_foreach(json_object_get(page, "items"), index, row) {
        json_t *view = NULL;
        if (result < 0 || ret_id[0])
            break;
        result = td_demo_call(demo, login, "GET", NULL, &view, reterr, "/api/v1/%s/%s", resource,
                              td_json_text(row, "id"));
        char *text = view ? json_dumps(view, JSON_COMPACT) : NULL;
        if (text && strstr(text, application))
            snprintf(ret_id, 27, "%s", td_json_text(row, "id"));
        free(text);
        json_decref(view);
    }
    json_decref(page);
    return result;
}

/* Teachers' results go to the region with the education department's consent. */
static int record_consent(struct td_demo *demo, const char *filing, const char *given_on,
                          struct td_error *reterr)
{
    size_t length = 0;
    char *pdf = td_demo_pdf("consent", &length);
    char *path = td_client_path("/api/v1/filings/%s/consent", filing);
    json_t *form =
        json_pack("{s:s, s:s}", "number", "新教职称函（演示）〔2026〕9号", "given_on", given_on);
    struct td_client *client;
    int result = pdf && path && form ? td_demo_as(demo, "bureau", &client, reterr) : TD_ENOMEM;
    if (result == 0)
        result = td_client_send(client,
                                &(struct td_request){.method = "POST",
                                                     .path = path,
                                                     .body = form,
                                                     .file_field = "file",
                                                     .file_name = "同意函.pdf",
                                                     .file_type = "application/pdf",
                                                     .file_bytes = pdf,
                                                     .file_length = length},
                                NULL, reterr);
    json_decref(form);
    free(path);
    free(pdf);
    return result;
}

int td_demo_send_filing(struct td_demo *demo, const char *filing, struct td_error *reterr)
{
    json_t *view = NULL;
    int result =
        td_demo_call(demo, "bureau", "GET", NULL, &view, reterr, "/api/v1/filings/%s", filing);
    if (result == 0 && *td_json_text(view, "needs_consent") && !*td_json_text(view, "consent_on"))
        result = record_consent(demo, filing, td_json_text(view, "today"), reterr);
    json_decref(view);
    if (result < 0)
        return result;
    return td_demo_call(demo, "bureau", "POST", json_object(), NULL, reterr,
                        "/api/v1/filings/%s/send", filing);
}

int td_demo_approve_filing(struct td_demo *demo, const char *filing, struct td_error *reterr)
{
    json_t *calendar = NULL;
    int result = td_demo_call(demo, "", "GET", NULL, &calendar, reterr, "/api/v1/calendar");
    if (result == 0)
        result = td_demo_call(demo, "bureau", "POST",
                              json_pack("{s:s, s:s}", "reference", "新人社职称（演示）〔2026〕31号",
                                        "approved_on", td_json_text(calendar, "start")),
                              NULL, reterr, "/api/v1/filings/%s/approve", filing);
    json_decref(calendar);
    return result;
}

int td_demo_certify(struct td_demo *demo, const char *filing, struct td_error *reterr)
{
    return td_demo_call(demo, "bureau", "POST", json_object(), NULL, reterr,
                        "/api/v1/filings/%s/certify", filing);
}
