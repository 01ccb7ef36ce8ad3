/* workflow.c - the table of states and actions, and the one function that moves a dossier.
 *
 * Owns the columns state, state_at, due_at, returned_to and supplemented of `application`. What
 * must be true before a row may be used is in guard.c; what a caller records beside the change (a
 * snapshot, a return order, a ballot) is the caller's, in the same transaction. */
#include "review/workflow.h"

#include "base/id.h"
#include "review/application.h"
#include "review/calendar.h"
#include "review/cycle.h"
#include "review/fee.h"
#include "review/guard.h"
#include "review/message.h"
#include "review/post.h"
#include "review/reexamination.h"
#include "review/row.h"
#include "review/window.h"
#include "store/ledger.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    const char *holder;
} states[TD_STATE_COUNT] = {
#define X(state, name, holder) [state] = {name, holder},
    TD_STATES(X)
#undef X
};

#define APPLICANT   TD_ROLE_APPLICANT
#define UNIT        TD_ROLE_UNIT
#define INDUSTRY    TD_ROLE_DISTRICT_INDUSTRY
#define HR          TD_ROLE_DISTRICT_HR
#define OFFICE      TD_ROLE_OFFICE
#define BUREAU      TD_ROLE_BUREAU
#define SYSTEM      0
#define FROM(state) TD_STATE_##state
#define TO(state)   TD_STATE_##state
#define BACK        TD_STATE_COUNT

/* action, from, to, role, when, guard, days for the next holder (< 0 working days), message,
 * reasons. Procedure: Order 40 of the Ministry (articles 13 to 26) and the seed notice; days are
 * defaults that a cycle's parameters replace. */
