/* gates.c - the hard gates of the plan for teachers: their own here, the others from
 * ../common/gates.c. */
#include "../common/gates.h"
#include "facts.h"

static void decide_unit(struct deciding *deciding)
{
    static const struct gate gate = {"grassroots_unit", "单位属于实施范围", PLAN "一"};
    static const char *const schools[] = {"school",         "primary_school", "secondary_school",
                                          "special_school", "kindergarten",   NULL};
    static const char *const places[] = {"township", "agri_street", "village", NULL};
    static const char *const place_words[] = {"乡镇", "涉农街道", "村庄"};
    const json_t *unit = json_object_get(deciding->dossier, "unit");
    const char *place = titled_text(unit, "grassroots"), *word = "不在乡镇、涉农街道和村庄";
    for (size_t i = 0; places[i]; i++) {
        if (!strcmp(place, places[i]))
            word = place_words[i];
    }
    bool school = is_one_of(titled_text(unit, "kind"), schools);
    decide(deciding, &gate, school && is_one_of(place, places), "%s：%s%s",
           titled_text(unit, "name"), word, school ? "学校（幼儿园）" : "，不是中小学校或幼儿园");
}

static void decide_post(struct deciding *deciding)
{
    static const struct gate gate = {"grassroots_post", "在基层教学一线任教", PLAN "一"};
    decide(deciding, &gate, json_is_true(fact_value(deciding, "at_grassroots")), "%s",
           fact_sentence(deciding, "at_grassroots"));
}

static void decide_licence(struct deciding *deciding)
{
    static const struct gate gate = {"teacher_licence", "持有教师资格",
                                     "《中华人民共和国教师法》第十条"};
    decide(deciding, &gate, json_is_string(fact_value(deciding, "teacher_licence")), "%s",
           fact_sentence(deciding, "teacher_licence"));
}

json_t *teacher_gates(const json_t *dossier, const json_t *facts)
{
    struct deciding deciding = deciding_start(&teacher, dossier, facts);
    if (!for_general(&deciding)) {
        decide_unit(&deciding);
        decide_post(&deciding);
    }
    decide_in_service(&deciding);
    decide_age(&deciding);
    decide_sanction(&deciding);
    decide_licence(&deciding);
    decide_specialty(&deciding);
    decide_education_hours(&deciding);
    decide_exam(&deciding);
    decide_track(&deciding);
    return deciding.gates;
}
