/* committee.h - review committees: registry, members and their positions, approval and validity.
 *
 *     drafted --submit--> submitted --approve--> approved ( --its last day passes--> lapsed --submit--> ...)
 *        ^----- refuse ------'                      any of them --withdraw--> withdrawn
 *
 * A committee reviews one series and level (人社部令第40号, article 6: no committee across series), all
 * of the series or some specialties. It reviews only while it is approved, for at most three years
 * (article 8): senior ones by the region's HR department, the others by the city bureau (the seed
 * notice on filing). Members of an approved committee change when the change is approved again.
 * The office of the series keeps it; bureau and supervisor read. Who sits on it is not public
 * (article 24). */
#ifndef TD_REVIEW_COMMITTEE_H
#define TD_REVIEW_COMMITTEE_H

#include "base/id.h"
#include "review/review.h"

#include <stdbool.h>
#include <stdint.h>

enum { TD_COMMITTEE_TERM_YEARS = 3 }; /* at most: article 8 */
enum { TD_COMMITTEE_REASON = 300 };   /* characters of a reason, at most */
enum { TD_COMMITTEE_SENIOR_SERIES = 25, TD_COMMITTEE_SENIOR_SPECIALTY = 11 }; /* at least: article 9 */

/* 0 when the caller runs committees of this series (its office); else TD_EFORBIDDEN. */
int td_committee_may_run(const struct td_review *review, const char *series,
                         struct td_error *reterr);

/* 0 when the caller may see the inside of this series' committees; else TD_ENOTFOUND. */
int td_committee_may_read(const struct td_review *review, const char *series,
                          struct td_error *reterr);

/* For lists: a condition in SQL on a series, whose parameter is td_committee_scope(who): "*" for
 * who reads all, else the account whose office grants decide ("" for nobody). */
#define TD_COMMITTEE_SCOPE_SQL(parameter, series)                                                  \
    "(" parameter                                                                                  \
    " = '*' or exists (select 1 from account_grant g0 where g0.account_id = " parameter            \
    " and g0.role = 'office' and g0.scope = " series "))"
const char *td_committee_scope(const struct td_account *who);

/* The committee's row, a new reference. TD_ENOTFOUND. */
int td_committee_load(struct td_tx *tx, const char *committee_id, json_t **ret_committee);

/* The same for who runs it; TD_ENOTFOUND for everybody else. */
int td_committee_load_own(struct td_review *review, const char *committee_id,
                          json_t **ret_committee);

/* Members: [{"account_id", "name", "login", "position", "unit_name"}], chair first. */
int td_committee_members(struct td_tx *tx, const char *committee_id, json_t **ret_members);

/* Experts of a series: [{"account_id", "name", "unit_name"}], for choosing. */
int td_committee_experts(struct td_tx *tx, const char *series, json_t **ret_experts);

/* 0 when this member votes. A seat lasts only as long as what it needs: still an expert of the series,
 * and no office (its staff prepares the meeting and does not vote). */
int td_committee_check_voter(const struct td_account *who, const char *series,
                             struct td_error *reterr);

/* "chair" | "deputy" | "member" | "" (not on it): a constant. */
int td_committee_position(struct td_tx *tx, const char *committee_id, const char *account_id,
                          const char **ret_position);

int td_committee_list(struct td_review *review, const char *cursor, json_t **ret_page);

/* Members of an approved committee that would change: SQL for the whole list as it would then be. */
#define TD_COMMITTEE_NEXT_MEMBERS_SQL                                                              \
    "select account_id, position, outside_reason from committee_member m0 where committee_id = $1" \
    " and not exists (select 1 from committee_change c0 where c0.committee_id = $1"                \
    " and c0.account_id = m0.account_id and c0.state = 'pending')"                                 \
    " union all select account_id, position, outside_reason from committee_change where"           \
    " committee_id = $1"                                                                           \
    " and state = 'pending' and position <> ''"

/* A condition in SQL: the committee (an id) reviews the specialty (a column with its table's name). */
#define TD_COMMITTEE_TAKES_SQL(committee, specialty)                                               \
    "(not exists (select 1 from committee_specialty x0 where x0.committee_id = " committee         \
    ") or exists (select 1 from committee_specialty x1 where x1.committee_id = " committee         \
    " and x1.specialty = " specialty "))"

/* The row with "committee_state" (lapsed too), "approver" ("region" | "city"), "minimum",
 * "specialties", "members", "changes" that wait for approval, "experts" (who could be added), "can":
 * {"edit", "seat", "submit", "approve", "withdraw"} and "warnings": [{"code"}]: no_chair,
 * even_members, few_members; of the list as it would be with the changes. */
int td_committee_view(struct td_review *review, const char *committee_id, json_t **ret_committee,
                      struct td_error *reterr);

/* From {"series", "level", "name", "founding_unit" (one of the setting's), "kind", "specialties" (of a
 * committee by specialty), "term_years" (1..3), "adjusted_minimum" with "adjustment_reference" (the
 * region's consent to fewer members, article 9), "members": [{"account_id", "position", "outside_reason"}]}: drafted. */
