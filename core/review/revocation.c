/* revocation.c - see revocation.h. Owns the table `revocation`. */
#include "review/revocation.h"

#include "review/integrity.h"
#include "review/notice.h"
#include "review/row.h"
#include "store/store.h"

#include <string.h>

#define REVOCATION_SQL                                                                             \
    "select r.*, t.number as certificate_number, t.name as title_name, t.application_id, "         \
    "t.account_id, a.cycle_id, a.state, p.name as holder_name, u.name as unit_name, "              \
    "b.name as proposed_by_name, d.name as decided_by_name from revocation r join title t on "     \
    "t.id = r.title_id join application a on a.id = t.application_id join account p on p.id = "    \
    "t.account_id join unit u on u.id = a.unit_id join account b on b.id = r.proposed_by "         \
    "left join account d on d.id = r.decided_by where t.account_id <> $1 "

/* --- reading ---------------------------------------------------------------------------------- */

static void add_can(const struct td_review *review, json_t *row)
{
    bool open = td_row_equals(row, "revocation_state", "proposed");
    bool bureau = td_row_is(review, TD_ROLE_BUREAU);
    bool author = td_row_equals(row, "proposed_by", review->who->id);
    json_object_set_new(row, "can_decide", json_boolean(open && bureau && !author));
    json_object_set_new(row, "can_drop", json_boolean(open && bureau));
    json_object_set_new(row, "waits_for_second", json_boolean(open && bureau && author));
}

int td_revocation_list(struct td_review *review, const char *cursor, json_t **ret_page)
{
    json_t *rows = NULL;
    int result = td_tx_rows(review->tx, &rows,
                            REVOCATION_SQL "and ($2 = '' or r.id < $2) order by r.id desc limit $3",
                            "ssi", review->who->id, cursor, (int64_t)TD_ROW_PAGE + 1);
    if (!result)
        *ret_page = td_row_page(rows, "id");
    return result;
}

int td_revocation_load(struct td_review *review, const char *id, json_t **ret_revocation,
                       struct td_error *reterr)
{
    json_t *row = NULL;
    int result =
        td_tx_row(review->tx, &row, REVOCATION_SQL "and r.id = $2", "ss", review->who->id, id);
    if (result == TD_ENOTFOUND)
        return td_error_key(reterr, TD_ENOTFOUND, "nothing_here", NULL);
    if (result)
        return result;
    add_can(review, row);
    *ret_revocation = row;
    return 0;
}

/* --- proposing -------------------------------------------------------------------------------- */

/* Has the title not been revoked, and is no proposal waiting? */
static int check_title(struct td_review *review, const char *title_id, struct td_error *reterr)
{
    json_t *title = NULL;
    int64_t waiting = 0;
    int result = td_tx_row(review->tx, &title,
                           "select t.account_id, a.state from title t join application a on "
                           "a.id = t.application_id where t.id = $1",
                           "s", title_id);
    if (result == TD_ENOTFOUND || td_row_equals(title, "account_id", review->who->id))
        result = td_error_key(reterr, TD_ENOTFOUND, "nothing_here", NULL);
    else if (!result && td_row_equals(title, "state", "revoked"))
        result = td_error_key(reterr, TD_ECONFLICT, "revoked_already", NULL);
    json_decref(title);
    if (!result)
        result = td_tx_int(review->tx, &waiting,
                           "select count(*) from revocation where title_id = $1 and "
                           "revocation_state = 'proposed'",
                           "s", title_id);
    if (!result && waiting)
        result = td_error_key(reterr, TD_ECONFLICT, "revocation_proposed", NULL);
    return result;
}

