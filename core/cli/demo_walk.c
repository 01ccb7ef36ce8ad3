/* demo_walk.c - titlectl demo walk: one new dossier from declaration to a certificate that
 * verifies. */
#include "cli/demo_walk.h"

#include "base/json.h"
#include "cli/demo_dossier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WAIT_DAYS_MAX = 30, YEAR = 2026 };

void td_demo_walk_say(struct td_demo_walk *walk, const char *words)
{
    printf("%2d  %-26s %s: %s\n", ++*walk->step, walk->state, walk->series, words);
    fflush(stdout);
}

int td_demo_walk_reload(struct td_demo_walk *walk, struct td_error *reterr)
{
    json_t *value = NULL;
    int result = td_demo_call(walk->demo, walk->one.login, "GET", NULL, &value, reterr,
                              "/api/v1/applications/%s", walk->one.application);
    const json_t *application = json_object_get(value, "application");
    snprintf(walk->state, sizeof(walk->state), "%s", td_json_text(application, "state"));
    snprintf(walk->cycle, sizeof(walk->cycle), "%s", td_json_text(application, "cycle_id"));
    snprintf(walk->level, sizeof(walk->level), "%s", td_json_text(application, "level"));
    json_decref(value);
    return result;
}

/* --- steps ------------------------------------------------------------------------------------ */

/* What a walk that was cut off has saved is saved again, which changes nothing. */
static int declare(struct td_demo_walk *walk, struct td_error *reterr)
{
    json_t *check = NULL;
    int result = td_demo_call(walk->demo, walk->one.login, "GET", NULL, &check, reterr,
                              "/api/v1/applications/%s", walk->one.application);
    if (result == 0 && !json_is_true(json_object_get(json_object_get(check, "check"), "complete")))
        result = td_demo_fill(walk->demo, &walk->one, reterr);
    json_decref(check);
    return result == 0 ? td_demo_submit(walk->demo, &walk->one, reterr) : result;
}

static int take(struct td_demo_walk *walk, struct td_error *reterr)
{
    return td_demo_verify_unit(walk->demo, &walk->one, reterr);
}

static int publicise(struct td_demo_walk *walk, struct td_error *reterr)
{
    struct td_demo_case *cases[] = {&walk->one};
    return td_demo_publicise(walk->demo, cases, 1, reterr);
}

/* Repeats `act` once a day until the dossier leaves its state: notices must run their working days.
 */
static int wait_days(struct td_demo_walk *walk,
                     int (*act)(struct td_demo_walk *, struct td_error *), struct td_error *reterr)
{
    char before[sizeof(walk->state)];
    snprintf(before, sizeof(before), "%s", walk->state);
    int result = 0;
    for (int day = 0; day <= WAIT_DAYS_MAX; day++) {
        struct td_error refused = TD_ERROR_INIT;
        result = act(walk, &refused);
        if (result < 0 && result != TD_ECONFLICT)
            td_error_set(reterr, result, "%s", refused.detail);
        td_error_done(&refused);
        if (result < 0 && result != TD_ECONFLICT)
            return result;
        result = td_demo_walk_reload(walk, reterr);
        if (result < 0 || strcmp(before, walk->state) != 0)
            return result;
        result = td_demo_advance(walk->demo, 1, reterr);
        if (result < 0)
            return result;
    }
    return td_error_set(reterr, TD_ETIMEOUT, "%s did not end within %d days", before,
                        WAIT_DAYS_MAX);
}

static int recommend_once(struct td_demo_walk *walk, struct td_error *reterr)
{
    return td_demo_act(walk->demo, &walk->one, td_json_text(walk->one.unit, "clerk"), "recommend",
                       reterr);
}

static int recommend(struct td_demo_walk *walk, struct td_error *reterr)
{
    return wait_days(walk, recommend_once, reterr);
}

static int verify_district(struct td_demo_walk *walk, struct td_error *reterr)
{
    return td_demo_verify_district(walk->demo, &walk->one, reterr);
}

static int forward_hr(struct td_demo_walk *walk, struct td_error *reterr)
{
    return td_demo_forward_hr(walk->demo, &walk->one, reterr);
}

static int accept(struct td_demo_walk *walk, struct td_error *reterr)
{
    return td_demo_accept(walk->demo, &walk->one, reterr);
}

