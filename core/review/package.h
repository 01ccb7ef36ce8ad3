/* package.h - the contents of filings: what the authorities get to read and to decide on. Each package is a new
 * reference with "format", "cycle" (td_package_cycle) and "prepared_on"; nothing in it is a number of a person. */
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

json_t *td_package_cycle(const json_t *cycle); /* {"id", "series", "year", "name", "notice_number", ...} */

/* "titled.plan.1": "due_on", "opens_on", "closes_on", "windows" (td_window_list), "standards": [{"level", "version",
 * "hash"}], "committees": [{"name", "founding_unit", "level", "committee_state", "reference", "valid_until",
 * "members"}]. */
int td_package_plan(struct td_review *review, const json_t *cycle, const char *due_on,
                    json_t **ret_package);

/* "titled.report.1": "due_on", "totals" and per district and level "districts": {"declared", "accepted", "voted",
 * "passed", "confirmed", "pass_percent": "83.33"}, "meetings": [{"committee_name", "level", "reference", "name",
 * "held_on", "members", "present"}] (participation), "objections": {"objections", "decided", "upheld"}, "results":
 * [{"filing_state", "package_hash", "receipt", "reference", "approved_on", "people"}]. */
int td_package_report(struct td_review *review, const json_t *cycle, const char *due_on,
                      json_t **ret_package);

/* "titled.committee.1" of a submitted committee's row: "approver", "committee": {"name", "founding_unit", "series",
 * "level", "kind", "term_years", "minimum", "size"}, "specialties", "members": [{"name", "unit_name", "position"}] as
 * they would be. */
int td_package_committee(struct td_review *review, const json_t *cycle, const json_t *committee,
                         json_t **ret_package);

/* "titled.pool.1" of a submitted pool's row: "series", "tier", "experts": [{"name", "unit_name", "division_code",
 * "title_level", "term_from", "term_until", "expert_state"}]. */
int td_package_pool(struct td_review *review, const json_t *cycle, const json_t *pool,
                    json_t **ret_package);

#endif
