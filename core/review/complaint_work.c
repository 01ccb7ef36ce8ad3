/* complaint_work.c - a case in the hands of those who handle it. Declared in complaint.h. */
#include "review/complaint.h"

#include "review/complaint_rows.h"
#include "review/message.h"
#include "review/row.h"
#include "review/workflow.h"
#include "store/store.h"

#include <string.h>

/* --- who sees what ---------------------------------------------------------------------------- */

/* A case `c` that account $1 may see: the supervisor's all; the bureau's what is with the bureau,
 * an office's official what is assigned to him; never one that concerns him. */
#define SEES_SQL                                                                                   \
    "not exists (select 1 from complaint_concern n where n.complaint_id = c.id and n.account_id "  \
    "= $1) and (c.assigned_to = $1 or exists (select 1 from account_grant g where g.account_id = " \
    "$1 and (g.role = 'supervisor' or (g.role = 'bureau' and c.handler = 'bureau'))))"

#define COMPLAINT_SQL                                                                              \
    "select c.*, c.number as complaint_number, s.name as assigned_name, a.number as "              \
    "application_number, a.state as application_state, p.login as applicant_login from complaint " \
    "c left join account s on s.id = c.assigned_to left join application a on a.id = "             \
    "c.application_id left join account p on p.id = a.account_id where "

static void complete(const struct td_review *review, json_t *row)
{
    const char *state = td_row_text(row, "complaint_state");
    bool received = !strcmp(state, "received");
    bool waits = received || !strcmp(state, "accepted") || !strcmp(state, "investigated");
    const char *due = td_row_text(row, received ? "accept_by" : "answer_by");
    json_object_set_new(row, "due_on", json_string(waits ? due : ""));
    json_object_set_new(row, "overdue", json_boolean(waits && strcmp(due, review->today) < 0));
    json_object_set_new(row, "anonymous", json_boolean(!*td_row_text(row, "contact_sealed")));
    json_object_del(row, "code_key");
    json_object_del(row, "language");
}

int td_complaint_list(struct td_review *review, bool open, const char *cursor, json_t **ret_page)
{
    json_t *rows = NULL, *row;
    size_t i;
    int result =
        td_tx_rows(review->tx, &rows,
                   COMPLAINT_SQL SEES_SQL " and ($2 = 0 or c.closed_at is null) and "
                                          "($3 = '' or c.id > $3) order by c.id limit $4",
                   "sisi", review->who->id, (int64_t)open, cursor, (int64_t)TD_ROW_PAGE + 1);
    json_array_foreach(rows, i, row) {
        complete(review, row);
        json_object_del(row, "contact_sealed");
    }
    if (!result)
        *ret_page = td_row_page(rows, "id");
    return result;
}

/* Whoever it is assigned to; before that everybody of the role that has it. */
static bool handles(const struct td_review *review, const json_t *row)
{
    if (*td_row_text(row, "assigned_to"))
        return td_row_equals(row, "assigned_to", review->who->id);
    return td_row_equals(row, "handler", "supervisor") ? td_row_is(review, TD_ROLE_SUPERVISOR)
                                                       : td_row_is(review, TD_ROLE_BUREAU);
}

static void add_can(const struct td_review *review, json_t *row)
{
    const char *state = td_row_text(row, "complaint_state");
    bool mine = handles(review, row), bureau = td_row_is(review, TD_ROLE_BUREAU);
    bool received = !strcmp(state, "received"), accepted = !strcmp(state, "accepted");
    bool investigated = !strcmp(state, "investigated"), answered = !strcmp(state, "answered");
    bool held = td_row_bool(row, "holds");
    bool result = td_row_equals(row, "application_state", "result_notice");
    json_object_set_new(row, "mine", json_boolean(mine));
    json_object_set_new(row, "can",
                        json_pack("{s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b}", "attach",
                                  mine && (accepted || investigated), "accept", mine && received,
                                  "investigate", mine && (accepted || investigated), "answer",
                                  mine && investigated, "close", mine && answered, "assign",
                                  (mine || td_row_is(review, TD_ROLE_SUPERVISOR)) &&
                                      (received || accepted || investigated),
                                  "hold",
                                  bureau && mine && result && !held && (accepted || investigated),
                                  "follow", bureau && (investigated || answered)));
}

