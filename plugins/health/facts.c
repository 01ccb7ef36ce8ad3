/* facts.c - the description of the health series: its facts, the words of form.json's options, and
 * the numbers of rules.h. */
#include "facts.h"
#include "rules.h"

static const struct fact_row facts[] = {
    /* id, 中文, 单位, who gives it */
    {"cutoff_date", "截止日", "", "system"},
    {"last_full_year", "最近一个完整考核年度", "年", "system"},
    {"age", "年龄", "岁", "system"},
    {"unit_tier", "所在单位层级", "", "system"},
    {"grassroots_months", "政府举办的基层医疗卫生机构从事本专业工作时间", "月", "applicant"},
    {"recent_grassroots_months", "至截止日连续在基层卫生专业技术岗位时间", "月", "applicant"},
    {"at_grassroots", "截止日在基层卫生专业技术岗位", "", "applicant"},
    {"at_village", "截止日在村卫生室岗位", "", "applicant"},
    {"hardship_months", "村卫生室、艰苦边远岗位时间", "月", "applicant"},
    {"practice_months", "从事医药护技业务时间", "月", "applicant"},
    {"current_title", "现任职称", "", "applicant"},
    {"tenure_months", "任现职时间", "月", "applicant"},
    {"title_since", "聘任现职称的日期", "", "applicant"},
    {"education", "有效最高学历", "", "applicant"},
    {"study_form", "有效最高学历的学习形式", "", "applicant"},
    {"later_degree", "有效最高学历为参加工作后取得", "", "applicant"},
    {"seconded", "截止日借调在外", "", "applicant"},
    {"licence", "执业（专业技术）资格", "", "applicant"},
    {"licence_valid", "执业资格在有效期内", "", "applicant"},
    {"annual_assessments", "年度考核", "", "applicant"},
    {"ethics_assessments", "医德考评", "", "applicant"},
    {"public_task_months", "重大公共卫生任务、驻村、援助时间", "月", "applicant"},
    {"honours", "荣誉", "", "applicant"},
    {"public_task_honours", "重大公共卫生任务、驻村、援助表彰", "", "applicant"},
    {"weeks_reported", "任现职以来年均在岗周数（本人填报）", "周", "applicant"},
    {"workload_average", "任现职以来年均专业工作量", "", "applicant"},
    {"case_records", "去标识化的病案（案例、专题报告）份数", "份", "applicant"},
    {"techniques", "适宜技术、新技术新项目", "", "applicant"},
    {"teaching_years", "带教与村医培训年数", "年", "applicant"},
    {"achievements", "科技奖、论文", "", "applicant"},
    {"ce_years", "继续教育计算年数", "年", "system"},
    {"ce_hours_average", "继续教育年均学时", "学时", "applicant"},
    {"ce_public_average", "继续教育年均公需科目学时", "学时", "applicant"},
    {"ce_credits_average", "继续医学教育年均学分", "学分", "applicant"},
    {"exam_result", "专业考试", "", "applicant"},
    {"political_grade", "政治表现鉴定等次", "", "unit"},
    {"political_vetting", "政治审查合格", "", "unit"},
    {"ethics_failed", "医德医风审查不合格", "", "unit"},
    {"discipline_failed", "纪律审查不合格", "", "unit"},
    {"accident_liable", "发生二级以上医疗事故负主要责任", "", "unit"},
    {"licence_lapsed", "执业资格失效", "", "unit"},
    {"sanctioned", "处于处分期（记过及以上）", "", "unit"},
    {"false_material", "材料弄虚作假", "", "unit"},
    {"weeks_average", "任现职以来年均在岗周数（单位核定）", "周", "unit"},
    {"public_health_percent", "基本公共卫生与家庭医生签约任务完成率", "%", "unit"},
    {"satisfaction_percent", "民主测评满意率", "%", "unit"},
    {"satisfaction_quorum", "民主测评人数达到应到三分之二", "", "unit"},
    {"district_grade", "区（县）卫生健康主管部门考核评价", "", "district_industry"},
    {NULL, NULL, NULL, NULL},
};

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
        if (!strcmp(answer(job, "unit_kind"), kinds[i]))
            return true;
    }
    return false;
}

const struct series health = {
    .facts = facts,
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

json_t *health_facts(const json_t *dossier)
{
    struct reading reading;
    if (!reading_init(&reading, &health, dossier))
        return NULL;
    read_service(&reading);
    read_record(&reading);
    read_cases(&reading);
    read_assessed(&reading);
    return reading_answer(&reading);
}
