/* sample.c - the smallest complete series plugin. README.md beside it walks through it.
 *
 * It counts the months of work up to the cut-off date and passes the unit's grade on. Two facts,
 * one gate, no points: those are scripts/sample/junior.rb. */
#include <titled/embed.h>
#include <titled/plugin.h>

#include <stdio.h>
#include <string.h>

TITLED_EMBED(form, "form.json");

static json_t *describe(const struct titled_host *host)
{
    json_error_t error;
    json_t *descriptor = json_loadb(form, form_size(), 0, &error);
    if (!descriptor)
        host->fail(host, error.text);
    return descriptor;
}

/* Months since year 0, days ignored; -1 when `date` is no date. */
static int month_of(const json_t *date)
{
    int year, month;
    const char *text = json_string_value(date);
    return text && sscanf(text, "%4d-%2d", &year, &month) == 2 ? year * 12 + month - 1 : -1;
}

static json_t *problem(const char *section, size_t index, const char *field, const char *code,
                       const char *message)
{
    char path[64];
    snprintf(path, sizeof(path), "%s.%zu.%s", section, index, field);
    return json_pack("{s:s, s:s, s:s, s:b}", "field", path, "code", code, "message", message,
                     "blocks", 1);
}

static int count_months(const json_t *dossier, json_t *problems, json_t *sources)
{
    const json_t *posts = json_object_get(json_object_get(dossier, "content"), "employment"), *post;
    int cutoff = month_of(json_object_get(dossier, "cutoff_date")), months = 0;
    size_t i;
    json_array_foreach(posts, i, post)
    {
        int start = month_of(json_object_get(post, "start")),
            end = month_of(json_object_get(post, "end"));
        char source[32];
        if (end < 0 || end > cutoff)
            end = cutoff;
        if (start < 0 || start > end) {
            json_array_append_new(problems, problem("employment", i, "start", "order",
                                                    "开始日期晚于结束日期或截止日"));
            continue;
        }
        months += end - start;
        snprintf(source, sizeof(source), "employment.%zu", i);
        json_array_append_new(sources, json_string(source));
    }
    return months;
}

/* Facts carry the words of the standard, forms carry ids. NULL while the unit has given no grade.
 */
static const char *grade_of(const json_t *dossier)
{
    const json_t *assessment =
        json_object_get(json_object_get(dossier, "assessments"), "assessment");
    const char *grade = json_string_value(json_object_get(assessment, "grade"));
    if (!grade)
        return NULL;
    return !strcmp(grade, "excellent") ? "优秀" : "合格";
}

static json_t *facts(const struct titled_host *host, const json_t *dossier)
{
    (void)host;
    json_t *problems = json_array(), *sources = json_array();
    const char *grade = grade_of(dossier);
    int months = count_months(dossier, problems, sources);
    char because[80];
    snprintf(because, sizeof(because), "%zu 段经历共 %d 个月", json_array_size(sources), months);
    return json_pack("{s:{s:{s:i, s:s, s:s, s:s, s:o}, s:{s:s?, s:s, s:s, s:s, s:[s]}}, s:o}",
                     "facts", "work_months", "value", months, "name", "从事本专业工作时间", "unit",
                     "月", "because", because, "sources", sources, "grade", "value", grade, "name",
                     "单位考核", "because", grade ? "单位填写" : "待单位填写", "by", "unit",
                     "sources", "assessment", "problems", problems);
}

static json_t *gates(const struct titled_host *host, const json_t *dossier, const json_t *found)
{
    (void)host;
    (void)found;
    int in_service =
        json_is_true(json_object_get(json_object_get(dossier, "person"), "in_service"));
    return json_pack("[{s:s, s:s, s:b, s:s, s:s, s:s}]", "id", "in_service", "name", "在职在岗",
                     "met", in_service, "because", in_service ? "在职" : "不在职", "basis",
                     "示例规定第一条", "blocks", "submit");
}

static const struct titled_plugin plugin = {
    .struct_size = sizeof(struct titled_plugin),
    .abi_major = TITLED_PLUGIN_ABI_MAJOR,
    .abi_minor = TITLED_PLUGIN_ABI_MINOR,
    .id = "sample",
    .version = "1.0.0",
    .describe = describe,
    .facts = facts,
    .gates = gates,
};

TITLED_PLUGIN_EXPORT(plugin);
