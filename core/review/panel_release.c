/* panel_release.c - what becomes of the sheets of an expert who may not judge any more. Deletes
 * from `panel_reader` and `sheet`. Declared in panel.h. */
#include "review/panel.h"

#include "review/message.h"
#include "review/recusal.h"
#include "review/row.h"
#include "store/store.h"

/* What lies with a panel and the expert has not finished: he reads it no more. The series' office
 * learns it; the record itself is not its to read. */
static int release_panel(struct td_review *review, const char *account_id, const json_t *panel)
{
    const char *id = td_row_text(panel, "id");
    int64_t open = td_row_int(panel, "taken");
    int rc = td_tx_exec(review->tx, NULL,
                        "delete from sheet where panel_id = $1 and account_id = $2"
                        " and submitted_at is null",
                        "ss", id, account_id);
    if (rc == 0)
        rc = td_tx_exec(
            review->tx, NULL,
            "delete from panel_reader where panel_id = $1 and account_id = $2"
            " and application_id in (select a.id from application a where " TD_PANEL_OPEN_SQL
            ") and not exists (select 1 from sheet h where"
            " h.application_id = panel_reader.application_id and h.account_id = $2)",
            "ss", id, account_id);
    if (rc == 0)
        rc = td_row_log(review, "panel.release", "panel", id,
                        json_pack("{s:s, s:s, s:I, s:I}", "account", account_id, "because",
                                  "barred_judging", "taken", open, "kept",
                                  td_row_int(panel, "kept")));
    json_t *words = json_pack("{s:O, s:O, s:I, s:O}", "person", json_object_get(panel, "person"),
                              "panel", json_object_get(panel, "name"), "taken", open, "kept",
                              json_object_get(panel, "kept"));
    if (rc == 0)
        rc = td_message_send_role(review, "office", td_row_text(panel, "series"), "", NULL,
                                  "expert_barred", words);
    json_decref(words);
    return rc;
}

int td_panel_release(struct td_review *review, const char *account_id)
{
    json_t *rows = NULL, *row;
    size_t i;
    int rc =
        td_tx_rows(review->tx, &rows,
                   "select p.id, p.name, k.series, c.name as person,"
                   " sum(case when h.submitted_at is null then 1 else 0 end) as taken,"
                   " sum(case when h.submitted_at is null then 0 else 1 end) as kept"
                   " from panel_reader m join application a on a.id = m.application_id"
                   " join panel p on p.id = m.panel_id join committee k on k.id = p.committee_id"
                   " join account c on c.id = m.account_id left join sheet h"
                   " on h.application_id = a.id and h.account_id = m.account_id"
                   " where m.account_id = $1 and " TD_PANEL_OPEN_SQL
                   " and not " TD_RECUSAL_SQL("$1") /* of those he is no reader any more */
                   " group by p.id, p.name, k.series, c.name order by p.id",
                   "s", account_id);
    json_array_foreach(rows, i, row)
        if (rc == 0)
            rc = release_panel(review, account_id, row);
    json_decref(rows);
    return rc;
}
