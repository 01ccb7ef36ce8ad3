/* demo_year.c - titlectl demo walk --all: three series through a whole year, to appointment,
 * transfer and conversion; then the verifiers read what the year has left. */
#include "cli/demo_walk.h"

#include "base/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { TEACHER, FARMER, MEDIC, SERIES, GRADE_BEFORE = 11 };

struct year {
    struct td_demo demo;
    struct td_cli *cli;
    struct td_demo_walk walks[SERIES];
    char titles[SERIES][27], draws[SERIES][27];
    char today[11];
    const char *folder;
    int step;
};

static const char *clerk(const struct td_demo_walk *walk)
{
    return td_json_text(walk->one.unit, "clerk");
}

/* --- before and after the review -------------------------------------------------------------- */

/* Plan, pool and panel, before anybody's dossier arrives there. */
static int prepare(struct year *year, int who, struct td_error *reterr)
{
    struct td_demo_walk *walk = &year->walks[who];
    const struct td_demo_desk *desk = td_demo_desk(walk->series);
    char committee[27];
    td_demo_walk_say(walk, "the work plan is filed");
    int result = td_demo_file_kind(&year->demo, walk->cycle, "plan", NULL, true, reterr);
    if (result == 0) {
        td_demo_walk_say(walk, "the expert pool is filed and approved, its experts confirm");
        result = td_demo_found_pool(&year->demo, desk, walk->cycle, walk->level, reterr);
    }
    if (result == 0)
        result = td_demo_find_committee(&year->demo, desk, walk->level, committee, reterr);
    if (result == 0) {
        td_demo_walk_say(walk, "a panel is drawn before the supervisor's eyes");
        result = td_demo_draw_panel(&year->demo, desk, committee, walk->cycle, year->draws[who],
                                    walk->panel, reterr);
    }
    return result;
}

static int report(struct year *year, int who, struct td_error *reterr)
{
    td_demo_walk_say(&year->walks[who], "the report on the year's review is filed");
    return td_demo_file_kind(&year->demo, year->walks[who].cycle, "report", NULL, true, reterr);
}

/* --- title and post --------------------------------------------------------------------------- */

/* A request about somebody's title; takes over `body`. */
static int about_title(struct year *year, int who, const char *login, const char *act, json_t *body,
                       struct td_error *reterr)
{
    return td_demo_call(&year->demo, login, "POST", body, NULL, reterr, "/api/v1/titles/%s/%s",
                        year->titles[who], act);
}

/* Says it, does it, and reads what became of the dossier. */
static int record(struct year *year, int who, const char *words, const char *login, const char *act,
                  json_t *body, struct td_error *reterr)
{
    struct td_demo_walk *walk = &year->walks[who];
    td_demo_walk_say(walk, words);
    int result = about_title(year, who, login, act, body, reterr);
    return result == 0 ? td_demo_walk_reload(walk, reterr) : result;
}

static int expect(const struct td_demo_walk *walk, const char *state, struct td_error *reterr)
{
    return strcmp(walk->state, state) == 0
               ? 0
               : td_error_set(reterr, TD_EINTERNAL, "%s: the title should be %s, it is %s",
                              walk->one.login, state, walk->state);
}

static int find_title(struct year *year, int who, struct td_error *reterr)
{
    json_t *mine = NULL;
    int result = td_demo_call(&year->demo, year->walks[who].one.login, "GET", NULL, &mine, reterr,
                              "/api/v1/titles");
    const json_t *title = json_array_get(json_object_get(mine, "items"), 0);
    snprintf(year->titles[who], sizeof(year->titles[who]), "%s", td_json_text(title, "id"));
    json_decref(mine);
    return result;
}

static int appoint(struct year *year, int who, struct td_error *reterr)
{
    const struct td_demo_walk *walk = &year->walks[who];
    json_t *post =
        json_pack("{s:i, s:i, s:s, s:s, s:s}", "grade", strcmp(walk->level, "senior") == 0 ? 7 : 10,
                  "pre_directed_grade", GRADE_BEFORE, "appointed_on", year->today,
                  "pay_effective_on", year->today, "document", "聘字（演示）〔2026〕1号");
    int result = find_title(year, who, reterr);
    if (result < 0)
        json_decref(post);
    else
        result = record(year, who, "the unit appoints, on a post of the directed track",
                        clerk(walk), "appointment", post, reterr);
    if (result == 0)
        result = expect(walk, "appointed", reterr);
    return result < 0 ? result
                      : record(year, who, "the pay is honoured", clerk(walk), "pay",
                               json_pack("{s:s}", "honoured_on", year->today), reterr);
}