int td_committee_create(struct td_review *review, const json_t *committee, char ret_id[TD_ID_TEXT],
                        struct td_error *reterr);

/* Replaces what create took of a drafted committee, but series, level and members. */
int td_committee_update(struct td_review *review, const char *committee_id, const json_t *changed,
                        struct td_error *reterr);

/* Members come from the approved expert pool of the committee's level (article 11). One who is in none needs a reason, which
 * is recorded, shown to who approves and filed with the list; where the setting committee_outside_pool says refuse,
 * there is no exception. *ret_count: of the list as it would be, those for whom that is not so. */
int td_committee_outsiders(struct td_review *review, const json_t *committee, int64_t *ret_count);

/* Seats an expert of the series, or changes the position. An account of the office is refused, and a
 * second chair; nothing changes while a meeting of the committee is open or its approval is being
 * decided. Of an approved committee this records a change, which counts once it is approved.
 * `outside_reason` is kept of who is in no approved pool: TD_EFIELDS "outside_reason" without one or for more than
 * TD_COMMITTEE_REASON characters, TD_ECONFLICT "outside_pool" where there is no exception. */
int td_committee_seat(struct td_review *review, const char *committee_id, const char *account_id,
                      const char *position, const char *outside_reason, struct td_error *reterr);
int td_committee_unseat(struct td_review *review, const char *committee_id, const char *account_id,
                        struct td_error *reterr);

/* --- committee_approval.c ------------------------------------------------------------------------- */

/* "drafted" | "submitted" | "approved" | "lapsed" | "withdrawn" of a committee's row on a day. */
const char *td_committee_state(const json_t *committee, const char *today);

/* Who approves: "region" for senior levels, "city" for the others. */
const char *td_committee_approver(const json_t *committee);

/* Fewest members: 25 of a senior committee by series, 11 by specialty (article 9); of the others the
 * settings; what the region consented to where that was recorded. */
int64_t td_committee_minimum(const struct td_review *review, const json_t *committee);

/* 0 when the committee may review today: panels, meetings. TD_ECONFLICT "committee_not_approved"
 * {committee_state}, "committee_lapsed" {valid_until}; TD_ENOTFOUND. Its last day is the day of the
 * same number three years after the approval (Civil Code, articles 201 and 202). */
int td_committee_check_valid(struct td_review *review, const char *committee_id,
                             struct td_error *reterr);

/* The last day of a term of years from a day on: that of the same number, or the month's last one. */
void td_committee_term_end(td_date day, int years, char text[TD_DATE_TEXT]);

/* The office hands a drafted or lapsed committee, or the changes of an approved one, to its approver.
 * TD_ECONFLICT "no_chair", "even_members", "few_members", "members_outside_pool", "nothing_changed", "committee_state". */
int td_committee_submit(struct td_review *review, const char *committee_id, struct td_error *reterr);

/* Who decides on a committee or a pool, as whoever records it says: "" or td_committee_approver's word; TD_EFIELDS
 * "approver" for the other's, who may not. */
int td_committee_check_approver(const char *named, const char *decides, struct td_error *reterr);

/* Records the approval of what was submitted, by whom ("" = who must), with its number and day: the bureau, or the
 * system when the region's platform answers. The composition is checked once more. Changes are carried out and do
 * not make the term longer. TD_EFIELDS for a day to come, or from which the term is over already. */
struct td_committee_approval {
    const char *approver, *reference, *approved_on;
};
int td_committee_approve(struct td_review *review, const char *committee_id,
                         const struct td_committee_approval *approval, struct td_error *reterr);

/* What was submitted goes back to the office, with the reason. */
int td_committee_refuse(struct td_review *review, const char *committee_id, const char *reason,
                        struct td_error *reterr);

/* Ends a committee for good: its office while it is not approved, the bureau always. */
int td_committee_withdraw(struct td_review *review, const char *committee_id, const char *reason,
                          struct td_error *reterr);

/* The office gives up the changes that wait. */
int td_committee_drop_changes(struct td_review *review, const char *committee_id,
                              struct td_error *reterr);

/* Loads a committee that its office may change now: not while it meets, is being decided on or is
 * withdrawn. */
int td_committee_load_for_change(struct td_review *review, const char *committee_id,
                                 json_t **ret_committee, struct td_error *reterr);

/* True when the account is an expert of the series. */
int td_committee_is_expert(struct td_tx *tx, const char *account_id, const char *series,
                           bool *ret_is);

/* 0 when the account may sit on a committee or a panel of the series: an expert of it, of no office, not barred from
 * judging. TD_ECONFLICT "not_an_expert", "office_does_not_vote"; TD_EFIELDS "barred". */
int td_committee_check_person(struct td_review *review, const char *account_id, const char *series,
                              struct td_error *reterr);

#endif
