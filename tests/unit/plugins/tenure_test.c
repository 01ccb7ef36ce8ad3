/* tenure_test.c - time as plugins/common/ counts it, against a count day by day: thousands of
 * careers with overlaps, gaps, secondments, appointments on both ladders and entries past the
 * cut-off date. The count below knows nothing of dates.h: its calendar is the C library's. */
#include "../../../plugins/common/reading.c"
#include "../../../plugins/common/service.c"
#include "../../../plugins/common/tenure.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

enum { FIRST_YEAR = 1998, DAYS = 366 * 31, JOBS = 6, OTHERS = 4, CAREERS = 3000, PERCENT = 50 };

static const char toy_form[] = "{\"facts\": ["
                               "{\"id\": \"cutoff_date\"},"
                               "{\"id\": \"last_full_year\"},"
                               "{\"id\": \"age\"},"
                               "{\"id\": \"grassroots_months\"},"
                               "{\"id\": \"recent_grassroots_months\"},"
                               "{\"id\": \"at_grassroots\"},"
                               "{\"id\": \"hardship_months\"},"
                               "{\"id\": \"current_title\"},"
                               "{\"id\": \"tenure_months\"},"
                               "{\"id\": \"title_since\"},"
                               "{\"id\": \"seconded\"}"
                               "]}";
static const struct word_row title_words[] = {
    {"title", "none", "无"}, {"title", "junior", "初级"}, {NULL, NULL, NULL}};

static bool is_local(const json_t *job)
{
    return flag(job, "local") && flag(job, "practised");
}

static const struct series toy = {.words = title_words,
                                  .practice = "practised",
                                  .practice_words = "从业时间",
                                  .post_words = "基层岗位",
                                  .at_grassroots = is_local,
                                  .seconded_percent = PERCENT,
                                  .gap_months = 6};

/* --- the calendar of the C library ---------------------------------------------------------------
 */

static struct tm calendar[DAYS]; /* day 0 is the first of January of FIRST_YEAR */
static time_t first_second;

static void make_calendar(void)
{
    struct tm first = {.tm_year = FIRST_YEAR - 1900, .tm_mday = 1};
    first_second = timegm(&first);
    for (int day = 0; day < DAYS; day++) {
        time_t then = first_second + (time_t)day * 86400;
        gmtime_r(&then, &calendar[day]);
    }
}

static void write_date(int day, char text[16])
{
    strftime(text, 16, "%Y-%m-%d", &calendar[day]);
}

static bool ends_month(int day)
{
    return calendar[day + 1].tm_mday == 1;
}

/* Walks from the first day of a run to the one after it: a month is over when the day of the month
 * comes round, or at the end of a month that has no such day. */
static void walk_run(int start, int end, int *months, int *days)
{
    int left = 0;
    for (int day = start + 1; day <= end; day++) {
        bool round = calendar[day].tm_mday == calendar[start].tm_mday ||
                     (ends_month(day) && calendar[day].tm_mday < calendar[start].tm_mday);
        left = round ? 0 : left + 1;
        *months += round;
    }
    *days += left < 30 ? left : 29;
}

/* Months of the days that are marked: every run by itself, what is left over added up. */
static int count_months(const bool *marked)
{
    int months = 0, days = 0, start = -1;
    for (int day = 0; day < DAYS - 40; day++) {
        if (marked[day] && start < 0)
            start = day;
        if (!marked[day] && start >= 0) {
            walk_run(start, day, &months, &days);
            start = -1;
        }
    }
    return months + days / 30;
}

/* --- careers -------------------------------------------------------------------------------------
 */

static uint64_t seed;

static int draw(int below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (int)((seed >> 33) % (uint64_t)below);
}

struct career {
    int cutoff, appointed; /* days */
    struct {
        int start, end; /* end is the last day; -1 = still */
        bool local, practised, seconded, hardship;
    } jobs[JOBS];
    int count;
    struct {
        int start, end; /* end is the last day; -1 = still */
        bool declared;  /* by the applicant, else on record */
        bool lower;     /* on record, of another level */
    } others[OTHERS];
    int other_count;
};

