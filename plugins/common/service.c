/* service.c - time: employment and what follows from it. Overlapping entries never count twice;
 * nothing counts after the cut-off date. */
#include "reading.h"

/* Nobody works before this age: 劳动法第十五条. */
#define WORKING_AGE 16

/* The entry's days up to the cut-off date; an open end lasts until then. False when there are none.
 */
bool served(const struct reading *reading, const json_t *item, struct period *ret_period)
{
    int start = answer_day(item, "start"), end = answer_day(item, "end");
    int limit = reading->cutoff + 1;
    if (start == DAY_NONE || (json_object_get(item, "end") && end == DAY_NONE))
        return false;
    end = end == DAY_NONE || end + 1 > limit ? limit : end + 1;
    *ret_period = (struct period){start, end};
    return start < end;
}

static void add_job(struct reading *reading, struct service *service, const json_t *job, int index)
{
    struct period span;
    if (!served(reading, job, &span))
        return;
    periods_add(&service->all, span.start, span.end);
    if (flag(job, reading->series->practice))
        periods_add(&service->practice, span.start, span.end);
    bool away = flag(job, "seconded");
    if (away || flag(job, reading->series->practice))
        periods_add(&service->held, span.start, span.end);
    if (!reading->series->at_grassroots(job))
        return;
    periods_add(away ? &service->grassroots_away : &service->grassroots, span.start, span.end);
    titled_fact_source(&reading->found, "grassroots_months", "employment", index);
    if (!flag(job, "hardship"))
        return;
    periods_add(away ? &service->hardship_away : &service->hardship, span.start, span.end);
    titled_fact_source(&reading->found, "hardship_months", "employment", index);
}

/* Months present, and the share of months away that were not also served present. */
static int counted_months(const struct periods *present, const struct periods *away, int percent,
                          int *ret_away)
{
    struct periods rest = periods_without(away, present);
    *ret_away = periods_months(&rest);
    return periods_months(present) + *ret_away * percent / 100;
}

static void put_counted(struct reading *reading, const char *fact, const struct periods *present,
                        const struct periods *away)
{
    int away_months, percent = reading->series->seconded_percent;
    int months = counted_months(present, away, percent, &away_months);
    if (away_months)
        titled_fact_set(&reading->found, fact, json_integer(months),
                        "%d 年 %d 个月（共 %d 个月，其中借调 %d 个月按 %d%% 计算）", months / 12,
                        months % 12, months, away_months, percent);
    else
        titled_fact_set(&reading->found, fact, json_integer(months),
                        "%d 年 %d 个月（重叠的时间不重复计算）", months / 12, months % 12);
}

static void put_recent(struct reading *reading, const struct periods *grassroots)
{
    int months = 0;
    const struct period *last = grassroots->count ? &grassroots->list[grassroots->count - 1] : NULL;
    if (last && last->end == reading->cutoff + 1) {
        months = months_between(last->start, last->end);
        char since[DAY_TEXT];
        day_format(last->start, since);
        titled_fact_set(&reading->found, "recent_grassroots_months", json_integer(months),
                        "%s 起连续在岗 %d 年 %d 个月", since, months / 12, months % 12);
    } else {
        titled_fact_set(&reading->found, "recent_grassroots_months", json_integer(0),
                        "截止日不在%s", reading->series->post_words);
    }
}

static void put_hardship(struct reading *reading, const struct service *service)
{
    const json_t *recognition = json_object_get(reading->assessments, "hardship_recognition");
    const json_t *recognised = json_object_get(recognition, "recognised");
    if (json_is_false(recognised) && service->hardship.count + service->hardship_away.count > 0) {
        titled_fact_set(&reading->found, "hardship_months", json_integer(0),
                        "区县主管部门未认定为更艰苦岗位");
        titled_fact_source(&reading->found, "hardship_months", "hardship_recognition", -1);
        return;
    }
    put_counted(reading, "hardship_months", &service->hardship, &service->hardship_away);
}

static void put_seconded(struct reading *reading)
{
    const json_t *jobs = section_of(reading, "employment");
    bool away = false;
    for (size_t i = 0; i < json_array_size(jobs); i++) {
        struct period span;
        const json_t *job = json_array_get(jobs, i);
        away |=
            flag(job, "seconded") && served(reading, job, &span) && span.end == reading->cutoff + 1;
    }
    if (json_array_size(jobs))
        titled_fact_set(&reading->found, "seconded", json_boolean(away), "截止日%s",
                        away ? "借调在外" : "没有借调");
}

