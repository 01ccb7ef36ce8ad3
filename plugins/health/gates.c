/* gates.c - the hard gates of the plan and of the national rules, each with its legal basis. What
 * depends on a level's minimum years is a condition of its scoring standard, also the relaxing of
 * education by years at the grassroots. */
#include "../common/gates.h"
#include "facts.h"
#include "rules.h"

#define EXAM_RULES                                                                                                                            \
    "《预防医学、全科医学、药学、护理、其他卫生技术等专业技术资格考试暂行规定》（卫人发〔2001〕16" \
    "4号）"

/* What a branch must hold. A specialty's id begins with its branch. */
static const struct branch {
    const char *id;
    const char *licences[3]; /* values of the form's options */
    struct gate gate;
} branches[] = {
    {"doctor",
     {"physician", NULL},
     {"licence", "持有医师执业证书且有效", "《中华人民共和国医师法》第十三条、第十四条"}},
    {"nursing",
     {"nurse", NULL},
     {"licence", "持有护士执业证书且在有效期内", "《护士条例》第七条、第八条"}},
    {"pharmacy",
     {"qualification", "pharmacist", NULL},
     {"licence", "持有药学专业技术资格或执业药师资格", EXAM_RULES}},
    {"technology", {"qualification", NULL}, {"licence", "持有卫生技术专业资格", EXAM_RULES}},
};

static const struct branch *branch_of(const char *specialty)
{
    for (size_t i = 0; i < sizeof(branches) / sizeof(branches[0]); i++) {
        size_t length = strlen(branches[i].id);
        if (!strncmp(specialty, branches[i].id, length) && specialty[length] == '_')
            return &branches[i];
    }
    return NULL;
}

/* The health units of the register are primary institutions run by the government. Where one lies
 * does not matter: community health centres count as well as township hospitals. */
static void decide_unit(struct deciding *deciding)
{
    static const struct gate gate = {"grassroots_unit", "单位是政府举办的基层医疗卫生机构",
                                     PLAN "一"};
    static const char *const kinds[] = {"township_hospital", "village_clinic", "community_centre",
                                        "clinic", NULL};
    static const char *const words[] = {
        "乡镇卫生院", "村卫生室", "社区卫生服务中心",
        "乡镇卫生院、村卫生室、社区卫生服务中心等政府举办的基层医疗卫生机构"};
    const json_t *unit = json_object_get(deciding->dossier, "unit");
    const char *kind = titled_text(unit, "kind"), *word = NULL;
    for (size_t i = 0; kinds[i]; i++)
        word = strcmp(kind, kinds[i]) ? word : words[i];
    decide(deciding, &gate, word != NULL, "%s：%s", titled_text(unit, "name"),
           word ? word : "不是政府举办的基层医疗卫生机构");
}

static void decide_post(struct deciding *deciding)
{
    static const struct gate gate = {"grassroots_post", "在基层卫生专业技术岗位工作", PLAN "一"};
    decide(deciding, &gate, json_is_true(fact_value(deciding, "at_grassroots")), "%s",
           fact_sentence(deciding, "at_grassroots"));
}

static void decide_licence(struct deciding *deciding)
{
    static const struct gate unknown = {"licence", "持有与专业相应的执业资格",
                                        "《中华人民共和国医师法》第十三条；《护士条例》第七条"};
    const struct branch *branch = branch_of(titled_text(deciding->dossier, "specialty"));
    if (!branch) {
        decide(deciding, &unknown, false, "专业未填报");
        return;
    }
    const char *held = json_string_value(fact_value(deciding, "licence"));
    bool fits = false;
    for (int i = 0; held && branch->licences[i]; i++)
        fits = fits || !strcmp(held, word_of(&health, "licence", branch->licences[i]));
    bool lapsed = json_is_true(fact_value(deciding, "licence_lapsed"));
    bool valid = json_is_true(fact_value(deciding, "licence_valid")) && !lapsed;
    if (lapsed)
        decide(deciding, &branch->gate, false, "单位核查：执业资格失效");
    else if (held && !fits)
        decide(deciding, &branch->gate, false, "%s，与申报专业不符",
               fact_sentence(deciding, "licence"));
    else
        decide(deciding, &branch->gate, fits && valid, "%s；%s", fact_sentence(deciding, "licence"),
               fact_sentence(deciding, "licence_valid"));
}

/* Junior and intermediate titles come from the national examination, whatever the specialty. */
static void decide_examined(struct deciding *deciding)
{
    static const struct gate gate = {"not_exam_based", "层级不属于以考代评",
                                     PLAN "一；" EXAM_RULES};
    static const char *const examined[] = {"junior", "intermediate", NULL};
    const char *level = titled_text(deciding->dossier, "level");
    bool exam = is_one_of(level, examined);
    decide(deciding, &gate, *level && !exam, "%s",
           !*level ? "层级未填报"
           : exam ? "初级、中级职称实行全国统一考试，以考代评，不在定向评价范围"
                  : "高级职称通过评审取得");
}

/* Hours or credits; the hours in general subjects in either case. */
static void decide_medical_education(struct deciding *deciding)
{
    static const struct gate gate = {
        "continuing_education", "继续医学教育达到要求",
        PLAN "二（一）；《专业技术人员继续教育规定》（人社部令第25号）第八条；"
             "《继续医学教育规定（试行）》（卫科教发〔2000〕477号）"};
    const json_t *hours = fact_value(deciding, "ce_hours_average");
    const json_t *general = fact_value(deciding, "ce_public_average");
    const json_t *credits = fact_value(deciding, "ce_credits_average");
    if (!json_is_number(hours) || !json_is_number(general)) {
        decide(deciding, &gate, false, "未填报");
        return;
    }
    bool enough = json_number_value(hours) >= CE_HOURS || json_number_value(credits) >= CE_CREDITS;
    decide(deciding, &gate, enough && json_number_value(general) >= CE_PUBLIC_HOURS,
           "%s；其中公需年均 %.10g 学时；%s；要求年均 %d 学时或 %d 学分，公需 %d 学时",
           fact_sentence(deciding, "ce_hours_average"), json_number_value(general),
           json_is_number(credits) ? fact_sentence(deciding, "ce_credits_average") : "学分未填报",
           CE_HOURS, CE_CREDITS, CE_PUBLIC_HOURS);
}

static void decide_cases(struct deciding *deciding)
{
    static const struct gate gate = {
        "case_records", "提交 3 份去标识化的病案（案例、专题报告）供盲评",
        "《关于深化卫生专业技术人员职称制度改革的指导意见》（人社部发〔2021〕51号）；"
        "《中华人民共和国个人信息保护法》第二十八条、第五十一条"};
    decide(deciding, &gate,
           json_integer_value(fact_value(deciding, "case_records")) >= CASE_RECORDS, "%s",
           fact_sentence(deciding, "case_records"));
}

json_t *health_gates(const json_t *dossier, const json_t *facts)
{
    struct deciding deciding = deciding_start(&health, dossier, facts);
    if (!for_general(&deciding)) {
        decide_unit(&deciding);
        decide_post(&deciding);
    }
    decide_in_service(&deciding);
    decide_age(&deciding);
    decide_sanction(&deciding);
    decide_licence(&deciding);
    decide_examined(&deciding);
    decide_medical_education(&deciding);
    decide_exam(&deciding);
    decide_cases(&deciding);
    decide_track(&deciding);
    return deciding.gates;
}
