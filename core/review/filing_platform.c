/* filing_platform.c - what the region's platform answers: receipt, rejection, decision, its list.
 */
#include "review/filing.h"

#include "review/delivery.h"
#include "review/filing_row.h"
#include "review/row.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

enum { ASK_AFTER_MS = 3600 * 1000, ASK_BATCH = 50 };

/* "filing/<id>" → id */
static const char *id_of(const json_t *delivery)
{
    const char *slash = strchr(td_row_text(delivery, "subject"), '/');
    return slash ? slash + 1 : "";
}

int td_filing_received(struct td_review *review, const json_t *delivery, const json_t *answer,
                       struct td_error *reterr)
{
    const char *id = id_of(delivery), *receipt = td_row_text(answer, "receipt");
    bool by_hand = *td_row_text(answer, "by") != 0;
    (void)reterr;
    int rc = td_tx_exec(review->tx, NULL,
                        "update filing set receipt = $2, received_at = $3, online = $4,"
                        " state = case state when 'sent' then 'received' else state end"
                        " where id = $1 and state <> 'refused'",
                        "sssb", id, receipt, review->now, (int)!by_hand);
    if (rc == 0)
        rc = td_row_log(review, "filing.receive", "filing", id,
                        json_pack("{s:s}", "receipt", receipt));
    return rc < 0 ? rc : td_row_live(review->tx, "filing", id);
}

/* What the city approved stays approved and can be sent again; the rest is refused. */
int td_filing_rejected(struct td_review *review, const json_t *delivery, const char *reason,
                       struct td_error *reterr)
{
    json_t *filing = NULL;
    const char *id = id_of(delivery);
    int rc = td_filing_load(review->tx, id, &filing);
    if (rc < 0)
        return rc == TD_ENOTFOUND ? 0 : rc;
    if (td_row_equals(filing, "state", "sent") || td_row_equals(filing, "state", "received"))
        rc = td_filing_end_badly(review, filing, reason, reterr);
    else
        rc = td_tx_exec(review->tx, NULL,
                        "update filing set sent_at = null, remark = $2 where id = $1", "ss", id,
                        reason);
    json_decref(filing);
    return rc;
}

/* --- the decision ----------------------------------------------------------------------------- */

static int ask(struct td_review *review, const json_t *filing)
{
    char subject[64], path[64], question[TD_ID_TEXT];
    const char *id = td_row_text(filing, "id");
    snprintf(subject, sizeof(subject), "decision/%s", id);
    snprintf(path, sizeof(path), "/%s", td_row_text(filing, "delivery_id"));
    int rc = td_tx_exec(review->tx, NULL, "update filing set asked_at = $2 where id = $1", "ss", id,
                        review->now);
    if (rc == 0) /* what the last one came to is not news any more */
        rc = td_delivery_close(review, subject, "", "asked again");
    return rc < 0 ? rc : td_delivery_post(review, "filing_decision", subject, path, NULL, question);
}

int td_filing_ask(struct td_review *review, const char *filing_id, struct td_error *reterr)
{
    json_t *filing = NULL;
    int rc = td_filing_load_in(review, filing_id, "|received|", &filing, reterr);
    if (rc < 0)
        return rc;
    if (!td_row_equals(filing, "approver", "region")) /* the platform is not who decides */
        rc = td_error_key(reterr, TD_ECONFLICT,
                          *td_row_text(filing, "approver") ? "city_decides" : "filing_only", NULL);
    else if (!td_row_bool(filing, "online"))
        rc = td_error_key(reterr, TD_ECONFLICT, "no_platform", NULL);
    else
        rc = ask(review, filing);
    json_decref(filing);
    return rc;
}

int td_filing_ask_due(struct td_review *review, int64_t *changed)
{
    char before[TD_TIME_TEXT];
    json_t *rows = NULL, *row;
    size_t i;
    td_time_format(td_clock_now_ms() - ASK_AFTER_MS, before);
    int rc = td_tx_rows(review->tx, &rows,
                        "select id, delivery_id from filing where state = 'received' and online"
                        " and approver = 'region' and coalesce(asked_at, received_at) < $1"
                        " order by id limit $2",
                        "si", before, (int64_t)ASK_BATCH);
    json_array_foreach(rows, i, row) {
        if (rc == 0)
            rc = ask(review, row);
        *changed += rc == 0;
    }
    json_decref(rows);
    return rc;
}

/* The platform's word counts as the bureau's record would. One that cannot be carried out undoes
 * the whole transaction; its question then ends in td_filing_undecided. */
int td_filing_decided(struct td_review *review, const json_t *delivery, const json_t *answer,
                      struct td_error *reterr)
{
    json_t *filing = NULL;
    const char *state = td_row_text(answer, "state");
    int rc = td_filing_load(review->tx, id_of(delivery), &filing);
    if (rc < 0)
        return rc == TD_ENOTFOUND ? 0 : rc;
    bool open = td_row_equals(filing, "state", "received");
    if (open && !strcmp(state, "approved"))
        rc = td_filing_end_well(review, filing, td_row_text(answer, "reference"),
                                td_row_text(answer, "approved_on"), reterr);
    else if (open && !strcmp(state, "refused"))
        rc = td_filing_end_badly(review, filing, td_row_text(answer, "reason"), reterr);
    json_decref(filing);
    return rc;
}