/* clang-format off */
static const struct td_workflow_row rows[] = {
    {"submit", FROM(DRAFT), TO(SUBMITTED), APPLICANT, NULL, td_guard_first_submission, -5, "submitted", false},
    {"submit", FROM(RETURNED), BACK, APPLICANT, NULL, td_guard_submission, -5, "resubmitted", false},
    {"submit", FROM(SUPPLEMENT), TO(OFFICE_REVIEW), APPLICANT, NULL, td_guard_submission, -10, "resubmitted", false},

    {"begin", FROM(SUBMITTED), TO(UNIT_REVIEW), UNIT, NULL, NULL, -10, NULL, false},
    {"publicise", FROM(UNIT_REVIEW), TO(UNIT_NOTICE), UNIT, NULL, td_guard_unit_verified, 0, "publicised", false},
    {"recommend", FROM(UNIT_NOTICE), TO(DISTRICT_INDUSTRY_REVIEW), UNIT, NULL, td_guard_unit_notice_over, -10, "recommended", false},
    {"forward", FROM(DISTRICT_INDUSTRY_REVIEW), TO(DISTRICT_HR_REVIEW), INDUSTRY, NULL, td_guard_industry_verified, -10, "forwarded", false},
    {"forward", FROM(DISTRICT_HR_REVIEW), TO(OFFICE_REVIEW), HR, NULL, td_guard_hr_verified, -10, "forwarded", false},
    {"accept", FROM(OFFICE_REVIEW), TO(FEE_DUE), OFFICE, td_when_fee_due, td_guard_acceptable, -10, "fee_due", false},
    {"accept", FROM(OFFICE_REVIEW), TO(ACCEPTED), OFFICE, NULL, td_guard_acceptable, 0, "accepted", false},
    {"record_fee", FROM(FEE_DUE), TO(ACCEPTED), OFFICE, NULL, td_guard_fee_recorded, 0, "accepted", false},
    {"settle_fee", FROM(FEE_DUE), TO(ACCEPTED), SYSTEM, NULL, td_guard_fee_recorded, 0, "accepted", false},

    {"return", FROM(UNIT_REVIEW), TO(RETURNED), UNIT, NULL, NULL, -5, "returned", true},
    {"return", FROM(UNIT_NOTICE), TO(RETURNED), UNIT, NULL, NULL, -5, "returned", true},
    {"return", FROM(DISTRICT_INDUSTRY_REVIEW), TO(RETURNED), INDUSTRY, NULL, NULL, -5, "returned", true},
    {"return", FROM(DISTRICT_HR_REVIEW), TO(RETURNED), HR, NULL, NULL, -5, "returned", true},
    {"return_to_unit", FROM(DISTRICT_INDUSTRY_REVIEW), TO(UNIT_REVIEW), INDUSTRY, NULL, NULL, -5, "unit_returned", true},
    {"return_to_unit", FROM(DISTRICT_HR_REVIEW), TO(UNIT_REVIEW), HR, NULL, NULL, -5, "unit_returned", true},
    {"supplement", FROM(OFFICE_REVIEW), TO(SUPPLEMENT), OFFICE, NULL, td_guard_not_supplemented, -5, "supplement", true},
    {"reject", FROM(UNIT_REVIEW), TO(REJECTED), UNIT, NULL, NULL, 0, "rejected", true},
    {"reject", FROM(UNIT_NOTICE), TO(REJECTED), UNIT, NULL, NULL, 0, "rejected", true},
    {"reject", FROM(DISTRICT_INDUSTRY_REVIEW), TO(REJECTED), INDUSTRY, NULL, NULL, 0, "rejected", true},
    {"reject", FROM(DISTRICT_HR_REVIEW), TO(REJECTED), HR, NULL, NULL, 0, "rejected", true},
    {"reject", FROM(OFFICE_REVIEW), TO(REJECTED), OFFICE, NULL, NULL, 0, "rejected", true},

    {"withdraw", FROM(DRAFT), TO(WITHDRAWN), APPLICANT, NULL, NULL, 0, NULL, false},
    {"withdraw", FROM(SUBMITTED), TO(WITHDRAWN), APPLICANT, NULL, NULL, 0, "withdrawn", false},
    {"withdraw", FROM(UNIT_REVIEW), TO(WITHDRAWN), APPLICANT, NULL, NULL, 0, "withdrawn", false},
    {"withdraw", FROM(UNIT_NOTICE), TO(WITHDRAWN), APPLICANT, NULL, NULL, 0, "withdrawn", false},
    {"withdraw", FROM(DISTRICT_INDUSTRY_REVIEW), TO(WITHDRAWN), APPLICANT, NULL, NULL, 0, "withdrawn", false},
    {"withdraw", FROM(DISTRICT_HR_REVIEW), TO(WITHDRAWN), APPLICANT, NULL, NULL, 0, "withdrawn", false},
    {"withdraw", FROM(OFFICE_REVIEW), TO(WITHDRAWN), APPLICANT, NULL, NULL, 0, "withdrawn", false},
    {"withdraw", FROM(SUPPLEMENT), TO(WITHDRAWN), APPLICANT, NULL, NULL, 0, "withdrawn", false},
    {"withdraw", FROM(RETURNED), TO(WITHDRAWN), APPLICANT, NULL, NULL, 0, "withdrawn", false},
    {"withdraw", FROM(FEE_DUE), TO(WITHDRAWN), APPLICANT, NULL, NULL, 0, "withdrawn", false},
    {"withdraw", FROM(ACCEPTED), TO(WITHDRAWN), APPLICANT, NULL, NULL, 0, "withdrawn", false},
    {"abandon", FROM(SUPPLEMENT), TO(ABANDONED), SYSTEM, NULL, td_guard_overdue, 0, "abandoned", false},
    {"abandon", FROM(RETURNED), TO(ABANDONED), SYSTEM, NULL, td_guard_overdue, 0, "abandoned", false},

    {"assign", FROM(ACCEPTED), TO(PANEL_REVIEW), OFFICE, NULL, NULL, -10, "panel", false},
    {"close_panel", FROM(PANEL_REVIEW), TO(COMMITTEE_VOTE), OFFICE, NULL, td_guard_panel_complete, 0, NULL, false},
    {"pass", FROM(COMMITTEE_VOTE), TO(PASSED), SYSTEM, NULL, NULL, 0, NULL, false},
    {"fail", FROM(COMMITTEE_VOTE), TO(FAILED), SYSTEM, NULL, NULL, 0, "failed", false},
    {"outrank", FROM(PASSED), TO(FAILED), OFFICE | BUREAU, NULL, NULL, 0, "outranked", false},
    {"revote", FROM(PASSED), TO(COMMITTEE_VOTE), OFFICE | BUREAU, NULL, NULL, 0, "revote", false},
    {"publicise_result", FROM(PASSED), TO(RESULT_NOTICE), OFFICE | BUREAU, NULL, NULL, 0, "result_notice", false},
    {"hold", FROM(RESULT_NOTICE), TO(OBJECTION_HOLD), OFFICE | BUREAU, NULL, td_guard_objected, -10, "held", false},
    {"release", FROM(OBJECTION_HOLD), TO(RESULT_NOTICE), OFFICE | BUREAU, NULL, td_guard_no_objection, 0, "released", false},
    {"annul", FROM(OBJECTION_HOLD), TO(FAILED), BUREAU, NULL, td_guard_objection_upheld, 0, "annulled", false},
    {"order_revote", FROM(FAILED), TO(COMMITTEE_VOTE), BUREAU, NULL, td_reexamination_check_ordered, 0, "revote_ordered", false},
    {"confirm", FROM(RESULT_NOTICE), TO(CONFIRMED), BUREAU, NULL, td_guard_result_notice_over, 0, "confirmed", false},
    {"file", FROM(CONFIRMED), TO(FILED), SYSTEM, td_when_nobody, NULL, 0, "filed", false},
    {"file", FROM(CONFIRMED), TO(FILED), BUREAU, NULL, NULL, 0, "filed", false},
    {"certify", FROM(FILED), TO(CERTIFIED), BUREAU, NULL, NULL, -10, "certified", false},
    {"appoint", FROM(CERTIFIED), TO(APPOINTED), UNIT | BUREAU, NULL, td_guard_post_recorded, 0, "appointed", false},

    {"appoint", FROM(SUPERSEDED), TO(APPOINTED), UNIT | BUREAU, NULL, td_guard_post_recorded, 0, "appointed", false},
    {"supersede", FROM(CERTIFIED), TO(SUPERSEDED), SYSTEM, NULL, NULL, 0, "superseded", false},
    {"supersede", FROM(APPOINTED), TO(SUPERSEDED), SYSTEM, NULL, NULL, 0, "superseded", false},
    {"supersede", FROM(SUSPENDED), TO(SUSPENDED), SYSTEM, NULL, NULL, 0, "superseded", false},

    {"suspend", FROM(CERTIFIED), TO(SUSPENDED), BUREAU, NULL, NULL, 0, "suspended", false},
    {"suspend", FROM(APPOINTED), TO(SUSPENDED), BUREAU, NULL, NULL, 0, "suspended", false},
    {"suspend", FROM(SUPERSEDED), TO(SUSPENDED), BUREAU, NULL, NULL, 0, "suspended", false},
    {"resume", FROM(SUSPENDED), BACK, BUREAU, td_when_unappointed, NULL, -10, "resumed", false},
    {"resume", FROM(SUSPENDED), BACK, BUREAU, NULL, NULL, 0, "resumed", false},
    {"convert", FROM(CERTIFIED), TO(CONVERTED), BUREAU, NULL, NULL, 0, "converted", false},
    {"convert", FROM(APPOINTED), TO(CONVERTED), BUREAU, NULL, NULL, 0, "converted", false},
    {"convert", FROM(SUPERSEDED), TO(CONVERTED), BUREAU, NULL, NULL, 0, "converted", false},
    {"convert", FROM(SUSPENDED), TO(CONVERTED), BUREAU, NULL, NULL, 0, "converted", false},
    {"revoke", FROM(CERTIFIED), TO(REVOKED), BUREAU, NULL, NULL, 0, "revoked", false},
    {"revoke", FROM(APPOINTED), TO(REVOKED), BUREAU, NULL, NULL, 0, "revoked", false},
    {"revoke", FROM(SUPERSEDED), TO(REVOKED), BUREAU, NULL, NULL, 0, "revoked", false},
    {"revoke", FROM(SUSPENDED), TO(REVOKED), BUREAU, NULL, NULL, 0, "revoked", false},
    {"revoke", FROM(CONVERTED), TO(REVOKED), BUREAU, NULL, NULL, 0, "revoked", false},
    {"revoke", FROM(RETIRED), TO(REVOKED), BUREAU, NULL, NULL, 0, "revoked", false},
    {"retire", FROM(CERTIFIED), TO(RETIRED), BUREAU, NULL, NULL, 0, "retired", false},
    {"retire", FROM(APPOINTED), TO(RETIRED), BUREAU, NULL, NULL, 0, "retired", false},
    {"retire", FROM(SUPERSEDED), TO(RETIRED), BUREAU, NULL, NULL, 0, "retired", false},
    {"retire", FROM(SUSPENDED), TO(RETIRED), BUREAU, NULL, NULL, 0, "retired", false},
};
/* clang-format on */

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

