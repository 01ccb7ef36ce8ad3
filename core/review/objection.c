/* objection.c - see objection.h. Owns the table `objection`. The text goes only to who decides and
 * to the supervisor; the person objected to is told the outcome, never who objected. */
#include "review/objection.h"

#include "base/seal.h"
#include "review/application.h"
#include "review/calendar.h"
#include "review/cycle.h"
#include "review/message.h"
#include "review/row.h"
#include "review/workflow.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

/* The open notice and whom it lists: {"cycle_id", "kind", "title", "unit_id", "series",
 * "account_id", "open"}; open = objections to the notice that wait already. */
static int load_listed(struct td_review *review, const struct td_objection *one,
                       json_t **ret_listed, struct td_error *reterr)
{
    int result = td_tx_row(
        review->tx, ret_listed,
        "select n.cycle_id, n.kind, n.title, a.unit_id, a.series, a.account_id, (select count(*) "
        "from objection o where o.notice_id = n.id and o.decided_at is null) as open from "
        "public_notice_entry e join public_notice n on n.id = e.notice_id join application a on "
        "a.id = e.application_id where n.id = $1 and e.application_id = $2 and n.state = 'open' "
        "and n.kind <> 'revocation' and n.ends_on >= $3",
        "sss", one->notice_id, one->application_id, review->today);
    return result == TD_ENOTFOUND ? td_error_key(reterr, TD_ECONFLICT, "notice_not_open", NULL)
                                  : result;
}

static int set_deadline(struct td_review *review, const json_t *listed, char by[TD_DATE_TEXT],
                        struct td_error *reterr)
{
    td_date day;
    json_t *cycle = NULL;
    int result = td_date_parse(review->today, &day);
    if (!result)
        result = td_cycle_load(review->tx, td_row_text(listed, "cycle_id"), &cycle);
    if (!result)
        result = td_calendar_add(review->calendar, day,
                                 (int)td_cycle_parameter(cycle, "objection_hold_days", 10), &day,
                                 NULL, reterr);
    if (!result)
        td_date_format(day, by);
    json_decref(cycle);
    return result;
}

/* The unit, or the committee's office: once while objections to a notice wait, because anybody can
 * file many. */
static int tell_deciders(struct td_review *review, const json_t *listed, const char *decide_by)
{
    bool unit = td_row_equals(listed, "kind", "unit");
    if (td_row_int(listed, "open"))
        return 0;
    json_t *words =
        json_pack("{s:O, s:s}", "title", json_object_get(listed, "title"), "decide_by", decide_by);
    int result = words ? td_message_send_role(review, unit ? "unit" : "office",
                                              td_row_text(listed, unit ? "unit_id" : "series"),
                                              td_row_text(listed, "account_id"), NULL,
                                              "objection_filed", words)
                       : TD_ENOMEM;
    json_decref(words);
    return result;
}

static int insert(struct td_review *review, const struct td_objection *one,
                  const struct td_objection_receipt *receipt)
{
    bool known = review->who && !one->anonymous;
    char *objector = td_seal(review->seal, known ? review->who->id : "");
    if (!objector)
        return TD_ENOMEM;
    int result = td_tx_exec(
        review->tx, NULL,
        "insert into objection (id, notice_id, application_id, text, contact_sealed, received_at, "
        "receipt_number, code_key, decide_by, objector_sealed, language) "
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        "sssssssssss", receipt->id, one->notice_id, one->application_id, one->text,
        one->contact_sealed, review->now, receipt->receipt.number, receipt->receipt.key,
        receipt->decide_by, objector, one->language);
    free(objector);
    return result;
}

int td_objection_file(struct td_review *review, const struct td_objection *objection,
                      struct td_objection_receipt *ret_receipt, struct td_error *reterr)
{
    struct td_review nobody = *review; /* the ledger does not say who objected */
    struct td_objection_receipt receipt = {0};
    json_t *listed = NULL;
    nobody.who = NULL;
    td_id_new(receipt.id);
    int result = load_listed(review, objection, &listed, reterr);
    if (!result)
        result = set_deadline(review, listed, receipt.decide_by, reterr);
    if (!result)
        result = td_receipt_issue(review, TD_RECEIPT_OBJECTION, &receipt.receipt);
    if (!result)
        result = insert(review, objection, &receipt);
    if (!result)
        result = td_row_log(&nobody, "objection.file", "objection", receipt.id,
                            json_pack("{s:s, s:s}", "notice", objection->notice_id, "application",
                                      objection->application_id));
    if (!result)
        result = tell_deciders(review, listed, receipt.decide_by);
    json_decref(listed);
    if (!result)
        *ret_receipt = receipt;
    return result;
}

int td_objection_status(struct td_review *review, const char *number, json_t **ret_status)
{
    return td_tx_row(
        review->tx, ret_status,
        "select o.receipt_number, 'objection' as receipt_kind, n.title as subject, case "
        "when o.decided_at is null then 'received' else 'answered' end as receipt_state, "
        "o.received_at, '' as accept_by, o.decide_by as answer_by, null as accepted_at, "
        "o.decided_at as answered_at, null as closed_at, case when o.decided_at is not null then "
        "'' when n.kind = 'unit' then 'unit' else 'office' end as receipt_turn, case when "
        "o.decided_at is null then '' when o.upheld then 'upheld' else 'dismissed' end as "
        "receipt_outcome, o.answer from objection o join public_notice n on n.id = o.notice_id "
        "where o.receipt_number = $1",
        "s", number);
}

