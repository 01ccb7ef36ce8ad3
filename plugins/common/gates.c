/* gates.c - see gates.h. */
#include "gates.h"

#include <stdarg.h>

/* Retirement age in months. Statutory: men 60, women in professional posts 55 (国发〔1978〕104号).
 * From 2025 it rises by one month for every four months of birth after the first cohort, to 63 and
 * 58 (《国务院关于渐进式延迟法定退休年龄的办法》). RETIREMENT_GRADUAL 0 keeps the old ages. */
#define RETIREMENT_GRADUAL          1
#define RETIREMENT_STEP_MONTHS      4
#define RETIREMENT_MEN_MONTHS       (60 * 12)
#define RETIREMENT_WOMEN_MONTHS     (55 * 12)
#define RETIREMENT_RISE_MONTHS      36
#define RETIREMENT_MEN_FIRST_YEAR   1965 /* men born in January of this year are the first cohort */
#define RETIREMENT_WOMEN_FIRST_YEAR 1970 /* women in professional posts */

struct deciding deciding_start(const struct series *series, const json_t *dossier,
                               const json_t *facts)
{
    return (struct deciding){
        .series = series,
        .dossier = dossier,
        .facts = json_object_get(facts, "facts"),
        .cutoff = answer_day(dossier, "cutoff_date"),
        .gates = json_array(),
    };
}

void decide(struct deciding *deciding, const struct gate *gate, bool met, const char *because, ...)
{
    va_list args;
    va_start(args, because);
    json_t *sentence = json_vsprintf(because, args);
    va_end(args);
    json_array_append_new(deciding->gates, json_pack("{ss ss sb so ss ss}", "id", gate->id, "name",
                                                     gate->name, "met", met, "because", sentence,
                                                     "basis", gate->basis, "blocks", "submit"));
}

const json_t *fact_value(const struct deciding *deciding, const char *name)
{
    return json_object_get(json_object_get(deciding->facts, name), "value");
}

const char *fact_sentence(const struct deciding *deciding, const char *name)
{
    const char *because = titled_text(json_object_get(deciding->facts, name), "because");
    return *because ? because : "未填报";
}

const json_t *declared(const struct deciding *deciding, const char *field)
{
    const json_t *content = json_object_get(deciding->dossier, "content");
    return json_object_get(json_object_get(content, "declarations"), field);
}

bool is_one_of(const char *word, const char *const *list)
{
    for (; *list; list++) {
        if (!strcmp(word, *list))
            return true;
    }
    return false;
}

void decide_in_service(struct deciding *deciding)
{
    static const struct gate gate = {"in_service", "在职在岗，不是公务员或参公人员",
                                     ORDER_40 "第十三条"};
    const json_t *person = json_object_get(deciding->dossier, "person");
    bool serving = json_is_true(json_object_get(person, "in_service"));
    const json_t *servant = declared(deciding, "civil_servant");
    decide(deciding, &gate, serving && json_is_false(servant), "%s，%s",
           serving ? "在职" : "不在职",
           !servant                ? "是否公务员未填报"
           : json_is_true(servant) ? "属于公务员或参照公务员法管理人员"
                                   : "不是公务员或参公人员");
}

/* Months of age at which a person born on that day retires; see above. */
static int retirement_months(int birth, bool man)
{
    struct ymd date = ymd_of(birth);
    int base = man ? RETIREMENT_MEN_MONTHS : RETIREMENT_WOMEN_MONTHS;
    int first = man ? RETIREMENT_MEN_FIRST_YEAR : RETIREMENT_WOMEN_FIRST_YEAR;
    int later = (date.year - first) * 12 + date.month - 1;
    if (!RETIREMENT_GRADUAL || later < 0)
        return base;
    int rise = later / RETIREMENT_STEP_MONTHS + 1;
    return base + (rise < RETIREMENT_RISE_MONTHS ? rise : RETIREMENT_RISE_MONTHS);
}

void decide_age(struct deciding *deciding)
{
    static const struct gate gate = {"not_retired", "未达到法定退休年龄",
                                     ORDER_40
                                     "第十三条；《国务院关于渐进式延迟法定退休年龄的办法》"};
    const json_t *person = json_object_get(deciding->dossier, "person");
    int birth = answer_day(person, "birth_date");
    const char *sex = titled_text(person, "sex");
    bool man = !strcmp(sex, "male");
    if (birth == DAY_NONE || (!man && strcmp(sex, "female") != 0)) {
        decide(deciding, &gate, false, "出生日期或性别未填报");
        return;
    }
    int months = retirement_months(birth, man);
    int day = day_add_months(birth, months);
    char text[DAY_TEXT];
    day_format(day, text);
    decide(deciding, &gate, day > deciding->cutoff, "%s，退休年龄 %d 岁 %d 个月，%s 达到",
           man ? "男" : "女", months / 12, months % 12, text);
}

