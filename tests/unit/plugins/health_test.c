/* health_test.c - the health plugin as the server loads it: facts, problems and gates of dossiers
 * that vary one thing at a time, and its words against form.json. What dossiers are worth as a
 * whole is in scripts/health/cases/. */
#define SERIES        "health"
#define SERIES_PLUGIN HEALTH_PLUGIN
#define GOLDEN_MIN    24
#include "series.h"

static json_t *dossier(const char *content, const char *assessments)
{
    return json_pack("{ss ss ss ss s{ss ss sb} s{ss ss ss} so so}", "cutoff_date", "2026-08-31",
                     "level", "senior", "specialty", "doctor_general", "track", "directed",
                     "person", "sex", "male", "birth_date", "1980-06-20", "in_service", 1, "unit",
                     "name", "水西沟镇卫生院", "kind", "clinic", "grassroots", "township",
                     "content", parse(content), "assessments", parse(assessments));
}

#define JOB(kind, more)                                                                            \
    "{'unit_kind': '" kind                                                                         \
    "', 'government_run': true, 'practising': true, 'seconded': false, 'hardship': false, " more   \
    "}"
#define JOBS(list)    "{'employment': [" list "]}"
#define CASE(more)    "{'title': '随访 1 例', 'deidentified': true" more "}"
#define CE(year, all) "{'year': " #year ", 'hours': " #all ", 'public_hours': 30, 'credits': 25}"

static json_t *dossier_in_order(void)
{
    return dossier(
        "{'employment': [" JOB(
            "township_hospital",
            "'start': '2010-09-01'") "],"
                                     " 'licence': {'kind': 'physician', 'obtained': "
                                     "'2011-12-01'},"
                                     " 'exam': {'result': 'passed'}, 'case_records': "
                                     "[" CASE("") ", " CASE("") ", " CASE(
                                         "") "],"
                                             " 'declarations': {'sanctioned': false, "
                                             "'civil_servant': false, 'general_track': "
                                             "false},"
                                             " 'continuing_education': [" CE(2021, 90) ", " CE(
                                                 2022, 90) ", " CE(2023,
                                                                   90) ", " CE(2024,
                                                                               90) ", " CE(2025,
                                                                                           90) "]}",
        "{}");
}

/* --- facts ---------------------------------------------------------------------------------------
 */

static void practice_in_primary_institutions_of_the_government_counts(void **state)
{
    (void)state;
    static const char *const counted[] = {"township_hospital", "village_clinic", "community_centre",
                                          "primary_other"};
    static const char *const others[] = {"hospital", "public_health", "office", "other", ""};
    static const char frame[] = "{'employment': [{'unit_kind': '%s', 'government_run': %s, "
                                "'practising': %s, 'start': '2016-09-01'}]}";
    char content[300];
    for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++) {
        snprintf(content, sizeof(content), frame, counted[i], "true", "true");
        assert_fact(content, "grassroots_months", "120", "10 年 0 个月（重叠的时间不重复计算）");
        snprintf(content, sizeof(content), frame, counted[i], "false", "true");
        assert_fact(content, "grassroots_months", "0", NULL);
        snprintf(content, sizeof(content), frame, counted[i], "true", "false");
        assert_fact(content, "grassroots_months", "0", NULL);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        snprintf(content, sizeof(content), frame, others[i], "true", "true");
        assert_fact(content, "grassroots_months", "0", NULL);
        assert_fact(content, "practice_months", "120", "从事医药护技业务 10 年 0 个月");
    }
    assert_fact("{}", "grassroots_months", "null", "");
}

static void the_village_clinic_is_where_one_is_now(void **state)
{
    (void)state;
    assert_fact(JOBS(JOB("village_clinic", "'start': '2010-09-01'")), "at_village", "true",
                "截止日在村卫生室岗位");
    assert_fact(JOBS(JOB("village_clinic", "'start': '2010-09-01', 'end': '2026-08-30'")),
                "at_village", "false", NULL);
    assert_fact(JOBS(JOB("township_hospital", "'start': '2010-09-01'")), "at_village", "false",
                NULL);
    assert_fact("{'employment': [{'unit_kind': 'village_clinic', 'government_run': true, "
                "'practising': true, 'seconded': true, 'start': '2010-09-01'}]}",
                "at_village", "false", NULL);
    assert_fact("{}", "at_village", "null", "");
}

