/* discussion.c - see discussion.h. Writes `panel_opinion`. */
#include "review/discussion.h"

#include "review/application.h"
#include "review/blind.h"
#include "review/cycle.h"
#include "review/integrity.h"
#include "review/panel.h"
#include "review/recusal.h"
#include "review/row.h"
#include "review/sheet.h"
#include "store/ledger.h"
#include "store/store.h"

#include <stdio.h>
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

static bool says(const json_t *sheets, const char *opinion)
{
    size_t i;
    json_t *sheet;
    json_array_foreach((json_t *)sheets, i, sheet)
        if (td_row_equals(sheet, "opinion", opinion))
            return true;
    return false;
}

/* "spreads", "opinions_differ", "differs" of one dossier's sheets [{"points", "opinion"}]. */
static void add_spreads(const json_t *sheets, const json_t *indicators, int64_t percent,
                        json_t *page)
{
    json_t *points = td_sheet_collect(sheets), *spreads = json_array(), *list;
    bool differs = false, divided = says(sheets, "recommend") && says(sheets, "against");
    const char *id;
    json_object_foreach(points, id, list)
        json_array_append_new(spreads, spread_of(indicators, id, list, percent, &differs));
    json_object_set_new(page, "spreads", spreads);
    json_object_set_new(page, "opinions_differ", json_boolean(divided));
    json_object_set_new(page, "differs", json_boolean(differs || divided));
    json_decref(points);
}

/* What sheets are measured by, read once for each cycle and each standard however many dossiers
 * there are. */
struct measures {
    json_t *cycles;     /* {cycle id: [disagreement_percent, panel_minimum]} */
    json_t *indicators; /* {"series/level": [...]} */
};

static void forget(struct measures *measures)
{
    json_decref(measures->cycles);
    json_decref(measures->indicators);
}

/* 0 with the numbers of the dossier's cycle. */
static int cycle_of(struct td_review *review, struct measures *measures, const json_t *row,
                    int64_t *ret_percent, int64_t *ret_least)
{
    const char *id = td_row_text(row, "cycle_id");
    json_t *cycle = NULL, *known = json_object_get(measures->cycles, id);
    int rc = known ? 0 : td_cycle_load(review->tx, id, &cycle);
    if (rc < 0)
        return rc;
    if (!known) {
        known =
            json_pack("[I, I]", (json_int_t)td_cycle_parameter(cycle, "disagreement_percent", 30),
                      (json_int_t)td_cycle_parameter(cycle, "panel_minimum", TD_PANEL_MINIMUM));
        json_decref(cycle);
        if (json_object_set_new(measures->cycles, id, known) < 0)
            return TD_ENOMEM; /* of no readers at all everybody has given his sheet */
    }
    *ret_percent = json_integer_value(json_array_get(known, 0));
    *ret_least = json_integer_value(json_array_get(known, 1));
    return 0;
}

/* The indicators of the dossier's standard; none without an active one. */
static int indicators_of(struct td_review *review, struct measures *measures, const json_t *row,
                         const json_t **ret_indicators)
{
    const char *series = td_row_text(row, "series"), *level = td_row_text(row, "level");
    json_t *read = NULL;
    char key[80];
    snprintf(key, sizeof(key), "%.38s/%.38s", series, level);
    if (!json_object_get(measures->indicators, key)) {
        int rc = td_sheet_indicators(review->tx, series, level, &read);
        if (rc < 0 && rc != TD_ENOTFOUND)
            return rc;
        if (json_object_set_new(measures->indicators, key, read ? read : json_array()) < 0)
            return TD_ENOMEM;
    }
    *ret_indicators = json_object_get(measures->indicators, key);
    return 0;
}

