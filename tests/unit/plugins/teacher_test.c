/* teacher_test.c - the teacher plugin as the server loads it: facts, problems and gates of dossiers
 * that vary one thing at a time; its words against form.json; and the dates it counts with. What
 * dossiers are worth as a whole is in scripts/teacher/cases/. */
#include <titled/dates.h>

#define SERIES        "teacher"
#define SERIES_PLUGIN TEACHER_PLUGIN
#define GOLDEN_MIN    52
#include "series.h"

/* A dossier with the given content and assessments, otherwise in order. */
static json_t *dossier(const char *content, const char *assessments)
{
    return json_pack("{ss ss ss ss s{ss ss sb} s{ss ss ss} so so}", "cutoff_date", "2026-08-31",
                     "level", "senior", "specialty", "chinese", "track", "directed", "person",
                     "sex", "male", "birth_date", "1980-06-20", "in_service", 1, "unit", "name",
                     "水西沟镇中心小学", "kind", "school", "grassroots", "township", "content",
                     parse(content), "assessments", parse(assessments));
}

/* --- dates ---------------------------------------------------------------------------------------
 */

static int day(const char *text)
{
    int parsed = day_parse(text);
    assert_int_not_equal(parsed, DAY_NONE);
    return parsed;
}

static void days_are_calendar_days(void **state)
{
    (void)state;
    assert_int_equal(day("1970-01-01"), 0);
    assert_int_equal(day("2000-03-01") - day("2000-02-28"), 2);
    assert_int_equal(day("2100-03-01") - day("2100-02-28"), 1);
    static const char *const wrong[] = {"2023-02-29", "2023-13-01", "2023-1-01",  "2023/01/01",
                                        "1899-12-31", "",           "2023-00-10", "2023-01-0x"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(day_parse(wrong[i]), DAY_NONE);
    assert_int_equal(day_parse(NULL), DAY_NONE);
    for (int number = day("1959-12-25"); number < day("2030-01-10"); number++) {
        char text[DAY_TEXT];
        day_format(number, text);
        assert_int_equal(day_parse(text), number);
    }
}

static void months_end_where_the_month_ends(void **state)
{
    (void)state;
    assert_int_equal(day_add_months(day("2024-01-31"), 1), day("2024-02-29"));
    assert_int_equal(day_add_months(day("2023-11-30"), 3), day("2024-02-29"));
    assert_int_equal(months_between(day("2016-09-01"), day("2026-09-01")), 120);
    assert_int_equal(months_between(day("2016-09-02"), day("2026-09-01")), 119);
    assert_int_equal(months_between(day("2024-01-31"), day("2024-02-29")), 1);
    assert_int_equal(months_between(day("2024-02-01"), day("2024-01-01")), 0);
}

static void periods_join_and_part(void **state)
{
    (void)state;
    struct periods list = {.count = 0}, cut = {.count = 0};
    periods_add(&list, 50, 60);
    periods_add(&list, 0, 10);
    periods_add(&list, 10, 20);
    periods_add(&list, 15, 18);
    periods_add(&list, 30, 30);
    periods_merge(&list);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.list[0].end, 20);
    periods_add(&cut, 5, 8);
    periods_add(&cut, 18, 55);
    struct periods rest = periods_without(&list, &cut);
    assert_int_equal(rest.count, 3);
    assert_int_equal(rest.list[1].start, 8);
    assert_int_equal(rest.list[1].end, 18);
    assert_int_equal(rest.list[2].start, 55);
    assert_true(periods_cover(&list, 0, 20));
    assert_false(periods_cover(&list, 0, 21));
    struct periods short_of_a_year = {.count = 0}, added = {.count = 0};
    periods_add(&short_of_a_year, day("2021-09-02"), day("2022-09-01"));
    assert_int_equal(periods_months(&short_of_a_year), 11); /* 30 days of August are left over */
    periods_add(&added, day("2021-09-02"), day("2022-09-01"));
    periods_add(&added, day("2023-09-01"), day("2023-09-02"));
    assert_int_equal(periods_months(&added), 12);
    struct periods many = {.count = 0};
    for (int i = 0; i < PERIODS_MAX + 10; i++)
        periods_add(&many, i * 2, i * 2 + 1);
    assert_int_equal(many.count, PERIODS_MAX);
}

