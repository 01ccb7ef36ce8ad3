/* cycles.c - the year: notices opened as cycles, their dates and parameters. Readers are the
 * public; the bureau writes. The result notice of a cycle starts here, because it is about the
 * cycle's dossiers. */
#include "api/api.h"
#include "api/place.h"
#include "review/cycle.h"
#include "review/ranking.h"
#include "review/row.h"
#include "review/unit.h"
#include "review/window.h"
#include "review/year.h"
#include "store/store.h"

#include <string.h>

static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    (void)reterr;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_cycle_list(&review, td_call_query(call, "series"), td_call_query(call, "state"),
                           td_call_query(call, "cursor"), &reply->value);
    return rc;
}

static const char *row_type(enum td_cycle_parameter_type type)
{
    return type == TD_CYCLE_INT      ? "integer"
           : type == TD_CYCLE_BOOL   ? "boolean"
           : type == TD_CYCLE_LEVELS ? "levels"
                                     : "windows";
}

static json_t *level_inputs(const json_t *value)
{
    static const char *const levels[] = {"junior", "intermediate", "senior", "full_senior"};
    json_t *inputs = json_array();
    for (size_t i = 0; i < 4; i++) {
        const json_t *cents = json_object_get(value, levels[i]);
        long long amount = (long long)json_integer_value(cents);
        json_array_append_new(
            inputs, json_pack("{s:s, s:o}", "level", levels[i], "amount",
                              cents ? json_sprintf("%lld.%02lld", amount / 100, amount % 100)
                                    : json_string("")));
    }
    return inputs;
}

/* The windows that are parameters: all but submission's. */
static json_t *window_inputs(const json_t *value)
{
    json_t *inputs = json_array();
    size_t count;
    const struct td_window_stage *stage = td_window_stages(&count);
    for (size_t i = 1; i < count; i++) {
        const json_t *window = json_object_get(value, stage[i].name);
        json_array_append_new(inputs, json_pack("{s:s, s:s, s:s}", "window", stage[i].name,
                                                "opens_on", td_row_text(window, "opens_on"),
                                                "closes_on", td_row_text(window, "closes_on")));
    }
    return inputs;
}

/* The parameter table with the cycle's values, for forms and for reading. */
static json_t *parameter_list(const json_t *cycle)
{
    const json_t *parameters = json_object_get(cycle, "parameters");
    json_t *list = json_array();
    size_t count;
    const struct td_cycle_row *row = td_cycle_rows(&count);
    for (; count; row++, count--) {
        json_t *value = json_object_get(parameters, row->name);
        int64_t number = td_cycle_parameter(cycle, row->name, row->otherwise);
        json_t *entry = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I}", "parameter", row->name, "type",
                                  row_type(row->type), "summary", row->summary, "min", row->min,
                                  "max", row->max, "otherwise", row->otherwise);
        json_object_set_new(entry, "is_integer", json_boolean(row->type == TD_CYCLE_INT));
        json_object_set_new(entry, "is_boolean", json_boolean(row->type == TD_CYCLE_BOOL));
        json_object_set_new(entry, "is_levels", json_boolean(row->type == TD_CYCLE_LEVELS));
        json_object_set_new(entry, "number", json_integer(number));
        json_object_set_new(entry, "yes", json_boolean(number != 0));
        json_object_set_new(entry, "levels",
                            row->type == TD_CYCLE_LEVELS ? level_inputs(value) : json_array());
        json_object_set_new(entry, "is_windows", json_boolean(row->type == TD_CYCLE_WINDOWS));
        json_object_set_new(entry, "windows",
                            row->type == TD_CYCLE_WINDOWS ? window_inputs(value) : json_array());
        json_array_append_new(list, entry);
    }
    return list;
}

static json_t *series_options(const struct td_call *call, const char *chosen)
{
    json_t *options = json_array(), *descriptor;
    const char *id;
    json_object_foreach((json_t *)call->catalog, id, descriptor)
        if (!td_row_bool(descriptor, "retired"))
            json_array_append_new(options, json_pack("{s:s, s:s, s:s, s:b}", "id", id, "name",
                                                     td_row_text(descriptor, "name"), "name_en",
                                                     td_row_text(descriptor, "name_en"), "selected",
                                                     strcmp(id, chosen) == 0));
    return options;
}

