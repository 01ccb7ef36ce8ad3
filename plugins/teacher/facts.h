/* facts.h - inside the teacher plugin: its description for the shared parts, and what its own parts
 * put. The frame of a call is ../common/reading.h. */
#ifndef TEACHER_FACTS_H
#define TEACHER_FACTS_H

#include "../common/reading.h"

extern const struct series teacher;

/* The parts, each in its own file. */
void read_service(struct reading *reading);  /* employment, title, homeroom, village service */
void read_record(struct reading *reading);   /* education, yearly results, achievements */
void read_assessed(struct reading *reading); /* what unit and district have given */

json_t *teacher_facts(const char *form, size_t size,
                     const json_t *dossier); /* NULL without a usable cut-off date */
json_t *teacher_gates(const json_t *dossier, const json_t *facts);

#endif