static int pay(struct td_demo_walk *walk, struct td_error *reterr)
{
    return td_demo_pay(walk->demo, &walk->one, reterr);
}

static int form_panel(struct td_demo_walk *walk, struct td_error *reterr)
{
    struct td_demo_case *cases[] = {&walk->one};
    char panel[27];
    if (walk->panel[0])
        return td_demo_assign(walk->demo, td_demo_desk(walk->series), walk->panel, cases, 1,
                              reterr);
    return td_demo_panel(walk->demo, walk->cycle, walk->level, cases, 1, panel, reterr);
}

static int fill_sheets(struct td_demo_walk *walk, struct td_error *reterr)
{
    char panel[27];
    int result = td_demo_find(walk->demo, td_demo_desk(walk->series)->office, "panels", "panels",
                              walk->one.application, panel, reterr);
    return result == 0 ? td_demo_sheets(walk->demo, &walk->one, panel, reterr) : result;
}

static int meet(struct td_demo_walk *walk, struct td_error *reterr)
{
    struct td_demo_case *cases[] = {&walk->one};
    char meeting[27];
    int result = td_demo_find(walk->demo, td_demo_desk(walk->series)->office, "meetings",
                              "meetings", walk->one.application, meeting, reterr);
    if (result == 0 && !meeting[0])
        result =
            td_demo_plan_meeting(walk->demo, walk->cycle, walk->level, cases, 1, meeting, reterr);
    return result == 0 ? td_demo_hold_meeting(walk->demo, meeting, cases, 1, reterr) : result;
}

static int publish_result(struct td_demo_walk *walk, struct td_error *reterr)
{
    char notice[27];
    return td_demo_result_notice(walk->demo, td_demo_desk(walk->series), walk->cycle, notice,
                                 reterr);
}

static int confirm_once(struct td_demo_walk *walk, struct td_error *reterr)
{
    char notice[27];
    int result = td_demo_find(walk->demo, "bureau", "notices?kind=result", "notices",
                              walk->one.application, notice, reterr);
    return result == 0 ? td_demo_confirm(walk->demo, notice, reterr) : result;
}

static int confirm(struct td_demo_walk *walk, struct td_error *reterr)
{
    return wait_days(walk, confirm_once, reterr);
}

static int find_filing(struct td_demo_walk *walk, char ret_filing[27], struct td_error *reterr)
{
    return td_demo_find(walk->demo, "bureau", "filings", "filings", walk->one.application,
                        ret_filing, reterr);
}

static int file_results(struct td_demo_walk *walk, struct td_error *reterr)
{
    char filing[27];
    json_t *view = NULL;
    int result = find_filing(walk, filing, reterr);
    if (result == 0 && !filing[0])
        result = td_demo_file(walk->demo, walk->cycle, filing, reterr);
    if (result == 0)
        result = td_demo_call(walk->demo, "bureau", "GET", NULL, &view, reterr,
                              "/api/v1/filings/%s", filing);
    if (result == 0 && strcmp(td_json_text(view, "state"), "prepared") == 0)
        result = td_demo_send_filing(walk->demo, filing, reterr);
    json_decref(view);
    return result == 0 ? td_demo_approve_filing(walk->demo, filing, reterr) : result;
}

static int certify(struct td_demo_walk *walk, struct td_error *reterr)
{
    char filing[27];
    int result = find_filing(walk, filing, reterr);
    return result == 0 ? td_demo_certify(walk->demo, filing, reterr) : result;
}

static const struct {
    const char *state;
    const char *words;
    int (*act)(struct td_demo_walk *walk, struct td_error *reterr);
} steps[] = {
    {"draft", "he fills in every section, attaches evidence, pledges and submits", declare},
    {"submitted", "the unit takes it, gives its assessments, checks every item", take},
    {"unit_review", "the unit publicises it for 5 working days", publicise},
    {"unit_notice", "the notice ends without objection, the unit recommends", recommend},
    {"district_industry_review", "the district's authority appraises, checks and forwards",
     verify_district},
    {"district_hr_review", "the district HR bureau checks and forwards", forward_hr},
    {"office_review", "the committee office checks and accepts", accept},
    {"fee_due", "the fee is recorded", pay},
    {"accepted", "the office gives it to a panel of three experts", form_panel},
    {"panel_review", "the experts submit their score sheets", fill_sheets},
    {"committee_vote", "the committee meets, votes in secret, closes with minutes", meet},
    {"passed", "the office publishes the result for 5 working days", publish_result},
    {"result_notice", "the notice ends, the bureau confirms", confirm},
    {"confirmed", "the bureau files the results, the region approves", file_results},
    {"filed", "the bureau issues the certificates", certify},
};