static json_t *move(const struct year *year, const char *unit, const char *name)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "to_unit", unit, "to_name", name, "moved_on",
                     year->today, "document", "调字（演示）〔2026〕1号");
}

/* To the city and back: the title rests meanwhile. */
static int transfer(struct year *year, int who, struct td_error *reterr)
{
    const struct td_demo_walk *walk = &year->walks[who];
    int result = record(year, who, "moved to a unit that is not of the grassroots: suspended",
                        "bureau", "transfer", move(year, "", "市直属单位（演示）"), reterr);
    if (result == 0)
        result = expect(walk, "suspended", reterr);
    if (result == 0)
        result = record(year, who, "back at the grassroots: reinstated", "bureau", "transfer",
                        move(year, td_json_text(walk->one.unit, "id"), ""), reterr);
    return result == 0 ? expect(walk, "appointed", reterr) : result;
}

/* The general title of the same level turns the directed one into it. */
static int convert(struct year *year, int who, struct td_error *reterr)
{
    struct td_demo_walk *walk = &year->walks[who];
    json_t *session = NULL, *held = NULL;
    const char *account = NULL;
    td_demo_walk_say(walk, "the general title of the same level is recorded: converted");
    int result = td_demo_call(&year->demo, walk->one.login, "GET", NULL, &session, reterr,
                              "/api/v1/session");
    account = td_json_text(json_object_get(session, "account"), "id");
    json_t *title = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "series", walk->series,
                              "level", walk->level, "track", "general", "name", "自治区通用职称",
                              "certificate_number", walk->one.application, "issuer",
                              "自治区人社厅（演示）", "obtained_on", year->today);
    if (result < 0)
        json_decref(title);
    else
        result = td_demo_call(&year->demo, "bureau", "POST", title, &held, reterr,
                              "/api/v1/ladders/%s/titles", account);
    json_decref(held);
    json_decref(session);
    if (result == 0)
        result = td_demo_walk_reload(walk, reterr);
    return result == 0 ? expect(walk, "converted", reterr) : result;
}

static int use_titles(struct year *year, struct td_error *reterr)
{
    int result = td_demo_today(&year->demo, year->today, reterr);
    for (int who = 0; result == 0 && who < SERIES; who++)
        result = appoint(year, who, reterr);
    if (result == 0)
        result = transfer(year, TEACHER, reterr);
    if (result == 0)
        result = convert(year, FARMER, reterr);
    for (int who = 0; result == 0 && who < SERIES; who++)
        result = td_demo_walk_check(&year->walks[who], reterr);
    return result;
}

/* --- what is left, verified ------------------------------------------------------------------- */

static int save(const struct year *year, const char *name, const struct td_answer *answer,
                char path[4200], struct td_error *reterr)
{
    snprintf(path, 4200, "%s/%s", year->folder, name);
    FILE *file = fopen(path, "wb");
    bool written = file && fwrite(answer->bytes, 1, answer->length, file) == answer->length;
    if (file && fclose(file) != 0)
        written = false;
    return written ? 0 : td_error_set(reterr, TD_EIO, "%s: %s", path, strerror(errno));
}

/* Fetches what `login` may export and hands it to a command of titlectl, as anybody would. */
static int verify_export(struct year *year, const char *login, const char *source, const char *name,
                         const char *command, struct td_error *reterr)
{
    char path[4200];
    struct td_client *client;
    struct td_answer answer = {0};
    int result = td_demo_as(&year->demo, login, &client, reterr);
    if (result == 0)
        result = td_client_send(
            client, &(struct td_request){.method = "GET", .path = source, .accept = "*/*"}, &answer,
            reterr);
    if (result == 0)
        result = save(year, name, &answer, path, reterr);
    td_answer_done(&answer);
    if (result < 0)
        return result;
    printf("    titlectl %s %s\n", command, path);
    return td_cli_run(year->cli, command, 1, (char *[]){path}, reterr);
}

