/* discussion.c - see discussion.h. Writes `panel_opinion`. */
#include "review/discussion.h"

#include "review/application.h"
#include "review/blind.h"
#include "review/cycle.h"
#include "review/panel.h"
#include "review/recusal.h"
#include "review/row.h"
#include "review/sheet.h"
#include "store/ledger.h"
#include "store/store.h"

#include <string.h>

/* Where the caller sits on the panel of dossier `a` and need not keep out. */
#define SEAT_SQL                                                                                   \
    " from panel_assignment s join application a on a.id = s.application_id"                       \
    " join panel p on p.id = s.panel_id join panel_member m on m.panel_id = s.panel_id and "       \
    "m.account_id = $1"                                                                            \
    " join account c on c.id = a.account_id where " TD_PANEL_OPEN_SQL                              \
    " and not " TD_RECUSAL_SQL("$1")

/* --- what sheets differ in -------------------------------------------------------------------- */

static const json_t *find(const json_t *indicators, const char *id)
{
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)indicators, i, one)
        if (!strcmp(td_row_text(one, "id"), id))
            return one;
    return NULL;
}

/* {"id", "name", "least", "most", "spread", "differs"} of one indicator; `points` from the lowest
 * to the highest. */
static json_t *spread_of(const json_t *indicators, const char *id, const json_t *points,
                         int64_t percent, bool *differs)
{
    const json_t *indicator = find(indicators, id);
    size_t count = json_array_size(points);
    int64_t least = json_integer_value(json_array_get(points, 0));
    int64_t most = count ? json_integer_value(json_array_get(points, count - 1)) : 0;
    int64_t max = indicator ? td_row_int(indicator, "max") : 0;
    bool apart = most > least && max > 0 && 100 * (most - least) >= percent * max;
    *differs |= apart;
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:b}", "id", id, "name",
                     indicator ? td_row_text(indicator, "name") : "", "least_points",
                     (json_int_t)least, "most_points", (json_int_t)most, "spread_points",
                     (json_int_t)(most - least), "differs", (int)apart);
}

static int count_opinions(struct td_tx *tx, const char *application_id, const char *opinion,
                          int64_t *ret_count)
{
    return td_tx_int(
        tx, ret_count,
        "select count(*) from sheet h join application a on a.id = h.application_id where a.id = $1"
        " and h.opinion = $2 and h.submitted_at is not null and not " TD_RECUSAL_SQL(
            "h.account_id"),
        "ss", application_id, opinion);
}

static int load_opinion(struct td_tx *tx, const char *application_id, json_t **ret_opinion)
{
    int rc = td_tx_row(tx, ret_opinion,
                       "select o.opinion, o.text, o.at, o.version, c.name from panel_opinion o"
                       " join account c on c.id = o.account_id where o.application_id = $1",
                       "s", application_id);
    if (rc != TD_ENOTFOUND)
        return rc;
    *ret_opinion = json_null();
    return 0;
}

/* The cycle's disagreement_percent, and the indicators of the dossier's standard. */
static int load_measure(struct td_review *review, const char *application_id, int64_t *ret_percent,
                        json_t **ret_indicators)
{
    json_t *row = NULL, *cycle = NULL;
    int rc =
        td_tx_row(review->tx, &row, "select cycle_id, series, level from application where id = $1",
                  "s", application_id);
    if (rc == 0)
        rc = td_cycle_load(review->tx, td_row_text(row, "cycle_id"), &cycle);
    if (rc == 0) {
        *ret_percent = td_cycle_parameter(cycle, "disagreement_percent", 30);
        rc = td_sheet_indicators(review->tx, td_row_text(row, "series"), td_row_text(row, "level"),
                                 ret_indicators);
        if (rc == TD_ENOTFOUND) {
            *ret_indicators = json_array();
            rc = 0;
        }
    }
    json_decref(cycle);
    json_decref(row);
    return rc;
}

