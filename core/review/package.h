/* package.h - the content of a results filing: what the region's authority gets to decide on. */
#ifndef TD_REVIEW_PACKAGE_H
#define TD_REVIEW_PACKAGE_H

#include "review/review.h"

/* {"format": "titled.results.1", "cycle": {...}, "committees": [{"name", "founding_unit", "level",
 * "members", "meetings": [{"name", "held_on", "members", "present"}]}], "counts": {"declared",
 * "accepted", "voted", "passed", "failed"}, "people": [{"number", "name", "unit_name",
 * "division_name", "specialty", "specialty_name", "level", "title_name"}],
 * "prepared_on"} for these dossiers (rows of application with "applicant_name", "unit_name" and
 * "division_name"; their names are added): a new reference. */
int td_package_make(struct td_review *review, const json_t *cycle, const json_t *dossiers,
                    json_t **ret_package);

#endif