int td_complaint_load(struct td_review *review, const char *id, json_t **ret_complaint,
                      struct td_error *reterr)
{
    json_t *row = NULL, *steps = NULL, *files = NULL;
    int result = td_tx_row(review->tx, &row, COMPLAINT_SQL SEES_SQL " and c.id = $2", "ss",
                           review->who->id, id);
    if (result == TD_ENOTFOUND)
        return td_error_key(reterr, TD_ENOTFOUND, "complaint_unknown", NULL);
    if (!result)
        result = td_tx_rows(review->tx, &steps,
                            "select t.step, t.note, t.done_at, p.name as done_by from "
                            "complaint_step t left join account p on p.id = t.account_id where "
                            "t.complaint_id = $1 order by t.sequence",
                            "s", id);
    if (!result)
        result = td_tx_rows(review->tx, &files,
                            "select f.id, f.name, f.uploaded_at, p.name as uploaded_by from "
                            "complaint_file f join account p on p.id = f.account_id where "
                            "f.complaint_id = $1 order by f.id",
                            "s", id);
    if (result) {
        json_decref(row);
        json_decref(steps);
        return result;
    }
    complete(review, row);
    add_can(review, row);
    json_object_set_new(row, "steps", steps);
    json_object_set_new(row, "files", files);
    *ret_complaint = row;
    return 0;
}

/* --- steps ------------------------------------------------------------------------------------ */

/* The case for a step that `can` names. */
static int load_for(struct td_review *review, const char *id, const char *can, json_t **ret_row,
                    struct td_error *reterr)
{
    json_t *row = NULL;
    int result = td_complaint_load(review, id, &row, reterr);
    if (!result && !handles(review, row) && strcmp(can, "assign"))
        result = td_error_key(reterr, TD_EFORBIDDEN, "complaint_not_yours", NULL);
    else if (!result && !td_row_bool(json_object_get(row, "can"), can))
        result = td_error_key(
            reterr, TD_ECONFLICT, "complaint_state_wrong",
            json_pack("{s:s}", "complaint_state", td_row_text(row, "complaint_state")));
    if (result)
        json_decref(row);
    else
        *ret_row = row;
    return result;
}

static int check(struct td_review *review, const char *id, const char *can, struct td_error *reterr)
{
    json_t *row = NULL;
    int result = load_for(review, id, can, &row, reterr);
    json_decref(row);
    return result;
}

int td_complaint_accept(struct td_review *review, const char *id, const char *note,
                        struct td_error *reterr)
{
    int result = check(review, id, "accept", reterr);
    if (!result)
        result = td_tx_exec(review->tx, NULL,
                            "update complaint set complaint_state = 'accepted', accepted_at = $2, "
                            "assigned_to = coalesce(assigned_to, $3) where id = $1",
                            "sss", id, review->now, review->who->id);
    return result ? result : td_complaint_step(review, id, "accept", note);
}

/* The answer is there: whoever left a way to reach him is told so. */
static int tell_answered(struct td_review *review, const char *id)
{
    json_t *row = NULL;
    int result =
        td_tx_row(review->tx, &row,
                  "select number, contact_sealed, language from complaint where id = $1", "s", id);
    if (!result)
        result = td_receipt_tell(review, td_row_text(row, "number"), "",
                                 td_row_text(row, "contact_sealed"), td_row_text(row, "language"));
    json_decref(row);
    return result;
}

int td_complaint_refer(struct td_review *review, const char *id, const char *answer,
                       struct td_error *reterr)
{
    int result = check(review, id, "accept", reterr);
    if (!result)
        result = td_tx_exec(review->tx, NULL,
                            "update complaint set complaint_state = 'not_ours', answered_at = $2, "
                            "closed_at = $2, answer = $3 where id = $1",
                            "sss", id, review->now, answer);
    if (!result)
        result = tell_answered(review, id);
    return result ? result : td_complaint_step(review, id, "refer", "");
}

