/* tenure_test.c - time as plugins/common/ counts it, against a count day by day: thousands of
 * careers with overlaps, gaps, secondments and entries past the cut-off date. The count below knows
 * nothing of dates.h: its calendar is the C library's. */
#include "../../../plugins/common/reading.c"
#include "../../../plugins/common/service.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

enum { FIRST_YEAR = 1998, DAYS = 366 * 31, JOBS = 6, CAREERS = 3000, PERCENT = 50 };

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
    return career;
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
    return json_pack("{s:s, s:s, s:{}, s:{}, s:{s:o, s:o}}", "cutoff_date", date, "level", "junior",
                     "person", "assessments", "content", "employment", jobs, "current_title",
                     title);
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
    static bool here[DAYS];
    mark(career, here, is_held);
    for (int day = 0; day < career->appointed; day++)
        here[day] = false;
    return count_months(here);
}

static void assert_months(const json_t *found, const char *name, int expected,
                          const json_t *dossier)
{
    const json_t *value =
        json_object_get(json_object_get(json_object_get(found, "facts"), name), "value");
    if (json_integer_value(value) != expected) {
        char *text = json_dumps(dossier, JSON_INDENT(1));
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

static void tenure_is(const char *jobs, const char *appointed, int months)
{
    char text[2000];
    snprintf(
        text, sizeof(text),
        "{'cutoff_date': '2026-08-31', 'level': 'junior', 'person': {}, 'assessments': {}, "
        "'content':"
        " {'employment': [%s], 'current_title': {'level': 'junior', 'obtained': '%s', 'appointed':"
        " '%s'}}}",
        jobs, appointed, appointed);
    for (char *p = text; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    json_t *dossier = json_loads(text, 0, NULL), *found;
    assert_non_null(dossier);
    found = read_facts(dossier);
    assert_months(found, "tenure_months", months, dossier);
    json_decref(found);
    json_decref(dossier);
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
    };
    return cmocka_run_group_tests(tests, make, NULL);
}
