/* filing.c - confirmation, filing and certifying, in bulk. Writes `filing` and `filing_entry`;
 * states are the workflow's, titles title.c's. */
#include "review/filing.h"

#include "review/application.h"
#include "review/committee.h"
#include "review/cycle.h"
#include "review/delivery.h"
#include "review/package.h"
#include "review/row.h"
#include "review/title.h"
#include "review/workflow.h"
#include "store/ledger.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

static int only_bureau(const struct td_review *review, struct td_error *reterr)
{
    if (td_row_is(review, TD_ROLE_BUREAU))
        return 0;
    return td_error_set(reterr, TD_EFORBIDDEN, "only the bureau does this");
}

/* Applies a workflow action to every {"id"} of `rows` (stolen). */
static int apply_all(struct td_review *review, json_t *rows, const char *action, int64_t *ret_count,
                     struct td_error *reterr)
{
    size_t i;
    json_t *row = NULL;
    int rc = 0;
    *ret_count = (int64_t)json_array_size(rows);
    json_array_foreach(rows, i, row)
        if ((rc = td_workflow_apply(review, td_row_text(row, "id"), action, NULL, NULL, reterr)) <
            0)
            break;
    json_decref(rows);
    return rc;
}

/* An objection keeps back whom it names and nobody else; whatever else refuses, refuses all. */
static int confirm_all(struct td_review *review, const json_t *rows, int64_t *ret_confirmed,
                       int64_t *ret_kept_back, struct td_error *reterr)
{
    size_t i;
    json_t *row = NULL;
    *ret_confirmed = *ret_kept_back = 0;
    json_array_foreach((json_t *)rows, i, row) {
        struct td_error refusal = TD_ERROR_INIT;
        int rc = td_workflow_apply(review, td_row_text(row, "id"), "confirm", NULL, NULL, &refusal);
        bool objected = rc == TD_ECONFLICT && (!strcmp(refusal.key, "objection_open") ||
                                               !strcmp(refusal.key, "objection_upheld"));
        if (rc < 0 && !objected) {
            td_error_key(reterr, rc, refusal.key, json_incref(refusal.parameters));
            td_error_done(&refusal);
            return rc;
        }
        td_error_done(&refusal);
        ++*(objected ? ret_kept_back : ret_confirmed);
    }
    return 0;
}

int td_filing_confirm(struct td_review *review, const char *notice_id, int64_t *ret_confirmed,
                      int64_t *ret_kept_back, struct td_error *reterr)
{
    json_t *rows = NULL;
    int rc = only_bureau(review, reterr);
    if (rc == 0)
        rc = td_tx_rows(
            review->tx, &rows,
            "select a.id from public_notice_entry e join public_notice n on n.id = e.notice_id"
            " join application a on a.id = e.application_id where n.id = $1 and n.kind = 'result'"
            " and a.state = 'result_notice' order by a.id",
            "s", notice_id);
    if (rc < 0)
        return rc;
    rc = confirm_all(review, rows, ret_confirmed, ret_kept_back, reterr);
    json_decref(rows);
    if (rc == 0 && *ret_confirmed == 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "nothing_to_confirm", NULL);
    return rc;
}

int td_filing_list(struct td_review *review, const char *cursor, json_t **ret_page)
{
    json_t *rows = NULL;
    int rc =
        td_tx_rows(review->tx, &rows,
                   "select f.id, f.kind, f.state, f.state as filing_state, f.package_hash, "
                   "f.reference, f.approved_on, f.created_at,"
                   " y.name as cycle_name,"
                   " (select count(*) from filing_entry e where e.filing_id = f.id) as dossiers"
                   " from filing f join cycle y on y.id = f.cycle_id where " TD_COMMITTEE_SCOPE_SQL(
                       "$1", "y.series") " and ($2 = '' or f.id < $2) order by f.id desc"
                                         " limit $3",
                   "ssi", td_committee_scope(review->who), cursor, (int64_t)TD_ROW_PAGE + 1);
    if (rc < 0)
        return rc;
    *ret_page = td_row_page(rows, "id");
    return *ret_page ? 0 : TD_ENOMEM;
}

