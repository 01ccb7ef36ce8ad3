/* agriculture_test.c - the agriculture plugin as the server loads it: facts, problems and gates of
 * dossiers that vary one thing at a time; its branches and words against form.json. What dossiers
 * are worth as a whole is in scripts/agriculture/cases/. */
#define SERIES        "agriculture"
#define SERIES_PLUGIN AGRICULTURE_PLUGIN
#define GOLDEN_MIN    48
#include "series.h"

static json_t *dossier_of(const char *specialty, const char *content, const char *assessments)
{
    return json_pack("{ss ss ss ss s{ss ss sb} s{ss ss ss} so so}", "cutoff_date", "2026-08-31",
                     "level", "senior", "specialty", specialty, "track", "directed", "person",
                     "sex", "female", "birth_date", "1980-06-20", "in_service", 1, "unit", "name",
                     "水西沟镇农业农村服务中心", "kind", "agri_station", "grassroots", "township",
                     "content", parse(content), "assessments", parse(assessments));
}

static json_t *dossier(const char *content, const char *assessments)
{
    return dossier_of("agronomy", content, assessments);
}

#define JOB(kind, place, more)                                                                     \
    "{'unit_kind': '" kind "', 'grassroots': '" place                                              \
    "', 'professional': true, 'seconded': false, 'hardship': false, " more "}"
#define STATION(more) JOB("agri_station", "township", more)
#define JOBS(list)    "{'employment': [" list "]}"
#define YEAR(year)    "{'year': " year ", 'hours': 90, 'public_hours': 30}"

#define IN_ORDER                                                                                   \
    "{'employment': [" STATION(                                                                    \
        "'start': '2010-09-01'") "], 'exam': {'result': 'passed'}, "                               \
                                 "'declarations': {'sanctioned': false, 'civil_servant': false, "  \
                                 "'general_track': false}, "                                       \
                                 "'continuing_education': [" YEAR("2021") ", " YEAR(               \
                                     "2022") ", " YEAR("2023") ", " YEAR("2024") ", " YEAR("2025") "]}"

static json_t *dossier_in_order(void)
{
    return dossier(IN_ORDER, "{}");
}

/* --- facts ---------------------------------------------------------------------------------------
 */