int td_discussion_add(struct td_review *review, const char *application_id, json_t *page)
{
    json_t *points = NULL, *indicators = NULL, *opinion = NULL, *spreads = json_array(), *list;
    int64_t percent = 0;
    bool differs = false;
    const char *id;
    int rc = load_measure(review, application_id, &percent, &indicators);
    if (rc == 0)
        rc = td_sheet_points(review->tx, application_id, &points);
    if (rc == 0)
        rc = load_opinion(review->tx, application_id, &opinion);
    json_object_foreach(points, id, list)
        json_array_append_new(spreads, spread_of(indicators, id, list, percent, &differs));
    int64_t yes = 0, no = 0;
    if (rc == 0)
        rc = count_opinions(review->tx, application_id, "recommend", &yes);
    if (rc == 0)
        rc = count_opinions(review->tx, application_id, "against", &no);
    bool divided = yes > 0 && no > 0;
    json_object_set_new(page, "spreads", spreads);
    json_object_set_new(page, "opinions_differ", json_boolean(divided));
    json_object_set_new(page, "differs", json_boolean(differs || divided));
    json_object_set_new(page, "panel_opinion", opinion ? opinion : json_null());
    json_decref(indicators);
    json_decref(points);
    return rc;
}

/* --- who discusses ---------------------------------------------------------------------------- */

static int load_seat(struct td_review *review, const char *application_id, json_t **ret_seat,
                     struct td_error *reterr)
{
    int rc = td_tx_row(review->tx, ret_seat,
                       "select a.id, a.state, s.panel_id, m.lead" SEAT_SQL " and a.id = $2", "ss",
                       review->who->id, application_id);
    if (rc == TD_ENOTFOUND)
        return td_error_set(reterr, TD_ENOTFOUND, "not on the panel of this dossier");
    return rc;
}

/* Every reader has submitted: nobody learns of a sheet before he has given his own. What has left
 * the panel had all of them. */
static int check_locked(struct td_review *review, const json_t *seat, struct td_error *reterr)
{
    struct td_error missing = TD_ERROR_INIT;
    if (!td_row_equals(seat, "state", "panel_review"))
        return 0;
    int rc = td_panel_check_sheets(review->tx, td_row_text(seat, "id"), &missing);
    td_error_done(&missing);
    return rc == TD_ECONFLICT ? td_error_key(reterr, TD_ECONFLICT, "discussion_closed", NULL) : rc;
}

int td_discussion_list(struct td_review *review, json_t **ret_page)
{
    json_t *rows = NULL, *row, *items = json_array();
    size_t i;
    int rc = td_tx_rows(
        review->tx, &rows,
        "select a.id, a.number, c.name, a.series, a.level, a.specialty, a.plugin_version, a.state,"
        " s.sequence, p.name as panel_name, m.lead, (select h.submitted_at from sheet h"
        " where h.application_id = a.id and h.account_id = $1) as submitted_at,"
        " (select count(*) from panel_opinion o where o.application_id = a.id)"
        " as recorded" SEAT_SQL " order by p.id desc, s.sequence limit 1000",
        "s", review->who->id);
    json_array_foreach(rows, i, row) {
        const char *id = td_row_text(row, "id");
        if (rc < 0 || check_locked(review, row, NULL) < 0)
            continue;
        json_t *page = json_object();
        bool blind = td_blind_row(review, row);
        rc = td_discussion_add(review, id, page);
        td_application_name(review, row);
        json_object_set_new(row, "leads", json_boolean(td_row_bool(row, "lead")));
        json_object_set_new(row, "recorded", json_boolean(td_row_int(row, "recorded") > 0));
        json_object_set(row, "differs", json_object_get(page, "differs"));
        json_object_set_new(row, "blind_review", json_boolean(blind));
        if (blind) {
            json_object_del(row, "number");
            json_object_del(row, "name");
        }
        json_object_del(row, "submitted_at");
        json_array_append(items, row);
        json_decref(page);
    }
    json_decref(rows);
    *ret_page = json_pack("{s:o, s:n}", "items", items, "next");
    return rc < 0 ? rc : *ret_page ? 0 : TD_ENOMEM;
}

