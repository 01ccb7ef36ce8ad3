/* sheet_view.c - what an expert sees: the list of dossiers, and the page with the material on the
 * left and the sheet on the right. Reads only. */
#include "review/sheet.h"

#include "review/application.h"
#include "review/blind.h"
#include "review/evaluation.h"
#include "review/integrity.h"
#include "review/panel.h"
#include "review/recusal.h"
#include "review/row.h"
#include "store/store.h"

#include <string.h>

/* The caller's dossiers in the order of the panel's agenda; alias h is his sheet. */
#define MINE_SQL                                                                                   \
    " from panel_reader m join panel_assignment s on s.application_id = m.application_id"          \
    " join panel p on p.id = s.panel_id join application a on a.id = s.application_id"             \
    " join account c on c.id = a.account_id join unit u on u.id = a.unit_id"                       \
    " left join sheet h on h.application_id = a.id and h.account_id = m.account_id"                \
    " where m.account_id = $1 and " TD_PANEL_OPEN_SQL " and not " TD_RECUSAL_SQL("$1")

static const char *sheet_state(const json_t *row)
{
    if (*td_row_text(row, "submitted_at"))
        return "submitted";
    return td_row_int(row, "sheet_version") ? "draft" : "none";
}

/* Before an own sheet is in, a dossier of a blind series is a number on the panel's agenda. */
static void hide(const struct td_review *review, json_t *row)
{
    static const char *const members[] = {"number", "name", "unit_name"};
    bool blind = td_blind_row(review, row);
    for (size_t i = 0; blind && i < sizeof(members) / sizeof(members[0]); i++)
        json_object_del(row, members[i]);
    json_object_set_new(row, "blind_review", json_boolean(blind));
}

/* Of how many dossiers, still before experts, the caller has himself said that he keeps out. */
static int count_declared(struct td_review *review, int64_t *ret_count)
{
    return td_tx_int(review->tx, ret_count,
                     "select count(*) from recusal r join application a on a.id = r.application_id"
                     " where r.account_id = $1 and r.kind = 'declared' and " TD_PANEL_OPEN_SQL,
                     "s", review->who->id);
}

static int list(struct td_review *review, json_t **ret_page)
{
    json_t *rows = NULL, *row = NULL;
    size_t i, open = 0, submitted = 0;
    int64_t declared = 0;
    int rc = td_tx_rows(
        review->tx, &rows,
        "select a.id, a.number, c.name, u.name as unit_name, a.series, a.level, a.specialty,"
        " a.plugin_version, a.state, p.name as panel_name, s.sequence, h.submitted_at,"
        " h.version as sheet_version" MINE_SQL " order by p.id desc, s.sequence limit 1000",
        "s", review->who->id);
    if (rc == 0)
        rc = count_declared(review, &declared);
    if (rc < 0) {
        json_decref(rows);
        return rc;
    }
    json_array_foreach(rows, i, row) {
        bool sent = *td_row_text(row, "submitted_at") != 0;
        bool writable = !sent && td_row_equals(row, "state", "panel_review");
        open += writable;
        submitted += sent;
        td_application_name(review, row);
        hide(review, row);
        json_object_set_new(row, "sheet_state", json_string(sheet_state(row)));
        json_object_set_new(row, "open", json_boolean(writable));
    }
    *ret_page = json_pack("{s:o, s:n, s:I, s:I}", "items", rows, "next", "open", (json_int_t)open,
                          "submitted", (json_int_t)submitted);
    if (declared)
        json_object_set_new(*ret_page, "declared", json_integer(declared));
    return *ret_page ? 0 : TD_ENOMEM;
}

int td_sheet_list(struct td_review *review, json_t **ret_page)
{
    json_t *barred = NULL;
    int rc = td_integrity_barred(review->tx, review->who->id, review->today, TD_INTEGRITY_JUDGING,
                                 &barred);
    if (rc < 0 || !barred)
        return rc < 0 ? rc : list(review, ret_page);
    *ret_page = json_pack("{s:[], s:n, s:i, s:i, s:o}", "items", "next", "open", 0, "submitted", 0,
                          "barred", barred);
    return *ret_page ? 0 : TD_ENOMEM;
}

