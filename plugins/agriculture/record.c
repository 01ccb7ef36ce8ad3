/* record.c - what the applicant lists: education and its subject, yearly results, and what was won,
 * spread or written for farming. */
#include "facts.h"
#include "rules.h"

/* Whether the subject of the qualification that counts is related to farming; where the person
 * holds several of the same degree, one of them is enough. */
static void read_related(struct reading *reading, int counted)
{
    const json_t *items = section_of(reading, "education");
    const char *degree = titled_text(json_array_get(items, (size_t)counted), "degree");
    bool related = false;
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        int end = answer_day(item, "end");
        if (strcmp(titled_text(item, "degree"), degree) != 0 || end == DAY_NONE ||
            day_add_months(end, EDUCATION_HELD_MONTHS) > reading->cutoff || !flag(item, "related"))
            continue;
        related = true;
        titled_fact_source(&reading->found, "education_related", "education", (int)i);
    }
    titled_fact_set(&reading->found, "education_related", json_boolean(related),
                    "%s所学专业与农业技术工作%s", word_of(&agriculture, "degree", degree),
                    related ? "相关" : "不相关");
}

/* Notes an item dated after the cut-off date, which does not count. */
static bool is_late(struct reading *reading, const char *section, const json_t *item, int index)
{
    int day = answer_day(item, "date");
    if (day == DAY_NONE || day <= reading->cutoff)
        return false;
    titled_problem(&reading->found, section, index, "date", "after_cutoff", false,
                   "日期晚于截止日，不计算");
    return true;
}

static void read_trainings(struct reading *reading)
{
    const json_t *items = section_of(reading, "trainings");
    int all = 0, counted = 0;
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        if (is_late(reading, "trainings", item, (int)i))
            continue;
        all++;
        if (json_integer_value(json_object_get(item, "trainees")) < TRAINEES_MIN)
            continue;
        counted++;
        titled_fact_source(&reading->found, "training_sessions", "trainings", (int)i);
    }
    titled_fact_set(&reading->found, "training_sessions", json_integer(counted),
                    "共 %d 场，其中 %d 人以上 %d 场", all, TRAINEES_MIN, counted);
}

static void read_households(struct reading *reading)
{
    const json_t *items = section_of(reading, "households");
    json_int_t years = 0;
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_int_t more = json_integer_value(json_object_get(json_array_get(items, i), "years"));
        if (more < 0 || more > 100)
            continue;
        years += more;
        titled_fact_source(&reading->found, "household_years", "households", (int)i);
    }
    titled_fact_set(&reading->found, "household_years", json_integer(years),
                    "%zu 户（人），共 %d 户（人）·年", json_array_size(items), (int)years);
}

/* An award has a grade and a rank besides its level. */
static void read_awards(struct reading *reading)
{
    static const char *const members[][2] = {{"kind", "award_kind"},
                                             {"level", "honour_level"},
                                             {"grade", "award_grade"},
                                             {"rank", "award_rank"}};
    const json_t *items = section_of(reading, "awards");
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        if (is_late(reading, "awards", item, (int)i))
            continue;
        json_t *entry = json_pack("{ss ss}", "name", titled_text(item, "name"), "date",
                                  titled_text(item, "date"));
        for (size_t m = 0; m < sizeof(members) / sizeof(members[0]); m++)
            json_object_set_new(entry, members[m][0],
                                json_string(word_of(&agriculture, members[m][1],
                                                    titled_text(item, members[m][0]))));
        json_array_append_new(list, entry);
        titled_fact_source(&reading->found, "awards", "awards", (int)i);
    }
    titled_fact_set(&reading->found, "awards", list, "共 %zu 项", json_array_size(list));
}

void read_record(struct reading *reading)
{
    static const struct listing projects = {"projects", "projects", "name",
                                            NULL,       NULL,       "project_role"};
    static const struct listing documents = {"documents",      "documents",     "title",
                                             "document_level", "document_kind", NULL};
    static const struct listing honours = {"honours",      "honours", "name",
                                           "honour_level", NULL,      NULL};
    static const struct listing papers = {"papers",      "papers",     "title",
                                          "paper_level", "paper_kind", "paper_role"};
    int counted = read_education(reading);
    if (counted >= 0)
        read_related(reading, counted);
    read_years(reading, "annual_assessment", "annual_assessments");
    read_continuing_education(reading);
    read_list(reading, &projects, NULL);
    read_trainings(reading);
    read_list(reading, &documents, NULL);
    read_households(reading);
    read_awards(reading);
    read_list(reading, &honours, NULL);
    read_list(reading, &papers, NULL);
    read_exam(reading);
}
