/* demo_walk.c - titlectl demo walk: one new dossier from declaration to a certificate that
 * verifies.
 *
 * The way is a table: in which state, what is said, what is done. The walk asks the server for the
 * dossier's state after every step, so a walk that was cut off goes on from where the server is. */
#include "cli/demo.h"

#include "base/json.h"
#include "cli/demo_dossier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WAIT_DAYS_MAX = 30, YEAR = 2026 };

struct walk {
    struct td_demo demo;
    struct td_demo_case one;
    char cycle[27];
    char level[24];
    char state[32];
    char certificate[64];
    int step;
};

static void report(struct walk *walk, const char *words)
{
    printf("%2d  %-26s %s\n", ++walk->step, walk->state, words);
    fflush(stdout);
}

static int reload(struct walk *walk, struct td_error *reterr)
{
    json_t *value = NULL;
    int result = td_demo_call(&walk->demo, walk->one.login, "GET", NULL, &value, reterr,
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
static int declare(struct walk *walk, struct td_error *reterr)
{
    json_t *check = NULL;
    int result = td_demo_call(&walk->demo, walk->one.login, "GET", NULL, &check, reterr,
                              "/api/v1/applications/%s", walk->one.application);
    if (result == 0 && !json_is_true(json_object_get(json_object_get(check, "check"), "complete")))
        result = td_demo_fill(&walk->demo, &walk->one, reterr);
    json_decref(check);
    return result == 0 ? td_demo_submit(&walk->demo, &walk->one, reterr) : result;
}

static int take(struct walk *walk, struct td_error *reterr)
{
    return td_demo_verify_unit(&walk->demo, &walk->one, reterr);
}

static int publicise(struct walk *walk, struct td_error *reterr)
{
    struct td_demo_case *cases[] = {&walk->one};
    return td_demo_publicise(&walk->demo, cases, 1, reterr);
}

/* Repeats `act` once a day until the dossier leaves its state: notices must run their working days.
 */
static int wait_days(struct walk *walk, int (*act)(struct walk *, struct td_error *),
                     struct td_error *reterr)
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
        result = reload(walk, reterr);
        if (result < 0 || strcmp(before, walk->state) != 0)
            return result;
        result = td_demo_advance(&walk->demo, 1, reterr);
        if (result < 0)
            return result;
    }
    return td_error_set(reterr, TD_ETIMEOUT, "%s did not end within %d days", before,
                        WAIT_DAYS_MAX);
}

static int recommend_once(struct walk *walk, struct td_error *reterr)
{
    return td_demo_act(&walk->demo, &walk->one, td_json_text(walk->one.unit, "clerk"), "recommend",
                       reterr);
}

static int recommend(struct walk *walk, struct td_error *reterr)
{
    return wait_days(walk, recommend_once, reterr);
}

static int verify_district(struct walk *walk, struct td_error *reterr)
{
    return td_demo_verify_district(&walk->demo, &walk->one, reterr);
}

static int forward_hr(struct walk *walk, struct td_error *reterr)
{
    return td_demo_forward_hr(&walk->demo, &walk->one, reterr);
}

static int accept(struct walk *walk, struct td_error *reterr)
{
    return td_demo_accept(&walk->demo, &walk->one, reterr);
}

static int pay(struct walk *walk, struct td_error *reterr)
{
    return td_demo_pay(&walk->demo, &walk->one, reterr);
}

static int form_panel(struct walk *walk, struct td_error *reterr)
{
    struct td_demo_case *cases[] = {&walk->one};
    char panel[27];
    return td_demo_panel(&walk->demo, walk->cycle, walk->level, cases, 1, panel, reterr);
}

static int fill_sheets(struct walk *walk, struct td_error *reterr)
{
    char panel[27];
    int result = td_demo_find(&walk->demo, "office", "panels", "panels", walk->one.application,
                              panel, reterr);
    return result == 0 ? td_demo_sheets(&walk->demo, &walk->one, panel, reterr) : result;
}

