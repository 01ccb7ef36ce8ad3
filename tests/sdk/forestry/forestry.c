/* forestry.c - the series plugin of forestry engineers (林业工程, 林业技术推广): the facts that follow from a
 * dossier. The fourth series, written outside of the server's tree with its installed headers alone. */
#include <titled/dates.h>
#include <titled/embed.h>
#include <titled/facts.h>
#include <titled/plugin.h>

#define TRAINEES_MIN 20 /* a training session counts from this many people on */

TITLED_EMBED(form, "form.json");

struct word {
    const char *id, *word;
};

static const struct word degrees[] = {
    {"secondary", "中专"}, {"college", "大专"}, {"bachelor", "本科"}, {"master", "硕士研究生"}, {NULL, NULL}};
static const struct word titles[] = {{"none", "无"}, {"junior", "助理工程师（初级）"}, {NULL, NULL}};
static const struct word grades[] = {
    {"excellent", "优秀"}, {"good", "良好"}, {"qualified", "合格"}, {"basic", "基本合格"}, {"failed", "不合格"}, {NULL, NULL}};
static const struct word district_grades[] = {
    {"excellent", "优"}, {"good", "良"}, {"fair", "中"}, {"poor", "差"}, {NULL, NULL}};
static const struct word levels[] = {{"province", "省部级"}, {"city", "地市级"}, {"county", "县区级"}, {NULL, NULL}};
static const struct word kinds[] = {
    {"planting", "造林绿化"}, {"pests", "有害生物防治"}, {"understorey", "林下经济"}, {NULL, NULL}};
static const struct word roles[] = {{"lead", "主持"}, {"member", "参与"}, {NULL, NULL}};
static const struct word places[] = {{"station", ""}, {"farm", ""}, {"patrol", ""}, {NULL, NULL}};

static int place_of(const struct word *words, const char *id)
{
    for (int i = 0; words[i].id; i++)
        if (!strcmp(words[i].id, id))
            return i;
    return -1;
}

/* The word for the id that a field holds; NULL when it holds none. */
static const char *word_of(const struct word *words, const json_t *object, const char *field)
{
    int place = place_of(words, titled_text(object, field));
    return place < 0 ? NULL : words[place].word;
}

static int day_in(const json_t *object, const char *field)
{
    return day_parse(titled_text(object, field));
}

static void put_months(struct titled_facts *found, const char *fact, int months)
{
    titled_fact_set(found, fact, json_integer(months), "%d 年 %d 个月", months / 12, months % 12);
}

/* --- time ------------------------------------------------------------------------------------- */

static void read_post(struct titled_facts *found, const json_t *post, int index, int cutoff, struct periods *practice,
                      struct periods *grassroots)
{
    int start = day_in(post, "start"), end = day_in(post, "end");
    if (start == DAY_NONE)
        return;
    if (end != DAY_NONE && end < start)
        titled_problem(found, "employment", index, "end", "end_before_start", true, "结束日期早于开始日期");
    if (start > cutoff)
        titled_problem(found, "employment", index, "start", "after_cutoff", true, "开始日期晚于截止日");
    if (!json_is_true(json_object_get(post, "technical")))
        return;
    int after = end == DAY_NONE || end > cutoff ? cutoff + 1 : end + 1;
    periods_add(practice, start, after);
    titled_fact_source(found, "practice_months", "employment", index);
    if (place_of(places, titled_text(post, "place")) < 0)
        return;
    periods_add(grassroots, start, after);
    titled_fact_source(found, "grassroots_months", "employment", index);
}

