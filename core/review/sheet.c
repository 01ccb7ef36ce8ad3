/* sheet.c - one expert's score sheet: draft, submission, and what a dossier's sheets say together.
 * What a review page shows beside it is in sheet_view.c. Writes `sheet` only. */
#include "review/sheet.h"

#include "base/id.h"
#include "review/integrity.h"
#include "review/panel.h"
#include "review/points.h"
#include "review/recusal.h"
#include "review/row.h"
#include "review/standard.h"
#include "store/ledger.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int td_sheet_indicators(struct td_tx *tx, const char *series, const char *level,
                        json_t **ret_indicators)
{
    json_t *standard = NULL;
    int rc = td_standard_active(tx, series, level, &standard);
    if (rc < 0)
        return rc;
    *ret_indicators = td_standard_expert_items(standard);
    json_decref(standard);
    return *ret_indicators ? 0 : TD_ENOMEM;
}

/* --- all sheets of a dossier ------------------------------------------------------------------ */

static int by_value(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

enum { SHEETS_MAX = 64 };

/* The points that the sheets give one indicator, from the lowest to the highest: their order tells
 * nothing about whose they are. */
static json_t *collect(const json_t *sheets, const char *indicator)
{
    int64_t values[SHEETS_MAX];
    size_t i, count = 0;
    json_t *sheet = NULL, *list = json_array();
    json_array_foreach((json_t *)sheets, i, sheet) {
        const json_t *value = json_object_get(json_object_get(sheet, "points"), indicator);
        if (json_is_integer(value) && count < SHEETS_MAX)
            values[count++] = json_integer_value(value);
    }
    if (count)
        qsort(values, count, sizeof(values[0]), by_value);
    for (i = 0; i < count; i++)
        json_array_append_new(list, json_integer(values[i]));
    return list;
}

/* Sheets of before a change of the standard may know other indicators than later ones. */
json_t *td_sheet_collect(const json_t *sheets)
{
    json_t *points = json_object(), *sheet, *value;
    const char *indicator;
    size_t i;
    json_array_foreach((json_t *)sheets, i, sheet)
        json_object_foreach(json_object_get(sheet, "points"), indicator, value) {
            if (!json_object_get(points, indicator))
                json_object_set_new(points, indicator, collect(sheets, indicator));
        }
    return points;
}

int td_sheet_points(struct td_tx *tx, const char *application_id, json_t **ret_points)
{
    json_t *sheets = NULL;
    int rc = td_tx_rows(tx, &sheets,
                        "select h.points from sheet h join application a on a.id = h.application_id"
                        " where a.id = $1 and h.submitted_at is not null"
                        " and not " TD_RECUSAL_SQL("h.account_id") " order by h.id limit $2",
                        "si", application_id, (int64_t)SHEETS_MAX);
    if (rc < 0)
        return rc;
    *ret_points = td_sheet_collect(sheets);
    json_decref(sheets);
    return *ret_points ? 0 : TD_ENOMEM;
}

/* --- the expert's own sheet ------------------------------------------------------------------- */

/* The dossier of a sheet when the caller scores it: on its panel, not recused, not yet decided; and
 * nothing bars him from judging. */
static int seat(struct td_review *review, const char *application_id, json_t **ret_seat,
                struct td_error *reterr)
{
    json_t *found = NULL;
    if (!td_row_is(review, TD_ROLE_EXPERT))
        return td_error_set(reterr, TD_ENOTFOUND, "not an expert");
    int rc = td_tx_row(review->tx, &found,
                       "select a.id, a.state, a.series, a.level, m.panel_id from application a"
                       " join panel_reader m on m.application_id = a.id and m.account_id = $2"
                       " join account_grant e on e.account_id = $2 and e.role = 'expert'"
                       " and e.scope = a.series where a.id = $1 and " TD_PANEL_OPEN_SQL
                       " and not " TD_RECUSAL_SQL("$2"),
                       "ss", application_id, review->who->id);
    if (rc == 0)
        rc = td_integrity_check(review, review->who->id, TD_INTEGRITY_JUDGING, reterr);
    if (rc < 0)
        json_decref(found);
    else
        *ret_seat = found;
    return rc;
}

static int find(struct td_review *review, const char *application_id, json_t **ret_sheet)
{
    int rc = td_tx_row(review->tx, ret_sheet,
                       "select * from sheet where application_id = $1 and account_id = $2", "ss",
                       application_id, review->who->id);
    if (rc == TD_ENOTFOUND) {
        *ret_sheet = json_pack("{s:{}, s:s, s:s, s:i, s:n}", "points", "comment", "", "opinion", "",
                               "version", 0, "submitted_at");
        return *ret_sheet ? 0 : TD_ENOMEM;
    }
    return rc;
}

static const char *state_of(const json_t *sheet)
{
    if (*td_row_text(sheet, "submitted_at"))
        return "submitted";
    return td_row_int(sheet, "version") ? "draft" : "none";
}

int td_sheet_load(struct td_review *review, const char *application_id, json_t **ret_sheet,
                  struct td_error *reterr)
{
    json_t *place = NULL, *sheet = NULL;
    int rc = seat(review, application_id, &place, reterr);
    if (rc < 0)
        return rc;
    json_decref(place);
    rc = find(review, application_id, &sheet);
    if (rc < 0)
        return rc;
    json_object_set_new(sheet, "state", json_string(state_of(sheet)));
    *ret_sheet = sheet;
    return 0;
}

/* The sheet for a change: the dossier is with the panel and the sheet is not submitted. */
static int load_draft(struct td_review *review, const char *application_id, json_t **ret_place,
                      json_t **ret_sheet, struct td_error *reterr)
{
    json_t *place = NULL, *sheet = NULL;
    int rc = seat(review, application_id, &place, reterr);
    if (rc < 0)
        return rc;
    rc = find(review, application_id, &sheet);
    if (rc == 0 && *td_row_text(sheet, "submitted_at"))
        rc = td_error_key(reterr, TD_ECONFLICT, "sheet_submitted", NULL);
    if (rc == 0 && strcmp(td_row_text(place, "state"), "panel_review"))
        rc = td_error_key(reterr, TD_ECONFLICT, "panel_closed", NULL);
    if (rc < 0) {
        json_decref(place);
        json_decref(sheet);
        return rc;
    }
    *ret_place = place;
    *ret_sheet = sheet;
    return 0;
}

static const json_t *find_indicator(const json_t *indicators, const char *id)
{
    size_t i;
    json_t *indicator = NULL;
    json_array_foreach((json_t *)indicators, i, indicator)
        if (!strcmp(td_row_text(indicator, "id"), id))
            return indicator;
    return NULL;
}

static bool in_range(const json_t *indicator, int64_t points)
{
    return points >= td_row_int(indicator, "min") && points <= td_row_int(indicator, "max");
}

/* A page calls the field by what the standard calls the indicator. */
static void name_fault(struct td_error *reterr, const json_t *indicator)
{
    size_t count = reterr ? json_array_size(reterr->fields) : 0;
    if (count && indicator)
        json_object_set_new(
            json_array_get(reterr->fields, count - 1), "name",
            json_sprintf("%s %s", td_row_text(indicator, "id"), td_row_text(indicator, "name")));
}

static int set_point(json_t *points, const json_t *indicator, const char *id, const json_t *value,
                     struct td_error *reterr)
{
    char field[80];
    int64_t number;
    snprintf(field, sizeof(field), "points.%.60s", id);
    if (!indicator)
        return td_error_field(reterr, field, "unknown", "not an indicator that experts score");
    if (json_is_null(value) || (json_is_string(value) && !json_string_length(value))) {
        json_object_del(points, id);
        return 0;
    }
    int64_t min = td_row_int(indicator, "min"), max = td_row_int(indicator, "max");
    if (!td_points_parse(value, &number) || !in_range(indicator, number)) {
        int rc = td_error_field(
            reterr, field, "range", "needs points from %lld.%02lld to %lld.%02lld",
            (long long)min / 100, (long long)min % 100, (long long)max / 100, (long long)max % 100);
        name_fault(reterr, indicator);
        return rc;
    }
    return json_object_set_new(points, id, json_integer(number)) < 0 ? TD_ENOMEM : 0;
}

/* Puts what was sent into the sheet's members. */
static int merge(json_t *sheet, const json_t *sent, const json_t *indicators,
                 struct td_error *reterr)
{
    json_t *points = json_object_get(sheet, "points"), *value;
    const char *name;
    int rc = 0;
    json_object_foreach(json_object_get(sent, "points"), name, value) {
        int one = set_point(points, find_indicator(indicators, name), name, value, reterr);
        if (one < 0)
            rc = one;
    }
    const char *opinion = td_row_text(sent, "opinion");
    if (*opinion && strcmp(opinion, "recommend") && strcmp(opinion, "reserve") &&
        strcmp(opinion, "against"))
        rc = td_error_field(reterr, "opinion", "choice", "recommend, reserve or against");
    if (json_object_get(sent, "opinion"))
        json_object_set_new(sheet, "opinion", json_string(opinion));
    if (json_object_get(sent, "comment"))
        json_object_set_new(sheet, "comment", json_string(td_row_text(sent, "comment")));
    return rc;
}

static int store_draft(struct td_review *review, const json_t *place, const json_t *sheet)
{
    char id[TD_ID_TEXT];
    td_id_new(id);
    return td_tx_exec(
        review->tx, NULL,
        "insert into sheet (id, panel_id, application_id, account_id, points, comment, opinion,"
        " updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8)"
        " on conflict (application_id, account_id) do update set points = excluded.points,"
        " comment = excluded.comment, opinion = excluded.opinion,"
        " updated_at = excluded.updated_at, version = sheet.version + 1",
        "ssssjsss", id, td_row_text(place, "panel_id"), td_row_text(place, "id"), review->who->id,
        json_object_get(sheet, "points"), td_row_text(sheet, "comment"),
        td_row_text(sheet, "opinion"), review->now);
}

/* A draft is the expert's alone: the ledger keeps that it was saved, and a hash when it is
 * submitted. */
int td_sheet_save(struct td_review *review, const char *application_id, const json_t *sent,
                  int64_t *ret_version, struct td_error *reterr)
{
    json_t *place = NULL, *sheet = NULL, *indicators = NULL;
    int rc = load_draft(review, application_id, &place, &sheet, reterr);
    if (rc < 0)
        return rc;
    rc = td_sheet_indicators(review->tx, td_row_text(place, "series"), td_row_text(place, "level"),
                             &indicators);
    if (rc == 0)
        rc = merge(sheet, sent, indicators, reterr);
    if (rc == 0)
        rc = store_draft(review, place, sheet);
    if (rc == 0)
        rc = td_row_log(review, "sheet.save", "application", application_id, NULL);
    if (rc == 0)
        *ret_version = td_row_int(sheet, "version") + 1;
    json_decref(indicators);
    json_decref(sheet);
    json_decref(place);
    return rc;
}

static int check_full(const json_t *sheet, const json_t *indicators, struct td_error *reterr)
{
    const json_t *points = json_object_get(sheet, "points");
    size_t i;
    json_t *indicator = NULL;
    int rc = 0;
    json_array_foreach((json_t *)indicators, i, indicator) {
        char field[80];
        snprintf(field, sizeof(field), "points.%.60s", td_row_text(indicator, "id"));
        const json_t *given = json_object_get(points, td_row_text(indicator, "id"));
        if (!given)
            rc = td_error_field(reterr, field, "required", "no points yet");
        else if (!in_range(indicator, json_integer_value(given)))
            rc = td_error_field(reterr, field, "range", "the standard's range has changed");
        else
            continue;
        name_fault(reterr, indicator);
    }
    if (!*td_row_text(sheet, "opinion"))
        rc = td_error_field(reterr, "opinion", "required", "no opinion yet");
    return rc;
}

static int lock(struct td_review *review, const char *application_id, const json_t *sheet)
{
    char hash[65];
    int rc = td_ledger_hash_json(json_object_get(sheet, "points"), hash);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update sheet set submitted_at = $3, version = version + 1"
                        " where application_id = $1 and account_id = $2",
                        "sss", application_id, review->who->id, review->now);
    if (rc == 0)
        rc = td_row_log(
            review, "sheet.submit", "application", application_id,
            json_pack("{s:s, s:s}", "points_hash", hash, "opinion", td_row_text(sheet, "opinion")));
    return rc;
}

int td_sheet_submit(struct td_review *review, const char *application_id, struct td_error *reterr)
{
    json_t *place = NULL, *sheet = NULL, *indicators = NULL;
    int rc = load_draft(review, application_id, &place, &sheet, reterr);
    if (rc < 0)
        return rc;
    rc = td_sheet_indicators(review->tx, td_row_text(place, "series"), td_row_text(place, "level"),
                             &indicators);
    if (rc == 0)
        rc = check_full(sheet, indicators, reterr);
    if (rc == 0)
        rc = lock(review, application_id, sheet);
    if (rc == 0) {
        json_t *payload = json_pack("{s:s}", "application", application_id);
        rc = td_tx_outbox(review->tx, "score", payload);
        json_decref(payload);
    }
    json_decref(indicators);
    json_decref(sheet);
    json_decref(place);
    return rc;
}