static int measure(struct td_review *review, struct measures *measures, const json_t *row,
                   const json_t *sheets, json_t *page)
{
    const json_t *indicators = NULL;
    int64_t percent = 0, least;
    int rc = cycle_of(review, measures, row, &percent, &least);
    if (rc == 0)
        rc = indicators_of(review, measures, row, &indicators);
    if (rc == 0)
        add_spreads(sheets, indicators, percent, page);
    return rc;
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

/* Sheets that are in, of who need not keep out: aliases h and a. */
#define IN_SQL " h.submitted_at is not null and not " TD_RECUSAL_SQL("h.account_id")

int td_discussion_add(struct td_review *review, const char *application_id, json_t *page)
{
    json_t *row = NULL, *sheets = NULL, *opinion = NULL;
    struct measures measures = {json_object(), json_object()};
    int rc =
        td_tx_row(review->tx, &row, "select cycle_id, series, level from application where id = $1",
                  "s", application_id);
    if (rc == 0)
        rc = td_tx_rows(review->tx, &sheets,
                        "select h.points, h.opinion from sheet h"
                        " join application a on a.id = h.application_id where a.id = $1 and" IN_SQL,
                        "s", application_id);
    if (rc == 0)
        rc = measure(review, &measures, row, sheets, page);
    if (rc == 0)
        rc = load_opinion(review->tx, application_id, &opinion);
    json_object_set_new(page, "panel_opinion", opinion ? opinion : json_null());
    forget(&measures);
    json_decref(sheets);
    json_decref(row);
    return rc;
}

/* --- who discusses ---------------------------------------------------------------------------- */

/* Every reader has submitted: nobody learns of a sheet before he has given his own. What has left
 * the panel had all of them. `row` has "state" and td_panel_all_in's. */
static int check_locked(struct td_review *review, struct measures *measures, const json_t *row,
                        bool *ret_locked)
{
    int64_t percent, least = 0;
    int rc = cycle_of(review, measures, row, &percent, &least);
    if (rc == 0)
        *ret_locked = !td_row_equals(row, "state", "panel_review") || td_panel_all_in(row, least);
    return rc;
}

static int load_seat(struct td_review *review, const char *application_id, json_t **ret_seat,
                     struct td_error *reterr)
{
    json_t *found = NULL;
    int rc = td_tx_row(
        review->tx, &found,
        "select a.id, a.state, a.cycle_id, s.panel_id, m.lead," TD_PANEL_PROGRESS_SQL SEAT_SQL
        " and a.id = $2",
        "ss", review->who->id, application_id);
    if (rc == TD_ENOTFOUND)
        return td_error_set(reterr, TD_ENOTFOUND, "not on the panel of this dossier");
    if (rc == 0)
        rc = td_integrity_check(review, review->who->id, TD_INTEGRITY_JUDGING, reterr);
    if (rc < 0)
        json_decref(found);
    else
        *ret_seat = found;
    return rc;
}

static int check_open(struct td_review *review, const json_t *seat, struct td_error *reterr)
{
    struct measures measures = {json_object(), json_object()};
    bool locked = false;
    int rc = check_locked(review, &measures, seat, &locked);
    forget(&measures);
    return rc == 0 && !locked ? td_error_key(reterr, TD_ECONFLICT, "discussion_closed", NULL) : rc;
}

static int group(json_t *row, void *arg)
{
    json_t *by_dossier = arg;
    const char *id = td_row_text(row, "application_id");
    if (!json_object_get(by_dossier, id))
        json_object_set_new(by_dossier, id, json_array());
    return json_array_append(json_object_get(by_dossier, id), row) < 0 ? TD_ENOMEM : 0;
}

/* A dossier of the list: what its sheets differ in, and no more of it than its reader may know. */
static int describe(struct td_review *review, struct measures *measures, const json_t *sheets,
                    json_t *row)
{
    static const char *const inner[] = {"submitted_at", "cycle_id", "eligible",
                                        "submitted",    "spreads",  "opinions_differ"};
    bool blind = td_blind_row(review, row);
    int rc = measure(review, measures, row, sheets, row);
    td_application_name(review, row);
    json_object_set_new(row, "leads", json_boolean(td_row_bool(row, "lead")));
    json_object_set_new(row, "recorded", json_boolean(td_row_int(row, "recorded") > 0));
    json_object_set_new(row, "blind_review", json_boolean(blind));
    if (blind) {
        json_object_del(row, "number");
        json_object_del(row, "name");
    }
    for (size_t i = 0; i < sizeof(inner) / sizeof(inner[0]); i++)
        json_object_del(row, inner[i]);
    return rc;
}

static int list(struct td_review *review, json_t *items)
{
    json_t *rows = NULL, *row, *sheets = json_object();
    struct measures measures = {json_object(), json_object()};
    size_t i;
    int rc = td_tx_rows(
        review->tx, &rows,
        "select a.id, a.number, c.name, a.series, a.level, a.specialty, a.plugin_version, a.state,"
        " a.cycle_id, s.sequence, p.name as panel_name, m.lead, (select h.submitted_at from sheet h"
        " where h.application_id = a.id and h.account_id = $1) as submitted_at,"
        " (select count(*) from panel_opinion o where o.application_id = a.id)"
        " as recorded," TD_PANEL_PROGRESS_SQL SEAT_SQL " order by p.id desc, s.sequence limit 1000",
        "s", review->who->id);
    if (rc == 0)
        rc = td_tx_each(review->tx, group, sheets,
                        "select h.application_id, h.points, h.opinion from sheet h join (select"
                        " a.id, a.account_id, a.unit_id" SEAT_SQL ") a on a.id = h.application_id"
                        " where" IN_SQL,
                        "s", review->who->id);
    json_array_foreach(rows, i, row) {
        bool locked = false;
        if (rc == 0)
            rc = check_locked(review, &measures, row, &locked);
        if (rc == 0 && locked) {
            rc = describe(review, &measures, json_object_get(sheets, td_row_text(row, "id")), row);
            json_array_append(items, row);
        }
    }
    forget(&measures);
    json_decref(sheets);
    json_decref(rows);
    return rc;
}

int td_discussion_list(struct td_review *review, json_t **ret_page)
{
    json_t *items = json_array(), *barred = NULL;
    int rc = td_integrity_barred(review->tx, review->who->id, review->today, TD_INTEGRITY_JUDGING,
                                 &barred);
    if (rc == 0 && !barred)
        rc = list(review, items);
    json_decref(barred);
    *ret_page = json_pack("{s:o, s:n}", "items", items, "next");
    return rc < 0 ? rc : *ret_page ? 0 : TD_ENOMEM;
}

int td_discussion_view(struct td_review *review, const char *application_id, json_t **ret_page,
                       struct td_error *reterr)
{
    json_t *seat = NULL, *page = NULL;
    int rc = load_seat(review, application_id, &seat, reterr);
    if (rc == 0)
        rc = check_open(review, seat, reterr);
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
        rc = check_open(review, seat, reterr);
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
