/* demo_seed.c - titlectl demo seed: a city in the middle of its year, so that each role finds real
 * work.
 *
 * Some 190 teachers (in the small city 26) declare in three waves. The first goes all the way
 * while the clock moves from notice to notice; the second fills every desk up to the meeting; the
 * third is where declaring begins. Farming and health ride along with the first (demo_others.c). */
#include "cli/demo.h"

#include "base/json.h"
#include "cli/demo_dossier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    TEACHERS_MAX = 188,
    OTHERS_MAX = 100,
    CASES_MAX = TEACHERS_MAX + OTHERS_MAX,
    NOTICE_DAYS = 13,
    YEAR = 2026,
    HANDS = 4
};

/* How many dossiers come how far. `first`, `second`: teachers of these waves; the rest is the
 * third. Of the second, `desk` stay on each desk, `voted` and then `voting` are at meetings. Of the
 * third, so many are submitted, verified, publicised and returned. */
struct plan {
    size_t teachers, first, second, desk, voted, voting, submitted, verified, published, returned;
};
static const struct plan whole_city = {TEACHERS_MAX, 50, 70, 7, 8, 8, 48, 22, 12, 4};
static const struct plan small_city = {26, 4, 13, 1, 2, 2, 7, 3, 2, 2};

static const char begins_on[] = "2026-09-01";
static const char *const levels[] = {"junior", "intermediate", "senior", "full_senior"};
enum { LEVELS = sizeof(levels) / sizeof(levels[0]) };

struct seed {
    struct td_demo demo;
    const struct plan *plan;
    char cycle[27];
    struct td_demo_case *cases; /* CASES_MAX of them, shared with the processes that declare */
    const char *level[CASES_MAX];
    const char *others_cycle[OTHERS_MAX];
    size_t others; /* the cases from TEACHERS_MAX on */
    bool small;
    size_t schools[64]; /* indexes of units where teachers declare */
    size_t school_count;
};

static void say(const char *words, size_t count)
{
    printf("   %3zu  %s\n", count, words);
    fflush(stdout);
}

static void find_schools(struct seed *seed)
{
    size_t index;
    json_t *unit;
    json_array_foreach(seed->demo.units, index, unit) {
        static const char *const kinds[] = {"school", "primary_school", "secondary_school",
                                            "kindergarten"};
        bool teaches = false;
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
            teaches |= strcmp(td_json_text(unit, "kind"), kinds[i]) == 0;
        if (teaches && strcmp(td_json_text(unit, "grassroots"), "none") != 0 &&
            seed->school_count < sizeof(seed->schools) / sizeof(seed->schools[0]))
            seed->schools[seed->school_count++] = index;
    }
}

/* Neighbours in number teach far from each other, so that every district has work at every stage.
 */
static size_t school_of(const struct seed *seed, size_t number)
{
    enum { STRIDE = 11 };
    return number * STRIDE % seed->school_count;
}

/* Most declare for the intermediate level, few for the highest. */
static const char *level_of(size_t number)
{
    static const char *const mix[] = {
        "intermediate", "intermediate", "intermediate", "senior", "intermediate",
        "junior",       "senior",       "intermediate", "senior", "full_senior"};
    return mix[number * 7 % 10];
}

static int invent(struct seed *seed, size_t number)
{
    struct td_demo_case *one = &seed->cases[number];
    const char **level = seed->level + number;
    if (number >= TEACHERS_MAX) {
        size_t other = number - TEACHERS_MAX;
        return td_demo_other_case(&seed->demo, seed->small, other, YEAR, one, level,
                                  &seed->others_cycle[other]);
    }
    *level = level_of(number);
    one->unit = json_array_get(seed->demo.units, seed->schools[school_of(seed, number)]);
    one->dossier = td_demo_dossier(seed->demo.city, one->unit, *level, (uint32_t)number, YEAR);
    snprintf(one->login, sizeof(one->login), "teacher-%03zu", number + 1);
    return one->dossier ? 0 : TD_ENOMEM;
}

