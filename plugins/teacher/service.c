/* service.c - a teacher's time: the village school, years of teaching, homeroom years, village
 * service. */
#include "facts.h"
#include "rules.h"

/* Whether the cut-off date falls into a village post that was not left on secondment. */
static bool at_village(const struct reading *reading)
{
    const json_t *jobs = section_of(reading, "employment");
    for (size_t i = 0; i < json_array_size(jobs); i++) {
        const json_t *job = json_array_get(jobs, i);
        struct period span;
        if (served(reading, job, &span) && teacher.at_grassroots(job) && !flag(job, "seconded") &&
            !strcmp(titled_text(job, "grassroots"), "village") && span.end == reading->cutoff + 1)
            return true;
    }
    return false;
}

static void put_teaching(struct reading *reading, const struct periods *teaching)
{
    bool village = at_village(reading);
    int months = periods_months(teaching);
    if (!json_array_size(section_of(reading, "employment")))
        return;
    titled_fact_set(&reading->found, "at_village", json_boolean(village), "截止日%s村庄学校岗位",
                    village ? "在" : "不在");
    titled_fact_set(&reading->found, "teaching_months", json_integer(months), "从教 %d 年 %d 个月",
                    months / 12, months % 12);
}

static int school_years(const struct periods *periods)
{
    int count = 0;
    if (!periods->count)
        return 0;
    int first = ymd_of(periods->list[0].start).year;
    int last = ymd_of(periods->list[periods->count - 1].end).year;
    for (int year = first; year < last; year++) {
        int from = day_of((struct ymd){year, SCHOOL_YEAR_FROM_MONTH, SCHOOL_YEAR_FROM_DAY});
        int to = day_of((struct ymd){year + 1, SCHOOL_YEAR_TO_MONTH, SCHOOL_YEAR_TO_DAY});
        count += periods_cover(periods, from, to + 1);
    }
    return count;
}

void read_service(struct reading *reading)
{
    struct service service;
    read_employment(reading, &service);
    put_teaching(reading, &service.practice);
    read_title(reading, &service);
    struct periods homeroom = read_periods(reading, "homeroom", "homeroom_years");
    int years = school_years(&homeroom);
    titled_fact_set(&reading->found, "homeroom_years", json_integer(years),
                    "满 %d 个学年（同一学年兼任多项计一次）", years);
    struct periods village = read_periods(reading, "village_service", "village_service_months");
    int months = periods_months(&village);
    titled_fact_set(&reading->found, "village_service_months", json_integer(months), "驻村 %d 个月",
                    months);
}