#define OBJECTION_SELECT                                                                           \
    "select o.id, o.notice_id, o.application_id, o.text, o.contact_sealed, o.received_at, "        \
    "o.finding, o.upheld, o.receipt_number, o.decide_by, o.answer, "                               \
    "o.decided_at, o.objector_sealed, "                                                            \
    "n.kind, n.title, n.ends_on, a.number, a.unit_id, a.series, a.division_code, a.account_id, "   \
    "p.name as applicant_name, u.name as unit_name from objection o "                              \
    "join public_notice n on n.id = o.notice_id join application a on a.id = o.application_id "    \
    "join account p on p.id = a.account_id join unit u on u.id = a.unit_id "

/* Who decides: the unit on its own notice, office and bureau on results. */
#define OBJECTION_MINE                                                                             \
    "((n.kind = 'unit' and a.unit_id in (select scope from account_grant where account_id = $1 "   \
    "and "                                                                                         \
    "role = 'unit')) or (n.kind = 'result' and a.series in (select scope from account_grant "      \
    "where "                                                                                       \
    "account_id = $1 and role = 'office')) or exists (select 1 from account_grant where "          \
    "account_id = $1 and "                                                                         \
    "(role = 'supervisor' or (role = 'bureau' and n.kind = 'result')))) and a.account_id <> $1 "

/* Leaves of who objected only whether it was who asks. */
static void complete(const struct td_review *review, json_t *row)
{
    const char *by = td_row_text(row, "decide_by");
    bool decided = *td_row_text(row, "decided_at") != 0;
    char *objector = td_unseal(review->seal, td_row_text(row, "objector_sealed"));
    json_object_set_new(row, "own", json_boolean(objector && !strcmp(objector, review->who->id)));
    free(objector);
    json_object_del(row, "objector_sealed");
    json_object_set_new(row, "decided", json_boolean(decided));
    json_object_set_new(row, "overdue",
                        json_boolean(!decided && *by && strcmp(by, review->today) < 0));
}

int td_objection_list(struct td_review *review, bool open, const char *cursor, json_t **ret_page)
{
    json_t *rows = NULL, *row;
    size_t i;
    int result = td_tx_rows(
        review->tx, &rows,
        OBJECTION_SELECT "where " OBJECTION_MINE
                         "and ($2 = 0 or o.decided_at is null) and ($3 = '' or o.id < $3) "
                         "order by o.id desc limit $4",
        "sisi", review->who->id, (int64_t)open, cursor, (int64_t)TD_ROW_PAGE + 1);
    json_array_foreach(rows, i, row)
        complete(review, row);
    if (!result)
        *ret_page = td_row_page(rows, "id");
    return result;
}

int td_objection_load(struct td_review *review, const char *objection_id, json_t **ret_objection,
                      struct td_error *reterr)
{
    json_t *objection = NULL;
    int result =
        td_tx_row(review->tx, &objection, OBJECTION_SELECT "where " OBJECTION_MINE "and o.id = $2",
                  "ss", review->who->id, objection_id);
    if (result)
        return result == TD_ENOTFOUND
                   ? td_error_key(reterr, TD_ENOTFOUND, "objection_unknown", NULL)
                   : result;
    complete(review, objection);
    *ret_objection = objection;
    return 0;
}

static int check_may_decide(struct td_review *review, const json_t *objection,
                            struct td_error *reterr)
{
    uint32_t roles = td_row_equals(objection, "kind", "unit")
                         ? TD_ROLE_UNIT
                         : (uint32_t)(TD_ROLE_OFFICE | TD_ROLE_BUREAU);
    if (!td_workflow_role(review, roles, objection, reterr))
        return TD_EFORBIDDEN;
    if (td_row_bool(objection, "own"))
        return td_error_key(reterr, TD_EFORBIDDEN, "objection_own", NULL);
    if (*td_row_text(objection, "decided_at"))
        return td_error_key(reterr, TD_ECONFLICT, "objection_decided", NULL);
    return 0;
}

/* The person objected to, in his dossier; who objected, as far as he can be reached. */
static int tell(struct td_review *review, const json_t *objection, bool upheld)
{
    json_t *sealed = NULL;
    json_t *parameters = json_pack("{s:s}", "number", td_row_text(objection, "number"));
    int result = td_message_send(review, td_row_text(objection, "account_id"),
                                 td_row_text(objection, "application_id"),
                                 upheld ? "objection_upheld" : "objection_dismissed", parameters);
    json_decref(parameters);
    if (!result)
        result = td_tx_row(review->tx, &sealed,
                           "select objector_sealed, language from objection where id = $1", "s",
                           td_row_text(objection, "id"));
    if (result || !*td_row_text(objection, "receipt_number")) {
        json_decref(sealed);
        return result;
    }
    char *objector = td_unseal(review->seal, td_row_text(sealed, "objector_sealed"));
    result =
        td_receipt_tell(review, td_row_text(objection, "receipt_number"), objector ? objector : "",
                        td_row_text(objection, "contact_sealed"), td_row_text(sealed, "language"));
    free(objector);
    json_decref(sealed);
    return result;
}

int td_objection_decide(struct td_review *review, const char *objection_id, bool upheld,
                        const char *finding, const char *answer, struct td_error *reterr)
{
    json_t *objection = NULL;
    int result = td_objection_load(review, objection_id, &objection, reterr);
    if (!result)
        result = check_may_decide(review, objection, reterr);
    if (!result)
        result = td_tx_exec(
            review->tx, NULL,
            "update objection set finding = $2, upheld = $3, decided_by = $4, decided_at = $5, "
            "answer = $6 where id = $1",
            "ssbsss", objection_id, finding, (int)upheld, review->who->id, review->now, answer);
    if (!result)
        result = td_row_log(review, "objection.decide", "objection", objection_id,
                            json_pack("{s:b}", "upheld", (int)upheld));
    if (!result)
        result = tell(review, objection, upheld);
    json_decref(objection);
    return result;
}
