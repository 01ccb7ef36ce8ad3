/* recusal.c - who keeps out of which dossier. Writes `recusal`; the lists that must not show such
 * dossiers use TD_RECUSAL_SQL in their own query. */
#include "review/recusal.h"

#include "review/row.h"
#include "store/store.h"

#include <string.h>

int td_recusal_check(struct td_tx *tx, const char *account_id, const char *application_id,
                     bool *ret_recused)
{
    int64_t count = 0;
    int rc = td_tx_int(
        tx, &count, "select count(*) from application a where a.id = $1 and " TD_RECUSAL_SQL("$2"),
        "ss", application_id, account_id);
    if (rc == 0)
        *ret_recused = count > 0;
    return rc;
}

static int record_one(struct td_review *review, const char *application_id, const char *account_id)
{
    json_t *found = NULL;
    int rc = td_tx_row(review->tx, &found,
                       "select case when a.account_id = $2 then 'own' else 'same_unit' end as kind"
                       " from application a join account c on c.id = $2"
                       " where a.id = $1 and (a.account_id = c.id or a.unit_id = c.unit_id)"
                       " and not exists (select 1 from recusal r where r.application_id = $1"
                       " and r.account_id = $2)",
                       "ss", application_id, account_id);
    if (rc == TD_ENOTFOUND)
        return 0;
    if (rc < 0)
        return rc;
    const char *kind = td_row_text(found, "kind");
    rc = td_tx_exec(
        review->tx, NULL,
        "insert into recusal (account_id, application_id, kind, at) values ($1, $2, $3, $4)",
        "ssss", account_id, application_id, kind, review->now);
    if (rc == 0)
        rc = td_row_log(review, "recusal.record", "application", application_id,
                        json_pack("{s:s, s:s}", "account", account_id, "kind", kind));
    json_decref(found);
    return rc;
}

int td_recusal_record(struct td_review *review, const char *application_id, const json_t *members)
{
    size_t i;
    json_t *member = NULL;
    json_array_foreach((json_t *)members, i, member) {
        int rc = record_one(review, application_id, td_row_text(member, "account_id"));
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* The expert has a say on this dossier: on its panel, or on a committee that has it on an agenda.
 */
static int check_concerned(struct td_review *review, const char *application_id,
                           struct td_error *reterr)
{
    int64_t seats = 0;
    int rc =
        td_tx_int(review->tx, &seats,
                  "select (select count(*) from panel_assignment p join panel_member m"
                  " on m.panel_id = p.panel_id where p.application_id = $1 and m.account_id = $2)"
                  " + (select count(*) from motion o join meeting g on g.id = o.meeting_id"
                  " join committee_member k on k.committee_id = g.committee_id"
                  " where o.application_id = $1 and k.account_id = $2)",
                  "ss", application_id, review->who->id);
    if (rc == 0 && seats == 0)
        rc = td_error_set(reterr, TD_ENOTFOUND, "not a dossier of this expert");
    return rc;
}

static int check_undecided(struct td_review *review, const char *application_id,
                           struct td_error *reterr)
{
    int64_t acted = 0;
    int rc = td_tx_int(
        review->tx, &acted,
        "select (select count(*) from sheet where application_id = $1 and account_id = $2"
        " and submitted_at is not null)"
        " + (select count(*) from motion where application_id = $1 and state <> 'waiting')",
        "ss", application_id, review->who->id);
    if (rc == 0 && acted > 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "recusal_too_late", NULL);
    return rc;
}

int td_recusal_declare(struct td_review *review, const char *application_id, const char *reason,
                       struct td_error *reterr)
{
    if (!td_row_is(review, TD_ROLE_EXPERT))
        return td_error_set(reterr, TD_EFORBIDDEN, "only experts recuse themselves");
    int rc = check_concerned(review, application_id, reterr);
    if (rc == 0 && !*reason)
        rc = td_error_field(reterr, "reason", "required", "a recusal states its reason");
    if (rc == 0)
        rc = check_undecided(review, application_id, reterr);
    if (rc < 0)
        return rc;
    bool already;
    rc = td_recusal_check(review->tx, review->who->id, application_id, &already);
    if (rc == 0 && already)
        rc = td_error_set(reterr, TD_ENOTFOUND, "already recused");
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "insert into recusal (account_id, application_id, kind, reason, at)"
                        " values ($1, $2, 'declared', $3, $4)",
                        "ssss", review->who->id, application_id, reason, review->now);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "delete from sheet where application_id = $1 and account_id = $2", "ss",
                        application_id, review->who->id);
    if (rc == 0)
        rc = td_row_log(review, "recusal.declare", "application", application_id,
                        json_pack("{s:s}", "account", review->who->id));
    return rc;
}