#define APPOINTED(day)                                                                             \
    "{'current_title': {'level': 'intermediate', 'track': 'general', 'appointed': '" day "'}, "
#define WORK(year, weeks, measure, quantity)                                                       \
    "{'year': " #year ", 'weeks': " #weeks ", 'measure': '" measure "', 'quantity': " #quantity "}"

static void weeks_average_over_the_years_in_title(void **state)
{
    (void)state;
    assert_fact(
        APPOINTED("2022-12-01") "'work_years': [" WORK(2023, 41, "half_days", 400) ", " WORK(
            2024, 40, "half_days",
            401) ", " WORK(2025, 39.5, "half_days",
                           402) ", " WORK(2022, 52, "half_days",
                                          900) ", " WORK(2026, 30, "half_days", 900) "]}",
        "weeks_reported", "40.17", "2023—2025 年共 120.5 周，年均 40.17 周");
    assert_fact(APPOINTED("2023-01-01") "'work_years': [" WORK(2023, 42, "half_days", 1) "]}",
                "weeks_reported", "14.0", "2023—2025 年共 42 周，年均 14 周");
    assert_fact(APPOINTED("2026-03-01") "'work_years': [" WORK(2025, 42, "half_days", 1) "]}",
                "weeks_reported", "42.0", "2025—2025 年共 42 周，年均 42 周");
    assert_fact("{'work_years': [" WORK(2025, 42, "half_days", 1) "]}", "weeks_reported", "null",
                "");
    /* from the first appointment at this level on, of either ladder; the whole year 2023 lies
     * between them */
    assert_fact(
        APPOINTED("2024-02-01") "'same_level_appointments': [{'track': 'directed', 'start': "
                                "'2021-12-01', 'end': '2022-12-31'}], 'work_years': [" WORK(
                                    2022, 44, "half_days",
                                    1) ", " WORK(2023, 52, "half_days",
                                                 1) ", " WORK(2024, 36, "half_days",
                                                              1) ", " WORK(2025, 40, "half_days",
                                                                           1) "]}",
        "weeks_reported", "40.0", "2022—2025 年共 120 周，年均 40 周");
    /* one day in it, and it asks for work */
    assert_fact(
        APPOINTED("2024-02-01") "'same_level_appointments': [{'track': 'directed', 'start': "
                                "'2021-12-01', 'end': '2023-01-01'}], 'work_years': [" WORK(
                                    2022, 44, "half_days", 1) ", " WORK(2025, 40, "half_days",
                                                                        1) "]}",
        "weeks_reported", "21.0", "2022—2025 年共 84 周，年均 21 周");
    /* every full year lies between them: there is nothing to divide by */
    assert_fact(
        APPOINTED("2026-02-01") "'same_level_appointments': [{'track': 'directed', 'start': "
                                "'2021-03-01', 'end': '2021-12-31'}], 'work_years': [" WORK(
                                    2025, 40, "half_days", 1) "]}",
        "weeks_reported", "null", "");
}

static void workload_keeps_to_one_measure(void **state)
{
    (void)state;
    assert_fact(APPOINTED("2023-12-01") "'work_years': [" WORK(
                    2025, 40, "prescriptions", 21000) ", " WORK(2024, 40, "half_days", 400) "]}",
                "workload_average", "10500.0", "审核调配处方（张）：2024—2025 年年均 10500");
    assert_fact(APPOINTED("2023-12-01") "'work_years': [{'year': 2025, 'weeks': 40}]}",
                "workload_average", "null", "");
}