/* Noted for people: the filing waits as before. */
int td_filing_undecided(struct td_review *review, const json_t *delivery, const char *reason,
                        struct td_error *reterr)
{
    (void)reason, (void)reterr;
    return td_tx_exec(review->tx, NULL,
                      "update filing set remark = 'decision_not_usable' where id = $1"
                      " and state = 'received'",
                      "s", id_of(delivery));
}

/* --- the list --------------------------------------------------------------------------------- */

int td_filing_reconcile(struct td_review *review, int64_t year, char ret_id[TD_ID_TEXT],
                        struct td_error *reterr)
{
    char subject[64], path[32], question[TD_ID_TEXT];
    int rc = td_filing_may(review, reterr);
    if (rc < 0)
        return rc;
    td_id_new(ret_id);
    snprintf(subject, sizeof(subject), "reconciliation/%s", ret_id);
    snprintf(path, sizeof(path), "?year=%d", (int)year);
    rc = td_tx_exec(review->tx, NULL,
                    "insert into filing_reconciliation (id, year, asked_by, asked_at)"
                    " values ($1, $2, $3, $4)",
                    "siss", ret_id, year, td_row_actor(review), review->now);
    if (rc == 0)
        rc = td_delivery_post(review, "filing_list", subject, path, NULL, question);
    return rc < 0 ? rc
                  : td_row_log(review, "filing.reconcile", "reconciliation", ret_id,
                               json_pack("{s:I}", "year", (json_int_t)year));
}

/* Ours of that year that were sent: [{"id", "delivery_id", "hash", "receipt", "kind",
 * "filing_state"}]. */
static int ours(struct td_tx *tx, const char *reconciliation_id, json_t **ret_rows)
{
    return td_tx_rows(tx, ret_rows,
                      "select f.id, f.delivery_id, f.package_hash as hash, f.receipt, f.kind as"
                      " filing_kind, f.state as filing_state from filing f"
                      " join cycle y on y.id = f.cycle_id join filing_reconciliation r"
                      " on r.year = y.year where r.id = $1 and f.sent_at is not null"
                      " and f.state <> 'refused' order by f.id",
                      "s", reconciliation_id);
}

static json_t *index_of(const json_t *items)
{
    json_t *index = json_object(), *item;
    size_t i;
    json_array_foreach((json_t *)items, i, item)
        json_object_set(index, td_row_text(item, "key"), item);
    return index;
}

/* Takes what we have out of `theirs`, by the deliveries' ids. */
static json_t *compare(const json_t *rows, json_t *theirs)
{
    json_t *here = json_array(), *differing = json_array(), *there = json_array(), *row, *item;
    size_t i;
    json_int_t matching = 0;
    const char *key;
    json_array_foreach((json_t *)rows, i, row) {
        key = td_row_text(row, "delivery_id");
        item = json_object_get(theirs, key);
        if (!item) {
            json_array_append(here, row);
            continue;
        }
        if (td_row_equals(item, "hash", td_row_text(row, "hash"))) {
            matching++;
        } else {
            json_object_set_new(row, "hash_there", json_string(td_row_text(item, "hash")));
            json_array_append(differing, row);
        }
        json_object_del(theirs, key);
    }
    json_object_foreach(theirs, key, item)
        json_array_append_new(there, json_pack("{s:s, s:s, s:s}", "key", key, "receipt",
                                               td_row_text(item, "receipt"), "hash",
                                               td_row_text(item, "hash")));
    return json_pack("{s:I, s:o, s:o, s:o}", "matching", matching, "here_only", here, "there_only",
                     there, "differing", differing);
}

int td_filing_listed(struct td_review *review, const json_t *delivery, const json_t *answer,
                     struct td_error *reterr)
{
    const char *id = id_of(delivery);
    json_t *rows = NULL;
    if (!json_is_array(json_object_get(answer, "items")))
        return td_filing_unlisted(review, delivery, "the answer has no items", reterr);
    int rc = ours(review->tx, id, &rows);
    if (rc < 0)
        return rc;
    json_t *theirs = index_of(json_object_get(answer, "items"));
    json_t *result = compare(rows, theirs);
    rc = td_tx_exec(review->tx, NULL,
                    "update filing_reconciliation set state = 'done', result = $2, settled_at = $3"
                    " where id = $1",
                    "sjs", id, result, review->now);
    json_decref(result);
    json_decref(theirs);
    json_decref(rows);
    return rc;
}

int td_filing_unlisted(struct td_review *review, const json_t *delivery, const char *reason,
                       struct td_error *reterr)
{
    (void)reterr;
    return td_tx_exec(review->tx, NULL,
                      "update filing_reconciliation set state = 'failed', reason = $2,"
                      " settled_at = $3 where id = $1",
                      "sss", id_of(delivery), reason, review->now);
}

int td_filing_reconciliations(struct td_review *review, const char *cursor, json_t **ret_page)
{
    json_t *rows = NULL;
    int rc = td_tx_rows(review->tx, &rows,
                        "select id, year, state as reconciliation_state, result, reason, asked_at,"
                        " settled_at from filing_reconciliation where ($1 = '' or id < $1)"
                        " order by id desc limit $2",
                        "si", cursor, (int64_t)TD_ROW_PAGE + 1);
    if (rc < 0)
        return rc;
    *ret_page = td_row_page(rows, "id");
    return *ret_page ? 0 : TD_ENOMEM;
}
