/* tenure.c - the present title and the years in it. 聘任年限可累计计算 (实施方案三): appointments
 * at the title's level count together on both ladders, each day once. They are the one the
 * applicant states as present, earlier ones that he declares, and those that the server has on
 * record. A record of the present appointment goes before what is stated of it: it knows when the
 * title was suspended. Who left the profession was not appointed while away. */
#include "reading.h"

enum { PART_TEXT = 128, PARTS_TEXT = 1024 };

struct appointment {
    int start, end; /* [start, end) */
    const char *track;
    bool recorded;
};

struct ladders {
    struct appointment list[PERIODS_MAX];
    size_t count;
};

static void check_title(struct reading *reading, const json_t *title)
{
    int obtained = answer_day(title, "obtained"), appointed = answer_day(title, "appointed");
    if (!*titled_text(title, "track"))
        titled_problem(&reading->found, "current_title", -1, "track", "required", true,
                       "已有职称的必须选择取得方式");
    if (obtained == DAY_NONE)
        titled_problem(&reading->found, "current_title", -1, "obtained", "required", true,
                       "已有职称的必须填写取得日期");
    if (appointed == DAY_NONE)
        titled_problem(&reading->found, "current_title", -1, "appointed", "required", true,
                       "已有职称的必须填写聘任日期");
    else if (obtained != DAY_NONE && appointed < obtained)
        titled_problem(&reading->found, "current_title", -1, "appointed",
                       "appointed_before_obtained", true, "聘任日期早于取得日期");
    if (appointed != DAY_NONE && appointed > reading->cutoff)
        titled_problem(&reading->found, "current_title", -1, "appointed", "after_cutoff", true,
                       "聘任日期晚于截止日");
}

/* --- the appointments ----------------------------------------------------------------------------
 */

/* In order of their first day; nothing after the cut-off date. */
static void add(const struct reading *reading, struct ladders *ladders,
                struct appointment appointment)
{
    int limit = reading->cutoff + 1;
    if (appointment.end > limit)
        appointment.end = limit;
    if (appointment.start == DAY_NONE || appointment.start >= appointment.end ||
        ladders->count == PERIODS_MAX)
        return;
    size_t at = ladders->count++;
    for (; at > 0 && ladders->list[at - 1].start > appointment.start; at--)
        ladders->list[at] = ladders->list[at - 1];
    ladders->list[at] = appointment;
}

/* Those on record at this level; an open one has no "until". */
static void add_recorded(const struct reading *reading, struct ladders *ladders, const char *level)
{
    const char *rung = word_of(reading->series, "rung", level);
    const json_t *records = json_object_get(reading->dossier, "appointments"), *record;
    for (size_t i = 0; i < json_array_size(records); i++) {
        record = json_array_get(records, i);
        int until = answer_day(record, "until");
        if (strcmp(titled_text(record, "level"), *rung ? rung : level) != 0)
            continue;
        add(reading, ladders,
            (struct appointment){answer_day(record, "from"),
                                 until == DAY_NONE ? reading->cutoff + 1 : until + 1,
                                 titled_text(record, "track"), true});
    }
}

/* The present appointment as stated, unless one of its ladder is on record within its time. */
static void add_stated(struct reading *reading, struct ladders *ladders, const json_t *title)
{
    const char *track = titled_text(title, "track");
    int start = answer_day(title, "appointed"), first = DAY_NONE;
    if (start == DAY_NONE)
        return;
    for (size_t i = 0; i < ladders->count && first == DAY_NONE; i++)
        if (ladders->list[i].end > start && !strcmp(ladders->list[i].track, track))
            first = ladders->list[i].start;
    if (first == DAY_NONE) {
        add(reading, ladders, (struct appointment){start, reading->cutoff + 1, track, false});
    } else if (first != start) {
        char day[DAY_TEXT];
        day_format(first, day);
        titled_problem(&reading->found, "current_title", -1, "appointed", "not_as_recorded", false,
                       "系统记录的聘任自 %s 起，任现职时间按记录计算；此前同层级的聘任请填入“同层级"
                       "其他聘任经历”，记录有误的请联系单位",
                       day);
    }
}

static void add_declared(struct reading *reading, struct ladders *ladders)
{
    const json_t *items = section_of(reading, "same_level_appointments");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        struct period span;
        check_days(reading, "same_level_appointments", item, (int)i);
        if (answer_day(item, "end") == DAY_NONE || !served(reading, item, &span))
            continue;
        add(reading, ladders,
            (struct appointment){span.start, span.end, titled_text(item, "track"), false});
        titled_fact_source(&reading->found, "tenure_months", "same_level_appointments", (int)i);
    }
}

/* --- the sum -------------------------------------------------------------------------------------
 */

