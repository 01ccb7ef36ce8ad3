/* demo_dossier.h - invents the people of the demo city: plausible careers of grassroots teachers.
 *
 * Pure: the same number gives the same person on every machine. Nobody here exists. */
#ifndef TD_CLI_DEMO_DOSSIER_H
#define TD_CLI_DEMO_DOSSIER_H

#include <jansson.h>
#include <stdint.h>

/* The teacher with this number, working in `unit` (an entry of city.json) and declaring for `level`
 * with facts counted up to 31 August of `year`. A new reference:
 * {"name", "person": {"sex", "birth_date", "in_service"}, "id_number", "phone", "specialty",
 *  "sections": {section: content}, "assessments": {"unit": {section: content}, "district_industry":
 * {...}}, "expert_ratio": 0..100 how good the panel will find the work}. NULL when memory is short.
 */
json_t *td_demo_dossier(const json_t *city, const json_t *unit, const char *level, uint32_t number,
                        int year);

/* The person with this number: {"name", "person": {"sex", "birth_date", "ethnicity", "in_service"},
 * "id_number", "phone"}; the ethnicity goes with the name. A new reference. */
json_t *td_demo_person(const json_t *city, const json_t *unit, uint32_t number, int female,
                       int birth_year);

/* The name that this number and sex give: malloc'd, the caller frees. */
char *td_demo_name(const json_t *city, uint32_t number, int female);

/* The name of the teachers' expert with this number, from 1: malloc'd, the caller frees. */
char *td_demo_expert_name(const json_t *city, int number);

/* A one-page PDF with `title` as its only line (ASCII): malloc'd, the caller frees. Evidence of the
 * demo. */
char *td_demo_pdf(const char *title, size_t *ret_length);

#endif