static int load(struct td_tx *tx, const char *filing_id, json_t **ret_filing)
{
    return td_tx_row(
        tx, ret_filing,
        "select f.*, f.state as filing_state, y.name as cycle_name, y.series, (select count(*) "
        "from "
        "filing_entry e"
        " join application a on a.id = e.application_id where e.filing_id = f.id"
        " and a.state = 'filed') as uncertified from filing f join cycle y on y.id = f.cycle_id"
        " where f.id = $1",
        "s", filing_id);
}

int td_filing_view(struct td_review *review, const char *filing_id, json_t **ret_filing,
                   struct td_error *reterr)
{
    json_t *filing = NULL, *entries = NULL, *entry = NULL;
    size_t i;
    int rc = load(review->tx, filing_id, &filing);
    if (rc < 0)
        return rc;
    rc = td_committee_may_read(review, td_row_text(filing, "series"), reterr);
    if (rc == 0)
        rc = td_tx_rows(
            review->tx, &entries,
            "select a.id, a.number, c.name, u.name as unit_name, a.series, a.specialty, a.level, "
            "a.plugin_version, a.state,"
            " coalesce(t.number, '') as certificate_number, coalesce(t.id, '') as title_id"
            " from filing_entry e join application a on a.id = e.application_id"
            " join account c on c.id = a.account_id join unit u on u.id = a.unit_id"
            " left join title t on t.application_id = a.id where e.filing_id = $1 order by "
            "a.number",
            "s", filing_id);
    if (rc < 0) {
        json_decref(filing);
        return rc;
    }
    json_array_foreach(entries, i, entry)
        td_application_name(review, entry);
    bool bureau = td_row_is(review, TD_ROLE_BUREAU);
    const char *state = td_row_text(filing, "state");
    json_object_set_new(filing, "dossiers", entries);
    json_object_set_new(
        filing, "can",
        json_pack("{s:b, s:b, s:b}", "send", bureau && !strcmp(state, "prepared"), "decide",
                  bureau && (!strcmp(state, "sent") || !strcmp(state, "received")), "certify",
                  bureau && !strcmp(state, "approved") && td_row_int(filing, "uncertified") > 0));
    *ret_filing = filing;
    return 0;
}

/* --- preparing -------------------------------------------------------------------------------- */