static int new_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reterr;
    json_t *empty = json_object();
    reply->value = json_pack("{s:o, s:o, s:b}", "series_options", series_options(call, ""),
                             "parameter_list", parameter_list(empty), "editing", 0);
    json_decref(empty);
    return reply->value ? 0 : TD_ENOMEM;
}

/* The cycle, when the caller may see it. */
static int load(struct td_call *call, struct td_review *review, json_t **ret_cycle)
{
    int rc = td_api_review(call, review);
    if (rc == 0)
        rc = td_cycle_load(call->tx, td_call_param(call, "cycle"), ret_cycle);
    if (rc < 0)
        return rc;
    bool planned = !strcmp(td_row_text(*ret_cycle, "state"), "planned");
    if (planned && !td_cycle_insider(call->who, td_row_text(*ret_cycle, "series"))) {
        json_decref(*ret_cycle);
        return TD_ENOTFOUND;
    }
    json_object_del(*ret_cycle, "created_by");
    json_object_set(*ret_cycle, "cycle_state", json_object_get(*ret_cycle, "state"));
    return 0;
}

/* Numbers by state for who runs the year. */
static int add_figures(struct td_call *call, json_t *page)
{
    json_t *figures = NULL;
    int rc = td_tx_rows(call->tx, &figures,
                        "select state, count(*) as count from application where cycle_id = $1"
                        " and state <> 'draft' group by state order by state",
                        "s", td_call_param(call, "cycle"));
    if (rc == 0)
        json_object_set_new(page, "figures", figures);
    return rc;
}

/* Result notices of the cycle and how many of their dossiers still wait to be confirmed. */
static int add_result_notices(struct td_call *call, const char *today, json_t *page)
{
    json_t *notices = NULL, *notice = NULL;
    size_t i;
    bool bureau = call->who->roles & TD_ROLE_BUREAU;
    int rc = td_tx_rows(call->tx, &notices,
                        "select n.id, n.title, n.starts_on, n.ends_on, (select count(*)"
                        " from public_notice_entry e join application a on a.id = e.application_id"
                        " where e.notice_id = n.id and a.state = 'result_notice') as waiting"
                        " from public_notice n where n.cycle_id = $1 and n.kind = 'result'"
                        " order by n.id desc limit 20",
                        "s", td_call_param(call, "cycle"));
    if (rc < 0)
        return rc;
    json_array_foreach(notices, i, notice) {
        bool over = strcmp(today, td_row_text(notice, "ends_on")) > 0;
        json_object_set_new(notice, "can_confirm",
                            json_boolean(bureau && over && td_row_int(notice, "waiting") > 0));
    }
    json_object_set_new(page, "result_notices", notices);
    return 0;
}

static int64_t figure(const json_t *page, const char *state)
{
    size_t i;
    json_t *row = NULL;
    json_array_foreach(json_object_get(page, "figures"), i, row)
        if (!strcmp(td_row_text(row, "state"), state))
            return td_row_int(row, "count");
    return 0;
}

/* What the bureau may choose from to set or move a window. */
static int add_window_choices(struct td_call *call, json_t *cycle)
{
    json_t *divisions = NULL, *stages = json_array();
    size_t count;
    const struct td_window_stage *stage = td_window_stages(&count);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            stages, json_pack("{s:s, s:b}", "window", stage[i].name, "is_own", (int)(i > 0)));
    json_object_set_new(cycle, "stage_options", stages);
    int rc = td_unit_divisions(call->tx, &divisions);
    if (rc == 0)
        json_object_set_new(cycle, "division_options", divisions);
    return rc;
}

