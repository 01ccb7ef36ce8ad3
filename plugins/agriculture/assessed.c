/* assessed.c - what unit and district have given, and which measure of reach fits the branch. */
#include "facts.h"

static const struct word_fact word_facts[] = {
    {"political_appraisal", "grade", "grade", "political_grade"},
    {"district_appraisal", "grade", "district", "district_grade"},
};

static const struct yesno_fact yesno_facts[] = {
    {"political_appraisal", "vetting_passed", "political_vetting", "政治审查合格",
     "政治审查不合格"},
    {"conduct", "sanctioned", "sanctioned", "处于处分期", "不在处分期"},
    {"conduct", "accident_found", "accident_found", "有重大动物疫情、农产品质量安全责任事故",
     "没有重大动物疫情、农产品质量安全责任事故"},
    {"conduct", "false_material", "false_material", "材料弄虚作假", "未发现弄虚作假"},
};

/* The measure that does not fit the branch is 0, whatever was given. */
static void put_unused(struct reading *reading, const char *fact, const char *because)
{
    titled_fact_set(&reading->found, fact, json_real(0), "%s", because);
    titled_fact_source(&reading->found, fact, "coverage_appraisal", -1);
}

/* Area for the specialties of agronomy, immunity rate for animal husbandry and veterinary work; for
 * extension both as given. */
static void read_coverage(struct reading *reading)
{
    const char *branch = branch_of(reading->dossier);
    bool animals = !strcmp(branch, "livestock") || !strcmp(branch, "veterinary");
    if (!json_is_object(json_object_get(reading->assessments, "coverage_appraisal")))
        return;
    if (animals)
        put_unused(reading, "area_mu", "畜牧、兽医专业按应免密度核定");
    else
        read_assessed_number(reading, "coverage_appraisal", "area_mu", "area_mu", "推广面积",
                             " 亩");
    if (!strcmp(branch, "agronomy"))
        put_unused(reading, "immunity_percent", "农艺类专业按推广面积核定");
    else
        read_assessed_number(reading, "coverage_appraisal", "immunity_percent", "immunity_percent",
                             "应免密度", "%");
}

void read_assessed(struct reading *reading)
{
    read_assessed_words(reading, word_facts, sizeof(word_facts) / sizeof(word_facts[0]));
    read_assessed_yesno(reading, yesno_facts, sizeof(yesno_facts) / sizeof(yesno_facts[0]));
    read_assessed_number(reading, "service_satisfaction", "satisfied_percent",
                         "service_satisfaction_percent", "服务对象满意率", "%");
    read_coverage(reading);
    read_satisfaction(reading);
}