/* --- facts ---------------------------------------------------------------------------------------
 */

#define JOB(place, more)                                                                           \
    "{'unit_kind': 'school', 'grassroots': '" place                                                \
    "', 'teaching': true, 'seconded': false, 'hardship': false, " more "}"
#define JOBS(list) "{'employment': [" list "]}"

static void only_teaching_posts_at_the_grassroots_count(void **state)
{
    (void)state;
    assert_fact(JOBS(JOB("township", "'start': '2016-09-01'")), "grassroots_months", "120",
                "10 年 0 个月（重叠的时间不重复计算）");
    assert_fact(JOBS(JOB("agri_street", "'start': '2025-09-01'")), "grassroots_months", "12", NULL);
    assert_fact(JOBS(JOB("none", "'start': '2016-09-01'")), "grassroots_months", "0", NULL);
    assert_fact("{'employment': [{'unit_kind': 'school', 'grassroots': 'village', 'teaching': "
                "false, 'start': '2016-09-01'}]}",
                "grassroots_months", "0", NULL);
    assert_fact("{'employment': [{'unit_kind': 'research', 'grassroots': 'township', 'teaching': "
                "true, 'start': '2016-09-01'}]}",
                "grassroots_months", "0", NULL);
    assert_fact(JOBS(JOB("township", "'start': '2016-09-01', 'end': '2026-12-31'")),
                "grassroots_months", "120", NULL);
    assert_fact("{}", "grassroots_months", "null", "");
    assert_fact(JOBS(JOB("township", "'start': '2016-09-01'")), "seconded", "false",
                "截止日没有借调");
    assert_fact(JOBS(JOB("township", "'start': '2016-09-01', 'seconded': true")), "seconded",
                "true", "截止日借调在外");
    assert_fact("{}", "seconded", "null", "");
#define STUDIED(end)                                                                               \
    "{'education': [{'degree': 'bachelor', 'study_form': 'part_time', 'end': '" end "'}], "        \
    "'employment': [{'start': '2014-09-01'}]}"
    assert_fact(STUDIED("2012-07-01"), "study_form", "'非全日制'", "非全日制");
    assert_fact(STUDIED("2012-07-01"), "later_degree", "false",
                "2012-07-01 取得，2014-09-01 参加工作");
    assert_fact(STUDIED("2018-07-01"), "later_degree", "true",
                "2018-07-01 取得，2014-09-01 参加工作");
    assert_fact("{'current_title': {'level': 'junior', 'appointed': '2015-09-01'}}", "title_since",
                "'2015-09-01'", "2015-09-01 聘任");
    assert_fact("{}", "unit_tier", "'乡镇'", "单位登记：乡镇");
}

static void continuous_service_ends_at_the_cutoff_date(void **state)
{
    (void)state;
    assert_fact(JOBS(JOB("township", "'start': '2010-09-01', 'end': '2023-08-31'") ", " JOB(
                    "village", "'start': '2023-09-01'")),
                "recent_grassroots_months", "192", "2010-09-01 起连续在岗 16 年 0 个月");
    assert_fact(JOBS(JOB("township", "'start': '2010-09-01', 'end': '2023-08-30'") ", " JOB(
                    "village", "'start': '2023-09-01'")),
                "recent_grassroots_months", "36", NULL);
    assert_fact(JOBS(JOB("township", "'start': '2010-09-01', 'end': '2026-08-30'")),
                "recent_grassroots_months", "0", NULL);
    assert_fact(JOBS(JOB("township", "'start': '2010-09-01', 'end': '2026-08-30'")),
                "at_grassroots", "false", NULL);
    assert_fact(JOBS(JOB("village", "'start': '2010-09-01'")), "at_village", "true", NULL);
}

