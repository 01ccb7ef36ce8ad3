/* window.c - see window.h. Owns parameters.windows and parameters.extensions of `cycle`, and the
 * end of submission once a cycle is open. */
#include "review/window.h"

#include "review/cycle.h"
#include "review/row.h"
#include "review/telling.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

static const struct td_window_stage stages[] = {
    {"submission", "applicant"},
    {"resubmission", "applicant"},
    {"unit", "unit"},
    {"district_industry", "district_industry"},
    {"district_hr", "district_hr"},
    {"office", "office"},
    {"fee", "applicant"},
    {"review", "expert"},
};

#define STAGE_COUNT (sizeof(stages) / sizeof(stages[0]))

static const struct {
    const char *state, *stage;
} worked_on[] = {
    {"draft", "submission"},
    {"returned", "resubmission"},
    {"submitted", "unit"},
    {"unit_review", "unit"},
    {"unit_notice", "unit"},
    {"district_industry_review", "district_industry"},
    {"district_hr_review", "district_hr"},
    {"office_review", "office"},
    {"fee_due", "fee"},
};

const struct td_window_stage *td_window_stages(size_t *ret_count)
{
    *ret_count = STAGE_COUNT;
    return stages;
}

static bool known_stage(const char *name)
{
    for (size_t i = 0; i < STAGE_COUNT; i++)
        if (!strcmp(stages[i].name, name))
            return true;
    return false;
}

const char *td_window_stage_of(const char *state)
{
    for (size_t i = 0; i < sizeof(worked_on) / sizeof(worked_on[0]); i++)
        if (!strcmp(worked_on[i].state, state))
            return worked_on[i].stage;
    return "";
}

static const json_t *stored(const json_t *cycle, const char *stage)
{
    const json_t *parameters = json_object_get(cycle, "parameters");
    return json_object_get(json_object_get(parameters, "windows"), stage);
}

/* An ISO day, or "" where there is none. */
static void put_day(char day[TD_DATE_TEXT], const char *text)
{
    snprintf(day, TD_DATE_TEXT, "%.10s", text);
}

/* Extensions that name this division end the stage later there. */
static void extend_for(const json_t *cycle, const char *stage, const char *division,
                       struct td_window *window)
{
    size_t i;
    json_t *extension;
    json_array_foreach(json_object_get(json_object_get(cycle, "parameters"), "extensions"), i,
                       extension) {
        const char *of = td_row_text(extension, "window"), *to = td_row_text(extension, "to");
        bool here = *division && td_row_equals(extension, "division_code", division);
        if (here && !strcmp(*of ? of : "submission", stage) && *window->closes &&
            strcmp(to, window->closes) > 0)
            put_day(window->closes, to);
    }
}

void td_window_of(const json_t *cycle, const char *stage, const char *division,
                  struct td_window *ret_window)
{
    const json_t *source = strcmp(stage, "submission") ? stored(cycle, stage) : cycle;
    put_day(ret_window->opens, td_row_text(source, "opens_on"));
    put_day(ret_window->closes, td_row_text(source, "closes_on"));
    extend_for(cycle, stage, division, ret_window);
    if (strcmp(stage, "resubmission") != 0 || !*ret_window->closes)
        return;
    struct td_window submission;
    td_window_of(cycle, "submission", division, &submission);
    if (strcmp(submission.closes, ret_window->closes) > 0)
        put_day(ret_window->closes, submission.closes);
}

static int refuse(struct td_error *reterr, const char *key, const char *stage, const char *date)
{
    return td_error_key(reterr, TD_ECONFLICT, key,
                        json_pack("{s:s, s:s}", "window", stage, "date", date));
}

static int check_stage(const struct td_review *review, const json_t *cycle, const char *stage,
                       const json_t *application, struct td_error *reterr)
{
    struct td_window window;
    const char *due = td_row_text(application, "due_at");
    td_window_of(cycle, stage, td_row_text(application, "division_code"), &window);
    if (strcmp(review->today, window.opens) < 0)
        return refuse(reterr, "window_not_open", stage, window.opens);
    bool over = *window.closes && strcmp(review->today, window.closes) > 0;
    bool promised = *due && strcmp(review->now, due) <= 0;
    return over && !promised ? refuse(reterr, "window_closed", stage, window.closes) : 0;
}

/* While a notice runs inside the unit nobody has a deadline; from its end on the unit has its usual
 * days. */