static int meet(struct walk *walk, struct td_error *reterr)
{
    struct td_demo_case *cases[] = {&walk->one};
    char meeting[27];
    int result = td_demo_find(&walk->demo, "office", "meetings", "meetings", walk->one.application,
                              meeting, reterr);
    if (result == 0 && !meeting[0])
        result =
            td_demo_plan_meeting(&walk->demo, walk->cycle, walk->level, cases, 1, meeting, reterr);
    return result == 0 ? td_demo_hold_meeting(&walk->demo, meeting, cases, 1, reterr) : result;
}

static int publish_result(struct walk *walk, struct td_error *reterr)
{
    char notice[27];
    return td_demo_result_notice(&walk->demo, walk->cycle, notice, reterr);
}

static int confirm_once(struct walk *walk, struct td_error *reterr)
{
    char notice[27];
    int result = td_demo_find(&walk->demo, "bureau", "notices?kind=result", "notices",
                              walk->one.application, notice, reterr);
    return result == 0 ? td_demo_confirm(&walk->demo, notice, reterr) : result;
}

static int confirm(struct walk *walk, struct td_error *reterr)
{
    return wait_days(walk, confirm_once, reterr);
}

static int find_filing(struct walk *walk, char ret_filing[27], struct td_error *reterr)
{
    return td_demo_find(&walk->demo, "bureau", "filings", "filings", walk->one.application,
                        ret_filing, reterr);
}

static int file_results(struct walk *walk, struct td_error *reterr)
{
    char filing[27];
    json_t *view = NULL;
    int result = find_filing(walk, filing, reterr);
    if (result == 0 && !filing[0])
        result = td_demo_file(&walk->demo, walk->cycle, filing, reterr);
    if (result == 0)
        result = td_demo_call(&walk->demo, "bureau", "GET", NULL, &view, reterr,
                              "/api/v1/filings/%s", filing);
    if (result == 0 && strcmp(td_json_text(view, "state"), "prepared") == 0)
        result = td_demo_send_filing(&walk->demo, filing, reterr);
    json_decref(view);
    return result == 0 ? td_demo_approve_filing(&walk->demo, filing, reterr) : result;
}

static int certify(struct walk *walk, struct td_error *reterr)
{
    char filing[27];
    int result = find_filing(walk, filing, reterr);
    return result == 0 ? td_demo_certify(&walk->demo, filing, reterr) : result;
}

static const struct {
    const char *state;
    const char *words;
    int (*act)(struct walk *walk, struct td_error *reterr);
} steps[] = {
    {"draft", "he fills in every section, attaches evidence, pledges and submits", declare},
    {"submitted", "the unit takes it, gives its assessments, checks every item", take},
    {"unit_review", "the unit publicises it for 5 working days", publicise},
    {"unit_notice", "the notice ends without objection, the unit recommends", recommend},
    {"district_industry_review", "the district education bureau appraises, checks and forwards",
     verify_district},
    {"district_hr_review", "the district HR bureau checks and forwards", forward_hr},
    {"office_review", "the committee office checks and accepts", accept},
    {"fee_due", "the fee is recorded", pay},
    {"accepted", "the office forms a panel of three experts", form_panel},
    {"panel_review", "the experts submit their score sheets", fill_sheets},
    {"committee_vote", "the committee meets, votes in secret, closes with minutes", meet},
    {"passed", "the office publishes the result for 5 working days", publish_result},
    {"result_notice", "the notice ends, the bureau confirms", confirm},
    {"confirmed", "the bureau files the results, the region approves", file_results},
    {"filed", "the bureau issues the certificates", certify},
};

/* --- the end ---------------------------------------------------------------------------------- */