static void secondment_counts_half_and_never_twice(void **state)
{
    (void)state;
#define AWAY(more)                                                                                 \
    "{'unit_kind': 'school', 'grassroots': 'township', 'teaching': true, 'seconded': true, "       \
    "'hardship': true, " more "}"
    assert_fact(JOBS(AWAY("'start': '2016-09-01', 'end': '2018-08-31'")), "grassroots_months", "12",
                "1 年 0 个月（共 12 个月，其中借调 24 个月按 50% 计算）");
    assert_fact(JOBS(JOB("township", "'start': '2016-09-01', 'end': '2018-08-31'") ", " AWAY(
                    "'start': '2017-09-01', 'end': '2018-08-31'")),
                "grassroots_months", "24", NULL);
    assert_fact(JOBS(AWAY("'start': '2016-09-01', 'end': '2018-08-31'")), "hardship_months", "12",
                NULL);
    assert_fact(JOBS(AWAY("'start': '2016-09-01'")), "at_grassroots", "false", NULL);
}

static void the_district_may_deny_harder_posts(void **state)
{
    (void)state;
    static const char content[] =
        "{'employment': [{'unit_kind': 'school', 'grassroots': 'village', 'teaching': true, "
        "'hardship': true, 'start': '2020-09-01'}]}";
    json_t *found = facts_of(content, "{'hardship_recognition': {'recognised': false}}");
    assert_int_equal(json_integer_value(json_object_get(fact(found, "hardship_months"), "value")),
                     0);
    json_decref(found);
    found = facts_of(content, "{'hardship_recognition': {'recognised': true}}");
    assert_int_equal(json_integer_value(json_object_get(fact(found, "hardship_months"), "value")),
                     72);
    json_decref(found);
}

static void education_counts_after_a_year(void **state)
{
    (void)state;
    assert_fact("{'education': [{'degree': 'bachelor', 'end': '2025-08-31'}, {'degree': 'college', "
                "'end': '2015-07-01'}]}",
                "education", "'本科'", "本科，2025-08-31 取得");
    assert_fact("{'education': [{'degree': 'bachelor', 'end': '2025-09-01'}, {'degree': 'college', "
                "'end': '2015-07-01'}]}",
                "education", "'大专'", "大专；本科于 2025-09-01 取得，至截止日不满 1 年，按原学历");
    assert_fact("{'education': [{'degree': 'bachelor', 'end': '2027-07-01'}]}", "education", "null",
                "");
}

static void tenure_runs_from_the_appointment(void **state)
{
    (void)state;
    assert_fact("{'current_title': {'level': 'junior', 'obtained': '2019-01-01', 'appointed': "
                "'2020-09-01'}}",
                "tenure_months", "72", "2020-09-01 聘任，至截止日 6 年 0 个月");
    assert_fact("{'current_title': {'level': 'none'}, 'employment': [" JOB(
                    "none", "'start': '2024-09-01'") "]}",
                "tenure_months", "24", NULL);
    assert_fact("{'current_title': {'level': 'junior'}}", "tenure_months", "null", "");
}

static void school_years_count_when_served_in_full(void **state)
{
    (void)state;
    assert_fact("{'homeroom': [{'start': '2020-09-10', 'end': '2022-06-30'}]}", "homeroom_years",
                "2", NULL);
    assert_fact("{'homeroom': [{'start': '2020-09-11', 'end': '2022-06-30'}]}", "homeroom_years",
                "1", NULL);
    assert_fact("{'homeroom': [{'start': '2020-09-01', 'end': '2021-01-31'}, {'start': "
                "'2021-02-01', 'end': '2021-07-31'}]}",
                "homeroom_years", "1", NULL);
    assert_fact("{'homeroom': [{'start': '2020-09-01', 'end': '2021-07-31'}, {'start': "
                "'2020-09-01', 'end': '2021-07-31'}]}",
                "homeroom_years", "1", NULL);
}

static void continuing_education_averages_full_years(void **state)
{
    (void)state;
    static const char years[] =
        "'continuing_education': [{'year': 2026, 'hours': 500, 'public_hours': 0}, {'year': 2025, "
        "'hours': 100, 'public_hours': 40},"
        " {'year': 2024, 'hours': 95, 'public_hours': 20}, {'year': 2010, 'hours': 900, "
        "'public_hours': 0}]";
    char content[1000];
    snprintf(content, sizeof(content), "{%s}", years);
    assert_fact(content, "ce_hours_average", "39.0", "2021—2025 年共 195 学时，年均 39 学时");
    snprintf(content, sizeof(content), "{%s, 'employment': [%s]}", years,
             JOB("township", "'start': '2023-09-01'"));
    assert_fact(content, "ce_hours_average", "97.5", NULL);
    assert_fact(content, "ce_public_average", "30.0", NULL);
    assert_fact(content, "ce_years", "2", NULL);
}

