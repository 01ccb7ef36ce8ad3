/* record.c - what the applicant lists that only teachers have: licence, honours, lessons,
 * mentoring, research. */
#include "facts.h"

static void read_licence(struct reading *reading)
{
    const json_t *licence = section_of(reading, "qualification");
    const char *word = word_of(&teacher, "licence", titled_text(licence, "kind"));
    int obtained = answer_day(licence, "obtained");
    if (!*word)
        return;
    titled_fact_set(&reading->found, "teacher_licence", json_string(word), "%s，%s 取得", word,
                    titled_text(licence, "obtained"));
    titled_fact_source(&reading->found, "teacher_licence", "qualification", -1);
    if (obtained != DAY_NONE && obtained > reading->cutoff)
        titled_problem(&reading->found, "qualification", -1, "obtained", "after_cutoff", true,
                       "取得日期晚于截止日");
}

static bool is_general(const json_t *honour)
{
    return !strcmp(titled_text(honour, "kind"), "general");
}

static bool is_ethics(const json_t *honour)
{
    return !is_general(honour);
}

/* What the form allows; more is not a number of school years. */
#define MENTORING_YEARS_MAX 10

static void read_mentoring(struct reading *reading)
{
    const json_t *items = section_of(reading, "mentoring");
    json_int_t years = 0;
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_int_t more = json_integer_value(json_object_get(json_array_get(items, i), "years"));
        if (more < 0 || more > MENTORING_YEARS_MAX)
            continue;
        years += more;
        titled_fact_source(&reading->found, "mentoring_years", "mentoring", (int)i);
    }
    titled_fact_set(&reading->found, "mentoring_years", json_integer(years),
                    "指导 %zu 人，共 %d 人·学年", json_array_size(items), (int)years);
}

void read_record(struct reading *reading)
{
    static const struct listing honours = {"honours",      "honours",     "name",
                                           "honour_level", "honour_kind", NULL};
    static const struct listing ethics = {"honours",      "ethics_honours", "name",
                                          "honour_level", "honour_kind",    NULL};
    static const struct listing lessons = {"open_lessons", "open_lessons", "name",
                                           "lesson_level", "lesson_kind",  NULL};
    static const struct listing awards = {
        "student_awards", "student_awards", "name", "lesson_level", NULL, NULL};
    static const struct listing research = {"research",       "research",      "title",
                                            "research_level", "research_kind", "research_role"};
    read_education(reading);
    read_licence(reading);
    read_years(reading, "annual_assessment", "annual_assessments");
    read_years(reading, "ethics_assessment", "ethics_assessments");
    read_continuing_education(reading);
    read_list(reading, &honours, is_general);
    read_list(reading, &ethics, is_ethics);
    read_list(reading, &lessons, NULL);
    read_list(reading, &awards, NULL);
    read_list(reading, &research, NULL);
    read_mentoring(reading);
    read_exam(reading);
}
