/* facts.c - the description of the health series: the words of form.json's options, and the
 * numbers of rules.h. */
#include "facts.h"
#include "rules.h"

static const struct word_row words[] = {
    {"licence", "physician", "执业医师"},
    {"licence", "assistant_physician", "执业助理医师"},
    {"licence", "village_doctor", "乡村医生"},
    {"licence", "nurse", "执业护士"},
    {"licence", "pharmacist", "执业药师"},
    {"licence", "qualification", "卫生专业技术资格（药学、技术）"},
    {"title", "none", "无"},
    {"title", "junior", "医（药、护、技）师或士（初级）"},
    {"title", "intermediate", "主治医师、主管药（护、技）师（中级）"},
    {"title", "senior", "副主任医（药、护、技）师（副高级）"},
    {"grade", "fair", "一般"},
    {"grade", "poor", "较差"},
    {"honour_level", "unit", "单位级"},
    {"honour_kind", "general", "综合荣誉"},
    {"honour_kind", "public_health", "重大公共卫生任务表彰"},
    {"honour_kind", "village", "驻村工作表彰"},
    {"honour_kind", "aid", "对口支援、援助表彰"},
    {"technique_kind", "suitable", "适宜技术"},
    {"technique_kind", "new", "新技术、新项目"},
    {"achievement_kind", "province_award", "省部级科技奖"},
    {"achievement_kind", "city_award", "地市级科技奖"},
    {"achievement_kind", "paper", "论文"},
    {"achievement_level", "first", "一等奖"},
    {"achievement_level", "second", "二等奖"},
    {"achievement_level", "third", "三等奖"},
    {"achievement_level", "core", "核心期刊"},
    {"achievement_level", "province", "省级刊物"},
    {"measure", "half_days", "门诊（查房）半天单元"},
    {"measure", "inpatients", "管理住院病人（人次）"},
    {"measure", "care_hours", "护理时数（小时）"},
    {"measure", "prescriptions", "审核调配处方（张）"},
    {"measure", "examinations", "检查检验（人次）"},
    {"measure", "services", "公共卫生服务（人次）"},
    {NULL, NULL, NULL},
};

/* As flagged in form.json. None here: it is levels that are examined, see gates.c. */
static const char *const exam_based[] = {NULL};

/* Practice in a primary health institution run by the government: 实施方案一. */
static bool at_grassroots(const json_t *job)
{
    static const char *const kinds[] = {"township_hospital", "village_clinic", "community_centre",
                                        "primary_other"};
    if (!flag(job, "government_run") || !flag(job, "practising"))
        return false;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!strcmp(titled_text(job, "unit_kind"), kinds[i]))
            return true;
    }
    return false;
}

const struct series health = {
    .words = words,
    .exam_based = exam_based,
    .practice = "practising",
    .practice_words = "从事医药护技业务时间",
    .post_words = "基层卫生专业技术岗位",
    .at_grassroots = at_grassroots,
    .seconded_percent = SECONDED_PERCENT,
    .education_held_months = EDUCATION_HELD_MONTHS,
    .gap_months = GAP_MONTHS,
    .ce_hours = CE_HOURS,
    .ce_public_hours = CE_PUBLIC_HOURS,
    .ce_years_junior = CE_YEARS,
    .ce_years_intermediate = CE_YEARS,
    .ce_years_senior = CE_YEARS,
};

bool seen_before(const json_t *items, size_t at, json_int_t year)
{
    for (size_t i = 0; i < at; i++) {
        if (json_integer_value(json_object_get(json_array_get(items, i), "year")) == year)
            return true;
    }
    return false;
}

double average(double sum, int years)
{
    double exact = sum / years;
    return exact > 0 && exact < 1e9 ? (double)(long)(exact * 100 + 0.5) / 100 : exact;
}

json_t *health_facts(const char *form, size_t size, const json_t *dossier)
{
    struct reading reading;
    if (!reading_init(&reading, &health, form, size, dossier))
        return NULL;
    read_service(&reading);
    read_record(&reading);
    read_cases(&reading);
    read_assessed(&reading);
    return reading_answer(&reading);
}