const char *td_state_name(enum td_state state)
{
    return state < TD_STATE_COUNT ? states[state].name : "";
}

const char *td_state_holder(enum td_state state)
{
    return state < TD_STATE_COUNT ? states[state].holder : "";
}

int td_state_parse(const char *name, enum td_state *ret_state)
{
    for (int i = 0; i < TD_STATE_COUNT; i++) {
        if (!strcmp(states[i].name, name)) {
            *ret_state = (enum td_state)i;
            return 0;
        }
    }
    return TD_EINVALID;
}

bool td_state_editable(enum td_state state)
{
    return state == TD_STATE_DRAFT || state == TD_STATE_RETURNED || state == TD_STATE_SUPPLEMENT;
}

const struct td_workflow_row *td_workflow_rows(size_t *ret_count)
{
    *ret_count = ROW_COUNT;
    return rows;
}

bool td_workflow_has_reasons(const char *action)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (!strcmp(rows[i].action, action))
            return rows[i].has_reasons;
    return false;
}

static bool holds_role(const struct td_account *who, enum td_role role, const json_t *application)
{
    char scope[64];
    switch (role) {
    case TD_ROLE_APPLICANT:
        return who->roles & TD_ROLE_APPLICANT && td_row_equals(application, "account_id", who->id);
    case TD_ROLE_UNIT: return td_account_has(who, role, td_row_text(application, "unit_id"));
    case TD_ROLE_DISTRICT_INDUSTRY:
        snprintf(scope, sizeof(scope), "%s/%s", td_row_text(application, "division_code"),
                 td_row_text(application, "series"));
        return td_account_has(who, role, scope);
    case TD_ROLE_DISTRICT_HR:
        return td_account_has(who, role, td_row_text(application, "division_code"));
    case TD_ROLE_OFFICE: return td_account_has(who, role, td_row_text(application, "series"));
    default: return td_account_has(who, role, "");
    }
}

