/* service.c - time: posts, practice, public health tasks, and the work done in each year since the
 * first appointment at the level of the present title. */
#include "facts.h"

/* Whether the cut-off date falls into a post at a village clinic that was not left on secondment.
 */
static bool at_village(const struct reading *reading)
{
    const json_t *jobs = section_of(reading, "employment");
    for (size_t i = 0; i < json_array_size(jobs); i++) {
        const json_t *job = json_array_get(jobs, i);
        struct period span;
        if (served(reading, job, &span) && health.at_grassroots(job) && !flag(job, "seconded") &&
            !strcmp(titled_text(job, "unit_kind"), "village_clinic") &&
            span.end == reading->cutoff + 1)
            return true;
    }
    return false;
}

static void put_practice(struct reading *reading, const struct periods *practice)
{
    bool village = at_village(reading);
    int months = periods_months(practice);
    if (!json_array_size(section_of(reading, "employment")))
        return;
    titled_fact_set(&reading->found, "at_village", json_boolean(village), "截止日%s村卫生室岗位",
                    village ? "在" : "不在");
    titled_fact_set(&reading->found, "practice_months", json_integer(months),
                    "从事医药护技业务 %d 年 %d 个月", months / 12, months % 12);
}

static void read_public_tasks(struct reading *reading)
{
    struct periods tasks = read_periods(reading, "public_tasks", "public_task_months");
    int months = periods_months(&tasks);
    titled_fact_set(&reading->found, "public_task_months", json_integer(months), "参与 %d 个月",
                    months);
}

/* --- work since the appointment ------------------------------------------------------------------
 */

struct work {
    const struct periods *tenure;
    int from, to; /* full calendar years since the first appointment at that level; at least one */
    int years;    /* how many of them are not away from it; may be none */
    double weeks, quantity;
    const char *measure; /* of the newest year, the others count only when they have the same */
};

/* A year without a day of the tenure after it began: nobody owed work in it. */
static bool is_away(const struct periods *tenure, int year)
{
    int first = day_of((struct ymd){year, 1, 1}), next = day_of((struct ymd){year + 1, 1, 1});
    return first > tenure->list[0].start && !periods_within(tenure, first, next).count;
}

/* The years that count: from the first full one after the first appointment to the last full one.
 */
static bool work_years(const struct reading *reading, const struct periods *tenure,
                       struct work *ret_work)
{
    if (!tenure->count)
        return false;
    struct ymd date = ymd_of(tenure->list[0].start);
    int from = date.month == 1 && date.day == 1 ? date.year : date.year + 1;
    int to = reading->last_full_year;
    *ret_work = (struct work){.tenure = tenure, .from = from < to ? from : to, .to = to};
    for (int year = ret_work->from; year <= to; year++)
        ret_work->years += !is_away(tenure, year);
    return true;
}

static const char *newest_measure(const json_t *items)
{
    json_int_t newest = 0;
    const char *measure = "";
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        json_int_t year = json_integer_value(json_object_get(item, "year"));
        if (year >= newest)
            newest = year, measure = titled_text(item, "measure");
    }
    return measure;
}

static void add_year(struct reading *reading, struct work *work, const json_t *items, size_t at)
{
    const json_t *item = json_array_get(items, at);
    json_int_t year = json_integer_value(json_object_get(item, "year"));
    if (seen_before(items, at, year)) {
        titled_problem(&reading->found, "work_years", (int)at, "year", "twice", true,
                       "%d 年填写了两次", (int)year);
        return;
    }
    if (year > reading->last_full_year)
        titled_problem(&reading->found, "work_years", (int)at, "year", "year_not_over", false,
                       "%d 年到截止日尚未结束，不计算", (int)year);
    if (year < work->from || year > work->to || is_away(work->tenure, (int)year))
        return;
    work->weeks += json_number_value(json_object_get(item, "weeks"));
    titled_fact_source(&reading->found, "weeks_reported", "work_years", (int)at);
    if (strcmp(titled_text(item, "measure"), work->measure) != 0)
        return;
    work->quantity += json_number_value(json_object_get(item, "quantity"));
    titled_fact_source(&reading->found, "workload_average", "work_years", (int)at);
}

/* A year without an entry counts as 0: the average is over all years at the level of the title. */
static void read_work_years(struct reading *reading, const struct periods *tenure)
{
    const json_t *items = section_of(reading, "work_years");
    struct work work;
    if (!json_array_size(items) || !work_years(reading, tenure, &work))
        return;
    work.measure = newest_measure(items);
    for (size_t i = 0; i < json_array_size(items); i++)
        add_year(reading, &work, items, i);
    if (!work.years)
        return;
    double weeks = average(work.weeks, work.years), quantity = average(work.quantity, work.years);
    const char *measure = word_of(&health, "measure", work.measure);
    titled_fact_set(&reading->found, "weeks_reported", json_real(weeks),
                    "%d—%d 年共 %.10g 周，年均 %.10g 周", work.from, work.to, work.weeks, weeks);
    if (*measure)
        titled_fact_set(&reading->found, "workload_average", json_real(quantity),
                        "%s：%d—%d 年年均 %.10g", measure, work.from, work.to, quantity);
}

void read_service(struct reading *reading)
{
    struct service service;
    read_employment(reading, &service);
    put_practice(reading, &service.practice);
    read_title(reading, &service);
    read_public_tasks(reading);
    read_work_years(reading, &service.tenure);
}
