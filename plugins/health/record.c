/* record.c - what the applicant lists: education, licence, yearly results, continuing education,
 * honours, techniques, teaching, achievements, the examination. */
#include "facts.h"
#include "rules.h"

/* --- licence -------------------------------------------------------------------------------------
 */

/* A nurse's registration ends after five years; others carry no date of expiry. */
static void read_licence(struct reading *reading)
{
    const json_t *licence = section_of(reading, "licence");
    const char *kind = titled_text(licence, "kind"), *word = word_of(&health, "licence", kind);
    if (!*word)
        return;
    int obtained = answer_day(licence, "obtained"), until = answer_day(licence, "valid_until");
    bool valid = until == DAY_NONE ? strcmp(kind, "nurse") != 0 : until >= reading->cutoff;
    titled_fact_set(&reading->found, "licence", json_string(word), "%s，%s 取得", word,
                    titled_text(licence, "obtained"));
    titled_fact_source(&reading->found, "licence", "licence", -1);
    if (until != DAY_NONE)
        titled_fact_set(&reading->found, "licence_valid", json_boolean(valid),
                        "注册有效期至 %s，截止日%s有效", titled_text(licence, "valid_until"),
                        valid ? "" : "已不");
    else
        titled_fact_set(&reading->found, "licence_valid", json_boolean(valid), "%s",
                        valid ? "没有注册有效期限" : "注册有效期未填报");
    titled_fact_source(&reading->found, "licence_valid", "licence", -1);
    if (until == DAY_NONE && !valid)
        titled_problem(&reading->found, "licence", -1, "valid_until", "required", true,
                       "护士执业注册须填写有效期");
    if (obtained != DAY_NONE && obtained > reading->cutoff)
        titled_problem(&reading->found, "licence", -1, "obtained", "after_cutoff", true,
                       "取得日期晚于截止日");
    if (obtained != DAY_NONE && until != DAY_NONE && until < obtained)
        titled_problem(&reading->found, "licence", -1, "valid_until", "end_before_start", true,
                       "有效期早于取得日期");
}

/* --- continuing medical education ----------------------------------------------------------------
 */

/* Credits over the same years as the hours, which read_continuing_education has counted. */
static void read_credits(struct reading *reading)
{
    const json_t *items = section_of(reading, "continuing_education");
    json_t *window = json_object_get(json_object_get(reading->found.facts, "ce_years"), "value");
    int years = (int)json_integer_value(window);
    double credits = 0;
    bool given = false;
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i), *number = json_object_get(item, "credits");
        json_int_t year = json_integer_value(json_object_get(item, "year"));
        if (!json_is_number(number) || seen_before(items, i, year))
            continue;
        given = true;
        if (year <= reading->last_full_year - years || year > reading->last_full_year)
            continue;
        credits += json_number_value(number);
        titled_fact_source(&reading->found, "ce_credits_average", "continuing_education", (int)i);
    }
    if (!given || years < 1)
        return;
    titled_fact_set(&reading->found, "ce_credits_average", json_real(average(credits, years)),
                    "%d—%d 年共 %.10g 学分，年均 %.10g 学分", reading->last_full_year - years + 1,
                    reading->last_full_year, credits, average(credits, years));
}

/* --- things done ---------------------------------------------------------------------------------
 */

static bool is_general(const json_t *honour)
{
    return !strcmp(titled_text(honour, "kind"), "general");
}

static bool is_public_task(const json_t *honour)
{
    return !is_general(honour);
}

/* Calendar years with an entry; several entries in one year count once. */
static void read_teaching(struct reading *reading)
{
    const json_t *items = section_of(reading, "teaching");
    int years = 0, this_year = ymd_of(reading->cutoff).year;
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_int_t year = json_integer_value(json_object_get(json_array_get(items, i), "year"));
        if (year > this_year)
            titled_problem(&reading->found, "teaching", (int)i, "year", "after_cutoff", true,
                           "%d 年晚于截止日", (int)year);
        if (year < 1 || year > this_year)
            continue;
        years += !seen_before(items, i, year);
        titled_fact_source(&reading->found, "teaching_years", "teaching", (int)i);
    }
    titled_fact_set(&reading->found, "teaching_years", json_integer(years),
                    "%d 个年度（同一年度多次计一次）", years);
}

/* Awards come in classes, papers in kinds of journals. */
static void check_achievements(struct reading *reading)
{
    const json_t *items = section_of(reading, "achievements");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        const char *kind = titled_text(item, "kind"), *level = titled_text(item, "level");
        bool paper = !strcmp(kind, "paper");
        bool journal = !strcmp(level, "core") || !strcmp(level, "province");
        if (*kind && *level && paper != journal)
            titled_problem(&reading->found, "achievements", (int)i, "level", "level_mismatch", true,
                           paper ? "论文请选择刊物级别" : "科技奖请选择奖励等次");
    }
}

void read_record(struct reading *reading)
{
    static const struct listing honours = {"honours",      "honours",     "name",
                                           "honour_level", "honour_kind", NULL};
    static const struct listing tasks = {"honours",      "public_task_honours", "name",
                                         "honour_level", "honour_kind",         NULL};
    static const struct listing techniques = {"techniques", "techniques",     "name",
                                              NULL,         "technique_kind", NULL};
    static const struct listing achievements = {"achievements",      "achievements",     "name",
                                                "achievement_level", "achievement_kind", NULL};
    read_education(reading);
    read_licence(reading);
    read_years(reading, "annual_assessment", "annual_assessments");
    read_years(reading, "ethics_assessment", "ethics_assessments");
    read_continuing_education(reading);
    read_credits(reading);
    read_list(reading, &honours, is_general);
    read_list(reading, &tasks, is_public_task);
    read_list(reading, &techniques, NULL);
    check_achievements(reading);
    read_list(reading, &achievements, NULL);
    read_teaching(reading);
    read_exam(reading);
}
