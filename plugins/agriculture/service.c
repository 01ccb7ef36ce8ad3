/* service.c - time in the profession, in pastoral and remote posts, in village teams. */
#include "facts.h"

/* In a harder post on the cut-off date, unless the district has said that it is none. */
static void put_hardship_post(struct reading *reading, const struct periods *hardship)
{
    const json_t *recognition = json_object_get(reading->assessments, "hardship_recognition");
    bool denied = json_is_false(json_object_get(recognition, "recognised"));
    bool here = !denied && periods_cover(hardship, reading->cutoff, reading->cutoff + 1);
    titled_fact_set(&reading->found, "at_hardship", json_boolean(here),
                    "截止日%s牧区、边远乡镇艰苦岗位", here ? "在" : "不在");
}

static void put_practice(struct reading *reading, const struct periods *practice)
{
    int months = periods_months(practice);
    titled_fact_set(&reading->found, "practice_months", json_integer(months),
                    "从事本专业 %d 年 %d 个月", months / 12, months % 12);
}

void read_service(struct reading *reading)
{
    struct service service;
    read_employment(reading, &service);
    if (json_array_size(section_of(reading, "employment"))) {
        put_hardship_post(reading, &service.hardship);
        put_practice(reading, &service.practice);
    }
    read_title(reading, &service);
    struct periods dispatch = read_periods(reading, "dispatch", "dispatch_months");
    int months = periods_months(&dispatch);
    titled_fact_set(&reading->found, "dispatch_months", json_integer(months),
                    "驻村、科技特派员、民族团结工作 %d 个月", months);
}
