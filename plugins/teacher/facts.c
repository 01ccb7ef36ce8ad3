/* facts.c - the description of the teacher series: the words of form.json's options, and the
 * numbers of rules.h. */
#include "facts.h"
#include "rules.h"

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
    const char *kind = titled_text(job, "unit_kind"), *place = titled_text(job, "grassroots");
    bool school =
        !strcmp(kind, "school") || !strcmp(kind, "kindergarten") || !strcmp(kind, "special_school");
    bool local =
        !strcmp(place, "township") || !strcmp(place, "agri_street") || !strcmp(place, "village");
    return school && local && flag(job, "teaching");
}

const struct series teacher = {
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

json_t *teacher_facts(const char *form, size_t size, const json_t *dossier)
{
    struct reading reading;
    if (!reading_init(&reading, &teacher, form, size, dossier))
        return NULL;
    read_service(&reading);
    read_record(&reading);
    read_assessed(&reading);
    return reading_answer(&reading);
}