static int declare(struct seed *seed, size_t number, bool submit, struct td_error *reterr)
{
    struct td_demo_case *one = &seed->cases[number];
    const char *level = *(seed->level + number);
    if (number >= TEACHERS_MAX)
        return td_demo_other_declare(
            &seed->demo, td_demo_other_plan(&seed->demo, seed->small, number - TEACHERS_MAX), one,
            seed->others_cycle[number - TEACHERS_MAX], level, reterr);
    int result = td_demo_create_teacher(&seed->demo, one->login, one->unit, one->dossier, reterr);
    if (result == 0)
        result = td_demo_begin(&seed->demo, one, seed->cycle, level, reterr);
    if (result == 0)
        result = td_demo_fill(&seed->demo, one, reterr);
    return result == 0 && submit ? td_demo_submit(&seed->demo, one, reterr) : result;
}

/* Every HANDS-th dossier, in a process of its own with connections of its own. */
static int declare_share(struct seed *seed, size_t from, size_t to, bool submit)
{
    struct td_error err = TD_ERROR_INIT;
    struct seed own = *seed;
    int result = td_demo_open(seed->demo.cli, &own.demo, &err);
    for (size_t i = from; result == 0 && i < to; i += HANDS)
        result = declare(&own, i, submit, &err);
    size_t index;
    json_t *field;
    if (result < 0)
        fprintf(stderr, "titlectl: %s\n", err.detail);
    json_array_foreach(err.fields, index, field)
        fprintf(stderr, "  %s: %s\n", td_json_text(field, "field"), td_json_text(field, "message"));
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Invents and declares the dossiers [from, to), some at the same time, as teachers do. */
static int declare_range(struct seed *seed, size_t from, size_t to, bool submit,
                         struct td_error *reterr)
{
    pid_t hands[HANDS];
    bool failed = false;
    for (size_t i = from; i < to; i++)
        if (invent(seed, i) < 0)
            return TD_ENOMEM;
    fflush(NULL);
    for (int hand = 0; hand < HANDS; hand++) {
        hands[hand] = fork();
        if (hands[hand] == 0)
            _exit(declare_share(seed, from + (size_t)hand, to, submit));
        failed |= hands[hand] < 0;
    }
    for (int hand = 0; hand < HANDS; hand++) {
        int status = 1;
        if (hands[hand] > 0)
            waitpid(hands[hand], &status, 0);
        failed |= status != 0;
    }
    if (failed)
        return td_error_set(reterr, TD_EIO,
                            "not every teacher could declare; the reasons are above");
    say(from >= TEACHERS_MAX ? "in farming and health declared, in order and in every other way"
        : submit             ? "teachers declared and submitted"
                             : "teachers still write their drafts",
        to - from);
    return 0;
}

static int submit_range(struct seed *seed, size_t from, size_t to, struct td_error *reterr)
{
    return declare_range(seed, from, to, true, reterr);
}

/* --- steps over a range ----------------------------------------------------------------------- */

typedef int (*step_fn)(struct td_demo *demo, const struct td_demo_case *one,
                       struct td_error *reterr);

static int recommend(struct td_demo *demo, const struct td_demo_case *one, struct td_error *reterr)
{
    return td_demo_act(demo, one, td_json_text(one->unit, "clerk"), "recommend", reterr);
}

static int run(struct seed *seed, size_t from, size_t to, step_fn step, const char *words,
               struct td_error *reterr)
{
    for (size_t i = from; i < to; i++) {
        int result = step(&seed->demo, &seed->cases[i], reterr);
        if (result < 0)
            return result;
    }
    say(words, to - from);
    return 0;
}

/* One notice in each unit for its dossiers of the range. */
static int publicise(struct seed *seed, size_t from, size_t to, struct td_error *reterr)
{
    for (size_t school = 0; school < seed->school_count; school++) {
        struct td_demo_case *cases[TEACHERS_MAX];
        size_t count = 0;
        for (size_t i = from; i < to; i++)
            if (school_of(seed, i) == school)
                cases[count++] = &seed->cases[i];
        int result = count ? td_demo_publicise(&seed->demo, cases, count, reterr) : 0;
        if (result < 0)
            return result;
    }
    say("dossiers publicised in their units", to - from);
    return 0;
}

/* The cases of one level within a range. */
static size_t of_level(struct seed *seed, size_t from, size_t to, const char *level,
                       struct td_demo_case *cases[TEACHERS_MAX])
{
    size_t count = 0;
    for (size_t i = from; i < to; i++)
        if (strcmp(seed->level[i], level) == 0)
            cases[count++] = &seed->cases[i];
    return count;
}

/* Panels for the range; sheets for all but the last `open` dossiers of each level. */
static int review(struct seed *seed, size_t from, size_t to, size_t open, struct td_error *reterr)
{
    for (int l = 0; l < LEVELS; l++) {
        struct td_demo_case *cases[TEACHERS_MAX];
        char panel[27];
        size_t count = of_level(seed, from, to, levels[l], cases);
        int result =
            count ? td_demo_panel(&seed->demo, seed->cycle, levels[l], cases, count, panel, reterr)
                  : 0;
        for (size_t i = 0; result == 0 && i + open < count; i++)
            result = td_demo_sheets(&seed->demo, cases[i], panel, reterr);
        if (result < 0)
            return result;
    }
    say("dossiers given to panels of experts", to - from);
    return 0;
}

/* A meeting of each level on the range; with `vote` held to its end, else opened with motions to
 * vote on. */
static int meet(struct seed *seed, size_t from, size_t to, bool vote, struct td_error *reterr)
{
    for (int l = 0; l < LEVELS; l++) {
        struct td_demo_case *cases[TEACHERS_MAX];
        char meeting[27];
        size_t count = of_level(seed, from, to, levels[l], cases);
        if (count == 0)
            continue;
        int result = td_demo_plan_meeting(&seed->demo, seed->cycle, levels[l], cases, count,
                                          meeting, reterr);
        if (result == 0)
            result = vote ? td_demo_hold_meeting(&seed->demo, meeting, cases, count, reterr)
                          : td_demo_open_meeting(&seed->demo, td_demo_desk(NULL), meeting, reterr);
        if (result < 0)
            return result;
    }
    say(vote ? "dossiers voted on by the committees" : "dossiers put to an open meeting",
        to - from);
    return 0;
}

/* From the district to acceptance, the fee recorded. */
static int carry_to_accepted(struct seed *seed, size_t from, size_t to, struct td_error *reterr)
{
    int result = run(seed, from, to, td_demo_verify_district,
                     "forwarded by district education bureaus", reterr);
    if (result == 0)
        result =
            run(seed, from, to, td_demo_forward_hr, "forwarded by district HR bureaus", reterr);
    if (result == 0)
        result = run(seed, from, to, td_demo_accept, "accepted by the committee office", reterr);
    return result == 0 ? run(seed, from, to, td_demo_pay, "fees recorded", reterr) : result;
}

/* --- waves ------------------------------------------------------------------------------------ */

static int carry_to_notice(struct seed *seed, size_t from, size_t to, struct td_error *reterr)
{
    int result = submit_range(seed, from, to, reterr);
    if (result == 0)
        result = run(seed, from, to, td_demo_verify_unit, "verified by their units", reterr);
    return result == 0 ? publicise(seed, from, to, reterr) : result;
}

/* The first wave: from declaration to the vote, its result published. */
static int first_wave(struct seed *seed, char ret_notice[27], struct td_error *reterr)
{
    const size_t first = seed->plan->first;
    int result = carry_to_notice(seed, 0, first, reterr);
    if (result == 0)
        result = td_demo_advance(&seed->demo, NOTICE_DAYS, reterr);
    if (result == 0)
        result = run(seed, 0, first, recommend, "recommended by their units", reterr);
    if (result == 0)
        result = carry_to_accepted(seed, 0, first, reterr);
    if (result == 0)
        result = review(seed, 0, first, 0, reterr);
    if (result == 0)
        result = meet(seed, 0, first, true, reterr);
    return result == 0 ? td_demo_result_notice(&seed->demo, td_demo_desk(NULL), seed->cycle,
                                               ret_notice, reterr)
                       : result;
}

static int certify_first_wave(struct seed *seed, const char *notice, struct td_error *reterr)
{
    char filing[27];
    int result = td_demo_confirm(&seed->demo, notice, reterr);
    if (result == 0)
        result = td_demo_file(&seed->demo, seed->cycle, filing, reterr);
    if (result == 0)
        result = td_demo_send_filing(&seed->demo, filing, reterr);
    if (result == 0)
        result = td_demo_approve_filing(&seed->demo, filing, reterr);
    return result == 0 ? td_demo_certify(&seed->demo, filing, reterr) : result;
}

/* The first of the second wave: results waiting for the region's approval, results to publish, and
 * a meeting that is open. */
static int lead_second_wave(struct seed *seed, size_t from, struct td_error *reterr)
{
    char notice[27], filing[27];
    const size_t filed = from + seed->plan->voted / 2, voted = from + seed->plan->voted;
    const size_t to = voted + seed->plan->voting;
    int result = carry_to_accepted(seed, from, to, reterr);
    if (result == 0)
        result = review(seed, from, to, 0, reterr);
    if (result == 0)
        result = meet(seed, from, filed, true, reterr);
    if (result == 0)
        result =
            td_demo_result_notice(&seed->demo, td_demo_desk(NULL), seed->cycle, notice, reterr);
    if (result == 0)
        result = td_demo_advance(&seed->demo, NOTICE_DAYS, reterr);
    if (result == 0)
        result = td_demo_confirm(&seed->demo, notice, reterr);
    if (result == 0)
        result = td_demo_file(&seed->demo, seed->cycle, filing, reterr);
    if (result == 0)
        result = td_demo_send_filing(&seed->demo, filing, reterr);
    if (result == 0)
        result = meet(seed, filed, voted, true, reterr);
    return result == 0 ? meet(seed, voted, to, false, reterr) : result;
}

/* The rest of it stops at every desk between the district and the panel. */
static int second_wave(struct seed *seed, struct td_error *reterr)
{
    const struct plan *plan = seed->plan;
    const size_t lead = plan->first, from = lead + plan->voted + plan->voting;
    size_t end = lead + plan->second;
    int result = run(seed, lead, end, recommend, "recommended by their units", reterr);
    if (result == 0)
        result = lead_second_wave(seed, lead, reterr);
    end -= plan->desk;
    if (result == 0)
        result = run(seed, from, end, td_demo_verify_district,
                     "forwarded by district education bureaus", reterr);
    end -= plan->desk;
    if (result == 0)
        result =
            run(seed, from, end, td_demo_forward_hr, "forwarded by district HR bureaus", reterr);
    for (int i = 0; result == 0 && i < 2; i++)
        result =
            td_demo_send_back(&seed->demo, &seed->cases[--end], "office", "supplement", reterr);
    end -= plan->desk;
    if (result == 0)
        result = run(seed, from, end, td_demo_accept, "accepted by the committee office", reterr);
    end -= plan->desk;
    if (result == 0)
        result = run(seed, from, end, td_demo_pay, "fees recorded", reterr);
    end -= plan->desk;
    return result == 0 ? review(seed, from, end, plan->desk / 2, reterr) : result;
}

/* The third wave fills the desks of the units and leaves drafts. */
static int third_wave(struct seed *seed, struct td_error *reterr)
{
    const struct plan *plan = seed->plan;
    const size_t from = plan->first + plan->second;
    size_t submitted = from + plan->submitted, verified = from + plan->verified;
    size_t published = from + plan->published;
    int result = submit_range(seed, from, submitted, reterr);
    if (result == 0)
        result = run(seed, from, verified, td_demo_verify_unit, "verified by their units", reterr);
    if (result == 0)
        result = publicise(seed, from, published, reterr);
    for (size_t i = verified; result == 0 && i < verified + plan->returned; i++) {
        result = td_demo_act(&seed->demo, &seed->cases[i],
                             td_json_text(seed->cases[i].unit, "clerk"), "begin", reterr);
        if (result == 0)
            result =
                td_demo_send_back(&seed->demo, &seed->cases[i],
                                  td_json_text(seed->cases[i].unit, "clerk"), "return", reterr);
    }
    return result == 0 ? declare_range(seed, submitted, plan->teachers, false, reterr) : result;
}

/* Farming and health: to their units' notices before the clock moves, to the panels after. */
static int others_declare(struct seed *seed, struct td_error *reterr)
{
    int result = submit_range(seed, TEACHERS_MAX, TEACHERS_MAX + seed->others, reterr);
    return result == 0 ? td_demo_other_publicise(&seed->demo, &seed->cases[TEACHERS_MAX],
                                                 seed->others, seed->small, reterr)
                       : result;
}

static int others_carry(struct seed *seed, struct td_error *reterr)
{
    int result = td_demo_other_carry(&seed->demo, &seed->cases[TEACHERS_MAX], seed->others,
                                     seed->small, reterr);
    if (result == 0)
        say("of farming and health went on to office and panels", seed->others);
    return result;
}

static int build_city(struct seed *seed, struct td_error *reterr)
{
    int result = td_demo_call(&seed->demo, "", "POST", json_pack("{s:s}", "on", begins_on), NULL,
                              reterr, "/api/v1/demo/begin");
    if (result == 0)
        result = td_demo_register_units(&seed->demo, reterr);
    if (result == 0)
        result = td_demo_create_officials(&seed->demo, reterr);
    if (result == 0)
        result = td_demo_open_cycle(&seed->demo, seed->cycle, reterr);
    if (result == 0)
        result = td_demo_grant_posts(&seed->demo, "teacher", YEAR, reterr);
    if (result == 0)
        result = td_demo_create_committees(&seed->demo, reterr);
    if (result == 0)
        result = td_demo_other_city(&seed->demo, reterr);
    if (result == 0)
        say("units, the officials of every office, experts, committees, the year's cycle",
            json_array_size(seed->demo.units));
    return result;
}

int td_demo_seed(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    bool small = count == 1 && strcmp(arguments[0], "small") == 0;
    if (count != 0 && !small)
        return TD_EINVALID;
    static struct seed seed;
    seed.plan = small ? &small_city : &whole_city;
    char notice[27] = "";
    seed.small = small;
    seed.cases = mmap(NULL, CASES_MAX * sizeof(*seed.cases), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (seed.cases == MAP_FAILED)
        return TD_ENOMEM;
    int result = td_demo_open(cli, &seed.demo, reterr);
    if (result < 0)
        return result;
    result = build_city(&seed, reterr);
    find_schools(&seed);
    seed.others = td_demo_other_count(&seed.demo, small);
    if (result == 0)
        result = others_declare(&seed, reterr);
    if (result == 0)
        result = first_wave(&seed, notice, reterr);
    if (result == 0)
        result = others_carry(&seed, reterr);
    if (result == 0)
        result =
            carry_to_notice(&seed, seed.plan->first, seed.plan->first + seed.plan->second, reterr);
    if (result == 0)
        result = td_demo_advance(&seed.demo, NOTICE_DAYS, reterr);
    if (result == 0)
        result = certify_first_wave(&seed, notice, reterr);
    if (result == 0)
        result = second_wave(&seed, reterr);
    if (result == 0)
        result = third_wave(&seed, reterr);
    for (size_t i = 0; i < CASES_MAX; i++)
        json_decref(seed.cases[i].dossier);
    td_demo_close(&seed.demo);
    return result;
}

static int print_accounts(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    (void)cli;
    (void)arguments;
    (void)reterr;
    if (count != 0)
        return TD_EINVALID;
    puts("\nEverybody's password in the demo: " TD_DEMO_PASSWORD "\n\n"
         "  login              who                                        look at first\n"
         "  teacher-185        applicant 申报人 with a draft              /applications\n"
         "  teacher-143        applicant whose dossier was returned       /messages\n"
         "  teacher-001        applicant with a certificate               /titles\n"
         "  medic-01           applicant in health 卫生系列申报人         /applications\n"
         "  farmer-01          applicant in farming 农业系列申报人        /applications\n"
         "  unit-01 … unit-51  clerk of a unit 所在单位                   /queue\n"
         "  edu-650104         district education bureau 区县教育局       /queue\n"
         "  health-650109      district health authority 区县卫健委       /queue\n"
         "  hr-650109          district HR bureau 区县人社局              /queue\n"
         "  office             committee office 评委会办公室              /queue, /panels, "
         "/meetings\n"
         "  office-2           office of farming and health               /queue, /panels\n"
         "  health-expert-2    expert who reviews cases blindly 盲评专家  /reviews\n"
         "  expert-02 … -04    expert on a panel 评审专家                 /reviews\n"
         "  expert-01          chair of the committee 主任委员            /meetings\n"
         "  bureau             city HR bureau 市人社局                    /cycles, /filings\n"
         "  admin              system administrator 系统管理员            /accounts, /standards\n"
         "  security           security administrator 安全管理员          /accounts\n"
         "  audit              audit administrator 审计管理员             /ledger, /accounts\n"
         "  supervisor         supervisor 纪检监察                        /ledger, /applications");
    return 0;
}

const struct td_command td_demo_commands[] = {
    {"demo seed", "[small]", "fill an empty demo server with a city at work", td_demo_seed},
    {"demo walk", "[WALKER | --all [FOLDER]]",
     "one dossier from declaration to certificate; with walk-NUMBER, go on; with --all, three "
     "series "
     "through the whole year, and what it leaves is verified",
     td_demo_walk},
    {"demo accounts", "", "the accounts of the demo", print_accounts},
    {0},
};