static int min(int a, int b)
{
    return a < b ? a : b;
}

/* Some jobs follow each other without a gap, some overlap, some begin at the end of a month. */
static struct career draw_career(void)
{
    struct career career = {.cutoff = 366 * 26 + draw(366), .count = 1 + draw(JOBS)};
    int at = draw(366 * 12);
    for (int i = 0; i < career.count; i++) {
        int length = 1 + draw(draw(3) ? 2000 : 40);
        career.jobs[i].start = at;
        career.jobs[i].end = i == career.count - 1 && draw(2) ? -1 : min(at + length, DAYS - 60);
        career.jobs[i].local = draw(4) > 0;
        career.jobs[i].practised = draw(5) > 0;
        career.jobs[i].seconded = draw(4) == 0;
        career.jobs[i].hardship = draw(3) == 0;
        int step = draw(3);
        at = min(step == 0   ? at + length + 1
                 : step == 1 ? at + length + 1 + draw(400)
                             : at + draw(length + 1),
                 DAYS - 400);
    }
    career.appointed = draw(career.cutoff);
    career.other_count = draw(OTHERS + 1);
    for (int i = 0; i < career.other_count; i++) {
        career.others[i].start = draw(career.cutoff);
        career.others[i].declared = draw(2);
        career.others[i].lower = !career.others[i].declared && draw(4) == 0;
        career.others[i].end = !career.others[i].declared && draw(3) == 0
                                   ? -1
                                   : min(career.others[i].start + draw(2000), DAYS - 60);
    }
    return career;
}

/* What is declared, or what is on record. */
static json_t *others_of(const struct career *career, bool declared)
{
    char from[16], until[16];
    json_t *list = json_array();
    for (int i = 0; i < career->other_count; i++) {
        if (career->others[i].declared != declared)
            continue;
        write_date(career->others[i].start, from);
        json_t *one =
            json_pack("{s:s, s:s, s:s}", "level", career->others[i].lower ? "assistant" : "junior",
                      "track", i % 2 ? "general" : "directed", declared ? "start" : "from", from);
        if (career->others[i].end >= 0) {
            write_date(career->others[i].end, until);
            json_object_set_new(one, declared ? "end" : "until", json_string(until));
        }
        json_array_append_new(list, one);
    }
    return list;
}

static json_t *dossier_of(const struct career *career)
{
    char date[16];
    json_t *jobs = json_array();
    for (int i = 0; i < career->count; i++) {
        write_date(career->jobs[i].start, date);
        json_t *job = json_pack(
            "{s:s, s:b, s:b, s:b, s:b}", "start", date, "local", (int)career->jobs[i].local,
            "practised", (int)career->jobs[i].practised, "seconded", (int)career->jobs[i].seconded,
            "hardship", (int)career->jobs[i].hardship);
        if (career->jobs[i].end >= 0) {
            write_date(career->jobs[i].end, date);
            json_object_set_new(job, "end", json_string(date));
        }
        json_array_append_new(jobs, job);
    }
    write_date(career->appointed, date);
    json_t *title =
        json_pack("{s:s, s:s, s:s}", "level", "junior", "obtained", date, "appointed", date);
    write_date(career->cutoff, date);
    return json_pack("{s:s, s:s, s:{}, s:{}, s:o, s:{s:o, s:o, s:o}}", "cutoff_date", date, "level",
                     "junior", "person", "assessments", "appointments", others_of(career, false),
                     "content", "employment", jobs, "current_title", title,
                     "same_level_appointments", others_of(career, true));
}

