/* assessed.c - what unit and district have given. */
#include "facts.h"

static const struct word_fact word_facts[] = {
    {"political_appraisal", "grade", "grade", "political_grade"},
    {"workload_appraisal", "grade", "workload", "workload_grade"},
    {"district_appraisal", "grade", "district", "district_grade"},
};

static const struct yesno_fact yesno_facts[] = {
    {"political_appraisal", "vetting_passed", "political_vetting", "政治审查合格",
     "政治审查不合格"},
    {"conduct", "ethics_failed", "ethics_failed", "师德考核不合格", "师德考核没有不合格"},
    {"conduct", "sanctioned", "sanctioned", "处于处分期", "不在处分期"},
    {"conduct", "violation_found", "violation_found", "有偿补课、体罚等经查实",
     "未发现有偿补课、体罚"},
    {"conduct", "false_material", "false_material", "材料弄虚作假", "未发现弄虚作假"},
};

static void read_workload_percent(struct reading *reading)
{
    const json_t *given = json_object_get(reading->assessments, "workload_appraisal");
    const json_t *percent = json_object_get(given, "percent");
    if (!json_is_number(percent))
        return;
    titled_fact_set(&reading->found, "workload_percent", json_real(json_number_value(percent)),
                    "完成工作量的 %.10g%%", json_number_value(percent));
    titled_fact_source(&reading->found, "workload_percent", "workload_appraisal", -1);
}

void read_assessed(struct reading *reading)
{
    read_assessed_words(reading, word_facts, sizeof(word_facts) / sizeof(word_facts[0]));
    read_assessed_yesno(reading, yesno_facts, sizeof(yesno_facts) / sizeof(yesno_facts[0]));
    read_workload_percent(reading);
    read_satisfaction(reading);
}
