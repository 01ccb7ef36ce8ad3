/* facts.c - see facts.h: the frame of an answer, and the words of form.json's options. */
#include "facts.h"

#include <stdarg.h>

static const struct {
    const char *name, *words, *unit, *by;
} facts[FACT_COUNT] = {
#define X(id, name, words, unit, by) [FACT_##id] = {name, words, unit, by},
    TEACHER_FACTS(X)
#undef X
};

/* kind, value, word: the options of form.json whose words facts carry. */
static const char *const words[][3] = {
    {"degree", "doctor", "博士研究生"},
    {"degree", "master", "硕士研究生"},
    {"degree", "bachelor", "本科"},
    {"degree", "college", "大专"},
    {"degree", "secondary", "中专"},
    {"degree", "high_school", "高中"},
    {"licence", "kindergarten", "幼儿园教师资格"},
    {"licence", "primary", "小学教师资格"},
    {"licence", "junior_middle", "初级中学教师资格"},
    {"licence", "senior_middle", "高级中学教师资格"},
    {"licence", "vocational", "中等职业学校教师资格"},
    {"title", "none", "无"},
    {"title", "assistant", "三级教师（员级）"},
    {"title", "junior", "二级教师（初级）"},
    {"title", "intermediate", "一级教师（中级）"},
    {"title", "senior", "高级教师（副高级）"},
    {"grade", "excellent", "优秀"},
    {"grade", "good", "良好"},
    {"grade", "qualified", "合格"},
    {"grade", "basic", "基本合格"},
    {"grade", "failed", "不合格"},
    {"grade", "ungraded", "不定等次"},
    {"district", "excellent", "优"},
    {"district", "good", "良"},
    {"district", "fair", "中"},
    {"district", "poor", "差"},
    {"workload", "over", "超工作量20%以上"},
    {"workload", "met", "达标"},
    {"workload", "below", "未达标"},
    {"honour_level", "national", "国家级"},
    {"honour_level", "province", "省部级"},
    {"honour_level", "city", "地市级"},
    {"honour_level", "county", "县区级"},
    {"honour_level", "township", "乡镇级"},
    {"honour_level", "school", "校级"},
    {"honour_kind", "general", "综合荣誉"},
    {"honour_kind", "ethics", "师德表彰"},
    {"honour_kind", "unity", "民族团结表彰"},
    {"honour_kind", "village", "驻村工作表彰"},
    {"lesson_level", "province", "省级"},
    {"lesson_level", "city", "地市级"},
    {"lesson_level", "county", "县区级"},
    {"lesson_level", "school", "校级（学区）"},
    {"lesson_kind", "open", "公开课"},
    {"lesson_kind", "demonstration", "示范课"},
    {"lesson_kind", "quality", "优质课"},
    {"research_kind", "project", "课题"},
    {"research_kind", "paper", "论文"},
    {"research_kind", "case", "教学案例"},
    {"research_kind", "course", "校本课程"},
    {"research_kind", "plan", "教案"},
    {"research_level", "core", "核心期刊"},
    {"research_level", "province", "省级"},
    {"research_level", "city", "地市级"},
    {"research_level", "county", "县区级"},
    {"research_level", "school", "校级"},
    {"research_role", "first", "主持或第一作者"},
    {"research_role", "second", "第二作者"},
    {"research_role", "participant", "参与或其他作者"},
    {"exam", "passed", "达到合格标准"},
    {"exam", "exempt", "按规定免试"},
    {"exam", "not_passed", "未达到合格标准"},
};

const char *word_of(const char *kind, const char *value)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!strcmp(words[i][0], kind) && !strcmp(words[i][1], value))
            return words[i][2];
    }
    return "";
}

const char *answer(const json_t *object, const char *field)
{
    const char *text = json_string_value(json_object_get(object, field));
    return text ? text : "";
}

int answer_day(const json_t *object, const char *field)
{
    return day_parse(json_string_value(json_object_get(object, field)));
}

const json_t *section_of(const struct reading *reading, const char *section)
{
    return json_object_get(reading->content, section);
}

bool reading_init(struct reading *reading, const json_t *dossier)
{
    int cutoff = answer_day(dossier, "cutoff_date");
    if (cutoff == DAY_NONE)
        return false;
    struct ymd date = ymd_of(cutoff);
    bool year_is_over = date.month == 12 && date.day == 31;
    *reading = (struct reading){
        .dossier = dossier,
        .content = json_object_get(dossier, "content"),
        .assessments = json_object_get(dossier, "assessments"),
        .cutoff = cutoff,
        .birth = answer_day(json_object_get(dossier, "person"), "birth_date"),
        .last_full_year = year_is_over ? date.year : date.year - 1,
        .level = answer(dossier, "level"),
        .facts = json_object(),
        .problems = json_array(),
    };
    for (int i = 0; i < FACT_COUNT; i++) {
        json_t *fact = json_pack("{sn ss ss ss ss s[]}", "value", "name", facts[i].words, "unit",
                                 facts[i].unit, "by", facts[i].by, "because", "", "sources");
        json_object_set_new(reading->facts, facts[i].name, fact);
    }
    return true;
}

void put_fact(struct reading *reading, enum fact fact, json_t *value, const char *because, ...)
{
    json_t *entry = json_object_get(reading->facts, facts[fact].name);
    va_list args;
    va_start(args, because);
    json_object_set_new(entry, "value", value ? value : json_null());
    json_object_set_new(entry, "because", json_vsprintf(because, args));
    va_end(args);
}

void put_source(struct reading *reading, enum fact fact, const char *section, int index)
{
    json_t *sources = json_object_get(json_object_get(reading->facts, facts[fact].name), "sources");
    json_array_append_new(sources,
                          index < 0 ? json_string(section) : json_sprintf("%s.%d", section, index));
}

void put_problem(struct reading *reading, const char *section, int index, const char *field,
                 const char *code, bool blocks, const char *message, ...)
{
    va_list args;
    va_start(args, message);
    json_t *text = json_vsprintf(message, args);
    va_end(args);
    json_t *place = index < 0 ? json_sprintf("%s.%s", section, field)
                              : json_sprintf("%s.%d.%s", section, index, field);
    json_array_append_new(reading->problems, json_pack("{so ss so sb}", "field", place, "code",
                                                       code, "message", text, "blocks", blocks));
}

json_t *teacher_facts(const json_t *dossier)
{
    struct reading reading;
    if (!reading_init(&reading, dossier))
        return NULL;
    char cutoff[DAY_TEXT];
    day_format(reading.cutoff, cutoff);
    put_fact(&reading, FACT_CUTOFF_DATE, json_string(cutoff), "各项年限和成果计算到 %s", cutoff);
    put_fact(&reading, FACT_LAST_FULL_YEAR, json_integer(reading.last_full_year),
             "截止日 %s，最近一个完整年度为 %d 年", cutoff, reading.last_full_year);
    if (reading.birth != DAY_NONE) {
        int age = months_between(reading.birth, reading.cutoff) / 12;
        put_fact(&reading, FACT_AGE, json_integer(age), "截止日满 %d 周岁", age);
    }
    read_service(&reading);
    read_record(&reading);
    read_assessed(&reading);
    return json_pack("{so so}", "facts", reading.facts, "problems", reading.problems);
}
