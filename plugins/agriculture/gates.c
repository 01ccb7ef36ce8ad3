/* gates.c - the hard gates of the plan for farming professions: their own here, the others from
 * ../common/gates.c. */
#include "../common/gates.h"
#include "facts.h"

static void decide_unit(struct deciding *deciding)
{
    static const struct gate gate = {"grassroots_unit", "单位属于实施范围", PLAN "一"};
    static const char *const stations[] = {"agri_station", "agronomy_station", "livestock_station",
                                           "veterinary_station", NULL};
    const json_t *unit = json_object_get(deciding->dossier, "unit");
    const char *place = titled_text(unit, "grassroots");
    bool township = !strcmp(place, "township"), street = !strcmp(place, "agri_street");
    bool station = is_one_of(titled_text(unit, "kind"), stations);
    decide(deciding, &gate, station && (township || street), "%s：%s%s", titled_text(unit, "name"),
           township ? "乡镇所属"
           : street ? "涉农街道所属"
                    : "不属于乡镇、涉农街道",
           station ? "农业事业单位" : "，不是农业事业单位");
}

static void decide_post(struct deciding *deciding)
{
    static const struct gate gate = {"grassroots_post", "在基层农艺、畜牧、兽医等专业技术岗位",
                                     PLAN "一"};
    decide(deciding, &gate, json_is_true(fact_value(deciding, "at_grassroots")), "%s",
           fact_sentence(deciding, "at_grassroots"));
}

json_t *agriculture_gates(const json_t *dossier, const json_t *facts)
{
    struct deciding deciding = deciding_start(&agriculture, dossier, facts);
    if (!for_general(&deciding)) {
        decide_unit(&deciding);
        decide_post(&deciding);
    }
    decide_in_service(&deciding);
    decide_age(&deciding);
    decide_sanction(&deciding);
    decide_specialty(&deciding);
    decide_education_hours(&deciding);
    decide_exam(&deciding);
    decide_track(&deciding);
    return deciding.gates;
}