static void the_unit_gives_the_weeks_that_count(void **state)
{
    (void)state;
    json_t *found = facts_of("{}", "{'workload_appraisal': {'weeks': 38.5}, "
                                   "'public_health_appraisal': {'percent': 96}}");
    json_t *weeks = fact(found, "weeks_average"), *done = fact(found, "public_health_percent");
    assert_true(json_real_value(json_object_get(weeks, "value")) == 38.5);
    assert_string_equal(json_string_value(json_object_get(weeks, "because")),
                        "单位核定年均在岗 38.5 周");
    assert_string_equal(json_string_value(json_object_get(done, "because")), "任务完成率 96%");
    json_decref(found);
}

static void a_licence_is_valid_until_it_ends(void **state)
{
    (void)state;
    assert_fact("{'licence': {'kind': 'physician', 'obtained': '2011-12-01'}}", "licence",
                "'执业医师'", "执业医师，2011-12-01 取得");
    assert_fact("{'licence': {'kind': 'physician', 'obtained': '2011-12-01'}}", "licence_valid",
                "true", "没有注册有效期限");
    assert_fact("{'licence': {'kind': 'nurse', 'obtained': '2011-12-01', 'valid_until': "
                "'2026-08-31'}}",
                "licence_valid", "true", "注册有效期至 2026-08-31，截止日有效");
    assert_fact("{'licence': {'kind': 'nurse', 'obtained': '2011-12-01', 'valid_until': "
                "'2026-08-30'}}",
                "licence_valid", "false", "注册有效期至 2026-08-30，截止日已不有效");
    assert_fact("{'licence': {'kind': 'nurse', 'obtained': '2011-12-01'}}", "licence_valid",
                "false", "注册有效期未填报");
    assert_fact("{}", "licence_valid", "null", "");
}

static void credits_average_over_the_same_years_as_hours(void **state)
{
    (void)state;
    static const char years[] =
        "'continuing_education': [{'year': 2025, 'hours': 100, 'public_hours': 40, 'credits': 30},"
        " {'year': 2024, 'hours': 80, 'public_hours': 20, 'credits': 21},"
        " {'year': 2024, 'hours': 80, 'public_hours': 20, 'credits': 500},"
        " {'year': 2026, 'hours': 10, 'public_hours': 0, 'credits': 500}]";
    char content[1000];
    snprintf(content, sizeof(content), "{%s}", years);
    assert_fact(content, "ce_credits_average", "10.2", "2021—2025 年共 51 学分，年均 10.2 学分");
    snprintf(content, sizeof(content), "{%s, 'employment': [%s]}", years,
             JOB("township_hospital", "'start': '2023-09-01'"));
    assert_fact(content, "ce_credits_average", "25.5", "2024—2025 年共 51 学分，年均 25.5 学分");
    assert_fact("{'continuing_education': [{'year': 2025, 'hours': 90, 'public_hours': 30}]}",
                "ce_credits_average", "null", "");
}

static void teaching_counts_calendar_years(void **state)
{
    (void)state;
    assert_fact("{'teaching': [{'year': 2024}, {'year': 2025}, {'year': 2024}, {'year': 2026}]}",
                "teaching_years", "3", "3 个年度（同一年度多次计一次）");
    assert_fact("{'teaching': [{'year': 2027}]}", "teaching_years", "0", NULL);
    assert_fact("{}", "teaching_years", "0", NULL);
}

static void public_tasks_add_up_without_overlaps(void **state)
{
    (void)state;
    assert_fact("{'public_tasks': [{'start': '2020-02-01', 'end': '2020-04-30'}, {'start': "
                "'2020-04-01', 'end': '2020-05-31'}, {'start': '2021-01-01', 'end': "
                "'2021-02-28'}]}",
                "public_task_months", "6", "参与 6 个月");
}