static struct periods put_employment(struct titled_facts *found, const json_t *dossier, int cutoff)
{
    const json_t *posts = titled_section(dossier, "employment");
    struct periods practice = {.count = 0}, grassroots = {.count = 0};
    for (size_t i = 0; i < json_array_size(posts); i++)
        read_post(found, json_array_get(posts, i), (int)i, cutoff, &practice, &grassroots);
    periods_merge(&practice);
    periods_merge(&grassroots);
    if (json_array_size(posts) == 0)
        return practice;
    bool here = periods_cover(&grassroots, cutoff, cutoff + 1);
    put_months(found, "practice_months", periods_months(&practice));
    put_months(found, "grassroots_months", periods_months(&grassroots));
    titled_fact_set(found, "at_grassroots", json_boolean(here), "截止日%s基层林业岗位", here ? "在" : "不在");
    return practice;
}

/* Without a title, the time in the profession counts as time in title. */
static void put_title(struct titled_facts *found, const json_t *dossier, int cutoff, const struct periods *practice)
{
    const json_t *title = titled_section(dossier, "current_title");
    const char *word = word_of(titles, title, "level");
    int appointed = day_in(title, "appointed");
    if (!word)
        return;
    titled_fact_set(found, "current_title", json_string(word), "%s", word);
    titled_fact_source(found, "current_title", "current_title", -1);
    if (!strcmp(titled_text(title, "level"), "none"))
        put_months(found, "tenure_months", periods_months(practice));
    else if (appointed == DAY_NONE)
        titled_problem(found, "current_title", -1, "appointed", "required", true, "已有职称的必须填写聘任日期");
    else
        put_months(found, "tenure_months", months_between(appointed, cutoff + 1));
}

/* --- record ----------------------------------------------------------------------------------- */

static void put_education(struct titled_facts *found, const json_t *dossier, int cutoff)
{
    const json_t *entries = titled_section(dossier, "education");
    int best = -1, source = -1;
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        int degree = place_of(degrees, titled_text(entry, "degree")), date = day_in(entry, "date");
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

static void put_assessments(struct titled_facts *found, const json_t *dossier, int cutoff)
{
    const json_t *entries = titled_section(dossier, "annual_assessment");
    struct ymd day = ymd_of(cutoff);
    int last = day.month == 12 && day.day == 31 ? day.year : day.year - 1;
    json_t *years = json_array();
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i), *year = json_object_get(entry, "year");
        const char *grade = word_of(grades, entry, "grade");
        if (!grade || !json_is_integer(year))
            continue;
        json_array_append_new(years, json_pack("{s:O, s:s}", "year", year, "grade", grade));
        titled_fact_source(found, "annual_assessments", "annual_assessment", (int)i);
    }
    titled_fact_set(found, "annual_assessments", years, "共 %zu 个年度", json_array_size(years));
    titled_fact_set(found, "last_full_year", json_integer(last), "最近一个完整年度为 %d 年", last);
}

/* A list fact of a section's items up to the cut-off date; kind and role where the section has them. */
static void put_list(struct titled_facts *found, const json_t *dossier, const char *section, bool has_kind, int cutoff)
{
    const json_t *entries = titled_section(dossier, section);
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        const char *level = word_of(levels, entry, "level"), *kind = word_of(kinds, entry, "kind");
        const char *role = word_of(roles, entry, "role");
        int date = day_in(entry, "date");
        if (!level || date == DAY_NONE || date > cutoff || (has_kind && (!kind || !role)))
            continue;
        json_t *item = json_pack("{s:s, s:s, s:s}", "name", titled_text(entry, "name"), "level", level, "date",
                                 titled_text(entry, "date"));
        if (has_kind) {
            json_object_set_new(item, "kind", json_string(kind));
            json_object_set_new(item, "role", json_string(role));
        }
        json_array_append_new(list, item);
        titled_fact_source(found, section, section, (int)i);
    }
    titled_fact_set(found, section, list, "共 %zu 项", json_array_size(list));
}

static void put_trainings(struct titled_facts *found, const json_t *dossier, int cutoff)
{
    const json_t *entries = titled_section(dossier, "trainings");
    int sessions = 0;
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        int date = day_in(entry, "date");
        if (date == DAY_NONE || date > cutoff ||
            json_integer_value(json_object_get(entry, "people")) < TRAINEES_MIN)
            continue;
        sessions++;
        titled_fact_source(found, "training_sessions", "trainings", (int)i);
    }
    titled_fact_set(found, "training_sessions", json_integer(sessions), "%d 场在 %d 人以上", sessions, TRAINEES_MIN);
}

