/* objection.c - what the public says against a notice, and what is found. Declared in notice.h.
 * Owns the table `objection`. The text goes only to who decides and to the supervisor; the person
 * objected to is told the outcome, never who objected. */
#include "review/notice.h"

#include "review/application.h"
#include "review/message.h"
#include "review/row.h"
#include "review/workflow.h"
#include "store/store.h"

#include <string.h>

int td_objection_file(struct td_review *review, const char *notice_id, const char *application_id,
                      const char *text, const char *contact_sealed, char ret_id[TD_ID_TEXT],
                      struct td_error *reterr)
{
    int64_t listed = 0;
    int result = td_tx_int(
        review->tx, &listed,
        "select count(*) from public_notice_entry e join public_notice n on n.id = e.notice_id "
        "where n.id = $1 and e.application_id = $2 and n.state = 'open' and n.kind <> 'revocation' "
        "and n.ends_on >= $3",
        "sss", notice_id, application_id, review->today);
    if (result)
        return result;
    if (!listed)
        return td_error_key(reterr, TD_ECONFLICT, "notice_not_open", NULL);
    td_id_new(ret_id);
    result = td_tx_exec(
        review->tx, NULL,
        "insert into objection (id, notice_id, application_id, text, contact_sealed, received_at) "
        "values ($1, $2, $3, $4, $5, $6)",
        "ssssss", ret_id, notice_id, application_id, text, contact_sealed, review->now);
    return result ? result
                  : td_row_log(review, "objection.file", "objection", ret_id,
                               json_pack("{s:s, s:s}", "notice", notice_id, "application",
                                         application_id));
}

#define OBJECTION_SELECT                                                                           \
    "select o.id, o.notice_id, o.application_id, o.text, o.contact_sealed, o.received_at, "        \
    "o.finding, o.upheld, "                                                                        \
    "o.decided_at, "                                                                               \
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

int td_objection_list(struct td_review *review, bool open, const char *cursor, json_t **ret_page)
{
    json_t *rows = NULL;
    int result = td_tx_rows(
        review->tx, &rows,
        OBJECTION_SELECT "where " OBJECTION_MINE
                         "and ($2 = 0 or o.decided_at is null) and ($3 = '' or o.id < $3) "
                         "order by o.id desc limit $4",
        "sisi", review->who->id, (int64_t)open, cursor, (int64_t)TD_ROW_PAGE + 1);
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
    json_object_set_new(objection, "decided",
                        json_boolean(*td_row_text(objection, "decided_at") != 0));
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
    if (*td_row_text(objection, "decided_at"))
        return td_error_key(reterr, TD_ECONFLICT, "objection_decided", NULL);
    return 0;
}

int td_objection_decide(struct td_review *review, const char *objection_id, bool upheld,
                        const char *finding, struct td_error *reterr)
{
    json_t *objection = NULL;
    int result = td_objection_load(review, objection_id, &objection, reterr);
    if (!result)
        result = check_may_decide(review, objection, reterr);
    if (!result)
        result = td_tx_exec(
            review->tx, NULL,
            "update objection set finding = $2, upheld = $3, decided_by = $4, decided_at = $5 "
            "where id = $1",
            "ssbss", objection_id, finding, (int)upheld, review->who->id, review->now);
    if (!result)
        result = td_row_log(review, "objection.decide", "objection", objection_id,
                            json_pack("{s:b}", "upheld", (int)upheld));
    if (!result) {
        json_t *parameters = json_pack("{s:s}", "number", td_row_text(objection, "number"));
        result = td_message_send(review, td_row_text(objection, "account_id"),
                                 td_row_text(objection, "application_id"),
                                 upheld ? "objection_upheld" : "objection_dismissed", parameters);
        json_decref(parameters);
    }
    json_decref(objection);
    return result;
}