static void results_come_once_a_year_in_order(void **state)
{
    (void)state;
    assert_fact("{'annual_assessment': [{'year': 2025, 'grade': 'qualified'}, {'year': 2023, "
                "'grade': 'excellent'},"
                " {'year': 2025, 'grade': 'failed'}, {'year': 2027, 'grade': 'excellent'}]}",
                "annual_assessments",
                "[{'year': 2023, 'grade': '优秀'}, {'year': 2025, 'grade': '合格'}]",
                "共 2 个年度");
}

static void honours_go_to_one_of_two_lists(void **state)
{
    (void)state;
    static const char content[] =
        "{'honours': [{'name': 'a', 'kind': 'general', 'level': 'city', 'date': '2020-01-01'},"
        " {'name': 'b', 'kind': 'unity', 'level': 'county', 'date': '2020-01-01'},"
        " {'name': 'c', 'kind': 'general', 'level': 'national', 'date': '2026-09-01'}]}";
    assert_fact(content, "honours",
                "[{'name': 'a', 'date': '2020-01-01', 'level': '地市级', 'kind': '综合荣誉'}]",
                "共 1 项");
    assert_fact(content, "ethics_honours",
                "[{'name': 'b', 'date': '2020-01-01', 'level': '县区级', 'kind': '民族团结表彰'}]",
                NULL);
}

/* --- problems ------------------------------------------------------------------------------------
 */

static void problems_name_field_and_weight(void **state)
{
    (void)state;
    assert_problems("{}", "");
    assert_problems(JOBS(JOB("township", "'start': '2016-09-01', 'end': '2015-09-01'")),
                    "employment.0.end=end_before_start!");
    assert_problems(JOBS(JOB("township", "'start': '2026-09-01'")),
                    "employment.0.start=after_cutoff!");
    assert_problems(JOBS(JOB("township", "'start': '2016-09-01', 'end': '2026-12-31'")),
                    "employment.0.end=after_cutoff");
    assert_problems(JOBS(JOB("township", "'start': '1996-06-19', 'end': '2026-08-31'")),
                    "employment.0.start=too_young!");
    assert_problems(JOBS(JOB("township", "'start': '2016-09-01', 'end': '2020-08-31'") ", " JOB(
                        "township", "'start': '2020-08-31'")),
                    "employment.1.start=overlap");
    assert_problems(JOBS(JOB("township", "'start': '2021-02-28'") ", " JOB(
                        "township", "'start': '2016-09-01', 'end': '2020-08-31'")),
                    "");
    assert_problems(JOBS(JOB("township", "'start': '2021-03-01'") ", " JOB(
                        "township", "'start': '2016-09-01', 'end': '2020-08-31'")),
                    "employment.0.start=gap");
    assert_problems(JOBS(JOB("township", "'start': '2016-09-01', 'end': '2026-08-30'")),
                    "employment.0.end=not_in_service");
    assert_problems(
        "{'education': [{'degree': 'bachelor', 'start': '1980-06-20', 'end': '1980-01-01'}]}",
        "education.0.end=end_before_start! education.0.start=before_birth!");
    assert_problems("{'current_title': {'level': 'junior', 'track': 'general', 'obtained': "
                    "'2020-01-01', 'appointed': "
                    "'2019-01-01'}}",
                    "current_title.appointed=appointed_before_obtained!");
    assert_problems("{'current_title': {'level': 'junior'}}",
                    "current_title.track=required! current_title.obtained=required! "
                    "current_title.appointed=required!");
    assert_problems("{'current_title': {'level': 'none'}, 'same_level_appointments': [{'track': "
                    "'general', 'start': '2015-09-01', 'end': '2016-08-31'}]}",
                    "same_level_appointments.0.start=no_title!");
    assert_problems(
        "{'current_title': {'level': 'junior', 'track': 'general', 'obtained': "
        "'2020-01-01', 'appointed': '2020-01-01'}, 'same_level_appointments': [{'track': "
        "'directed', 'start': '2019-09-01', 'end': '2019-08-31'}]}",
        "same_level_appointments.0.end=end_before_start!");
    assert_problems("{'annual_assessment': [{'year': 2025, 'grade': 'qualified'}, {'year': 2025, "
                    "'grade': 'failed'}, {'year': 2027, 'grade': 'failed'}]}",
                    "annual_assessment.1.year=twice! annual_assessment.2.year=after_cutoff!");
    assert_problems("{'continuing_education': [{'year': 2025, 'hours': 20, 'public_hours': 30}]}",
                    "continuing_education.0.public_hours=more_than_all!");
    assert_problems("{'exam': {'result': 'exempt'}}", "exam.basis=required!");
    assert_problems("{'open_lessons': [{'name': 'x', 'date': '2026-09-01'}]}",
                    "open_lessons.0.date=after_cutoff");
}

