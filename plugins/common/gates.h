/* common/gates.h - the hard gates that every series has, each with its legal basis.
 *
 * A series calls the ones it needs, in the order people read them, between its own. What depends on
 * a level's minimum years is a condition of its scoring standard, also the relaxing of education by
 * years at the grassroots. */
#ifndef TITLED_PLUGINS_COMMON_GATES_H
#define TITLED_PLUGINS_COMMON_GATES_H

#include "reading.h"

#define PLAN     "乌鲁木齐市县以下基层专业技术人员职称“定向评价、定向使用”实施方案"
#define ORDER_40 "《职称评审管理暂行规定》（人社部令第40号）"

struct deciding {
    const struct series *series;
    const json_t *dossier;
    const json_t *facts;
    int cutoff;
    json_t *gates; /* the answer under construction */
};

struct gate {
    const char *id, *name, *basis;
};

/* `facts` is what facts() answered. */
struct deciding deciding_start(const struct series *series, const json_t *dossier,
                               const json_t *facts);
void decide(struct deciding *deciding, const struct gate *gate, bool met, const char *because, ...)
    __attribute__((format(printf, 4, 5)));

const json_t *fact_value(const struct deciding *deciding, const char *name);
const char *fact_sentence(const struct deciding *deciding, const char *name);
/* A member of the section declarations. */
const json_t *declared(const struct deciding *deciding, const char *field);
/* A dossier for the region's general title. The plan's scope (units and posts at the grassroots) is that of directed
 * titles; the others are not asked for it. */
bool for_general(const struct deciding *deciding);
bool is_one_of(const char *word, const char *const *list);

void decide_in_service(struct deciding *deciding);      /* in_service */
void decide_age(struct deciding *deciding);             /* not_retired */
void decide_sanction(struct deciding *deciding);        /* no_sanction */
void decide_specialty(struct deciding *deciding);       /* not_exam_based */
void decide_education_hours(struct deciding *deciding); /* continuing_education */
void decide_exam(struct deciding *deciding);            /* exam_standard */
void decide_track(struct deciding *deciding);           /* track */

#endif
