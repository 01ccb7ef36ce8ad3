/* workflow.h - the one table of states and actions of a dossier.
 *
 * A state change outside the table is impossible: every change goes through td_workflow_apply,
 * which checks state, role, scope, "never on oneself" and the row's guard, then changes the dossier
 * and writes transition, ledger entry, messages, due date and outbox rows in the caller's
 * transaction. The README's diagram is printed from the table by `titlectl workflow`. */
#ifndef TD_REVIEW_WORKFLOW_H
#define TD_REVIEW_WORKFLOW_H

#include "review/review.h"

#include <stdbool.h>
#include <stddef.h>

/*      state                          name                        who holds the dossier        */
#define TD_STATES(X)                                                                               \
    X(TD_STATE_DRAFT, "draft", "applicant")                                                        \
    X(TD_STATE_SUBMITTED, "submitted", "unit")                                                     \
    X(TD_STATE_UNIT_REVIEW, "unit_review", "unit")                                                 \
    X(TD_STATE_UNIT_NOTICE, "unit_notice", "unit")                                                 \
    X(TD_STATE_DISTRICT_INDUSTRY_REVIEW, "district_industry_review", "district_industry")          \
    X(TD_STATE_DISTRICT_HR_REVIEW, "district_hr_review", "district_hr")                            \
    X(TD_STATE_OFFICE_REVIEW, "office_review", "office")                                           \
    X(TD_STATE_SUPPLEMENT, "supplement", "applicant")                                              \
    X(TD_STATE_RETURNED, "returned", "applicant")                                                  \
    X(TD_STATE_FEE_DUE, "fee_due", "office")                                                       \
    X(TD_STATE_ACCEPTED, "accepted", "office")                                                     \
    X(TD_STATE_PANEL_REVIEW, "panel_review", "expert")                                             \
    X(TD_STATE_COMMITTEE_VOTE, "committee_vote", "office")                                         \
    X(TD_STATE_PASSED, "passed", "office")                                                         \
    X(TD_STATE_FAILED, "failed", "")                                                               \
    X(TD_STATE_RESULT_NOTICE, "result_notice", "office")                                           \
    X(TD_STATE_OBJECTION_HOLD, "objection_hold", "bureau")                                         \
    X(TD_STATE_CONFIRMED, "confirmed", "bureau")                                                   \
    X(TD_STATE_FILED, "filed", "bureau")                                                           \
    X(TD_STATE_CERTIFIED, "certified", "unit")                                                     \
    X(TD_STATE_APPOINTED, "appointed", "unit")                                                     \
    X(TD_STATE_SUPERSEDED, "superseded", "")                                                       \
    X(TD_STATE_SUSPENDED, "suspended", "bureau")                                                   \
    X(TD_STATE_CONVERTED, "converted", "")                                                         \
    X(TD_STATE_REVOKED, "revoked", "")                                                             \
    X(TD_STATE_RETIRED, "retired", "")                                                             \
    X(TD_STATE_WITHDRAWN, "withdrawn", "")                                                         \
    X(TD_STATE_ABANDONED, "abandoned", "")                                                         \
    X(TD_STATE_REJECTED, "rejected", "")

enum td_state {
#define X(state, name, holder) state,
    TD_STATES(X)
#undef X
        TD_STATE_COUNT
};

/* One row. `from` and `to` are states; TD_STATE_COUNT as `to` means "where application.returned_to
 * says". `role` 0 = the system: code that has established the right itself and calls with who =
 * NULL (timers, the counting of votes). Of several rows with the same action and `from`, the first
 * whose `when` holds is the row (NULL = always). `guard` answers 0 or an error that says what is
 * missing. */
struct td_workflow_row {
    const char *action; /* "submit", "publicise", "recommend", "forward", "return" ... */
    enum td_state from;
    enum td_state to;
    uint32_t role;
    bool (*when)(struct td_review *review, const json_t *application);
    int (*guard)(struct td_review *review, const json_t *application, struct td_error *reterr);
    int due_days; /* due date of the next holder in calendar days; 0 = none, < 0 = working days;
                   * the cycle's parameter of the same name as the state ("unit_review_days") wins
                   */
    const char *message; /* kind of the message to the applicant, but see below; NULL = none */
    bool has_reasons; /* coded ones (review/verification.h): the message goes to whoever has to act on them, the
                       * unit when it is the next holder */
};

const char *td_state_name(enum td_state state);
const char *td_state_holder(enum td_state state); /* role name, "" when nobody */
int td_state_parse(const char *name, enum td_state *ret_state);

/* True in the states in which the applicant may change the dossier: draft, returned, supplement. */
bool td_state_editable(enum td_state state);

/* The table, for printing and for tests. */
const struct td_workflow_row *td_workflow_rows(size_t *ret_count);

/* Whether the rows of this action carry coded reasons: td_verification_send_back performs it. */
bool td_workflow_has_reasons(const char *action);

/* Performs `action` on a dossier. `note` (may be NULL) goes to the timeline. On success
 * *ret_application (may be NULL) is the row after the change, a new reference. TD_ENOTFOUND when
 * the caller may not even see it, TD_EFORBIDDEN for a wrong role or oneself, TD_ECONFLICT for a
 * wrong state or a guard. */
int td_workflow_apply(struct td_review *review, const char *application_id, const char *action,
                      const char *note, json_t **ret_application, struct td_error *reterr);

/* The same for code that has established the caller's right itself, because it does not lie in the dossier's own
 * scope: the unit where the holder of a title serves by now. The change is recorded with `role`. */
int td_workflow_apply_as(struct td_review *review, const char *application_id, const char *role,
                         const char *action, const char *note, struct td_error *reterr);

/* The same with a later deadline for the next holder: the day `due_on`, "" for the row's own.
 * TD_EFIELDS names "due_on" when it is no day, earlier than the row's, or nobody has to act. */
int td_workflow_apply_until(struct td_review *review, const char *application_id,
                            const char *action, const char *note, const char *due_on,
                            json_t **ret_application, struct td_error *reterr);

/* In which of `roles` the caller may act on this dossier: the role's name ("system" for no role and
 * no caller), or NULL and TD_EFORBIDDEN in reterr. An official never acts on his own dossier,
 * whatever his grants say; the applicant only on his own. */
const char *td_workflow_role(const struct td_review *review, uint32_t roles,
                             const json_t *application, struct td_error *reterr);

/* When the holder of state `to` must have acted, the last millisecond of a day in Shanghai: `days`
 * from today (< 0 working days), or the number the cycle's parameter for that state gives; "" for 0
 * days. */
int td_workflow_due(struct td_review *review, const json_t *cycle, enum td_state to, int days,
                    char due[TD_TIME_TEXT], struct td_error *reterr);

/* The actions that `review->who` could perform on this dossier now, guards included:
 * [{"action": "recommend", "ready": false, "say": "notice_running", "parameters": {"ends_on":
 * ...}}]. What is missing is a key of the locales' "say". A new reference. */
json_t *td_workflow_actions(struct td_review *review, const json_t *application);

#endif