/* Days on which a job is held that `wanted` says yes to. */
static void mark(const struct career *career, bool *marked,
                 bool (*wanted)(const struct career *, int))
{
    memset(marked, 0, DAYS * sizeof(marked[0]));
    for (int i = 0; i < career->count; i++) {
        int end =
            career->jobs[i].end < 0 ? career->cutoff : min(career->jobs[i].end, career->cutoff);
        for (int day = career->jobs[i].start; wanted(career, i) && day <= end; day++)
            marked[day] = true;
    }
}

static bool is_present(const struct career *career, int i)
{
    return career->jobs[i].local && career->jobs[i].practised && !career->jobs[i].seconded;
}

static bool is_away(const struct career *career, int i)
{
    return career->jobs[i].local && career->jobs[i].practised && career->jobs[i].seconded;
}

static bool is_present_harder(const struct career *career, int i)
{
    return is_present(career, i) && career->jobs[i].hardship;
}

static bool is_away_harder(const struct career *career, int i)
{
    return is_away(career, i) && career->jobs[i].hardship;
}

static bool is_held(const struct career *career, int i)
{
    return career->jobs[i].practised || career->jobs[i].seconded;
}

/* Present in full, away by its share, and never both for a day. */
static int counted(const struct career *career, bool (*present)(const struct career *, int),
                   bool (*away)(const struct career *, int))
{
    static bool here[DAYS], there[DAYS];
    mark(career, here, present);
    mark(career, there, away);
    for (int day = 0; day < DAYS; day++)
        there[day] = there[day] && !here[day];
    return count_months(here) + count_months(there) * PERCENT / 100;
}

static int counted_recent(const struct career *career)
{
    static bool here[DAYS];
    mark(career, here, is_present);
    int start = career->cutoff, months = 0, days = 0;
    if (!here[start])
        return 0;
    while (start > 0 && here[start - 1])
        start--;
    walk_run(start, career->cutoff + 1, &months, &days);
    return months;
}

static int counted_tenure(const struct career *career)
{
    static bool here[DAYS], appointed[DAYS];
    mark(career, here, is_held);
    for (int day = 0; day < DAYS; day++)
        appointed[day] = day >= career->appointed;
    for (int i = 0; i < career->other_count; i++) {
        int end = career->others[i].end < 0 ? career->cutoff : career->others[i].end;
        for (int day = career->others[i].start; !career->others[i].lower && day <= end; day++)
            appointed[day] = true;
    }
    for (int day = 0; day < DAYS; day++)
        here[day] = here[day] && appointed[day];
    return count_months(here);
}

static void assert_months(const json_t *found, const char *name, int expected,
                          const json_t *dossier)
{
    const json_t *value =
        json_object_get(json_object_get(json_object_get(found, "facts"), name), "value");
    if (json_integer_value(value) != expected) {
        char *text = json_dumps(dossier ? dossier : found, JSON_INDENT(1));
        fail_msg("%s: %d by the plugin, %d by the calendar, of %s", name,
                 (int)json_integer_value(value), expected, text);
    }
}

static json_t *read_facts(const json_t *dossier)
{
    struct reading reading;
    struct service service;
    assert_true(reading_init(&reading, &toy, toy_form, strlen(toy_form), dossier));
    read_employment(&reading, &service);
    read_title(&reading, &service);
    return reading_answer(&reading);
}

static void time_is_what_the_calendar_counts(void **state)
{
    (void)state;
    seed = 2026;
    for (int i = 0; i < CAREERS; i++) {
        struct career career = draw_career();
        json_t *dossier = dossier_of(&career), *found = read_facts(dossier);
        assert_months(found, "grassroots_months", counted(&career, is_present, is_away), dossier);
        assert_months(found, "hardship_months", counted(&career, is_present_harder, is_away_harder),
                      dossier);
        assert_months(found, "recent_grassroots_months", counted_recent(&career), dossier);
        assert_months(found, "tenure_months", counted_tenure(&career), dossier);
        json_decref(found);
        json_decref(dossier);
    }
}

/* --- by hand -------------------------------------------------------------------------------------
 */

/* The facts of a general junior title appointed on that day, with what is on record and declared
 * beside it. */