static void honours_go_to_one_of_two_lists(void **state)
{
    (void)state;
    static const char content[] =
        "{'honours': [{'name': 'a', 'kind': 'general', 'level': 'unit', 'date': '2020-01-01'},"
        " {'name': 'b', 'kind': 'aid', 'level': 'county', 'date': '2020-01-01'},"
        " {'name': 'c', 'kind': 'general', 'level': 'national', 'date': '2026-09-01'}]}";
    assert_fact(content, "honours",
                "[{'name': 'a', 'date': '2020-01-01', 'level': '单位级', 'kind': '综合荣誉'}]",
                "共 1 项");
    assert_fact(content, "public_task_honours",
                "[{'name': 'b', 'date': '2020-01-01', 'level': '县区级', 'kind': "
                "'对口支援、援助表彰'}]",
                NULL);
}

static void only_clean_cases_count(void **state)
{
    (void)state;
    assert_fact(
        "{'case_records': [" CASE("") ", " CASE(", 'summary': '住院号 1234567890'") ", " CASE(
            ", 'summary': '电话 13800000000'") ", {'title': 'x', 'deidentified': false}]}",
        "case_records", "2", "填写 4 份，其中 2 份去标识化");
    assert_fact("{'case_records': [" CASE(", 'date': '2026-09-01'") "]}", "case_records", "0",
                NULL);
    assert_fact("{}", "case_records", "null", "");
}

/* --- problems ------------------------------------------------------------------------------------
 */

static void problems_name_field_and_weight(void **state)
{
    (void)state;
    assert_problems("{}", "");
    assert_problems("{'case_records': [{'title': 'x', 'deidentified': false}]}",
                    "case_records.0.deidentified=not_deidentified!");
    assert_problems("{'case_records': [{'title': 'x'}]}", ""); /* a draft, not yet answered */
    assert_problems("{'case_records': [" CASE(", 'summary': '身份证 65010119800101001X'") "]}",
                    "case_records.0.summary=personal_number!");
    assert_problems("{'case_records': [{'title': '13800000000', 'deidentified': true}]}",
                    "case_records.0.title=personal_number!");
    assert_problems("{'case_records': [" CASE(", 'date': '2026-09-01'") "]}",
                    "case_records.0.date=after_cutoff");
    assert_problems("{'licence': {'kind': 'nurse', 'obtained': '2011-12-01'}}",
                    "licence.valid_until=required!");
    assert_problems("{'licence': {'kind': 'physician', 'obtained': '2026-09-01'}}",
                    "licence.obtained=after_cutoff!");
    assert_problems("{'licence': {'kind': 'nurse', 'obtained': '2011-12-01', 'valid_until': "
                    "'2010-01-01'}}",
                    "licence.valid_until=end_before_start!");
    assert_problems("{'current_title': {'level': 'intermediate', 'track': 'general', 'obtained': "
                    "'2020-01-01', 'appointed': "
                    "'2020-01-01'}, 'work_years': [" WORK(2025, 40, "half_days", 1) ", " WORK(
                        2025, 41, "half_days", 1) ", " WORK(2026, 20, "half_days", 1) "]}",
                    "work_years.1.year=twice! work_years.2.year=year_not_over");
    assert_problems("{'achievements': [{'kind': 'paper', 'level': 'first'}, {'kind': "
                    "'city_award', 'level': 'core'}, {'kind': 'paper', 'level': 'core'}, {'kind': "
                    "'province_award', 'level': 'third'}]}",
                    "achievements.0.level=level_mismatch! achievements.1.level=level_mismatch!");
    assert_problems("{'teaching': [{'year': 2027}]}", "teaching.0.year=after_cutoff!");
    assert_problems("{'techniques': [{'name': 'x', 'date': '2026-09-01'}]}",
                    "techniques.0.date=after_cutoff");
}

/* --- gates ---------------------------------------------------------------------------------------
 */