/* --- what unit and district have given ---------------------------------------------------------- */

static void put_word(struct titled_facts *found, const json_t *dossier, const char *fact, const char *section,
                     const char *field, const struct word *words)
{
    const char *word = word_of(words, titled_section(dossier, section), field);
    if (!word)
        return;
    titled_fact_set(found, fact, json_string(word), "%s", word);
    titled_fact_source(found, fact, section, -1);
}

static void put_number(struct titled_facts *found, const json_t *dossier, const char *fact, const char *unit)
{
    const json_t *value = json_object_get(titled_section(dossier, "unit_appraisal"), fact);
    if (!json_is_number(value))
        return;
    titled_fact_set(found, fact, json_incref((json_t *)value), "单位核实 %.10g %s", json_number_value(value), unit);
    titled_fact_source(found, fact, "unit_appraisal", -1);
}

static void put_given(struct titled_facts *found, const json_t *dossier)
{
    const json_t *sanctioned = json_object_get(titled_section(dossier, "unit_appraisal"), "sanctioned");
    put_word(found, dossier, "political_grade", "unit_appraisal", "political", grades);
    put_word(found, dossier, "district_grade", "district_appraisal", "grade", district_grades);
    put_number(found, dossier, "area_mu", "亩");
    put_number(found, dossier, "survival_percent", "%");
    if (json_is_boolean(sanctioned))
        titled_fact_set(found, "sanctioned", json_incref((json_t *)sanctioned), "%s",
                        json_is_true(sanctioned) ? "处于处分期" : "不在处分期");
}

/* --- the plugin ------------------------------------------------------------------------------- */

static json_t *facts(const struct titled_host *host, const json_t *dossier)
{
    struct titled_facts found;
    int cutoff = day_in(dossier, "cutoff_date");
    if (cutoff == DAY_NONE) {
        host->fail(host, "the dossier has no cutoff_date as YYYY-MM-DD");
        return NULL;
    }
    if (!titled_facts_begin(&found, form, form_size()))
        return NULL;
    struct periods practice = put_employment(&found, dossier, cutoff);
    put_title(&found, dossier, cutoff, &practice);
    put_education(&found, dossier, cutoff);
    put_assessments(&found, dossier, cutoff);
    put_list(&found, dossier, "projects", true, cutoff);
    put_list(&found, dossier, "honours", false, cutoff);
    put_trainings(&found, dossier, cutoff);
    put_given(&found, dossier);
    return titled_facts_end(&found);
}

static json_t *gates(const struct titled_host *host, const json_t *dossier, const json_t *found)
{
    const json_t *post = json_object_get(json_object_get(found, "facts"), "at_grassroots");
    int in_service = json_is_true(json_object_get(json_object_get(dossier, "person"), "in_service"));
    int here = json_is_true(json_object_get(post, "value"));
    (void)host;
    return json_pack("[{s:s, s:s, s:b, s:s, s:s, s:s}, {s:s, s:s, s:b, s:s, s:s, s:s}]", "id", "in_service", "name",
                     "在职在岗", "met", in_service, "because", in_service ? "在职" : "不在职", "basis",
                     "《职称评审管理暂行规定》（人社部令第40号）第十三条", "blocks", "submit", "id", "grassroots_post", "name",
                     "在基层林业岗位", "met", here, "because", here ? "截止日在岗" : "截止日不在岗", "basis", "实施方案 一",
                     "blocks", "submit");
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
    .id = "forestry",
    .version = "1.0.0", /* as in form.json */
    .describe = describe,
    .facts = facts,
    .gates = gates,
};

TITLED_PLUGIN_EXPORT(plugin);
