/* package.h - the content of a results filing: what the region's authority gets to decide on. */
#ifndef TD_REVIEW_PACKAGE_H
#define TD_REVIEW_PACKAGE_H

#include "review/review.h"

/* {"format": "titled.results.1", "cycle": {...}, "committees": [{"name", "founding_unit", "level",
 * "members", "meetings": [{"name", "held_on", "members", "present"}]}], "counts": {"declared",
 * "accepted", "voted", "passed", "failed"}, "people": [{"number", "name", "sex",
 * "sex_code", "ethnicity", "ethnicity_code", "politics", "politics_code", "education", "education_code",
 * "unit_name", "unit_uscc", "division_name", "division_code", "specialty", "specialty_name", "level",
 * "title_name", "title_code", "title_internal"}] (codes: review/code.h; "title_internal" =
 * "series.specialty.level", also where GB/T 8561 has no code),
 * "prepared_on"} for these dossiers (rows of application with "applicant_name", "unit_name" and
 * "division_name", "plugin_version", "person" of the account, "uscc" of the unit and the fact "education": names and
 * codes are of the form it was submitted under; they are added): a new reference. */
int td_package_make(struct td_review *review, const json_t *cycle, const json_t *dossiers,
                    json_t **ret_package);

#endif