static void each_gate_closes_on_its_own(void **state)
{
    (void)state;
    assert_gates("", "", "");
    assert_gates("unit.grassroots", "'none'", ""); /* a community centre in the city */
    assert_gates("unit.kind", "'school'", "grassroots_unit ");
    assert_gates("person.in_service", "false", "in_service ");
    assert_gates("content.declarations.civil_servant", "true", "in_service ");
    assert_gates("content.declarations.sanctioned", "true", "no_sanction ");
    assert_gates("content.exam.result", "'not_passed'", "exam_standard ");
    assert_gates("content.declarations.general_track", "true", "track ");
    assert_gates("content.case_records", "[" CASE("") ", " CASE("") "]", "case_records ");
    assert_gates("content", "{}",
                 "grassroots_post in_service no_sanction licence continuing_education "
                 "exam_standard case_records track ");
}

static void examined_levels_are_refused(void **state)
{
    (void)state;
    assert_gates("level", "'junior'", "not_exam_based ");
    assert_gates("level", "'intermediate'", "not_exam_based ");
    assert_gates("level", "'full_senior'", "");
    assert_gates("level", "''", "not_exam_based ");
}

static void the_licence_fits_the_branch(void **state)
{
    (void)state;
    assert_gates("specialty", "'doctor_prevention'", "");
    assert_gates("specialty", "'nursing_general'", "licence ");
    assert_gates("specialty", "'pharmacy_general'", "licence ");
    assert_gates("specialty", "'technology_laboratory'", "licence ");
    assert_gates("specialty", "'doctor'", "licence ");
    assert_gates("specialty", "''", "licence ");
    assert_gates("content.licence.kind", "'assistant_physician'", "licence ");
    assert_gates("content.licence.kind", "'village_doctor'", "licence ");
    assert_gates("content.licence.valid_until", "'2026-08-30'", "licence ");
    assert_gates("assessments.conduct", "{'licence_lapsed': true}", "licence ");
}

static void hours_or_credits_are_enough(void **state)
{
    (void)state;
#define FIVE(hours, more)                                                                          \
    "[{'year': 2021, 'hours': " hours ", " more "}, {'year': 2022, 'hours': " hours ", " more      \
    "}, {'year': 2023, 'hours': " hours ", " more "}, {'year': 2024, 'hours': " hours ", " more    \
    "}, {'year': 2025, 'hours': " hours ", " more "}]"
    assert_gates("content.continuing_education", FIVE("90", "'public_hours': 30"), "");
    assert_gates("content.continuing_education", FIVE("60", "'public_hours': 30, 'credits': 25"),
                 "");
    assert_gates("content.continuing_education", FIVE("89", "'public_hours': 30, 'credits': 24.9"),
                 "continuing_education ");
    assert_gates("content.continuing_education", FIVE("90", "'public_hours': 29, 'credits': 25"),
                 "continuing_education ");
    assert_gates("content.continuing_education", "[]", "continuing_education ");
}

/* --- the plugin as a whole -----------------------------------------------------------------------
 */

static void words_are_those_of_the_form(void **state)
{
    (void)state;
    static const struct {
        const char *section, *field, *frame, *fact, *member;
        bool assessed;
    } rows[] = {
        {"education", "degree", "{'education': [{'degree': '%s', 'end': '2010-07-01'}]}",
         "education", NULL, false},
        {"licence", "kind", "{'licence': {'kind': '%s'}}", "licence", NULL, false},
        {"current_title", "level", "{'current_title': {'level': '%s'}}", "current_title", NULL,
         false},
        {"annual_assessment", "grade", "{'annual_assessment': [{'year': 2024, 'grade': '%s'}]}",
         "annual_assessments", "grade", false},
        {"ethics_assessment", "grade", "{'ethics_assessment': [{'year': 2024, 'grade': '%s'}]}",
         "ethics_assessments", "grade", false},
        {"honours", "level", "{'honours': [{'kind': 'general', 'level': '%s'}]}", "honours",
         "level", false},
        {"techniques", "kind", "{'techniques': [{'kind': '%s'}]}", "techniques", "kind", false},
        {"achievements", "kind", "{'achievements': [{'kind': '%s'}]}", "achievements", "kind",
         false},
        {"achievements", "level", "{'achievements': [{'level': '%s'}]}", "achievements", "level",
         false},
        {"exam", "result", "{'exam': {'result': '%s'}}", "exam_result", NULL, false},
        {"political_appraisal", "grade", "{'political_appraisal': {'grade': '%s'}}",
         "political_grade", NULL, true},
        {"district_appraisal", "grade", "{'district_appraisal': {'grade': '%s'}}", "district_grade",
         NULL, true},
    };
    json_t *form = plugin->describe(&host);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_words(form, rows[i].section, rows[i].field, rows[i].frame, rows[i].fact,
                     rows[i].member, rows[i].assessed);
    json_decref(form);
}