const char *td_workflow_role(const struct td_review *review, uint32_t roles,
                             const json_t *application, struct td_error *reterr)
{
    const struct td_account *who = review->who;
    if (!roles && !who)
        return "system";
    bool own = who && td_row_equals(application, "account_id", who->id);
    for (uint32_t bit = 1; who && bit <= TD_ROLE_SUPERVISOR; bit <<= 1) {
        enum td_role role = (enum td_role)bit;
        if (!(roles & bit) || !holds_role(who, role, application))
            continue;
        if (own && role != TD_ROLE_APPLICANT) {
            td_error_key(reterr, TD_EFORBIDDEN, "own_dossier", NULL);
            return NULL;
        }
        return td_role_name(role);
    }
    td_error_key(reterr, TD_EFORBIDDEN, "role_missing", NULL);
    return NULL;
}

static const struct td_workflow_row *find_row(struct td_review *review, const json_t *application,
                                              const char *action, struct td_error *reterr)
{
    bool known = false;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (strcmp(rows[i].action, action))
            continue;
        known = true;
        if (!td_row_equals(application, "state", states[rows[i].from].name))
            continue;
        if (!rows[i].when || rows[i].when(review, application))
            return &rows[i];
    }
    if (!known)
        td_error_key(reterr, TD_EINVALID, "action_unknown", json_pack("{s:s}", "action", action));
    else
        td_error_key(
            reterr, TD_ECONFLICT, "state_wrong",
            json_pack("{s:s, s:s}", "action", action, "state", td_row_text(application, "state")));
    return NULL;
}