int td_discussion_view(struct td_review *review, const char *application_id, json_t **ret_page,
                       struct td_error *reterr)
{
    json_t *seat = NULL, *page = NULL;
    int rc = load_seat(review, application_id, &seat, reterr);
    if (rc == 0)
        rc = check_locked(review, seat, reterr);
    if (rc == 0)
        rc = td_sheet_discuss(review, application_id, &page, reterr);
    if (rc == 0)
        rc = td_discussion_add(review, application_id, page);
    if (rc == 0) {
        json_object_set_new(page, "can_record",
                            json_boolean(td_row_bool(seat, "lead") &&
                                         td_row_equals(seat, "state", "panel_review")));
        json_object_set_new(
            page, "version",
            json_integer(td_row_int(json_object_get(page, "panel_opinion"), "version")));
        *ret_page = page;
    } else {
        json_decref(page);
    }
    json_decref(seat);
    return rc;
}

/* The seat of who leads the panel: before versions are compared. */
static int load_lead(struct td_review *review, const char *application_id, json_t **ret_seat,
                     struct td_error *reterr)
{
    json_t *seat = NULL;
    int rc = load_seat(review, application_id, &seat, reterr);
    if (rc == 0 && !td_row_bool(seat, "lead"))
        rc = td_error_key(reterr, TD_EFORBIDDEN, "lead_only", NULL);
    if (rc < 0)
        json_decref(seat);
    else
        *ret_seat = seat;
    return rc;
}

int td_discussion_version(struct td_review *review, const char *application_id,
                          int64_t *ret_version, struct td_error *reterr)
{
    json_t *seat = NULL;
    int rc = load_lead(review, application_id, &seat, reterr);
    json_decref(seat);
    return rc < 0 ? rc
                  : td_tx_int(review->tx, ret_version,
                              "select version from panel_opinion where application_id = $1", "s",
                              application_id);
}

int td_discussion_record(struct td_review *review, const char *application_id, const char *opinion,
                         const char *text, int64_t *ret_version, struct td_error *reterr)
{
    json_t *seat = NULL, *said = json_pack("{s:s, s:s}", "opinion", opinion, "text", text);
    char hash[65];
    int rc = load_lead(review, application_id, &seat, reterr);
    if (rc == 0)
        rc = check_locked(review, seat, reterr);
    if (rc == 0 && !td_row_equals(seat, "state", "panel_review"))
        rc = td_error_key(reterr, TD_ECONFLICT, "panel_closed", NULL);
    if (rc == 0)
        rc = td_tx_exec(
            review->tx, NULL,
            "insert into panel_opinion (application_id, panel_id, account_id, opinion, text, at)"
            " values ($1, $2, $3, $4, $5, $6) on conflict (application_id) do update set"
            " account_id = excluded.account_id, opinion = excluded.opinion, text = excluded.text,"
            " at = excluded.at, version = panel_opinion.version + 1",
            "ssssss", application_id, td_row_text(seat, "panel_id"), review->who->id, opinion, text,
            review->now);
    if (rc == 0)
        rc = td_tx_int(review->tx, ret_version,
                       "select version from panel_opinion where application_id = $1", "s",
                       application_id);
    if (rc == 0)
        rc = td_ledger_hash_json(said, hash);
    if (rc == 0)
        rc = td_row_log(review, "panel.opinion", "application", application_id,
                        json_pack("{s:s, s:s}", "opinion", opinion, "hash", hash));
    json_decref(said);
    json_decref(seat);
    return rc;
}

int td_discussion_check_recorded(struct td_tx *tx, const char *application_id,
                                 struct td_error *reterr)
{
    json_t *row = NULL, *cycle = NULL;
    int rc = td_tx_row(
        tx, &row,
        "select a.cycle_id, (select count(*) from panel_opinion o where o.application_id = a.id)"
        " as recorded from application a where a.id = $1",
        "s", application_id);
    if (rc == 0)
        rc = td_cycle_load(tx, td_row_text(row, "cycle_id"), &cycle);
    if (rc == 0 && !td_row_int(row, "recorded") &&
        td_cycle_parameter(cycle, "panel_opinion_required", 0))
        rc = td_error_key(reterr, TD_ECONFLICT, "panel_opinion_missing", NULL);
    json_decref(cycle);
    json_decref(row);
    return rc;
}