static json_t *facts_of(const char *jobs, const char *appointed, const char *recorded,
                        const char *declared)
{
    char text[2000];
    snprintf(text, sizeof(text),
             "{'cutoff_date': '2026-08-31', 'level': 'junior', 'person': {}, 'assessments': {},"
             " 'appointments': [%s], 'content': {'employment': [%s], 'current_title': {'level':"
             " 'junior', 'track': 'general', 'obtained': '%s', 'appointed': '%s'},"
             " 'same_level_appointments': [%s]}}",
             recorded, jobs, appointed, appointed, declared);
    for (char *p = text; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    json_t *dossier = json_loads(text, 0, NULL);
    assert_non_null(dossier);
    json_t *found = read_facts(dossier);
    json_decref(dossier);
    return found;
}

static void tenure_is(const char *jobs, const char *appointed, int months)
{
    json_t *found = facts_of(jobs, appointed, "", "");
    assert_months(found, "tenure_months", months, NULL);
    json_decref(found);
}

static void sum_is(const char *jobs, const char *appointed, const char *recorded,
                   const char *declared, int months, const char *because)
{
    json_t *found = facts_of(jobs, appointed, recorded, declared);
    assert_months(found, "tenure_months", months, NULL);
    assert_string_equal(
        titled_text(json_object_get(json_object_get(found, "facts"), "tenure_months"), "because"),
        because);
    json_decref(found);
}

#define ON_RECORD(track, from, until)                                                              \
    "{'level': 'junior', 'track': '" track "', 'from': '" from "', 'until': '" until "'}"
#define DECLARED(track, start, end) "{'track': '" track "', 'start': '" start "', 'end': '" end "'}"

static void years_of_both_ladders_add_up(void **state)
{
    (void)state;
    /* 26 months directed and 46 general, one after the other */
    sum_is("", "2022-11-01", ON_RECORD("directed", "2020-09-01", "2022-10-31"), "", 72,
           "同层级聘任合计 6 年 0 个月：定向 2020-09-01 至 2022-10-31（26 个月）、通用 2022-11-01 "
           "起（46 个月）");
    /* the same when the applicant declares it, and when he declares what is on record */
    sum_is("", "2022-11-01", "", DECLARED("directed", "2020-09-01", "2022-10-31"), 72,
           "同层级聘任合计 6 年 0 个月：定向 2020-09-01 至 2022-10-31（26 个月）、通用 2022-11-01 "
           "起（46 个月）");
    sum_is("", "2022-11-01", ON_RECORD("directed", "2020-09-01", "2022-10-31"),
           DECLARED("directed", "2020-09-01", "2022-10-31"), 72,
           "同层级聘任合计 6 年 0 个月：定向 2020-09-01 至 2022-10-31（26 个月）、定向 2020-09-01 "
           "至 2022-10-31（26 个月）、通用 2022-11-01 起（46 个月）；重叠的时间只计一次");
    /* a day short: 26 months less a day and 46; a gap of a year is none of either */
    sum_is("", "2022-11-01", "", DECLARED("directed", "2020-09-02", "2022-10-31"), 71,
           "同层级聘任合计 5 年 11 个月：定向 2020-09-02 至 2022-10-31（25 个月零 30 "
           "天）、通用 2022-11-01 起（46 个月）");
    sum_is("", "2023-11-01", "", DECLARED("directed", "2020-09-01", "2022-10-31"), 60,
           "同层级聘任合计 5 年 0 个月：定向 2020-09-01 至 2022-10-31（26 个月）、通用 2023-11-01 "
           "起（34 个月）");
    /* what lies outside the profession counts on neither ladder */
    sum_is("{'practised': true, 'start': '2015-09-01', 'end': '2021-08-31'},"
           " {'practised': true, 'start': '2022-03-01'}",
           "2022-11-01", "", DECLARED("directed", "2020-09-01", "2022-10-31"), 66,
           "同层级聘任合计 5 年 6 个月：定向 2020-09-01 至 2022-10-31（26 个月）、通用 2022-11-01 "
           "起（46 个月）；另有 6 个月不在专业岗位，不计算");
    /* another level is no part of it */
    sum_is("", "2022-09-01",
           "{'level': 'intermediate', 'track': 'general', 'from': '2010-09-01', 'until': "
           "'2022-08-31'}",
           "", 48, "2022-09-01 聘任，至截止日 4 年 0 个月");
}

static void the_record_goes_before_what_is_stated(void **state)
{
    (void)state;
    /* suspended for two years between */
    json_t *found = facts_of("", "2018-09-01",
                             ON_RECORD("general", "2018-09-01", "2020-08-31") ", " ON_RECORD(
                                 "general", "2022-09-01", "2099-01-01"),
                             "");
    assert_months(found, "tenure_months", 72, NULL);
    assert_int_equal(json_array_size(json_object_get(found, "problems")), 0);
    json_decref(found);
    /* a day that the record does not know is pointed out, and does not count */
    found = facts_of("", "2016-09-01",
                     "{'level': 'junior', 'track': 'general', 'from': '2018-09-01'}", "");
    assert_months(found, "tenure_months", 96, NULL);
    const json_t *problem = json_array_get(json_object_get(found, "problems"), 0);
    assert_string_equal(titled_text(problem, "code"), "not_as_recorded");
    assert_true(json_is_false(json_object_get(problem, "blocks")));
    json_decref(found);
    /* an appointment that had ended before is another one */
    sum_is("", "2020-09-01", ON_RECORD("general", "2010-09-01", "2012-08-31"), "", 96,
           "同层级聘任合计 8 年 0 个月：通用 2010-09-01 至 2012-08-31（24 个月）、通用 2020-09-01 "
           "起（72 个月）");
}

static void tenure_knows_gaps_secondments_and_the_cut_off(void **state)
{
    (void)state;
    tenure_is("", "2021-09-01", 60);
    tenure_is("{'practised': true, 'start': '2015-09-01'}", "2021-09-01", 60);
    /* the day of the cut-off counts, the one after it does not */
    tenure_is("{'practised': true, 'start': '2015-09-01'}", "2026-08-31", 0);
    tenure_is("{'practised': true, 'start': '2015-09-01'}", "2026-08-01", 1);
    tenure_is("{'practised': true, 'start': '2015-09-01', 'end': '2027-06-30'}", "2025-09-01", 12);
    /* a year and a half outside the profession: 60 - 18 */
    tenure_is("{'practised': true, 'start': '2015-09-01', 'end': '2022-08-31'},"
              " {'practised': true, 'start': '2024-03-01'}",
              "2021-09-01", 42);
    tenure_is("{'practised': true, 'start': '2015-09-01', 'end': '2022-08-31'},"
              " {'practised': false, 'start': '2022-09-01', 'end': '2024-02-29'},"
              " {'practised': true, 'start': '2024-03-01'}",
              "2021-09-01", 42);
    /* on secondment the post is kept */
    tenure_is("{'practised': true, 'start': '2015-09-01', 'end': '2022-08-31'},"
              " {'practised': false, 'seconded': true, 'start': '2022-09-01', 'end': '2024-02-29'},"
              " {'practised': true, 'start': '2024-03-01'}",
              "2021-09-01", 60);
    /* overlaps count once */
    tenure_is("{'practised': true, 'start': '2015-09-01', 'end': '2024-12-31'},"
              " {'practised': true, 'start': '2023-01-01'}",
              "2021-09-01", 60);
}

static int make(void **state)
{
    (void)state;
    make_calendar();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_is_what_the_calendar_counts),
        cmocka_unit_test(tenure_knows_gaps_secondments_and_the_cut_off),
        cmocka_unit_test(years_of_both_ladders_add_up),
        cmocka_unit_test(the_record_goes_before_what_is_stated),
    };
    return cmocka_run_group_tests(tests, make, NULL);
}