/* Ids before and after this dossier in the same panel: null at the ends. */
static int neighbours(struct td_review *review, const char *application_id, json_t *page)
{
    json_t *rows = NULL, *row = NULL, *before = NULL;
    size_t i;
    bool found = false;
    int rc =
        td_tx_rows(review->tx, &rows,
                   "select a.id" MINE_SQL " and s.panel_id = (select panel_id from panel_assignment"
                   " where application_id = $2) order by s.sequence",
                   "ss", review->who->id, application_id);
    if (rc < 0)
        return rc;
    json_object_set_new(page, "previous", json_null());
    json_object_set_new(page, "next", json_null());
    json_array_foreach(rows, i, row) {
        json_t *id = json_object_get(row, "id");
        if (found) {
            json_object_set(page, "next", id);
            break;
        }
        found = !strcmp(json_string_value(id), application_id);
        if (found && before)
            json_object_set(page, "previous", before);
        if (found)
            json_object_set_new(page, "position", json_integer((json_int_t)i + 1));
        before = id;
    }
    json_object_set_new(page, "of", json_integer((json_int_t)json_array_size(rows)));
    json_decref(rows);
    return 0;
}

/* The indicators with the points that this sheet gives, as inputs show them. */
static void fill_in(json_t *indicators, const json_t *points)
{
    size_t i;
    json_t *indicator = NULL;
    json_array_foreach(indicators, i, indicator) {
        const json_t *given = json_object_get(points, td_row_text(indicator, "id"));
        long long value = (long long)json_integer_value(given);
        long long min = (long long)td_row_int(indicator, "min"),
                  max = (long long)td_row_int(indicator, "max");
        json_object_set_new(indicator, "given",
                            given ? json_sprintf("%lld.%02lld", value / 100, value % 100)
                                  : json_string(""));
        json_object_set_new(indicator, "min_text",
                            json_sprintf("%lld.%02lld", min / 100, min % 100));
        json_object_set_new(indicator, "max_text",
                            json_sprintf("%lld.%02lld", max / 100, max % 100));
    }
}

/* Submitted sheets of a dossier under `member`; the one of `except` ("" = nobody) is left out. */
static int submitted(struct td_tx *tx, const char *application_id, const char *except,
                     const json_t *indicators, json_t *page, const char *member)
{
    json_t *rows = NULL, *row = NULL;
    size_t i;
    int rc = td_tx_rows(
        tx, &rows,
        "select c.name, h.points, h.comment, h.opinion, h.submitted_at from sheet h"
        " join account c on c.id = h.account_id join application a on a.id = h.application_id"
        " where a.id = $1 and h.account_id <> $2 and h.submitted_at is not null"
        " and not " TD_RECUSAL_SQL("h.account_id") " order by c.name",
        "ss", application_id, except);
    if (rc < 0)
        return rc;
    json_array_foreach(rows, i, row) {
        json_t *given = json_deep_copy(indicators);
        fill_in(given, json_object_get(row, "points"));
        json_object_del(row, "points");
        json_object_set_new(row, "indicators", given);
    }
    json_object_set_new(page, member, rows);
    return 0;
}

static json_t *opinions(const char *chosen)
{
    static const char *const words[] = {"recommend", "reserve", "against"};
    json_t *list = json_array();
    for (size_t i = 0; i < 3; i++)
        json_array_append_new(list, json_pack("{s:s, s:b}", "opinion", words[i], "chosen",
                                              !strcmp(words[i], chosen)));
    return list;
}

static int add_sheet(struct td_review *review, const json_t *application, const json_t *sheet,
                     json_t *page)
{
    json_t *indicators = NULL;
    const char *state = td_row_text(sheet, "state");
    bool locked = !strcmp(state, "submitted");
    int rc = td_sheet_indicators(review->tx, td_row_text(application, "series"),
                                 td_row_text(application, "level"), &indicators);
    if (rc == TD_ENOTFOUND) {
        indicators = json_array();
        rc = 0;
    }
    if (rc < 0)
        return rc;
    if (locked)
        rc = submitted(review->tx, td_row_text(application, "id"), review->who->id, indicators,
                       page, "others");
    fill_in(indicators, json_object_get(sheet, "points"));
    json_object_set_new(page, "indicators", indicators);
    json_t *shown = json_copy((json_t *)sheet);
    json_object_set_new(shown, "sheet_state", json_string(state));
    json_object_set_new(shown, "opinions", opinions(td_row_text(sheet, "opinion")));
    json_object_set_new(page, "sheet", shown);
    json_object_set_new(page, "submitted", json_boolean(locked));
    json_object_set_new(
        page, "writable",
        json_boolean(!locked && !strcmp(td_row_text(application, "state"), "panel_review")));
    return rc;
}

/* Of conditions and vetoes the answer stays, without the sentence: the standard quotes there what
 * the plugin says of a fact, and that may name unit or person. Sentences of points hold words of
 * the standard and numbers only. */