/* --- the end ---------------------------------------------------------------------------------- */

int td_demo_walk_check(struct td_demo_walk *walk, struct td_error *reterr)
{
    const char *base = walk->demo->cli->url ? walk->demo->cli->url : walk->demo->cli->public_url;
    json_t *mine = NULL, *shown = NULL;
    struct td_client *anybody = NULL;
    int result =
        td_demo_call(walk->demo, walk->one.login, "GET", NULL, &mine, reterr, "/api/v1/titles");
    const json_t *title = json_array_get(json_object_get(mine, "items"), 0);
    if (result == 0)
        result = td_client_new(NULL, base, &anybody, reterr);
    char *path = td_client_path("/api/v1/certificates/%s?code=%s", td_json_text(title, "number"),
                                td_json_text(title, "check_code"));
    if (result == 0)
        result = path ? td_client_json(anybody, "GET", path, NULL, &shown, reterr) : TD_ENOMEM;
    const json_t *certificate = json_object_get(shown, "certificate");
    if (!certificate)
        certificate = shown;
    if (result == 0 &&
        strcmp(td_json_text(certificate, "number"), td_json_text(title, "number")) != 0)
        result = td_error_set(reterr, TD_EINTERNAL, "the public page shows another certificate");
    if (result == 0)
        printf("    certificate %s of %s: %s, %s\n    %s/certificates/%s?code=%s\n",
               td_json_text(title, "number"), td_json_text(certificate, "name"),
               td_json_text(certificate, "title_name"),
               td_json_text(certificate, "certificate_state"), base, td_json_text(title, "number"),
               td_json_text(title, "check_code"));
    td_client_free(anybody);
    free(path);
    json_decref(shown);
    json_decref(mine);
    return result;
}

static int find_cycle(struct td_demo_walk *walk, struct td_error *reterr)
{
    json_t *cycles = NULL, *cycle;
    size_t index;
    int result = td_demo_call(walk->demo, "", "GET", NULL, &cycles, reterr, "/api/v1/cycles");
    json_array_foreach(json_object_get(cycles, "items"), index, cycle) {
        if (strcmp(td_json_text(cycle, "series"), walk->series) == 0 &&
            strcmp(td_json_text(cycle, "state"), "open") == 0)
            snprintf(walk->cycle, sizeof(walk->cycle), "%s", td_json_text(cycle, "id"));
    }
    json_decref(cycles);
    if (result == 0 && !walk->cycle[0])
        result =
            td_error_set(reterr, TD_ECONFLICT, "no cycle of the series %s is open", walk->series);
    return result;
}

/* The one dossier of a walker that was here before; "" when he has none. */
static int find_dossier(struct td_demo_walk *walk, struct td_error *reterr)
{
    json_t *own = NULL;
    int result = td_demo_call(walk->demo, walk->one.login, "GET", NULL, &own, reterr,
                              "/api/v1/applications");
    snprintf(walk->one.application, sizeof(walk->one.application), "%s",
             td_json_text(json_array_get(json_object_get(own, "items"), 0), "id"));
    json_decref(own);
    return result;
}

/* The person and the dossier follow from the number, so that a walk can go on by the login alone.
 */
static int invent(struct td_demo_walk *walk, uint32_t number)
{
    const struct td_demo *demo = walk->demo;
    const char *level = "intermediate";
    int result = 0;
    snprintf(walk->one.login, sizeof(walk->one.login), "walk-%u", number);
    snprintf(walk->state, sizeof(walk->state), "-");
    if (strcmp(walk->series, "teacher") == 0) {
        walk->one.unit = json_array_get(demo->units, number % 20);
        walk->one.dossier = td_demo_dossier(demo->city, walk->one.unit, level, number, YEAR);
    } else {
        result = td_demo_other_walker(demo, walk->series, number, YEAR, &walk->one, &level);
    }
    snprintf(walk->level, sizeof(walk->level), "%s", level);
    if (result == 0 && !walk->one.dossier)
        result = TD_ENOMEM;
    if (result == 0)
        json_object_set_new(walk->one.dossier, "expert_ratio", json_integer(80));
    return result;
}