static void put_service(struct reading *reading, const struct service *service)
{
    bool here = periods_cover(&service->grassroots, reading->cutoff, reading->cutoff + 1);
    put_counted(reading, "grassroots_months", &service->grassroots, &service->grassroots_away);
    put_recent(reading, &service->grassroots);
    titled_fact_set(&reading->found, "at_grassroots", json_boolean(here), "截止日%s%s",
                    here ? "在" : "不在", reading->series->post_words);
    put_hardship(reading, service);
    put_seconded(reading);
}

/* --- problems of employment ----------------------------------------------------------------------
 */

void check_days(struct reading *reading, const char *section, const json_t *item, int index)
{
    int start = answer_day(item, "start"), end = answer_day(item, "end");
    if (start == DAY_NONE)
        return;
    if (end != DAY_NONE && end < start)
        titled_problem(&reading->found, section, index, "end", "end_before_start", true,
                       "结束日期早于开始日期");
    if (start > reading->cutoff)
        titled_problem(&reading->found, section, index, "start", "after_cutoff", true,
                       "开始日期晚于截止日");
    else if (end != DAY_NONE && end > reading->cutoff)
        titled_problem(&reading->found, section, index, "end", "after_cutoff", false,
                       "结束日期晚于截止日，只计算到截止日；现仍在岗的请不填结束日期");
    if (reading->birth != DAY_NONE && start < day_add_months(reading->birth, WORKING_AGE * 12))
        titled_problem(&reading->found, section, index, "start", "too_young", true,
                       "开始日期早于年满 %d 周岁", WORKING_AGE);
}

/* Overlaps of two entries: in order, unless one of them is a secondment beside the main post. */
static void check_overlaps(struct reading *reading, const json_t *jobs, size_t at)
{
    struct period span, other;
    const json_t *job = json_array_get(jobs, at);
    if (!served(reading, job, &span))
        return;
    for (size_t i = 0; i < at; i++) {
        const json_t *earlier = json_array_get(jobs, i);
        if (!served(reading, earlier, &other) || flag(job, "seconded") || flag(earlier, "seconded"))
            continue;
        if (span.start < other.end && other.start < span.end)
            titled_problem(&reading->found, "employment", (int)at, "start", "overlap", false,
                           "与第 %zu 段工作经历时间重叠，重叠的时间只计算一次", i + 1);
    }
}

/* The entry that starts after a gap, by its first day. */
static int job_starting_on(const struct reading *reading, const json_t *jobs, int day)
{
    struct period span;
    for (size_t i = 0; i < json_array_size(jobs); i++) {
        if (served(reading, json_array_get(jobs, i), &span) && span.start == day)
            return (int)i;
    }
    return 0;
}

static void check_gaps(struct reading *reading, const json_t *jobs, const struct periods *all)
{
    for (size_t i = 1; i < all->count; i++) {
        int months = months_between(all->list[i - 1].end, all->list[i].start);
        if (months < reading->series->gap_months)
            continue;
        titled_problem(&reading->found, "employment",
                       job_starting_on(reading, jobs, all->list[i].start), "start", "gap", false,
                       "此前有 %d 个月没有工作经历，请补填或在工作总结中说明", months);
    }
    if (all->count && all->list[all->count - 1].end != reading->cutoff + 1)
        titled_problem(&reading->found, "employment", (int)json_array_size(jobs) - 1, "end",
                       "not_in_service", false,
                       "最后一段工作经历在截止日前已结束；现仍在岗的请不填结束日期");
}

void read_employment(struct reading *reading, struct service *ret_service)
{
    struct service *service = ret_service;
    const json_t *jobs = section_of(reading, "employment");
    *service = (struct service){.all = {.count = 0}};
    for (size_t i = 0; i < json_array_size(jobs); i++) {
        const json_t *job = json_array_get(jobs, i);
        check_days(reading, "employment", job, (int)i);
        check_overlaps(reading, jobs, i);
        add_job(reading, service, job, (int)i);
    }
    struct periods *lists[] = {
        &service->all,          &service->practice,        &service->held,
        &service->grassroots,   &service->grassroots_away, &service->hardship,
        &service->hardship_away};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        periods_merge(lists[i]);
    check_gaps(reading, jobs, &service->all);
    if (json_array_size(jobs))
        put_service(reading, service);
}

struct periods read_periods(struct reading *reading, const char *section, const char *fact)
{
    struct periods periods = {.count = 0};
    const json_t *items = section_of(reading, section);
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        struct period span;
        check_days(reading, section, item, (int)i);
        if (!served(reading, item, &span))
            continue;
        periods_add(&periods, span.start, span.end);
        titled_fact_source(&reading->found, fact, section, (int)i);
    }
    periods_merge(&periods);
    return periods;
}