/* --- gates ---------------------------------------------------------------------------------------
 */

#define IN_ORDER                                                                                   \
    "{'employment': [" JOB(                                                                        \
        "township",                                                                                \
        "'start': '2010-09-01'") "], 'qualification': {'kind': 'primary', 'obtained': "            \
                                 "'2010-06-01'},"                                                  \
                                 " 'exam': {'result': 'passed'}, 'declarations': {'sanctioned': "  \
                                 "false, 'civil_servant': false, 'general_track': false},"         \
                                 " 'continuing_education': [{'year': 2021, 'hours': 90, "          \
                                 "'public_hours': 30}, {'year': 2022, 'hours': 90, "               \
                                 "'public_hours': 30},"                                            \
                                 " {'year': 2023, 'hours': 90, 'public_hours': 30}, {'year': "     \
                                 "2024, 'hours': 90, 'public_hours': 30}, {'year': 2025, "         \
                                 "'hours': 90, 'public_hours': 30}]}"

static json_t *dossier_in_order(void)
{
    return dossier(IN_ORDER, "{}");
}

static void each_gate_closes_on_its_own(void **state)
{
    (void)state;
    assert_gates("", "", "");
    assert_gates("unit.grassroots", "'none'", "grassroots_unit ");
    assert_gates("unit.kind", "'clinic'", "grassroots_unit ");
    assert_gates("person.in_service", "false", "in_service ");
    assert_gates("content.declarations.civil_servant", "true", "in_service ");
    assert_gates("content.declarations.sanctioned", "true", "no_sanction ");
    assert_gates("assessments.conduct", "{'sanctioned': true}", "no_sanction ");
    assert_gates("content.declarations",
                 "{'sanctioned': true, 'sanction_until': '2026-08-31', 'civil_servant': false, "
                 "'general_track': false}",
                 "");
    assert_gates("content.qualification", "{}", "teacher_licence ");
    assert_gates("content.exam.result", "'not_passed'", "exam_standard ");
    assert_gates("content.exam.result", "'exempt'", "");
    assert_gates("content.continuing_education", "[]", "continuing_education ");
    assert_gates("content.declarations.general_track", "true", "track ");
    assert_gates("track", "'general'", "track ");
    assert_gates("specialty", "''", "not_exam_based ");
    assert_gates("content", "{}",
                 "grassroots_post in_service no_sanction teacher_licence continuing_education "
                 "exam_standard track ");
}

static void retirement_rises_step_by_step(void **state)
{
    (void)state;
    assert_gates("person", "{'sex': 'male', 'birth_date': '1964-12-31', 'in_service': true}",
                 "not_retired ");
    assert_gates("person", "{'sex': 'male', 'birth_date': '1966-04-30', 'in_service': true}",
                 "not_retired "); /* 60 + 4 months = 08-30 */
    assert_gates("person", "{'sex': 'male', 'birth_date': '1966-05-01', 'in_service': true}",
                 ""); /* 60 + 5 months */
    assert_gates("person", "{'sex': 'female', 'birth_date': '1971-04-30', 'in_service': true}",
                 "not_retired ");
    assert_gates("person", "{'sex': 'female', 'birth_date': '1971-05-01', 'in_service': true}", "");
    assert_gates("person", "{'sex': 'female', 'in_service': true}", "not_retired ");
    assert_gates("person", "{'birth_date': '1990-01-01', 'in_service': true}", "not_retired ");
}