/* "定向 2020-09-01 至 2022-10-31（26 个月）" */
static void say_part(const struct reading *reading, const struct appointment *one,
                     char text[PART_TEXT])
{
    char from[DAY_TEXT], until[DAY_TEXT], days[32] = "";
    int months = months_between(one->start, one->end);
    int left = one->end - day_add_months(one->start, months);
    const char *ladder = word_of(reading->series, "ladder", one->track);
    day_format(one->start, from);
    day_format(one->end - 1, until);
    if (left)
        snprintf(days, sizeof(days), "零 %d 天", left);
    bool open = one->end == reading->cutoff + 1;
    snprintf(text, PART_TEXT, "%s %s%s%s（%d 个月%s）", *ladder ? ladder : "现职称", from,
             open ? " 起" : " 至 ", open ? "" : until, months, days);
}

static void say_parts(const struct reading *reading, const struct ladders *ladders,
                      char text[PARTS_TEXT])
{
    size_t length = 0;
    for (size_t i = 0; i < ladders->count; i++) {
        char part[PART_TEXT];
        say_part(reading, &ladders->list[i], part);
        size_t more = strlen(part) + sizeof("、");
        if (length + more + sizeof("等") > PARTS_TEXT) {
            memcpy(text + length, "等", sizeof("等"));
            return;
        }
        length += (size_t)snprintf(text + length, PARTS_TEXT - length, "%s%s", i ? "、" : "", part);
    }
}

static void put_one(struct reading *reading, const struct appointment *one, int months, int away)
{
    char since[DAY_TEXT];
    const char *record = one->recorded ? "系统记录 " : "";
    day_format(one->start, since);
    if (away)
        titled_fact_set(&reading->found, "tenure_months", json_integer(months),
                        "%s%s 聘任，至截止日在岗 %d 年 %d 个月（另有 %d 个月不在专业岗位，不计算）",
                        record, since, months / 12, months % 12, away);
    else
        titled_fact_set(&reading->found, "tenure_months", json_integer(months),
                        "%s%s 聘任，至截止日 %d 年 %d 个月", record, since, months / 12,
                        months % 12);
}

static void put_sum(struct reading *reading, const struct ladders *ladders, int months, int away,
                    bool overlap)
{
    char parts[PARTS_TEXT] = "", gone[64] = "";
    say_parts(reading, ladders, parts);
    if (away)
        snprintf(gone, sizeof(gone), "；另有 %d 个月不在专业岗位，不计算", away);
    titled_fact_set(&reading->found, "tenure_months", json_integer(months),
                    "同层级聘任合计 %d 年 %d 个月：%s%s%s", months / 12, months % 12, parts,
                    overlap ? "；重叠的时间只计一次" : "", gone);
}

static int days_of(const struct periods *periods)
{
    int days = 0;
    for (size_t i = 0; i < periods->count; i++)
        days += periods->list[i].end - periods->list[i].start;
    return days;
}

static void put_tenure(struct reading *reading, struct service *service,
                       const struct ladders *ladders)
{
    struct periods all = {.count = 0};
    for (size_t i = 0; i < ladders->count; i++)
        periods_add(&all, ladders->list[i].start, ladders->list[i].end);
    int sum = days_of(&all);
    periods_merge(&all);
    struct periods out = {.count = 0};
    if (service->all.count)
        out = periods_without(&all, &service->held);
    service->tenure = periods_without(&all, &out);
    int months = periods_months(&service->tenure), away = periods_months(&all) - months;
    if (ladders->count == 1 && ladders->list[0].end == reading->cutoff + 1)
        put_one(reading, &ladders->list[0], months, away);
    else
        put_sum(reading, ladders, months, away, sum > days_of(&all));
}

void read_title(struct reading *reading, struct service *service)
{
    const json_t *title = section_of(reading, "current_title");
    const char *level = titled_text(title, "level"),
               *word = word_of(reading->series, "title", level);
    if (!*word)
        return;
    titled_fact_set(&reading->found, "current_title", json_string(word), "%s", word);
    titled_fact_source(&reading->found, "current_title", "current_title", -1);
    titled_fact_source(&reading->found, "tenure_months", "current_title", -1);
    if (!strcmp(level, "none")) {
        int months = periods_months(&service->practice);
        titled_fact_set(&reading->found, "tenure_months", json_integer(months),
                        "没有职称，按%s %d 年 %d 个月计算", reading->series->practice_words,
                        months / 12, months % 12);
        if (json_array_size(section_of(reading, "same_level_appointments")))
            titled_problem(&reading->found, "same_level_appointments", 0, "start", "no_title", true,
                           "现任职称为“无”的，没有同层级聘任经历");
        return;
    }
    check_title(reading, title);
    if (answer_day(title, "appointed") == DAY_NONE)
        return;
    titled_fact_set(&reading->found, "title_since", json_string(titled_text(title, "appointed")),
                    "%s 聘任", titled_text(title, "appointed"));
    titled_fact_source(&reading->found, "title_since", "current_title", -1);
    struct ladders ladders = {.count = 0};
    add_recorded(reading, &ladders, level);
    add_stated(reading, &ladders, title);
    add_declared(reading, &ladders);
    put_tenure(reading, service, &ladders);
}