void decide_sanction(struct deciding *deciding)
{
    static const struct gate gate = {"no_sanction", "不在处分期内（记过及以上）",
                                     ORDER_40 "第十三条"};
    const json_t *own = declared(deciding, "sanctioned");
    const json_t *until = declared(deciding, "sanction_until");
    int end = day_parse(json_string_value(until));
    bool over = end != DAY_NONE && end <= deciding->cutoff;
    if (json_is_true(fact_value(deciding, "sanctioned")))
        decide(deciding, &gate, false, "单位核查：处于处分期");
    else if (!own)
        decide(deciding, &gate, false, "是否处于处分期未填报");
    else if (json_is_true(own))
        decide(deciding, &gate, over, "处分期至 %s%s",
               end == DAY_NONE ? "（未填报）" : json_string_value(until),
               over ? "，截止日前已满" : "");
    else
        decide(deciding, &gate, true, "没有处于处分期的记录");
}

void decide_specialty(struct deciding *deciding)
{
    static const struct gate gate = {"not_exam_based", "专业不属于以考代评", PLAN "一"};
    const char *specialty = titled_text(deciding->dossier, "specialty");
    bool exam = is_one_of(specialty, deciding->series->exam_based);
    decide(deciding, &gate, *specialty && !exam, "%s",
           !*specialty ? "专业未填报"
           : exam      ? "该专业以考代评，不在定向评价范围"
                       : "该专业通过评审取得职称");
}

void decide_education_hours(struct deciding *deciding)
{
    static const struct gate gate = {
        "continuing_education", "继续教育学时达到要求",
        PLAN "二（一）；《专业技术人员继续教育规定》（人社部令第25号）第八条"};
    const json_t *hours = fact_value(deciding, "ce_hours_average");
    const json_t *general = fact_value(deciding, "ce_public_average");
    if (!json_is_number(hours) || !json_is_number(general)) {
        decide(deciding, &gate, false, "未填报");
        return;
    }
    double all = json_number_value(hours), part = json_number_value(general);
    decide(deciding, &gate,
           all >= deciding->series->ce_hours && part >= deciding->series->ce_public_hours,
           "%s；其中公需年均 %.10g 学时；要求年均 %d 学时（公需 %d 学时）",
           fact_sentence(deciding, "ce_hours_average"), part, deciding->series->ce_hours,
           deciding->series->ce_public_hours);
}

void decide_exam(struct deciding *deciding)
{
    static const struct gate gate = {"exam_standard", "专业考试达到自治区合格标准",
                                     PLAN "二（一）"};
    const char *result = json_string_value(fact_value(deciding, "exam_result"));
    bool met = result && (!strcmp(result, word_of(deciding->series, "exam", "passed")) ||
                          !strcmp(result, word_of(deciding->series, "exam", "exempt")));
    decide(deciding, &gate, met, "%s", fact_sentence(deciding, "exam_result"));
}

bool for_general(const struct deciding *deciding)
{
    return !strcmp(titled_text(deciding->dossier, "track"), "general");
}

/* Whether the cycle takes dossiers of this track; one that says nothing takes directed ones. */
static bool is_taken(const struct deciding *deciding, const char *track)
{
    const json_t *tracks = json_object_get(deciding->dossier, "tracks");
    bool taken = !tracks && !strcmp(track, "directed");
    for (size_t i = 0; i < json_array_size(tracks); i++) {
        const char *one = json_string_value(json_array_get(tracks, i));
        taken |= one && !strcmp(one, track);
    }
    return taken;
}

void decide_track(struct deciding *deciding)
{
    static const struct gate gate = {"track", "自愿选择本年度受理的一种职称，当年只报一种",
                                     PLAN "二（二）"};
    const char *track = titled_text(deciding->dossier, "track");
    const char *word = word_of(deciding->series, "track", track);
    bool taken = *word && is_taken(deciding, track);
    const json_t *other = declared(deciding, "general_track");
    decide(deciding, &gate, taken && json_is_false(other), "%s%s，%s",
           *word ? word : "没有选择申报哪一种职称", *word && !taken ? "，本年度不受理" : "",
           !other                ? "是否同时申报另一种未填报"
           : json_is_true(other) ? "同时申报另一种"
                                 : "没有同时申报另一种");
}