/* --- the plugin as a whole -----------------------------------------------------------------------
 */

static void words_are_those_of_the_form(void **state)
{
    (void)state;
    json_t *form = plugin->describe(&host);
    assert_words(form, "education", "degree",
                 "{'education': [{'degree': '%s', 'end': '2010-07-01'}]}", "education", NULL,
                 false);
    assert_words(form, "qualification", "kind", "{'qualification': {'kind': '%s'}}",
                 "teacher_licence", NULL, false);
    assert_words(form, "current_title", "level", "{'current_title': {'level': '%s'}}",
                 "current_title", NULL, false);
    assert_words(form, "annual_assessment", "grade",
                 "{'annual_assessment': [{'year': 2024, 'grade': '%s'}]}", "annual_assessments",
                 "grade", false);
    assert_words(form, "ethics_assessment", "grade",
                 "{'ethics_assessment': [{'year': 2024, 'grade': '%s'}]}", "ethics_assessments",
                 "grade", false);
    assert_words(form, "honours", "level", "{'honours': [{'kind': 'general', 'level': '%s'}]}",
                 "honours", "level", false);
    assert_words(form, "open_lessons", "level", "{'open_lessons': [{'level': '%s'}]}",
                 "open_lessons", "level", false);
    assert_words(form, "open_lessons", "kind", "{'open_lessons': [{'kind': '%s'}]}", "open_lessons",
                 "kind", false);
    assert_words(form, "student_awards", "level", "{'student_awards': [{'level': '%s'}]}",
                 "student_awards", "level", false);
    assert_words(form, "research", "kind", "{'research': [{'kind': '%s'}]}", "research", "kind",
                 false);
    assert_words(form, "research", "level", "{'research': [{'level': '%s'}]}", "research", "level",
                 false);
    assert_words(form, "research", "role", "{'research': [{'role': '%s'}]}", "research", "role",
                 false);
    assert_words(form, "exam", "result", "{'exam': {'result': '%s'}}", "exam_result", NULL, false);
    assert_words(form, "political_appraisal", "grade", "{'political_appraisal': {'grade': '%s'}}",
                 "political_grade", NULL, true);
    assert_words(form, "workload_appraisal", "grade", "{'workload_appraisal': {'grade': '%s'}}",
                 "workload_grade", NULL, true);
    assert_words(form, "district_appraisal", "grade", "{'district_appraisal': {'grade': '%s'}}",
                 "district_grade", NULL, true);
    json_decref(form);
}

static void no_specialty_is_by_examination(void **state)
{
    (void)state;
    json_t *form = plugin->describe(&host), *specialty;
    size_t index;
    json_array_foreach(json_object_get(form, "specialties"), index, specialty)
        assert_true(json_is_false(
            json_object_get(specialty, "exam_based"))); /* gates.c lists none either */
    json_decref(form);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_are_calendar_days),
        cmocka_unit_test(months_end_where_the_month_ends),
        cmocka_unit_test(periods_join_and_part),
        cmocka_unit_test(only_teaching_posts_at_the_grassroots_count),
        cmocka_unit_test(continuous_service_ends_at_the_cutoff_date),
        cmocka_unit_test(secondment_counts_half_and_never_twice),
        cmocka_unit_test(the_district_may_deny_harder_posts),
        cmocka_unit_test(education_counts_after_a_year),
        cmocka_unit_test(tenure_runs_from_the_appointment),
        cmocka_unit_test(school_years_count_when_served_in_full),
        cmocka_unit_test(continuing_education_averages_full_years),
        cmocka_unit_test(results_come_once_a_year_in_order),
        cmocka_unit_test(honours_go_to_one_of_two_lists),
        cmocka_unit_test(problems_name_field_and_weight),
        cmocka_unit_test(each_gate_closes_on_its_own),
        cmocka_unit_test(retirement_rises_step_by_step),
        cmocka_unit_test(words_are_those_of_the_form),
        cmocka_unit_test(no_specialty_is_by_examination),
        SERIES_TESTS,
    };
    return cmocka_run_group_tests(tests, load_plugin, NULL);
}