static int add_notice_deadline(struct td_review *review, const json_t *cycle, json_t *copy,
                               struct td_error *reterr)
{
    json_t *notice = NULL;
    char due[TD_TIME_TEXT];
    td_date date;
    int result =
        td_tx_row(review->tx, &notice,
                  "select max(n.ends_on) as ends_on from public_notice n join "
                  "public_notice_entry e on e.notice_id = n.id where e.application_id = $1",
                  "s", td_row_text(copy, "id"));
    if (result)
        return result;
    if (td_date_parse(td_row_text(notice, "ends_on"), &date) == 0) {
        date += (td_date)td_cycle_parameter(cycle, "unit_review_days", 10);
        td_time_format(td_clock_day_end_ms(date) - 1, due);
        json_object_set_new(copy, "due_at", json_string(due));
    }
    json_decref(notice);
    (void)reterr;
    return 0;
}

int td_window_check(struct td_review *review, const json_t *application, struct td_error *reterr)
{
    const char *stage = td_window_stage_of(td_row_text(application, "state"));
    if (!*stage)
        return 0;
    json_t *cycle = NULL, *copy = NULL;
    int result = td_cycle_load(review->tx, td_row_text(application, "cycle_id"), &cycle);
    if (!result && !strcmp(stage, "submission"))
        result =
            td_cycle_check_open(review, cycle, td_row_text(application, "division_code"), reterr);
    else if (!result && td_row_equals(application, "state", "unit_notice")) {
        copy = json_copy((json_t *)application);
        result = copy ? add_notice_deadline(review, cycle, copy, reterr) : TD_ENOMEM;
        if (!result)
            result = check_stage(review, cycle, stage, copy, reterr);
    } else if (!result)
        result = check_stage(review, cycle, stage, application, reterr);
    json_decref(copy);
    json_decref(cycle);
    return result;
}

void td_window_put_off(const json_t *cycle, const char *division, char due[TD_TIME_TEXT])
{
    struct td_window window;
    td_date last;
    char end[TD_TIME_TEXT];
    td_window_of(cycle, "resubmission", division, &window);
    if (td_date_parse(window.closes, &last) != 0)
        return;
    td_time_format(td_clock_day_end_ms(last) - 1, end);
    if (strcmp(end, due) > 0)
        memcpy(due, end, sizeof(end));
}

/* --- what is sent ----------------------------------------------------------------------------- */

static bool is_day(const char *text)
{
    td_date date;
    return !*text || td_date_parse(text, &date) == 0;
}

/* One window without its empty members; NULL with the field's name in reterr. `name` begins the
 * fields. */
static json_t *clean_one(const char *name, const json_t *sent, struct td_error *reterr)
{
    char field[96];
    const char *opens = td_row_text(sent, "opens_on"), *closes = td_row_text(sent, "closes_on");
    const char *wrong = !is_day(opens) ? "opens_on" : !is_day(closes) ? "closes_on" : NULL;
    if (wrong) {
        snprintf(field, sizeof(field), "%.60s%s", name, wrong);
        td_error_field(reterr, field, "date", "needs a date, YYYY-MM-DD");
        return NULL;
    }
    if (*opens && *closes && strcmp(closes, opens) < 0) {
        snprintf(field, sizeof(field), "%.60s%s", name, "closes_on");
        td_error_field(reterr, field, "order", "closes before it opens");
        return NULL;
    }
    json_t *window = json_object();
    if (*opens)
        json_object_set_new(window, "opens_on", json_string(opens));
    if (*closes)
        json_object_set_new(window, "closes_on", json_string(closes));
    return window;
}

json_t *td_window_clean(const json_t *sent, struct td_error *reterr)
{
    json_t *clean = json_object(), *value;
    const char *stage;
    bool good = json_is_object(sent);
    if (!good)
        td_error_field(reterr, "parameters.windows", "invalid", "needs an object of windows");
    json_object_foreach((json_t *)sent, stage, value) {
        char name[96];
        snprintf(name, sizeof(name), "parameters.windows.%.40s.", stage);
        /* Submission is bounded by the cycle's own days. */
        bool known = known_stage(stage) && strcmp(stage, "submission") != 0;
        json_t *window = known ? clean_one(name, value, reterr) : NULL;
        if (!known) {
            name[strlen(name) - 1] = 0;
            td_error_field(reterr, name, "unknown", "there is no such window");
        }
        good = good && window;
        if (window && json_object_size(window))
            json_object_set(clean, stage, window);
        json_decref(window);
    }
    if (good)
        return clean;
    json_decref(clean);
    return NULL;
}

/* --- an open cycle ---------------------------------------------------------------------------- */