static int target_state(const struct td_workflow_row *row, const json_t *application,
                        enum td_state *ret_state, struct td_error *reterr)
{
    if (row->to != TD_STATE_COUNT) {
        *ret_state = row->to;
        return 0;
    }
    if (!td_state_parse(td_row_text(application, "returned_to"), ret_state))
        return 0;
    return td_error_set(reterr, TD_EINTERNAL, "the dossier does not say where it goes back to");
}

/* Where a dossier goes back to once the applicant has answered, or a suspension is over. Out of a
 * running notice it goes back to the unit's desk: what was publicised may have changed, so the
 * notice runs anew. What is superseded while it is suspended comes back superseded. */
static const char *return_target(const struct td_workflow_row *row, enum td_state to)
{
    if (to == TD_STATE_SUPPLEMENT)
        return states[TD_STATE_OFFICE_REVIEW].name;
    if (to != TD_STATE_RETURNED && to != TD_STATE_SUSPENDED)
        return "";
    return states[row->from == TD_STATE_UNIT_NOTICE ? TD_STATE_UNIT_REVIEW
                  : row->from == to                 ? TD_STATE_SUPERSEDED
                                                    : row->from]
        .name;
}

int td_workflow_due(struct td_review *review, const json_t *cycle, enum td_state to, int days,
                    char due[TD_TIME_TEXT], struct td_error *reterr)
{
    due[0] = 0;
    if (!days)
        return 0;
    char name[64];
    snprintf(name, sizeof(name), "%s_days", to == TD_STATE_RETURNED ? "return" : td_state_name(to));
    int64_t count = td_cycle_parameter(cycle, name, abs(days));
    td_date date = TD_DATE_NONE;
    int result = td_date_parse(review->today, &date);
    if (!result && days < 0)
        result = td_calendar_add(review->calendar, date, (int)count, &date, NULL, reterr);
    else if (!result)
        date += (td_date)count;
    if (!result)
        td_time_format(td_clock_day_end_ms(date) - 1, due); /* still that day, for readers */
    return result;
}

/* Puts the deadline off to the end of `due_on`. */
static int put_off(const char *due_on, char due[TD_TIME_TEXT], struct td_error *reterr)
{
    td_date date;
    char later[TD_TIME_TEXT];
    if (!*due_on)
        return 0;
    if (td_date_parse(due_on, &date))
        return td_error_field(reterr, "due_on", "date", "a date is YYYY-MM-DD");
    if (!*due)
        return td_error_field(reterr, "due_on", "unknown_field", "nobody has to answer this");
    td_time_format(td_clock_day_end_ms(date) - 1, later);
    if (strcmp(later, due) < 0)
        return td_error_field(reterr, "due_on", "too_small",
                              "the deadline may only be later than the default");
    memcpy(due, later, sizeof(later));
    return 0;
}

