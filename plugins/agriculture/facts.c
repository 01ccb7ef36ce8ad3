/* facts.c - the description of the agriculture series: the words of form.json's options, its
 * branches, and the numbers of rules.h. */
#include "facts.h"
#include "rules.h"

static const struct word_row words[] = {
    {"branch", "agronomy", "农艺"},
    {"branch", "livestock", "畜牧"},
    {"branch", "veterinary", "兽医"},
    {"branch", "extension", "农业技术推广"},
    {"title", "none", "无"},
    {"title", "assistant", "农业技术员（员级）"},
    {"title", "junior", "助理农艺师、助理畜牧师、助理兽医师（初级）"},
    {"title", "licensed_vet", "执业兽医师（对应助理兽医师）"},
    {"title", "intermediate", "农艺师、畜牧师、兽医师（中级）"},
    {"title", "senior", "高级农艺师、高级畜牧师、高级兽医师（副高级）"},
    {"rung", "licensed_vet", "junior"}, /* the same level on the ladders */
    {"project_role", "lead", "主持"},
    {"project_role", "main", "主要参与（前3）"},
    {"project_role", "participant", "参与"},
    {"document_kind", "rule", "技术规程"},
    {"document_kind", "plan", "实施方案"},
    {"document_kind", "report", "疫情（灾情）处置报告"},
    {"document_level", "city", "市级"},
    {"document_level", "county", "县级"},
    {"document_level", "township", "乡级"},
    {"award_kind", "progress", "科技进步奖"},
    {"award_kind", "harvest", "农牧渔业丰收奖"},
    {"award_kind", "extension", "农技推广奖"},
    {"award_kind", "other", "其他科技奖"},
    {"award_grade", "first", "一等"},
    {"award_grade", "second", "二等"},
    {"award_grade", "third", "三等"},
    {"award_rank", "first_three", "第1—3名"},
    {"award_rank", "middle", "第4—7名"},
    {"award_rank", "later", "第8名及以后"},
    {"paper_kind", "paper", "论文"},
    {"paper_kind", "survey", "调研报告"},
    {"paper_kind", "summary", "技术总结"},
    {"paper_level", "core", "核心期刊"},
    {"paper_level", "province", "省级"},
    {"paper_level", "city", "地市级"},
    {"paper_level", "county", "县级交流"},
    {"paper_role", "first", "第一作者"},
    {"paper_role", "second", "第二作者"},
    {"paper_role", "participant", "其他作者"},
    {NULL, NULL, NULL},
};

/* specialty, branch: as in form.json. */
static const char *const branches[][2] = {
    {"agronomy", "agronomy"},
    {"horticulture", "agronomy"},
    {"plant_protection", "agronomy"},
    {"aquaculture", "agronomy"},
    {"livestock", "livestock"},
    {"veterinary", "veterinary"},
    {"resources_environment", "agronomy"},
    {"mechanization", "agronomy"},
    {"processing_quality", "agronomy"},
    {"cooperatives", "agronomy"},
    {"extension", "extension"},
};

/* As flagged in form.json. None here: farming titles are won by review at every level. */
static const char *const exam_based[] = {NULL};

const char *branch_of(const json_t *dossier)
{
    const char *specialty = titled_text(dossier, "specialty");
    for (size_t i = 0; i < sizeof(branches) / sizeof(branches[0]); i++) {
        if (!strcmp(branches[i][0], specialty))
            return branches[i][1];
    }
    return "";
}

/* Professional posts of stations that belong to a township or a farming street: 实施方案一. A
 * district's station counts for neither, wherever it is housed. */
static bool at_grassroots(const json_t *job)
{
    const char *place = titled_text(job, "grassroots");
    return !strcmp(titled_text(job, "unit_kind"), "agri_station") &&
           (!strcmp(place, "township") || !strcmp(place, "agri_street")) &&
           flag(job, "professional");
}

const struct series agriculture = {
    .words = words,
    .exam_based = exam_based,
    .practice = "professional",
    .practice_words = "从事本专业技术工作时间",
    .post_words = "基层专业技术岗位",
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

json_t *agriculture_facts(const char *form, size_t size, const json_t *dossier)
{
    struct reading reading;
    if (!reading_init(&reading, &agriculture, form, size, dossier))
        return NULL;
    const char *branch = word_of(&agriculture, "branch", branch_of(dossier));
    if (*branch)
        titled_fact_set(&reading.found, "branch", json_string(branch), "%s类", branch);
    read_service(&reading);
    read_record(&reading);
    read_assessed(&reading);
    return reading_answer(&reading);
}