static int write_parameters(struct td_review *review, const json_t *cycle, const char *action,
                            json_t *payload)
{
    int result = td_tx_exec(
        review->tx, NULL,
        "update cycle set closes_on = $2, parameters = $3, version = version + 1 where id = $1",
        "ssj", td_row_text(cycle, "id"), td_row_text(cycle, "closes_on"),
        json_object_get(cycle, "parameters"));
    if (!result)
        return td_row_log(review, action, "cycle", td_row_text(cycle, "id"), payload);
    json_decref(payload);
    return result;
}

/* Puts the window of a stage into the loaded cycle; `window` is stolen. */
static int put_window(json_t *cycle, const char *stage, json_t *window)
{
    json_t *parameters = json_object_get(cycle, "parameters");
    json_t *windows = json_object_get(parameters, "windows");
    if (!json_is_object(windows)) {
        windows = json_object();
        if (json_object_set_new(parameters, "windows", windows) < 0)
            return TD_ENOMEM;
    }
    return json_object_set_new(windows, stage, window) < 0 ? TD_ENOMEM : 0;
}

static int tell(struct td_review *review, const json_t *cycle, const char *kind, const char *stage,
                const char *division, json_t *parameters)
{
    json_object_set(parameters, "cycle", json_object_get(cycle, "name"));
    int result = td_telling_add(review, cycle, stage, division, kind, parameters);
    json_decref(parameters);
    return result;
}

/* The name of a division; TD_EFIELDS when there is none of that code. "" is the whole city. */
static int name_division(struct td_review *review, const char *code, json_t **ret_name,
                         struct td_error *reterr)
{
    json_t *division = NULL;
    if (!*code) {
        *ret_name = json_string("");
        return 0;
    }
    int result =
        td_tx_row(review->tx, &division, "select name from division where code = $1", "s", code);
    if (result == TD_ENOTFOUND)
        return td_error_field(reterr, "division_code", "choice", "there is no such division");
    if (!result)
        *ret_name = json_incref(json_object_get(division, "name"));
    json_decref(division);
    return result;
}

static int note_extension(json_t *cycle, json_t *extension)
{
    json_t *parameters = json_object_get(cycle, "parameters");
    json_t *extensions = json_object_get(parameters, "extensions");
    if (!extensions) {
        extensions = json_array();
        if (json_object_set_new(parameters, "extensions", extensions) < 0)
            return TD_ENOMEM;
    }
    return json_array_append(extensions, extension) < 0 ? TD_ENOMEM : 0;
}

/* The city's own end moves; a division's is kept with the extension. */
static int move_end(json_t *cycle, const char *stage, const char *division, const char *closes_on)
{
    if (*division)
        return 0;
    if (!strcmp(stage, "submission"))
        return json_object_set_new(cycle, "closes_on", json_string(closes_on)) < 0 ? TD_ENOMEM : 0;
    json_t *window = json_deep_copy(stored(cycle, stage));
    json_object_set_new(window, "closes_on", json_string(closes_on));
    return put_window(cycle, stage, window);
}

/* Returns that wait for an answer, and the orders that say until when, get the later day. */
static int put_off_returns(struct td_review *review, const json_t *cycle, const char *division)
{
    json_t *rows = NULL, *row;
    size_t i;
    int result = td_tx_rows(review->tx, &rows,
                            "select id, division_code, due_at from application where cycle_id = $1 "
                            "and state = 'returned' and ($2 = '' or division_code = $2)",
                            "ss", td_row_text(cycle, "id"), division);
    json_array_foreach(rows, i, row) {
        char due[TD_TIME_TEXT];
        snprintf(due, sizeof(due), "%s", td_row_text(row, "due_at"));
        td_window_put_off(cycle, td_row_text(row, "division_code"), due);
        if (!result && !td_row_equals(row, "due_at", due))
            result = td_tx_exec(review->tx, NULL,
                                "update application set due_at = $2, version = version + 1 where "
                                "id = $1",
                                "ss", td_row_text(row, "id"), due);
        if (!result && !td_row_equals(row, "due_at", due))
            result = td_tx_exec(review->tx, NULL,
                                "update return_order set due_at = $2 where application_id = $1 "
                                "and answered_at is null",
                                "ss", td_row_text(row, "id"), due);
    }
    json_decref(rows);
    return result;
}