/* What anybody sees who scans the QR code, without a session. */
static int check_certificate(struct walk *walk, struct td_error *reterr)
{
    const char *base = walk->demo.cli->url ? walk->demo.cli->url : walk->demo.cli->public_url;
    json_t *mine = NULL, *shown = NULL;
    struct td_client *anybody = NULL;
    int result =
        td_demo_call(&walk->demo, walk->one.login, "GET", NULL, &mine, reterr, "/api/v1/titles");
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

static int find_cycle(struct walk *walk, struct td_error *reterr)
{
    json_t *cycles = NULL, *cycle;
    size_t index;
    int result = td_demo_call(&walk->demo, "", "GET", NULL, &cycles, reterr, "/api/v1/cycles");
    json_array_foreach(json_object_get(cycles, "items"), index, cycle) {
        if (strcmp(td_json_text(cycle, "series"), "teacher") == 0 &&
            strcmp(td_json_text(cycle, "state"), "open") == 0)
            snprintf(walk->cycle, sizeof(walk->cycle), "%s", td_json_text(cycle, "id"));
    }
    json_decref(cycles);
    if (result == 0 && !walk->cycle[0])
        result = td_error_set(reterr, TD_ECONFLICT, "no cycle of teachers is open");
    return result;
}

/* The one dossier of a walker that was here before; "" when he has none. */
static int find_dossier(struct walk *walk, struct td_error *reterr)
{
    json_t *own = NULL;
    int result = td_demo_call(&walk->demo, walk->one.login, "GET", NULL, &own, reterr,
                              "/api/v1/applications");
    snprintf(walk->one.application, sizeof(walk->one.application), "%s",
             td_json_text(json_array_get(json_object_get(own, "items"), 0), "id"));
    json_decref(own);
    return result;
}

/* The walker is his number: it gives login, unit and career, so that a walk can go on by the login
 * alone. */
static int begin(struct walk *walk, const char *login, struct td_error *reterr)
{
    uint32_t number =
        login ? (uint32_t)strtoul(login, NULL, 10) : 100000u + (uint32_t)(time(NULL) % 800000);
    struct td_client *client;
    snprintf(walk->one.login, sizeof(walk->one.login), "walk-%u", number);
    snprintf(walk->level, sizeof(walk->level), "intermediate");
    snprintf(walk->state, sizeof(walk->state), "-");
    walk->one.unit = json_array_get(walk->demo.units, number % 20);
    walk->one.dossier = td_demo_dossier(walk->demo.city, walk->one.unit, walk->level, number, YEAR);
    if (!walk->one.dossier)
        return TD_ENOMEM;
    json_object_set_new(walk->one.dossier, "expert_ratio", json_integer(90));
    int result = find_cycle(walk, reterr);
    struct td_error unknown = TD_ERROR_INIT;
    if (result == 0 && td_demo_as(&walk->demo, walk->one.login, &client, &unknown) < 0) {
        report(walk, "an account for a new teacher");
        result = td_demo_create_teacher(&walk->demo, walk->one.login, walk->one.unit,
                                        walk->one.dossier, reterr);
    }
    td_error_done(&unknown);
    if (result == 0)
        result = find_dossier(walk, reterr);
    if (result == 0 && !walk->one.application[0]) {
        report(walk, "the teacher begins a dossier");
        result = td_demo_begin(&walk->demo, &walk->one, walk->cycle, walk->level, reterr);
    }
    return result;
}

static int follow(struct walk *walk, struct td_error *reterr)
{
    int result = reload(walk, reterr);
    for (size_t i = 0; result == 0 && i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (strcmp(steps[i].state, walk->state) != 0)
            continue;
        report(walk, steps[i].words);
        result = steps[i].act(walk, reterr);
        if (result == 0)
            result = reload(walk, reterr);
    }
    if (result == 0 && strcmp(walk->state, "certified") != 0)
        result = td_error_set(reterr, TD_ECONFLICT, "the way ended in the state %s", walk->state);
    if (result == 0)
        report(walk, "the certificate is checked as the public would");
    return result == 0 ? check_certificate(walk, reterr) : result;
}

int td_demo_walk(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    static struct walk walk;
    if (count > 1 || (count == 1 && strncmp(arguments[0], "walk-", 5) != 0))
        return TD_EINVALID;
    int result = td_demo_open(cli, &walk.demo, reterr);
    if (result < 0)
        return result;
    result = td_demo_load_units(&walk.demo, reterr);
    if (result == 0)
        result = begin(&walk, count == 1 ? arguments[0] + 5 : NULL, reterr);
    if (result == 0)
        printf("    dossier %s of %s\n", walk.one.application, walk.one.login);
    if (result == 0)
        result = follow(&walk, reterr);
    if (result < 0 && walk.one.login[0])
        fprintf(stderr, "the walk stopped; to go on: titlectl demo walk %s\n", walk.one.login);
    json_decref(walk.one.dossier);
    td_demo_close(&walk.demo);
    return result;
}