static void only_stations_of_townships_and_farming_streets_count(void **state)
{
    (void)state;
    assert_fact(JOBS(STATION("'start': '2016-09-01'")), "grassroots_months", "120",
                "10 年 0 个月（重叠的时间不重复计算）");
    assert_fact(JOBS(JOB("agri_station", "agri_street", "'start': '2025-09-01'")),
                "grassroots_months", "12", NULL);
    static const char *const others[] = {
        JOBS(JOB("agri_station", "none", "'start': '2016-09-01'")),
        JOBS(JOB("agri_station", "village", "'start': '2016-09-01'")),
        JOBS(JOB("district_station", "township", "'start': '2016-09-01'")),
        JOBS(JOB("office", "township", "'start': '2016-09-01'")),
        "{'employment': [{'unit_kind': 'agri_station', 'grassroots': 'township', 'professional': "
        "false, 'start': '2016-09-01'}]}"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_fact(others[i], "grassroots_months", "0", NULL);
    assert_fact(others[2], "practice_months", "120", "从事本专业 10 年 0 个月");
    assert_fact(others[4], "practice_months", "0", NULL);
    assert_fact(others[0], "recent_grassroots_months", "0", "截止日不在基层专业技术岗位");
    assert_fact("{}", "practice_months", "null", "");
}

/* The value of a fact with assessments, as JSON text with single quotes. */
static void assert_given(const char *specialty, const char *content, const char *assessments,
                         const char *name, const char *value)
{
    json_t *input = dossier_of(specialty, content, assessments), *expected = parse(value);
    json_t *found = plugin->facts(&host, input), *is = json_object_get(fact(found, name), "value");
    if (!json_equal(is, expected)) {
        char *text = json_dumps(is, JSON_ENCODE_ANY);
        fail_msg("%s of %s with %s is %s, expected %s", name, specialty, assessments, text, value);
    }
    json_decref(expected);
    json_decref(found);
    json_decref(input);
}

static void the_district_may_deny_pastoral_posts(void **state)
{
    (void)state;
    static const char content[] =
        JOBS("{'unit_kind': 'agri_station', 'grassroots': 'township', 'professional': true, "
             "'hardship': true, 'start': '2020-09-01'}");
    static const char denied[] = "{'hardship_recognition': {'recognised': false}}";
    assert_given("livestock", content, "{}", "hardship_months", "72");
    assert_given("livestock", content, "{}", "at_hardship", "true");
    assert_given("livestock", content, denied, "hardship_months", "0");
    assert_given("livestock", content, denied, "at_hardship", "false");
    assert_given("livestock", JOBS(STATION("'start': '2020-09-01'")), "{}", "at_hardship", "false");
}

static void the_branch_chooses_the_measure_of_reach(void **state)
{
    (void)state;
    static const char both[] = "{'coverage_appraisal': {'area_mu': 800, 'immunity_percent': 96}}";
    static const char area[] = "{'coverage_appraisal': {'area_mu': 800}}";
    static const char immunity[] = "{'coverage_appraisal': {'immunity_percent': 96}}";
    assert_given("aquaculture", "{}", both, "area_mu", "800.0");
    assert_given("aquaculture", "{}", both, "immunity_percent", "0.0");
    assert_given("aquaculture", "{}", immunity, "area_mu", "null");
    assert_given("livestock", "{}", both, "area_mu", "0.0");
    assert_given("veterinary", "{}", both, "immunity_percent", "96.0");
    assert_given("veterinary", "{}", area, "immunity_percent", "null");
    assert_given("extension", "{}", both, "area_mu", "800.0");
    assert_given("extension", "{}", both, "immunity_percent", "96.0");
    assert_given("extension", "{}", area, "immunity_percent", "null");
    assert_given("extension", "{}", "{}", "immunity_percent", "null");
}

static void small_and_late_sessions_do_not_count(void **state)
{
    (void)state;
    assert_fact("{'trainings': [{'trainees': 20, 'date': '2026-08-31'}, {'trainees': 19, 'date': "
                "'2025-01-01'}, {'trainees': 50, 'date': '2026-09-01'}, {'trainees': 21}]}",
                "training_sessions", "2", "共 3 场，其中 20 人以上 2 场");
    assert_fact("{}", "training_sessions", "0", NULL);
}

static void the_subject_is_that_of_the_qualification_that_counts(void **state)
{
    (void)state;
#define DEGREE(degree, end, related)                                                               \
    "{'degree': '" degree "', 'end': '" end "', 'related': " related "}"
    assert_fact("{'education': [" DEGREE("college", "2010-07-01", "true") ", " DEGREE(
                    "bachelor", "2015-07-01", "false") "]}",
                "education_related", "false", "本科所学专业与农业技术工作不相关");
    assert_fact("{'education': [" DEGREE("bachelor", "2012-07-01", "false") ", " DEGREE(
                    "bachelor", "2015-07-01", "true") "]}",
                "education_related", "true", NULL);
    assert_fact("{'education': [" DEGREE("college", "2010-07-01", "false") ", " DEGREE(
                    "bachelor", "2026-07-01", "true") "]}",
                "education_related", "false", NULL);
    assert_fact("{}", "education_related", "null", "");
}

static void village_teams_add_up_without_overlap(void **state)
{
    (void)state;
    assert_fact("{'dispatch': [{'kind': 'village', 'start': '2020-01-01', 'end': '2020-12-31'}, "
                "{'kind': 'commissioner', 'start': '2020-07-01', 'end': '2021-06-30'}]}",
                "dispatch_months", "18", NULL);
    assert_fact("{'households': [{'years': 2}, {'years': 3}]}", "household_years", "5",
                "2 户（人），共 5 户（人）·年");
}

static void without_a_title_time_in_the_profession_counts(void **state)
{
    (void)state;
    assert_fact("{'current_title': {'level': 'none'}, 'employment': [" JOB(
                    "district_station", "none", "'start': '2024-09-01'") "]}",
                "tenure_months", "24", "没有职称，按从事本专业技术工作时间 2 年 0 个月计算");
    assert_fact("{'current_title': {'level': 'licensed_vet', 'obtained': '2019-01-01', "
                "'appointed': '2020-09-01'}}",
                "tenure_months", "72", NULL);
}

static void problems_name_field_and_weight(void **state)
{
    (void)state;
    assert_problems("{}", "");
    assert_problems(JOBS(STATION("'start': '2016-09-01', 'end': '2015-09-01'")),
                    "employment.0.end=end_before_start!");
    assert_problems("{'trainings': [{'trainees': 30, 'date': '2026-09-01'}]}",
                    "trainings.0.date=after_cutoff");
    assert_problems("{'awards': [{'date': '2026-08-31'}, {'date': '2026-09-01'}]}",
                    "awards.1.date=after_cutoff");
    assert_problems("{'dispatch': [{'start': '2026-09-01'}]}", "dispatch.0.start=after_cutoff!");
    assert_problems("{'current_title': {'level': 'licensed_vet'}}",
                    "current_title.track=required! current_title.obtained=required! "
                    "current_title.appointed=required!");
}

/* --- gates ---------------------------------------------------------------------------------------
 */

static void each_gate_closes_on_its_own(void **state)
{
    (void)state;
    assert_gates("", "", "");
    assert_gates("unit.grassroots", "'agri_street'", "");
    assert_gates("unit.grassroots", "'village'", "grassroots_unit ");
    assert_gates("unit.grassroots", "'none'", "grassroots_unit ");
    assert_gates("unit.kind", "'school'", "grassroots_unit ");
    assert_gates("person.in_service", "false", "in_service ");
    assert_gates("content.declarations.civil_servant", "true", "in_service ");
    assert_gates("content.declarations.sanctioned", "true", "no_sanction ");
    assert_gates("assessments.conduct", "{'sanctioned': true}", "no_sanction ");
    assert_gates("content.exam.result", "'not_passed'", "exam_standard ");
    assert_gates("content.continuing_education", "[]", "continuing_education ");
    assert_gates("content.declarations.general_track", "true", "track ");
    assert_gates("track", "'general'", "track ");
    assert_gates("specialty", "''", "not_exam_based ");
    assert_gates("person.birth_date", "'1969-12-31'", "not_retired ");
    assert_gates("content", "{}",
                 "grassroots_post in_service no_sanction continuing_education exam_standard "
                 "track ");
}

/* --- the form ------------------------------------------------------------------------------------
 */

static void specialties_and_plugin_agree_on_branches(void **state)
{
    (void)state;
    json_t *form = plugin->describe(&host), *specialty, *branch;
    size_t index, at;
    json_array_foreach(json_object_get(form, "specialties"), index, specialty) {
        const char *id = json_string_value(json_object_get(specialty, "id")), *name = NULL;
        json_array_foreach(json_object_get(form, "branches"), at, branch) {
            if (json_equal(json_object_get(branch, "id"), json_object_get(specialty, "branch")))
                name = json_string_value(json_object_get(branch, "name"));
        }
        assert_non_null(name);
        char value[100];
        snprintf(value, sizeof(value), "'%s'", name);
        assert_given(id, "{}", "{}", "branch", value);
        assert_true(json_is_false(json_object_get(specialty, "exam_based")));
    }
    assert_given("chinese", "{}", "{}", "branch", "null");
    json_decref(form);
}

static void assert_title(const json_t *form, const char *level, const char *specialty,
                         const char *title, const char *english)
{
    const json_t *found = td_form_title(form, level, specialty);
    assert_string_equal(json_string_value(json_object_get(found, "title")), title);
    assert_string_equal(json_string_value(json_object_get(found, "title_en")), english);
}

static void each_branch_has_its_own_titles(void **state)
{
    (void)state;
    json_t *form = plugin->describe(&host);
    assert_title(form, "junior", "veterinary", "助理兽医师", "Assistant veterinarian");
    assert_title(form, "intermediate", "livestock", "畜牧师", "Livestock specialist");
    assert_title(form, "senior", "aquaculture", "高级农艺师", "Senior agronomist");
    assert_title(form, "full_senior", "veterinary", "正高级兽医师", "Full senior veterinarian");
    assert_title(form, "full_senior", "extension", "农业技术推广研究员",
                 "Research fellow in agricultural extension");
    json_decref(form);
}

static void words_are_those_of_the_form(void **state)
{
    (void)state;
    static const struct {
        const char *section, *field, *frame, *fact, *member;
        bool assessed;
    } rows[] = {
        {"education", "degree", "{'education': [{'degree': '%s', 'end': '2010-07-01'}]}",
         "education", NULL, false},
        {"current_title", "level", "{'current_title': {'level': '%s'}}", "current_title", NULL,
         false},
        {"annual_assessment", "grade", "{'annual_assessment': [{'year': 2024, 'grade': '%s'}]}",
         "annual_assessments", "grade", false},
        {"projects", "role", "{'projects': [{'role': '%s'}]}", "projects", "role", false},
        {"documents", "kind", "{'documents': [{'kind': '%s'}]}", "documents", "kind", false},
        {"documents", "level", "{'documents': [{'level': '%s'}]}", "documents", "level", false},
        {"awards", "kind", "{'awards': [{'kind': '%s'}]}", "awards", "kind", false},
        {"awards", "level", "{'awards': [{'level': '%s'}]}", "awards", "level", false},
        {"awards", "grade", "{'awards': [{'grade': '%s'}]}", "awards", "grade", false},
        {"awards", "rank", "{'awards': [{'rank': '%s'}]}", "awards", "rank", false},
        {"honours", "level", "{'honours': [{'level': '%s'}]}", "honours", "level", false},
        {"papers", "kind", "{'papers': [{'kind': '%s'}]}", "papers", "kind", false},
        {"papers", "level", "{'papers': [{'level': '%s'}]}", "papers", "level", false},
        {"papers", "role", "{'papers': [{'role': '%s'}]}", "papers", "role", false},
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_stations_of_townships_and_farming_streets_count),
        cmocka_unit_test(the_district_may_deny_pastoral_posts),
        cmocka_unit_test(the_branch_chooses_the_measure_of_reach),
        cmocka_unit_test(small_and_late_sessions_do_not_count),
        cmocka_unit_test(the_subject_is_that_of_the_qualification_that_counts),
        cmocka_unit_test(village_teams_add_up_without_overlap),
        cmocka_unit_test(without_a_title_time_in_the_profession_counts),
        cmocka_unit_test(problems_name_field_and_weight),
        cmocka_unit_test(each_gate_closes_on_its_own),
        cmocka_unit_test(specialties_and_plugin_agree_on_branches),
        cmocka_unit_test(each_branch_has_its_own_titles),
        cmocka_unit_test(words_are_those_of_the_form),
        SERIES_TESTS,
    };
    return cmocka_run_group_tests(tests, load_plugin, NULL);
}