static void hide_sentences(json_t *score)
{
    static const char *const lists[] = {"conditions", "vetoes"};
    json_t *one;
    size_t k;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        json_array_foreach(json_object_get(score, lists[i]), k, one)
            json_object_del(one, "because");
}

/* The facts name what the applicant wrote. */
static int add_evaluation(struct td_review *review, const json_t *application, bool blind,
                          json_t *page)
{
    json_t *evaluation = NULL;
    int rc = td_evaluation_load(review, application, &evaluation);
    if (rc < 0)
        return rc;
    if (blind)
        hide_sentences(json_object_get(evaluation, "score"));
    else
        json_object_set(page, "facts", json_object_get(evaluation, "facts"));
    json_object_set(page, "score", json_object_get(evaluation, "score"));
    json_decref(evaluation);
    return 0;
}

/* What of the dossier's row an expert needs: all of it, or what does not tell whose it is. */
static json_t *describe(const json_t *application, bool blind)
{
    static const char *const anonymous[] = {
        "id",         "series",        "level",          "specialty",         "state", "cycle_name",
        "title_name", "title_name_en", "specialty_name", "specialty_name_en", "due_at"};
    static const char *const named[] = {"number", "applicant_name", "unit_name", "division_name",
                                        "submitted_at"};
    json_t *shown = json_object();
    for (size_t i = 0; i < sizeof(anonymous) / sizeof(anonymous[0]); i++)
        json_object_set(shown, anonymous[i], json_object_get(application, anonymous[i]));
    for (size_t i = 0; !blind && i < sizeof(named) / sizeof(named[0]); i++)
        json_object_set(shown, named[i], json_object_get(application, named[i]));
    json_object_set_new(shown, "blind_review", json_boolean(blind));
    return shown;
}

/* What the indicators are of: a page that is open learns by it that they are others now. */
static int add_standard(struct td_review *review, const json_t *application, json_t *page)
{
    json_t *standard = NULL;
    int rc = td_tx_row(review->tx, &standard,
                       "select id, version, hash from standard where series = $1 and level = $2"
                       " and state = 'active'",
                       "ss", td_row_text(application, "series"), td_row_text(application, "level"));
    json_object_set_new(page, "standard", standard ? standard : json_null());
    return rc == TD_ENOTFOUND ? 0 : rc;
}

int td_sheet_view(struct td_review *review, const char *application_id, json_t **ret_review,
                  struct td_error *reterr)
{
    json_t *sheet, *application = NULL, *page = json_object();
    bool blind = false;
    int rc = td_sheet_load(review, application_id, &sheet, reterr);
    if (rc < 0) {
        json_decref(page);
        return rc;
    }
    rc = td_application_row(review, application_id, &application, reterr);
    if (rc == 0)
        rc = td_blind(review, application_id, &blind);
    if (rc == 0) {
        td_application_name(review, application);
        json_object_set_new(page, "application", describe(application, blind));
        rc = add_evaluation(review, application, blind, page);
    }
    if (rc == 0)
        rc = add_sheet(review, application, sheet, page);
    if (rc == 0)
        rc = add_standard(review, application, page);
    if (rc == 0)
        rc = neighbours(review, application_id, page);
    json_decref(application);
    json_decref(sheet);
    if (rc < 0)
        json_decref(page);
    else
        *ret_review = page;
    return rc;
}

static int present(struct td_review *review, const char *application_id, bool blind,
                   json_t **ret_page, struct td_error *reterr)
{
    json_t *application = NULL, *indicators = NULL, *page = json_object();
    int rc = td_application_row(review, application_id, &application, reterr);
    if (rc == 0) {
        td_application_name(review, application);
        json_object_set_new(page, "application", describe(application, blind));
        rc = add_evaluation(review, application, blind, page);
    }
    if (rc == 0)
        rc = td_sheet_indicators(review->tx, td_row_text(application, "series"),
                                 td_row_text(application, "level"), &indicators);
    if (rc == 0)
        rc = submitted(review->tx, application_id, "", indicators, page, "sheets");
    json_decref(indicators);
    json_decref(application);
    if (rc < 0)
        json_decref(page);
    else
        *ret_page = page;
    return rc;
}

int td_sheet_present(struct td_review *review, const char *application_id, json_t **ret_page,
                     struct td_error *reterr)
{
    return present(review, application_id, false, ret_page, reterr);
}

int td_sheet_discuss(struct td_review *review, const char *application_id, json_t **ret_page,
                     struct td_error *reterr)
{
    bool blind = false;
    int rc = td_blind(review, application_id, &blind);
    return rc < 0 ? rc : present(review, application_id, blind, ret_page, reterr);
}
