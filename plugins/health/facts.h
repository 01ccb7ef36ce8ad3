/* facts.h - inside the health plugin: its description for the shared parts, and what its own parts
 * put. The frame of a call is ../common/reading.h. */
#ifndef HEALTH_FACTS_H
#define HEALTH_FACTS_H

#include "../common/reading.h"

extern const struct series health;

/* The parts, each in its own file. */
void read_service(struct reading *reading);  /* employment, title, public tasks, years of work */
void read_record(struct reading *reading);   /* education, licence, yearly results, achievements */
void read_cases(struct reading *reading);    /* the cases for blind review */
void read_assessed(struct reading *reading); /* what unit and district have given */

/* Whether an earlier item of the section is of the same year. */
bool seen_before(const json_t *items, size_t at, json_int_t year);
/* Two decimals. What is far beyond any real number stays as it is. */
double average(double sum, int years);

json_t *health_facts(const char *form, size_t size,
                     const json_t *dossier); /* NULL without a usable cut-off date */
json_t *health_gates(const json_t *dossier, const json_t *facts);

#endif
