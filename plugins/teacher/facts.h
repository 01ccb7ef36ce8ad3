/* facts.h - inside the teacher plugin: what one call works with, and the list of all facts.
 *
 * A call reads the dossier once into `struct reading`; each part (service, record, assessed) then
 * puts its facts and problems. Every fact of the list is always in the answer: with value null when
 * the applicant or an official has not given it yet. The words in values are the option names of
 * form.json, so that a standard reads like the regulation. */
#ifndef TEACHER_FACTS_H
#define TEACHER_FACTS_H

#include "../common/dates.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*      name                     中文                                  单位      who gives it */
#define TEACHER_FACTS(X)                                                                           \
    X(CUTOFF_DATE, "cutoff_date", "截止日", "", "system")                                          \
    X(LAST_FULL_YEAR, "last_full_year", "最近一个完整考核年度", "年", "system")                    \
    X(AGE, "age", "年龄", "岁", "system")                                                          \
    X(GRASSROOTS_MONTHS, "grassroots_months", "乡镇、涉农街道及村庄学校从事本专业工作时间", "月",  \
      "applicant")                                                                                 \
    X(RECENT_MONTHS, "recent_grassroots_months", "至截止日连续在基层教学一线时间", "月",           \
      "applicant")                                                                                 \
    X(AT_GRASSROOTS, "at_grassroots", "截止日在基层教学一线岗位", "", "applicant")                 \
    X(AT_VILLAGE, "at_village", "截止日在村庄学校岗位", "", "applicant")                           \
    X(HARDSHIP_MONTHS, "hardship_months", "村小、教学点、牧区等更艰苦岗位时间", "月", "applicant") \
    X(TEACHING_MONTHS, "teaching_months", "从事教育教学工作时间", "月", "applicant")               \
    X(CURRENT_TITLE, "current_title", "现任职称", "", "applicant")                                 \
    X(TENURE_MONTHS, "tenure_months", "任现职时间", "月", "applicant")                             \
    X(EDUCATION, "education", "有效最高学历", "", "applicant")                                     \
    X(TEACHER_LICENCE, "teacher_licence", "教师资格种类", "", "applicant")                         \
    X(ANNUAL_ASSESSMENTS, "annual_assessments", "年度考核", "", "applicant")                       \
    X(ETHICS_ASSESSMENTS, "ethics_assessments", "师德考核", "", "applicant")                       \
    X(VILLAGE_MONTHS, "village_service_months", "驻村工作时间", "月", "applicant")                 \
    X(HONOURS, "honours", "综合荣誉", "", "applicant")                                             \
    X(ETHICS_HONOURS, "ethics_honours", "师德、民族团结、驻村表彰", "", "applicant")               \
    X(HOMEROOM_YEARS, "homeroom_years", "班主任、辅导员、教研组长学年数", "学年", "applicant")     \
    X(OPEN_LESSONS, "open_lessons", "公开课、示范课、优质课", "", "applicant")                     \
    X(MENTORING_YEARS, "mentoring_years", "指导青年教师人·学年数", "人·学年", "applicant")         \
    X(STUDENT_AWARDS, "student_awards", "指导学生获奖", "", "applicant")                           \
    X(RESEARCH, "research", "教研成果", "", "applicant")                                           \
    X(CE_YEARS, "ce_years", "继续教育计算年数", "年", "system")                                    \
    X(CE_HOURS, "ce_hours_average", "继续教育年均学时", "学时", "applicant")                       \
    X(CE_PUBLIC, "ce_public_average", "继续教育年均公需科目学时", "学时", "applicant")             \
    X(EXAM_RESULT, "exam_result", "专业考试", "", "applicant")                                     \
    X(POLITICAL_GRADE, "political_grade", "政治表现鉴定等次", "", "unit")                          \
    X(POLITICAL_VETTING, "political_vetting", "政治审查合格", "", "unit")                          \
    X(WORKLOAD_GRADE, "workload_grade", "教学工作量完成情况", "", "unit")                          \
    X(WORKLOAD_PERCENT, "workload_percent", "教学工作量完成比例", "%", "unit")                     \
    X(SATISFACTION, "satisfaction_percent", "民主测评满意率", "%", "unit")                         \
    X(SATISFACTION_QUORUM, "satisfaction_quorum", "民主测评人数达到应到三分之二", "", "unit")      \
    X(ETHICS_FAILED, "ethics_failed", "师德考核不合格", "", "unit")                                \
    X(SANCTIONED, "sanctioned", "处于处分期（记过及以上）", "", "unit")                            \
    X(VIOLATION_FOUND, "violation_found", "有偿补课、体罚等查实", "", "unit")                      \
    X(FALSE_MATERIAL, "false_material", "材料弄虚作假", "", "unit")                                \
    X(DISTRICT_GRADE, "district_grade", "区（县）行业主管部门考核评价", "", "district_industry")

enum fact {
#define X(id, name, words, unit, by) FACT_##id,
    TEACHER_FACTS(X)
#undef X
        FACT_COUNT
};

struct reading {
    const json_t *dossier;
    const json_t *content;
    const json_t *assessments;
    int cutoff;         /* the day itself counts */
    int birth;          /* DAY_NONE when unknown */
    int last_full_year; /* the newest year whose yearly results exist at the cut-off date */
    const char *level;
    json_t *facts; /* the answer under construction */
    json_t *problems;
};

/* Starts an answer: every fact with value null. False when the dossier has no usable cut-off date.
 */
bool reading_init(struct reading *reading, const json_t *dossier);

/* Gives a fact its value (reference handed over) and the sentence that explains it. */
void put_fact(struct reading *reading, enum fact fact, json_t *value, const char *because, ...)
    __attribute__((format(printf, 4, 5)));
/* Notes where a fact comes from: "employment.0"; index < 0 for a plain section. */
void put_source(struct reading *reading, enum fact fact, const char *section, int index);
/* A problem of section.index.field; index < 0 for a plain section. `blocks` stops the submission.
 */
void put_problem(struct reading *reading, const char *section, int index, const char *field,
                 const char *code, bool blocks, const char *message, ...)
    __attribute__((format(printf, 7, 8)));

/* Members of form answers; "" / DAY_NONE when absent. */
const char *answer(const json_t *object, const char *field);
int answer_day(const json_t *object, const char *field);
const json_t *section_of(const struct reading *reading, const char *section);

/* The word for an option's value as form.json has it; "" for a value it does not have. */
const char *word_of(const char *kind, const char *value);

/* The parts, each in its own file. */
void read_service(struct reading *reading);  /* employment, title, homeroom, village service */
void read_record(struct reading *reading);   /* education, yearly results, achievements */
void read_assessed(struct reading *reading); /* what unit and district have given */

json_t *teacher_facts(const json_t *dossier); /* NULL without a usable cut-off date */
json_t *teacher_gates(const json_t *dossier, const json_t *facts);

#endif