int td_revocation_propose(struct td_review *review, const struct td_revocation *revocation,
                          char ret_id[TD_ID_TEXT], struct td_error *reterr)
{
    int result = td_row_is(review, TD_ROLE_BUREAU)
                     ? check_title(review, revocation->title_id, reterr)
                     : td_error_key(reterr, TD_EFORBIDDEN, "role_missing", NULL);
    if (!result && strcmp(revocation->decided_on, review->today) > 0)
        result = td_error_field(reterr, "decided_on", "future", "this day is still to come");
    if (result)
        return result;
    td_id_new(ret_id);
    result = td_tx_exec(review->tx, NULL,
                        "insert into revocation (id, title_id, integrity_kind, decision_number, "
                        "decided_on, finding, proposed_by, proposed_at) "
                        "values ($1, $2, $3, $4, $5, $6, $7, $8)",
                        "ssssssss", ret_id, revocation->title_id, revocation->kind,
                        revocation->decision_number, revocation->decided_on, revocation->finding,
                        review->who->id, review->now);
    return result ? result
                  : td_row_log(review, "revocation.propose", "revocation", ret_id,
                               json_pack("{s:s, s:s, s:s}", "title", revocation->title_id,
                                         "decision_number", revocation->decision_number,
                                         "integrity_kind", revocation->kind));
}

/* --- deciding --------------------------------------------------------------------------------- */

static int load_open(struct td_review *review, const char *id, bool second, json_t **ret_row,
                     struct td_error *reterr)
{
    json_t *row = NULL;
    int result = td_row_is(review, TD_ROLE_BUREAU)
                     ? td_revocation_load(review, id, &row, reterr)
                     : td_error_key(reterr, TD_EFORBIDDEN, "role_missing", NULL);
    if (!result && !td_row_equals(row, "revocation_state", "proposed"))
        result = td_error_key(reterr, TD_ECONFLICT, "revocation_settled", NULL);
    if (!result && second && td_row_equals(row, "proposed_by", review->who->id))
        result = td_error_key(reterr, TD_EFORBIDDEN, "integrity_second_person", NULL);
    if (result)
        json_decref(row);
    else
        *ret_row = row;
    return result;
}

/* The notice moves the dossier to "revoked": certificate, post and quota follow its state. */
static int publish(struct td_review *review, const json_t *row, char notice_id[TD_ID_TEXT],
                   struct td_error *reterr)
{
    json_t *ids = json_pack("[O]", json_object_get(row, "application_id")), *notice = NULL;
    int result = td_notice_publish(review, "revocation", td_row_text(row, "cycle_id"), "", ids,
                                   &notice, reterr);
    if (!result)
        memcpy(notice_id, td_row_text(notice, "id"), TD_ID_TEXT);
    json_decref(ids);
    json_decref(notice);
    return result;
}

int td_revocation_decide(struct td_review *review, const char *id, struct td_error *reterr)
{
    json_t *row = NULL;
    char record[TD_ID_TEXT], notice[TD_ID_TEXT];
    int result = load_open(review, id, true, &row, reterr);
    struct td_integrity_decision decision = {
        td_row_text(row, "account_id"),     "",
        td_row_text(row, "integrity_kind"), td_row_text(row, "decision_number"),
        td_row_text(row, "decided_on"),     td_row_text(row, "finding"),
        td_row_text(row, "application_id")};
    if (!result)
        result = publish(review, row, notice, reterr);
    if (!result)
        result =
            td_integrity_write(review, &decision, td_row_text(row, "proposed_by"), record, reterr);
    if (!result)
        result = td_tx_exec(review->tx, NULL,
                            "update revocation set revocation_state = 'decided', decided_by = $2, "
                            "decided_at = $3, record_id = $4, notice_id = $5 where id = $1",
                            "sssss", id, review->who->id, review->now, record, notice);
    if (!result)
        result = td_row_log(review, "revocation.decide", "revocation", id,
                            json_pack("{s:O, s:s, s:s}", "title", json_object_get(row, "title_id"),
                                      "record", record, "notice", notice));
    json_decref(row);
    return result;
}

int td_revocation_drop(struct td_review *review, const char *id, const char *reason,
                       struct td_error *reterr)
{
    json_t *row = NULL;
    int result = load_open(review, id, false, &row, reterr);
    json_decref(row);
    if (!result)
        result = td_tx_exec(review->tx, NULL,
                            "update revocation set revocation_state = 'dropped', decided_by = $2, "
                            "decided_at = $3, drop_reason = $4 where id = $1",
                            "ssss", id, review->who->id, review->now, reason);
    return result ? result
                  : td_row_log(review, "revocation.drop", "revocation", id,
                               json_pack("{s:s}", "reason", reason));
}