/* Every election of the meeting that decided on the dossier. */
static int verify_ballots(struct year *year, const struct td_demo_walk *walk,
                          struct td_error *reterr)
{
    const char *office = td_demo_desk(walk->series)->office;
    char meeting[27], source[160], name[64];
    json_t *view = NULL, *election;
    size_t i;
    int result = td_demo_find(&year->demo, office, "meetings", "meetings", walk->one.application,
                              meeting, reterr);
    if (result == 0)
        result = td_demo_call(&year->demo, office, "GET", NULL, &view, reterr,
                              "/api/v1/meetings/%s", meeting);
    if (result == 0 && json_array_size(json_object_get(view, "elections")) == 0)
        result = td_error_set(reterr, TD_EINTERNAL, "the meeting %s left no election", meeting);
    json_array_foreach(json_object_get(view, "elections"), i, election) {
        int number = (int)json_integer_value(json_object_get(election, "number"));
        if (result < 0 || strcmp(td_json_text(election, "election_state"), "counted") != 0)
            continue;
        snprintf(source, sizeof(source), "/api/v1/meetings/%s/elections/%d.bel", meeting, number);
        snprintf(name, sizeof(name), "%s-%d.bel", walk->series, number);
        result = verify_export(year, office, source, name, "ballot verify", reterr);
    }
    json_decref(view);
    return result;
}

static int verify_draw(struct year *year, int who, struct td_error *reterr)
{
    const struct td_demo_walk *walk = &year->walks[who];
    char source[96], name[64];
    snprintf(source, sizeof(source), "/api/v1/draws/%s/file", year->draws[who]);
    snprintf(name, sizeof(name), "%s-draw.json", walk->series);
    return verify_export(year, td_demo_desk(walk->series)->office, source, name, "draw verify",
                         reterr);
}

static int verify_certificate(struct year *year, int who, struct td_error *reterr)
{
    const struct td_demo_walk *walk = &year->walks[who];
    char source[96], name[64];
    snprintf(source, sizeof(source), "/api/v1/titles/%s/pdf", year->titles[who]);
    snprintf(name, sizeof(name), "%s-certificate.pdf", walk->series);
    return verify_export(year, walk->one.login, source, name, "certificate verify", reterr);
}

static int verify_records(struct year *year, struct td_error *reterr)
{
    static const char *const commands[] = {"assignment verify", "quota verify", "ledger verify"};
    int result = 0;
    for (size_t i = 0; result == 0 && i < sizeof(commands) / sizeof(commands[0]); i++) {
        printf("    titlectl %s\n", commands[i]);
        result = td_cli_run(year->cli, commands[i], 0, NULL, reterr);
    }
    return result;
}

static int verify_all(struct year *year, struct td_error *reterr)
{
    int result = 0;
    printf("--  what the year has left is verified; the files are in %s\n", year->folder);
    if (mkdir(year->folder, 0777) < 0 && errno != EEXIST)
        return td_error_set(reterr, TD_EIO, "%s: %s", year->folder, strerror(errno));
    for (int who = 0; result == 0 && who < SERIES; who++)
        result = verify_draw(year, who, reterr);
    for (int who = 0; result == 0 && who < SERIES; who++)
        result = verify_ballots(year, &year->walks[who], reterr);
    for (int who = 0; result == 0 && who < SERIES; who++)
        result = verify_certificate(year, who, reterr);
    return result == 0 ? verify_records(year, reterr) : result;
}

/* --- the year --------------------------------------------------------------------------------- */

static int walk_year(struct year *year, struct td_error *reterr)
{
    static const char *const series[SERIES] = {"teacher", "agriculture", "health"};
    uint32_t number = 100000u + (uint32_t)(time(NULL) % 800000);
    int result = 0;
    for (uint32_t i = 0; i < SERIES; i++) {
        year->walks[i] =
            (struct td_demo_walk){.demo = &year->demo, .series = series[i], .step = &year->step};
        if (result == 0)
            result = td_demo_walk_begin(&year->walks[i], number + i, reterr);
    }
    for (int who = 0; result == 0 && who < SERIES; who++)
        result = prepare(year, who, reterr);
    if (result == 0)
        result = td_demo_walk_on(year->walks, SERIES, reterr);
    for (int who = 0; result == 0 && who < SERIES; who++)
        result = report(year, who, reterr);
    if (result == 0)
        result = use_titles(year, reterr);
    if (result == 0)
        result = verify_all(year, reterr);
    for (size_t i = 0; i < SERIES; i++)
        td_demo_walk_end(&year->walks[i]);
    return result;
}

int td_demo_year(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    static struct year year;
    if (count > 1)
        return TD_EINVALID;
    year.cli = cli;
    year.folder = count == 1 ? arguments[0] : "walk";
    int result = td_demo_open(cli, &year.demo, reterr);
    if (result < 0)
        return result;
    result = td_demo_load_units(&year.demo, reterr);
    if (result == 0)
        result = walk_year(&year, reterr);
    td_demo_close(&year.demo);
    return result;
}