static int view_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *cycle = NULL;
    (void)reterr;
    int rc = load(call, &review, &cycle);
    if (rc < 0)
        return rc;
    char division[16] = "";
    const char *state = td_row_text(cycle, "state");
    bool bureau = call->who && (call->who->roles & TD_ROLE_BUREAU);
    bool insider = td_cycle_insider(call->who, td_row_text(cycle, "series"));
    bool office =
        call->who && td_account_has(call->who, TD_ROLE_OFFICE, td_row_text(cycle, "series"));
    json_object_set_new(cycle, "insider", json_boolean(insider));
    if (insider)
        rc = add_figures(call, cycle);
    if (insider && rc == 0)
        rc = add_result_notices(call, review.today, cycle);
    json_object_set_new(
        cycle, "can",
        json_pack("{s:b, s:b, s:b, s:b, s:b, s:b}", "edit", bureau && !strcmp(state, "planned"),
                  "open", bureau && !strcmp(state, "planned"), "extend",
                  bureau && !strcmp(state, "open"), "close", bureau && !strcmp(state, "open"),
                  "publish_result", (bureau || office) && figure(cycle, "passed") > 0, "file",
                  bureau && figure(cycle, "confirmed") > 0));
    json_object_set_new(cycle, "parameter_list", parameter_list(cycle));
    if (rc == 0)
        rc = td_cycle_division(&review, division);
    json_object_set_new(cycle, "windows", td_window_list(&review, cycle, division));
    if (rc == 0 && bureau && !strcmp(state, "open"))
        rc = add_window_choices(call, cycle);
    reply->version = td_row_int(cycle, "version");
    reply->value = cycle;
    return rc;
}

/* The year's dates: whole for who runs or watches it, the milestones for everybody. */
static int timeline_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *cycle = NULL, *view = NULL;
    int rc = load(call, &review, &cycle);
    if (rc < 0)
        return rc;
    bool insider = td_cycle_insider(call->who, td_row_text(cycle, "series"));
    rc = td_year_view(&review, cycle, insider, &view, reterr);
    if (rc == 0) {
        static const char *const members[] = {"id", "name", "series", "year", "cycle_state", NULL};
        for (const char *const *member = members; *member; member++)
            json_object_set(view, *member, json_object_get(cycle, *member));
        json_object_set_new(view, "today", json_string(review.today));
        json_object_set_new(view, "insider", json_boolean(insider));
        reply->value = view;
    }
    json_decref(cycle);
    return rc;
}

static int edit_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *cycle = NULL;
    (void)reterr;
    int rc = load(call, &review, &cycle);
    if (rc < 0)
        return rc;
    json_object_set_new(cycle, "series_options",
                        series_options(call, td_row_text(cycle, "series")));
    json_object_set_new(cycle, "parameter_list", parameter_list(cycle));
    json_object_set_new(cycle, "editing", json_true());
    reply->version = td_row_int(cycle, "version");
    reply->value = cycle;
    return 0;
}

/* --- writing ---------------------------------------------------------------------------------- */

static int create_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    char id[TD_ID_TEXT];
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_cycle_create(&review, call->body, id, reterr);
    return rc < 0 ? rc : td_place_created(call, reply, "cycles", id);
}

static int check_version(struct td_call *call, struct td_error *reterr)
{
    json_t *cycle = NULL;
    int rc = td_cycle_load(call->tx, td_call_param(call, "cycle"), &cycle);
    if (rc < 0)
        return rc;
    rc = td_call_check_version(call, td_row_int(cycle, "version"), reterr);
    json_decref(cycle);
    return rc;
}

static int update_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "cycle");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = check_version(call, reterr);
    if (rc == 0)
        rc = td_cycle_update(&review, id, call->body, reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "cycles", id);
}

static int open_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "cycle");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_cycle_open(&review, id, reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "cycles", id);
}

static int close_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "cycle");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_cycle_close(&review, id, td_call_text(call, "reason"), reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "cycles", id);
}

static int extend_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "cycle");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_window_extend(&review, id, call->body, reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "cycles", id);
}

static int window_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "cycle");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_window_set(&review, id, call->body, reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "cycles", id);
}

/* Those who passed, as far as there are posts for them: review/ranking.h. */
static int result_notice_write(struct td_call *call, struct td_reply *reply,
                               struct td_error *reterr)
{
    struct td_review review;
    json_t *notice = NULL;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_ranking_publish(&review, td_call_param(call, "cycle"), &notice, reterr);
    if (rc < 0)
        return rc;
    reply->value = notice;
    if (*td_row_text(notice, "id"))
        return td_place_created(call, reply, "notices", td_row_text(notice, "id"));
    reply->location =
        td_arena_printf(call->arena, "/cycles/%s/ranking", td_call_param(call, "cycle"));
    return reply->location ? 0 : TD_ENOMEM;
}