static int add_entries(struct td_review *review, const char *filing_id, const json_t *rows)
{
    size_t i;
    json_t *row = NULL;
    json_array_foreach((json_t *)rows, i, row) {
        int rc = td_tx_exec(review->tx, NULL,
                            "insert into filing_entry (filing_id, application_id) values ($1, $2)",
                            "ss", filing_id, td_row_text(row, "id"));
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int confirmed(struct td_tx *tx, const char *cycle_id, json_t **ret_rows)
{
    return td_tx_rows(
        tx, ret_rows,
        "select a.id, a.number, a.series, a.level, a.specialty, a.plugin_version, a.division_code,"
        " p.name as applicant_name, p.person, u.uscc,"
        " u.name as unit_name, d.name as division_name, (select f.facts -> 'education' ->> 'value'"
        " from fact_set f where f.application_id = a.id order by f.id desc limit 1) as education"
        " from application a"
        " join account p on p.id = a.account_id join unit u on u.id = a.unit_id"
        " join division d on d.code = a.division_code"
        " where a.cycle_id = $1 and a.state = 'confirmed' and not exists (select 1 from "
        "filing_entry e join filing f on f.id = e.filing_id"
        " where e.application_id = a.id and f.state <> 'refused') order by a.level, a.number",
        "s", cycle_id);
}

int td_filing_prepare(struct td_review *review, const char *cycle_id, char ret_id[TD_ID_TEXT],
                      struct td_error *reterr)
{
    json_t *cycle = NULL, *rows = NULL, *package = NULL;
    char hash[65];
    int rc = only_bureau(review, reterr);
    if (rc == 0)
        rc = td_cycle_load(review->tx, cycle_id, &cycle);
    if (rc < 0)
        return rc;
    rc = confirmed(review->tx, cycle_id, &rows);
    if (rc == 0 && json_array_size(rows) == 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "nothing_to_file", NULL);
    if (rc == 0)
        rc = td_package_make(review, cycle, rows, &package);
    if (rc == 0)
        rc = td_ledger_hash_json(package, hash);
    if (rc < 0)
        goto out;
    td_id_new(ret_id);
    rc = td_tx_exec(
        review->tx, NULL,
        "insert into filing (id, cycle_id, kind, package, package_hash, created_by, created_at)"
        " values ($1, $2, 'results', $3, $4, $5, $6)",
        "ssjsss", ret_id, cycle_id, package, hash, review->who->id, review->now);
    if (rc == 0)
        rc = add_entries(review, ret_id, rows);
    if (rc == 0)
        rc = td_row_log(review, "filing.prepare", "filing", ret_id,
                        json_pack("{s:s, s:s, s:I}", "cycle", cycle_id, "package_hash", hash,
                                  "dossiers", (json_int_t)json_array_size(rows)));
out:
    json_decref(package);
    json_decref(rows);
    json_decref(cycle);
    return rc;
}

/* --- sending and deciding --------------------------------------------------------------------- */

/* The filing, when its state is one of `states` ("|sent|received|"). */
static int load_in(struct td_review *review, const char *filing_id, const char *states,
                   json_t **ret_filing, struct td_error *reterr)
{
    json_t *filing = NULL;
    char mark[40];
    int rc = only_bureau(review, reterr);
    if (rc == 0)
        rc = load(review->tx, filing_id, &filing);
    if (rc < 0)
        return rc;
    snprintf(mark, sizeof(mark), "|%s|", td_row_text(filing, "state"));
    if (!strstr(states, mark)) {
        rc = td_error_key(reterr, TD_ECONFLICT, "filing_state",
                          json_pack("{s:s}", "filing_state", td_row_text(filing, "state")));
        json_decref(filing);
        return rc;
    }
    *ret_filing = filing;
    return 0;
}

int td_filing_send(struct td_review *review, const char *filing_id, struct td_error *reterr)
{
    json_t *filing = NULL;
    char subject[64], delivery[TD_ID_TEXT];
    int rc = load_in(review, filing_id, "|prepared|", &filing, reterr);
    if (rc < 0)
        return rc;
    snprintf(subject, sizeof(subject), "filing/%s", filing_id);
    json_t *body =
        json_pack("{s:s, s:O, s:O, s:O}", "filing", filing_id, "kind",
                  json_object_get(filing, "kind"), "hash", json_object_get(filing, "package_hash"),
                  "package", json_object_get(filing, "package"));
    rc = body ? td_delivery_post(review, "filing", subject, "", body, delivery) : TD_ENOMEM;
    json_decref(body);
    json_decref(filing);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL, "update filing set state = 'sent' where id = $1", "s",
                        filing_id);
    return rc < 0 ? rc
                  : td_row_log(review, "filing.send", "filing", filing_id,
                               json_pack("{s:s}", "delivery", delivery));
}

static const char *filing_of(const json_t *delivery)
{
    const char *subject = td_row_text(delivery, "subject");
    return strncmp(subject, "filing/", 7) ? "" : subject + 7;
}

int td_filing_received(struct td_review *review, const json_t *delivery, const json_t *answer,
                       struct td_error *reterr)
{
    const char *id = filing_of(delivery), *receipt = td_row_text(answer, "receipt");
    (void)reterr;
    int rc = td_tx_exec(review->tx, NULL,
                        "update filing set state = 'received', receipt = $2"
                        " where id = $1 and state = 'sent'",
                        "ss", id, receipt);
    if (rc == 0)
        rc = td_row_log(review, "filing.receive", "filing", id,
                        json_pack("{s:s}", "receipt", receipt));
    return rc < 0 ? rc : td_row_live(review->tx, "filing", id);
}

/* Its dossiers can be filed again. */
static int refuse(struct td_review *review, const char *filing_id, const char *reason)
{
    int rc = td_tx_exec(review->tx, NULL,
                        "update filing set state = 'refused', reason = $2 where id = $1"
                        " and state in ('sent', 'received')",
                        "ss", filing_id, reason);
    if (rc == 0)
        rc = td_row_log(review, "filing.refuse", "filing", filing_id,
                        json_pack("{s:s}", "reason", reason));
    return rc < 0 ? rc : td_row_live(review->tx, "filing", filing_id);
}

int td_filing_rejected(struct td_review *review, const json_t *delivery, const char *reason,
                       struct td_error *reterr)
{
    (void)reterr;
    return refuse(review, filing_of(delivery), reason);
}

int td_filing_refuse(struct td_review *review, const char *filing_id, const char *reason,
                     struct td_error *reterr)
{
    json_t *filing = NULL;
    if (!*reason)
        return td_error_field(reterr, "reason", "required", "a refusal states its reason");
    int rc = load_in(review, filing_id, "|sent|received|", &filing, reterr);
    json_decref(filing);
    return rc < 0 ? rc : refuse(review, filing_id, reason);
}

static int entries_in(struct td_tx *tx, const char *filing_id, const char *state, json_t **ret_rows)
{
    return td_tx_rows(
        tx, ret_rows,
        "select a.id from filing_entry e join application a on a.id = e.application_id"
        " where e.filing_id = $1 and a.state = $2 order by a.number",
        "ss", filing_id, state);
}

static int check_approval(const struct td_review *review, const char *reference,
                          const char *approved_on, struct td_error *reterr)
{
    td_date date;
    int rc = 0;
    if (!*reference)
        rc = td_error_field(reterr, "reference", "required",
                            "the approving authority's number is missing");
    if (td_date_parse(approved_on, &date) < 0 || strcmp(approved_on, review->today) > 0)
        rc = td_error_field(reterr, "approved_on", "date", "needs a day that has come");
    return rc;
}

int td_filing_approve(struct td_review *review, const char *filing_id, const char *reference,
                      const char *approved_on, struct td_error *reterr)
{
    json_t *filing = NULL, *rows = NULL;
    int64_t filed;
    int rc = load_in(review, filing_id, "|sent|received|", &filing, reterr);
    if (rc < 0)
        return rc;
    json_decref(filing);
    rc = check_approval(review, reference, approved_on, reterr);
    if (rc == 0)
        rc = td_tx_exec(
            review->tx, NULL,
            "update filing set state = 'approved', reference = $2, approved_on = $3 where id = $1",
            "sss", filing_id, reference, approved_on);
    if (rc == 0)
        rc =
            td_row_log(review, "filing.approve", "filing", filing_id,
                       json_pack("{s:s, s:s}", "reference", reference, "approved_on", approved_on));
    if (rc == 0)
        rc = entries_in(review->tx, filing_id, "confirmed", &rows);
    return rc < 0 ? rc : apply_all(review, rows, "file", &filed, reterr);
}

static int certify_one(struct td_review *review, const char *application_id, const char *awarded_on,
                       struct td_error *reterr)
{
    json_t *application = NULL;
    int rc = td_application_row(review, application_id, &application, reterr);
    if (rc < 0)
        return rc;
    rc = td_title_issue(review, application, awarded_on, reterr);
    json_decref(application);
    return rc < 0 ? rc : td_workflow_apply(review, application_id, "certify", NULL, NULL, reterr);
}

int td_filing_certify(struct td_review *review, const char *filing_id, int64_t *ret_issued,
                      struct td_error *reterr)
{
    json_t *filing = NULL, *rows = NULL, *row = NULL;
    size_t i;
    int rc = load_in(review, filing_id, "|approved|", &filing, reterr);
    if (rc < 0)
        return rc;
    rc = entries_in(review->tx, filing_id, "filed", &rows);
    if (rc == 0 && json_array_size(rows) == 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "nothing_to_certify", NULL);
    json_array_foreach(rows, i, row) {
        if (rc == 0)
            rc = certify_one(review, td_row_text(row, "id"), td_row_text(filing, "approved_on"),
                             reterr);
    }
    *ret_issued = (int64_t)json_array_size(rows);
    json_decref(rows);
    json_decref(filing);
    return rc;
}
