/* assessed.c - what unit and district have given. A section not given yet leaves its facts at null.
 */
#include "facts.h"

struct word_fact {
    const char *section, *field, *words;
    enum fact fact;
};

struct yesno_fact {
    const char *section, *field;
    enum fact fact;
    const char *yes, *no;
};

static const struct word_fact word_facts[] = {
    {"political_appraisal", "grade", "grade", FACT_POLITICAL_GRADE},
    {"workload_appraisal", "grade", "workload", FACT_WORKLOAD_GRADE},
    {"district_appraisal", "grade", "district", FACT_DISTRICT_GRADE},
};

static const struct yesno_fact yesno_facts[] = {
    {"political_appraisal", "vetting_passed", FACT_POLITICAL_VETTING, "政治审查合格",
     "政治审查不合格"},
    {"conduct", "ethics_failed", FACT_ETHICS_FAILED, "师德考核不合格", "师德考核没有不合格"},
    {"conduct", "sanctioned", FACT_SANCTIONED, "处于处分期", "不在处分期"},
    {"conduct", "violation_found", FACT_VIOLATION_FOUND, "有偿补课、体罚等经查实",
     "未发现有偿补课、体罚"},
    {"conduct", "false_material", FACT_FALSE_MATERIAL, "材料弄虚作假", "未发现弄虚作假"},
};

static void read_words(struct reading *reading)
{
    for (size_t i = 0; i < sizeof(word_facts) / sizeof(word_facts[0]); i++) {
        const struct word_fact *row = &word_facts[i];
        const json_t *given = json_object_get(reading->assessments, row->section);
        const char *word = word_of(row->words, answer(given, row->field));
        if (!*word)
            continue;
        put_fact(reading, row->fact, json_string(word), "%s", word);
        put_source(reading, row->fact, row->section, -1);
    }
}

static void read_yesno(struct reading *reading)
{
    for (size_t i = 0; i < sizeof(yesno_facts) / sizeof(yesno_facts[0]); i++) {
        const struct yesno_fact *row = &yesno_facts[i];
        const json_t *given = json_object_get(reading->assessments, row->section);
        const json_t *value = json_object_get(given, row->field);
        if (!json_is_boolean(value))
            continue;
        bool yes = json_is_true(value);
        put_fact(reading, row->fact, json_boolean(yes), "%s", yes ? row->yes : row->no);
        put_source(reading, row->fact, row->section, -1);
    }
}

static void read_workload_percent(struct reading *reading)
{
    const json_t *given = json_object_get(reading->assessments, "workload_appraisal");
    const json_t *percent = json_object_get(given, "percent");
    if (!json_is_number(percent))
        return;
    put_fact(reading, FACT_WORKLOAD_PERCENT, json_real(json_number_value(percent)),
             "完成工作量的 %.10g%%", json_number_value(percent));
    put_source(reading, FACT_WORKLOAD_PERCENT, "workload_appraisal", -1);
}

static void read_satisfaction(struct reading *reading)
{
    const json_t *given = json_object_get(reading->assessments, "democratic_appraisal");
    const json_t *percent = json_object_get(given, "satisfied_percent");
    json_int_t expected = json_integer_value(json_object_get(given, "expected"));
    json_int_t attended = json_integer_value(json_object_get(given, "attended"));
    if (!json_is_number(percent) || expected <= 0)
        return;
    bool quorum = attended * 3 >= expected * 2;
    put_fact(reading, FACT_SATISFACTION, json_real(json_number_value(percent)), "满意率 %.10g%%",
             json_number_value(percent));
    put_fact(reading, FACT_SATISFACTION_QUORUM, json_boolean(quorum),
             "应到 %d 人，参加 %d 人，%s三分之二", (int)expected, (int)attended,
             quorum ? "达到" : "不足");
    put_source(reading, FACT_SATISFACTION, "democratic_appraisal", -1);
    put_source(reading, FACT_SATISFACTION_QUORUM, "democratic_appraisal", -1);
}

void read_assessed(struct reading *reading)
{
    read_words(reading);
    read_yesno(reading);
    read_workload_percent(reading);
    read_satisfaction(reading);
}
