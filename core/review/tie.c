/* tie.c - see tie.h. Writes `tie`; the ledger keeps that an entry was made, not whom it names. */
#include "review/tie.h"

#include "review/recusal.h"
#include "review/row.h"
#include "store/store.h"

#include <string.h>

enum { TIES_MAX = 200 };

int td_tie_list(struct td_review *review, json_t **ret_page)
{
    json_t *rows = NULL;
    int rc = td_tx_rows(
        review->tx, &rows,
        "select id, kind, kind as tie, name, until_on, note, at from tie where account_id = $1"
        " and removed_at is null order by kind, name, id limit $2",
        "si", review->who->id, (int64_t)TIES_MAX);
    if (rc < 0)
        return rc;
    *ret_page = json_pack("{s:o, s:n}", "items", rows, "next");
    return *ret_page ? 0 : TD_ENOMEM;
}

static int check(struct td_review *review, const json_t *tie, struct td_error *reterr)
{
    td_date date;
    int64_t count = 0;
    const char *until = td_row_text(tie, "until_on");
    if (!td_row_is(review, TD_ROLE_EXPERT | TD_ROLE_APPLICANT))
        return td_error_set(reterr, TD_EFORBIDDEN, "experts and applicants declare ties");
    if (*until && strcmp(td_row_text(tie, "kind"), "unit"))
        return td_error_field(reterr, "until_on", "unknown_field", "only a unit is left");
    if (*until && td_date_parse(until, &date))
        return td_error_field(reterr, "until_on", "date", "a date is YYYY-MM-DD");
    int rc = td_tx_int(review->tx, &count,
                       "select count(*) from tie where account_id = $1 and removed_at is null", "s",
                       review->who->id);
    if (rc == 0 && count >= TIES_MAX)
        rc = td_error_field(reterr, "name", "too_many", "at most %d entries", TIES_MAX);
    return rc;
}

int td_tie_add(struct td_review *review, const json_t *tie, char ret_id[TD_ID_TEXT],
               struct td_error *reterr)
{
    int rc = check(review, tie, reterr);
    if (rc < 0)
        return rc;
    td_id_new(ret_id);
    rc = td_tx_exec(review->tx, NULL,
                    "insert into tie (id, account_id, kind, name, until_on, note, at)"
                    " values ($1, $2, $3, $4, $5, $6, $7)",
                    "sssssss", ret_id, review->who->id, td_row_text(tie, "kind"),
                    td_row_text(tie, "name"), td_row_text(tie, "until_on"),
                    td_row_text(tie, "note"), review->now);
    if (rc == 0)
        rc = td_row_log(review, "tie.declare", "account", review->who->id,
                        json_pack("{s:s, s:s}", "tie", ret_id, "kind", td_row_text(tie, "kind")));
    return rc < 0 ? rc : td_recusal_record_account(review, review->who->id);
}

int td_tie_remove(struct td_review *review, const char *tie_id, struct td_error *reterr)
{
    int64_t changed = 0;
    int rc = td_tx_exec(
        review->tx, &changed,
        "update tie set removed_at = $3 where id = $1 and account_id = $2 and removed_at is null",
        "sss", tie_id, review->who->id, review->now);
    if (rc == 0 && !changed)
        return td_error_set(reterr, TD_ENOTFOUND, "no such entry");
    return rc < 0 ? rc
                  : td_row_log(review, "tie.remove", "account", review->who->id,
                               json_pack("{s:s}", "tie", tie_id));
}
