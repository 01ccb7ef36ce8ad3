/* facts.h - inside the agriculture plugin: its description for the shared parts, and what its own
 * parts put. The frame of a call is ../common/reading.h. */
#ifndef AGRICULTURE_FACTS_H
#define AGRICULTURE_FACTS_H

#include "../common/reading.h"

extern const struct series agriculture;

/* The branch of the dossier's specialty, as in form.json: "agronomy", "livestock", "veterinary" or
 * "extension"; "" for a specialty that the series does not have. */
const char *branch_of(const json_t *dossier);

/* The parts, each in its own file. */
void read_service(struct reading *reading);  /* employment, title, village teams */
void read_record(struct reading *reading);   /* education, yearly results, achievements */
void read_assessed(struct reading *reading); /* what unit and district have given */

json_t *agriculture_facts(const char *form, size_t size,
                     const json_t *dossier); /* NULL without a usable cut-off date */
json_t *agriculture_gates(const json_t *dossier, const json_t *facts);

#endif