int td_complaint_investigate(struct td_review *review, const char *id, const char *outcome,
                             const char *finding, struct td_error *reterr)
{
    int result = check(review, id, "investigate", reterr);
    if (!result)
        result = td_tx_exec(review->tx, NULL,
                            "update complaint set complaint_state = 'investigated', "
                            "complaint_outcome = $2, finding = $3 where id = $1",
                            "sss", id, outcome, finding);
    return result ? result : td_complaint_step(review, id, "investigate", finding);
}

int td_complaint_answer(struct td_review *review, const char *id, const char *answer,
                        struct td_error *reterr)
{
    int result = check(review, id, "answer", reterr);
    if (!result)
        result = td_tx_exec(review->tx, NULL,
                            "update complaint set complaint_state = 'answered', answered_at = $2, "
                            "answer = $3 where id = $1",
                            "sss", id, review->now, answer);
    if (!result)
        result = tell_answered(review, id);
    return result ? result : td_complaint_step(review, id, "answer", "");
}

int td_complaint_close(struct td_review *review, const char *id, const char *note,
                       struct td_error *reterr)
{
    int result = check(review, id, "close", reterr);
    if (!result)
        result = td_tx_exec(review->tx, NULL,
                            "update complaint set complaint_state = 'closed', closed_at = $2 where "
                            "id = $1",
                            "ss", id, review->now);
    return result ? result : td_complaint_step(review, id, "close", note);
}

/* In which role the account would handle it: supervisor, bureau or office; TD_EFIELDS for none, and
 * when it concerns him. */
static int role_of(struct td_review *review, const char *id, const char *account_id,
                   json_t **ret_role, struct td_error *reterr)
{
    int64_t concerned = 0;
    int result = td_tx_int(review->tx, &concerned,
                           "select count(*) from complaint_concern where complaint_id = $1 and "
                           "account_id = $2",
                           "ss", id, account_id);
    if (!result && concerned)
        return td_error_field(reterr, "person", "complaint_concerned", "the case concerns him");
    if (!result)
        result = td_tx_row(review->tx, ret_role,
                           "select role from account_grant where account_id = $1 and role in "
                           "('supervisor', 'bureau', 'office') order by case role when "
                           "'supervisor' then 0 when 'bureau' then 1 else 2 end limit 1",
                           "s", account_id);
    return result == TD_ENOTFOUND
               ? td_error_field(reterr, "person", "choice", "not an official who handles cases")
               : result;
}

int td_complaint_assign(struct td_review *review, const char *id, const char *account_id,
                        const char *note, struct td_error *reterr)
{
    json_t *row = NULL, *role = NULL;
    int result = load_for(review, id, "assign", &row, reterr);
    if (!result)
        result = role_of(review, id, account_id, &role, reterr);
    if (!result)
        result = td_tx_exec(review->tx, NULL,
                            "update complaint set assigned_to = $2, handler = $3 where id = $1",
                            "sss", id, account_id, td_row_text(role, "role"));
    if (!result)
        result = td_complaint_step(review, id, "assign", note);
    if (!result) {
        json_t *words = json_pack("{s:O}", "case", json_object_get(row, "complaint_number"));
        result = td_message_send(review, account_id, NULL, "complaint_assigned", words);
        json_decref(words);
    }
    json_decref(row);
    json_decref(role);
    return result;
}

int td_complaint_hold(struct td_review *review, const char *id, const char *note,
                      struct td_error *reterr)
{
    json_t *row = NULL;
    int result = load_for(review, id, "hold", &row, reterr);
    if (!result)
        result = td_tx_exec(review->tx, NULL, "update complaint set holds = $2 where id = $1", "sb",
                            id, 1);
    if (!result)
        result = td_workflow_apply(review, td_row_text(row, "application_id"), "hold", NULL, NULL,
                                   reterr);
    json_decref(row);
    return result ? result : td_complaint_step(review, id, "hold", note);
}