/* gates.c takes the branch from the specialty's id, the core from "branch". */
static void specialties_begin_with_their_branch(void **state)
{
    (void)state;
    json_t *form = plugin->describe(&host), *specialty;
    size_t index;
    json_array_foreach(json_object_get(form, "specialties"), index, specialty) {
        const char *id = json_string_value(json_object_get(specialty, "id"));
        const char *branch = json_string_value(json_object_get(specialty, "branch"));
        size_t length = strlen(branch);
        if (strncmp(id, branch, length) != 0 || id[length] != '_')
            fail_msg("%s is not of branch %s", id, branch);
        assert_true(json_is_false(json_object_get(specialty, "exam_based")));
    }
    json_decref(form);
}

static void titles_and_examined_levels_are_named(void **state)
{
    (void)state;
    static const char *const titles[][3] = {
        {"senior", "doctor_general", "副主任医师"},
        {"senior", "pharmacy_chinese", "副主任药师"},
        {"senior", "nursing_community", "副主任护师"},
        {"senior", "technology_laboratory", "副主任技师"},
        {"full_senior", "doctor_prevention", "主任医师"},
        {"full_senior", "pharmacy_general", "主任药师"},
        {"full_senior", "nursing_general", "主任护师"},
        {"full_senior", "technology_radiology", "主任技师"},
    };
    static const char *const levels[] = {"junior", "intermediate", "senior", "full_senior"};
    json_t *form = plugin->describe(&host);
    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
        assert_string_equal(json_string_value(json_object_get(
                                td_form_title(form, titles[i][0], titles[i][1]), "title")),
                            titles[i][2]);
    for (size_t i = 0; i < 4; i++) {
        const json_t *level = td_form_level(form, levels[i]);
        bool examined = json_is_true(json_object_get(level, "exam_based"));
        assert_int_equal(examined, i < 2);
        assert_int_equal(examined,
                         json_string_length(json_object_get(level, "exam_reason")) > 0 &&
                             json_string_length(json_object_get(level, "exam_reason_en")) > 0);
    }
    json_decref(form);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(practice_in_primary_institutions_of_the_government_counts),
        cmocka_unit_test(the_village_clinic_is_where_one_is_now),
        cmocka_unit_test(weeks_average_over_the_years_in_title),
        cmocka_unit_test(workload_keeps_to_one_measure),
        cmocka_unit_test(the_unit_gives_the_weeks_that_count),
        cmocka_unit_test(a_licence_is_valid_until_it_ends),
        cmocka_unit_test(credits_average_over_the_same_years_as_hours),
        cmocka_unit_test(teaching_counts_calendar_years),
        cmocka_unit_test(public_tasks_add_up_without_overlaps),
        cmocka_unit_test(honours_go_to_one_of_two_lists),
        cmocka_unit_test(only_clean_cases_count),
        cmocka_unit_test(problems_name_field_and_weight),
        cmocka_unit_test(each_gate_closes_on_its_own),
        cmocka_unit_test(examined_levels_are_refused),
        cmocka_unit_test(the_licence_fits_the_branch),
        cmocka_unit_test(hours_or_credits_are_enough),
        cmocka_unit_test(words_are_those_of_the_form),
        cmocka_unit_test(specialties_begin_with_their_branch),
        cmocka_unit_test(titles_and_examined_levels_are_named),
        SERIES_TESTS,
    };
    return cmocka_run_group_tests(tests, load_plugin, NULL);
}
