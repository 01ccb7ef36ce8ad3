/* facts.c - the description of the teacher series: its facts, the words of form.json's options, and
 * the numbers of rules.h. */
#include "facts.h"
#include "rules.h"

static const struct fact_row facts[] = {
    /* id, 中文, 单位, who gives it */
    {"cutoff_date", "截止日", "", "system"},
    {"last_full_year", "最近一个完整考核年度", "年", "system"},
    {"age", "年龄", "岁", "system"},
    {"unit_tier", "所在单位层级", "", "system"},
    {"grassroots_months", "乡镇、涉农街道及村庄学校从事本专业工作时间", "月", "applicant"},
    {"recent_grassroots_months", "至截止日连续在基层教学一线时间", "月", "applicant"},
    {"at_grassroots", "截止日在基层教学一线岗位", "", "applicant"},
    {"at_village", "截止日在村庄学校岗位", "", "applicant"},
    {"hardship_months", "村小、教学点、牧区等更艰苦岗位时间", "月", "applicant"},
    {"teaching_months", "从事教育教学工作时间", "月", "applicant"},
    {"current_title", "现任职称", "", "applicant"},
    {"tenure_months", "任现职时间", "月", "applicant"},
    {"title_since", "聘任现职称的日期", "", "applicant"},
    {"education", "有效最高学历", "", "applicant"},
    {"study_form", "有效最高学历的学习形式", "", "applicant"},
    {"later_degree", "有效最高学历为参加工作后取得", "", "applicant"},
    {"seconded", "截止日借调在外", "", "applicant"},
    {"teacher_licence", "教师资格种类", "", "applicant"},
    {"annual_assessments", "年度考核", "", "applicant"},
    {"ethics_assessments", "师德考核", "", "applicant"},
    {"village_service_months", "驻村工作时间", "月", "applicant"},
    {"honours", "综合荣誉", "", "applicant"},
    {"ethics_honours", "师德、民族团结、驻村表彰", "", "applicant"},
    {"homeroom_years", "班主任、辅导员、教研组长学年数", "学年", "applicant"},
    {"open_lessons", "公开课、示范课、优质课", "", "applicant"},
    {"mentoring_years", "指导青年教师人·学年数", "人·学年", "applicant"},
    {"student_awards", "指导学生获奖", "", "applicant"},
    {"research", "教研成果", "", "applicant"},
    {"ce_years", "继续教育计算年数", "年", "system"},
    {"ce_hours_average", "继续教育年均学时", "学时", "applicant"},
    {"ce_public_average", "继续教育年均公需科目学时", "学时", "applicant"},
    {"exam_result", "专业考试", "", "applicant"},
    {"political_grade", "政治表现鉴定等次", "", "unit"},
    {"political_vetting", "政治审查合格", "", "unit"},
    {"workload_grade", "教学工作量完成情况", "", "unit"},
    {"workload_percent", "教学工作量完成比例", "%", "unit"},
    {"satisfaction_percent", "民主测评满意率", "%", "unit"},
    {"satisfaction_quorum", "民主测评人数达到应到三分之二", "", "unit"},
    {"ethics_failed", "师德考核不合格", "", "unit"},
    {"sanctioned", "处于处分期（记过及以上）", "", "unit"},
    {"violation_found", "有偿补课、体罚等查实", "", "unit"},
    {"false_material", "材料弄虚作假", "", "unit"},
    {"district_grade", "区（县）行业主管部门考核评价", "", "district_industry"},
    {NULL, NULL, NULL, NULL},
};

static const struct word_row words[] = {
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
    {"workload", "over", "超工作量20%以上"},
    {"workload", "met", "达标"},
    {"workload", "below", "未达标"},
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
    {NULL, NULL, NULL},
};

/* As flagged in form.json. None here. */
static const char *const exam_based[] = {NULL};

/* Teaching posts of schools in townships, farming streets and villages: 实施方案一. */
static bool at_grassroots(const json_t *job)
{
    const char *kind = answer(job, "unit_kind"), *place = answer(job, "grassroots");
    bool school =
        !strcmp(kind, "school") || !strcmp(kind, "kindergarten") || !strcmp(kind, "special_school");
    bool local =
        !strcmp(place, "township") || !strcmp(place, "agri_street") || !strcmp(place, "village");
    return school && local && flag(job, "teaching");
}

const struct series teacher = {
    .facts = facts,
    .words = words,
    .exam_based = exam_based,
    .practice = "teaching",
    .practice_words = "从教时间",
    .post_words = "基层教学一线岗位",
    .at_grassroots = at_grassroots,
    .seconded_percent = SECONDED_PERCENT,
    .education_held_months = EDUCATION_HELD_MONTHS,
    .gap_months = GAP_MONTHS,
    .ce_hours = CE_HOURS,
    .ce_public_hours = CE_PUBLIC_HOURS,
    .ce_years_junior = CE_YEARS_JUNIOR,
    .ce_years_intermediate = CE_YEARS_INTERMEDIATE,
    .ce_years_senior = CE_YEARS_SENIOR,
};

json_t *teacher_facts(const json_t *dossier)
{
    struct reading reading;
    if (!reading_init(&reading, &teacher, dossier))
        return NULL;
    read_service(&reading);
    read_record(&reading);
    read_assessed(&reading);
    return reading_answer(&reading);
}