static int change_row(struct td_review *review, const json_t *application,
                      const struct td_workflow_row *row, enum td_state to, const char *due)
{
    int64_t changed = 0;
    bool supplemented = td_row_bool(application, "supplemented") || to == TD_STATE_SUPPLEMENT;
    int result = td_tx_exec(
        review->tx, &changed,
        "update application set state = $2, state_at = $3, updated_at = $3, due_at = $4, "
        "returned_to = $5, supplemented = $6, version = version + 1 where id = $1 and state = $7",
        "sssssbs", td_row_text(application, "id"), td_state_name(to), review->now,
        *due ? due : NULL, return_target(row, to), (int)supplemented,
        td_row_text(application, "state"));
    return result ? result : changed == 1 ? 0 : TD_ECONFLICT;
}

static int record_change(struct td_review *review, const json_t *application,
                         const struct td_workflow_row *row, enum td_state to, const char *role,
                         const char *note)
{
    const char *actor = review->who ? review->who->id : "system";
    const char *id = td_row_text(application, "id");
    char transition[TD_ID_TEXT], subject[64], action[64];
    td_id_new(transition);
    int result =
        td_tx_exec(review->tx, NULL,
                   "insert into transition (id, application_id, action, from_state, to_state, "
                   "actor, role, note, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                   "sssssssss", transition, id, row->action, td_row_text(application, "state"),
                   td_state_name(to), actor, role, note ? note : "", review->now);
    if (result)
        return result;
    snprintf(subject, sizeof(subject), "application/%s", id);
    snprintf(action, sizeof(action), "application.%s", row->action);
    json_t *payload = json_pack("{s:s, s:s, s:s, s:i}", "from", td_row_text(application, "state"),
                                "to", td_state_name(to), "role", role, "version",
                                (int)td_row_int(application, "version") + 1);
    result = td_ledger_append(review->tx, actor, action, subject, payload);
    json_decref(payload);
    return result;
}

static int tell(struct td_review *review, const json_t *application,
                const struct td_workflow_row *row, enum td_state to, const char *due)
{
    const char *id = td_row_text(application, "id");
    int result = td_row_live(review->tx, "application", id);
    bool to_unit = row->has_reasons && !strcmp(td_state_holder(to), "unit");
    if (result || !row->message)
        return result;
    json_t *parameters = json_pack("{s:s, s:s}", "state", td_state_name(to), "number",
                                   td_row_text(application, "number"));
    if (*due)
        json_object_set_new(parameters, "due_at", json_string(due));
    if (to_unit)
        result = td_message_send_role(review, "unit", td_row_text(application, "unit_id"),
                                      td_row_text(application, "account_id"), id, row->message,
                                      parameters);
    else
        result = td_message_send(review, td_row_text(application, "account_id"), id, row->message,
                                 parameters);
    json_decref(parameters);
    return result;
}

/* Whether today is a day for this: withdrawing, and what the system does by itself, is possible at
 * any time, and money that has come is never refused. What remains is bounded by the stage's
 * window. */
static int check_window(struct td_review *review, const json_t *application,
                        const struct td_workflow_row *row, struct td_error *reterr)
{
    if (row->role == SYSTEM || row->from == TD_STATE_FEE_DUE || row->to == TD_STATE_WITHDRAWN)
        return 0;
    return td_window_check(review, application, reterr);
}

/* Its fee: ordered once it is due, not asked for any more when the dossier goes away unpaid. */
static int order_fee(struct td_review *review, const json_t *application, enum td_state to)
{
    json_t *order = NULL;
    if (to == TD_STATE_WITHDRAWN && td_row_equals(application, "state", "fee_due"))
        return td_fee_cancel(review, application);
    if (to != TD_STATE_FEE_DUE)
        return 0;
    int result = td_fee_order(review, application, &order);
    json_decref(order);
    return result;
}