int td_window_set(struct td_review *review, const char *cycle_id, const json_t *sent,
                  struct td_error *reterr)
{
    json_t *cycle = NULL;
    struct td_window before;
    const char *stage = td_row_text(sent, "stage");
    int result = td_cycle_load_in(review, cycle_id, "open", &cycle, reterr);
    if (result)
        return result;
    td_window_of(cycle, stage, "", &before);
    json_t *window = NULL;
    if (!known_stage(stage) || !strcmp(stage, "submission"))
        result = td_error_field(reterr, "stage", "choice", "submission has its own days");
    else if (*before.closes && strcmp(before.opens, review->today) <= 0)
        result = td_error_key(reterr, TD_ECONFLICT, "window_running",
                              json_pack("{s:s, s:s}", "window", stage, "date", before.closes));
    else if (!(window = clean_one("", sent, reterr)))
        result = TD_EFIELDS;
    else if (strcmp(td_row_text(window, "closes_on"), review->today) < 0)
        result = td_error_field(reterr, "closes_on", "order", "needs a last day that is to come");
    if (!result)
        result = put_window(cycle, stage, json_incref(window));
    if (!result)
        result = put_off_returns(review, cycle, "");
    if (!result)
        result = write_parameters(review, cycle, "cycle.window",
                                  json_pack("{s:s, s:O}", "window", stage, "days", window));
    if (!result)
        result = tell(review, cycle, "window_set", stage, "",
                      json_pack("{s:s, s:s, s:s}", "window", stage, "from",
                                td_row_text(window, "opens_on"), "date",
                                td_row_text(window, "closes_on")));
    json_decref(window);
    json_decref(cycle);
    return result;
}

static int check_extension(const struct td_review *review, const json_t *cycle, const char *stage,
                           const json_t *sent, struct td_window *ret_before,
                           struct td_error *reterr)
{
    const char *closes_on = td_row_text(sent, "closes_on");
    td_date date;
    int result = 0;
    td_window_of(cycle, stage, td_row_text(sent, "division_code"), ret_before);
    if (!known_stage(stage) || !*ret_before->closes)
        result = td_error_field(reterr, "stage", "choice", "this stage has no end to move");
    if (td_date_parse(closes_on, &date) < 0 || strcmp(closes_on, ret_before->closes) <= 0 ||
        strcmp(closes_on, review->today) < 0)
        result = td_error_field(reterr, "closes_on", "order", "needs a day after the present end");
    if (!*td_row_text(sent, "reason"))
        result = td_error_field(reterr, "reason", "required", "an extension states its reason");
    return result;
}

int td_window_extend(struct td_review *review, const char *cycle_id, const json_t *sent,
                     struct td_error *reterr)
{
    json_t *cycle = NULL, *name = NULL, *extension = NULL;
    struct td_window before;
    const char *division = td_row_text(sent, "division_code"), *to = td_row_text(sent, "closes_on");
    const char *stage = *td_row_text(sent, "stage") ? td_row_text(sent, "stage") : "submission";
    int result = td_cycle_load_in(review, cycle_id, "open", &cycle, reterr);
    if (!result)
        result = check_extension(review, cycle, stage, sent, &before, reterr);
    if (!result)
        result = name_division(review, division, &name, reterr);
    if (!result)
        extension =
            json_pack("{s:s, s:s, s:O, s:s, s:s, s:s, s:s}", "window", stage, "division_code",
                      division, "division_name", name, "from", before.closes, "to", to, "reason",
                      td_row_text(sent, "reason"), "at", review->now);
    if (!result)
        result = note_extension(cycle, extension);
    if (!result)
        result = move_end(cycle, stage, division, to);
    if (!result)
        result = put_off_returns(review, cycle, division);
    if (!result)
        result = write_parameters(review, cycle, "cycle.extend", json_incref(extension));
    if (!result)
        result = tell(review, cycle, "window_extended", stage, division,
                      json_pack("{s:s, s:O, s:s, s:s}", "window", stage, "division_name", name,
                                "date", to, "reason", td_row_text(sent, "reason")));
    json_decref(extension);
    json_decref(name);
    json_decref(cycle);
    return result;
}

json_t *td_window_list(const struct td_review *review, const json_t *cycle, const char *division)
{
    json_t *list = json_array();
    for (size_t i = 0; i < STAGE_COUNT; i++) {
        struct td_window window;
        td_window_of(cycle, stages[i].name, division, &window);
        bool begun = strcmp(review->today, window.opens) >= 0;
        bool over = *window.closes && strcmp(review->today, window.closes) > 0;
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:b}", "window",
                                              stages[i].name, "holder", stages[i].holder,
                                              "opens_on", window.opens, "closes_on", window.closes,
                                              "is_bounded", *window.opens || *window.closes,
                                              "is_open", begun && !over, "is_over", over));
    }
    return list;
}
