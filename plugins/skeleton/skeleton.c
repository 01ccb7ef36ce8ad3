/* skeleton.c - the series plugin: what a dossier contains (form.json) and the facts that follow
 * from it. No points here: those are scripts/skeleton/<level>.rb. README.md beside this file says
 * how to build, check and install it.
 *
 * Everything depends on the arguments alone. No clock: the day that counts is cutoff_date. */
#include <titled/dates.h>
#include <titled/embed.h>
#include <titled/facts.h>
#include <titled/plugin.h>

TITLED_EMBED(form, "form.json");

/* Facts carry the words of the standard, forms carry ids. */
struct word {
    const char *id, *word;
};

/* From the lowest degree to the highest. */
static const struct word degrees[] = {{"secondary", "中专"},    {"college", "大专"},
                                      {"bachelor", "本科"},     {"master", "硕士研究生"},
                                      {"doctor", "博士研究生"}, {NULL, NULL}};
static const struct word levels[] = {
    {"province", "省部级"}, {"city", "地市级"}, {"county", "县区级"}, {NULL, NULL}};
static const struct word grades[] = {
    {"excellent", "优秀"}, {"qualified", "合格"}, {"failed", "不合格"}, {NULL, NULL}};

/* The place of an id in a list, -1 when it is none of them: a plugin meets drafts, too. */
static int place_of(const struct word *words, const char *id)
{
    for (int i = 0; words[i].id; i++)
        if (!strcmp(words[i].id, id))
            return i;
    return -1;
}

/* --- facts ------------------------------------------------------------------------------------ */

/* Months in the profession up to the cut-off date; time that overlaps counts once. */
static void put_service(struct titled_facts *found, const json_t *dossier, int cutoff)
{
    const json_t *posts = titled_section(dossier, "employment");
    struct periods served = {.count = 0};
    for (size_t i = 0; i < json_array_size(posts); i++) {
        const json_t *post = json_array_get(posts, i);
        int start = day_parse(titled_text(post, "start")),
            end = day_parse(titled_text(post, "end"));
        if (start == DAY_NONE)
            continue;
        if (end != DAY_NONE && end < start)
            titled_problem(found, "employment", (int)i, "end", "end_before_start", true,
                           "结束日期早于开始日期");
        if (!json_is_true(json_object_get(post, "professional")))
            continue;
        periods_add(&served, start, end == DAY_NONE || end > cutoff ? cutoff + 1 : end + 1);
        titled_fact_source(found, "service_months", "employment", (int)i);
    }
    if (json_array_size(posts) == 0)
        return; /* nothing given yet: the value stays null */
    periods_merge(&served);
    int months = periods_months(&served);
    titled_fact_set(found, "service_months", json_integer(months), "%d 年 %d 个月", months / 12,
                    months % 12);
}

static void put_education(struct titled_facts *found, const json_t *dossier, int cutoff)
{
    const json_t *entries = titled_section(dossier, "education");
    int best = -1, source = -1;
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        int degree = place_of(degrees, titled_text(entry, "degree"));
        int date = day_parse(titled_text(entry, "date"));
        if (degree <= best || date == DAY_NONE || date > cutoff)
            continue;
        best = degree;
        source = (int)i;
    }
    if (best < 0)
        return;
    titled_fact_set(found, "education", json_string(degrees[best].word), "%s", degrees[best].word);
    titled_fact_source(found, "education", "education", source);
}

/* [{"name", "level", "date"}], without what came after the cut-off date. */
static void put_honours(struct titled_facts *found, const json_t *dossier, int cutoff)
{
    const json_t *entries = titled_section(dossier, "honours");
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        int level = place_of(levels, titled_text(entry, "level"));
        int date = day_parse(titled_text(entry, "date"));
        if (level < 0 || date == DAY_NONE || date > cutoff)
            continue;
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", titled_text(entry, "name"),
                                              "level", levels[level].word, "date",
                                              titled_text(entry, "date")));
        titled_fact_source(found, "honours", "honours", (int)i);
    }
    titled_fact_set(found, "honours", list, "共 %zu 项", json_array_size(list));
}

static void put_grade(struct titled_facts *found, const json_t *dossier)
{
    int grade = place_of(grades, titled_text(titled_section(dossier, "assessment"), "grade"));
    if (grade < 0)
        return; /* the unit has not given it */
    titled_fact_set(found, "annual_grade", json_string(grades[grade].word), "%s",
                    grades[grade].word);
    titled_fact_source(found, "annual_grade", "assessment", -1);
}

static json_t *facts(const struct titled_host *host, const json_t *dossier)
{
    struct titled_facts found;
    int cutoff = day_parse(titled_text(dossier, "cutoff_date"));
    if (cutoff == DAY_NONE) {
        host->fail(host, "the dossier has no cutoff_date as YYYY-MM-DD");
        return NULL;
    }
    if (!titled_facts_begin(&found, form, form_size()))
        return NULL;
    put_service(&found, dossier, cutoff);
    put_education(&found, dossier, cutoff);
    put_honours(&found, dossier, cutoff);
    put_grade(&found, dossier);
    return titled_facts_end(&found);
}

/* --- gates and form --------------------------------------------------------------------------- */

/* What must hold to apply at all. Minimum years of a level are conditions of its standard. */
static json_t *gates(const struct titled_host *host, const json_t *dossier, const json_t *found)
{
    int in_service =
        json_is_true(json_object_get(json_object_get(dossier, "person"), "in_service"));
    (void)host;
    (void)found;
    return json_pack("[{s:s, s:s, s:b, s:s, s:s, s:s}]", "id", "in_service", "name", "在职在岗",
                     "met", in_service, "because", in_service ? "在职" : "不在职", "basis",
                     "《职称评审管理暂行规定》（人社部令第40号）第十三条", "blocks", "submit");
}

static json_t *describe(const struct titled_host *host)
{
    json_error_t error;
    json_t *descriptor = json_loadb(form, form_size(), JSON_REJECT_DUPLICATES, &error);
    if (!descriptor)
        host->fail(host, error.text);
    return descriptor;
}

static const struct titled_plugin plugin = {
    .struct_size = sizeof(struct titled_plugin),
    .abi_major = TITLED_PLUGIN_ABI_MAJOR,
    .abi_minor = TITLED_PLUGIN_ABI_MINOR,
    .id = "skeleton",
    .version = "0.1.0", /* as in form.json */
    .describe = describe,
    .facts = facts,
    .gates = gates,
};

TITLED_PLUGIN_EXPORT(plugin);
