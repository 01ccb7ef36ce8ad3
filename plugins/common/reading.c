/* reading.c - see reading.h: what every answer begins with, and the words of options that all forms
 * share. */
#include "reading.h"

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
    {"track", "directed", "定向评价职称"},
    {"track", "general", "自治区通用职称"},
    {"ladder", "directed", "定向"},
    {"ladder", "general", "通用"},
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
    const char *word = find_word(common_words, "tier", titled_text(unit, "grassroots"));
    if (*word)
        titled_fact_set(&reading->found, "unit_tier", json_string(word), "单位登记：%s", word);
}

/* For standards that take dossiers of both tracks. */
static void put_track(struct reading *reading)
{
    const char *word = find_word(common_words, "track", titled_text(reading->dossier, "track"));
    if (*word)
        titled_fact_set(&reading->found, "track", json_string(word), "申报%s", word);
}

/* What every series knows of the day and the person. */
static void put_days(struct reading *reading)
{
    char cutoff[DAY_TEXT];
    day_format(reading->cutoff, cutoff);
    titled_fact_set(&reading->found, "cutoff_date", json_string(cutoff), "各项年限和成果计算到 %s",
                    cutoff);
    titled_fact_set(&reading->found, "last_full_year", json_integer(reading->last_full_year),
                    "截止日 %s，最近一个完整年度为 %d 年", cutoff, reading->last_full_year);
    if (reading->birth == DAY_NONE)
        return;
    int age = months_between(reading->birth, reading->cutoff) / 12;
    titled_fact_set(&reading->found, "age", json_integer(age), "截止日满 %d 周岁", age);
}

/* Every fact of form.json without a value. It never changes, so the file is read once: reading it
 * takes ten times as long as a dossier. */
static bool begin_facts(struct titled_facts *found, const char *form, size_t size)
{
    static json_t *blank;
    if (!blank) {
        if (!titled_facts_begin(found, form, size))
            return false;
        json_decref(found->problems);
        blank = found->facts;
    }
    *found = (struct titled_facts){json_deep_copy(blank), json_array()};
    return true;
}

bool reading_init(struct reading *reading, const struct series *series, const char *form,
                  size_t size, const json_t *dossier)
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
        .level = titled_text(dossier, "level"),
    };
    if (!begin_facts(&reading->found, form, size))
        return false;
    put_days(reading);
    put_track(reading);
    put_unit_tier(reading);
    return true;
}

json_t *reading_answer(struct reading *reading)
{
    return titled_facts_end(&reading->found);
}