static const struct td_field cycle_body[] = {
    {"series", TD_FIELD_TEXT, true, 1, 32, NULL, "Series id"},
    {"year", TD_FIELD_INT, true, 2019, 2199, NULL, "Year of the review"},
    {"name", TD_FIELD_TEXT, true, 1, 120, NULL, "Name of the cycle"},
    {"notice_number", TD_FIELD_TEXT, true, 1, 60, NULL, "Document number of the notice"},
    {"notice_text", TD_FIELD_TEXT, true, 1, 20000, NULL, "Text of the notice"},
    {"notice_date", TD_FIELD_DATE, true, 0, 0, NULL, "Day of the notice"},
    {"cutoff_date", TD_FIELD_DATE, true, 0, 0, NULL, "Facts count up to this day"},
    {"opens_on", TD_FIELD_DATE, true, 0, 0, NULL, "First day of submission"},
    {"closes_on", TD_FIELD_DATE, true, 0, 0, NULL, "Last day of submission, until 24:00"},
    {"parameters", TD_FIELD_OBJECT, false, 0, 0, NULL,
     "Parameters by name; see parameter_list of /cycles/new"},
    {0},
};

static const struct td_field close_body[] = {
    {"reason", TD_FIELD_TEXT, true, 1, 500, NULL, "Why submission ends"},
    {0},
};

#define STAGES "submission|resubmission|unit|district_industry|district_hr|office|fee|review"

static const struct td_field extend_body[] = {
    {"closes_on", TD_FIELD_DATE, true, 0, 0, NULL, "New last day"},
    {"reason", TD_FIELD_TEXT, true, 1, 500, NULL, "Reason, published with the new day"},
    {"stage", TD_FIELD_CHOICE, false, 0, 0, STAGES,
     "Stage whose end moves; submission when absent"},
    {"division_code", TD_FIELD_TEXT, false, 0, 16, NULL,
     "Division that it holds for; the whole city when absent"},
    {0},
};

static const struct td_field window_body[] = {
    {"stage", TD_FIELD_CHOICE, true, 0, 0, STAGES, "Stage, not submission"},
    {"opens_on", TD_FIELD_DATE, false, 0, 0, NULL, "First day"},
    {"closes_on", TD_FIELD_DATE, true, 0, 0, NULL, "Last day, until 24:00"},
    {0},
};

const struct td_route td_cycles_routes[] = {
    {TD_GET, "/cycles", TD_ROLE_PUBLIC | TD_ROLE_ANY, "Cycles, newest first",
     .query = "series state cursor", .read = list_read, .page = "cycles"},
    {TD_GET, "/cycles/new", TD_ROLE_BUREAU,
     "What a new cycle needs: series and the parameter table", .read = new_read,
     .page = "cycle_form"},
    {TD_POST, "/cycles", TD_ROLE_BUREAU, "Plan a cycle from a notice", .write = create_write,
     .body = cycle_body},
    {TD_GET, "/cycles/{cycle}", TD_ROLE_PUBLIC | TD_ROLE_ANY, "One cycle with its notice and dates",
     .read = view_read, .page = "cycle"},
    {TD_GET, "/cycles/{cycle}/timeline", TD_ROLE_PUBLIC | TD_ROLE_ANY,
     "The year's dates, what is late and whose turn it is", .read = timeline_read,
     .page = "cycle_timeline"},
    {TD_GET, "/cycles/{cycle}/edit", TD_ROLE_BUREAU, "A planned cycle for editing",
     .read = edit_read, .page = "cycle_form"},
    {TD_PUT, "/cycles/{cycle}", TD_ROLE_BUREAU, "Change a planned cycle", .write = update_write,
     .body = cycle_body, .flags = TD_ROUTE_IF_MATCH},
    {TD_POST, "/cycles/{cycle}/open", TD_ROLE_BUREAU, "Open a cycle for submission",
     .write = open_write, .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/cycles/{cycle}/close", TD_ROLE_BUREAU, "End submission before its last day",
     .write = close_write, .body = close_body, .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/cycles/{cycle}/extend", TD_ROLE_BUREAU,
     "Move the end of a stage, in one division or all, with its reason", .write = extend_write,
     .body = extend_body, .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/cycles/{cycle}/windows", TD_ROLE_BUREAU,
     "Announce the days of a stage that has none yet", .write = window_write, .body = window_body,
     .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/cycles/{cycle}/result-notice", TD_ROLE_BUREAU | TD_ROLE_OFFICE,
     "Publish the results of dossiers that passed", .write = result_notice_write,
     .flags = TD_ROUTE_STEP_UP},
    {0},
};
