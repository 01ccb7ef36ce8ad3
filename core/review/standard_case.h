/* standard_case.h - golden cases amended for one standard.
 *
 * A number that is meant to change breaks the cases that were worked out with the old one. Who may edit a draft
 * amends them there, one at a time: what the case then expects is exactly what the newest trial of this source
 * found, and he writes how that is worked out. The file stays as it is until the bureau puts the amended one
 * into the script folder.
 *
 * An amendment is of one case file, by its hash: another file makes it void. It stays with the draft when
 * another source is saved, and the next trial judges it as it judges any case. A draft takes over those of the
 * version it is a copy of, or of the one in force. Every change raises the standard's "cases_revision": a trial
 * begun before lets nothing be approved. Who amended a case is no second person. */
#ifndef TD_REVIEW_STANDARD_CASE_H
#define TD_REVIEW_STANDARD_CASE_H

#include "review/review.h"

/* Lays the amendments over `cases` (golden.h): "expected" is theirs where the file is the one amended, and
 * "amended" true. */
int td_standard_case_overlay(struct td_tx *tx, const char *standard_id, json_t *cases);

/* Gives the new standard `to` those amendments of `from` whose files are unchanged in `cases` (golden.h) of its
 * level. `from` NULL = the active one of its series and level, if there is one. */
int td_standard_case_inherit(struct td_review *review, const char *from, const char *to, const json_t *cases);

struct td_standard_amendment {
    const char *file;
    const char *arithmetic;
    const json_t *cases; /* golden.h: of the standard's level, read just before */
    const char *trial; /* whose differences were read: TD_ESTALE when another counts now; "" = that one */
};

/* Amends one case of a draft or of a standard on trial; once more replaces the arithmetic. When the trial found
 * what the file itself expects, the amendment is taken back. *ret_changes = [{"what", "id", "expected", "got"}]
 * against the file, a new reference. TD_ECONFLICT "case_agrees" when that trial has no such failed case,
 * "case_changed" when the file is another since, "case_unscored" when the script fails on it,
 * "standard_untried" when that trial is not done, "standard_state". */
int td_standard_case_amend(struct td_review *review, const char *standard_id,
                           const struct td_standard_amendment *amendment, json_t **ret_changes,
                           struct td_error *reterr);

/* What is amended for a standard, by file: [{"file", "case_state", "changes", "arithmetic", "amended_by_name",
 * "amended_at", "inherited_from"}]. "case_state": "current", "adopted" (the file expects the same by now) or
 * "void". With `whole` each has "case": the file with the amendment in it, null unless current. A new
 * reference. */
int td_standard_case_list(struct td_review *review, const json_t *standard, bool whole, json_t **ret_list);

/* To the failed cases of the trial's "golden": "amendment" {"arithmetic", "amended_by_name", "amended_at"} or
 * null = what was found is expected by now; "can_amend" = it may be, as far as the case goes. */
int td_standard_case_mark(struct td_tx *tx, const char *standard_id, json_t *failed);

/* `expected` with what was found instead: a new reference, NULL when the differences are no values (the script
 * failed) or memory is short. */
json_t *td_standard_case_apply(const json_t *expected, const json_t *differences);

/* What is other in `after`: [{"what", "id", "expected", "got"}], null for what is not there. A new reference. */
json_t *td_standard_case_changes(const json_t *before, const json_t *after);

#endif