static int perform(struct td_review *review, const json_t *application,
                   const struct td_workflow_row *row, const char *role, const char *note,
                   const char *due_on, struct td_error *reterr)
{
    enum td_state to;
    char due[TD_TIME_TEXT];
    json_t *cycle = NULL;
    int result = target_state(row, application, &to, reterr);
    if (!result)
        result = td_cycle_load(review->tx, td_row_text(application, "cycle_id"), &cycle);
    if (!result)
        result = td_workflow_due(review, cycle, to, row->due_days, due, reterr);
    if (!result && to == TD_STATE_RETURNED)
        td_window_put_off(cycle, td_row_text(application, "division_code"), due);
    if (!result)
        result = put_off(due_on, due, reterr);
    if (!result)
        result = change_row(review, application, row, to, due);
    if (!result)
        result = record_change(review, application, row, to, role, note);
    if (!result)
        result = order_fee(review, application, to);
    if (!result)
        result = td_post_follow(review, application, td_state_name(to), reterr);
    if (!result)
        result = tell(review, application, row, to, due);
    json_decref(cycle);
    return result;
}

/* Of a dossier that the caller sees, in `role`; NULL = the one of the row's in which he may act. */
static int apply(struct td_review *review, const json_t *application, const char *role,
                 const char *action, const char *note, const char *due_on, struct td_error *reterr)
{
    const struct td_workflow_row *row = find_row(review, application, action, reterr);
    if (row && !role)
        role = td_workflow_role(review, row->role, application, reterr);
    if (!row || !role)
        return reterr && reterr->code < 0 ? reterr->code : TD_ECONFLICT;
    int result = check_window(review, application, row, reterr);
    if (!result && row->guard)
        result = row->guard(review, application, reterr);
    return result ? result : perform(review, application, row, role, note, due_on, reterr);
}

int td_workflow_apply_as(struct td_review *review, const char *application_id, const char *role,
                         const char *action, const char *note, struct td_error *reterr)
{
    json_t *application = NULL;
    int result = td_application_row(review, application_id, &application, reterr);
    if (!result)
        result = apply(review, application, role, action, note, "", reterr);
    json_decref(application);
    return result;
}

int td_workflow_apply_until(struct td_review *review, const char *application_id,
                            const char *action, const char *note, const char *due_on,
                            json_t **ret_application, struct td_error *reterr)
{
    json_t *application = NULL;
    int result = td_application_load(review, application_id, &application, reterr);
    if (result)
        return result;
    result = apply(review, application, NULL, action, note, due_on, reterr);
    json_decref(application);
    if (!result && ret_application)
        result = td_application_row(review, application_id, ret_application, reterr);
    return result;
}

int td_workflow_apply(struct td_review *review, const char *application_id, const char *action,
                      const char *note, json_t **ret_application, struct td_error *reterr)
{
    return td_workflow_apply_until(review, application_id, action, note, "", ret_application,
                                   reterr);
}

static json_t *describe_action(struct td_review *review, const json_t *application,
                               const struct td_workflow_row *row)
{
    struct td_error because = TD_ERROR_INIT;
    int result = check_window(review, application, row, &because);
    if (!result && row->guard)
        result = row->guard(review, application, &because);
    json_t *action = json_pack("{s:s, s:b, s:b, s:s}", "action", row->action, "ready", result == 0,
                               "asks_reasons", row->has_reasons, "to", td_state_name(row->to));
    if (result && because.key[0]) {
        json_object_set_new(action, "say", json_string(because.key));
        json_object_set(action, "parameters", because.parameters);
    }
    td_error_done(&because);
    return action;
}

json_t *td_workflow_actions(struct td_review *review, const json_t *application)
{
    json_t *actions = json_array();
    const char *last = "";
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (!td_row_equals(application, "state", states[rows[i].from].name) ||
            !strcmp(last, rows[i].action))
            continue;
        if (rows[i].when && !rows[i].when(review, application))
            continue;
        struct td_error refusal = TD_ERROR_INIT;
        if (td_workflow_role(review, rows[i].role, application, &refusal)) {
            json_array_append_new(actions, describe_action(review, application, &rows[i]));
            last = rows[i].action;
        }
        td_error_done(&refusal);
    }
    return actions;
}
