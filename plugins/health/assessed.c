/* assessed.c - what unit and district have given. A section not given yet leaves its facts at null.
 */
#include "facts.h"

static const struct word_fact word_facts[] = {
    {"political_appraisal", "grade", "grade", "political_grade"},
    {"district_appraisal", "grade", "district", "district_grade"},
};

static const struct yesno_fact yesno_facts[] = {
    {"political_appraisal", "vetting_passed", "political_vetting", "政治审查合格",
     "政治审查不合格"},
    {"conduct", "ethics_failed", "ethics_failed", "医德医风审查不合格", "医德医风审查合格"},
    {"conduct", "discipline_failed", "discipline_failed", "纪律审查不合格", "纪律审查合格"},
    {"conduct", "accident_liable", "accident_liable", "二级以上医疗事故负主要责任",
     "没有负主要责任的二级以上医疗事故"},
    {"conduct", "licence_lapsed", "licence_lapsed", "执业资格失效", "执业资格有效"},
    {"conduct", "sanctioned", "sanctioned", "处于处分期", "不在处分期"},
    {"conduct", "false_material", "false_material", "材料弄虚作假", "未发现弄虚作假"},
};

void read_assessed(struct reading *reading)
{
    read_assessed_words(reading, word_facts, sizeof(word_facts) / sizeof(word_facts[0]));
    read_assessed_yesno(reading, yesno_facts, sizeof(yesno_facts) / sizeof(yesno_facts[0]));
    read_assessed_number(reading, "workload_appraisal", "weeks", "weeks_average",
                         "单位核定年均在岗", " 周");
    read_assessed_number(reading, "public_health_appraisal", "percent", "public_health_percent",
                         "任务完成率", "%");
    read_satisfaction(reading);
}
