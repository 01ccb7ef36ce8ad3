/* reading.c - see reading.h: the frame of an answer, and the words of options that all forms share.
 */
#include "reading.h"

#include <assert.h>
#include <stdarg.h>

static const struct word_row common_words[] = {
    {"degree", "doctor", "博士研究生"},
    {"degree", "master", "硕士研究生"},
    {"degree", "bachelor", "本科"},
    {"degree", "college", "大专"},
    {"degree", "secondary", "中专"},
    {"degree", "high_school", "高中"},
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
    {"honour_level", "national", "国家级"},
    {"honour_level", "province", "省部级"},
    {"honour_level", "city", "地市级"},
    {"honour_level", "county", "县区级"},
    {"honour_level", "township", "乡镇级"},
    {"exam", "passed", "达到合格标准"},
    {"exam", "exempt", "按规定免试"},
    {"exam", "not_passed", "未达到合格标准"},
    {"study", "full_time", "全日制"},
    {"study", "part_time", "非全日制"},
    {"tier", "village", "村庄"},
    {"tier", "township", "乡镇"},
    {"tier", "agri_street", "涉农街道"},
    {"tier", "none", "城区及其他"},
    {NULL, NULL, NULL},
};

static const char *find_word(const struct word_row *row, const char *kind, const char *value)
{
    for (; row->kind; row++) {
        if (!strcmp(row->kind, kind) && !strcmp(row->value, value))
            return row->word;
    }
    return "";
}

const char *word_of(const struct series *series, const char *kind, const char *value)
{
    const char *word = find_word(series->words, kind, value);
    return *word ? word : find_word(common_words, kind, value);
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

bool flag(const json_t *object, const char *field)
{
    return json_is_true(json_object_get(object, field));
}

const json_t *section_of(const struct reading *reading, const char *section)
{
    return json_object_get(reading->content, section);
}

/* Where the unit is in the register's words: reference lines and tie-breaks may depend on it.
 * Without its name: a standard may quote the sentence to who judges blindly. */
static void put_unit_tier(struct reading *reading)
{
    const json_t *unit = json_object_get(reading->dossier, "unit");
    const char *word = find_word(common_words, "tier", answer(unit, "grassroots"));
    if (*word)
        put_fact(reading, "unit_tier", json_string(word), "单位登记：%s", word);
}

/* What every series knows of the day and the person. */
static void put_days(struct reading *reading)
{
    char cutoff[DAY_TEXT];
    day_format(reading->cutoff, cutoff);
    put_fact(reading, "cutoff_date", json_string(cutoff), "各项年限和成果计算到 %s", cutoff);
    put_fact(reading, "last_full_year", json_integer(reading->last_full_year),
             "截止日 %s，最近一个完整年度为 %d 年", cutoff, reading->last_full_year);
    if (reading->birth == DAY_NONE)
        return;
    int age = months_between(reading->birth, reading->cutoff) / 12;
    put_fact(reading, "age", json_integer(age), "截止日满 %d 周岁", age);
}

bool reading_init(struct reading *reading, const struct series *series, const json_t *dossier)
{
    int cutoff = answer_day(dossier, "cutoff_date");
    if (cutoff == DAY_NONE)
        return false;
    struct ymd date = ymd_of(cutoff);
    bool year_is_over = date.month == 12 && date.day == 31;
    *reading = (struct reading){
        .series = series,
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
    for (const struct fact_row *row = series->facts; row->id; row++)
        json_object_set_new(reading->facts, row->id,
                            json_pack("{sn ss ss ss ss s[]}", "value", "name", row->name, "unit",
                                      row->unit, "by", row->by, "because", "", "sources"));
    put_days(reading);
    put_unit_tier(reading);
    return true;
}

json_t *reading_answer(struct reading *reading)
{
    return json_pack("{so so}", "facts", reading->facts, "problems", reading->problems);
}

void put_fact(struct reading *reading, const char *fact, json_t *value, const char *because, ...)
{
    json_t *entry = json_object_get(reading->facts, fact);
    va_list args;
    assert(entry); /* a fact that the series does not list */
    va_start(args, because);
    json_object_set_new(entry, "value", value ? value : json_null());
    json_object_set_new(entry, "because", json_vsprintf(because, args));
    va_end(args);
}

void put_source(struct reading *reading, const char *fact, const char *section, int index)
{
    json_t *sources = json_object_get(json_object_get(reading->facts, fact), "sources");
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