int td_demo_walk_begin(struct td_demo_walk *walk, uint32_t number, struct td_error *reterr)
{
    struct td_client *client;
    struct td_error unknown = TD_ERROR_INIT;
    int result = invent(walk, number);
    if (result == 0)
        result = find_cycle(walk, reterr);
    if (result == 0 && td_demo_as(walk->demo, walk->one.login, &client, &unknown) < 0) {
        td_demo_walk_say(walk, "an account for somebody new");
        result = td_demo_create_teacher(walk->demo, walk->one.login, walk->one.unit,
                                        walk->one.dossier, reterr);
    }
    td_error_done(&unknown);
    if (result == 0)
        result = find_dossier(walk, reterr);
    if (result == 0 && !walk->one.application[0]) {
        td_demo_walk_say(walk, "a dossier is begun");
        result = td_demo_begin(walk->demo, &walk->one, walk->cycle, walk->level, reterr);
    }
    if (result == 0)
        printf("    dossier %s of %s\n", walk->one.application, walk->one.login);
    return result;
}

void td_demo_walk_end(struct td_demo_walk *walk)
{
    json_decref(walk->one.dossier);
    walk->one.dossier = NULL;
}

/* The step of a state, for one of them. */
static int take_step(struct td_demo_walk *walk, size_t step, struct td_error *reterr)
{
    if (strcmp(steps[step].state, walk->state) != 0)
        return 0;
    td_demo_walk_say(walk, steps[step].words);
    int result = steps[step].act(walk, reterr);
    return result == 0 ? td_demo_walk_reload(walk, reterr) : result;
}

int td_demo_walk_on(struct td_demo_walk *walks, size_t count, struct td_error *reterr)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < count; i++)
        result = td_demo_walk_reload(&walks[i], reterr);
    for (size_t step = 0; step < sizeof(steps) / sizeof(steps[0]); step++)
        for (size_t i = 0; result == 0 && i < count; i++)
            result = take_step(&walks[i], step, reterr);
    for (size_t i = 0; result == 0 && i < count; i++)
        if (strcmp(walks[i].state, "certified") != 0)
            result = td_error_set(reterr, TD_ECONFLICT, "the way of %s ended in the state %s",
                                  walks[i].one.login, walks[i].state);
    return result;
}

/* --- titlectl demo walk ----------------------------------------------------------------------- */

static int walk_one(struct td_demo *demo, const char *login, struct td_error *reterr)
{
    int step = 0;
    struct td_demo_walk walk = {.demo = demo, .series = "teacher", .step = &step};
    uint32_t number = login ? (uint32_t)strtoul(login + strlen("walk-"), NULL, 10)
                            : 100000u + (uint32_t)(time(NULL) % 800000);
    int result = td_demo_walk_begin(&walk, number, reterr);
    if (result == 0)
        result = td_demo_walk_on(&walk, 1, reterr);
    if (result == 0) {
        td_demo_walk_say(&walk, "the certificate is checked as the public would");
        result = td_demo_walk_check(&walk, reterr);
    }
    if (result < 0 && walk.one.login[0])
        fprintf(stderr, "the walk stopped; to go on: titlectl demo walk %s\n", walk.one.login);
    td_demo_walk_end(&walk);
    return result;
}

int td_demo_walk(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    struct td_demo demo;
    if (count > 0 && strcmp(arguments[0], "--all") == 0)
        return td_demo_year(cli, count - 1, arguments + 1, reterr);
    if (count > 1 || (count == 1 && strncmp(arguments[0], "walk-", 5) != 0))
        return TD_EINVALID;
    int result = td_demo_open(cli, &demo, reterr);
    if (result < 0)
        return result;
    result = td_demo_load_units(&demo, reterr);
    if (result == 0)
        result = walk_one(&demo, count == 1 ? arguments[0] : NULL, reterr);
    td_demo_close(&demo);
    return result;
}
